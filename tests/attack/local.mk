# SPDX-License-Identifier: ISC
# Programs that the attack suite runs: built by make check, linked with all libraries.
ATTACKERS += tests/attack/probed_child tests/attack/hostile_child tests/attack/hostile_gss

tests_attack_hostile_child_SOURCES = \
	tests/attack/hostile_child.c \
	tests/attack/hostile_tell.c \
	tests/attack/hostile.h
