#include "messages/trace_context.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troupe;

namespace {

const std::string header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

trace_context some_trace() {
  return parse_traceparent(header).value();
}

} // namespace

TEST_CASE("A traceparent is read and written as it came", "[trace]") {
  const auto read = parse_traceparent(header);
  REQUIRE(read.ok());
  CHECK(read->trace_text() == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(read->span_text() == "00f067aa0ba902b7");
  CHECK(read->flags == 1);
  CHECK(traceparent_text(*read) == header);
  CHECK(traceparent_text({}).empty());
  CHECK(trace_context{}.trace_text().empty());
  CHECK_FALSE(trace_context{}.given());
}

TEST_CASE("A later version is read as far as it is known", "[trace]") {
  CHECK(*parse_traceparent("cc" + header.substr(2) + "-what-ever-comes") == some_trace());
  CHECK(*parse_traceparent("01" + header.substr(2)) == some_trace());
  // Flags that nobody here knows are not handed on.
  CHECK(parse_traceparent(header.substr(0, 53) + "ff")->flags == 3);
}

TEST_CASE("What is no traceparent is refused, and says what one is", "[trace]") {
  std::string upper = header;
  upper[5] = 'F';
  const std::vector<std::string> all{std::string{},
                                     header.substr(1),
                                     header + "0",
                                     header + "-00",
                                     "ff" + header.substr(2),
                                     "0x" + header.substr(2),
                                     "cc" + header.substr(2) + "0",
                                     upper,
                                     "00-" + std::string(32, '0') + "-00f067aa0ba902b7-01",
                                     "00-4bf92f3577b34da6a3ce929d0e0e4736-" + std::string(16, '0') +
                                         "-01",
                                     "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                     "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
                                     "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
                                     "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
                                     std::string(55, '\xff'),
                                     std::string(55, '-'),
                                     std::string(100'000, '0')};
  for (const auto& wrong : all) {
    const auto read = parse_traceparent(wrong);
    INFO(wrong.substr(0, 80));
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == errc::malformed);
    CHECK(read.error().message.find("traceparent: ") == 0);
    CHECK(read.error().message.find("expected is 00-") != std::string::npos);
  }
}

TEST_CASE("The bytes of a trace come back, and others are none", "[trace]") {
  const auto bytes = some_trace().bytes();
  const std::string_view held{bytes.data(), bytes.size()};
  CHECK(held.substr(0, 4) == "\x4b\xf9\x2f\x35");
  CHECK(held.back() == 1);
  CHECK(*trace_context::from_bytes(held) == some_trace());
  CHECK_FALSE(trace_context::from_bytes(held.substr(1)));
  CHECK_FALSE(trace_context::from_bytes(std::string(25, '\0')));
  CHECK_FALSE(trace_context::from_bytes("")); // none
}

TEST_CASE("A turn hands its trace on under a span that follows from its command", "[trace]") {
  const command_id turn{1, 2};
  const auto next = some_trace().handed_on_by(turn);
  CHECK(next.trace_text() == some_trace().trace_text());
  CHECK(next.flags == 1);
  CHECK(next.span == span_of(turn));
  CHECK(next.span != some_trace().span);
  CHECK(next.handed_on_by({1, 3}).span != next.span);
  CHECK(span_of({2, 1}) != span_of({1, 2}));
  CHECK(span_of({}) != 0);
  CHECK_FALSE(trace_context{}.handed_on_by(turn).given()); // nothing begins by itself
  CHECK(trace_note(some_trace()) == " trace=4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(trace_note({}).empty());
}
