# SPDX-License-Identifier: ISC
sftp_server_libsftp_a_SOURCES += \
	sftp-server/engine.c sftp-server/engine.h sftp-server/engine_internal.h \
	sftp-server/extensions.c \
	sftp-server/fs.h \
	sftp-server/fs_posix.c sftp-server/fs_posix.h \
	sftp-server/handles.c sftp-server/handles.h \
	sftp-server/listing.c sftp-server/listing.h \
	sftp-server/request.c sftp-server/request.h \
	sftp-server/serve.c sftp-server/serve.h
