"""Demonstration 2: nodes are added under load and taken away after it, without a failed request."""

import json
import subprocess
import threading
import time

import recorded
from breaker import CASES as SYNCHRONOUS
from cluster import Cluster, Failed
from observe import Observer
from siege import Load, Siege

MOST = 3
TARGET = "cpu=15%"        # of one core for each node; the documents' target for auth and payment
SCALE_IN_WITHIN_S = 300   # the highest wish of the last minute counts, then a minute's cooldown
LOOK_EVERY_S = 1.0
DECISIONS_SHOWN = 20
# users and how much longer than --seconds, as the documents have it: 180 s and 120 s for 60
LINES = {"mybnb": (Load(10, "/mybnb/rooms", {**SYNCHRONOUS["mybnb"].body, "name": "호텔6"}), 3,
                   [recorded.ROOM_SCALED, recorded.BOOKING_SCALED]),
         "edu": (Load(100, "/edu/eduApplications", SYNCHRONOUS["edu"].body), 2,
                 [recorded.EDU_SCALED])}


def built_in(programs):
    """Whether this build scales by itself."""
    said = subprocess.run([f"{programs}/troupe", "up", "--help"], capture_output=True, text=True,
                          check=False)
    return "--autoscale" in said.stdout


def _times(stage):
    """The launcher's own times suit a run of a minute and more; for a shorter one they shrink."""
    if stage.seconds >= 60:
        return ()
    words = []
    for option, seconds in (("--scale-out-after", 10), ("--scale-out-pause", 15),
                            ("--scale-in-after", 60), ("--scale-in-pause", 60)):
        words += [option, f"{max(500, round(1000 * seconds * stage.seconds / 60))}ms"]
    return words


class Count(threading.Thread):
    """How many nodes are up, over time."""

    def __init__(self, cluster):
        super().__init__(daemon=True)
        self.cluster, self.changes, self.ending = cluster, [], threading.Event()
        self.start()

    def run(self):
        while not self.ending.wait(LOOK_EVERY_S):
            try:
                nodes = self.cluster.nodes()
            except (Failed, OSError, ValueError, subprocess.SubprocessError):
                continue
            up = sum(each["state"] == "up" for each in nodes.values())
            if not self.changes or self.changes[-1][1] != up:
                self.changes.append((time.monotonic(), up))

    def now(self):
        return self.changes[-1][1] if self.changes else 0

    def end(self):
        self.ending.set()
        self.join()


def run(stage, demo, system):
    by_itself = built_in(stage.programs)
    load, longer, documents = LINES[system]
    load = Load(min(load.users, stage.users or load.users), load.path, load.body)
    more = ("--autoscale", f"1..{MOST}", "--target", TARGET, *_times(stage)) if by_itself else ()
    demo.commands.append(" ".join(["troupe up", *more]) if by_itself else
                         f"troupe up -n 1; troupe scale {MOST}; troupe scale 1")
    with Cluster(stage.programs, stage.folder(demo.name), 0 if by_itself else 1, (system,),
                 more) as cluster:
        cluster.create(load.path, load.body)
        count = Count(cluster)
        user = Observer(cluster.place, "POST", load.path, load.body, 5)
        began = time.monotonic()
        try:
            figures = _under_load(stage, demo, cluster, load, longer, by_itself)
            most = max((up for _, up in count.changes), default=0)
            _back(cluster, count, by_itself)
        finally:
            count.end()
            samples = user.end()
        _judge(demo, documents, figures, most, count, samples)
        demo.table("Nodes that are up (seconds after the load began):", ["at", "nodes"],
                   [[f"{when - began:.0f} s", up] for when, up in count.changes])
        if by_itself:
            _decisions(demo, cluster)
        else:
            demo.notes.append("This build has no `--autoscale`: `troupe scale` did it.")
        cluster.wait_quiet()
    stage.check_verified(demo, cluster)


def _decisions(demo, cluster):
    """What the launcher's log says of each change, and why."""
    log = cluster.data / "logs" / "autoscale.log"
    entries = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    rows = [[each["time"][11:19], f"{each['from']} → {each['to']}", each["why"]]
            for each in entries if each["what"] == "scale"]
    demo.table("The decision log:", ["at", "nodes", "why"], rows[:DECISIONS_SHOWN])
    demo.check("the decision log says why", "each change, with its numbers", f"{len(rows)} changes",
               rows and all("target" in why for _, _, why in rows))


def _under_load(stage, demo, cluster, load, longer, by_itself):
    seconds = longer * stage.seconds
    siege = Siege(stage, cluster.place, load, seconds, f"{demo.name}-load")
    try:
        if not by_itself:
            time.sleep(seconds / 4)
            cluster.operate("scale", str(MOST))
        figures = siege.finish()
    finally:
        siege.stop()
    figures.name = "1 to 3 nodes" + (f" by {TARGET} each" if by_itself else " by hand")
    return figures


def _back(cluster, count, by_itself):
    """After the load; one user goes on, so that scaling in is seen by somebody."""
    if not by_itself:
        cluster.operate("scale", "1")
    until = time.monotonic() + SCALE_IN_WITHIN_S
    while count.now() > 1 and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)


def _judge(demo, documents, figures, most, count, samples):
    demo.load_table("siege:", documents, [figures])
    demo.check(f"availability while scaling out ({figures.requests} requests)", "100 %",
               f"{figures.availability:.4f} %", figures.figures["failed"] == 0)
    demo.check("nodes at most", f"{MOST}", most, most == MOST)
    demo.check("nodes at the end, after the load", "1", count.now(), count.now() == 1)
    failed = sum(not each.ok for each in samples)
    demo.check(f"one more user over all, scaling in included ({len(samples)} requests)",
               "none fails", f"{failed} failed", samples and failed == 0)
