"""A browser driven over the WebDriver protocol, with the standard library alone."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

PATIENCE = 30.0  # seconds; a busy machine is slow, and a test that waits this long has failed
LOOK_EVERY = 0.02
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's key of a reference to an element


class Missing(Exception):
    """The browser, or what a test looked for, is not there."""


def eventually(look, what, within=PATIENCE):
    """What `look` gives as soon as that is anything: no empty text or list, not 0."""
    until = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() >= until:
            raise Missing(f"not within {within:.0f} s: {what}")
        time.sleep(LOOK_EVERY)


def programs():
    """Paths of browser and driver; Missing names what is not installed."""
    found = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
    if absent := [name for name, path in found.items() if path is None]:
        raise Missing(f"{' and '.join(absent)} not installed; scripts/setup does that")
    return found


def _arguments(profile):
    arguments = [
        "--headless", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-dev-shm-usage", "--force-color-profile=srgb", "--lang=en-US",
        f"--user-data-dir={profile}",
    ]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium's own sandbox refuses to run as root
    return arguments


class Browser:
    """One headless browser with a profile of its own; a context manager that ends it."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.driver = None
        self.session = None
        self.log = []

    def __enter__(self):
        found = programs()
        said = self.folder / "driver.out"
        with said.open("wb") as out:
            # A group of its own, so that what the browser started ends with it.
            self.driver = subprocess.Popen([found["chromedriver"], "--port=0"], stdout=out,
                                           stderr=subprocess.STDOUT, start_new_session=True)
        try:
            self.port = eventually(lambda: self._port(said.read_text()), "chromedriver's port")
            options = {"binary": found["chromium"], "args": _arguments(self.folder / "profile")}
            wanted = {"browserName": "chrome", "goog:chromeOptions": options,
                      "goog:loggingPrefs": {"browser": "ALL"}, "unhandledPromptBehavior": "ignore"}
            made = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
            self.session = made["sessionId"]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if self.session:
                self.call("DELETE", "")
        except (OSError, Missing):
            pass  # it is ended below
        finally:
            for how in (signal.SIGTERM, signal.SIGKILL):
                _end_group(self.driver, how)

    def assert_gone(self):
        """Whatever it started must have ended; helpers of the browser end shortly after it."""
        eventually(lambda: not _alive(self.folder / "profile"), "all of the browser is gone")

    def _port(self, text):
        if self.driver.poll() is not None:
            raise Missing(f"chromedriver ended: {text}")
        marker = "was started successfully on port "
        return int(text.partition(marker)[2].split(".")[0]) if marker in text else None

    def _ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2 * PATIENCE)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        if isinstance(answer, dict) and "error" in answer:
            why = answer["message"].splitlines()[0]
            raise Missing(f"{method} {path}: {answer['error']}: {why}")
        return answer

    def call(self, method, path, body=None):
        return self._ask(method, f"/session/{self.session}{path}", body)

    # What a person does and sees.

    def open(self, url):
        self.read_log()  # what the page before said must not be lost
        self.call("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """What a function body with these arguments returns in the page."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def all(self, selector, within=None):
        where = f"/element/{within[ELEMENT]}/elements" if within else "/elements"
        return self.call("POST", where, {"using": "css selector", "value": selector})

    def see(self, selector):
        """The first element that is shown."""
        def look():
            try:
                for each in self.all(selector):
                    if self.call("GET", f"/element/{each[ELEMENT]}/displayed"):
                        return each
            except Missing:
                pass  # the page replaced it meanwhile
            return None
        return eventually(look, f"{selector} on {self.address()}")

    def text(self, selector):
        return self.call("GET", f"/element/{self.see(selector)[ELEMENT]}/text")

    def await_text(self, selector, wanted):
        """Waits until an element shows a text; gives all that it shows."""
        def look():
            script = "return document.querySelector(arguments[0])?.innerText ?? ''"
            shown = self.run(script, selector)
            return shown if wanted in shown else None
        return eventually(look, f"'{wanted}' in {selector} on {self.address()}")

    def click(self, target):
        element = self.see(target) if isinstance(target, str) else target
        self.call("POST", f"/element/{element[ELEMENT]}/click", {})

    def double_click(self, selector):
        mouse = {"type": "pointer", "id": "mouse", "actions": [
            {"type": "pointerMove", "origin": self.see(selector), "x": 0, "y": 0},
            *({"type": step, "button": 0} for step in ("pointerDown", "pointerUp") * 2)]}
        self.call("POST", "/actions", {"actions": [mouse]})

    def press(self, keys):
        """Types into whatever has the focus."""
        actions = [{"type": step, "value": key} for key in keys for step in ("keyDown", "keyUp")]
        self.call("POST", "/actions",
                  {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def address(self):
        return self.call("GET", "/url")

    def size(self, width, height):
        """Sets the size of what is inside the window."""
        self.cdp("Emulation.setDeviceMetricsOverride",
                 width=width, height=height, deviceScaleFactor=1, mobile=False)

    def cdp(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def read_log(self):
        """What the browser noted so far: faults of scripts, failed loads, broken policies."""
        self.log += self.call("POST", "/se/log", {"type": "browser"})
        return self.log


def _alive(folder):
    """Processes that work with this folder and have not ended."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (each / "cmdline").read_bytes():
                found.append(int(each.name))
        except OSError:
            continue  # it ended meanwhile
    return found


def _end_group(process, how):
    if process is None:
        return
    try:
        os.killpg(process.pid, how)
    except ProcessLookupError:
        pass
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        pass
