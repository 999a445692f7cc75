#!/usr/bin/env python3
"""What scripts/replay-demos concludes from what it saw: planted breaches must be found."""

import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "scripts/demos"))

# pylint: disable=wrong-import-position
import breaker  # noqa: E402 - found through the line above
import liveness  # noqa: E402
import observe  # noqa: E402
import replay  # noqa: E402
import report  # noqa: E402
import siege  # noqa: E402

SUMMARY = """\
Transactions:\t\t          42 hits
Availability:\t\t       72.41 %
Elapsed time:\t\t        1.27 secs
Response time:\t\t        0.06 secs
Transaction rate:\t       33.07 trans/sec
Concurrency:\t\t        1.95
Successful transactions:          42
Failed transactions:\t          16
Longest transaction:\t        0.05
Shortest transaction:\t        0.01
"""


def sample(at, ms=1.0, status=201, code="", retry_after=""):
    return observe.Sample(at, ms, status, code, retry_after)


class SeenNode:
    """A node with looks of our own making."""

    def __init__(self, looks):
        self.name_of_node = "n1"
        self.looks = [(at, {"contexts": [{"name": "siren.product", "asked": asked}],
                            "breakers": [{"asking": "siren.order", "target": "siren.product",
                                          "owner": "n2", "operation": "query", "state": state,
                                          "refused": 7}]})
                      for at, state, asked in looks]


def seen(*looks):
    watch = observe.Watch.__new__(observe.Watch)
    watch.nodes = [SeenNode(looks)]
    return watch


class Breaker(unittest.TestCase):
    """The callee gets sick at 10 and is well at 18."""

    def judge(self, looks, samples=()):
        watch = seen(*looks)
        demo = report.Demonstration("name", "title")
        case = breaker.CASES["siren"]
        states = watch.states(case.asking, case.target)
        breaker._check_states(demo, case, states, 10.0, 18.0)
        breaker._check_refusals(demo, case, watch, states, list(samples),
                                (10.0, 18.0, watch.asked(case.target, 18.0)))
        return [each.ok for each in demo.checks]

    GOOD = ((9, "closed", 100), (11, "open", 150), (12, "open", 150), (16, "half-open", 153),
            (17, "open", 160), (24, "closed", 300))
    REFUSALS = tuple(sample(13 + i / 10, 2.0, 503, "CIRCUIT_OPEN", "3") for i in range(20))

    def test_as_it_should_be(self):
        self.assertEqual([True] * 5, self.judge(self.GOOD, self.REFUSALS))

    def test_never_open(self):
        self.assertEqual([False], self.judge(((9, "closed", 100), (24, "closed", 300))))

    def test_open_too_late(self):
        late = ((9, "closed", 100), (13, "open", 150), (24, "closed", 300))
        self.assertFalse(self.judge(late, self.REFUSALS)[0])

    def test_open_still(self):
        self.assertFalse(self.judge((*self.GOOD[:-1], (34, "open", 300)), self.REFUSALS)[2])

    def test_calls_reach_the_callee_while_open(self):
        leaky = tuple((at, state, asked + (20 if at > 12 else 0)) for at, state, asked in self.GOOD)
        self.assertFalse(self.judge(leaky, self.REFUSALS)[3])

    def test_refusals_without_a_hint_slow_or_none(self):
        for refusals in ([], [sample(13, 2.0, 503, "CIRCUIT_OPEN", "")],
                         [sample(13, 600.0, 503, "CIRCUIT_OPEN", "3")],
                         [sample(13, 2.0, 500, "CIRCUIT_OPEN", "3")]):
            self.assertFalse(self.judge(self.GOOD, refusals)[4])

    def test_what_the_callee_allows(self):
        self.assertAlmostEqual(95.4545, breaker.possible_percent(610), 3)
        self.assertEqual(100.0, breaker.possible_percent(1000))
        self.assertEqual(0.0, breaker.possible_percent(300))
        self.assertAlmostEqual(0.57, breaker.tolerance_points(95.45, 12_000, True), 2)
        self.assertEqual(0.5, breaker.tolerance_points(100.0, 12_000, True))
        self.assertGreater(breaker.tolerance_points(95.45, 300, False), 10)

    def test_another_system_that_is_touched(self):
        for during, ok in (([sample(0, 90.0)] * 9, True), ([sample(0, 450.0)] * 9, False),
                           ([sample(0, 90.0, 503)], False), ([], False)):
            demo = report.Demonstration("name", "title")
            breaker._check_probe(demo, "now", [sample(0, 10.0)] * 9, during, 100)
            self.assertEqual(ok, bool(demo.checks[0].ok))

    def test_effects_lost_or_doubled(self):
        run = SimpleNamespace(statuses={201: 100}, figures={"transactions": 101}, hung=False)
        for found, ok in ((102, True), (107, True), (101, False), (114, False)):
            demo = report.Demonstration("name", "title")
            cluster = SimpleNamespace(total=lambda _, found=found: found + 1)
            breaker._check_effects(demo, cluster, breaker.CASES["siren"], 1, [run],
                                   [sample(0), sample(1), sample(2, status=503)], 10)
            self.assertEqual(ok, demo.checks[0].ok, found)


