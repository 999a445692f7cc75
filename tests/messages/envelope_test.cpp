#include "messages/envelope.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace troupe;

namespace {

const command_id some_command = command_id::make(1'700'000'000'123, 1, 2);

request some_request() {
  return {.kind = request_kind::command,
          .id = 77,
          .context = "taxi.call",
          .target = {42},
          .name = "callTaxi",
          .command = some_command,
          .remaining_ms = 1500,
          .correlation = "trace-1",
          .payload = "\x80"};
}

std::string frame_of(const request& from) {
  std::string frame;
  append_request(frame, from);
  return frame;
}

error refusal(std::string_view frame, request* seen = nullptr) {
  document scratch;
  request to;
  to.id = 12345;
  std::size_t offset = 0;
  const auto done = read_request(frame, offset, scratch, to);
  REQUIRE_FALSE(done.ok());
  if (seen != nullptr) *seen = to;
  return done.error();
}

void check_equal(const request& left, const request& right) {
  CHECK(left.kind == right.kind);
  CHECK(left.id == right.id);
  CHECK(left.context == right.context);
  CHECK(left.target == right.target);
  CHECK(left.name == right.name);
  CHECK(left.command == right.command);
  CHECK(left.remaining_ms == right.remaining_ms);
  CHECK(left.correlation == right.correlation);
  CHECK(left.payload == right.payload);
  CHECK(left.trace == right.trace);
}

value::array elements_of(const std::string& frame) {
  return *decode_value(frame)->get_if<value::array>();
}

/// A request as raw elements, so that each can be made wrong. Binary parts are written as such.
std::string raw_request(const std::function<void(std::vector<std::string>&)>& change) {
  std::vector<std::string> parts(10);
  const auto put = [](std::string& to, auto write) {
    to.clear();
    writer out{to};
    write(out);
  };
  for (std::size_t i : {0U, 1U, 2U, 5U})
    put(parts[i], [](writer& out) { out.integer(1); });
  parts[1] = encode_value(2);
  parts[2] = encode_value(77);
  parts[3] = encode_value("taxi.call");
  parts[4] = encode_value(42);
  parts[5] = encode_value("callTaxi");
  put(parts[6], [](writer& out) { out.binary(some_command.bytes()); });
  parts[7] = encode_value(1500);
  parts[8] = encode_value("trace-1");
  put(parts[9], [](writer& out) { out.binary("\x80"); });
  change(parts);
  std::string frame;
  writer out{frame};
  out.array(static_cast<std::uint32_t>(parts.size()));
  for (const std::string& each : parts)
    out.raw(each);
  return frame;
}

std::string raw_request(std::size_t position, const value& replacement) {
  return raw_request([&](auto& parts) { parts[position] = encode_value(replacement); });
}

template <class T> T read_back(const std::string& frame) {
  std::size_t offset = 0;
  auto read = read_node_message(frame, offset);
  REQUIRE(read.ok());
  CHECK(offset == frame.size());
  return std::get<T>(*read);
}

} // namespace

TEST_CASE("requests of every kind survive the wire, several in a frame") {
  std::vector<request> sent;
  for (std::uint32_t kind = 1; kind <= 10; ++kind) {
    sent.push_back(some_request());
    sent.back().kind = static_cast<request_kind>(kind);
    sent.back().id = kind;
  }
  sent.push_back({.kind = request_kind::hello, .id = ~std::uint64_t{0}, .remaining_ms = 0});
  std::string frame;
  for (const request& each : sent)
    append_request(frame, each);
  document scratch;
  request to;
  std::size_t offset = 0;
  for (const request& each : sent) {
    REQUIRE(read_request(frame, offset, scratch, to).ok());
    check_equal(to, each);
  }
  CHECK(offset == frame.size());
}

TEST_CASE("the wire form of a request is the documented one") {
  CHECK(raw_request([](auto&) {}) == frame_of(some_request()));
  const auto fixed =
      frame_of({.kind = request_kind::get, .id = 5, .context = "a.b", .target = {3}});
  CHECK(fixed == std::string("\x9a\x01\x03\x05\xa3"
                             "a.b\x03\xa0\xc0\xcd\x07\xd0\xa0\xc4\x00",
                             17));
}

