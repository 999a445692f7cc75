"""A gateway whose keys name one for observing: the page asks for it and shows nothing before."""

import os

import board_stage as stage
from board_actions import press, type_into
from board_stage import BoardTest, await_text
from servers import Program
from webdriver import eventually

SEE = "see-" + "c" * 32


class Keys(BoardTest):
    def setUp(self):
        super().setUp()
        keys = stage.board.folder / "closed.toml"
        keys.write_text(f'observe = "{SEE}"\n')
        os.chmod(keys, 0o600)
        self.gateway = Program(
            str(stage.board.programs / "troupe-gateway"),
            ["--node", ",".join(stage.board.places.values()), "--listen", "127.0.0.1:0",
             "--admin-keys", str(keys)], stage.board.folder / "closed.log")
        self.url = self.gateway.place()

    def tearDown(self):
        super().tearDown()
        stage.browser.open("about:blank")
        self.assertEqual(self.gateway.end(), 0)

    def test_without_a_key_the_page_asks_for_one_and_with_it_all_is_there(self):
        self.expected = ("status of 401",)
        stage.browser.open(f"{self.url}/")
        eventually(lambda: stage.browser.all("dialog[open] #key"), "it asks for a key")
        self.assertIn("Asking the cluster", stage.browser.text("main"))
        self.assertIn("only to who has a key", stage.browser.text("#lost"))
        type_into("#key", SEE)
        press("Show the key")
        await_text("2 of 2 nodes up")
        self.assertEqual(stage.browser.text("#role"), "observe")
        self.assertTrue(stage.browser.run("return document.getElementById('lost').hidden"))
        press("Role: observe. Show another key")
        press("Forget it")
        eventually(lambda: stage.browser.run(
            "return document.getElementById('connection-text').textContent === 'no key'"),
            "it is closed again")
