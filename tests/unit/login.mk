# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/monitor/login/test_authorized_keys
check_PROGRAMS += tests/unit/monitor/login/test_variable
check_PROGRAMS += tests/unit/monitor/login/test_decide
check_PROGRAMS += tests/unit/monitor/login/test_foreign
check_PROGRAMS += tests/unit/monitor/login/test_keyfiles
check_PROGRAMS += tests/unit/monitor/login/test_keynames
check_PROGRAMS += tests/unit/monitor/login/test_krl
check_PROGRAMS += tests/unit/monitor/login/test_options
check_PROGRAMS += tests/unit/monitor/login/test_principals
check_PROGRAMS += tests/unit/monitor/login/test_publickey
check_PROGRAMS += tests/unit/monitor/login/test_lists
check_PROGRAMS += tests/unit/monitor/login/test_methods
check_PROGRAMS += tests/unit/monitor/login/test_sequences
check_PROGRAMS += tests/unit/monitor/login/test_terms
check_PROGRAMS += tests/unit/monitor/login/test_trusted
check_PROGRAMS += tests/unit/monitor/login/test_hashes
check_PROGRAMS += tests/unit/monitor/login/test_users
check_PROGRAMS += tests/unit/monitor/login/test_presence
check_PROGRAMS += tests/unit/monitor/login/test_trace
check_PROGRAMS += tests/unit/monitor/login/test_peer_name
check_PROGRAMS += tests/unit/monitor/login/test_known_hosts
check_PROGRAMS += tests/unit/monitor/login/test_rhosts
check_PROGRAMS += tests/unit/monitor/login/test_by_gss
if WITH_GSSAPI
check_PROGRAMS += tests/unit/monitor/gss/test_confine
tests_unit_monitor_gss_test_confine_LDADD = monitor/gss/libgsshost.a $(LDADD) $(GSS_LIBS)
endif
