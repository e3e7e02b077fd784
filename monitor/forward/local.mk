# SPDX-License-Identifier: ISC
monitor_libmonitor_a_SOURCES += \
	monitor/forward/agent.c monitor/forward/agent.h \
	monitor/forward/agent_path.c monitor/forward/agent_path.h \
	monitor/forward/answers.c monitor/forward/answers.h \
	monitor/forward/ask.c monitor/forward/ask.h \
	monitor/forward/asking.c monitor/forward/asking.h \
	monitor/forward/bind.c monitor/forward/bind.h \
	monitor/forward/handlers.c \
	monitor/forward/leftovers.c monitor/forward/leftovers.h \
	monitor/forward/listen.c \
	monitor/forward/listening.c monitor/forward/listening.h \
	monitor/forward/own.c monitor/forward/own.h \
	monitor/forward/path.c monitor/forward/path.h \
	monitor/forward/permit.c monitor/forward/permit.h \
	monitor/forward/relay.c monitor/forward/relay.h \
	monitor/forward/socket.c monitor/forward/socket.h \
	monitor/forward/takeover.c monitor/forward/takeover.h \
	monitor/forward/tun.c monitor/forward/tun.h \
	monitor/forward/tunnels.c monitor/forward/tunnels.h \
	monitor/forward/x11.c monitor/forward/x11.h