TEST_CASE("elements behind the last known one are ignored, missing ones are refused by name") {
  document scratch;
  request to;
  std::size_t offset = 0;
  const auto longer = raw_request([](auto& parts) {
    parts.push_back(encode_value(value::object{{"new", 1}}));
    parts.push_back(encode_value(nullptr));
  });
  REQUIRE(read_request(longer, offset, scratch, to).ok());
  check_equal(to, some_request());
  const std::vector<std::string> names{"version",     "kind",   "id",         "context",
                                       "target",      "name",   "command_id", "remaining_ms",
                                       "correlation", "payload"};
  for (std::size_t count = 0; count < names.size(); ++count) {
    const auto shorter = raw_request([&](auto& parts) { parts.resize(count); });
    const error failure = refusal(shorter);
    CHECK(failure.code == errc::malformed);
    CHECK(failure.message == names[count] + ": missing");
  }
}

TEST_CASE("what a request says from one node to another survives the wire; clients say nothing") {
  document scratch;
  request to;
  std::optional<forwarded> also;
  for (const auto& sent :
       {forwarded{{3}, std::nullopt}, forwarded{{1}, event_source{"taxi.driver", {2}, {99}}},
        forwarded{{1},
                  std::nullopt,
                  command_caller{command_caller::kind::undo, {"taxi.payment", {0}, {7}}}}}) {
    std::string frame;
    auto traced = some_request();
    if (sent.reacts_to) traced.trace = {1, 2, 3, 1};
    append_forwarded(frame, traced, sent);
    std::size_t offset = 0;
    REQUIRE(read_request(frame, offset, scratch, to, &also).ok());
    check_equal(to, traced);
    REQUIRE(also.has_value());
    CHECK(*also == sent);
    offset = 0;
    REQUIRE(read_request(frame, offset, scratch, to).ok()); // who does not ask is not told
  }
  std::size_t offset = 0;
  REQUIRE(read_request(frame_of(some_request()), offset, scratch, to, &also).ok());
  CHECK_FALSE(also.has_value());

  for (const value& wrong : {value{7}, value{value::array{1}}, value{value::array{"x", "", 0, 0}},
                             value{value::array{1, std::string(200, 'x'), 0, 0}}}) {
    const auto odd = raw_request([&](auto& parts) { parts.push_back(encode_value(wrong)); });
    offset = 0;
    CHECK_FALSE(read_request(odd, offset, scratch, to, &also).ok());
  }
}

TEST_CASE("a trace is an element behind the others, which nobody needs") {
  document scratch;
  request to;
  auto traced = some_request();
  traced.trace = {0x4bf9, 0x2f35, 0x00f0, 1};
  std::size_t offset = 0;
  const auto frame = frame_of(traced);
  REQUIRE(read_request(frame, offset, scratch, to).ok());
  check_equal(to, traced);
  CHECK(offset == frame.size());
  CHECK(frame.size() == frame_of(some_request()).size() + 28);
  std::optional<forwarded> also;
  offset = 0;
  REQUIRE(read_request(frame, offset, scratch, to, &also).ok());
  CHECK_FALSE(also.has_value());
  CHECK(to.trace == traced.trace);
  // The memory of a request is used again: one without a trace has none.
  offset = 0;
  REQUIRE(read_request(frame_of(some_request()), offset, scratch, to).ok());
  CHECK_FALSE(to.trace.given());

  const auto with = [&](const value& trace) {
    return raw_request([&](auto& parts) {
      parts.push_back(encode_value(value{}));
      parts.push_back(encode_value(trace));
    });
  };
  offset = 0;
  REQUIRE(read_request(with(value{}), offset, scratch, to).ok());
  CHECK_FALSE(to.trace.given());
  CHECK(refusal(with(value{7})).message == "trace: wrong type or out of range");
}

