# SPDX-License-Identifier: ISC
monitor_libmonitor_a_SOURCES += \
	monitor/login/attempt.c monitor/login/attempt.h \
	monitor/login/by_gss.c monitor/login/by_gss.h \
	monitor/login/by_host.c monitor/login/by_host.h \
	monitor/login/by_key.c monitor/login/by_key.h \
	monitor/login/by_password.c monitor/login/by_password.h \
	monitor/login/by_realm.c monitor/login/by_realm.h \
	monitor/login/credential.c monitor/login/credential.h \
	monitor/login/decision.c monitor/login/decision.h \
	monitor/login/decision_host.c monitor/login/decision_host.h \
	monitor/login/grant.c monitor/login/grant.h \
	monitor/login/gss_link.c monitor/login/gss_link.h \
	monitor/login/handlers.c \
	monitor/login/hostbased.c monitor/login/hostbased.h \
	monitor/login/keycommand.c monitor/login/keycommand.h \
	monitor/login/keyfault.c monitor/login/keyfault.h \
	monitor/login/known_hosts.c monitor/login/known_hosts.h \
	monitor/login/krl.c monitor/login/krl.h \
	monitor/login/lists.c monitor/login/lists.h \
	monitor/login/lookup.c monitor/login/lookup.h \
	monitor/login/methods.c monitor/login/methods.h \
	monitor/login/pam_link.c monitor/login/pam_link.h \
	monitor/login/peer_name.c monitor/login/peer_name.h \
	monitor/login/policy.c monitor/login/policy.h \
	monitor/login/delegate.c monitor/login/delegate.h \
	monitor/login/presence.c monitor/login/presence.h \
	monitor/login/refusal.c monitor/login/refusal.def monitor/login/refusal.h \
	monitor/login/rhosts.c monitor/login/rhosts.h \
	monitor/login/sense.c \
	monitor/login/advice.c \
	monitor/login/shadow.c monitor/login/shadow.h \
	monitor/login/terms.c monitor/login/terms.h \
	monitor/login/trace.c monitor/login/trace.h \
	monitor/login/hashes.c monitor/login/hashes.h \
	monitor/login/login.c monitor/login/login.h \
	monitor/login/users.c monitor/login/users.h \
	monitor/login/now.c monitor/login/now.h \
	monitor/login/tokens.c monitor/login/tokens.h \
	monitor/login/trusted.c monitor/login/trusted.h \
	monitor/login/virtual.c monitor/login/virtual.h \
	monitor/login/variable.c monitor/login/variable.h \
	monitor/login/verdict.c monitor/login/verdict.h
monitor_libmonitor_a_SOURCES += \
	monitor/login/account.c monitor/login/account.h \
	monitor/login/as_user.c monitor/login/as_user.h \
	monitor/login/authorized_keys.c monitor/login/authorized_keys.h \
	monitor/login/decide.c monitor/login/decide.h \
	monitor/login/foreign.c monitor/login/foreign.h \
	monitor/login/keyfiles.c monitor/login/keyfiles.h \
	monitor/login/keynames.c monitor/login/keynames.h \
	monitor/login/options.c monitor/login/options.h \
	monitor/login/principal_files.c monitor/login/principal_files.h \
	monitor/login/principals.c monitor/login/principals.h \
	monitor/login/publickey.c monitor/login/publickey.h
