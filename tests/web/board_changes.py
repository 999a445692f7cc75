"""The cluster changes while somebody looks: a node dies and heals, the gateway is replaced."""

import time

import board_stage as stage
from board_stage import BoardTest, await_text, open_page
from webdriver import eventually

RED_WITHIN = 2.0  # seconds


def state_of(node):
    return stage.browser.run("return document.querySelector(`.node[data-node='${arguments[0]}']`)"
                             "?.dataset.state", node)


class Changes(BoardTest):
    def test_a_killed_node_is_red_within_two_seconds_and_heals(self):
        open_page("overview")
        eventually(lambda: state_of("n2") == "up", "n2 is up")
        eventually(lambda: stage.browser.all(".chart canvas"), "charts are there")
        # The page itself notes when it turned red, so that the driver's pace does not count.
        stage.browser.run("""
            window.turned = null;
            const tile = document.querySelector(".node[data-node='n2']");
            new MutationObserver(() => {
              if (tile.dataset.state === 'silent') window.turned ??= Date.now();
            }).observe(tile, { attributes: true });""")
        killed = time.time()
        stage.board.kill_node("n2")
        turned = eventually(lambda: stage.browser.run("return window.turned"), "it is red")
        self.assertLess(turned / 1000 - killed, RED_WITHIN)
        self.assertIn("silent", stage.browser.run(
            "return document.querySelector(\".node[data-node='n2']\").innerText"))
        await_text("node-silent")
        await_text("1 of 2 nodes up")
        stage.board.start_node("n2")
        eventually(lambda: state_of("n2") == "up", "n2 is up again", 60)
        await_text("node-answers")
        await_text("2 of 2 nodes up")
        eventually(stage.board.is_ready, "all contexts are up", 60)

    def test_the_page_says_since_when_it_is_alone_and_comes_back_with_the_gateway(self):
        open_page("overview")
        listen = stage.board.url.removeprefix("http://")
        self.assertEqual(stage.board.gateway.end(), 0)
        eventually(lambda: "Connection lost since" in stage.browser.run(
            "return document.getElementById('lost').innerText"), "it says so")
        before = stage.browser.run("return performance.timeOrigin")
        stage.board.start_gateway(listen)
        eventually(lambda: stage.browser.run(
            "return document.getElementById('lost').hidden &&"
            " document.getElementById('connection').dataset.state === 'live'"), "it is live again")
        self.assertEqual(stage.browser.run("return performance.timeOrigin"), before)
        await_text("2 of 2 nodes up")
        self.expected = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING",
                         "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE", "Failed to load resource")
