#include "tests/handoff/stories.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <iterator>
#include <stdexcept>

/// An operator moves shards while clients work, and looks inside meanwhile.
namespace troupe::test {
namespace {

/// What an operator says to one node; its error's code if it is refused.
class operator_at {
public:
  operator_at(const node_group& nodes, const std::string& name) : endpoint_(nodes.endpoint(name)) {
    client_options options;
    options.endpoints = {endpoint_};
    options.deadline = std::chrono::seconds{10};
    auto made = client::connect(std::move(options));
    if (!made) throw std::runtime_error(made.error().message);
    through_.emplace(std::move(*made));
  }
  [[nodiscard]] result<value> say(const std::string& verb, value::object arguments) {
    call_options only;
    only.endpoint = endpoint_;
    return through_->admin(verb, value{std::move(arguments)}, only).get();
  }
  [[nodiscard]] std::string refused(const std::string& verb, value::object arguments) {
    const auto said = say(verb, std::move(arguments));
    return said ? "OK" : std::string{said.error().shown_code()};
  }

private:
  std::string endpoint_;
  std::optional<client> through_;
};

std::string owner_of(const node_group& nodes, const shard_ref& which) {
  const auto view = nodes.agreed();
  const auto* row = view.find_shard(which);
  return row == nullptr || row->target.given() ? std::string{} : row->owner.node;
}

TEST_CASE("shards that are moved by hand fail no request, and stay where they were put") {
  node_group nodes{{"--system", "taxi", "--expect", "2", "--move-pause-ms", "300"}};
  nodes.start({"n1", "n2"});
  crowd clients{nodes, rides()};
  CHECK(clients.does(300));
  operator_at n1{nodes, "n1"};
  // Given: a shard of the calls at each node. When: all of them go to n2, told to n1.
  const auto view = nodes.agreed();
  std::vector<shard_ref> calls;
  for (const auto& each : view.shards)
    if (each.which.context == "taxi.call") calls.push_back(each.which);
  REQUIRE(calls.size() > 1);
  for (const auto& which : calls) {
    const auto said = n1.say(
        "shard-move", {{"context", "taxi.call"}, {"shard", which.shard.value}, {"to", "n2"}});
    if (!said) CHECK(said.error().shown_code() == "ALREADY_THERE");
    CHECK(eventually([&] { return owner_of(nodes, which) == "n2"; }));
  }
  // Several times as long as a shard rests before balancing may move it.
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds{1'200};
  while (std::chrono::steady_clock::now() < until) {
    CHECK(clients.does(100));
    for (const auto& which : calls)
      CHECK(owner_of(nodes, which) == "n2");
  }
  // Then: n2 says that it has them, n1 that it has none, and top answers at both.
  operator_at n2{nodes, "n2"};
  const auto here = n2.say("shards", {{"context", "taxi.call"}}).value();
  CHECK(here.find("items")->get_if<value::array>()->size() == calls.size());
  const auto there = n1.say("shards", {{"context", "taxi.call"}}).value();
  CHECK(there.find("items")->get_if<value::array>()->empty());
  for (auto* each : {&n1, &n2}) {
    const auto top = each->say("top", {{"by", "rate"}, {"window_ms", 200}});
    REQUIRE(top);
    CHECK(top->find("items")->get_if<value::array>() != nullptr);
  }
  CHECK_FALSE(
      n2.say("top", {{"by", "rate"}}).value().find("items")->get_if<value::array>()->empty());
  const auto move_to = [&](const char* to) {
    return n1.refused("shard-move", {{"context", "taxi.call"}, {"shard", 0}, {"to", to}});
  };
  CHECK(move_to("n2") == "ALREADY_THERE");
  CHECK(move_to("n9") == "NOT_FOUND");
  // When they are set free, they are spread again.
  for (const auto& which : calls)
    CHECK(n1.refused("shard-move",
                     {{"context", "taxi.call"}, {"shard", which.shard.value}, {"to", "any"}}) ==
          "OK");
  CHECK(eventually([&] {
    const auto now = nodes.agreed();
    return std::any_of(calls.begin(), calls.end(), [&](const shard_ref& each) {
      return now.find_shard(each)->owner.node == "n1";
    });
  }));
  clients.check_events();
  INFO(clients.wrong().text());
  CHECK(clients.wrong().count() == 0);
}

} // namespace
} // namespace troupe::test
