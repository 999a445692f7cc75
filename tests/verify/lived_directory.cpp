#include "tests/verify/lived_directory.hpp"

#include "messages/json.hpp"
#include "messages/screening.hpp"
#include "messages/taxi.hpp"
#include "tests/actors/random_walk.hpp"

#include <catch2/catch.hpp>

#include <fstream>

namespace troupe::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const std::vector<context_behaviour>& two_systems() {
  static const auto all = [] {
    auto made = behaviours_of("taxi");
    const auto& more = behaviours_of("screening");
    made.insert(made.end(), more.begin(), more.end());
    return made;
  }();
  return all;
}

node_shape two_shards() {
  node_shape of;
  of.shards = 2;
  of.limits.residents_max = 20;
  of.limits.snapshot_every = 100;
  of.limits.snapshot_when_idle = 20;
  of.limits.dirty_states_max = 8;
  return of;
}

/// One life of a node, with a ledger of what its callers are told. Time in the ledger is counted in
/// steps: callers wait for each other.
class life {
public:
  life(const fs::path& data, const fs::path& ledger)
      : node_(two_systems(), two_shards(), make_sqlite_storage({data})), ledger_(ledger) {}

  void live(int steps) {
    for (int i = 0; i < 4; ++i)
      tell("screening.hospital", {}, screening::register_hospital{"Samsung", "20200910", 9});
    for (int i = 0; i < steps; ++i)
      one_thing();
    node_.pass(70'000ms); // also voids that nobody answered
    node_.maintain(true);
    node_.pass(10ms);
  }

private:
  [[nodiscard]] std::int64_t below(std::uint64_t limit) {
    return static_cast<std::int64_t>(random_.next() % limit);
  }

  void one_thing() {
    const auto what = below(100);
    if (what < 30)
      tell("taxi.call", {}, taxi::call_taxi{below(5), "suji", below(900)});
    else if (what < 55)
      tell("taxi.driver", {1 + below(30)},
           taxi::change_status{below(2) == 0 ? "Accepted" : "Completed"});
    else if (what < 72)
      tell("screening.screening", {},
           screening::request_screening{1 + below(5), "Samsung", "20200910", "Kim"});
    else if (what < 80)
      tell("screening.screening", {1 + below(12)}, screening::cancel_screening{"Canceled"});
    else if (what < 92)
      look(below(2) == 0 ? "taxi.call" : "taxi.driver", 1 + below(20));
    else if (what < 96)
      without("taxi.payment");
    else if (what < 98)
      node_.crash_and_restart();
    else
      node_.pass(300ms);
  }

  /// A payment that does not answer: its asks time out and are voided.
  void without(const std::string& context) {
    node_.hold(context);
    const auto id = node_.fresh_id();
    const auto of = node_.post("taxi.call", {}, taxi::call_taxi{7, "late", 7}, id);
    node_.pass(5'000ms);
    node_.release(context);
    node_.pass(500ms);
    note("command", "taxi.call", {}, id, node_.heard(of));
  }

  template <message M> void tell(const std::string& context, aggregate_id target, const M& m) {
    const auto id = node_.fresh_id();
    const auto of = node_.post(context, target, m, id);
    node_.pass(20ms);
    note("command", context, target, id, node_.heard(of));
  }

  void look(const std::string& context, std::int64_t id) {
    note("get", context, {id}, {}, node_.get(context, id));
  }

  void note(const char* kind, const std::string& context, aggregate_id target, command_id command,
            const said& answer) {
    value line{value::object{}};
    line["start_us"] = ++now_us_;
    line["end_us"] = ++now_us_;
    line["kind"] = kind;
    line["context"] = context;
    line["id"] = target.number;
    if (command.given()) line["command"] = command.text();
    if (answer.ok()) {
      line["id"] = answer.reply().target.number;
      line["seq"] = answer.reply().seq;
      line["epoch"] = answer.reply().epoch.value;
      line["outcome"] = "ok";
    } else {
      const auto code = answer.failure().code;
      line["outcome"] = code == errc::rejected ? "rejected" : "error";
      line["code"] = info(code).name;
    }
    ledger_ << to_json(line) << '\n';
  }

  simulated_node node_;
  std::ofstream ledger_;
  seeded_random random_{2'020};
  std::int64_t now_us_ = 0;
};

/// Made once for all tests of the process: living takes longer than a test.
const temp_folder& first() {
  static const temp_folder made;
  static const bool lived = [] {
    life{made.path() / "data", made.path() / "client.jsonl"}.live(260);
    return true;
  }();
  (void)lived;
  return made;
}

} // namespace

lived_directory::lived_directory()
    : data_(scratch_.path() / "data"), ledger_(scratch_.path() / "client.jsonl") {
  fs::copy(first().path(), scratch_.path(), fs::copy_options::recursive);
}

void lived_directory::forget_derived() const {
  std::vector<fs::path> derived;
  for (const auto& each : fs::directory_iterator{data_}) {
    const auto name = each.path().filename().string();
    if (name.find(".derived") != std::string::npos || name.find(".view") != std::string::npos)
      derived.push_back(each.path());
  }
  for (const auto& each : derived)
    fs::remove(each);
}

} // namespace troupe::test
