#!/usr/bin/env python3
"""scripts/replay-demos over real clusters, few users and seconds: its verdicts, and what it leaves.

usage: short_test.py FOLDER-OF-PROGRAMS

Ends with 77 if siege is not installed.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

SKIPPED = 77
SCRIPT = Path(__file__).resolve().parent.parent.parent / "scripts/replay-demos"
SHORT = ("breaker-siren", "liveness", "configuration")
START_WITHIN = 60  # seconds
END_WITHIN = 120
programs = None


def left_running(folder):
    """Processes with this folder in their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in words and int(entry.name) != os.getpid():
            found.append(words.replace(b"\0", b" ").decode(errors="replace"))
    return found


class Replay(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="troupe-demos-test-",
                                             ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def command(self, *words):
        return [sys.executable, "-B", str(SCRIPT), "--programs", programs,
                "--output", f"{self.folder}/out", *words]

    def around(self):
        return {**os.environ, "TMPDIR": self.folder}

    def test_short_form_shows_what_it_should_and_leaves_nothing(self):
        words = ["--only", ",".join(SHORT), "--seconds", "4", "--users", "40", "--nodes", "2"]
        done = subprocess.run(self.command(*words), env=self.around(), capture_output=True,
                              text=True, check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        said = json.loads(Path(self.folder, "out/results.json").read_text())
        self.assertTrue(said["ok"])
        self.assertEqual(list(SHORT), [each["name"] for each in said["demonstrations"]])
        for each in said["demonstrations"]:
            checks = {check["what"]: check for check in each["checks"]}
            self.assertGreater(len(checks), 5, each["name"])
            self.assertTrue(all(check["ok"] for check in checks.values()), each["name"])
            self.assertIn("`troupe verify` of what the nodes left", checks)
        siren = said["demonstrations"][0]
        self.assertEqual(2, len(siren["runs"]))
        self.assertGreater(siren["runs"][0]["transactions"], 0)
        self.assertIn("503", siren["runs"][1]["statuses"])
        self.assertEqual([], left_running(self.folder))

    def test_cut_short_it_takes_everything_down(self):
        words = ["--only", "liveness", "--seconds", "4"]
        with subprocess.Popen(self.command(*words), env=self.around(), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as running:
            until = time.monotonic() + START_WITHIN
            while not any("troupe-node" in each for each in left_running(self.folder)):
                self.assertIsNone(running.poll())
                self.assertLess(time.monotonic(), until, "no node was started")
                time.sleep(0.1)
            running.send_signal(signal.SIGTERM)
            self.assertEqual(130, running.wait(END_WITHIN))
        self.assertEqual([], left_running(self.folder))

    def test_wrong_arguments_are_refused_before_anything_is_started(self):
        for words in (["--only", "nothing"], ["--seconds", "0"], ["--users", "256"],
                      ["--nodes", "17"]):
            done = subprocess.run(self.command(*words), capture_output=True, text=True,
                                  check=False, timeout=END_WITHIN)
            self.assertEqual(2, done.returncode, words)
        self.assertFalse(Path(self.folder, "out").exists())

    def test_without_siege_it_is_skipped_and_says_so(self):
        done = subprocess.run(self.command(), env={**os.environ, "PATH": self.folder},
                              capture_output=True, text=True, check=False, timeout=END_WITHIN)
        self.assertEqual(SKIPPED, done.returncode)
        self.assertIn("siege is not installed", done.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    programs = sys.argv.pop(1)
    if shutil.which("siege") is None:
        print("skipped: siege is not installed (Debian package `siege`)")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
