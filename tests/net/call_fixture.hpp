#pragma once

#include "net/sdk/call_table.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace troupe::test {

/// The calls of a client without a cluster, driven by hand: what is ready is sent, answers and time
/// are given.
struct call_fixture {
  client_options options;
  seeded_random random{7};
  simulated_clock time;
  router ways{random};
  call_table table{options, random, ways};
  std::optional<result<call_reply>> outcome;

  void open(std::chrono::milliseconds deadline = std::chrono::milliseconds{2000}) {
    request content;
    content.kind = request_kind::command;
    content.context = "taxi.call";
    content.name = "callTaxi";
    table.open({content, [this](result<call_reply> done) { outcome = std::move(done); },
                time.monotonic() + deadline},
               time.monotonic(), time.wall());
  }
  /// Sends what is ready; its id, 0 if nothing is.
  std::uint64_t send() {
    const auto* next = table.next_ready(home_link, time.monotonic());
    if (next == nullptr) return 0;
    const auto id = next->id;
    table.sent(home_link);
    return id;
  }
  void fail_with(std::uint64_t id, errc code) {
    table.take(home_link, reply{id, fail(code, "no")}, time.monotonic());
  }
  void pass(std::chrono::milliseconds by) {
    time.advance(by);
    table.advance(time.monotonic());
  }
  [[nodiscard]] errc code() const { return outcome->error().code; }
};

} // namespace troupe::test
