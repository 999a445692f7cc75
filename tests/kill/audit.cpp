#include "tests/kill/audit.hpp"

#include "messages/json.hpp"
#include "tests/support/sdk_door.hpp"

#include <filesystem>
#include <map>
#include <set>

namespace troupe::test {
namespace {

using rows = std::map<std::int64_t, value>;
constexpr const char* contexts[] = {"taxi.call", "taxi.payment", "taxi.driver", "taxi.callList"};

class auditor {
public:
  auditor(test_node& node, const ledger& told, audit& to) : node_(node), told_(told), to_(to) {}
  void run();

private:
  void wait_until_quiet();
  void check_acknowledged();
  void check_relations();
  void check_histories();
  void check_history(const std::string& name, std::int64_t id);
  void check_rebuild();
  [[nodiscard]] rows list(const char* context);
  [[nodiscard]] bool is_quiet();
  [[nodiscard]] bool read_all();
  [[nodiscard]] std::string history_text(const char* context, std::int64_t id);
  void find(std::string what) { to_.findings.push_back(std::move(what)); }

  test_node& node_;
  const ledger& told_;
  audit& to_;
  std::unique_ptr<client> client_;
  std::map<std::string, rows> held_;
  std::map<std::string, std::string> effects_; ///< command id → the aggregate it changed
  std::map<std::string, std::uint64_t> seqs_;  ///< aggregate → its last turn
};

rows auditor::list(const char* context) {
  rows found;
  page_request wanted;
  wanted.size = 1'000;
  while (true) {
    const auto some = client_->list(context, wanted).get();
    if (!some) {
      find(std::string{"cannot list "} + context + ": " + some.error().message);
      return found;
    }
    for (const auto& [id, state] : some->items)
      found[id.number] = state;
    if (some->items.size() < wanted.size) return found;
    ++wanted.page;
  }
}

bool auditor::read_all() {
  for (const auto* each : contexts)
    held_[each] = list(each);
  return to_.findings.empty();
}

/// No promise is open, and every call has its row and its status everywhere.
bool auditor::is_quiet() {
  const auto status = admin(*client_, "status");
  const auto all = part(status, "contexts");
  const auto* items = all.get_if<value::array>();
  if (items == nullptr || text(status, "state") != "up") return false;
  for (const auto& each : *items)
    if (number(each, "open_asks") > 0 || number(each, "open_voids") > 0) return false;
  if (!read_all()) return true; // said already
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

void auditor::wait_until_quiet() {
  if (!eventually([&] { return is_quiet(); }))
    find("it never gets quiet: " + std::to_string(held_["taxi.call"].size()) + " calls, " +
         std::to_string(held_["taxi.driver"].size()) + " drivers, " +
         std::to_string(held_["taxi.callList"].size()) + " rows; " +
         to_json(admin(*client_, "status")));
}

void auditor::check_acknowledged() {
  for (const auto& each : told_.violations())
    find(each);
  for (const auto& each : told_.all()) {
    const std::string name = each.context + "/" + std::to_string(each.target.number);
    const auto held = held_[each.context].find(each.target.number);
    if (held == held_[each.context].end()) {
      find(name + " was acknowledged and is gone");
      continue;
    }
    if (seqs_[name] < each.seq)
      find(name + " was acknowledged at seq " + std::to_string(each.seq) + " and is at " +
           std::to_string(seqs_[name]));
    if (number(held->second, "cost") != each.cost) find(name + " has another fare");
    const auto now = text(held->second, "status");
    if (each.status == "Completed" && now != "Completed") find(name + " lost its completion");
    if (each.status == "Accepted" && now == "Called") find(name + " lost its acceptance");
    const auto effect = effects_.find(each.command.text());
    if (effect == effects_.end() || effect->second != name)
      find(name + ": the turn of " + each.command.text() + " is not in its history");
  }
}

std::string auditor::history_text(const char* context, std::int64_t id) {
  value::object wanted{{"context", context}, {"id", id}};
  return to_json(admin(*client_, "history", value{std::move(wanted)}));
}

void auditor::check_relations() {
  const auto& calls = held_["taxi.call"];
  const auto& payments = held_["taxi.payment"];
  for (const auto& [id, call] : calls) {
    const auto payment = payments.find(id);
    if (payment == payments.end())
      find("call " + std::to_string(id) + " has no payment");
    else if (part(payment->second, "cost") != part(call, "cost"))
      find("call " + std::to_string(id) + " and its payment differ");
  }
  for (const auto& [id, payment] : payments)
    if (calls.count(id) == 0)
      find("payment " + std::to_string(id) + " has no call; " + history_text("taxi.call", id));
  for (const auto& [id, row] : held_["taxi.callList"]) {
    const bool settled = !part(row, "settled").is_null();
    if (settled != (text(row, "status") == "Completed"))
      find("row " + std::to_string(id) + " is half settled");
  }
}

/// Contiguous, in order of the journal, and no command twice.
void auditor::check_history(const std::string& name, std::int64_t id) {
  const std::string who = name + "/" + std::to_string(id);
  value::object wanted{{"context", name}, {"id", id}, {"limit", 1'000}};
  const auto said = admin(*client_, "history", value{std::move(wanted)});
  const auto held = part(said, "items");
  const auto* turns = held.get_if<value::array>();
  if (turns == nullptr || turns->empty()) return find(who + " has no history");
  std::int64_t seq = 0;
  std::int64_t index = 0;
  std::int64_t epoch = 0;
  for (const auto& turn : *turns) {
    ++to_.turns;
    if (number(turn, "seq") != ++seq) find(who + " has a hole at seq " + std::to_string(seq));
    if (number(turn, "index") <= index) find(who + " goes back in the journal");
    if (number(turn, "epoch") < epoch) find(who + " goes back in epochs");
    index = number(turn, "index");
    epoch = number(turn, "epoch");
    const auto outcome = text(turn, "outcome");
    const auto command = text(turn, "command_id");
    const auto events = part(turn, "events");
    const bool changes =
        events.get_if<value::array>() != nullptr && !events.get_if<value::array>()->empty();
    if (outcome != "accepted" && changes) find(who + " changed in a turn that was " + outcome);
    if (outcome != "accepted" || command.empty()) continue;
    const auto [at, first] = effects_.emplace(command, who);
    if (!first) find("command " + command + " acted on " + at->second + " and on " + who);
  }
  seqs_[who] = static_cast<std::uint64_t>(seq);
}

void auditor::check_histories() {
  for (const char* name : {"taxi.call", "taxi.payment", "taxi.driver"})
    for (const auto& [id, unused] : held_[name])
      check_history(name, id);
}

void auditor::check_rebuild() {
  client_.reset();
  if (const int ended = node_.stop(); ended != 0)
    find("the node ended with " + std::to_string(ended));
  std::vector<std::filesystem::path> derived;
  for (const auto& each : std::filesystem::directory_iterator{node_.data()}) {
    const auto name = each.path().filename().string();
    if (name.find(".view") != std::string::npos || name.find(".derived") != std::string::npos)
      derived.push_back(each.path());
  }
  if (derived.empty()) find("there is nothing derived on disk");
  for (const auto& each : derived)
    std::filesystem::remove(each);
  const auto before = held_;
  node_.start();
  client_ = std::make_unique<client>(connect_to(node_));
  if (!eventually([&] { return is_quiet() && held_ == before; }))
    for (const auto* each : contexts)
      if (held_[each] != before.at(each)) find(std::string{each} + " is different when rebuilt");
}

void auditor::run() {
  client_ = std::make_unique<client>(connect_to(node_));
  wait_until_quiet();
  if (!to_.findings.empty()) return;
  to_.calls = held_["taxi.call"].size();
  check_histories();
  check_acknowledged();
  check_relations();
  check_rebuild();
}

} // namespace

std::string audit::text() const {
  constexpr std::size_t shown_max = 20;
  std::string all = std::to_string(findings.size()) + " findings";
  for (std::size_t i = 0; i < findings.size() && i < shown_max; ++i)
    all += "\n  " + findings[i];
  return all;
}

audit audit_taxi(test_node& node, const ledger& told) {
  audit made;
  auditor{node, told, made}.run();
  return made;
}

} // namespace troupe::test
