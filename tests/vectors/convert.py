#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Turns a test vector file of C2SP Wycheproof into the rows of a C table, and keeps what is odd.

convert.py x25519_test.json > x25519.inc
convert.py sntrup761.json > sntrup761.inc (known answers of an independent implementation)

Vectors that are plainly valid are cut to a few of each kind; all others stay, but for the long ones of
key encapsulation.
"""
import collections
import json
import os
import sys

KEEP_OF_EACH_KIND = 6


def kept(test, seen):
    """Is this test odd, or one of the first of its kind?"""
    if test["result"] == "invalid" and "ek" not in test:
        return True
    kind = (test["result"], tuple(test["flags"]))
    seen[kind] += 1
    return seen[kind] <= KEEP_OF_EACH_KIND


def row(group, test):
    """The fields of a row, as texts."""
    name = f'{test["tcId"]}: {test.get("comment") or ",".join(test["flags"])}'
    if "ek" in test:
        return [name, test["result"], test["ek"], test["m"], test["c"], test["K"]]
    if "msg" in test:
        return [name, test["result"], group["publicKey"]["pk"], test["msg"], test["sig"]]
    flags = test["flags"]
    result = "zero" if "ZeroSharedSecret" in flags else test["result"]
    return [name, result, test["public"], test["private"], test["shared"]]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        vectors = json.load(file)
    if "testGroups" not in vectors:
        tests = [{"tcId": i, "result": "valid", "flags": [], "ek": t["pk"], "m": t["enc_random"],
                  "c": t["ct"], "K": t["ss"]} for i, t in enumerate(vectors["tests"])]
        vectors = {"testGroups": [{"tests": tests}], "origin": "made by an independent implementation"}
    seen = collections.Counter()
    print("/* SPDX-License-Identifier: Apache-2.0 */")
    origin = vectors.get("origin", "of C2SP Wycheproof, testvectors_v1")
    print(f"/* From {os.path.basename(sys.argv[1])}, {origin}, by convert.py. */")
    for group in vectors["testGroups"]:
        for test in group["tests"]:
            if kept(test, seen):
                texts = (text.replace("\\", "\\\\").replace('"', '\\"') for text in row(group, test))
                print("{ " + ", ".join(f'"{text}"' for text in texts) + " },")


main()
