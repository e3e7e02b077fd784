# SPDX-License-Identifier: ISC

daemon_child_libchild_a_SOURCES += \
	daemon/child/ask.c daemon/child/ask.h \
	daemon/child/confine.c daemon/child/confine.h \
	daemon/child/loop.c daemon/child/loop.h \
	daemon/child/nursery.c daemon/child/nursery.h \
	daemon/child/outlet.c daemon/child/outlet.h \
	daemon/child/pump.c daemon/child/pump.h daemon/child/pump_internal.h \
	daemon/child/pump_sink.c daemon/child/pump_source.c \
	daemon/child/qos.c daemon/child/qos.h \
	daemon/child/start.c daemon/child/start.h \
	daemon/child/tunnel.c daemon/child/tunnel.h

daemon_child_libchild_a_SOURCES += \
	daemon/child/transport/compress.c \
	daemon/child/transport/compress.h \
	daemon/child/transport/debug.c \
	daemon/child/transport/derive.c \
	daemon/child/transport/derive.h \
	daemon/child/transport/disconnect.c \
	daemon/child/transport/dispatch.c \
	daemon/child/transport/dispatch.h \
	daemon/child/transport/extinfo.c \
	daemon/child/transport/extinfo.h \
	daemon/child/transport/generic.c \
	daemon/child/transport/held.c \
	daemon/child/transport/inbox.c \
	daemon/child/transport/inbox.h \
	daemon/child/transport/internal.h \
	daemon/child/transport/kex_group.c \
	daemon/child/transport/kex_gss.c \
	daemon/child/transport/kex.c \
	daemon/child/transport/kexinit.c \
	daemon/child/transport/kexinit.h \
	daemon/child/transport/outbox.c \
	daemon/child/transport/outbox.h \
	daemon/child/transport/packet.c \
	daemon/child/transport/packet.h \
	daemon/child/transport/quirks.c daemon/child/transport/quirks.h \
	daemon/child/transport/rekey.c \
	daemon/child/transport/rekey.h \
	daemon/child/transport/transport.c \
	daemon/child/transport/transport.h \
	daemon/child/transport/version.c \
	daemon/child/transport/version.h
