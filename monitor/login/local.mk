# SPDX-License-Identifier: ISC
monitor_libmonitor_a_SOURCES += \
	monitor/login/advice.c \
	monitor/login/attempt.c monitor/login/attempt.h \
	monitor/login/by_gss.c monitor/login/by_gss.h \
	monitor/login/by_host.c monitor/login/by_host.h \
	monitor/login/by_key.c monitor/login/by_key.h \
	monitor/login/by_password.c monitor/login/by_password.h \
	monitor/login/by_realm.c monitor/login/by_realm.h \
	monitor/login/credential.c monitor/login/credential.h \
	monitor/login/decision.c monitor/login/decision.h \
	monitor/login/decision_host.c monitor/login/decision_host.h \
	monitor/login/gss_link.c monitor/login/gss_link.h \
	monitor/login/handlers.c \
	monitor/login/login.c monitor/login/login.h \
	monitor/login/lookup.c monitor/login/lookup.h \
	monitor/login/pam_link.c monitor/login/pam_link.h \
	monitor/login/peer_name.c monitor/login/peer_name.h \
	monitor/login/policy.c monitor/login/policy.h
