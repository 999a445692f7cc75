"""What hosts and guests do, through the pages alone."""

from stage import (PageTest, ask, await_row, await_state, complaint, make_booking, make_room, page,
                   pick, press, row, said, settled, text_of)
import stage


def fill_room(name, price, address, host):
    pick("Name", name)
    pick("Price of a night", price)
    pick("Address", address)
    pick("Host", host)


class Host(PageTest):
    def test_registers_a_room_which_is_approved_and_listed(self):
        stage.browser.open(page("rooms"))
        press("Register a room")
        fill_room("호텔", "120000", "서울특별시 중구", "Superman")
        press("Register the room")
        room = int(said().split()[1])
        kept = ask("GET", f"rooms/{room}")
        self.assertEqual((kept["name"], kept["price"], kept["address"], kept["host"]),
                         ("호텔", 120000, "서울특별시 중구", "Superman"))
        press("see all rooms")
        shown = await_row(room, "호텔")
        self.assertIn("120,000", shown)
        self.assertIn("서울특별시 중구", shown)
        stage.browser.open(page("auths"))
        self.assertIn("호텔", await_row(room, "AuthApproved"))

    def test_changes_a_room_and_withdraws_it_with_the_keyboard(self):
        room = make_room(name="민박", price=5)["id"]
        stage.browser.open(page("rooms"))
        await_row(room, "민박")
        press(f"Change room {room}")
        settled()
        pick("Price of a night", "7000")
        pick("Address", "강릉")
        stage.browser.press("\ue007")  # Enter
        self.assertIn("is changed", said())
        changed = ask("GET", f"rooms/{room}")
        self.assertEqual((changed["price"], changed["address"], changed["name"]),
                         (7000, "강릉", "민박"))
        press("Withdraw it")
        stage.browser.press("\ue00c")  # Escape: no
        self.assertEqual(ask("GET", f"rooms/{room}")["price"], 7000)
        press("Withdraw it")
        stage.browser.press("\ue004\ue007")  # Tab to "Withdraw it", Enter
        self.assertIn("is withdrawn", stage.browser.await_text("#status", "withdrawn"))
        self.assertEqual(stage.served.ask("GET", f"/mybnb/rooms/{room}")[0], 404)
        press("See all rooms")
        settled()
        self.assertEqual(stage.browser.all(row(room)), [])

    def test_sees_only_the_own_rooms_when_asking_for_them(self):
        mine = make_room(host="클라크")["id"]
        other = make_room(host="Bruce")["id"]
        stage.browser.open(page("rooms"))
        settled()
        pick("Only host", "클라크")
        press("Show")
        await_row(mine, "클라크")
        self.assertEqual(stage.browser.all(row(other)), [])


class Guest(PageTest):
    def test_books_a_room_from_the_list_and_cancels_the_booking(self):
        room = make_room(name="펜션", price=85000, address="양평")["id"]
        stage.browser.open(page("rooms"))
        await_row(room, "펜션")
        press(f"Book room {room}")
        self.assertIn("85,000", stage.browser.await_text("#facts", "양평"))
        pick("Guest", "배트맨")
        pick("Day", "10102020")
        press("Book and pay")
        booking = int(said().split()[1])
        kept = ask("GET", f"bookings/{booking}")
        self.assertEqual({name: kept[name] for name in ("roomId", "price", "guest", "usedate")},
                         {"roomId": room, "price": 85000, "guest": "배트맨", "usedate": "20201010"})
        press("See my page")
        shown = await_row(booking, "Booked")
        self.assertIn("2020-10-10", shown)
        self.assertIn(f"Review booking {booking}", " ".join(shown.split()))
        press("Bookings")
        await_row(booking, "배트맨")
        press(f"Cancel booking {booking}")
        press("Keep it", "dialog")
        self.assertEqual(ask("GET", f"bookings/{booking}")["guest"], "배트맨")
        press(f"Cancel booking {booking}")
        press("Cancel the booking", "dialog")
        self.assertIn("is canceled", said())
        settled()
        self.assertEqual(stage.browser.all(row(booking)), [])
        press("My page")
        self.assertNotIn("Review", await_row(booking, "PayCanceled"))
        self.assertEqual(stage.served.total("payments", bookId=booking), 2)

    def test_reviews_a_booking_once(self):
        booking = make_booking()["id"]
        stage.browser.open(page("mypages"))
        await_row(booking, "Booked")
        press(f"Review booking {booking}")
        stage.browser.await_text("#facts", "배트맨")
        stage.browser.click("input[name=score][value='5']")
        pick("What would you tell other guests?", "정말 좋았어요. Quiet & clean.")
        press("Send the review")
        review = int(said().split()[1])
        self.assertEqual(ask("GET", f"reviews/{review}")["score"], 5)
        press("all reviews")
        self.assertIn("정말 좋았어요. Quiet & clean.", await_row(review, "5"))
        press("My page")
        shown = await_row(booking, "ReviewRegistered")
        self.assertIn("5", shown.split("ReviewRegistered")[1])
        self.assertNotIn("Review booking", " ".join(shown.split()))
        stage.browser.open(page("review", booking=booking))
        self.assertIn("ReviewRegistered", stage.browser.await_text("#late", "can be reviewed"))
        self.assertFalse(stage.browser.run("return document.forms[0].checkVisibility()"))

    def test_hears_of_a_booking_without_touching_the_page(self):
        stage.browser.open(page("alarms"))
        settled()
        self.assertTrue(stage.browser.run("return document.getElementById('repeat').checked"))
        before = stage.served.total("alarms")
        make_booking(guest="로빈")
        # For the room its approval, for guest and host the booking and the payment.
        stage.eventually(lambda: stage.served.total("alarms") >= before + 5, "five alarms")
        stage.browser.await_text("#list", f"{stage.served.total('alarms')} alarms")
        self.assertIn("new alarm", said())

    def test_reads_a_long_list_page_by_page(self):
        while stage.served.total("rooms") <= 20:
            make_room()
        stage.browser.open(page("rooms"))
        settled()
        first = self.listed()
        self.assertEqual(len(first), 20)
        press("Next", ".pager")
        stage.browser.await_text(".pager", "Page 2 of")
        self.assertFalse(first & self.listed())
        press("Previous", ".pager")
        stage.browser.await_text(".pager", "Page 1 of")
        self.assertEqual(self.listed(), first)

    def listed(self):
        settled()
        return set(stage.browser.run(
            "return [...document.querySelectorAll('tbody tr')].map(row => row.dataset.id)"))


