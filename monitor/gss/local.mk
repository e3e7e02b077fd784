# SPDX-License-Identifier: ISC
# The way to become the user exists once. Named where there is Kerberos only: see Makefile.am.
monitor_gss_libgsshost_a_SOURCES += \
	monitor/session/become.c monitor/session/become.h \
	monitor/gss/accept.c monitor/gss/accept.h \
	monitor/gss/confine.c monitor/gss/confine.h \
	monitor/gss/host.c monitor/gss/host.h \
	monitor/gss/keys.c monitor/gss/keys.h \
	monitor/gss/password.c monitor/gss/password.h \
	monitor/gss/user.c monitor/gss/user.h
