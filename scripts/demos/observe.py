"""What is watched under load: single requests over time, and what nodes say of themselves."""

import http.client
import json
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

SAMPLES_MAX = 200_000
OPEN_MAX = 300       # requests of one observer under way; more wait, which counts as their time
ANSWER_WITHIN = 20   # seconds; the gateway itself gives up after 5
RESTART_PAUSE = 0.2  # seconds, before a node is asked again that did not answer


@dataclass
class Sample:
    """One request: when it was due, how long it took from then, what came (0: no answer)."""
    at: float
    ms: float
    status: int
    code: str
    retry_after: str

    @property
    def ok(self):
        return 0 < self.status < 400


class Observer(threading.Thread):
    """Sends the same request so many times a second and notes each.

    It does not wait for one answer before it sends the next request: a node that hangs would
    otherwise stop its own observer, and nobody would see who is still served.
    """

    def __init__(self, place, method, path, body=None, per_second=20, patience_ms=None):
        super().__init__(daemon=True)
        self.place, self.method, self.path = place, method, path
        self.text = None if body is None else json.dumps(body).encode()
        self.headers = {} if body is None else {"Content-Type": "application/json"}
        if patience_ms:
            self.headers["X-Deadline-Ms"] = str(patience_ms)
        self.pause = 1.0 / per_second
        self.samples = []
        self.ending = threading.Event()
        self.connections = threading.local()
        self.start()

    def run(self):
        with ThreadPoolExecutor(OPEN_MAX) as pool:
            due = time.monotonic()
            while not self.ending.wait(max(0.0, due - time.monotonic())):
                if len(self.samples) < SAMPLES_MAX:
                    pool.submit(self._once, due)
                due = max(due + self.pause, time.monotonic() - 1.0)

    def _once(self, due):
        connection = getattr(self.connections, "kept", None)
        if connection is None:
            connection = http.client.HTTPConnection(self.place, timeout=ANSWER_WITHIN)
            self.connections.kept = connection
        try:
            connection.request(self.method, self.path, self.text, self.headers)
            answer = connection.getresponse()
            said = answer.read()
            code = json.loads(said).get("code", "") if answer.status >= 400 and said else ""
            status, retry_after = answer.status, answer.headers.get("Retry-After", "")
        except (OSError, http.client.HTTPException, ValueError) as why:
            connection.close()
            status, code, retry_after = 0, type(why).__name__, ""
        took_ms = (time.monotonic() - due) * 1000.0
        self.samples.append(Sample(due, took_ms, status, code, retry_after))

    def end(self):
        """Every request has its answer or is given up; all samples, in the order of sending."""
        self.ending.set()
        self.join()
        return sorted(self.samples, key=lambda each: each.at)

    def between(self, begin, end):
        return [each for each in list(self.samples) if begin <= each.at < end]


def percentile_ms(samples, share):
    times = sorted(each.ms for each in samples)
    return times[min(len(times) - 1, int(share * len(times)))] if times else 0.0


def longest_gap_s(samples, begin, end):
    """The longest time without a successful answer, counted by when answers came."""
    came = sorted(each.at + each.ms / 1000.0 for each in samples if each.ok)
    marks = [begin, *[at for at in came if begin < at < end], end]
    return max(later - earlier for earlier, later in zip(marks, marks[1:]))


class NodeWatch(threading.Thread):
    """What one node says of itself, a few times a second: (when, status) pairs."""

    def __init__(self, troupe, name, endpoint, interval_ms=250):
        super().__init__(daemon=True)
        self.name_of_node, self.looks = name, []
        self.command = [troupe, "status", "--endpoint", endpoint, "-w", "-o", "jsonl",
                        "--interval", f"{interval_ms}ms", "--timeout", "2s"]
        self.ending = threading.Event()
        self.process = None
        self.start()

    def run(self):
        while not self.ending.is_set():
            with subprocess.Popen(self.command, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL) as self.process:
                if self.ending.is_set():
                    self.process.kill()
                for line in self.process.stdout:
                    if len(self.looks) < SAMPLES_MAX:
                        self._note(line)
            self.ending.wait(RESTART_PAUSE)

    def _note(self, line):
        try:
            self.looks.append((time.monotonic(), json.loads(line)))
        except ValueError:
            pass  # cut short by the node's end

    def end(self):
        self.ending.set()
        if self.process is not None:
            self.process.kill()
        self.join()


class Watch:
    """All nodes of a cluster; a context manager."""

    def __init__(self, cluster):
        self.nodes = [NodeWatch(cluster.program("troupe"), name, endpoint)
                      for name, endpoint in cluster.endpoints().items()]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self.nodes:
            each.end()

    def latest(self):
        return [node.looks[-1][1] for node in self.nodes if node.looks]

    def asked(self, context, at=None):
        """Asks that reached a context on all nodes, by what each said last (before `at`)."""
        total = 0
        for node in self.nodes:
            known = [status for when, status in list(node.looks) if at is None or when <= at]
            if known:
                total += sum(each.get("asked", 0) for each in known[-1]["contexts"]
                             if each["name"] == context)
        return total

    def states(self, asking, target):
        """(node and owner, operation) -> [(when, state)]: the changes of each breaker as seen."""
        found = {}
        for node in self.nodes:
            for when, status in list(node.looks):
                for each in status["breakers"]:
                    if each["asking"] != asking or each["target"] != target:
                        continue
                    key = (f"{node.name_of_node}→{each.get('owner') or '?'}", each["operation"])
                    seen = found.setdefault(key, [])
                    if not seen or seen[-1][1] != each["state"]:
                        seen.append((when, each["state"]))
        return found

    def all_closed(self, asking, target):
        """Whether each breaker of a direction was closed when its node was looked at last."""
        return all(each["state"] == "closed" for status in self.latest()
                   for each in status["breakers"]
                   if each["asking"] == asking and each["target"] == target)

    def refused(self, asking, target):
        """Asks refused by the breakers of a direction, by what each node said last."""
        return sum(each["refused"] for status in self.latest() for each in status["breakers"]
                   if each["asking"] == asking and each["target"] == target)
