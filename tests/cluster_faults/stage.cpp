#include "tests/cluster_faults/stage.hpp"

#include <cstdlib>
#include <utility>

namespace troupe::test {
namespace {

[[nodiscard]] cluster_plan completed(cluster_plan how) {
  if (how.flags.empty()) how.flags = {"--system", "taxi", "--shards", "6"};
  if (at_length()) how.lease = milliseconds{4'000};
  return how;
}

} // namespace

bool at_length() {
  return std::getenv("TROUPE_TEST_LONG") != nullptr;
}

stage::stage(cluster_plan how) : cluster_(scratch_.path() / "data", completed(std::move(how))) {}

std::filesystem::path stage::new_ledger() {
  ledgers_.push_back(scratch_.path() / ("client" + std::to_string(ledgers_.size()) + ".jsonl"));
  return ledgers_.back();
}

std::string stage::proof() {
  std::string said;
  for (const int end : cluster_.stop())
    if (end != 0) said += "a node ended with " + std::to_string(end) + "; ";
  said += verified();
  return said.empty() ? said : said + '\n' + cluster_.logs();
}

std::string stage::verified() const {
  std::vector<std::string> words{"verify", cluster_.data().string()};
  for (const auto& each : ledgers_)
    if (std::filesystem::exists(each)) words.insert(words.end(), {"--ledger", each.string()});
  const auto how = run_program("troupe", std::move(words));
  return how.exit_code == 0 ? std::string{} : how.output;
}

} // namespace troupe::test
