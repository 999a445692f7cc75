"""Demonstration 4: a node that hangs, one that is killed, one that is killed again and again."""

import os
import signal
import time

from cluster import Cluster, eventually
from observe import Observer, longest_gap_s
from siege import Load, Siege

SILENCE_S = 4.0        # docs/launcher.md: no answer to a hello for so long is a hang
NOTICED_WITHIN_S = 8.0  # the silence, and a machine that also runs the load
BACK_WITHIN_S = 20.0
CRASHES_MAX = 5        # docs/launcher.md: so many ends within a minute are a crash loop
CALL = {"customerId": 1, "destination": "junja", "cost": 500}


def run(stage, demo):
    nodes = max(stage.nodes, 3)
    with Cluster(stage.programs, stage.folder(demo.name), nodes, ("taxi",)) as cluster:
        cluster.create("/taxi/calls", CALL)
        user = Observer(cluster.place, "POST", "/taxi/calls", CALL, 50)
        load = Load(min(10, stage.users or 10), "/taxi/calls", CALL)
        siege = Siege(stage, cluster.place, load, 600, f"{demo.name}-load")
        try:
            phases = [_hangs(demo, cluster, nodes), _killed(demo, cluster, nodes),
                      _crash_loop(demo, cluster, user, nodes)]
        finally:
            siege.stop()  # it was only to keep the nodes busy, and prints figures at its end only
            samples = user.end()
        rows = [_row(demo, user, *each) for each in phases]
        demo.commands.append(load.shown(600))
        demo.table("One user with 50 requests a second, beside siege:", [
            "what happens to a node", "noticed after", "up again after", "requests meanwhile",
            "failed", "slowest answer", "longest without success"], rows)
        demo.notes.append("Documents: liveness probes every 5 s, given up after 5 failures, the "
                          "first after 120 s: 25 s until a hung container is noticed; restarts "
                          "after six to nine minutes; `CrashLoopBackOff` at 4m42s, 5 restarts.")
        demo.notes.append(f"{len(samples)} requests of that user in all, "
                          f"{sum(not each.ok for each in samples)} failed.")
        cluster.wait_quiet()
    stage.check_verified(demo, cluster)


def _pid(cluster, node):
    return cluster.nodes()[node]["pid"]


def _wait_replaced(cluster, node, old, began):
    """When its process was another one, and when that was up: seconds after `began`."""
    def gone():
        each = cluster.nodes()[node]
        return each["state"] != "up" or each["pid"] != old
    eventually(gone, f"{node} is seen to be gone", BACK_WITHIN_S)
    noticed = time.monotonic() - began
    def back():
        each = cluster.nodes()[node]
        return each["state"] == "up" and each["pid"] not in (old, None)
    eventually(back, f"{node} is up again", 3 * BACK_WITHIN_S)
    return noticed, time.monotonic() - began


def _row(demo, user, what, began, end, noticed, back):
    """The line of the table; requests must go on."""
    seen = user.between(began, end)
    failed = sum(not each.ok for each in seen)
    gap = longest_gap_s(seen, began, end)
    demo.check(f"{what}: requests go on ({len(seen)} of one user)", "nine of ten succeed",
               f"{failed} failed, {gap:.1f} s at most without success",
               len(seen) > 0 and failed * 10 <= len(seen))
    slowest = max((each.ms for each in seen), default=0.0) / 1000.0
    return [what, f"{noticed:.1f} s", f"{back:.1f} s", len(seen), failed, f"{slowest:.1f} s",
            f"{gap:.1f} s"]


def _hangs(demo, cluster, nodes):
    old = _pid(cluster, "n2")
    began = time.monotonic()
    os.kill(old, signal.SIGSTOP)
    noticed, back = _wait_replaced(cluster, "n2", old, began)
    eventually(lambda: cluster.whole(nodes), "the cluster is whole again")
    demo.check("a hung node (SIGSTOP) is killed at the stated threshold",
               f"{SILENCE_S:.0f} s of silence, seen within {NOTICED_WITHIN_S:.0f} s",
               f"{noticed:.1f} s", SILENCE_S - 1.0 <= noticed <= NOTICED_WITHIN_S)
    demo.check("the launcher says why", "n2 did not answer for 4 s; killed",
               "said" if "n2 did not answer for 4 s; killed" in
               cluster.operate("logs", "launcher").stdout else "not said",
               "n2 did not answer for 4 s; killed" in cluster.operate("logs", "launcher").stdout)
    demo.check("it is up again", f"≤ {BACK_WITHIN_S:.0f} s", f"{back:.1f} s", back <= BACK_WITHIN_S)
    return "hangs (SIGSTOP)", began, time.monotonic(), noticed, back


def _killed(demo, cluster, nodes):
    old = _pid(cluster, "n3")
    began = time.monotonic()
    os.kill(old, signal.SIGKILL)
    noticed, back = _wait_replaced(cluster, "n3", old, began)
    eventually(lambda: cluster.whole(nodes), "the cluster is whole again")
    demo.check("a crashed node (SIGKILL) is up again", f"≤ {BACK_WITHIN_S:.0f} s",
               f"{back:.1f} s", back <= BACK_WITHIN_S)
    return "crashes (SIGKILL)", began, time.monotonic(), noticed, back


def _crash_loop(demo, cluster, user, nodes):
    """n1, which nobody touched before, is killed as soon as it runs until it is given up."""
    began = time.monotonic()
    killed = set()
    def given_up():
        each = cluster.nodes()["n1"]
        pid = each["pid"]
        if each["state"] in ("starting", "up") and pid and pid not in killed:
            killed.add(pid)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return each["state"] == "crash-loop"
    eventually(given_up, "n1 is given up", 60)
    noticed = time.monotonic() - began
    demo.check("a node that crashes again and again is given up",
               f"after {CRASHES_MAX} ends within 60 s", f"{len(killed)} kills",
               len(killed) == CRASHES_MAX)
    others = all(each["state"] == "up" for name, each in cluster.nodes().items() if name != "n1")
    demo.check("the other nodes stay up", "all", "all" if others else "not all", others)
    time.sleep(1.0)
    calm_from = time.monotonic()
    time.sleep(2.0)
    calm = user.between(calm_from, time.monotonic())
    demo.check("requests without the node that was given up", "none fails",
               f"{sum(not each.ok for each in calm)} of {len(calm)} failed",
               calm and all(each.ok for each in calm))
    cluster.operate("restart", "n1")
    back = time.monotonic() - began
    eventually(lambda: cluster.whole(nodes), "the cluster is whole again")
    demo.commands.append("troupe restart n1")
    return ("crashes again and again; `troupe restart n1`", began, time.monotonic(), noticed, back)
