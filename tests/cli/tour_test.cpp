#include "bin/cli/tour.hpp"

#include "messages/descriptor.hpp"
#include "tests/cli/fake_cluster.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <fstream>
#include <iterator>

using namespace troupe;
using namespace troupe::cli;

namespace {

/// A gateway that gives prepared answers and keeps what it was asked.
struct fake_gateway {
  simulated_clock time;
  fake_interruption pause{time};
  std::ostringstream out;
  std::deque<http_answer> answers; ///< the last is given for ever
  std::vector<http_request> asked;

  result<void> play(std::string_view tour) {
    const auto steps = parse_tour(tour);
    REQUIRE(steps);
    tour_stage on{
        [this](const http_request& request, std::chrono::milliseconds) -> result<http_answer> {
          asked.push_back(request);
          if (answers.empty()) return fail(errc::unreachable, "nobody there");
          const http_answer answer = answers.front();
          if (answers.size() > 1) answers.pop_front();
          return answer;
        },
        time, pause, out};
    return cli::play(*steps, on);
  }
};

http_answer json(std::uint16_t status, std::string body) {
  return {status, "application/json", std::move(body)};
}

} // namespace

TEST_CASE("Saved values are filled into later paths, bodies and conditions") {
  fake_gateway on;
  on.answers = {json(201, R"({"id":7,"status":"Called"})"), json(200, R"({"call":7,"text":"n7"})")};
  const auto done = on.play(R"([
    {"say":"a","method":"POST","path":"/calls","body":{"cost":5},"expect_status":201,
     "save":{"call":"id"}},
    {"say":"b","method":"PATCH","path":"/calls/${call}","body":{"n":"${call}","t":"n${call}"},
     "until":{"call":"${call}","text":"n${call}"}}])");
  REQUIRE(done);
  CHECK(on.asked[0].body == R"({"cost":5})");
  CHECK(on.asked[1].target == "/calls/7");
  CHECK(on.asked[1].body == R"({"n":7,"t":"n7"})");
}

TEST_CASE("Every request and answer is printed, indented") {
  fake_gateway on;
  on.answers = {json(200, R"({"status":"Called"})")};
  REQUIRE(on.play(R"([{"say":"Look.","path":"/calls/1"}])"));
  CHECK(on.out.str() == "\n1. Look.\n   GET /calls/1\n   -> 200\n     {\n"
                        "       \"status\": \"Called\"\n     }\n");
}

TEST_CASE("An eventual step asks again until it comes true") {
  fake_gateway on;
  on.answers = {json(404, ""), json(200, R"({"_embedded":{"drivers":[]}})"),
                json(200, R"({"_embedded":{"drivers":[{"callId":7}]}})")};
  REQUIRE(on.play(R"([{"say":"x","path":"/drivers","within_ms":1000,
                       "until":{"/_embedded/drivers/0/callId":7}}])"));
  CHECK(on.asked.size() == 3);
  CHECK(on.pause.waits == 2);
  CHECK(on.out.str().find("asked 3 times") != std::string::npos);
}

TEST_CASE("An eventual step gives up at its deadline and says what it saw") {
  fake_gateway on;
  on.answers = {json(200, R"({"status":"Called"})")};
  const auto done =
      on.play(R"([{"say":"x","path":"/c","within_ms":1000,"until":{"status":"Accepted"}}])");
  REQUIRE_FALSE(done);
  CHECK(done.error().message == R"(step 1 (x): 'status' is "Called", not "Accepted" after 1.0 s)");
  CHECK(on.asked.size() < 15);
}

TEST_CASE("A step that must come out at once fails at the first answer") {
  fake_gateway on;
  on.answers = {json(503, R"({"code":"CONTEXT_DOWN"})")};
  const auto done = on.play(R"([{"say":"x","path":"/c"},{"say":"y","path":"/d"}])");
  REQUIRE_FALSE(done);
  CHECK(done.error().message == "step 1 (x): the status is 503, not 200");
  CHECK(on.asked.size() == 1);
  CHECK(on.out.str().find("CONTEXT_DOWN") != std::string::npos);
  fake_gateway silent;
  CHECK(silent.play(R"([{"say":"x","path":"/c"}])").error().code == errc::unreachable);
}

TEST_CASE("Ctrl-C ends a tour in the middle of a wait") {
  fake_gateway on;
  on.answers = {json(404, "")};
  simulated_clock time;
  fake_interruption stopped{time, 1};
  const auto steps = parse_tour(R"([{"say":"x","path":"/c","within_ms":60000}])");
  tour_stage stage{[](const http_request&, std::chrono::milliseconds) {
                     return result<http_answer>{json(404, "")};
                   },
                   time, stopped, on.out};
  CHECK(play(*steps, stage).error().code == errc::shutting_down);
}

TEST_CASE("A tour with a mistake is refused before anything is played") {
  for (const char* wrong :
       {"", "{}", "[]", R"([{"say":"x"}])", R"([{"path":"/x"}])", R"([{"say":"x","path":"x"}])",
        R"([{"say":"x","path":"/x","expectstatus":200}])",
        R"([{"say":"x","path":"/x","within_ms":99999999}])",
        R"([{"say":"x","path":"/x","save":{"a":1}}])", R"([{"say":"x","path":"/x","body":[]}])"}) {
    INFO(wrong);
    CHECK_FALSE(parse_tour(wrong));
  }
  fake_gateway on;
  on.answers = {json(200, "{}")};
  CHECK(on.play(R"([{"say":"x","path":"/${nope}"}])").error().message.find("nope") !=
        std::string::npos);
}

TEST_CASE("Parts of a value are found by field or JSON pointer") {
  value whole;
  whole["a"] = value::array{value{1}, value{value::object{{"b", "c"}}}};
  CHECK(*part_of(whole, "/a/1/b") == value{"c"});
  CHECK(part_of(whole, "a") != nullptr);
  for (const char* none : {"b", "/a/2", "/a/x", "/a/1/b/c", "/a/-1"})
    CHECK(part_of(whole, none) == nullptr);
}

TEST_CASE("Every system has a tour that can be read") {
  for (const context_info& each : all_contexts()) {
    std::ifstream in{std::string{TROUPE_TOURS_DIR} + '/' + std::string{each.system} + ".json"};
    INFO(each.system);
    REQUIRE(in);
    const auto steps = parse_tour(std::string{std::istreambuf_iterator<char>{in}, {}});
    if (!steps) FAIL(steps.error().message);
    for (const tour_step& step : *steps)
      CHECK(step.request.target.starts_with('/' + std::string{each.system} + '/'));
  }
}
