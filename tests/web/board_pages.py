"""Each page of the dashboard with real data."""

import board_stage as stage
from board_stage import BoardTest, await_text, open_page, text
from webdriver import eventually


def rows(selector="tbody tr"):
    return stage.browser.run("return [...document.querySelectorAll(arguments[0])]"
                             ".map(each => each.innerText)", selector)


class Pages(BoardTest):
    def test_overview_shows_the_cluster_and_figures_that_move(self):
        open_page("overview")
        await_text("2 of 2 nodes up")
        tiles = stage.browser.run("return [...document.querySelectorAll('.node')]"
                                  ".map(each => [each.dataset.node, each.dataset.state])")
        self.assertEqual(tiles, [["n1", "up"], ["n2", "up"]])
        figures = "return [...document.querySelectorAll('.figure .big')].map(e => e.innerText)"
        self.assertEqual(len(stage.browser.run(figures)), 6)
        actors = eventually(lambda: stage.browser.run(figures)[3] not in ("–", "0")
                            and stage.browser.run(figures)[3], "actors in memory")
        self.assertGreaterEqual(int(actors), 8)
        for _ in range(5):
            stage.board.make("/taxi/calls", customerId=1, destination="East", cost=1)
        eventually(lambda: int(stage.browser.run(figures)[3]) >= int(actors) + 15,
                   "the new actors are counted")
        eventually(lambda: len(stage.browser.all(".chart canvas")) == 3, "three charts are drawn")

    def test_nodes_and_one_node(self):
        open_page("nodes")
        eventually(lambda: len(rows()) == 2, "two nodes")
        self.assertTrue(rows()[0].startswith("n1"), rows())
        self.assertIn(stage.board.places["n2"], rows()[1])
        open_page("nodes/n1")
        await_text("taxi.payment")
        self.assertGreater(len(rows()), 10)
        self.assertIn("Lanes", text())
        open_page("nodes/none")
        await_text("no node of this name")

    def test_actors_are_listed_and_filtered(self):
        open_page("actors")
        eventually(lambda: any("taxi.call/" in each for each in rows(".grid-space .grid-row")),
                   "actors of taxi")
        stage.browser.click("#filter")
        stage.browser.press("siren.*")
        eventually(lambda: all("siren." in each for each in rows(".grid-space .grid-row"))
                   and rows(".grid-space .grid-row"), "only those of siren")

    def test_the_busiest_actors_of_all_nodes_are_sorted_by_what_is_chosen(self):
        open_page("actors")
        for by, column in (("rate", "A second"), ("memory", "Memory")):
            stage.browser.run("""
                const which = document.getElementById('which');
                which.value = arguments[0];
                which.dispatchEvent(new Event('change'));""", by)
            eventually(lambda: any("taxi.call/" in each for each in
                                   rows(".grid-space .grid-row")), f"actors by {by}")
            self.assertEqual(stage.browser.run(
                "return document.querySelector('[aria-sort=descending]').innerText").lower(),
                column.lower())
        eventually(lambda: {"n1", "n2"} <= {each.split("\n")[1] for each in
                                            rows(".grid-space .grid-row")}, "both nodes tell")

    def test_an_answer_that_comes_after_another_choice_is_dropped(self):
        open_page("actors")
        stage.browser.run("""
            const real = window.fetch;
            window.late = false;
            window.fetch = async (path, ...rest) => {
              if (!String(path).includes('by=rate')) return real(path, ...rest);
              await new Promise((done) => setTimeout(done, 700));
              setTimeout(() => { window.late = true; }, 200);
              return new Response(JSON.stringify({ silent: [], answers: [
                { node: 'n1', answer: { items: [{ id: 'too.late/1', state: 'live' }] } }] }));
            };
            const which = document.getElementById('which');
            for (const by of ['rate', 'memory']) {
              which.value = by;
              which.dispatchEvent(new Event('change'));
            }""")
        eventually(lambda: stage.browser.run("return window.late"), "the older answer came")
        self.assertNotIn("too.late/1", text())
        self.assertTrue(rows(".grid-space .grid-row"))

    def test_an_actor_needs_a_role_and_then_shows_state_and_turns(self):
        call = stage.board.make("/taxi/calls", customerId=77, destination="West", cost=5)["id"]
        open_page(f"actors/taxi.call/{call}")
        await_text("show a key of the role inspect")
        self.expected = ("401",)
        open_page(f"actors/taxi.call/{call}", "inspect")
        await_text("customerId")
        await_text("callTaxi")
        self.assertIn("77", text())
        self.assertIn("Through time", text())

    def test_the_slider_goes_through_time_and_marks_what_changed(self):
        driver = stage.board.make("/taxi/calls", customerId=78, destination="West", cost=5)["id"]
        at = f"/taxi/drivers/{driver}"
        eventually(lambda: stage.board.ask("GET", at)[0] == 200, "the driver got the call")
        self.assertEqual(stage.board.ask("PATCH", at, {"status": "Accepted"})[0], 200)
        fields = """
            const place = document.querySelector('[aria-label="State at that turn"]');
            return [...place.querySelectorAll('.changed')]
              .map((each) => each.innerText.replace(/\\s+/g, ' '));"""
        open_page(f"actors/taxi.driver/{driver}", "inspect")
        eventually(lambda: "status Accepted changed, was Called" in stage.browser.run(fields),
                   "the newest turn")
        stage.browser.run("document.getElementById('turn').focus()")
        stage.browser.press("\ue011")  # Home: the first turn
        await_text("turn 1 of ")
        eventually(lambda: not any("Accepted" in each for each in stage.browser.run(fields)),
                   "the state before")

    def test_supervision_tree_opens_by_keyboard(self):
        open_page("tree")
        eventually(lambda: len(stage.browser.all("[role=treeitem]")) > 5, "the tree")
        await_text("healthy")
        # A branch is drawn anew every other second: each try begins with the focus in place.
        def opened():
            stage.browser.run("document.querySelector('[role=treeitem][tabindex=\"0\"]').focus()")
            stage.browser.press("\ue010")  # End: a system or context
            stage.browser.press("\ue014")  # right: opens it
            return stage.browser.run(
                "return document.activeElement.getAttribute('aria-expanded') === 'true' &&"
                " document.activeElement.querySelectorAll('[role=treeitem]').length > 0")
        eventually(opened, "a branch is open")

    def test_breakers_views_and_letters(self):
        open_page("breakers")
        await_text("taxi.payment")
        await_text("restart-aggregate")
        open_page("views")
        await_text("taxi.callList")
        policies = "main section:last-of-type tbody tr"
        eventually(lambda: rows(policies), "policies")
        told = [each.split("\t") for each in rows(policies)]
        self.assertEqual({each[1] for each in told}, {"n1", "n2"})
        self.assertEqual(len({tuple(each[0:4]) for each in told}), len(told))
        for each in told:
            self.assertRegex(each[0], r"^\w+\.\w+/\d+$")
            self.assertRegex(each[4], "^(● (following|working)|▲ waiting)$")
        open_page("letters")
        await_text("No command crashed its handler")

    def test_each_system_tells_its_numbers_and_keeps_its_promises(self):
        for system, promises in (("taxi", 4), ("screening", 3), ("siren", 3), ("mybnb", 4),
                                 ("edu", 3)):
            with self.subTest(system=system):
                open_page(f"systems/{system}")
                eventually(lambda: len(stage.browser.all(".invariant[data-verdict]")) == promises,
                           "all promises are judged")
                verdicts = stage.browser.run("return [...document.querySelectorAll('.invariant')]"
                                             ".map(e => e.dataset.verdict)")
                self.assertLessEqual(set(verdicts), {"held", "nothing to check"}, text())
                self.assertIn("held", verdicts)
                eventually(lambda: stage.browser.run(
                    "return !document.querySelector('.figure .big').innerText.includes('–')"),
                    "numbers")

    def test_a_broken_promise_is_red(self):
        stage.browser.cdp("Page.enable")
        made = stage.browser.cdp("Page.addScriptToEvaluateOnNewDocument", source="""
            const real = window.fetch;
            window.fetch = async (path, ...rest) => {
              const answer = await real(path, ...rest);
              if (!String(path).startsWith('/screening/hospitals?')) return answer;
              const body = await answer.json();
              for (const each of body._embedded?.hospitals ?? []) each.pcnt = -1;
              return new Response(JSON.stringify(body), { status: answer.status });
            };""")
        try:
            open_page("systems/screening")
            eventually(lambda: stage.browser.all(".invariant[data-verdict=broken]"), "it is red")
            await_text("has -1 places")
        finally:
            stage.browser.cdp("Page.removeScriptToEvaluateOnNewDocument",
                              identifier=made["identifier"])