class Liveness(unittest.TestCase):
    def test_requests_that_do_not_go_on(self):
        for failed, ok in ((5, True), (50, False)):
            user = SimpleNamespace(between=lambda *_, failed=failed: [
                sample(i / 10, status=504 if i < failed else 201) for i in range(100)])
            demo = report.Demonstration("name", "title")
            liveness._row(demo, user, "hangs", 0.0, 10.0, 4.0, 5.0)
            self.assertEqual(ok, demo.checks[0].ok)

    def test_longest_gap(self):
        samples = [sample(1.0), sample(2.0, status=0), sample(3.0), sample(3.5)]
        self.assertAlmostEqual(2.0, observe.longest_gap_s(samples, 0.5, 4.0), 2)
        self.assertEqual(4.0, observe.longest_gap_s([], 0.0, 4.0))


class SiegeFigures(unittest.TestCase):
    def figures(self, lines, summary=SUMMARY):
        with tempfile.TemporaryDirectory() as folder:
            run = siege.Siege.__new__(siege.Siege)
            run.lines, run.summary = Path(folder, "lines"), Path(folder, "summary")
            run.process = SimpleNamespace(returncode=0)
            run.lines.write_text(lines)
            run.summary.write_text(summary)
            figures = siege.Figures("name", "command")
            run._read_summary(figures)
            run._read_lines(figures)
            return figures

    def test_summary_and_lines(self):
        lines = ("HTTP/1.1 201     0.01 secs:       8 bytes ==> POST http://x/rooms\n" * 42 +
                 "HTTP/1.1 503     0.04 secs:       8 bytes ==> POST http://x/rooms\n" * 15 +
                 "[error] socket: read error\nHTTP/1.1 2")
        run = self.figures(lines)
        self.assertEqual((58, 16, 1), (run.requests, run.figures["failed"], run.without_answer))
        self.assertAlmostEqual(72.41, run.availability, 2)
        self.assertEqual({201: 42, 503: 15}, dict(run.statuses))
        self.assertEqual((0.01, 0.04, 0.01),
                         (run.percentile(0.5), run.percentile(0.99), run.percentile(0.99, True)))

    def test_a_siege_that_hangs_is_counted_by_its_lines(self):
        run = self.figures("HTTP/1.1 201     0.50 secs:       8 bytes ==> GET http://x\n" * 9 +
                           "HTTP/1.1 504     1.50 secs:       8 bytes ==> GET http://x\n")
        counted = dict(run.figures)
        run.count_lines(3)
        self.assertEqual(counted.keys(), run.figures.keys())
        self.assertEqual((9, 1, 3.0, 1.5), (run.figures["transactions"], run.figures["failed"],
                                            run.figures["rate"], run.figures["longest_s"]))
        self.assertAlmostEqual(90.0, run.availability)
        self.assertRaises(RuntimeError, siege.Figures("name", "command").count_lines, 3)

    def test_no_summary_is_no_run(self):
        self.assertRaises(RuntimeError, self.figures, "", "Aborted\n")


class Reports(unittest.TestCase):
    PAGE = "a\n<!-- replay: one -->\nold\n<!-- end replay -->\nb\n" \
           "<!-- replay: two -->\nkept\n<!-- end replay -->\n"

    def test_only_its_part_of_the_page_is_replaced(self):
        page = report.replaced(self.PAGE, "one", "new \\1")
        self.assertNotIn("old", page)
        self.assertIn("new \\1", page)
        self.assertIn("kept", page)
        self.assertEqual(page, report.replaced(page, "one", "new \\1"))

    def test_a_page_without_the_marker_is_refused(self):
        self.assertRaises(ValueError, report.replaced, self.PAGE, "three", "new")

    def test_the_page_has_a_place_for_each_demonstration(self):
        page = (replay.ROOT / "docs/demonstrations.md").read_text()
        for name in (*replay.DEMONSTRATIONS, "facts"):
            self.assertTrue(report.replaced(page, name, "text"), name)

    def test_what_is_not_all_is_not_a_hundred(self):
        self.assertEqual("100.00", report.percent(100.0))
        self.assertEqual("99.9990", report.percent(99.999))
        self.assertEqual("38.03", report.percent(38.03))

    def test_one_check_that_failed_is_enough(self):
        demo = report.Demonstration("name", "title")
        self.assertFalse(demo.ok)
        demo.check("a", "b", "c", True)
        self.assertTrue(demo.ok)
        demo.check("a", "b", "c", False)
        self.assertFalse(demo.ok)
        self.assertIn("**no**", report.markdown(demo))

    def test_a_demonstration_that_breaks_off_has_failed(self):
        def breaks_off(_stage, _demo):
            raise replay.Failed("no node")
        name = next(iter(replay.DEMONSTRATIONS))
        before = replay.DEMONSTRATIONS[name]
        replay.DEMONSTRATIONS[name] = ("title", breaks_off)
        try:
            demo = replay.perform(SimpleNamespace(clean=lambda: None), name)
        finally:
            replay.DEMONSTRATIONS[name] = before
        self.assertFalse(demo.ok)


if __name__ == "__main__":
    unittest.main(verbosity=2)
