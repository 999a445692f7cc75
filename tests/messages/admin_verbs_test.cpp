#include "messages/admin_verbs.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

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
