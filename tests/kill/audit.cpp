#include "tests/kill/audit.hpp"

#include "messages/json.hpp"
#include "tests/kill/load.hpp"
#include "tests/support/sdk_door.hpp"

#include <filesystem>
#include <map>
#include <utility>

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
  void check_files();
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
    if (number(held->second, "cost") != each.cost) find(name + " has another fare");
    const auto now = text(held->second, "status");
    if (each.status == "Completed" && now != "Completed") find(name + " lost its completion");
    if (each.status == "Accepted" && now == "Called") find(name + " lost its acceptance");
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

/// Journals, states and views against each other and against what the clients were told.
void auditor::check_files() {
  std::vector<std::string> words{"verify", node_.data().string(), "--json"};
  if (std::filesystem::exists(told_file(node_)))
    words.insert(words.end(), {"--ledger", told_file(node_).string()});
  const auto said = run_program("troupe", std::move(words));
  const auto read = parse_json(said.output);
  if (said.exit_code != 0 || !read) return find("troupe verify: " + said.output);
  to_.records = static_cast<std::size_t>(number(part(*read, "read"), "records"));
}

void auditor::check_rebuild() {
  client_.reset();
  if (const int ended = node_.stop(); ended != 0)
    find("the node ended with " + std::to_string(ended));
  check_files();
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
