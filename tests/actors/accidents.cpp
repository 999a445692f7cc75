#include "tests/actors/accidents.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <map>

namespace troupe::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t seeds = 200;

node_shape some_shape(seeded_random& random) {
  node_shape of;
  of.shards = 1 + static_cast<std::uint32_t>(random.next() % 3);
  of.lanes = 1 + static_cast<std::uint32_t>(random.next() % 3);
  of.limits.residents_max = random.next() % 2 == 0 ? 3 : 1'000;
  of.limits.snapshot_every = 20;
  of.limits.snapshot_when_idle = 5;
  of.limits.dirty_states_max = 4;
  return of;
}

/// Whether an error is the recorded end of a command; others leave no trace and may be followed by
/// anything when the id is sent again.
bool decides(errc code) {
  return code == errc::rejected || code == errc::callee_failed || code == errc::ask_timeout;
}

bool is_view(const context_behaviour& of) {
  return of.info->kind == context_kind::view;
}

} // namespace

const std::vector<context_behaviour>& behaviours_of(const std::string& system) {
  static std::map<std::string, std::vector<context_behaviour>> known;
  const auto [found, is_new] = known.try_emplace(system);
  if (is_new) {
    for (const auto& each : all_behaviours())
      if (each.info->system == system) found->second.push_back(each);
  }
  return found->second;
}

accidents::accidents(std::uint64_t seed, const std::string& system)
    : behaviours_(behaviours_of(system)), random_(seed), node_(behaviours_, some_shape(random_)) {}

void accidents::live(int steps) {
  for (int i = 0; i < steps; ++i)
    one_thing();
  come_to_rest();
}

void accidents::check() {
  check_answers();
  check_asks();
  check_business();
  check_rebuild();
}

void accidents::one_thing() {
  const auto what = below(100);
  if (what < 50) {
    send(any_command());
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
    toggle(behaviours_[below(behaviours_.size())].info->full_name());
  } else {
    node_.crash_and_restart();
    stopped_.clear();
  }
}

void accidents::toggle(const std::string& context) {
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

void accidents::send(request content) {
  sent_.push_back({content, {}});
  sent_.back().tickets.push_back(node_.post(std::move(content)));
}

void accidents::come_to_rest() {
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

/// All definite answers to one command say the same; it has one turn that decides it.
void accidents::check_answers() {
  std::map<command_id, int> decided;
  for (const auto& context : behaviours_) {
    if (is_view(context)) continue;
    for (std::uint32_t shard = 0; shard < node_.shards(); ++shard) {
      for (const auto& each : node_.records(context.info->full_name(), shard)) {
        if (each.command.given() && each.outcome != turn_outcome::asked) ++decided[each.command];
      }
    }
  }
  for (const auto& [id, times] : decided) {
    INFO("command " << id.text());
    CHECK(times == 1);
  }
  node_.pass(1'000ms); // the contexts were stopped for reading
  for (const auto& each : sent_) {
    std::optional<said> first;
    for (const auto of : each.tickets) {
      const auto got = node_.answer_to(of);
      if (!got) continue;
      if (!got->ok() && !decides(got->failure().code)) continue;
      if (!first) first = got;
      INFO("command " << each.content.command.text() << " " << each.content.name);
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
}

void accidents::check_asks() {
  for (const auto& context : behaviours_) {
    if (is_view(context)) continue;
    for (std::uint32_t shard = 0; shard < node_.shards(); ++shard) {
      INFO(context.info->full_name() << " shard " << shard);
      CHECK(node_.counters(context.info->full_name(), shard).open_asks == 0);
      CHECK(node_.counters(context.info->full_name(), shard).open_voids == 0);
    }
  }
}

void accidents::check_rebuild() {
  std::map<std::string, std::map<std::int64_t, value>> live;
  for (const auto& each : behaviours_)
    live[each.info->full_name()] = node_.list(each.info->full_name());
  node_.crash();
  node_.disk().lose_derived();
  node_.come_back();
  node_.pass(2'000ms);
  for (const auto& [context, rows] : live) {
    INFO(context << " built anew");
    CHECK(node_.list(context) == rows);
  }
}

std::set<std::int64_t> accidents::seen(const std::string& context, std::string_view event) {
  std::set<std::int64_t> found;
  for (std::uint32_t shard = 0; shard < node_.shards(); ++shard) {
    for (const auto& each : node_.records(context, shard)) {
      for (const auto& name : each.events)
        if (name == event) found.insert(each.aggregate);
    }
  }
  node_.pass(1'000ms); // the context was stopped for reading
  return found;
}

void for_each_seed(const std::function<void(std::uint64_t)>& run) {
  std::uint64_t first = 1;
  std::uint64_t last = seeds;
  if (const auto* only = std::getenv("TROUPE_SEED"))
    first = last = std::strtoull(only, nullptr, 10);
  for (auto seed = first; seed <= last; ++seed) {
    INFO("replay with: TROUPE_SEED=" << seed << " test_actors '[property]'");
    run(seed);
  }
}

} // namespace troupe::test
