"""Debian's load generator `siege` with a configuration of our own, and what it reports.

siege is run with its output for people: with `json_output` it prints no line for each request,
and those lines are what tells refusals from late answers and gives shares of the response times.
"""

import gzip
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

# siege ends its users by cancelling their threads, and now and then that leaves it waiting for
# itself for ever. After so many seconds beyond the run it is killed, and its lines must do.
END_WITHIN = 12
LINES_LOST_MAX = 200  # of a killed siege: what was in its buffer

# `failures`: siege gives up after 1024 by default, which cut the documents' failing runs short.
# `connection`: closing after each request would use up the machine's ports at our rates.
SETTINGS = """\
verbose = true
quiet = false
color = off
json_output = false
show-logfile = false
logging = false
csv = false
timestamp = false
fullurl = false
protocol = HTTP/1.1
chunked = true
cache = false
parser = false
accept-encoding = identity
limit = 255
delay = 0.0
benchmark = false
internet = false
timeout = 30
unique = true
failures = 100000000
connection = {connection}
"""

REQUEST = re.compile(rb"HTTP/\S+ (\d{3})\s+([\d.]+) secs:\s+(\d+) bytes")
FIGURES = {
    "Transactions": "transactions", "Availability": "availability", "Elapsed time": "elapsed_s",
    "Response time": "response_s", "Transaction rate": "rate", "Concurrency": "concurrency",
    "Failed transactions": "failed", "Longest transaction": "longest_s",
    "Shortest transaction": "shortest_s"}


class Missing(Exception):
    """siege is not installed."""


def version():
    if shutil.which("siege") is None:
        raise Missing("siege is not installed (Debian package `siege`)")
    said = subprocess.run(["siege", "--version"], capture_output=True, text=True, check=False,
                          env={**os.environ, "HOME": "/nonexistent"})
    found = re.search(r"SIEGE (\S+)", said.stdout + said.stderr)
    return found[1] if found else "unknown"


@dataclass
class Figures:
    """One run: siege's own figures, and what its lines say of single requests."""
    name: str
    command: str
    figures: dict = field(default_factory=dict)
    statuses: Counter = field(default_factory=Counter)
    times_s: Counter = field(default_factory=Counter)  # of answers, to hundredths as siege prints
    ok_times_s: Counter = field(default_factory=Counter)  # of those below 400
    hung: bool = False  # siege did not end; the figures are counted from its lines

    @property
    def requests(self):
        return self.figures["transactions"] + self.figures["failed"]

    @property
    def availability(self):
        """In percent, from the counts: siege rounds."""
        return 100.0 * self.figures["transactions"] / self.requests if self.requests else 0.0

    @property
    def without_answer(self):
        """What siege counts as failed without an answer above 399: its own, or the connection's."""
        refused = sum(count for status, count in self.statuses.items() if status >= 400)
        return max(self.figures["failed"] - refused, 0)

    def percentile(self, share, only_ok=False):
        times = self.ok_times_s if only_ok else self.times_s
        left = share * sum(times.values())
        for seconds in sorted(times):
            left -= times[seconds]
            if left <= 0:
                return seconds
        return 0.0

    def count_lines(self, seconds):
        """What siege would have said, from its lines."""
        answers = sum(self.statuses.values())
        if answers == 0:
            raise RuntimeError(f"siege did not end and told of no request: {self.name}")
        failed = sum(count for status, count in self.statuses.items() if status >= 400)
        total_s = sum(each * count for each, count in self.times_s.items())
        self.figures.update(
            transactions=answers - failed, availability=100.0 * (answers - failed) / answers,
            elapsed_s=float(seconds), response_s=total_s / answers,
            rate=(answers - failed) / seconds, concurrency=total_s / seconds, failed=failed,
            longest_s=max(self.times_s), shortest_s=min(self.times_s))

    def as_data(self):
        return {"name": self.name, "command": self.command, "hung": self.hung, **self.figures,
                "availability_exact": round(self.availability, 3),
                "statuses": {str(key): self.statuses[key] for key in sorted(self.statuses)},
                "p50_s": self.percentile(0.5), "p99_s": self.percentile(0.99)}


class Siege:
    """One run in the background. `finish` waits for its end; `stop` ends it at once."""

    def __init__(self, stage, place, load, seconds, name):
        self.load, self.seconds, self.name = load, max(1, round(seconds)), name
        raw = Path(stage.output) / "raw"
        raw.mkdir(parents=True, exist_ok=True)
        settings = raw / "siegerc"
        settings.write_text(SETTINGS.format(connection=stage.connection))
        self.lines, self.summary = raw / f"{name}.requests.log", raw / f"{name}.summary.txt"
        words = load.words(self.seconds)
        command = ["siege", "-R", str(settings), *words, "--content-type", "application/json",
                   load.url(place)]
        home = raw / "siege-home"  # it insists on a folder of its own
        home.mkdir(exist_ok=True)
        with self.lines.open("wb") as out, self.summary.open("wb") as err:
            self.process = subprocess.Popen(command, stdout=out, stderr=err,
                                            stdin=subprocess.DEVNULL,
                                            env={**os.environ, "HOME": str(home)})
        stage.children.append(self.process)

    def running(self):
        return self.process.poll() is None

    def stop(self):
        if self.running():
            self.process.kill()
        self.process.wait()
        self._pack()

    def finish(self):
        figures = Figures(self.name, self.load.shown(self.seconds))
        try:
            self.process.wait(self.seconds + END_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            figures.hung = True
        self._read_lines(figures)
        if figures.hung:
            figures.count_lines(self.seconds)
        else:
            self._read_summary(figures)
        self._pack()
        return figures

    def _pack(self):
        if not self.lines.exists():
            return
        with self.lines.open("rb") as plain, gzip.open(f"{self.lines}.gz", "wb", 1) as packed:
            shutil.copyfileobj(plain, packed)
        self.lines.unlink()

    def _read_summary(self, to):
        text = self.summary.read_text(errors="replace")
        for label, key in FIGURES.items():
            found = re.search(rf"^{label}:\s+([\d.]+)", text, re.M)
            if found is None:
                raise RuntimeError(f"siege ended with {self.process.returncode} and no figures; "
                                   f"see {self.summary}")
            number = float(found[1])
            to.figures[key] = int(number) if key in ("transactions", "failed") else number

    def _read_lines(self, to):
        with self.lines.open("rb") as lines:
            for line in lines:
                if (found := REQUEST.search(line)) is None:
                    continue
                status, seconds = int(found[1]), float(found[2])
                to.statuses[status] += 1
                to.times_s[seconds] += 1
                if status < 400:
                    to.ok_times_s[seconds] += 1


@dataclass
class Load:
    """A siege command line as a document has it, with path and body of our resource."""
    users: int
    path: str
    body: dict = None
    repetitions: bool = True  # `-r10`: without effect beside -t, kept as the documents have it

    def words(self, seconds):
        return ["-v", f"-c{self.users}", f"-t{seconds}S"] + (["-r10"] if self.repetitions else [])

    def url(self, place):
        """siege's form: URL [POST BODY]."""
        url = f"http://{place}{self.path}"
        if self.body is None:
            return url
        return f"{url} POST {json.dumps(self.body, ensure_ascii=False, separators=(',', ':'))}"

    def shown(self, seconds):
        words = " ".join(self.words(seconds))
        return f"siege {words} '{self.url('GATEWAY')}'"