TEST_CASE("an element of the wrong type is refused by name") {
  const std::vector<std::pair<std::size_t, std::string>> wrong{
      {0, "version"}, {1, "kind"},       {2, "id"},           {3, "context"},     {4, "target"},
      {5, "name"},    {6, "command_id"}, {7, "remaining_ms"}, {8, "correlation"}, {9, "payload"}};
  for (const auto& [position, name] : wrong) {
    const error failure = refusal(raw_request(position, value::array{}));
    CHECK(failure.code == errc::malformed);
    CHECK(failure.message == name + ": wrong type or out of range");
  }
  CHECK(refusal(raw_request(4, -1)).message.find("target") == 0);
  CHECK(refusal(raw_request(2, -1)).message.find("id") == 0);
  CHECK(refusal(raw_request(6, "0123456789abcdef")).message.find("command_id") == 0);
  CHECK(refusal(encode_value(value::object{{"a", 1}})).message == "a message is an array");
  CHECK(refusal(encode_value(7)).message == "a message is an array");
}

TEST_CASE("every limit of the envelope is exact and names its field") {
  document scratch;
  const auto accepted = [&](const request& from) {
    request to;
    std::size_t offset = 0;
    return read_request(frame_of(from), offset, scratch, to).ok();
  };
  const auto too_large = [&](const request& from, std::string_view field) {
    const error failure = refusal(frame_of(from));
    CHECK(failure.message.find(field) == 0);
    return failure.code == errc::too_large;
  };
  auto from = some_request();
  from.context = std::string(name_bytes_max, 'c');
  from.name = std::string(name_bytes_max, 'n');
  from.correlation = std::string(correlation_bytes_max, 't');
  from.remaining_ms = deadline_ms_max;
  CHECK(accepted(from));
  from.context += 'c';
  CHECK(too_large(from, "context"));
  from = some_request();
  from.name = std::string(name_bytes_max + 1, 'n');
  CHECK(too_large(from, "name"));
  from = some_request();
  from.correlation = std::string(correlation_bytes_max + 1, 't');
  CHECK(too_large(from, "correlation"));
  from = some_request();
  from.remaining_ms = deadline_ms_max + 1;
  CHECK(refusal(frame_of(from)).message.find("remaining_ms") == 0);

  from = some_request();
  const std::size_t rest = frame_of(from).size() + 4; // a long payload has a longer length
  from.payload = std::string(frame_bytes_max - rest, 'x');
  CHECK(accepted(from));
  from.payload += std::string(8, 'x');
  CHECK(too_large(from, "frame"));
}

TEST_CASE("a request that lacks what its kind needs is refused by name") {
  const auto message = [](const std::function<void(request&)>& change) {
    auto from = some_request();
    change(from);
    return refusal(frame_of(from)).message;
  };
  CHECK(message([](auto& from) { from.context.clear(); }) == "context: missing");
  CHECK(message([](auto& from) { from.name.clear(); }) == "name: missing");
  CHECK(message([](auto& from) { from.command = {}; }) ==
        "command_id: missing, but this kind of request needs one");
  CHECK(message([](auto& from) {
          from.kind = request_kind::get;
          from.target = {};
        }) == "target: missing");
  CHECK(message([](auto& from) {
          from.kind = request_kind::admin;
          from.name.clear();
        }) == "name: missing");
}

TEST_CASE("other versions and kinds are refused with the supported range and the request's id") {
  request seen;
  const error version = refusal(raw_request(0, 2), &seen);
  CHECK(version.code == errc::unsupported_version);
  CHECK(version.message.find("versions 1 to 1") != std::string::npos);
  CHECK(seen.id == 77);
  for (const int kind : {0, 11, 129, 1000}) {
    const error failure = refusal(raw_request(1, kind), &seen);
    CHECK(failure.code == errc::unsupported_version);
    CHECK(failure.message.find("kinds 1 to 10") != std::string::npos);
    CHECK(seen.id == 77);
  }
}

TEST_CASE("an error behind the id still tells the id, one before it tells none") {
  request seen;
  (void)refusal(raw_request(9, 1), &seen);
  CHECK(seen.id == 77);
  (void)refusal(raw_request(1, "x"), &seen);
  CHECK(seen.id == 0);
  (void)refusal("\xc1", &seen);
  CHECK(seen.id == 0);
}

