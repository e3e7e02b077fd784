# SPDX-License-Identifier: ISC
daemon_libdaemon_a_SOURCES += \
	daemon/admit.c daemon/admit.h \
	daemon/background.c daemon/background.h \
	daemon/cli.c daemon/cli.h \
	daemon/connections.c daemon/connections.h \
	daemon/hostkeys.c daemon/hostkeys.h \
	daemon/logging.c daemon/logging.h \
	daemon/loop.c daemon/loop.h \
	daemon/notify.c daemon/notify.h \
	daemon/nursery.c daemon/nursery.h \
	daemon/passphrase.c daemon/passphrase.h \
	daemon/private_file.c daemon/private_file.h \
	daemon/programs.c daemon/programs.h \
	daemon/query.c daemon/query.h \
	daemon/seccomp.c daemon/seccomp.h \
	daemon/sockets.c daemon/sockets.h \
	daemon/start.c daemon/start.h
