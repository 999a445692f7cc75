"""The demonstrations of the five documents, replayed; scripts/replay-demos runs this."""

import argparse
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import autoscale
import breaker
import configuration
import healthy
import liveness
import report
import rolling
import siege
from cluster import Failed

SKIPPED = 77
ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS_MAX = 3600
FULL_SECONDS = 60
USERS_MAX = 255  # siege's own limit

DEMONSTRATIONS = {
    "breaker-siren": ("Breaker: siren, order to product (S-610)",
                      partial(breaker.run, system="siren")),
    "breaker-edu": ("Breaker: edu, app to payment", partial(breaker.run, system="edu")),
    "breaker-taxi": ("Breaker: taxi, call to payment", partial(breaker.run, system="taxi")),
    "breaker-screening": ("Breaker: screening, screening to hospital",
                          partial(breaker.run, system="screening")),
    "breaker-mybnb": ("Breaker: mybnb, room to auth", partial(breaker.run, system="mybnb")),
    "healthy": ("A healthy callee, breaker on (S-mesh)", healthy.run),
    "autoscale-mybnb": ("Autoscale: mybnb, rooms", partial(autoscale.run, system="mybnb")),
    "autoscale-edu": ("Autoscale: edu, applications", partial(autoscale.run, system="edu")),
    "rolling-screening": ("Rolling replacement: screening", partial(rolling.run,
                                                                    system="screening")),
    "rolling-mybnb": ("Rolling replacement: mybnb", partial(rolling.run, system="mybnb")),
    "rolling-edu": ("Rolling replacement: edu", partial(rolling.run, system="edu")),
    "liveness": ("Liveness: a hung and a crashing node", liveness.run),
    "configuration": ("External configuration missing or wrong", configuration.run),
}


class Stage:
    """What every demonstration is given, and what it leaves to be cleaned up."""

    def __init__(self, options, output, scratch):
        self.programs = Path(options.programs).resolve()
        self.seconds, self.users, self.nodes = options.seconds, options.users, options.nodes
        self.connection = options.connection
        self.full = self.seconds >= FULL_SECONDS and self.users == 0  # as the documents have it
        self.output, self.scratch = Path(output), Path(scratch)
        self.children = []  # sieges

    def folder(self, name):
        made = self.scratch / name
        made.mkdir()
        return made

    def check_verified(self, demo, cluster):
        """Behind its end: nothing may be left of what failed, nothing lost of what did not."""
        sound, said = cluster.verify()
        demo.check("`troupe verify` of what the nodes left", "everything holds",
                   "everything holds" if sound else said[-300:], sound)

    def clean(self):
        for each in self.children:
            if each.poll() is None:
                each.kill()
                each.wait()
        self.children.clear()


def options_of(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/replay-demos", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Replays the documents' demonstrations with siege on clusters of real nodes "
                    "(loopback, free ports,\ndata in temporary directories). Ends with 0 if each "
                    "shows what it should, with 1 if not, with 77 without siege.")
    parser.add_argument("--list", action="store_true", help="print the names and end")
    parser.add_argument("--only", metavar="NAME", action="append", default=[],
                        help="only this one; repeatable, commas too")
    parser.add_argument("--seconds", metavar="N", type=int, default=60,
                        help="length of a run of siege (default: the documents' 60); autoscale "
                             "takes 2 and 3 times that")
    parser.add_argument("--users", metavar="N", type=int, default=0,
                        help="at most so many users (default: as the documents have it)")
    parser.add_argument("--nodes", metavar="N", type=int, default=3, help="default: 3")
    parser.add_argument("--connection", choices=("keep-alive", "close"), default="keep-alive",
                        help="of siege (default: keep-alive; closing uses up the ports)")
    parser.add_argument("--output", metavar="DIR",
                        help="results.md, results.json, raw logs (default: build/demonstrations)")
    parser.add_argument("--update", metavar="PAGE",
                        help="write the tables between the markers of this page as well")
    parser.add_argument("--programs", metavar="DIR", default=ROOT / "build/release/bin",
                        help="where troupe is (default: build/release/bin)")
    options = parser.parse_args(arguments)
    options.only = [name for each in options.only for name in each.split(",") if name]
    for name in options.only:
        if name not in DEMONSTRATIONS:
            parser.error(f"there is no demonstration '{name}'; --list has the names")
    for name, value, least, most in (("--seconds", options.seconds, 1, SECONDS_MAX),
                                     ("--users", options.users, 0, USERS_MAX),
                                     ("--nodes", options.nodes, 1, 16)):
        if not least <= value <= most:
            parser.error(f"{name} is from {least} to {most}")
    return options


