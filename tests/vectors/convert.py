#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Turns a test vector file of C2SP Wycheproof into the rows of a C table, and keeps what is odd.

convert.py x25519_test.json > x25519.inc

Vectors that are plainly valid are cut to a few of each kind; all others stay.
"""
import collections
import json
import os
import sys

KEEP_OF_EACH_KIND = 6


def kept(test, seen):
    """Is this test odd, or one of the first of its kind?"""
    if test["result"] == "invalid":
        return True
    kind = (test["result"], tuple(test["flags"]))
    seen[kind] += 1
    return seen[kind] <= KEEP_OF_EACH_KIND


def row(group, test):
    """The fields of a row, as texts."""
    name = f'{test["tcId"]}: {test["comment"] or ",".join(test["flags"])}'
    if "msg" in test:
        return [name, test["result"], group["publicKey"]["pk"], test["msg"], test["sig"]]
    flags = test["flags"]
    result = "zero" if "ZeroSharedSecret" in flags else test["result"]
    return [name, result, test["public"], test["private"], test["shared"]]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        vectors = json.load(file)
    seen = collections.Counter()
    print("/* SPDX-License-Identifier: Apache-2.0 */")
    print(f"/* From {os.path.basename(sys.argv[1])} of C2SP Wycheproof, testvectors_v1, by convert.py. */")
    for group in vectors["testGroups"]:
        for test in group["tests"]:
            if kept(test, seen):
                texts = (text.replace("\\", "\\\\").replace('"', '\\"') for text in row(group, test))
                print("{ " + ", ".join(f'"{text}"' for text in texts) + " },")


main()
