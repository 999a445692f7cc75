"""A cluster of real nodes on free ports of this machine, started and operated by `troupe`."""

import http.client
import json
import os
import signal
import subprocess
import time
from pathlib import Path

COMMAND_WITHIN = 180  # seconds; what troupe itself waits for is shorter
QUIET_WITHIN = 90
LOOK_EVERY = 0.1


class Failed(Exception):
    """A demonstration cannot go on; the text says why."""


def eventually(look, what, within=60.0, every=LOOK_EVERY):
    """The first true answer of `look`; `Failed` if there is none in time."""
    until = time.monotonic() + within
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() >= until:
            raise Failed(f"not within {within:.0f} s: {what}")
        time.sleep(every)


def exchange(place, method, path, body=None, timeout=30.0):
    """Status, headers and JSON (else text) of one HTTP request to HOST:PORT."""
    connection = http.client.HTTPConnection(place, timeout=timeout)
    try:
        text = None if body is None else json.dumps(body).encode()
        connection.request(method, path, text, {"Content-Type": "application/json"} if text else {})
        answer = connection.getresponse()
        said = answer.read().decode()
        try:
            return answer.status, answer.headers, json.loads(said) if said else {}
        except ValueError:
            return answer.status, answer.headers, said
    finally:
        connection.close()


def start_time(pid):
    """Field 22 of /proc/PID/stat; None if there is no such process, or only its remains."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


class Cluster:
    """A context manager; whatever happens inside, its processes are gone at the end."""

    def __init__(self, programs, folder, nodes=3, systems=(), more=()):
        self.programs = Path(programs)
        self.data = Path(folder) / "data"
        self.count, self.systems, self.more = nodes, systems, tuple(more)
        self.place = ""  # of the gateway: HOST:PORT

    def __enter__(self):
        try:
            words = ["up", "--detach", "--http", "127.0.0.1:0", "--listen-base", "0", *self.more]
            if self.count:
                words += ["-n", str(self.count)]
            for system in self.systems:
                words += ["--system", system]
            up = self.troupe(*words)
            if up.returncode != 0:
                raise Failed(f"`troupe up` ended with {up.returncode}: {up.stderr.strip()}")
            self.place = self.status()["gateway"]["address"].removeprefix("http://")
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Takes everything down; what does not go in order is killed, by pid and start time."""
        try:
            if (self.data / "run").is_dir():
                self.troupe("down")
        except (OSError, subprocess.TimeoutExpired):
            pass
        for each in self._identities():
            if start_time(each["pid"]) == each["start_time"]:
                os.kill(each["pid"], signal.SIGKILL)

    def _identities(self):
        for path in [*self.data.glob("run/*.pid"), *self.data.glob("run/*.start")]:
            try:
                said = json.loads(path.read_text())
                if isinstance(said.get("pid"), int) and said["pid"] > 1:
                    yield said
            except (OSError, ValueError):
                continue

    def program(self, name):
        return str(self.programs / name)

    def troupe(self, *words):
        """`troupe WORDS --data DATA`, finished."""
        return subprocess.run([self.program("troupe"), *words, "--data", str(self.data)],
                              capture_output=True, text=True, timeout=COMMAND_WITHIN, check=False)

    def operate(self, *words):
        """The same, and it must come out."""
        done = self.troupe(*words)
        if done.returncode != 0:
            raise Failed(f"`troupe {' '.join(words)}` ended with {done.returncode}: "
                         f"{done.stderr.strip()}")
        return done

    def status(self):
        """The cluster as `troupe status` says it."""
        return json.loads(self.operate("status", "-o", "json").stdout)

    def nodes(self):
        """Node name -> what the status says of it."""
        return {each["node"]: each for each in self.status()["items"]}

    def endpoints(self):
        return {name: each["endpoint"] for name, each in self.nodes().items()}

    def whole(self, count):
        """So many nodes, all up, active members, nothing on its way between them."""
        status = self.status()
        nodes = status["items"]
        return len(nodes) == count and all(
            each["state"] == "up" and each["member"] == "active"
            and not each["moving"] for each in nodes) and not any(
                "nobody" in each["owners"] for each in status["contexts"])

    def at_node(self, endpoint, *words, program="troupe"):
        """A command for one node."""
        return subprocess.run([self.program(program), *words, "--endpoint", endpoint],
                              capture_output=True, text=True, timeout=COMMAND_WITHIN, check=False)

    def node_status(self, endpoint):
        """What one node says of itself; None if it did not answer."""
        said = self.at_node(endpoint, "status", "-o", "json")
        if said.returncode != 0:
            return None
        return json.loads(said.stdout)["items"][0]

    def delay(self, context, text):
        """`troupe context delay` at each node: one would tell the others, but a moment later."""
        for endpoint in self.endpoints().values():
            done = self.at_node(endpoint, "context", "delay", context, text)
            if done.returncode != 0:
                raise Failed(f"cannot delay {context}: {done.stderr.strip()}")

    def ask(self, method, path, body=None):
        return exchange(self.place, method, path, body)

    def create(self, path, body):
        """Makes an item and gives its id."""
        def look():
            status, _, said = self.ask("POST", path, body)
            return said["id"] if status == 201 else None
        return eventually(look, f"POST {path} answers 201")

    def total(self, path):
        """How many items a list has."""
        status, _, said = self.ask("GET", f"{path}?size=1")
        if status != 200:
            raise Failed(f"GET {path} answers {status}")
        return said["page"]["totalElements"]

    def wait_quiet(self):
        """Until no ask and no void is open and no view lags, on all nodes."""
        def look():
            return not any(self._busy(each) for each in self.endpoints().values())
        eventually(look, "no open asks, no open voids, no lagging view", QUIET_WITHIN, 0.5)

    def _busy(self, endpoint):
        status = self.node_status(endpoint)
        if status is None:
            return True
        return any(each.get(key, 0) for each in status["contexts"]
                   for key in ("open_asks", "open_voids", "waiting", "lag"))

    def verify(self):
        """Whether `troupe verify` finds everything sound, and its own words."""
        done = subprocess.run([self.program("troupe"), "verify", str(self.data), "-q"],
                              capture_output=True, text=True, timeout=600, check=False)
        return done.returncode == 0, (done.stdout + done.stderr).strip()
