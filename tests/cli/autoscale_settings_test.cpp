#include "bin/launcher/autoscale_settings.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;
using std::chrono::milliseconds;

namespace {

autoscale_plan plan_of(const autoscale_words& words, std::optional<std::uint32_t> nodes = {}) {
  auto said = read_autoscale(words, nodes);
  if (const auto* wrong = std::get_if<failure>(&said)) FAIL(wrong->what + ": " + wrong->why);
  REQUIRE(std::get<std::optional<autoscale_plan>>(said));
  return *std::get<std::optional<autoscale_plan>>(said);
}

failure refused(const autoscale_words& words, std::optional<std::uint32_t> nodes = {}) {
  auto said = read_autoscale(words, nodes);
  REQUIRE(std::holds_alternative<failure>(said));
  CHECK(std::get<failure>(said).exit == 2);
  CHECK_FALSE(std::get<failure>(said).next.empty());
  return std::get<failure>(said);
}

} // namespace

TEST_CASE("Autoscaling is off unless it is asked for; its defaults are those of the page") {
  CHECK_FALSE(std::get<std::optional<autoscale_plan>>(read_autoscale({}, 3)));
  const auto got = plan_of({.range = "1..3"});
  CHECK(got.nodes == node_range{1, 3});
  CHECK(got.targets == std::vector<load_target>{{load_metric::cpu, 60}});
  CHECK(got.pace == autoscale_pace{});
}

TEST_CASE("What was said comes out of the plan again") {
  const autoscale_words words{.range = "2..5",
                              .targets = {"cpu=45%", "mailbox_p95=5ms"},
                              .out_after = "1s",
                              .in_after = "3s",
                              .out_pause = "2s",
                              .in_pause = "4s"};
  const auto got = plan_of(words, 4);
  CHECK(got.pace.sample_every == milliseconds{100}); // ten times within the shortest
  CHECK(autoscale_flags(got) ==
        std::vector<std::string>{"--autoscale=2..5", "--target=cpu=45%", "--target=mailbox_p95=5ms",
                                 "--scale-out-after=1000ms", "--scale-in-after=3000ms",
                                 "--scale-out-pause=2000ms", "--scale-in-pause=4000ms"});
  CHECK(autoscale_toml(got).starts_with(
      "autoscale = \"2..5\"\ntarget = [\"cpu=45%\", \"mailbox_p95=5ms\"]\n"));
  CHECK(autoscale_flags(std::nullopt).empty());
  CHECK(autoscale_toml(std::nullopt).starts_with("# autoscale = "));
}

TEST_CASE("What cannot be done is refused with what is wrong") {
  CHECK(refused({.range = "3..1"}).why == "3 is more than 1");
  CHECK(refused({.range = "three"}).why.find("MIN..MAX") != std::string::npos);
  CHECK(refused({.range = "0..3"}).why == "there can be 1 to 16 nodes");
  CHECK(refused({.range = "1..17"}).what == "cannot use --autoscale 1..17");
  CHECK(refused({.range = "1..3", .targets = {"memory=5%"}}).why.find("no metric 'memory'") !=
        std::string::npos);
  CHECK(refused({.range = "1..3", .targets = {"cpu=0%"}}).what == "cannot use --target cpu=0%");
  CHECK(refused({.range = "1..3", .targets = {"cpu=5%", "cpu=6%"}}).why ==
        "there are two targets for cpu");
  CHECK(refused({.range = "1..3", .out_after = "1ms"}).why == "it is from 500ms to 10m");
  CHECK(refused({.range = "1..3", .in_pause = "soon"}).what == "cannot use --scale-in-pause soon");
  CHECK(refused({.range = "1..3"}, 4).what == "cannot use --nodes 4 with --autoscale 1..3");
  CHECK(refused({.targets = {"cpu=5%"}}).what == "cannot use --target");
  CHECK(refused({.out_pause = "5s"}).why.find("without --autoscale") != std::string::npos);
}
