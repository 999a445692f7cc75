"""How the pages look and how they are used without a mouse."""

import base64
import os
from pathlib import Path

from stage import LISTS, PAGES, PageTest, ask, make_booking, page, settled
from webdriver import ELEMENT
import stage

WIDTHS = (1280, 360)
LONG = "Seaside-cottage-" + "x" * 60

# Contrast of each text with what is behind it, by the formula of WCAG 2.2: [text, ratio].
CONTRASTS = """
const channels = (color) => color.match(/[\\d.]+/g).map(Number);
const light = ([red, green, blue]) => [red, green, blue].map((each) => each / 255)
  .map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
  .reduce((sum, each, at) => sum + each * [0.2126, 0.7152, 0.0722][at], 0);
const behind = (node) => {
  for (let at = node; at; at = at.parentElement) {
    const found = channels(getComputedStyle(at).backgroundColor);
    if (found.length === 3 || found[3] === 1) return found;
  }
  return [255, 255, 255];
};
return [...document.querySelectorAll('body *')]
  .filter((each) => each.checkVisibility() && [...each.childNodes]
    .some((part) => part.nodeType === Node.TEXT_NODE && part.data.trim() !== ''))
  .map((each) => {
    const pair = [light(channels(getComputedStyle(each).color)), light(behind(each))].sort();
    return [each.textContent, (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05)];
  });
"""


def visits():
    """Every page with something on it: (name, address)."""
    booking = ask("GET", "mypages?status=Booked&size=1")["_embedded"]["mypages"][0]
    parameters = {"book": {"room": booking["roomId"]}, "review": {"booking": booking["bookId"]},
                  "room": {"id": booking["roomId"]}}
    return [(name, page(name, **parameters.get(name, {}))) for name in PAGES]


class Appearance(PageTest):
    @classmethod
    def setUpClass(cls):
        make_booking(name=LONG, guest="배트맨", price=1234567)
        booking = make_booking(guest="Robin")
        ask("POST", "reviews", {"bookId": booking["id"], "name": LONG, "score": 4, "content": LONG})
        stage.await_state(booking["id"], "ReviewRegistered")

    def tearDown(self):
        stage.browser.size(1280, 800)
        self.choose_scheme("")
        super().tearDown()

    def choose_scheme(self, scheme):
        stage.browser.cdp("Emulation.setEmulatedMedia",
                          features=[{"name": "prefers-color-scheme", "value": scheme}])

    def test_fits_a_narrow_screen_and_can_be_read_in_light_and_dark(self):
        colors = set()
        for name, address in visits():
            for width in WIDTHS:
                stage.browser.size(width, 800)
                if width == WIDTHS[0]:
                    stage.browser.open(address)
                settled()
                for scheme in ("light", "dark"):
                    self.choose_scheme(scheme)
                    with self.subTest(page=name, width=width, scheme=scheme):
                        self.assertLessEqual(
                            stage.browser.run("return document.documentElement.scrollWidth"), width)
                        texts = stage.browser.run(CONTRASTS)
                        self.assertGreater(len(texts), 5)
                        self.assertEqual([each for each in texts if each[1] < 4.5], [])
                        colors.add(stage.browser.run(
                            "return getComputedStyle(document.body).backgroundColor"))
                    keep_picture(f"{name}-{width}-{scheme}")
        self.assertEqual(len(colors), 2)

    def test_a_table_says_what_it_is_also_as_cards(self):
        for width in WIDTHS:
            stage.browser.size(width, 800)
            stage.browser.open(page("bookings"))
            settled()
            for selector, role in (("table", "table"), ("tbody tr", "row"), ("td", "cell"),
                                   ("th", "columnheader")):
                found = stage.browser.all(selector)[0][ELEMENT]
                self.assertEqual(stage.browser.call("GET", f"/element/{found}/computedrole"), role)

    def test_a_card_names_each_of_its_values(self):
        stage.browser.size(360, 800)
        for name in LISTS:
            stage.browser.open(page(name))
            settled()
            titles, names = stage.browser.run("""
                const cells = [...document.querySelectorAll('tbody tr:first-child td')];
                return [[...document.querySelectorAll('th')].map((each) => each.textContent),
                  cells.map((each) => getComputedStyle(each, '::before').content)];""")
            values = [each for each in titles if each != "What to do"]
            self.assertGreater(len(values), 2)
            self.assertEqual(names[:len(values)], [f'"{each}"' for each in values], name)

    def test_every_control_has_a_name_of_its_own(self):
        stage.browser.open(page("bookings"))
        settled()
        names = [stage.browser.call("GET", f"/element/{each[ELEMENT]}/computedlabel")
                 for each in stage.browser.all("a, button, input")]
        self.assertNotIn("", names)
        cancels = [each for each in names if each.startswith("Cancel")]
        self.assertGreaterEqual(len(cancels), 2, names)
        self.assertEqual(len(cancels), len(set(cancels)))

    def test_the_keyboard_starts_at_a_way_around_the_navigation(self):
        stage.browser.open(page("rooms"))
        settled()
        stage.browser.press("\ue004")
        self.assertEqual(self.focused(), "Skip to the content")
        stage.browser.press("\ue007\ue004")
        self.assertEqual(self.focused(), "Register a room")

    def focused(self):
        return stage.browser.run("return document.activeElement.innerText")


def keep_picture(name):
    folder = os.environ.get("TROUPE_WEB_SCREENSHOTS")
    if not folder:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    size = stage.browser.run("const { scrollWidth: width, scrollHeight: height } ="
                             " document.documentElement; return { width, height };")
    picture = stage.browser.cdp("Page.captureScreenshot", captureBeyondViewport=True,
                                clip={"x": 0, "y": 0, "scale": 1, **size})
    (Path(folder) / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))
