#include "actors/journal_desk.hpp"
#include "actors/shown_record.hpp"
#include "messages/json.hpp"
#include "tests/actors/bank.hpp"
#include "tests/actors/simulated.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::bank;
using namespace std::chrono_literals;

namespace {

struct busy_bank {
  simulated_node node{behaviours()};
  explicit busy_bank(int deposits) {
    (void)node.say(accounts, {}, open_account{"ann"});
    for (int i = 1; i <= deposits; ++i)
      (void)node.say(accounts, {1}, deposit{i});
    (void)node.say(accounts, {1}, withdraw{1'000'000}); // refused
  }
  said ask(value arguments) {
    request content;
    content.kind = request_kind::admin;
    content.context = accounts;
    content.name = "journal";
    content.target = {1};
    content.payload = encode_value(arguments);
    return node.say(content);
  }
  value told(value arguments) {
    return decode_value(ask(std::move(arguments)).reply().payload).value();
  }
};

const value::array& items_of(const value& page) {
  return *page.find("items")->get_if<value::array>();
}

std::int64_t number_of(const value& of, std::string_view name) {
  return *of.find(name)->get_if<std::int64_t>();
}

} // namespace

TEST_CASE("a journal is read page by page to its head", "[journal]") {
  busy_bank with{10};
  std::int64_t next = 1;
  std::size_t seen = 0;
  std::int64_t head = 0;
  do {
    const auto page = with.told(value::object{{"from", next}, {"limit", 5}});
    for (const auto& item : items_of(page)) {
      CHECK(number_of(item, "index") == static_cast<std::int64_t>(++seen));
      CHECK(*item.find("id")->get_if<std::string>() == "bank.account/1");
      CHECK(number_of(item, "bytes") > 0);
    }
    next = number_of(page, "next");
    head = number_of(page, "head");
  } while (next <= head);
  CHECK(seen == 12);
  CHECK(head == 12);
  CHECK(items_of(with.told(value::object{{"from", 13}})).empty());
  CHECK(number_of(with.told(value::object{{"from", 13}}), "next") == 13);
}

TEST_CASE("a journal is searched for names, ids and fields, a bounded piece at a time",
          "[journal]") {
  busy_bank with{10};
  const auto found = [&](const std::string& text) {
    return items_of(with.told(value::object{{"grep", text}})).size();
  };
  CHECK(found("withdraw") == 1);
  CHECK(found("OVERDRAWN") == 1);
  CHECK(found("Deposited") == 10);
  CHECK(found("ann") == 1);
  (void)with.node.say(accounts, {1}, deposit{987'654'321});
  CHECK(found("987654321") == 1);
  CHECK(found("98765432") == 0); // a number is found as a whole
  CHECK(found("bank.account/1") == 13);
  CHECK(found("nowhere") == 0);
  const auto none = with.told(value::object{{"grep", "nowhere"}});
  CHECK(number_of(none, "next") == 14); // it was looked at, all of it

  busy_bank large{2'500};
  const auto piece = large.told(value::object{{"grep", "nowhere"}});
  CHECK(number_of(piece, "next") == 2'001);
}

TEST_CASE("a journal is counted by commands and events", "[journal]") {
  busy_bank with{10};
  const auto page = with.told(value::object{{"counts", true}});
  CHECK(items_of(page).empty());
  const auto& counts = *page.find("counts");
  CHECK(number_of(counts, "records") == 12);
  CHECK(number_of(counts, "rejected") == 1);
  CHECK(number_of(*counts.find("turns"), "deposit") == 10);
  CHECK(number_of(*counts.find("events"), "Deposited") == 10);
  CHECK(number_of(counts, "first_ms") <= number_of(counts, "last_ms"));
  CHECK(number_of(counts, "bytes") > 12 * 50);
}

TEST_CASE("a page that makes no sense is refused", "[journal]") {
  busy_bank with{1};
  for (const auto& wrong :
       {value::object{{"limit", 0}}, value::object{{"limit", 1'001}}, value::object{{"from", -1}}})
    CHECK(with.ask(wrong).failure().code == errc::malformed);
}

TEST_CASE("an outline holds nothing that callers sent", "[journal]") {
  record turn;
  turn.aggregate = {1};
  turn.command_name = "deposit";
  const auto said = encode_value(value{value::object{{"owner", "ann"}, {"amount", 4711}}});
  turn.events = {{"Deposited", said}};
  context_info bank;
  bank.sensitive = {"owner"};
  const auto whole = to_json(shown_record(turn, {3}, &bank));
  CHECK(whole.find("4711") != std::string::npos);
  CHECK(whole.find("[redacted]") != std::string::npos);
  CHECK(whole.find("ann") == std::string::npos);
  CHECK(to_json(shown_record(turn, {3}, nullptr)).find("4711") == std::string::npos);
  const auto outline = to_json(record_outline(turn, {3}));
  CHECK(outline.find("4711") == std::string::npos);
  CHECK(outline.find("Deposited") != std::string::npos);
}
