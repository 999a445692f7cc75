#include "tests/kill/load.hpp"

#include "seams/clock.hpp"

#include <utility>

namespace troupe::test {
namespace {

[[nodiscard]] command_id fresh(std::mt19937_64& dice) {
  const auto high = dice();
  return command_id::make(real_clock().wall(), high, dice());
}

/// The command is over, and had no effect.
[[nodiscard]] bool is_final(const error& why) {
  return why.code == errc::rejected || info(why.code).again == retry::new_command ||
         (info(why.code).again == retry::never && info(why.code).effect == outcome::not_applied);
}

} // namespace

std::filesystem::path told_file(const test_node& node) {
  return node.data().string() + ".client.jsonl";
}

load::load(const test_node& node, ledger& to, plan how)
    : load(options_for({node.endpoint()}, milliseconds{2'000}), told_file(node), to, how) {}

load::load(client_options through, const std::filesystem::path& told, ledger& to, plan how)
    : ledger_(to), told_(told), how_(how), client_(connect_with(std::move(through))),
      allowed_(how.rides) {
  for (int i = 0; i < how.workers; ++i)
    workers_.emplace_back([this, i] { work(how_.seed * 1'000 + static_cast<std::uint32_t>(i)); });
}

load::~load() {
  end();
}

void load::end() {
  over_.store(true);
  for (auto& each : workers_)
    each.join();
  workers_.clear();
}

void load::work(std::uint32_t seed) {
  std::mt19937_64 dice{seed};
  const auto may_begin = [this] {
    return over_.load() || allowed_.fetch_sub(1) > 0 || (allowed_.fetch_add(1), false);
  };
  while (eventually(may_begin, std::chrono::hours{1}) && !over_.load())
    ride(dice);
}

result<call_reply> load::settle(const char* context, aggregate_id target, const char* name,
                                const std::string& payload, command_id id, std::mt19937_64& dice) {
  result<call_reply> got = fail(errc::internal, "never sent");
  call_options options;
  options.command = id;
  const auto answered = [&] {
    got = told_.send(client_, context, target, name, payload, options);
    return got.ok() || is_final(got.error());
  };
  if (!eventually(answered, how_.give_up)) {
    ledger_.unknown(id);
    return got;
  }
  answers_.fetch_add(1);
  if (!got || dice() % 4 != 0) return got;
  const auto first = *got;
  const auto again = [&] {
    got = told_.send(client_, context, target, name, payload, options);
    return got.ok() || is_final(got.error());
  };
  if (!eventually(again, how_.give_up)) return first;
  if (!got || got->target != first.target || got->seq != first.seq || !got->replayed)
    ledger_.violated(std::string{context} + "/" + std::to_string(first.target.number) +
                     " answered " + name + " differently the second time: " +
                     (got ? "seq " + std::to_string(got->seq) : got.error().message));
  return first;
}

void load::ride(std::mt19937_64& dice) {
  const auto cost = static_cast<std::int64_t>(1 + dice() % 1'000'000);
  const auto call_id = fresh(dice);
  const auto called = settle("taxi.call", {}, taxi::call_taxi::name.data(),
                             encoded(taxi::call_taxi{cost % 97, "junja", cost}), call_id, dice);
  if (!called) return;
  ledger_.acknowledged({call_id, "taxi.call", called->target, called->seq, "Called", cost});
  const auto driver = called->target;
  (void)(change(driver, "Accepted", cost, dice) && change(driver, "Completed", cost, dice));
}

/// The driver's row comes by a policy, so it may not be there yet: asked for first.
bool load::change(aggregate_id driver, const char* status, std::int64_t cost,
                  std::mt19937_64& dice) {
  const auto there = [&] { return client_.get("taxi.driver", driver).get().ok(); };
  if (!eventually(there, how_.give_up)) {
    ledger_.violated("driver " + std::to_string(driver.number) + " never got its call");
    return false;
  }
  (void)told_.get(client_, "taxi.driver", driver);
  const auto payload = encoded(taxi::change_status{status});
  // A settlement may fail while payment is down; that ends the command, and the driver tries again.
  const auto until = std::chrono::steady_clock::now() + how_.give_up;
  while (std::chrono::steady_clock::now() < until) {
    const auto id = fresh(dice);
    const auto done =
        settle("taxi.driver", driver, taxi::change_status::name.data(), payload, id, dice);
    if (done) {
      ledger_.acknowledged({id, "taxi.driver", driver, done->seq, status, cost});
      return true;
    }
    if (done.error().code == errc::rejected) {
      ledger_.violated("driver " + std::to_string(driver.number) + " refused " + status + ": " +
                       done.error().message);
      return false;
    }
  }
  return false;
}

} // namespace troupe::test
