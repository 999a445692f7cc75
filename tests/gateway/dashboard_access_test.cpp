#include "net/gateway/dashboard_access.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::gateway;

namespace {

[[nodiscard]] dashboard_access with_keys() {
  return dashboard_access{[](std::string_view key) -> std::optional<role> {
    if (key == "look") return role::inspect;
    if (key == "act") return role::operate;
    return {};
  }};
}

} // namespace

TEST_CASE("the role is that of the key which is shown, and observe without one") {
  const auto access = with_keys();
  CHECK(access.role_of("").value() == role::observe);
  CHECK(access.role_of("Bearer look").value() == role::inspect);
  CHECK(access.role_of("Bearer act").value() == role::operate);
}

TEST_CASE("a key that is wrong, of another scheme or useless here is unauthorized, not ignored") {
  for (const char* shown : {"Bearer nobody", "Bearer ", "Basic bG9vaw==", "look", "bearer look"}) {
    const auto got = with_keys().role_of(shown);
    INFO(shown);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::unauthorized);
  }
  const auto without = dashboard_access{}.role_of("Bearer act");
  REQUIRE_FALSE(without);
  CHECK(without.error().code == errc::unauthorized);
  CHECK(without.error().message.find("--admin-keys") != std::string::npos);
}

TEST_CASE("where observing takes a key too, who shows none sees nothing") {
  const dashboard_access access{[](std::string_view key) -> std::optional<role> {
                                  if (key == "see") return role::observe;
                                  return {};
                                },
                                false};
  const auto got = access.role_of("");
  REQUIRE_FALSE(got);
  CHECK(got.error().code == errc::unauthorized);
  CHECK(access.role_of("Bearer see").value() == role::observe);
}

TEST_CASE("each role may do what it needs and what the roles before it may") {
  for (const auto& verb : admin_verbs())
    for (const auto has : {role::observe, role::inspect, role::operate}) {
      INFO(verb.name << " as " << role_name(has));
      const auto got = dashboard_access::permit(verb.name, has);
      CHECK(got.ok() == (verb.needs <= has));
      if (!got) CHECK(got.error().code == errc::unauthorized);
    }
  const auto unknown = dashboard_access::permit("explode", role::operate);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == errc::unknown_command);
}
