"""Demonstration 3: all nodes replaced under load, with readiness and without.

siege's users wait as long as the gateway does, 5 s, and meanwhile the gateway finds out who owns a
shard now: a replacement without readiness shows in how long they wait rather than in failures. So
one more user is watched, who waits a tenth of a second and no longer.
"""

import time

import recorded
from cluster import Cluster
from observe import Observer
from siege import Load, Siege

LEAD_IN_S = 2
IMPATIENCE_MS = 100
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
        ready, left_by = _rolled(stage, demo, cluster, load, "with readiness", [])
        unready, left_by_unready = _rolled(stage, demo, cluster, load, "without readiness",
                                           ["--abrupt"])
        demo.load_table("siege:", documents, [unready, ready])
        cluster.wait_quiet()
    demo.check(f"availability with readiness ({ready.requests} requests)", "100 %",
               f"{ready.availability:.4f} %", ready.figures["failed"] == 0)
    demo.table(f"One more user, 50 requests a second, who waits {IMPATIENCE_MS} ms at most:",
               ["run", "requests", "failed", "availability %", "longest ms"],
               [_impatient(ready.name, left_by), _impatient(unready.name, left_by_unready)])
    failed, failed_unready = (sum(not each.ok for each in of) for of in (left_by, left_by_unready))
    longest, longest_unready = ready.figures["longest_s"], unready.figures["longest_s"]
    demo.check("without readiness callers notice",
               "more failures, or siege's longest answer takes twice as long",
               f"{unready.figures['failed']} failures of siege (with: {ready.figures['failed']}), "
               f"{failed_unready} of the other user (with: {failed}), longest "
               f"{longest_unready:.2f} s (with: {longest:.2f} s)",
               unready.figures["failed"] + failed_unready > ready.figures["failed"] + failed
               or longest_unready >= 2 * max(longest, 0.01))
    stage.check_verified(demo, cluster)


def _rolled(stage, demo, cluster, load, name, more):
    """One run of siege with one roll in it; every process must be another one afterwards."""
    before = {node: each["pid"] for node, each in cluster.nodes().items()}
    siege = Siege(stage, cluster.place, load, max(stage.seconds, 2 * LEAD_IN_S),
                  f"{demo.name}-{name.replace(' ', '-')}")
    user = Observer(cluster.place, "POST" if load.body else "GET", load.path, load.body, 50,
                    patience_ms=IMPATIENCE_MS)
    try:
        time.sleep(LEAD_IN_S)
        began = time.monotonic()
        cluster.operate("rolling-restart", *more)
        took = time.monotonic() - began
        in_time = siege.running()
        figures = siege.finish()
    finally:
        siege.stop()
        samples = user.end()
    after = {node: each["pid"] for node, each in cluster.nodes().items()}
    command = " ".join(["troupe rolling-restart", *more])
    demo.commands.append(command)
    figures.name = f"{name} (`{command}`)"
    demo.check(f"{name}: every node replaced while siege ran",
               f"{len(before)} nodes", f"{sum(after[n] != before[n] for n in before)} nodes in "
               f"{took:.1f} s{'' if in_time else ', siege had ended before'}",
               in_time and all(after[node] != before[node] for node in before))
    return figures, samples


def _impatient(name, samples):
    ok = sum(each.ok for each in samples)
    return [name, len(samples), len(samples) - ok, f"{100.0 * ok / max(len(samples), 1):.2f}",
            f"{max((each.ms for each in samples), default=0):.0f}"]
