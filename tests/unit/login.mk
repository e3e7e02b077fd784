# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/monitor/keys/test_keyfiles
check_PROGRAMS += tests/unit/monitor/keys/test_keynames
check_PROGRAMS += tests/unit/monitor/keys/test_publickey
check_PROGRAMS += tests/unit/monitor/lines/test_authorized_keys
check_PROGRAMS += tests/unit/monitor/lines/test_foreign
check_PROGRAMS += tests/unit/monitor/lines/test_hashes
check_PROGRAMS += tests/unit/monitor/lines/test_known_hosts
check_PROGRAMS += tests/unit/monitor/lines/test_krl
check_PROGRAMS += tests/unit/monitor/lines/test_options
check_PROGRAMS += tests/unit/monitor/lines/test_principals
check_PROGRAMS += tests/unit/monitor/lines/test_rhosts
check_PROGRAMS += tests/unit/monitor/lines/test_users
check_PROGRAMS += tests/unit/monitor/lines/test_variable
check_PROGRAMS += tests/unit/monitor/login/test_by_gss
check_PROGRAMS += tests/unit/monitor/login/test_peer_name
check_PROGRAMS += tests/unit/monitor/login/test_sequences
check_PROGRAMS += tests/unit/monitor/rules/test_decide
check_PROGRAMS += tests/unit/monitor/rules/test_lists
check_PROGRAMS += tests/unit/monitor/rules/test_methods
check_PROGRAMS += tests/unit/monitor/rules/test_presence
check_PROGRAMS += tests/unit/monitor/rules/test_terms
check_PROGRAMS += tests/unit/monitor/rules/test_trace
check_PROGRAMS += tests/unit/monitor/test_trusted
if WITH_GSSAPI
check_PROGRAMS += tests/unit/monitor/gss/test_confine
tests_unit_monitor_gss_test_confine_LDADD = monitor/gss/libgsshost.a $(LDADD) $(GSS_LIBS)
endif
