#!/usr/bin/env python3
"""Tells which tests skipped and why, and fails if one did that this machine should have run.

skipped_tests.py RESULTS.xml WHOLE ALLOWED.txt: CTest's results (--output-junit), the folder with GoogleTest's
of programs that are one test to CTest (NAME.xml each; may be absent), and the reasons for which a test may skip. A line of ALLOWED.txt is `REASON => COMMAND`: a regular expression for the words of
the test, and a shell command that succeeds on a machine where such a test cannot run. Exit status
0: every skip has such a reason; 1: one has not; 2: the files cannot be used.
"""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as xml


class UnusableFile(Exception):
    pass


def read_allowed(path):
    """[(pattern, command)] of the lines that are neither empty nor comments."""
    allowed = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            reason, arrow, command = line.partition(" => ")
            if not arrow or not reason.strip() or not command.strip():
                raise UnusableFile(f"{path}:{number}: needs 'REASON => COMMAND', got '{line}'")
            try:
                allowed.append((re.compile(reason.strip()), command.strip()))
            except re.error as error:
                raise UnusableFile(f"{path}:{number}: no regular expression: {error}") from error
    return allowed


def reason_of(output):
    """What the test said: GoogleTest prints 'file:line: Skipped' and the words in the next lines,
    then an empty line or, after a test of one line, at once how it ended."""
    said = re.search(r": Skipped\n(.*?)\n\s*(?:\n|\[  SKIPPED \])", output + "\n\n", re.DOTALL)
    return " ".join(said.group(1).split()) if said else ""


def read_whole(path):
    """{reason: [test]} of a program's own results, and how many cases it has."""
    try:
        cases = list(xml.parse(path).getroot().iter("testcase"))
    except (OSError, xml.ParseError) as error:
        raise UnusableFile(f"{path}: {error}") from error
    skipped = {}
    for case in cases:
        said = case.find("skipped")
        if said is None and case.get("result") == "completed":
            continue
        # 'file:line', and the words in the next lines.
        words = (said.get("message") or "").split("\n", 1)[1:] if said is not None else []
        reason = " ".join("".join(words).split()) or "no reason given"
        skipped.setdefault(reason, []).append(f"{case.get('classname')}.{case.get('name')}")
    return skipped, len(cases)


def read_skipped(path, whole):
    """{reason: [test]} and how many tests there were, those of whole programs each by itself."""
    try:
        cases = list(xml.parse(path).getroot().iter("testcase"))
    except (OSError, xml.ParseError) as error:
        raise UnusableFile(f"{path}: {error}") from error
    if not cases:
        raise UnusableFile(f"{path}: no test has been run")
    skipped = {}
    count = len(cases)
    for case in cases:
        own = os.path.join(whole, f"{case.get('name')}.xml")
        if os.path.exists(own):
            skipped_there, number = read_whole(own)
            for reason, tests in skipped_there.items():
                skipped.setdefault(reason, []).extend(tests)
            count += number - 1
            continue
        if case.get("status") not in ("notrun", "disabled") and case.find("skipped") is None:
            continue
        output = case.findtext("system-out") or ""
        reason = reason_of(output) or "no reason given"
        skipped.setdefault(reason, []).append(case.get("name"))
    return skipped, count


def cannot_run_here(command):
    return subprocess.run(["bash", "-c", command], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def main(results, whole, allowed_path):
    try:
        allowed = read_allowed(allowed_path)
        skipped, count = read_skipped(results, whole)
    except (UnusableFile, OSError) as error:
        print(f"skipped_tests.py: {error}", file=sys.stderr)
        return 2
    number = sum(len(tests) for tests in skipped.values())
    print(f"{number} of {count} tests skipped" + (":" if number else ""))
    wrong = 0
    for reason, tests in sorted(skipped.items()):
        commands = [command for pattern, command in allowed if pattern.search(reason)]
        if not commands:
            verdict = "NOT ALLOWED: no such reason in " + allowed_path
        elif not any(cannot_run_here(command) for command in commands):
            verdict = "NOT ALLOWED: this machine can run them: " + " or ".join(commands) + " fails"
        else:
            verdict = "as it must be here"
        wrong += not verdict.startswith("as")
        print(f"  {reason}: {verdict}")
        for test in tests:
            print(f"    {test}")
    if wrong:
        print("Tests skipped that this machine should have run.", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
