# SPDX-License-Identifier: ISC
# become.c and agent_path.c are the monitor's too: what they know is known once.
monitor_user_libuser_a_SOURCES += \
	monitor/forward/agent_path.c monitor/forward/agent_path.h \
	monitor/session/become.c monitor/session/become.h \
	monitor/session/root.c monitor/session/root.h \
	monitor/trusted.c monitor/trusted.h \
	monitor/user/agent_socket.c monitor/user/agent_socket.h \
	monitor/user/become.c monitor/user/become.h \
	monitor/user/connect.c monitor/user/connect.h \
	monitor/user/display_sockets.c monitor/user/display_sockets.h \
	monitor/user/listen.c monitor/user/listen.h \
	monitor/user/listen_tcp.c \
	monitor/user/listen_unix.c \
	monitor/user/loop.c monitor/user/loop.h \
	monitor/user/resolve.c monitor/user/resolve.h \
	monitor/user/sftp.c monitor/user/sftp.h \
	monitor/user/start.c monitor/user/start.h
