# SPDX-License-Identifier: ISC
daemon_child_libchild_a_SOURCES += \
	daemon/child/auth/gssapi.c daemon/child/auth/gssapi.h \
	daemon/child/auth/userauth.c daemon/child/auth/userauth.h \
	daemon/child/conn.c daemon/child/conn.h daemon/child/conn_internal.h \
	daemon/child/conn_answers.c daemon/child/conn_data.c daemon/child/conn_timers.c \
	daemon/child/connection/alive.c daemon/child/connection/alive.h \
	daemon/child/connection/channel.c daemon/child/connection/channel.h \
	daemon/child/connection/channels.c daemon/child/connection/channels.h \
	daemon/child/connection/frame.c daemon/child/connection/frame.h \
	daemon/child/connection/global.c daemon/child/connection/global.h \
	daemon/child/connection/listeners.c daemon/child/connection/listeners.h \
	daemon/child/connection/offer.c daemon/child/connection/offer.h \
	daemon/child/connection/open.c daemon/child/connection/open.h \
	daemon/child/connection/owed.c daemon/child/connection/owed.h \
	daemon/child/connection/replies.c daemon/child/connection/replies.h \
	daemon/child/connection/session.c daemon/child/connection/session.h \
	daemon/child/connection/timers.c daemon/child/connection/timers.h \
	daemon/child/connection/window.c daemon/child/connection/window.h
