#include "messages/mybnb.hpp"

#include "bench/scenarios.hpp"

#include <algorithm>

namespace troupe::bench {

namespace {

using namespace mybnb;

constexpr std::size_t room_count = 16;
constexpr std::int64_t score_max = 5;

struct visit {
  aggregate_id booking; ///< also its row on my page
  count score;          ///< of its review; null: it was cancelled
};

class mybnb_scenario final : public scenario {
public:
  explicit mybnb_scenario(std::int64_t run)
      : host_("host " + std::to_string(run)), guest_("guest " + std::to_string(run)) {}

  [[nodiscard]] result<void> prepare(client& through, std::uint32_t) override {
    register_room one;
    static_cast<room_terms&>(one) = {"Harbour View", 1000, "12 Harbour Street", host_};
    const std::vector<register_room> all(room_count, one);
    auto made = make_all(through, "mybnb.room", all);
    if (!made) return made.error();
    rooms_ = std::move(*made);
    return {};
  }

  [[nodiscard]] story tell(user& by) override {
    const aggregate_id room = rooms_[by.random.next() % rooms_.size()];
    book wish;
    static_cast<stay&>(wish) = {room.number, "Harbour View", 1000,      "12 Harbour Street",
                                host_,       guest_,         "20201010"};
    const aggregate_id id = (co_await by.sends("book", "mybnb.booking", {}, wish)).target;
    co_await by.sees<my_page_row>(
        "page shows it booked", "mybnb.mypage", id,
        [](const my_page_row& row) { return row.status == status_after<booked>(); });
    if (by.random.next() % 2 == 0) {
      const cancel_booking cancel;
      co_await by.sends("cancel", "mybnb.booking", id, cancel);
      co_await by.sees<my_page_row>(
          "page shows the refund", "mybnb.mypage", id,
          [](const my_page_row& row) { return row.status == status_after<pay_canceled>(); });
      visits_.add({id, {}});
    } else {
      const std::int64_t score = 1 + static_cast<std::int64_t>(by.random.next() % score_max);
      write_review review;
      static_cast<review_terms&>(review) = {id.number, room.number, "Harbour View", host_,
                                            guest_,    "20201010",  score};
      co_await by.sends("review", "mybnb.review", {}, review);
      co_await by.sees<my_page_row>("page shows the score", "mybnb.mypage", id,
                                    [](const my_page_row& row) { return row.score.has_value(); });
      visits_.add({id, score});
    }
  }

  void check(audit& into) override {
    const auto& visits = visits_.entries();
    const auto id_of = [](const visit& each) { return each.booking; };
    into.rows<my_page_row>("my page shows a booking's score or refund", "mybnb.mypage", visits,
                           id_of, [](const visit& each, const std::optional<my_page_row>& row) {
                             const auto status = each.score ? status_after<review_registered>()
                                                            : status_after<pay_canceled>();
                             return row && row->status == status && row->score == each.score;
                           });
    into.rows<booking_state>("a cancelled booking is gone, a reviewed one is there",
                             "mybnb.booking", visits, id_of,
                             [](const visit& each, const std::optional<booking_state>& row) {
                               return row.has_value() == each.score.has_value();
                             });
    const auto all = visits.size();
    const auto reviewed = static_cast<std::uint64_t>(std::count_if(
        visits.begin(), visits.end(), [](const visit& each) { return each.score.has_value(); }));
    count_payments<pay_approved>(into, "every booking was paid once", all);
    count_payments<pay_canceled>(into, "every cancelled one was paid back once", all - reviewed);
    into.count("every review has one effect", "mybnb.review", {{"guest", guest_}}, reviewed);
    count_alarms<auth_approved>(into, 0, rooms_.size());
    count_alarms<booked>(into, all, all);
    count_alarms<pay_approved>(into, all, all);
    count_alarms<book_canceled>(into, all - reviewed, all - reviewed);
    count_alarms<pay_canceled>(into, all - reviewed, all - reviewed);
    count_alarms<review_registered>(into, 0, reviewed);
  }

private:
  template <message Event>
  void count_payments(audit& into, const char* what, std::uint64_t wanted) const {
    into.count(what, "mybnb.pay", {{"guest", guest_}, {"status", status_after<Event>()}}, wanted);
  }

  template <message Event>
  void count_alarms(audit& into, std::uint64_t of_guest, std::uint64_t of_host) const {
    const std::string what = "guest and host were told of everything once";
    const std::string event{Event::name};
    into.count(what, "mybnb.alarm", {{"receiver", "(guest)" + guest_}, {"message", event}},
               of_guest);
    into.count(what, "mybnb.alarm", {{"receiver", "(host)" + host_}, {"message", event}}, of_host);
  }

  std::string host_;
  std::string guest_;
  std::vector<aggregate_id> rooms_;
  ledger<visit> visits_;
};

} // namespace

std::unique_ptr<scenario> make_mybnb_scenario(std::int64_t run) {
  return std::make_unique<mybnb_scenario>(run);
}

} // namespace troupe::bench
