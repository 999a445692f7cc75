"""A node and its gateway as processes on free ports of this machine."""

import http.client
import json
import subprocess
from pathlib import Path

from webdriver import Missing, eventually

END_WITHIN = 20  # seconds


class Program:
    """A program that says where it listens."""

    def __init__(self, path, arguments, log):
        self.log = Path(log)
        self.name = Path(path).name
        with self.log.open("wb") as out:
            self.process = subprocess.Popen([path, *arguments], stdout=out,
                                            stderr=subprocess.STDOUT)

    def place(self):
        marker = f"{self.name} listening on "

        def look():
            text = self.log.read_text(errors="replace")
            if self.process.poll() is not None:
                raise Missing(f"{self.name} ended: {text}")
            return text.partition(marker)[2].splitlines()[0] if f"{marker}" in text else None
        return eventually(look, f"{self.name} listens")

    def end(self):
        """Asks it to end; its exit status."""
        self.process.terminate()
        try:
            return self.process.wait(END_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class System:
    """One system, served; a context manager."""

    def __init__(self, programs, web, system, folder):
        self.programs, self.web, self.system = Path(programs), web, system
        self.folder = Path(folder)
        self.started = []

    def __enter__(self):
        try:
            node = self._start("troupe-node", "--data", str(self.folder / "data"), "--system",
                               self.system, "--listen", "tcp://127.0.0.1:0")
            self.node = node.place()
            gateway = self._start("troupe-gateway", "--node", self.node, "--web", self.web,
                                  "--listen", "127.0.0.1:0")
            self.url = gateway.place()
            eventually(lambda: all(self.all_up()), "all contexts are up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.exits = [each.end() for each in reversed(self.started)]

    def _start(self, name, *arguments):
        program = Program(str(self.programs / name), arguments, self.folder / f"{name}.log")
        self.started.append(program)
        return program

    def all_up(self):
        status, _, body = self.ask("GET", "/health/ready")
        contexts = body.get("contexts", []) if status == 200 else []
        return [each["up"] for each in contexts] or [False]

    def operate(self, *words):
        """Runs the operator's command, such as `context stop mybnb.pay`."""
        subprocess.run([str(self.programs / "troupe"), *words, "--endpoint", self.node],
                       check=True, capture_output=True)

    def ask(self, method, path, body=None, headers=None):
        """Status, headers and JSON (else text) of an answer."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=30)
        try:
            text = None if body is None else json.dumps(body)
            sent = {"Content-Type": "application/json"} if text else {}
            connection.request(method, path, text, {**sent, **(headers or {})})
            answer = connection.getresponse()
            said = answer.read().decode()
            try:
                return answer.status, answer.headers, json.loads(said) if said else {}
            except ValueError:
                return answer.status, answer.headers, said
        finally:
            connection.close()

    def total(self, resource, **filters):
        """How many items a list has."""
        query = "&".join(["size=1", *(f"{name}={wanted}" for name, wanted in filters.items())])
        return self.ask("GET", f"/{self.system}/{resource}?{query}")[2]["page"]["totalElements"]
