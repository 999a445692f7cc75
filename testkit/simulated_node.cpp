#include "testkit/troupe/testkit/simulated_node.hpp"

#include "messages/credit.hpp"
#include "supervisors/admin_desk.hpp"

#include <algorithm>
#include <string>

namespace troupe::testkit {
namespace {

constexpr int rounds_max = 100'000; ///< of one `run`: more is a loop that never ends
constexpr std::chrono::milliseconds slice{2};

/// One CAF actor system for all tests: starting its workers costs more than a test. Never
/// destroyed, because CAF's own statics are gone before ours.
actor_runtime& runtime() {
  static auto& one = *new actor_runtime;
  return one;
}

} // namespace

const reply_content& said::reply() const {
  if (const auto* why = std::get_if<error>(&content))
    throw unexpected{"an answer was expected, got " + std::string{why->shown_code()} + ": " +
                     why->message};
  return std::get<reply_content>(content);
}

const error& said::failure() const {
  if (ok()) throw unexpected{"an error was expected, the request was answered"};
  return std::get<error>(content);
}

simulated_node::simulated_node(const std::vector<context_behaviour>& contexts, node_shape shape,
                               std::shared_ptr<storage> store)
    : shape_(std::move(shape)), storage_(std::move(store)),
      rules_(
          std::make_unique<seeded_random>(11), {},
          [this](const ask_direction& which, const breaker_transition& change) {
            transitions_.emplace_back(which, change);
          },
          [this](const supervision_event& what) { events_.push_back(what); }) {
  for (const auto& behaviour : contexts) {
    auto made = std::make_unique<place>();
    made->number = static_cast<std::uint32_t>(places_.size());
    made->behaviour = &behaviour;
    made->name = behaviour.info->full_name();
    const bool view = behaviour.info->kind == context_kind::view;
    made->shards = view ? 1 : shape_.shards;
    for (std::uint32_t i = 0; i < made->shards; ++i)
      made->counters.push_back(std::make_unique<shard_counters>());
    places_.push_back(std::move(made));
  }
  make_lanes();
  for (auto& each : places_)
    start(each->name);
  run();
}

simulated_node::~simulated_node() {
  for (auto& each : places_)
    stop(each->name);
}

void simulated_node::make_lanes() {
  lanes_.clear();
  for (std::uint32_t i = 0; i < shape_.lanes; ++i) {
    lane_options of;
    of.number = i;
    of.note = notes_.slot(i);
    lanes_.push_back(std::make_unique<lane>(of, runtime(), *this, time_));
  }
}

simulated_node::place& simulated_node::at(const std::string& context) {
  for (auto& each : places_) {
    if (each->name == context) return *each;
  }
  throw unexpected{"the test has no context " + context};
}

void simulated_node::start(const std::string& context) {
  auto done = try_start(context);
  if (!done) throw unexpected{context + " did not start: " + done.error().message};
}

result<void> simulated_node::try_start(const std::string& context) {
  auto& where = at(context);
  for (std::uint32_t shard = 0; shard < where.shards; ++shard) {
    if (auto done = open(where, shard); !done) return done;
  }
  where.up = true;
  where.coming = false;
  return {};
}

result<void> simulated_node::open(place& where, std::uint32_t shard) {
  auto& on = lane_of(where);
  const part_key key{where.number, shard};
  const journal_identity identity{where.name, shard_number{shard}, where.shards, "n1"};
  const auto shards_of = [this](std::string_view name) -> std::uint32_t {
    for (const auto& each : places_) {
      if (each->name == name) return each->shards;
    }
    return 0;
  };
  if (where.behaviour->info->kind == context_kind::view) {
    const auto is_down = [this](std::string_view name, std::uint32_t) {
      return !at(std::string{name}).up && !at(std::string{name}).coming;
    };
    view_setting setting{key,     identity,       where.behaviour, &storage_, &on,    shards_of,
                         is_down, &where.of_view, shape_.heals,    &rules_,   &notes_};
    auto made = view_part::open(std::move(setting));
    if (!made) return made.error();
    auto* part = made->get();
    on.add(key, std::move(*made));
    part->resume();
    return {};
  }
  shard_setting setting;
  setting.key = key;
  setting.identity = identity;
  setting.behaviour = where.behaviour;
  setting.store = &storage_;
  setting.rules = &rules_;
  setting.heals = shape_.heals;
  setting.on = &on;
  setting.limits = shape_.limits;
  setting.shards_of = shards_of;
  setting.owner_of = shape_.owner_of;
  setting.notes = &notes_;
  setting.failed = [&where](const error& why) { where.failed.push_back(why); };
  setting.counters = where.counters[shard].get();
  if (where.number == 1 && shape_.load_of_second != nullptr) setting.load = *shape_.load_of_second;
  auto made = shard::open(std::move(setting));
  if (!made) return made.error();
  auto* part = made->get();
  on.add(key, std::move(*made));
  part->resume();
  return {};
}

void simulated_node::stop(const std::string& context) {
  auto& where = at(context);
  where.up = false;
  for (std::uint32_t shard = 0; shard < where.shards; ++shard)
    lane_of(where).remove({where.number, shard}).reset();
}

void simulated_node::stop_in_next_round(const std::string& context) {
  auto& where = at(context);
  where.up = false;
  lane_of(where).control([&where](lane& on) {
    for (std::uint32_t shard = 0; shard < where.shards; ++shard)
      on.remove({where.number, shard}).reset();
  });
}

void simulated_node::crash() {
  storage_.cut_power();
  for (auto& each : places_) {
    each->on_hold.clear();
    each->held = false;
    each->failed.clear();
    stop(each->name);
  }
  subscriptions_.clear();
  make_lanes();
}

void simulated_node::come_back() {
  for (auto& each : places_) {
    for (auto& counters : each->counters)
      counters = std::make_unique<shard_counters>();
    start(each->name);
  }
}

void simulated_node::crash_and_restart() {
  crash();
  come_back();
}

void simulated_node::run() {
  int quiet = 0;
  for (int round = 0; quiet < 2; ++round) {
    if (round > rounds_max) throw unexpected{"the node does not come to rest"};
    bool any = false;
    for (auto& each : lanes_)
      any = each->step() || any;
    quiet = any ? 0 : quiet + 1;
  }
}

void simulated_node::pass(std::chrono::milliseconds time) {
  run();
  for (auto left = time; left.count() > 0; left -= std::min(left, slice)) {
    time_.advance(std::min(left, slice));
    run();
  }
}

void simulated_node::maintain(bool idle) {
  for (auto& each : places_) {
    for (std::uint32_t shard = 0; shard < each->shards; ++shard) {
      if (auto* part = lane_of(*each).find({each->number, shard})) (void)part->maintain(idle);
    }
  }
  run();
}

std::size_t simulated_node::times_happened(std::string_view kind) const {
  return static_cast<std::size_t>(std::count_if(
      events_.begin(), events_.end(), [&](const auto& each) { return each.kind == kind; }));
}

void simulated_node::release(const std::string& context) {
  auto& where = at(context);
  where.held = false;
  auto waiting = std::exchange(where.on_hold, {});
  for (auto& each : waiting)
    route(each);
}

command_id simulated_node::fresh_id() {
  return command_id::make(time_.wall(), random_.next(), random_.next());
}

simulated_node::ticket simulated_node::post(request content, bool internal) {
  const auto of = ++last_ticket_;
  content.id = of;
  inbound made;
  made.deadline = time_.monotonic() + std::chrono::milliseconds{content.remaining_ms};
  made.content = std::move(content);
  made.from = {this, 1, of};
  made.internal = internal;
  route(made);
  return of;
}

std::optional<said> simulated_node::answer_to(ticket of) const {
  const auto found = answers_.find(of);
  if (found == answers_.end()) return std::nullopt;
  return found->second.front();
}

said simulated_node::heard(ticket of) const {
  auto got = answer_to(of);
  if (!got) throw unexpected{"request " + std::to_string(of) + " was not answered"};
  return std::move(*got);
}

said simulated_node::say(request content, bool internal) {
  const auto of = post(std::move(content), internal);
  run();
  return heard(of);
}

said simulated_node::get(const std::string& context, std::int64_t id) {
  request content;
  content.kind = request_kind::get;
  content.context = context;
  content.target = {id};
  return say(std::move(content));
}

std::map<std::int64_t, value> simulated_node::list(const std::string& context) {
  std::map<std::int64_t, value> rows;
  for (std::uint32_t shard = 0; shard < at(context).shards; ++shard) {
    list_request wanted;
    wanted.shard = {shard};
    wanted.limit = list_limit_max;
    request content;
    content.kind = request_kind::list;
    content.context = context;
    content.payload = encode_list_request(wanted);
    const auto got = say(std::move(content));
    const auto page = decode_list_reply(got.reply().payload).value();
    for (const auto& row : page.rows)
      rows[row.id.number] = decode_value(row.state).value();
  }
  return rows;
}

simulated_node::ticket simulated_node::subscribe(const std::string& context,
                                                 const subscribe_request& wanted) {
  request content;
  content.kind = request_kind::subscribe;
  content.context = context;
  content.payload = encode_subscribe_request(wanted);
  const auto of = post(std::move(content));
  run();
  return of;
}

void simulated_node::grant(ticket to, std::uint32_t events) {
  inbound more;
  more.content.kind = request_kind::credit;
  more.content.id = to;
  more.content.payload = encode_credit(events);
  more.from = {this, 1, to};
  route(more);
  run();
}

const shard_counters& simulated_node::counters(const std::string& context, std::uint32_t shard) {
  return *at(context).counters[shard];
}

const view_counters& simulated_node::view(const std::string& context) {
  return at(context).of_view;
}

std::vector<simulated_node::seen_record> simulated_node::records(const std::string& context,
                                                                 std::uint32_t shard) {
  auto& where = at(context);
  const bool was_up = where.up;
  if (was_up) stop(context); // a journal is opened by one at a time
  std::vector<seen_record> all;
  auto opened =
      storage_.open_journal({context, shard_number{shard}, where.shards, "reader"}).value();
  record each;
  (void)opened->scan({1}, [&](record_index, std::string_view body) {
    if (auto read = decode_record(body, each); !read) throw unexpected{read.error().message};
    seen_record seen;
    seen.aggregate = each.aggregate.number;
    seen.command = each.command;
    seen.outcome = each.outcome;
    seen.name = each.command_name;
    for (const auto& event : each.events)
      seen.events.emplace_back(event.name);
    for (const auto& position : each.positions)
      seen.positions.push_back(std::string{position.policy} + " " +
                               std::to_string(position.next.value));
    seen.rejected = each.rejection.has_value();
    all.push_back(std::move(seen));
    return true;
  });
  opened.reset();
  if (was_up) start(context);
  return all;
}

void simulated_node::submit(std::vector<inbound>& batch) {
  for (auto& each : batch)
    route(each);
  batch.clear();
}

void simulated_node::route(inbound& each) {
  const auto refuse = [&](errc code) { answer_now(each.from, fail(code, each.content.context)); };
  const auto kind = each.content.kind;
  const auto id = each.internal ? each.from.request : each.content.id;
  const std::tuple key{each.from.port, each.from.connection, id};
  if (kind == request_kind::credit || kind == request_kind::unsubscribe) {
    const auto found = subscriptions_.find(key);
    if (found == subscriptions_.end()) return;
    const auto [where, shard] = found->second;
    return send_on(*where, shard, each);
  }
  place* where = nullptr;
  for (auto& known : places_) {
    if (known->name == each.content.context) where = known.get();
  }
  if (where == nullptr) return refuse(errc::unknown_context);
  if (!where->up) return refuse(errc::context_down);
  if (where->held) {
    where->on_hold.push_back(std::move(each));
    return;
  }
  const auto shard = shard_for(*where, each);
  if (kind == request_kind::subscribe) subscriptions_[key] = {where, shard};
  if (!take_ask(*where, shard, each)) return;
  send_on(*where, shard, each);
}

/// Counts asks and has them answered late; false if it was refused on the way.
bool simulated_node::take_ask(place& where, std::uint32_t shard, inbound& each) {
  const auto kind = each.content.kind;
  if (!each.internal || each.reacts_to ||
      (kind != request_kind::command && kind != request_kind::query))
    return true;
  if (auto why = where.refuses ? where.refuses(kind, shard) : std::nullopt) {
    answer_now(each.from, std::move(*why));
    return false;
  }
  ++where.asked;
  const auto late = where.delay ? where.delay() : answer_delay{};
  if (late.given() && each.from.port != nullptr)
    each.from = late_.instead_of(each.from, lane_of(where), {where.number, shard}, late);
  return true;
}

void simulated_node::send_on(place& where, std::uint32_t shard, inbound& each) {
  std::vector<lane::mail> one;
  one.push_back({{where.number, shard}, std::move(each)});
  lane_of(where).post(one);
}

std::uint32_t simulated_node::shard_for(const place& where, const inbound& each) const {
  const auto& content = each.content;
  if (content.kind == request_kind::list)
    return decode_list_request(content.payload).value().shard.value;
  if (content.kind == request_kind::subscribe)
    return decode_subscribe_request(content.payload).value().shard.value;
  if (content.target.given()) return shard_of(content.target, where.shards).value;
  return shard_of(content.command, where.shards).value;
}

void simulated_node::deliver(std::vector<answer>& batch) {
  for (auto& each : batch) {
    const auto of = each.to.request;
    if (const auto* push = std::get_if<event_push>(&each.content)) {
      auto events = decode_events(push->payload).value();
      std::move(events.begin(), events.end(), std::back_inserter(pushed_[of]));
      continue;
    }
    auto& got = answers_[of];
    if (const auto* content = std::get_if<reply_content>(&each.content))
      got.push_back({*content});
    else
      got.push_back({std::get<error>(each.content)});
    if (got.size() > 1) throw unexpected{"request " + std::to_string(of) + " was answered twice"};
  }
  batch.clear();
}

} // namespace troupe::testkit
