#include "tests/actors/random_walk.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

namespace troupe::test {
namespace {

using namespace std::chrono_literals;

/// Whether an error is the recorded end of a command; others leave no trace and may be followed by
/// anything when the id is sent again.
bool decides(errc code) {
  return code == errc::rejected || code == errc::callee_failed || code == errc::ask_timeout;
}

} // namespace

std::pair<std::uint64_t, std::uint64_t> random_walk::seeds() {
  if (const auto* only = std::getenv("TROUPE_SEED")) {
    const auto seed = std::strtoull(only, nullptr, 10);
    return {seed, seed + 1};
  }
  return {1, 201};
}

random_walk::random_walk(std::string_view system, std::uint64_t seed, make_command make)
    : random_(seed), node_(behaviours_of(system), shape(random_)), make_(std::move(make)) {
  for (const auto& each : behaviours_of(system)) {
    contexts_.push_back(each.info->full_name());
    if (each.make_aggregate) deciding_.push_back(each.info->full_name());
  }
}

node_shape random_walk::shape(seeded_random& random) {
  node_shape of;
  of.shards = 1 + static_cast<std::uint32_t>(random.next() % 3);
  of.lanes = 1 + static_cast<std::uint32_t>(random.next() % 3);
  of.limits.residents_max = random.next() % 2 == 0 ? 3 : 1'000;
  of.limits.snapshot_every = 20;
  of.limits.snapshot_when_idle = 5;
  of.limits.dirty_states_max = 4;
  return of;
}

void random_walk::live(int steps) {
  for (int i = 0; i < steps; ++i)
    one_thing();
  come_to_rest();
}

void random_walk::one_thing() {
  const auto what = below(100);
  if (what < 50) {
    send(make_(*this));
  } else if (what < 65) {
    if (sent_.empty()) return;
    auto& again = sent_[below(sent_.size())];
    again.tickets.push_back(node_.post(again.content));
  } else if (what < 80) {
    for (auto left = below(6); left > 0; --left)
      (void)node_.step(static_cast<std::uint32_t>(below(node_.lanes())));
  } else if (what < 86) {
    node_.pass(std::chrono::milliseconds{below(80)});
  } else if (what < 89) {
    node_.maintain(below(2) == 0);
  } else if (what < 92) {
    node_.time_jump(std::chrono::milliseconds{below(1'500)}); // asks time out
  } else if (what < 97) {
    toggle(contexts_[below(contexts_.size())]);
  } else {
    node_.crash_and_restart();
    stopped_.clear();
  }
}

void random_walk::toggle(const std::string& context) {
  if (stopped_.erase(context) > 0) {
    node_.run(); // a stop in a round is over before the start
    return node_.start(context);
  }
  if (below(2) == 0)
    node_.stop(context);
  else
    node_.stop_in_next_round(context);
  stopped_.insert(context);
}

void random_walk::send(request content) {
  sent_.push_back({content, {}});
  sent_.back().tickets.push_back(node_.post(std::move(content)));
}

void random_walk::come_to_rest() {
  node_.run();
  for (const auto& each : stopped_)
    node_.start(each);
  stopped_.clear();
  node_.pass(4'000ms);
  for (auto& each : sent_) { // in the end every caller learns what became of its command
    for (int trial = 0; trial < 4; ++trial) {
      const auto of = node_.post(each.content);
      node_.pass(10ms);
      each.tickets.push_back(of);
      const auto got = node_.answer_to(of);
      if (got && (got->ok() || info(got->failure().code).again != retry::same_id)) break;
      node_.pass(3'000ms);
    }
  }
  node_.pass(65'000ms); // also voids that nobody answered
}

void random_walk::check_answers() {
  std::map<command_id, int> decided;
  for (const auto& context : deciding_) {
    for (std::uint32_t shard = 0; shard < node_.shards(); ++shard) {
      for (const auto& each : node_.records(context, shard))
        if (each.command.given() && each.outcome != turn_outcome::asked) ++decided[each.command];
    }
  }
  node_.pass(1'000ms); // the contexts were stopped for reading
  for (const auto& [id, times] : decided) {
    INFO("command " << id.text());
    CHECK(times == 1);
  }
  for (const auto& each : sent_)
    check_answers_of(each);
  for (const auto& context : deciding_) {
    for (std::uint32_t shard = 0; shard < node_.shards(); ++shard) {
      INFO(context);
      CHECK(node_.counters(context, shard).open_asks == 0);
      CHECK(node_.counters(context, shard).open_voids == 0);
    }
  }
}

void random_walk::check_answers_of(const sent_command& sent) {
  std::optional<said> first;
  for (const auto of : sent.tickets) {
    const auto got = node_.answer_to(of);
    if (!got) continue;
    if (!got->ok() && !decides(got->failure().code)) continue;
    if (!first) first = got;
    INFO("command " << sent.content.command.text() << " " << sent.content.name);
    REQUIRE(got->ok() == first->ok());
    if (got->ok()) {
      CHECK(got->reply().target == first->reply().target);
      CHECK(got->reply().seq == first->reply().seq);
      CHECK(got->reply().payload == first->reply().payload);
    } else {
      CHECK(got->failure() == first->failure());
    }
  }
}

void random_walk::check_rebuild() {
  std::map<std::string, std::map<std::int64_t, value>> live;
  for (const auto& context : contexts_)
    live[context] = node_.list(context);
  node_.crash();
  node_.disk().lose_derived();
  node_.come_back();
  node_.pass(2'000ms);
  for (const auto& context : contexts_) {
    INFO(context << " built anew");
    CHECK(node_.list(context) == live[context]);
  }
}

std::map<std::pair<std::int64_t, std::string>, int>
random_walk::events_of(const std::string& context) {
  std::map<std::pair<std::int64_t, std::string>, int> times;
  for (std::uint32_t shard = 0; shard < node_.shards(); ++shard) {
    for (const auto& each : node_.records(context, shard))
      for (const auto& event : each.events)
        ++times[{each.aggregate, event}];
  }
  node_.pass(1'000ms); // the context was stopped for reading
  return times;
}

} // namespace troupe::test
