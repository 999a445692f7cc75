#!/usr/bin/env python3
"""The dashboard in a real browser, before a real cluster of two nodes.

usage: dashboard_test.py FOLDER-OF-PROGRAMS [module[.class[.test]]...]

TROUPE_WEB_SCREENSHOTS=DIR also keeps a picture of each page there. Ends with 77 if no browser is
installed.
"""

import sys
import tempfile
import unittest

import board_stage
from webdriver import Browser, Missing, programs

SKIPPED = 77
MODULES = ("board_pages", "board_actions", "board_hostile", "board_appearance", "board_crowd",
           "board_keys", "board_changes")


def main(arguments):
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        programs()
    except Missing as why:
        print(f"skipped: {why}")
        return SKIPPED
    names = arguments[1:] or MODULES
    with tempfile.TemporaryDirectory(prefix="troupe-board-", ignore_cleanup_errors=True) as folder:
        with board_stage.Board(arguments[0], folder) as board:
            board.make_something_of_all()
            with Browser(folder) as browser:
                board_stage.board, board_stage.browser = board, browser
                suite = unittest.defaultTestLoader.loadTestsFromNames(names)
                outcome = unittest.TextTestRunner(verbosity=2).run(suite)
            browser.assert_gone()
        if any(board.exits):
            print(f"gateway and nodes ended with {board.exits}", file=sys.stderr)
            return 1
    return 0 if outcome.wasSuccessful() and outcome.testsRun > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
