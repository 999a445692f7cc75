"""What the mesh rule cost a healthy callee in the documents, and our breaker costs it (S-mesh)."""

import recorded
from breaker import CASES, prepared
from cluster import Cluster
from observe import Watch
from siege import Load, Siege

AVAILABLE_PERCENT = 99.99
BOOKING = {"roomId": 1, "name": "호텔", "price": 1000, "address": "서울", "host": "Superman",
           "guest": "배트맨", "usedate": "20201230"}
# name, system, load, who asks whom (None: nobody), what the document recorded
LINES = (
    ("booking to pay", Load(100, "/mybnb/bookings", BOOKING), ("mybnb.booking", "mybnb.pay"),
     [recorded.BOOKING_WITH_RULE]),
    ("room to auth", Load(10, "/mybnb/rooms", CASES["mybnb"].body), ("mybnb.room", "mybnb.auth"),
     [recorded.ROOM_WITH_RULE, recorded.ROOM_WITHOUT_RULE]),
    ("hospitals", Load(100, "/screening/hospitals"), None, [recorded.HOSPITALS_WITH_RULE]))


def run(stage, demo):
    with Cluster(stage.programs, stage.folder(demo.name), stage.nodes,
                 ("mybnb", "screening")) as cluster:
        prepared(cluster, CASES["mybnb"])
        prepared(cluster, CASES["screening"])
        for name, load, asked, recorded_runs in LINES:
            load = Load(min(load.users, stage.users or load.users), load.path, load.body)
            _line(stage, demo, cluster, name, load, asked, recorded_runs)
        cluster.wait_quiet()
    stage.check_verified(demo, cluster)


def _line(stage, demo, cluster, name, load, asked, recorded_runs):
    runs, opened = [], []
    raw = f"{demo.name}-{name.replace(' ', '-')}"
    with Watch(cluster) as watch:
        runs.append(Siege(stage, cluster.place, load, stage.seconds, raw).finish())
        runs[0].name = f"{name}, breaker on"
        if asked:
            opened = [state for seen in watch.states(*asked).values()
                      for _, state in seen if state != "closed"]
    if asked and switch(cluster, *asked, "disable"):
        runs.append(Siege(stage, cluster.place, load, stage.seconds, f"{raw}-off").finish())
        runs[1].name = f"{name}, breaker off"
        switch(cluster, *asked, "reset")
        ratio = 100.0 * runs[0].figures["rate"] / max(runs[1].figures["rate"], 0.01)
        demo.notes.append(f"{name}: with the breaker {ratio:.1f} % of the rate without it. One run "
                          "each on a machine that siege shares: a few percent are noise.")
    demo.load_table(f"{name}:", recorded_runs, runs)
    demo.check(f"{name}: success with a healthy callee and the breaker on "
               f"({runs[0].requests} requests)", f"≥ {AVAILABLE_PERCENT} %",
               f"{runs[0].availability:.4f} %", runs[0].availability >= AVAILABLE_PERCENT)
    if asked:
        demo.check(f"{name}: breakers that opened", "0", len(opened), not opened)


def switch(cluster, asking, target, verb):
    """An operator's word to a breaker; False if this build has no such command."""
    endpoint = next(iter(cluster.endpoints().values()))
    return cluster.at_node(endpoint, "breaker", verb, asking, target,
                           program="actor-inspector").returncode == 0
