#!/usr/bin/env python3
"""The web pages of a system in a real browser, before a real node and gateway.

usage: web_test.py FOLDER-OF-PROGRAMS FOLDER-OF-PAGES [module[.class[.test]]...]

TROUPE_WEB_SCREENSHOTS=DIR also keeps a picture of each page there (Korean texts need a font that
has them, such as that of the package fonts-nanum). Ends with 77 if no browser is installed.
"""

import sys
import tempfile
import unittest

import stage
from servers import System
from webdriver import Browser, Missing, programs

SKIPPED = 77
MODULES = ("static_files", "journeys", "hostile_input", "appearance")


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        programs()
    except Missing as why:
        print(f"skipped: {why}")
        return SKIPPED
    names = arguments[2:] or MODULES
    with tempfile.TemporaryDirectory(prefix="troupe-web-", ignore_cleanup_errors=True) as folder:
        with System(arguments[0], arguments[1], stage.SYSTEM, folder) as served:
            with Browser(folder) as browser:
                stage.served, stage.browser = served, browser
                suite = unittest.defaultTestLoader.loadTestsFromNames(names)
                outcome = unittest.TextTestRunner(verbosity=2).run(suite)
            browser.assert_gone()
        if served.exits != [0, 0]:
            print(f"gateway and node ended with {served.exits}", file=sys.stderr)
            return 1
    return 0 if outcome.wasSuccessful() and outcome.testsRun > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
