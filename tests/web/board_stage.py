"""What the tests of the dashboard share: a cluster of two nodes with its gateway, and a browser."""

import http.client
import json
import os
import threading
import unittest
import urllib.parse
from pathlib import Path

from servers import Program
from webdriver import Missing, eventually

KEYS = {"inspect": "look-" + "a" * 32, "operate": "act-" + "b" * 32}
NODES = ("n1", "n2")
PAGES = ("overview", "nodes", "actors", "tree", "breakers", "views", "letters", "systems")
DEEPER = ("nodes/n1", "actors/taxi.call/1", "systems/taxi", "systems/screening", "systems/siren",
          "systems/mybnb", "systems/edu")

board = None  # the Board and the Browser, set once by dashboard_test.py
browser = None


class Board:
    """Two nodes of one data directory and a gateway that knows keys; a context manager."""

    def __init__(self, programs, folder):
        self.programs, self.folder = Path(programs), Path(folder)
        self.nodes, self.places, self.exits = {}, {}, []
        self.gateway = None
        self.url = None

    def __enter__(self):
        try:
            keys = self.folder / "keys.toml"
            keys.write_text("".join(f'{role} = "{key}"\n' for role, key in KEYS.items()))
            os.chmod(keys, 0o600)
            for name in NODES:
                self.start_node(name)
            for name in NODES:
                self.places[name] = self.nodes[name].place()
            self.start_gateway("127.0.0.1:0")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        programs = [self.gateway, *self.nodes.values()]
        self.exits = [each.end() for each in programs if each is not None]

    def start_node(self, name):
        place = self.places.get(name, "tcp://127.0.0.1:0")
        self.nodes[name] = Program(
            str(self.programs / "troupe-node"),
            ["--name", name, "--data", str(self.folder / "data"), "--listen", place,
             "--expect", str(len(NODES)), "--lease-ms", "2000"], self.folder / f"{name}.log")

    def kill_node(self, name):
        self.nodes[name].process.kill()
        self.nodes[name].process.wait()

    def start_gateway(self, listen):
        self.gateway = Program(
            str(self.programs / "troupe-gateway"),
            ["--node", ",".join(self.places.values()), "--listen", listen,
             "--admin-keys", str(self.folder / "keys.toml")], self.folder / "gateway.log")
        self.url = self.gateway.place()
        eventually(self.is_ready, "all contexts are up")

    def is_ready(self):
        return self.ask("GET", "/health/ready")[0] == 200

    def ask(self, method, path, body=None, headers=None, connection=None):
        """Status and JSON of an answer; on a connection that stays, if one is given."""
        own = connection or self.connect()
        try:
            text = None if body is None else json.dumps(body)
            own.request(method, path, text, {"Content-Type": "application/json", **(headers or {})})
            answer = own.getresponse()
            said = answer.read().decode()
            return answer.status, json.loads(said) if said else {}
        finally:
            if connection is None:
                own.close()

    def connect(self):
        return http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=30)

    def make(self, path, **fields):
        status, said = self.ask("POST", path, fields)
        assert status == 201, (path, status, said)
        return said

    def operate(self, verb, **arguments):
        status, said = self.ask("POST", f"/troupe/api/{verb}", arguments,
                                {"Authorization": f"Bearer {KEYS['operate']}"})
        assert status == 200, (verb, status, said)
        return said

    def make_calls(self, total, at_once=16):
        """Many taxi calls; each brings an actor of payment and one of driver along."""
        def some():
            connection = self.connect()
            for _ in range(total // at_once + 1):
                self.ask("POST", "/taxi/calls", {"customerId": 1, "destination": "Central",
                                                 "cost": 9000}, connection=connection)
            connection.close()
        threads = [threading.Thread(target=some) for _ in range(at_once)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    def make_something_of_all(self):
        """A little of what each system is about."""
        call = self.make("/taxi/calls", customerId=1, destination="Central", cost=12000)
        room = self.make("/mybnb/rooms", name="Cottage", price=100, address="Coast", host="Anna")
        self.make("/mybnb/bookings", roomId=room["id"], name="Cottage", price=100, address="Coast",
                  host="Anna", guest="Ben", usedate="20261201")
        hospital = self.make("/screening/hospitals", hospitalNm="North", chkDate="20261201", pcnt=9)
        self.make("/screening/screenings", hospitalId=hospital["id"], hospitalNm="North",
                  chkDate="20261201", custNm="Cleo")
        product = self.make("/siren/products", status="Available", price=4500)
        eventually(lambda: self.ask("GET", f"/siren/orderProducts/{product['id']}")[0] == 200,
                   "the order service's copy of the product")
        self.make("/siren/orders", productId=product["id"])
        self.make("/edu/eduApplications", userId="dora", eduName="Sailing", eduId=3)
        return call


def open_page(name, role=None):
    """Opens a page of the dashboard, with the key of a role in its tab."""
    browser.open(f"{board.url}/#/none")  # another page of the origin, to reach its storage
    browser.run("sessionStorage.clear(); localStorage.clear();"
                " if (arguments[0]) sessionStorage.setItem('troupe.key', arguments[0]);",
                KEYS.get(role))
    browser.open("about:blank")  # else only the part behind '#' would change
    browser.open(f"{board.url}/#/{urllib.parse.quote(name)}")
    settled()


def settled():
    eventually(lambda: browser.run(
        "return !document.querySelector('main[aria-busy=true]') && document.querySelector('h1')"
        " && document.getElementById('connection').dataset.state === 'live'"),
        f"{browser.address()} is live")


def text():
    return browser.run("return document.querySelector('main').innerText")


def await_text(wanted, within=30):
    try:
        eventually(lambda: wanted in text(), wanted, within)
    except Missing as why:
        raise Missing(f"'{wanted}' on {browser.address()}: {text()}") from why


class BoardTest(unittest.TestCase):
    """A test after which the browser must have nothing to complain about but what was expected,
    and must have asked nobody but the gateway."""

    def setUp(self):
        browser.read_log()
        browser.log = []
        self.expected = ()

    def tearDown(self):
        elsewhere = browser.run(
            "return performance.getEntriesByType('resource').map(each => each.name)"
            ".filter(each => !each.startsWith(location.origin + '/'))")
        self.assertEqual(elsewhere, [], "a request left the origin")
        entries = [each["message"] for each in browser.read_log()]
        surprises = [each for each in entries if not any(text in each for text in self.expected)]
        self.assertEqual(surprises, [], "the browser complained")
