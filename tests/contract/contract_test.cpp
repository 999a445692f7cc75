#include "tests/contract/breaches.hpp"
#include "tests/contract/readers.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

/// Today's code against what was recorded of every context (tests/contract/golden): yesterday's
/// messages can be read, and yesterday's readers can read today's.
///
/// TROUPE_CONTRACT_UPDATE=1 adds what is new to the files; what breaks them is refused, unless the
/// variable says `force`.
namespace troupe::test {
namespace {

constexpr const char* update_command =
    "TROUPE_CONTRACT_UPDATE=1 ctest --preset release -R contract";

std::filesystem::path file_of(const std::string& context) {
  return std::filesystem::path{TROUPE_GOLDEN_DIR} / (context + ".json");
}

std::optional<std::string> content(const std::filesystem::path& of) {
  std::ifstream in{of, std::ios::binary};
  if (!in) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

context_today today(const context_behaviour& behaviour) {
  return {all_contexts(), behaviour.info, behaviour.make_aggregate};
}

/// The contract of a context; empty if there is none.
std::optional<contract> golden_of(const std::string& context) {
  const auto text = content(file_of(context));
  if (!text) return std::nullopt;
  auto read = read_contract(*text);
  INFO(file_of(context).string() << (read ? std::string{} : ": " + read.error().message));
  REQUIRE(read);
  CHECK(read->context == context);
  return std::move(*read);
}

std::string update_wish() {
  const char* held = std::getenv("TROUPE_CONTRACT_UPDATE");
  return held == nullptr ? std::string{} : held;
}

/// Only when it is asked for; runs before the checks, which then see what was written.
void update() {
  if (update_wish().empty()) return;
  for (const context_behaviour& each : all_behaviours()) {
    const std::string name = each.info->full_name();
    const auto before = golden_of(name);
    const auto after = updated(before ? &*before : nullptr, today(each), update_wish() == "force");
    INFO("today's code breaks the contract, so nothing was written:\n"
         << (after ? std::string{} : after.error().message)
         << "mend it, or rewrite the contract with TROUPE_CONTRACT_UPDATE=force");
    REQUIRE(after);
    if (before && *before == *after) continue;
    std::ofstream out{file_of(name), std::ios::binary | std::ios::trunc};
    out << file_text(*after) << std::flush;
    REQUIRE(out.good());
    WARN("wrote " << file_of(name).string());
  }
}

TEST_CASE("today's code keeps the contract of every context") {
  update();
  for (const context_behaviour& each : all_behaviours()) {
    const auto golden = golden_of(each.info->full_name());
    if (!golden) continue; // the next test says so
    for (const std::string& breach : breaches(*golden, today(each)))
      FAIL_CHECK(breach);
  }
}

TEST_CASE("everything that a context says is recorded") {
  update();
  for (const context_behaviour& each : all_behaviours()) {
    const auto golden = golden_of(each.info->full_name());
    const news found = news_since(golden ? &*golden : nullptr, today(each));
    for (const std::string& message : found.messages)
      FAIL_CHECK(message << " is recorded nowhere; record it: " << update_command);
    for (const std::string& field : found.fields)
      WARN(field << " is not protected yet; record it: " << update_command);
  }
}

TEST_CASE("business code of today understands what was recorded") {
  update();
  std::vector<contract> goldens;
  for (const context_behaviour& each : all_behaviours())
    if (auto golden = golden_of(each.info->full_name())) goldens.push_back(std::move(*golden));
  for (const std::string& fault : unread(goldens, all_behaviours()))
    FAIL_CHECK(fault);
}

TEST_CASE("every contract belongs to a context that there is") {
  std::set<std::string> contexts;
  for (const context_behaviour& each : all_behaviours())
    contexts.insert(each.info->full_name());
  for (const auto& each : std::filesystem::directory_iterator{TROUPE_GOLDEN_DIR}) {
    INFO(each.path().string() << ": its context is gone; what it recorded cannot be read any more");
    CHECK(contexts.contains(each.path().stem().string()));
  }
}

} // namespace
} // namespace troupe::test
