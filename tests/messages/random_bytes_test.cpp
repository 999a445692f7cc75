#include "messages/envelope.hpp"
#include "messages/fields.hpp"
#include "messages/json.hpp"
#include "messages/taxi.hpp"
#include "seams/random.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

namespace {

std::string random_bytes(seeded_random& random, std::size_t size_max) {
  std::string made(random.next() % size_max, '\0');
  for (char& each : made)
    each = static_cast<char>(random.next());
  return made;
}

/// Changes a few bytes, cuts the end off or repeats a part: stays close to what is well formed.
std::string damaged(seeded_random& random, std::string from) {
  for (auto changes = random.next() % 4; changes > 0 && !from.empty(); --changes)
    from[random.next() % from.size()] = static_cast<char>(random.next());
  if (random.next() % 4 == 0) from.resize(random.next() % (from.size() + 1));
  if (random.next() % 8 == 0) from += from.substr(from.size() / 2);
  return from;
}

/// Gives the bytes to everything that reads from outside; nothing may throw or read out of bounds,
/// and what is accepted must be consistent.
void read_everything(const std::string& bytes, document& scratch) {
  if (scratch.parse(bytes).ok()) {
    REQUIRE(scratch.nodes().front().after == scratch.nodes().size());
    (void)to_json(scratch.root().to_value());
  }
  if (const auto held = decode_value(bytes); held.ok()) {
    const std::string again = encode_value(*held);
    const auto twice = decode_value(again);
    REQUIRE(twice.ok());
    REQUIRE(encode_value(*twice) == again);
  }
  request asked;
  std::size_t offset = 0;
  while (offset < bytes.size() && read_request(bytes, offset, scratch, asked).ok())
    REQUIRE(offset <= bytes.size());
  offset = 0;
  while (offset < bytes.size() && read_node_message(bytes, offset).ok())
    REQUIRE(offset <= bytes.size());
  (void)decode_list_request(bytes).ok();
  (void)decode_subscribe_request(bytes).ok();
  (void)decode_events(bytes).ok();
  (void)decoded<taxi::called_taxi>(bytes).ok();
  (void)parse_json(bytes).ok();
}

std::vector<std::string> well_formed() {
  std::vector<std::string> corpus;
  corpus.push_back(encode_value(value::object{{"a", value::array{1, -1, 70000, 1.5, "x"}},
                                              {"b", value::object{{"c", nullptr}}}}));
  append_request(corpus.emplace_back(), {.id = 7,
                                         .context = "taxi.call",
                                         .target = {3},
                                         .name = "callTaxi",
                                         .command = command_id::make(1, 2, 3),
                                         .remaining_ms = 100,
                                         .correlation = "trace",
                                         .payload = encoded(taxi::call_taxi{1, "here", 2})});
  append_reply(corpus.emplace_back(), {7, reply_content{{3}, 1, {2}, true, "\x80"}});
  append_reply(corpus.emplace_back(), {7, fail(errc::overloaded, "full")});
  append_event_push(corpus.emplace_back(), {7, {9}, "\x90"});
  corpus.push_back(encode_list_request({.filter = {{"status", "Called"}}, .sort = "cost"}));
  corpus.push_back(encode_subscribe_request({.from = {5}}));
  writer out{corpus.emplace_back()};
  out.array(1);
  append_event(out, {.cause = command_id::make(1, 2, 3), .name = "CalledTaxi", .payload = "\x80"});
  corpus.push_back(encoded(taxi::called_taxi{1, 2, "there", "Called", 5}));
  corpus.emplace_back(R"({"a":[1,2.5,-3e4,"\u00e9",true,null],"b":{"c":{}}})");
  return corpus;
}

} // namespace

TEST_CASE("random bytes are read or refused, never more") {
  seeded_random random{20'241'001};
  document scratch;
  for (int i = 0; i < 40'000; ++i)
    read_everything(random_bytes(random, 96), scratch);
}

TEST_CASE("damaged messages are read or refused, never more") {
  seeded_random random{20'241'002};
  document scratch;
  const auto corpus = well_formed();
  for (const std::string& each : corpus)
    read_everything(each, scratch);
  for (int i = 0; i < 60'000; ++i)
    read_everything(damaged(random, corpus[random.next() % corpus.size()]), scratch);
}
