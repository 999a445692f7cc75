#include "tests/handoff/crowd.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <stdexcept>

namespace troupe::test {
namespace {

using steady = std::chrono::steady_clock;

constexpr std::uint32_t shards = 4; ///< of a context, as nodes make them
constexpr milliseconds probe_pause{3};

/// A single call has so long, retries of the SDK included.
constexpr milliseconds call_deadline{20'000};

client connect_to(const node_group& nodes, const char* name) {
  client_options options;
  options.endpoints = nodes.endpoints();
  options.deadline = call_deadline;
  options.name = name;
  auto made = client::connect(std::move(options));
  if (!made) throw std::runtime_error(made.error().message);
  return std::move(*made);
}

std::string said(const error& why) {
  return std::string{why.shown_code()} + ": " + why.message;
}

} // namespace

void complaints::add(std::string what) {
  const std::lock_guard lock{guard_};
  all_.push_back(std::move(what));
}

std::string complaints::text() const {
  constexpr std::size_t shown = 10;
  const std::lock_guard lock{guard_};
  std::string lines;
  for (std::size_t i = 0; i < std::min(shown, all_.size()); ++i)
    lines += all_[i] + "\n";
  return lines;
}

std::size_t complaints::count() const {
  const std::lock_guard lock{guard_};
  return all_.size();
}

// -- worker ---------------------------------------------------------------------------------------

std::optional<call_reply> worker::send(const std::string& context, aggregate_id target,
                                       std::string_view command, const std::string& payload) {
  call_options options;
  options.command = client_ledger::fresh_id();
  const auto began = steady::now();
  const auto first = of_.told_.send(*of_.sdk_, context, target, command, payload, options);
  const std::string what = context + " " + std::string{command};
  if (!first) {
    of_.wrong_.add(what + " " + said(first.error()));
    return {};
  }
  of_.pauses_.note({context, shard_of(first->target, shards)}, first->epoch, began, steady::now());
  of_.calls_.fetch_add(1);
  if (dice() % 4 == 0) {
    const auto again = of_.told_.send(*of_.sdk_, context, target, command, payload, options);
    if (!again)
      of_.wrong_.add(what + " again " + said(again.error()));
    else if (again->target != first->target || again->seq != first->seq || !again->replayed)
      of_.wrong_.add(what + " of " + std::to_string(first->target.number) +
                     " was answered differently the second time");
  }
  return *first;
}

std::optional<call_reply> worker::get(const std::string& context, aggregate_id target) {
  const auto began = steady::now();
  auto got = of_.told_.get(*of_.sdk_, context, target);
  if (!got) {
    of_.wrong_.add("get " + context + "/" + std::to_string(target.number) + " " +
                   said(got.error()));
    return {};
  }
  of_.pauses_.note({context, shard_of(target, shards)}, got->epoch, began, steady::now());
  of_.calls_.fetch_add(1);
  return std::move(*got);
}

void worker::list(const std::string& context) {
  page_request wanted;
  wanted.size = 3;
  const auto got = of_.sdk_->list(context, wanted).get();
  if (!got)
    of_.wrong_.add("list " + context + " " + said(got.error()));
  else
    of_.calls_.fetch_add(1);
}

bool worker::comes(const std::string& context, aggregate_id target,
                   const std::function<bool(const value&)>& holds) {
  bool failed = false;
  const bool came = eventually([&] {
    const auto got = of_.sdk_->get(context, target).get();
    if (!got && got.error().code != errc::not_found) {
      failed = true;
      of_.wrong_.add("get " + context + " " + said(got.error()));
    }
    const auto held = got ? got->to_value() : result<value>{value{}};
    return failed || (got && held && holds(*held));
  });
  if (!came)
    of_.wrong_.add(context + "/" + std::to_string(target.number) + " does not become what is due");
  return came && !failed;
}

std::optional<value> worker::http(const std::string& verb, const std::string& path,
                                  const value& body) {
  const std::string target = "/" + of_.story_.system + "/" + path;
  http_headers headers;
  if (!body.is_null()) headers = {{"Idempotency-Key", client_ledger::fresh_id().text()}};
  const std::string text = body.is_null() ? std::string{} : to_json(body);
  const auto got = of_.gateway_.ask(verb, target, text, headers);
  if (got.status < 200 || got.status > 299) {
    of_.wrong_.add(verb + " " + target + " " + std::to_string(got.status) + " " + got.code());
    return {};
  }
  of_.calls_.fetch_add(1);
  if (!body.is_null() && dice() % 4 == 0) {
    const auto again = of_.gateway_.ask(verb, target, text, headers);
    if (again.status != got.status || number(again.body, "id") != number(got.body, "id"))
      of_.wrong_.add(verb + " " + target + " was answered differently the second time: " +
                     std::to_string(again.status) + " " + again.code());
  }
  return got.body;
}

bool worker::comes_http(const std::string& path, std::string_view field, const value& wanted) {
  const std::string target = "/" + of_.story_.system + "/" + path;
  bool failed = false;
  const bool came = eventually([&] {
    const auto got = of_.gateway_.get(target);
    failed = got.status != 200 && got.status != 404;
    if (failed)
      of_.wrong_.add("GET " + target + " " + std::to_string(got.status) + " " + got.code());
    return failed || (got.status == 200 && part(got.body, field) == wanted);
  });
  if (!came) of_.wrong_.add(target + " does not become what is due");
  return came && !failed;
}

void worker::made(aggregate_id which) {
  const std::lock_guard lock{of_.made_guard_};
  if (!of_.made_.insert(which).second)
    of_.wrong_.add("two commands made " + std::to_string(which.number));
}

bool worker::over() const {
  return of_.over_.load();
}

// -- crowd ----------------------------------------------------------------------------------------

crowd::crowd(const node_group& nodes, story what, sizes size)
    : story_(std::move(what)), ledger_file_(nodes.data().string() + ".client.jsonl"),
      told_(ledger_file_),
      gateway_(nodes.endpoints().front(), {"--node", nodes.endpoints().back()}),
      sdk_(connect_to(nodes, "crowd")), follower_(connect_to(nodes, "follower")) {
  worker first{*this, 0};
  if (story_.prepare) story_.prepare(first);
  follow();
  const auto run = [this](const std::function<void(worker&)>& each, std::uint64_t seed) {
    threads_.emplace_back([this, each, seed] {
      worker one{*this, seed};
      while (!over_.load())
        each(one);
    });
  };
  for (int i = 0; i < size.sdk; ++i)
    run(story_.through_sdk, 100U + static_cast<std::uint64_t>(i));
  for (int i = 0; i < size.gateway; ++i)
    run(story_.through_gateway, 200U + static_cast<std::uint64_t>(i));
  threads_.emplace_back([this] { probe(); });
}

crowd::~crowd() {
  end();
}

bool crowd::does(std::uint64_t calls) const {
  const auto before = calls_.load();
  return eventually([&] { return calls_.load() >= before + calls; });
}

void crowd::end() {
  over_.store(true);
  for (auto& each : threads_)
    each.join();
  threads_.clear();
}

void crowd::follow() {
  for (std::uint32_t i = 0; i < shards; ++i) {
    subscribe_request from;
    from.shard = {i};
    (void)follower_->subscribe(
        story_.followed, {i}, from,
        [this](const std::vector<published_event>& batch, record_index) { take(batch); },
        [this](const error& why) {
          if (!over_.load()) wrong_.add("a subscription ended: " + said(why));
        });
  }
}

void crowd::take(const std::vector<published_event>& batch) {
  const std::lock_guard lock{events_.guard};
  for (const auto& each : batch) {
    const std::tuple place{each.index, each.ordinal};
    const auto shard = each.shard.value;
    if (!events_.seen.insert({shard, each.index, each.ordinal}).second)
      wrong_.add("event " + std::to_string(each.index.value) + " of shard " +
                 std::to_string(shard) + " came twice");
    if (place < events_.last[shard]) wrong_.add("events came out of order");
    events_.last[shard] = std::max(events_.last[shard], place);
    if (each.name == story_.creation) ++events_.created[each.aggregate];
  }
}

/// Reads an aggregate of every shard all the time, so that pauses are seen as they are.
void crowd::probe() {
  struct place {
    std::string context;
    std::uint32_t shard;
    std::atomic<bool> waits{false};
    std::atomic<bool> there{false}; ///< its aggregate has been seen
  };
  std::deque<place> places;
  for (const auto& context : story_.contexts)
    for (std::uint32_t i = 0; i < shards; ++i) {
      auto& each = places.emplace_back();
      each.context = context;
      each.shard = i;
    }
  const auto ask = [this](place& of) {
    const auto began = steady::now();
    of.waits.store(true);
    sdk_->get(of.context, {std::int64_t{of.shard} + 1}, [this, &of, began](auto got) {
      if (got) {
        of.there.store(true);
        calls_.fetch_add(1);
        pauses_.note({of.context, {of.shard}}, got->epoch, began, steady::now());
      } else if (of.there.load() || got.error().code != errc::not_found) {
        wrong_.add("probe " + of.context + " " + said(got.error()));
      }
      of.waits.store(false);
    });
  };
  while (!over_.load()) {
    for (auto& each : places)
      if (!each.waits.load()) ask(each);
    (void)eventually([this] { return over_.load(); }, probe_pause);
  }
  const auto idle = [&] {
    return std::none_of(places.begin(), places.end(),
                        [](const auto& each) { return each.waits.load(); });
  };
  if (!eventually(idle, 2 * call_deadline)) throw std::runtime_error("a call is never answered");
}

std::set<aggregate_id> crowd::made() const {
  const std::lock_guard lock{made_guard_};
  return made_;
}

bool crowd::all_seen() {
  const auto made_ones = made();
  const std::lock_guard lock{events_.guard};
  return events_.created.size() >= made_ones.size();
}

void crowd::check_events() {
  end();
  CHECK(eventually([this] { return all_seen(); }));
  const auto made_ones = made();
  const std::lock_guard lock{events_.guard};
  CHECK(events_.created.size() == made_ones.size());
  for (const auto& [which, times] : events_.created) {
    INFO(story_.followed << "/" << which.number);
    CHECK(times == 1);
    CHECK(made_ones.count(which) == 1);
  }
}

} // namespace troupe::test
