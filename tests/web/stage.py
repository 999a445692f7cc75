"""What all tests of the pages share: one node with its gateway, one browser, and words for both."""

import unittest
import urllib.parse

from webdriver import ELEMENT, eventually

SYSTEM = "mybnb"
PAGES = ("index", "rooms", "room", "bookings", "book", "mypages", "review", "reviews", "auths",
         "payments", "alarms")
LISTS = ("rooms", "bookings", "mypages", "reviews", "auths", "payments", "alarms")

served = None  # the System and the Browser, set once by web_test.py
browser = None


def page(name, **parameters):
    query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
    return f"{served.url}/{SYSTEM}/html/{name}.html{query}"


def settled():
    """Waits until the page shows what it asked for."""
    eventually(lambda: browser.run(
        "return document.readyState === 'complete' && !document.querySelector('[aria-busy]')"
        " && !document.body.innerText.includes('Loading')"), f"{browser.address()} is settled")


def ask(method, path, body=None):
    """What the system answers; must be a success."""
    status, _, answer = served.ask(method, f"/{SYSTEM}/{path}", body)
    assert status in (200, 201, 204), (method, path, status, answer)
    return answer


def make_room(**terms):
    return ask("POST", "rooms", {"name": "호텔", "price": 1000, "address": "서울",
                                 "host": "Superman", **terms})


def make_booking(**terms):
    """A booking that my page knows already."""
    room = make_room()
    stay = {name: room[name] for name in ("name", "price", "address", "host")}
    booking = ask("POST", "bookings", {**stay, "roomId": room["id"], "guest": "배트맨",
                                       "usedate": "20201010", **terms})
    await_state(booking["id"], "Booked")
    return booking


def await_state(booking, status):
    """Waits until my page shows a booking with this status."""
    def look():
        answer = served.ask("GET", f"/{SYSTEM}/mypages/{booking}")
        return answer[0] == 200 and answer[2]["status"] == status
    eventually(look, f"booking {booking} is {status} on my page")


def row(item):
    return f"tr[data-id='{item}']"


def await_row(item, wanted):
    """Presses "Refresh" until the row of an item shows a text: views follow shortly after."""
    def look():
        settled()
        shown = browser.run("return document.querySelector(arguments[0])?.innerText ?? ''",
                            row(item))
        if wanted in shown:
            return shown
        browser.click("#refresh")
        return None
    return eventually(look, f"'{wanted}' in row {item} of {browser.address()}")


def pick(label, text):
    """Writes into the field with this label, as a person finds it."""
    field = browser.run(
        "return [...document.querySelectorAll('label')].find("
        "each => each.innerText.trim() === arguments[0])?.control", label)
    assert field, f"no field '{label}' on {browser.address()}"
    browser.call("POST", f"/element/{field[ELEMENT]}/clear", {})
    browser.call("POST", f"/element/{field[ELEMENT]}/value", {"text": text})


def press(text, within="body"):
    """Clicks the button or link that is called so."""
    script = ("return [...document.querySelectorAll(`${arguments[1]} button, ${arguments[1]} a`)]"
              ".find(each => each.checkVisibility() && each.innerText.trim().replace(/\\s+/g, ' ')"
              " === arguments[0])")
    browser.click(eventually(lambda: browser.run(script, text, within), f"'{text}' to press"))


def text_of(identity):
    return browser.run("return document.getElementById(arguments[0]).innerText", identity)


def said():
    """What the page says came out."""
    return eventually(lambda: text_of("status") or None, f"{browser.address()} says it is done")


def complaint():
    """What the page says did not come out."""
    return eventually(lambda: text_of("problem") or None, f"{browser.address()} complains")


class PageTest(unittest.TestCase):
    """A test after which the browser must have nothing to complain about but what was expected."""

    def setUp(self):
        browser.log = []
        self.expected = ()

    def expect_in_log(self, *texts):
        """Each of these stands in some entry, and every entry has one of them."""
        self.expected = texts

    def tearDown(self):
        entries = [each["message"] for each in browser.read_log()]
        surprises = [each for each in entries if not any(text in each for text in self.expected)]
        self.assertEqual(surprises, [], "the browser complained")
        for text in self.expected:
            self.assertTrue(any(text in each for each in entries), f"no '{text}' in {entries}")
