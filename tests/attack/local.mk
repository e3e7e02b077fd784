# SPDX-License-Identifier: ISC
# Programs that the attack suite runs: built by make check, linked with all libraries.
ATTACKERS += tests/attack/probed_child tests/attack/hostile_child
