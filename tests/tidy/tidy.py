#!/usr/bin/env python3
"""Checks the rules of the house that a machine can check. One line per violation:

    path:line: rule: what to do

Exceptions, each with a reason, are in allowed.py. usage: tidy.py [folder of the repository]
"""

import sys
from pathlib import Path

import call_rules
import furniture_rules
import include_rules
import name_rules
import size_rules
from tree import Tree

RULES = (include_rules, call_rules, size_rules, name_rules, furniture_rules)


def violations_of(tree):
    return sorted(violation for rules in RULES for violation in rules.check(tree))


def main(arguments):
    root = Path(arguments[0] if arguments else Path(__file__).parents[2])
    tree = Tree.of_folder(root)
    if not tree.sources:
        print(f"tidy: no files in {root}", file=sys.stderr)
        return 2
    violations = violations_of(tree)
    for violation in violations:
        print(violation)
    print(f"tidy: {len(tree.sources)} files, {len(violations)} violations", file=sys.stderr)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
