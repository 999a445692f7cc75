"""Texts that strangers wrote stay texts, and the policy stops what the pages should miss."""

from stage import LISTS, PageTest, ask, await_row, await_state, page, settled
import stage

HOSTILE = '<img src=x onerror="window.broken=true"><script>window.broken=true</script>'
TEMPLATE = "${window.broken=true}{{7*7}}'\"`&lt;b&gt;</td></table>"


class HostileInput(PageTest):
    def assert_unbroken(self):
        self.assertFalse(stage.browser.run("return Boolean(window.broken)"))
        self.assertEqual(stage.browser.all("main img, main script, main td table"), [])

    def test_markup_in_any_field_is_shown_as_text_on_every_page(self):
        room = ask("POST", "rooms", {"name": HOSTILE, "price": 1, "address": TEMPLATE,
                                     "host": HOSTILE})
        stay = {name: room[name] for name in ("name", "price", "address", "host")}
        booking = ask("POST", "bookings", {**stay, "roomId": room["id"], "guest": HOSTILE,
                                           "usedate": HOSTILE})["id"]
        await_state(booking, "Booked")
        stage.browser.open(page("book", room=room["id"]))
        self.assertIn(HOSTILE, stage.browser.await_text("#facts", TEMPLATE))
        self.assert_unbroken()
        stage.browser.open(page("room", id=room["id"]))
        stage.eventually(lambda: stage.browser.run(
            "return document.getElementById('name').value === arguments[0]", HOSTILE), "the name")
        self.assert_unbroken()
        stage.browser.open(page("review", booking=booking))
        stage.browser.await_text("#facts", HOSTILE)
        self.assert_unbroken()
        review = ask("POST", "reviews", {"bookId": booking, "roomId": room["id"], "name": HOSTILE,
                                         "host": HOSTILE, "guest": HOSTILE, "usedate": TEMPLATE,
                                         "score": 1, "content": HOSTILE})["id"]
        payment = ask("GET", f"payments?bookId={booking}")["_embedded"]["payments"][0]["id"]
        ids = {"rooms": room["id"], "auths": room["id"], "bookings": booking, "mypages": booking,
               "reviews": review, "payments": payment}
        for name, item in ids.items():
            stage.browser.open(page(name))
            await_row(item, HOSTILE)
            self.assert_unbroken()
        stage.eventually(lambda: stage.served.total("alarms", message="ReviewRegistered"), "alarm")
        stage.browser.open(page("alarms"))
        settled()
        self.assert_unbroken()

    def test_markup_in_the_address_of_a_page_is_not_taken_for_anything(self):
        for name in LISTS:
            stage.browser.open(page(name, page=HOSTILE, guest=HOSTILE, host=HOSTILE))
            settled()
            self.assert_unbroken()
        for name, parameter in (("room", "id"), ("book", "room"), ("review", "booking")):
            stage.browser.open(page(name, **{parameter: HOSTILE}))
            settled()
            self.assert_unbroken()

    def test_the_policy_stops_what_is_inline_or_from_elsewhere(self):
        stage.browser.open(page("rooms"))
        settled()
        stage.browser.run("""
            const add = (tag, set) => {
              document.body.append(Object.assign(document.createElement(tag), set));
            };
            document.querySelector('h1').innerHTML = '<img src=x onerror="window.broken=1">';
            add('script', { textContent: 'window.broken = 2' });
            add('script', { src: 'http://127.0.0.1:9/x.js' });
            add('style', { textContent: 'body { display: none }' });
            add('iframe', { src: '/' });""")
        def blocked():
            return {each["message"] for each in stage.browser.read_log()
                    if "Content Security Policy" in each["message"]}
        stage.eventually(lambda: len(blocked()) >= 5, "five broken rules in the log")
        self.assertFalse(stage.browser.run("return Boolean(window.broken)"))
        self.assertEqual(stage.browser.run("return getComputedStyle(document.body).display"),
                         "block")
        self.expect_in_log("Content Security Policy", "status of 404")
