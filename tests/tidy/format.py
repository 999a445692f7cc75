#!/usr/bin/env python3
"""Checks that clang-format has nothing to change. With --fix it changes it.

usage: format.py [--fix] [clang-format program]
"""

import subprocess
import sys
from pathlib import Path

from tree import Tree


def main(arguments):
    root = Path(__file__).parents[2]
    fix = "--fix" in arguments
    program = next((each for each in arguments if each != "--fix"), "clang-format")
    paths = [source.path for source in Tree.of_folder(root).cpp]
    mode = ["-i"] if fix else ["--dry-run", "-Werror", "--ferror-limit=1"]
    status = subprocess.run([program, *mode, *paths], cwd=root).returncode
    if status != 0 and not fix:
        print("format: tests/tidy/format.py --fix puts it right", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