TEST_CASE("an answer survives the wire in its documented form") {
  std::string frame;
  append_reply(frame, {9, reply_content{{42}, 3, {5}, true, "\x81\xa1z\x01"}});
  const auto read = read_back<reply>(frame);
  CHECK(read.id == 9);
  REQUIRE(read.ok());
  const auto& content = std::get<reply_content>(read.content);
  CHECK(content.target == aggregate_id{42});
  CHECK(content.seq == 3);
  CHECK(content.epoch == epoch_number{5});
  CHECK(content.replayed);
  CHECK(content.payload == "\x81\xa1z\x01");
  CHECK_FALSE(content.degraded);
  CHECK(elements_of(frame) == value::array{1, 129, 9, 42, 3, 5, 1, "\x81\xa1z\x01", 0, value{}});
}

TEST_CASE("that an answer is not the present state survives the wire") {
  std::string frame;
  reply_content content{{42}, 3, {5}, false, "\x80"};
  content.degraded = degraded_mark{2, 1'500};
  append_reply(frame, {9, content});
  CHECK(std::get<reply_content>(read_back<reply>(frame).content).degraded == content.degraded);
  CHECK(elements_of(frame).back() == value{value::array{2, 1'500}});
}

TEST_CASE("what answers and events say to parts of nodes survives the wire, and may be missing") {
  std::string frame;
  reply_content content{{42}, 3, {5}, false, "\x80"};
  content.at = {77};
  append_reply(frame, {9, content});
  CHECK(std::get<reply_content>(read_back<reply>(frame).content).at == record_index{77});
  frame.clear();
  append_event_push(frame, {9, {7}, "\x90", {6}});
  CHECK(read_back<event_push>(frame).head == record_index{6});

  // An older node sends neither.
  frame.clear();
  writer out{frame};
  out.array(8);
  for (const auto number : {1, 129, 9, 42, 3, 5, 0})
    out.integer(number);
  out.binary("\x80");
  CHECK(std::get<reply_content>(read_back<reply>(frame).content).at == record_index{0});
  frame.clear();
  writer older{frame};
  older.array(5);
  for (const auto number : {1, 131, 9, 7})
    older.integer(number);
  older.binary("\x90");
  CHECK(read_back<event_push>(frame).next == record_index{7});
}

TEST_CASE("a redirect says where to and in which ownership; others say nothing of it") {
  error elsewhere = fail(errc::not_owner, "not here");
  elsewhere.moved = moved_place{"tcp://127.0.0.1:7101", 12};
  std::string frame;
  append_reply(frame, {9, elsewhere});
  CHECK(std::get<error>(read_back<reply>(frame).content) == elsewhere);
  CHECK(elements_of(frame) == value::array{1, 130, 9, "NOT_OWNER", "", "not here", 0,
                                           value::array{"tcp://127.0.0.1:7101", 12}});
  elsewhere.moved->endpoint.clear(); // nobody has it
  frame.clear();
  append_reply(frame, {9, elsewhere});
  CHECK(std::get<error>(read_back<reply>(frame).content) == elsewhere);

  const auto older = encode_value(value::array{1, 130, 9, "NOT_OWNER", "", "not here", 0});
  CHECK_FALSE(std::get<error>(read_back<reply>(older).content).moved);
  for (const value& wrong : {value{7}, value{value::array{"x"}}, value{value::array{1, 2}},
                             value{value::array{std::string(257, 'x'), 1}}}) {
    const auto odd = encode_value(value::array{1, 130, 9, "NOT_OWNER", "", "", 0, wrong});
    std::size_t offset = 0;
    CHECK_FALSE(read_node_message(odd, offset).ok());
  }
}

TEST_CASE("a failure survives the wire in its documented form") {
  std::string frame;
  const error sent{errc::rejected, "INVALID_TRANSITION", "no", 250};
  append_reply(frame, {9, sent});
  const auto read = read_back<reply>(frame);
  REQUIRE_FALSE(read.ok());
  CHECK(std::get<error>(read.content) == sent);
  CHECK(elements_of(frame) ==
        value::array{1, 130, 9, "REJECTED", "INVALID_TRANSITION", "no", 250, nullptr});
  for (const error_info& each : error_table()) {
    frame.clear();
    append_reply(frame, {1, fail(each.code, "why")});
    CHECK(std::get<error>(read_back<reply>(frame).content).code == each.code);
  }
}

TEST_CASE("an error code of a newer node is kept in the message") {
  const auto frame = encode_value(value::array{1, 130, 9, "MOON_PHASE", "", "wait", 0});
  const auto failure = std::get<error>(read_back<reply>(frame).content);
  CHECK(failure.code == errc::internal);
  CHECK(failure.message == "MOON_PHASE: wait");
}

TEST_CASE("an error text over the limit is cut between two characters when it is sent") {
  std::string text(error_message_bytes_max - 1, 'x');
  text += "\xc3\xa9 and more";
  std::string frame;
  append_reply(frame, {1, fail(errc::internal, text)});
  const auto failure = std::get<error>(read_back<reply>(frame).content);
  CHECK(failure.message == std::string(error_message_bytes_max - 1, 'x'));
}

TEST_CASE("a push of events survives the wire in its documented form") {
  const published_event first{.shard = {2},
                              .index = {1000},
                              .ordinal = 1,
                              .aggregate = {42},
                              .seq = 7,
                              .time_ms = 1'700'000'000'123,
                              .cause = some_command,
                              .correlation = "trace",
                              .name = "CalledTaxi",
                              .payload = "\x80",
                              .reacts_to = event_source{"taxi.driver", {1}, {99}}};
  std::string payload;
  writer out{payload};
  out.array(2);
  append_event(out, first);
  append_event(out, {});
  std::string frame;
  append_event_push(frame, {9, {1001}, payload});
  const auto push = read_back<event_push>(frame);
  CHECK(push.id == 9);
  CHECK(push.next == record_index{1001});
  const auto events = decode_events(push.payload);
  REQUIRE(events.ok());
  REQUIRE(events->size() == 2);
  const published_event& read = events->front();
  CHECK(read.shard == first.shard);
  CHECK(read.index == first.index);
  CHECK(read.ordinal == first.ordinal);
  CHECK(read.aggregate == first.aggregate);
  CHECK(read.seq == first.seq);
  CHECK(read.time_ms == first.time_ms);
  CHECK(read.cause == first.cause);
  CHECK(read.correlation == first.correlation);
  CHECK(read.name == first.name);
  CHECK(read.payload == first.payload);
  CHECK(read.reacts_to == first.reacts_to);
  CHECK_FALSE(events->back().reacts_to.has_value());
  CHECK_FALSE(events->back().cause.given());
}

TEST_CASE("messages of a node are checked as strictly as requests") {
  const auto refused = [](const std::string& frame) {
    std::size_t offset = 0;
    const auto read = read_node_message(frame, offset);
    REQUIRE_FALSE(read.ok());
    return read.error();
  };
  CHECK(refused(encode_value(value::array{1, 77, 9})).code == errc::unsupported_version);
  CHECK(refused(encode_value(value::array{2, 129, 9})).code == errc::unsupported_version);
  CHECK(refused(encode_value(value::array{1, 129, 9})).message == "target: missing");
  CHECK(refused(encode_value(value::array{1, 130, 9, "INTERNAL", ""})).message ==
        "message: missing");
  CHECK(refused(encode_value(value::array{1, 130, 9, std::string(129, 'X'), "", "", 0})).code ==
        errc::too_large);
  CHECK(refused(encode_value(value::array{1, 131, 9, "x"})).message.find("next") == 0);
  CHECK(refused("").code == errc::malformed);
}

TEST_CASE("a failure's hint survives the wire, also the one that says never") {
  for (const std::int32_t hint : {0, 1, 250, -1}) {
    error why = fail(errc::overloaded, "slow down");
    why.retry_after_ms = hint;
    std::string frame;
    append_reply(frame, reply{7, why});
    std::size_t offset = 0;
    const auto read = read_node_message(frame, offset);
    REQUIRE(read.ok());
    CHECK(std::get<error>(std::get<reply>(*read).content).retry_after_ms == hint);
  }
}
