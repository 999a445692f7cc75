#include "messages/credit.hpp"
#include "messages/envelope.hpp"
#include "messages/hello.hpp"
#include "messages/list_reply.hpp"
#include "net/sdk/call_table.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <string>

using namespace troupe;

namespace {

const std::string& page_text() {
  static const std::string text = [] {
    std::ifstream file{std::string{TROUPE_DOCS_DIR} + "/protocol.md"};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  }();
  return text;
}

/// As the page shows bytes: a heading, then sixteen bytes a line with what is readable beside them.
std::string dump(const std::string& title, const std::string& bytes) {
  constexpr std::size_t per_line = 16;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "### " + title + "\n\n```\n";
  for (std::size_t start = 0; start < bytes.size(); start += per_line) {
    std::string hex;
    std::string readable;
    for (auto i = start; i < std::min(start + per_line, bytes.size()); ++i) {
      const auto byte = static_cast<unsigned char>(bytes[i]);
      hex.push_back(digits[byte >> 4U]);
      hex.push_back(digits[byte & 15U]);
      hex.push_back(' ');
      readable.push_back(byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.');
    }
    hex.resize(per_line * 3, ' ');
    text += hex + " " + readable + "\n";
  }
  return text + "```\n";
}

void check(const std::string& title, const std::string& bytes) {
  const auto wanted = dump(title, bytes);
  INFO("docs/protocol.md should contain:\n" << wanted);
  CHECK(page_text().find(wanted) != std::string::npos);
}

request base(request_kind kind, std::uint64_t id) {
  request from;
  from.kind = kind;
  from.id = id;
  return from;
}

std::string bytes_of(const request& from) {
  std::string frame;
  append_request(frame, from);
  return frame;
}

std::string bytes_of(const reply& from) {
  std::string frame;
  append_reply(frame, from);
  return frame;
}

} // namespace

TEST_CASE("the bytes of requests on the protocol page are those the code writes") {
  auto hello = base(request_kind::hello, 1);
  hello.payload = encode_hello_request({"demo", "example/1"});
  check("Hello request", bytes_of(hello));

  auto command = base(request_kind::command, 2);
  command.context = "taxi.call";
  command.name = "callTaxi";
  command.command = {0x0189'0a5d'ac96'7123, 0x8456'789a'bcde'f012};
  command.payload = encode_value(value::object{{"customerId", 7}, {"destination", "Central"}});
  check("Command", bytes_of(command));
  command.trace =
      parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
  check("Command with a trace", bytes_of(command));

  auto list = base(request_kind::list, 3);
  list.context = "taxi.call";
  list.payload = encode_list_request({{1}, {{"status", "Called"}}, "cost", true, 0, 20});
  check("List request", bytes_of(list));

  auto subscribe = base(request_kind::subscribe, 4);
  subscribe.context = "taxi.call";
  subscribe.payload = encode_subscribe_request({{0}, {1}, false, 256});
  check("Subscribe request", bytes_of(subscribe));

  auto credit = base(request_kind::credit, 4);
  credit.payload = encode_credit(64);
  check("Credit", bytes_of(credit));
}

TEST_CASE("the bytes of answers on the protocol page are those the code writes") {
  hello_reply hello{"node-1", "troupe/0.1.0", 1, 1, {{"taxi.call", 4, false, true}}};
  check("Hello answer",
        bytes_of(reply{1, reply_content{{}, 0, {}, false, encode_hello_reply(hello)}}));
  shard_map map;
  map.version = 5;
  map.members = {{"n1", 2, "tcp://10.0.0.1:7100", "troupe/0.1.0", "active"}};
  map.contexts["taxi.call"] = {{0, {3}}, {map_owner::nobody, {1}}};
  hello.cluster = map;
  check("Hello answer of a member",
        bytes_of(reply{1, reply_content{{}, 0, {}, false, encode_hello_reply(hello)}}));
  error elsewhere = fail(errc::not_owner, "taxi.call/0 is elsewhere");
  elsewhere.moved = moved_place{"tcp://10.0.0.2:7100", 4};
  check("Redirect", bytes_of(reply{2, elsewhere}));
  check("Answer", bytes_of(reply{2, reply_content{{42}, 1, {3}, false, "\x80"}}));
  check("Failure",
        bytes_of(reply{2, error{errc::rejected, "INVALID_TRANSITION", "the ride is over", 0}}));
  const list_reply rows{1, {{{42}, encode_value(value::object{{"cost", 900}})}}};
  check("List answer",
        bytes_of(reply{3, reply_content{{}, 0, {}, false, encode_list_reply(rows)}}));

  published_event event;
  event.shard = {0};
  event.index = {17};
  event.aggregate = {42};
  event.seq = 1;
  event.time_ms = 1'700'000'000'000;
  event.cause = {0x0189'0a5d'ac96'7123, 0x8456'789a'bcde'f012};
  event.name = "CalledTaxi";
  event.payload = encode_value(value::object{{"id", 42}});
  event_push push{4, {18}, {}};
  writer out{push.payload};
  out.array(1);
  append_event(out, event);
  std::string frame;
  append_event_push(frame, push);
  check("Events", frame);
}

TEST_CASE("the shard of a command without a target is computed as the page says") {
  const auto id = command_id::make(1'700'000'000'123, 11, 12);
  const auto bytes = id.bytes();
  std::uint64_t number = 0;
  for (const char each : bytes.substr(8))
    number = number << 8U | static_cast<unsigned char>(each);
  for (const std::uint32_t shards : {1U, 4U, 7U, 16U})
    CHECK(shard_of(id, shards).value == (number * 0x9e3779b97f4a7c15ULL >> 32U) % shards);
}

TEST_CASE("every limit and kind of the protocol page is the code's") {
  CHECK(page_text().find("# Client protocol, version " + std::to_string(protocol_version)) == 0);
  CHECK(frame_bytes_max == 1024 * 1024);
  CHECK(name_bytes_max == 128);
  CHECK(correlation_bytes_max == 128);
  CHECK(deadline_ms_max == 60'000);
  CHECK(list_limit_max == 10'000);
  CHECK(credit_max == 65'536);
  for (const std::string_view part :
       {"| 10 | void ask |", "| 10 | forwarded | array | **between nodes only**",
        "payload bin, at uint, nil or degraded `[as_of uint, age_ms uint]` |",
        "retry_after_ms int (0: no hint, -1: never), moved: nil or `[endpoint text, epoch uint]` |",
        "next uint, payload bin, head uint |", "0x9e3779b97f4a7c15"}) {
    INFO(part);
    CHECK(page_text().find(part) != std::string::npos);
  }
  CHECK(call_table::hops_max == 3);
  CHECK(static_cast<int>(request_kind::void_ask) == 10);
}
