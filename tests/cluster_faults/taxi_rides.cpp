#include "tests/cluster_faults/taxi_rides.hpp"

#include "messages/json.hpp"
#include "tests/cluster_faults/reactions.hpp"
#include "tests/cluster_faults/shard_probes.hpp"
#include "tests/support/sdk_door.hpp"

#include <catch2/catch.hpp>

#include <iostream>
#include <utility>

namespace troupe::test {
namespace {

constexpr milliseconds caller_patience{10'000};
constexpr std::int64_t rides_listed = 9'000; ///< lists end at 10,000
constexpr const char* contexts[] = {"taxi.call", "taxi.payment", "taxi.driver", "taxi.callList"};

[[nodiscard]] load::plan rides_plan() {
  load::plan how;
  how.workers = 3;
  how.rides = rides_listed;
  return how;
}

} // namespace

taxi_rides::taxi_rides(stage& on)
    : on_(on), told_(std::make_unique<ledger>()), reader_(on.cluster().connect()) {
  const auto file = on.new_ledger();
  on.cluster().at_clients([&] {
    clients_ = std::make_unique<load>(on.cluster().client_of_all(caller_patience), file, *told_,
                                      rides_plan());
  });
}

void taxi_rides::go_on(std::uint64_t answers, const std::string& when) {
  const auto wanted = clients_->answers() + answers;
  const bool reached = eventually([&] { return clients_->answers() >= wanted; });
  INFO(when << ": " << listed(told_->violations()) << '\n' << on_.cluster().logs());
  REQUIRE(reached);
}

taxi_rides::rows taxi_rides::list(const std::string& context) {
  rows all;
  page_request wanted;
  wanted.size = 1'000;
  while (true) {
    const auto some = reader_.list(context, wanted).get();
    if (!some) throw std::runtime_error("cannot list " + context + ": " + some.error().message);
    for (const auto& [id, state] : some->items)
      all[id.number] = state;
    if (some->items.size() < wanted.size) return all;
    ++wanted.page;
  }
}

bool taxi_rides::promises_are_open() {
  for (std::size_t place = 0; place < on_.cluster().size(); ++place) {
    auto& node = on_.cluster().node(place);
    if (!node.running()) continue;
    call_options options;
    options.endpoint = node.endpoint();
    const auto status = reader_.admin("status", {}, options).get();
    open_ = node.name() + (status ? " has open promises" : ": " + status.error().message);
    if (!status) return true;
    const auto all = part(*status, "contexts");
    const auto* items = all.get_if<value::array>();
    if (items == nullptr) return true;
    for (const auto& each : *items)
      if (number(each, "open_asks") > 0 || number(each, "open_voids") > 0) {
        open_ += ": " + to_json(each);
        return true;
      }
  }
  return false;
}

/// No promise is open, and every call has its row and its status everywhere.
bool taxi_rides::is_quiet() {
  open_ = "shards are on their way";
  if (!on_.cluster().at_rest() || promises_are_open()) return false;
  open_ = "rides differ";
  for (const auto* each : contexts)
    held_[each] = list(each);
  const auto& drivers = held_["taxi.driver"];
  const auto& board = held_["taxi.callList"];
  if (drivers.size() != held_["taxi.call"].size() || board.size() != drivers.size()) return false;
  for (const auto& [id, call] : held_["taxi.call"]) {
    const auto driver = drivers.find(id);
    const auto row = board.find(id);
    if (driver == drivers.end() || row == board.end()) return false;
    const auto wanted = text(driver->second, "status");
    if (text(call, "status") != wanted || text(row->second, "status") != wanted) return false;
  }
  return true;
}

void taxi_rides::check_rides() {
  const auto& calls = held_["taxi.call"];
  const auto& payments = held_["taxi.payment"];
  for (const auto& [id, call] : calls) {
    const auto payment = payments.find(id);
    if (payment == payments.end() || part(payment->second, "cost") != part(call, "cost"))
      found_.push_back("call " + std::to_string(id) + " has no payment like it");
  }
  for (const auto& [id, payment] : payments)
    if (calls.count(id) == 0 && id <= probes_above)
      found_.push_back("payment " + std::to_string(id) + " has no call");
}

void taxi_rides::check_acknowledged() {
  for (const auto& each : told_->violations())
    found_.push_back(each);
  for (const auto& each : told_->all()) {
    const auto held = held_[each.context].find(each.target.number);
    if (held == held_[each.context].end() || number(held->second, "cost") != each.cost)
      found_.push_back(each.context + "/" + std::to_string(each.target.number) +
                       " was acknowledged and is gone");
  }
  if (told_->unknown_count() > 0)
    found_.push_back(std::to_string(told_->unknown_count()) + " commands never got an answer");
}

void taxi_rides::check_reactions() {
  const reaction_rule rules[] = {{"taxi.call", "CalledTaxi", "taxi.driver"},
                                 {"taxi.driver", "UpdatedStatus", "taxi.call"}};
  for (const auto& rule : rules) {
    const auto counted = count_reactions(on_.cluster().data(), rule);
    found_.insert(found_.end(), counted.findings.begin(), counted.findings.end());
    if (counted.events == 0) found_.push_back("there was no " + rule.event + " to handle");
  }
}

std::vector<std::string> taxi_rides::findings() {
  found_.clear();
  if (!eventually([&] { return is_quiet(); }))
    found_.push_back("it never gets quiet: " + open_ + ", " +
                     std::to_string(held_["taxi.call"].size()) + " calls, " +
                     std::to_string(held_["taxi.driver"].size()) + " drivers, " +
                     std::to_string(held_["taxi.callList"].size()) + " rows");
  check_rides();
  check_acknowledged();
  check_reactions();
  return found_;
}

void taxi_rides::check() {
  end();
  const auto wrong = findings();
  INFO(listed(wrong) << '\n' << on_.cluster().logs());
  CHECK(wrong.empty());
  std::cout << "rides: " << told_->size() << " acknowledgements, " << held_["taxi.call"].size()
            << " calls\n";
  CHECK(on_.proof() == "");
}

} // namespace troupe::test
