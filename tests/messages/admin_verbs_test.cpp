#include "messages/admin_verbs.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

using namespace troupe;

TEST_CASE("every verb is found by its name, and no other") {
  CHECK(admin_verbs().size() > 30);
  for (const auto& each : admin_verbs())
    CHECK(find_admin_verb(each.name) == &each);
  CHECK(find_admin_verb("") == nullptr);
  CHECK(find_admin_verb("statu") == nullptr);
  CHECK(find_admin_verb("zzz") == nullptr);
  CHECK(std::ranges::is_sorted(admin_verbs(), {}, &admin_verb::name));
}

TEST_CASE("who may only observe sees nothing that callers sent, and changes nothing") {
  for (const auto* verb : {"status", "tree", "top", "breakers", "events", "metrics"})
    CHECK(find_admin_verb(verb)->needs == role::observe);
  for (const auto* verb : {"actor-state", "history", "deadletter", "journal"})
    CHECK(find_admin_verb(verb)->needs == role::inspect);
  for (const auto* verb : {"context-stop", "release", "breaker-mode", "leave", "shard-move"})
    CHECK(find_admin_verb(verb)->changes());
  CHECK_FALSE(find_admin_verb("deadletter")->changes());
}

TEST_CASE("a role's name is that role's again") {
  for (const auto of : {role::observe, role::inspect, role::operate})
    CHECK(role_named(role_name(of)) == of);
  CHECK_FALSE(role_named("admin"));
  CHECK(role::observe < role::operate);
}

TEST_CASE("the protocol's page says which role each verb needs") {
  std::ifstream in{std::string{TROUPE_DOCS_DIR} + "/protocol.md"};
  const std::string page{std::istreambuf_iterator<char>{in}, {}};
  const auto from = page.find("Each verb needs a [role]");
  REQUIRE(from != std::string::npos);
  const auto text = page.substr(from, page.find("\n\n", from) - from);
  const auto inspect = text.find("`inspect`: ");
  const auto operate = text.find("`operate`: ");
  const auto rest = text.find("All others: `observe`");
  REQUIRE((inspect < operate && operate < rest && rest != std::string::npos));
  for (const auto& each : admin_verbs()) {
    INFO(each.name);
    const auto named = '`' + std::string{each.name} + '`';
    const auto in_list = [&](std::size_t begin, std::size_t end) {
      return text.substr(begin, end - begin).find(named) != std::string::npos;
    };
    CHECK(in_list(inspect, operate) == (each.needs == role::inspect));
    CHECK(in_list(operate, rest) == (each.needs == role::operate));
  }
}