class Trouble(PageTest):
    def test_a_stopped_callee_is_explained_and_trying_again_books(self):
        room = make_room()["id"]
        before = stage.served.total("bookings")
        stage.browser.open(page("book", room=room))
        stage.browser.await_text("#facts", "서울")
        pick("Guest", "로빈")
        pick("Day", "10102020")
        stage.served.operate("context", "stop", "mybnb.pay")
        try:
            press("Book and pay")
            words = complaint()
        finally:
            stage.served.operate("context", "start", "mybnb.pay")
        self.assertIn("The room was not booked.", words)
        self.assertIn("Nothing was changed. Try again", words)
        self.assertRegex(words, r"Code: [A-Z_]+")
        stage.eventually(lambda: all(stage.served.all_up()), "pay is back")
        press("Book and pay")
        stage.await_state(int(said().split()[1]), "Booked")
        self.assertEqual(text_of("problem"), "")
        self.assertEqual(stage.served.total("bookings"), before + 1)
        self.expect_in_log("status of 503")

    def test_a_stopped_list_is_explained_and_comes_back(self):
        make_room()
        stage.browser.open(page("alarms"))
        settled()
        stage.served.operate("context", "stop", "mybnb.alarm")
        try:
            stage.browser.click("#refresh")
            self.assertIn("Code: CONTEXT_DOWN", complaint())
        finally:
            stage.served.operate("context", "start", "mybnb.alarm")

        def back():
            stage.browser.click("#refresh")
            settled()
            return text_of("problem") == ""
        stage.eventually(back, "the alarms are shown again")
        self.expect_in_log("status of 503")

    def test_what_is_gone_is_said_to_be_gone(self):
        for name, parameters in (("room", {"id": 999983}), ("book", {"room": 999983}),
                                 ("review", {"booking": 999983})):
            stage.browser.open(page(name, **parameters))
            self.assertIn("Code: NOT_FOUND", complaint())
        self.expect_in_log("status of 404")

    def test_a_double_click_books_once(self):
        room = make_room()["id"]
        stage.browser.open(page("book", room=room))
        stage.browser.await_text("#facts", "서울")
        pick("Guest", "로빈")
        pick("Day", "10102020")
        stage.browser.double_click("button[type=submit]")
        await_state(int(said().split()[1]), "Booked")
        self.assertEqual(stage.served.total("bookings", roomId=room), 1)

    def test_an_answer_that_got_lost_is_asked_for_again_without_a_second_booking(self):
        room = make_room()["id"]
        stage.browser.open(page("book", room=room))
        stage.browser.await_text("#facts", "서울")
        pick("Guest", "로빈")
        pick("Day", "10102020")
        stage.browser.run("""
            const real = window.fetch;
            window.fetch = async (...asked) => {
              window.fetch = real;
              await real(...asked);
              throw new TypeError('the answer was lost');
            };""")
        press("Book and pay")
        self.assertIn("It is not known whether this took effect.", complaint())
        self.assertEqual(stage.served.total("bookings", roomId=room), 1)
        press("Book and pay")
        await_state(int(said().split()[1]), "Booked")
        self.assertEqual(stage.served.total("bookings", roomId=room), 1)
