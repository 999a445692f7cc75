"""How the dashboard looks and how it is used without a mouse."""

import base64
import os
from pathlib import Path

import board_stage as stage
from appearance import CONTRASTS
from board_stage import DEEPER, PAGES, BoardTest, open_page, settled
from webdriver import eventually

WIDTHS = (1280, 360, 2560)


class Appearance(BoardTest):
    def tearDown(self):
        stage.browser.size(1280, 800)
        self.choose_scheme("")
        super().tearDown()

    def choose_scheme(self, scheme, motion=""):
        stage.browser.cdp("Emulation.setEmulatedMedia",
                          features=[{"name": "prefers-color-scheme", "value": scheme},
                                    {"name": "prefers-reduced-motion", "value": motion}])

    def test_fits_every_screen_and_can_be_read_in_light_and_dark(self):
        call = stage.board.make("/taxi/calls", customerId=9, destination="Hill", cost=3)["id"]
        colors = set()
        for name in PAGES + tuple(each.replace("taxi.call/1", f"taxi.call/{call}")
                                  for each in DEEPER):
            stage.browser.size(WIDTHS[0], 800)
            open_page(name, "inspect")
            eventually(lambda: stage.browser.run(
                "return document.querySelector('main').innerText.length") > 60, "contents")
            for width in WIDTHS:
                stage.browser.size(width, 1440 if width > 2000 else 800)
                for scheme in ("light", "dark"):
                    self.choose_scheme(scheme, "reduce")
                    with self.subTest(page=name, width=width, scheme=scheme):
                        self.assertLessEqual(
                            stage.browser.run("return document.documentElement.scrollWidth"), width)
                        texts = stage.browser.run(CONTRASTS)
                        self.assertGreater(len(texts), 5)
                        self.assertEqual([each for each in texts if each[1] < 4.5], [])
                        colors.add(stage.browser.run(
                            "return getComputedStyle(document.body).backgroundColor"))
                    keep_picture(f"board-{name.replace('/', '_')}-{width}-{scheme}")
        self.assertEqual(len(colors), 2)

    def test_a_state_is_told_by_sign_and_word_besides_its_colour(self):
        open_page("nodes")
        states = stage.browser.run("return [...document.querySelectorAll('main .state')]"
                                   ".map(each => each.innerText)")
        self.assertGreater(len(states), 1)
        for each in states:
            self.assertRegex(each, r"^[●▲■○] \w+")

    def test_the_keyboard_goes_everywhere(self):
        open_page("overview")
        stage.browser.press("\ue004")  # Tab
        self.assertEqual(self.focused(), "Skip to the content")
        stage.browser.press("\ue007")
        self.assertEqual(stage.browser.run("return document.activeElement.id"), "main")
        stage.browser.press("3")
        settled()
        self.assertIn("#/actors", stage.browser.address())
        stage.browser.press("/")
        self.assertEqual(stage.browser.run("return document.activeElement.id"), "filter")
        stage.browser.press("3")  # a text now, not a page
        self.assertEqual(stage.browser.run("return document.activeElement.value"), "3")
        stage.browser.run("document.activeElement.blur()")
        stage.browser.press("?")
        eventually(lambda: stage.browser.all("dialog[open]"), "the help")
        stage.browser.press("\ue00c")  # Escape
        eventually(lambda: not stage.browser.all("dialog"), "it is closed")
        for theme in ("light", "dark"):
            stage.browser.press("t")
            self.assertEqual(
                stage.browser.run("return document.documentElement.dataset.theme"), theme)

    def test_every_control_has_a_name(self):
        for name in PAGES:
            open_page(name, "operate")
            nameless = stage.browser.run("""
                return [...document.querySelectorAll('a, button, input, select')]
                  .filter((each) => each.checkVisibility() && !(each.innerText?.trim() ||
                    each.getAttribute('aria-label') || each.labels?.length))
                  .map((each) => each.outerHTML);""")
            self.assertEqual(nameless, [], name)

    def focused(self):
        return stage.browser.run("return document.activeElement.innerText")


def keep_picture(name):
    folder = os.environ.get("TROUPE_WEB_SCREENSHOTS")
    if not folder:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    size = stage.browser.run("const { scrollWidth: width, scrollHeight: height } ="
                             " document.documentElement;"
                             " return { width, height: Math.min(height, 3000) };")
    picture = stage.browser.cdp("Page.captureScreenshot", captureBeyondViewport=True,
                                clip={"x": 0, "y": 0, "scale": 1, **size})
    (Path(folder) / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))
