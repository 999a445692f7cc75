"""Demonstration 3: all nodes replaced under load, with readiness and without."""

import time

import recorded
from cluster import Cluster
from siege import Load, Siege

LEAD_IN_S = 2
HOSPITAL = {"id": "101", "hospitalId": "2", "hospitalNm": "bye", "chkDate": "0909", "pcnt": 20}
APPLICATION = {"userId": "kim", "eduName": "MSA", "eduId": 1, "status": "EduApplied"}
REVIEW = {"bookId": 1, "roomId": 1, "name": "호텔", "host": "Superman", "guest": "배트맨",
          "score": 5, "content": "good"}
CASES = {
    "screening": (Load(1, "/screening/hospitals", HOSPITAL, False), None,
                  (recorded.HOSPITALS_ROLLED_UNREADY, recorded.HOSPITALS_ROLLED)),
    "mybnb": (Load(1, "/mybnb/reviews"), ("/mybnb/reviews", REVIEW),
              (recorded.REVIEWS_ROLLED_UNREADY, recorded.REVIEWS_ROLLED)),
    "edu": (Load(100, "/edu/eduApplications", APPLICATION), None,
            (recorded.EDU_ROLLED_UNREADY, recorded.EDU_ROLLED))}


def run(stage, demo, system):
    load, before, documents = CASES[system]
    load = Load(min(load.users, stage.users or load.users), load.path, load.body, load.repetitions)
    with Cluster(stage.programs, stage.folder(demo.name), max(stage.nodes, 2),
                 (system,)) as cluster:
        if before:
            cluster.create(*before)
        ready = _rolled(stage, demo, cluster, load, "with readiness", [])
        unready = _rolled(stage, demo, cluster, load, "without readiness", ["--abrupt"])
        demo.load_table("siege:", documents, [unready, ready])
        cluster.wait_quiet()
    demo.check(f"availability with readiness ({ready.requests} requests)", "100 %",
               f"{ready.availability:.4f} %", ready.figures["failed"] == 0)
    worse = unready.figures["failed"] > 0 or \
        unready.figures["longest_s"] >= 2 * max(ready.figures["longest_s"], 0.1)
    demo.check("without readiness callers notice", "failures, or a longest answer twice as long",
               f"{unready.availability:.2f} %, {unready.figures['failed']} failed, longest "
               f"{unready.figures['longest_s']:.2f} s (with: {ready.figures['longest_s']:.2f} s)",
               worse)
    stage.check_verified(demo, cluster)


def _rolled(stage, demo, cluster, load, name, more):
    """One run of siege with one roll in it; every process must be another one afterwards."""
    before = {node: each["pid"] for node, each in cluster.nodes().items()}
    siege = Siege(stage, cluster.place, load, max(stage.seconds, 2 * LEAD_IN_S),
                  f"{demo.name}-{name.replace(' ', '-')}")
    try:
        time.sleep(LEAD_IN_S)
        began = time.monotonic()
        cluster.operate("rolling-restart", *more)
        took = time.monotonic() - began
        in_time = siege.running()
        figures = siege.finish()
    finally:
        siege.stop()
    after = {node: each["pid"] for node, each in cluster.nodes().items()}
    command = " ".join(["troupe rolling-restart", *more])
    demo.commands.append(command)
    figures.name = f"{name} (`{command}`)"
    demo.check(f"{name}: every node replaced while siege ran",
               f"{len(before)} nodes", f"{sum(after[n] != before[n] for n in before)} nodes in "
               f"{took:.1f} s{'' if in_time else ', siege had ended before'}",
               in_time and all(after[node] != before[node] for node in before))
    return figures
