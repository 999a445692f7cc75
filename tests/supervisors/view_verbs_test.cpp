#include "supervisors/view_verbs.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

namespace {

struct contexts_of_all {
  std::vector<std::unique_ptr<context_state>> all;
  contexts_of_all() {
    for (const auto& each : all_behaviours()) {
      auto made = std::make_unique<context_state>();
      made->behaviour = &each;
      made->name = each.info->full_name();
      made->parts.push_back(std::make_unique<part_state>());
      made->parts[0]->phase = part_phase::up;
      made->up = true;
      all.push_back(std::move(made));
    }
  }
  context_state& at(const std::string& name) {
    for (auto& each : all)
      if (each->name == name) return *each;
    FAIL("there is no context " << name);
    return *all.front();
  }
};

value of(const std::string& name) {
  return value{value::object{{"context", name}}};
}

} // namespace

TEST_CASE("a verb about views asks the one that is named, or all of them", "[view verbs]") {
  contexts_of_all with;
  const auto every = views_asked(with.all, "view-status", value{value::object{}});
  REQUIRE(every.ok());
  REQUIRE_FALSE(every->empty());
  for (const auto* each : *every)
    CHECK(each->is_view());
  const auto one = views_asked(with.all, "view-rebuild", of("taxi.callList"));
  REQUIRE(one.ok());
  REQUIRE(one->size() == 1);
  CHECK(one->front()->name == "taxi.callList");
}

TEST_CASE("what cannot be rebuilt is refused", "[view verbs]") {
  contexts_of_all with;
  const auto why = [&](const value& arguments) {
    return views_asked(with.all, "view-rebuild", arguments).error().code;
  };
  CHECK(why(value{value::object{}}) == errc::malformed);
  CHECK(why(of("taxi.call")) == errc::malformed);
  CHECK(why(of("taxi.nothing")) == errc::unknown_context);
  with.at("taxi.callList").up = false;
  CHECK(why(of("taxi.callList")) == errc::context_down);
  CHECK(views_asked(with.all, "view-status", of("taxi.callList")).ok());
}

TEST_CASE("a view that says nothing of itself is listed all the same", "[view verbs]") {
  contexts_of_all with;
  auto& view = with.at("taxi.callList");
  view.wanted = false;
  view.up = false;
  const auto silent = merge_views({&view}, {});
  const auto& items = *silent.find("items")->get_if<value::array>();
  REQUIRE(items.size() == 1);
  CHECK(*items[0].find("context") == value{"taxi.callList"});
  CHECK(*items[0].find("state") == value{"stopped"});
  CHECK(*items[0].find("store") == value{"sqlite"});
  auto own = of("taxi.callList");
  own["rows"] = 7;
  const auto heard = merge_views({&view}, {of("taxi.other"), own});
  CHECK(*heard.find("items")->get_if<value::array>()->at(0).find("rows") == value{7});
}

TEST_CASE("the sources that a view does without are named with their state", "[view verbs]") {
  contexts_of_all with;
  auto& view = with.at("taxi.callList");
  CHECK(sources_down(view, with.all).empty());
  with.at("taxi.call").wanted = false;
  with.at("taxi.call").up = false;
  with.at("taxi.driver").up = false;
  with.at("taxi.driver").parts[0]->phase = part_phase::failed;
  CHECK(sources_down(view, with.all) == "taxi.call is stopped, taxi.driver is failed");
}

TEST_CASE("a part is down when it will not come by itself soon", "[view verbs]") {
  contexts_of_all with;
  auto& source = with.at("taxi.call");
  const auto down = [&](part_phase phase) {
    source.parts[0]->phase = phase;
    return source.is_down(0);
  };
  CHECK_FALSE(down(part_phase::up));
  CHECK_FALSE(down(part_phase::opening));
  CHECK_FALSE(down(part_phase::stopped)); // not yet begun
  CHECK(down(part_phase::waiting));
  CHECK(down(part_phase::failed));
  source.wanted = false;
  CHECK(down(part_phase::up));
}
