#!/usr/bin/env python3
"""Runs the checker on one animal of the zoo and compares with expected.txt.

    expect.py CHECKER LIBRARY ANIMAL     exit 0: the checker named the animal's fault
    expect.py --table TABLE ANIMAL...    exit 0: every animal has its expectation, and every expectation its animal

The two good animals must pass everything.
"""
import json
import os
import subprocess
import sys

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "expected.txt")
GOOD = {"good-printer", "good-camera"}


def expectations():
    rows = {}
    for line in open(TABLE, encoding="utf-8"):
        if line.strip() and not line.startswith("#"):
            animal, test, status, words = (part.strip() for part in line.rstrip("\n").split("|", 3))
            rows[animal] = (test, status, words)
    return rows


def main(arguments):
    rows = expectations()
    if arguments[0] == "--table":
        animals = set(arguments[1:]) - GOOD
        for animal in sorted(animals ^ set(rows)):
            print(f"{animal}: stands only in " + ("CMakeLists.txt" if animal in animals else "expected.txt"))
        print(f"{len(animals)} misbehaving animals")
        return 0 if animals == set(rows) and len(animals) >= 25 else 1

    checker, library, animal = arguments
    command = [checker, "--no-report", "--json"]
    if animal in ("good-printer", "reason-stays"):
        command += ["--fault-set", "fault=2"]
    if animal.startswith("hang") or animal == "ignores-cancel":
        # Every test that meets a hanging call waits for its deadline: the named one is enough.
        command += ["--deadline-ms", "700", "--only", rows[animal][0]]
    run = subprocess.run(command + [library], capture_output=True, text=True, timeout=100)
    if run.returncode not in (0, 65):
        print(f"the checker ended with {run.returncode}: {run.stderr}")
        return 1
    results = json.loads(run.stdout)["results"]
    bad = [r for r in results if r["status"] in ("fail", "crash")]
    for result in bad:
        print(f'{result["status"]:6} {result["test"]:28} {result["message"]}')
    if animal in GOOD:
        return 1 if bad or run.returncode != 0 or sum(r["status"] == "pass" for r in results) < 15 else 0

    test, status, words = rows[animal]
    found = [r for r in results if r["test"] == test]
    if len(found) != 1 or found[0]["status"] != status or words not in found[0]["message"]:
        print(f"expected {status} of {test} with \"{words}\", got {found}")
        return 1
    if (run.returncode == 65) != bool(bad):
        print(f"exit code {run.returncode} with {len(bad)} failures")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