def perform(stage, name):
    """One demonstration; what goes wrong in it is a check that failed."""
    title, how = DEMONSTRATIONS[name]
    demo = report.Demonstration(name, title)
    print(f"\n## {title} ({name})\n", flush=True)
    began = time.monotonic()
    try:
        how(stage, demo)
    except (Failed, RuntimeError, OSError, ValueError, KeyError,
            subprocess.SubprocessError) as why:
        demo.check("it can be carried out", "to its end", f"{type(why).__name__}: {why}", False)
    finally:
        stage.clean()
    demo.took_s = time.monotonic() - began
    print(report.markdown(demo), flush=True)
    return demo


def stop_on_signals():
    """SIGTERM and SIGHUP as Ctrl-C: everything that was started is taken down."""
    def interrupt(*_):
        raise KeyboardInterrupt
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, interrupt)


def keep_logs(stage, name):
    """The nodes' own words, for those who want to know more than the tables say."""
    to = stage.output / "raw" / f"{name}.logs"
    shutil.rmtree(to, ignore_errors=True)
    logs = stage.scratch / name / "data" / "logs"
    if logs.is_dir():
        shutil.copytree(logs, to)
    shutil.rmtree(stage.scratch / name, ignore_errors=True)


def shown_command(options):
    """What somebody else types for the same run; where results go is nobody's business."""
    words = ["scripts/replay-demos"]
    for name in options.only:
        words += ["--only", name]
    for name, value, preset in (("--seconds", options.seconds, 60), ("--users", options.users, 0),
                                ("--nodes", options.nodes, 3),
                                ("--connection", options.connection, "keep-alive")):
        if value != preset:
            words += [name, str(value)]
    return shlex.join(words)


def main(arguments):
    options = options_of(arguments)
    if options.list:
        for name, (title, _) in DEMONSTRATIONS.items():
            print(f"{name:<18} {title}")
        return 0
    try:
        siege_version = siege.version()
    except siege.Missing as why:
        print(f"skipped: {why}", file=sys.stderr)
        return SKIPPED
    if not (Path(options.programs) / "troupe").exists():
        print(f"there is no troupe in {options.programs}; build it (scripts/build troupe "
              "troupe-node troupe-gateway actor-inspector) or name --programs", file=sys.stderr)
        return 2
    stop_on_signals()
    output = Path(options.output or ROOT / "build/demonstrations")
    (output / "raw").mkdir(parents=True, exist_ok=True)
    command = shown_command(options)
    results = []
    with tempfile.TemporaryDirectory(prefix="troupe-demos-", ignore_cleanup_errors=True) as scratch:
        stage = Stage(options, output, scratch)
        facts = report.machine_facts(stage.programs, siege_version, scratch)
        facts["run"] = "as the documents have it" if stage.full else \
            "short form: fewer seconds or users than the documents', to see that it works"
        print(report.facts_markdown(facts, command))
        for name in options.only or DEMONSTRATIONS:
            results.append(perform(stage, name))
            keep_logs(stage, name)
            report.write_results(output, facts, command, results)
    if options.update:
        report.update_page(options.update, facts, command, results)
    wrong = [each.name for each in results if not each.ok]
    print(f"\n{len(results) - len(wrong)} of {len(results)} demonstrations show what they should"
          + (f"; not: {', '.join(wrong)}" if wrong else "") + f"; results in {output}")
    return 1 if wrong else 0
