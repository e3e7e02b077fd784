# SPDX-License-Identifier: ISC
common_libcommon_a_SOURCES += \
	common/agent.c common/agent.h \
	common/buf.c common/buf.h \
	common/clock.c common/clock.h \
	common/command.c common/command.h \
	common/dead_peer.c common/dead_peer.h \
	common/fd.c common/fd.h \
	common/gss_bodies.c common/gss_bodies.h \
	common/holders.c common/holders.h \
	common/ipc.c common/ipc.h \
	common/ipc_table.c common/ipc_table.h common/ipc_handlers.def common/ipc_messages.def \
	common/ipc_bodies.c common/ipc_bodies.h \
	common/ipc_log.c common/ipc_log.h \
	common/json.c common/json.h \
	common/log.c common/log.h common/log_codes.def \
	common/macros.h \
	common/mem.c common/mem.h \
	common/pam_bodies.c common/pam_bodies.h \
	common/password.h \
	common/place.c common/place.h \
	common/process.c common/process.h \
	common/ration.c common/ration.h \
	common/result.c common/result.h \
	common/siphash.c common/siphash.h \
	common/spawn.c common/spawn.h \
	common/ssh.h \
	common/text.c common/text.h \
	common/wire.c common/wire.h
common_libcommon_a_SOURCES += common/pattern.c common/pattern.h common/addr.c common/addr.h
