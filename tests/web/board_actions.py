"""What changes something: with a role only, and only after the word that names it was typed."""

import board_stage as stage
from board_stage import BoardTest, await_text, open_page, text
from webdriver import ELEMENT, eventually


def press(name):
    """Clicks the button of this name."""
    found = eventually(lambda: stage.browser.run(
        "return [...document.querySelectorAll('button')].find(each => each.checkVisibility() &&"
        " (each.getAttribute('aria-label') ?? each.innerText).trim() === arguments[0])", name),
        f"a button '{name}'")
    stage.browser.call("POST", f"/element/{found[ELEMENT]}/click", {})


def type_into(selector, words):
    field = stage.browser.see(selector)
    stage.browser.call("POST", f"/element/{field[ELEMENT]}/value", {"text": words})


def set_apart():
    return stage.board.ask("GET", "/troupe/api/actors?state=quarantined")[1]["total"]


class Actions(BoardTest):
    def setUp(self):
        super().setUp()
        self.call = stage.board.make("/taxi/calls", customerId=5, destination="South", cost=7)["id"]
        self.name = f"taxi.call/{self.call}"

    def test_without_a_role_nothing_can_be_changed(self):
        stage.board.operate("quarantine", context="taxi.call", id=self.call, reason="a test")
        open_page("letters")
        await_text(self.name)
        self.assertEqual(stage.browser.run(
            "return [...document.querySelectorAll('main button')].map(e => e.innerText)"), [])
        answer = stage.browser.run(
            "return fetch('/troupe/api/release', { method: 'POST', headers:"
            " { 'Content-Type': 'application/json' }, body: JSON.stringify({ context: 'taxi.call',"
            " id: arguments[0] }) }).then(got => got.status)", self.call)
        self.assertEqual(answer, 401)
        self.expected = ("401",)
        stage.board.operate("release", context="taxi.call", id=self.call)

    def test_a_release_asks_for_the_name_of_what_it_releases(self):
        stage.board.operate("quarantine", context="taxi.call", id=self.call, reason="a test")
        open_page("letters", "operate")
        press(f"Release {self.name}")
        go = "return document.querySelector('dialog .danger').disabled"
        self.assertTrue(stage.browser.run(go))
        type_into("#confirm-word", "taxi.call/")
        self.assertTrue(stage.browser.run(go))
        stage.browser.press("\ue007")  # Enter changes nothing yet
        self.assertEqual(set_apart(), 1)
        type_into("#confirm-word", str(self.call))
        self.assertFalse(stage.browser.run(go))
        stage.browser.press("\ue007")
        eventually(lambda: set_apart() == 0, "it is released")
        await_text("No aggregate is set apart")

    def test_a_key_is_tried_before_it_is_kept_and_can_be_forgotten(self):
        open_page("overview")
        press("Role: observe. Show another key")
        type_into("#key", "x" * 40)
        press("Show the key")
        eventually(lambda: "not known" in stage.browser.run(
            "return document.querySelector('dialog').innerText"), "the key is refused")
        self.expected = ("401",)
        stage.browser.run("document.getElementById('key').value = ''")
        type_into("#key", stage.KEYS["operate"])
        press("Show the key")
        press("Role: operate. Show another key")
        press("Forget it")
        eventually(lambda: stage.browser.run(
            "return document.getElementById('role').innerText === 'observe'"), "observe again")
        self.assertEqual(stage.browser.run("return sessionStorage.length"), 0)

    def test_a_refusal_is_told_and_the_dialog_stays(self):
        open_page(f"actors/{self.name}", "operate")
        press("Release")  # it is not quarantined
        type_into("#confirm-word", self.name)
        stage.browser.press("\ue007")
        self.expected = ("status of 409",)
        self.assertIn("NOT_QUARANTINED", eventually(lambda: stage.browser.run(
            "return document.querySelector('dialog .problem').innerText"), "the refusal"))
        press("Leave it")
        self.assertIn(self.name, text())

    def test_letters_are_retried_and_dropped_only_by_their_words(self):
        """No command of the systems crashes, so the list is made up; what is sent is looked at."""
        source = """
            const real = window.fetch;
            window.sent = [];
            window.fetch = async (path, options) => {
              const reply = (body) => new Response(JSON.stringify(body), { status: 200 });
              if (String(path).startsWith('/troupe/api/deadletters'))
                return reply({ total: 1, items: [{ id: '0189-ab', context: 'taxi.call',
                  aggregate: 7, shard: 2, command: 'callTaxi',
                  made_by: 'client', state: 'new', how: 'exception', attempts: 3,
                  cause: 'bad variant access', stack_hash: 'ab', time_ms: 1795287322177 }] });
              if (options?.method === 'POST') {
                window.sent.push([path, JSON.parse(options.body), options.headers.Authorization]);
                return reply({});
              }
              return real(path, options);
            };"""
        stage.browser.cdp("Page.enable")
        made = stage.browser.cdp("Page.addScriptToEvaluateOnNewDocument", source=source)
        try:
            open_page("letters", "operate")
            await_text("bad variant access")
            press("Drop 0189-ab")
            type_into("#confirm-word", "retry")
            stage.browser.press("\ue007")
            self.assertEqual(stage.browser.run("return window.sent"), [])
            press("Leave it")
            for word in ("retry", "drop"):
                press(f"{word.capitalize()} 0189-ab")
                type_into("#confirm-word", word)
                stage.browser.press("\ue007")
                eventually(lambda: not stage.browser.all("dialog"), "the dialog is closed")
            key = f"Bearer {stage.KEYS['operate']}"
            letter = {"context": "taxi.call", "id": "0189-ab"}
            self.assertEqual(stage.browser.run("return window.sent"),
                             [["/troupe/api/deadletter-retry", letter, key],
                              ["/troupe/api/deadletter-drop", letter, key]])
        finally:
            stage.browser.cdp("Page.removeScriptToEvaluateOnNewDocument",
                              identifier=made["identifier"])
