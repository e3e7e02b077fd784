# SPDX-License-Identifier: ISC
daemon_ctl_libctl_a_SOURCES += \
	daemon/ctl/ctl.c daemon/ctl/ctl.h \
	daemon/ctl/explain.c daemon/ctl/explain.h \
	daemon/ctl/explain_cli.c \
	daemon/ctl/explain_json.c \
	daemon/ctl/explain_key.c daemon/ctl/explain_key.h \
	daemon/ctl/explain_text.c
