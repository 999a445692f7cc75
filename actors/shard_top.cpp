#include "actors/shard.hpp"
#include "actors/top_wanted.hpp"
#include "actors/verb_arguments.hpp"

#include <algorithm>

/// A look at all actors of a shard, in slices between its rounds, and what is measured meanwhile.
namespace troupe {
namespace {

constexpr std::int64_t top_limit_max = 1'000;
constexpr std::int64_t window_ms_min = 100;
constexpr std::int64_t window_ms_max = 3'600'000;
constexpr std::chrono::microseconds slice_time{500}; ///< of one round
constexpr std::size_t clock_every = 64;              ///< actors between two looks at the clock
constexpr std::size_t fetched_ahead = 8;             ///< each is a cache line somewhere in memory
constexpr std::uint32_t memory_unknown = 0;

std::int64_t ms_between(monotonic_time from, monotonic_time to) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
}

} // namespace

result<top_wanted> read_top(const value& from) {
  top_wanted to;
  if (const auto* held = from.find("by"); held != nullptr && !held->is_null()) {
    const auto name = text_in(from, "by");
    const auto by = top_order_named(name);
    if (!by)
      return fail(errc::malformed,
                  "by: mailbox, rate, p99, restarts, memory or growth; not '" + name + "'");
    to.by = *by;
  }
  const auto window = number_in(from, "window_ms", to.window.count());
  if (window < window_ms_min || window > window_ms_max)
    return fail(errc::malformed, "window_ms: from " + std::to_string(window_ms_min) + " to " +
                                     std::to_string(window_ms_max));
  to.window = std::chrono::milliseconds{window};
  const auto limit = number_in(from, "limit", static_cast<std::int64_t>(to.limit));
  if (limit < 1 || limit > top_limit_max)
    return fail(errc::malformed, "limit: from 1 to " + std::to_string(top_limit_max));
  to.limit = static_cast<std::size_t>(limit);
  return to;
}

void shard::look_at_top(inbound& from, const value& wanted) {
  const auto look = read_top(wanted);
  if (!look) return refuse(from.from, look.error());
  if (!watch_) {
    watch_ = std::make_unique<shard_watch>();
    watch_->last_look = now();
    end_watch_when_unused();
  }
  watch_->last_look = now();
  const bool memory = look->by == top_order::memory;
  const bool fresh = !watch_->samples.rows().empty() &&
                     now() - watch_->samples.taken() < shard_watch::fresh_for &&
                     (watch_->has_memory || !memory);
  if (!watch_->sampling && fresh) return answer_top(from);
  watch_->lookers.push_back(put_aside(from));
  if (!watch_->sampling) begin_sample(look->window, memory);
}

void shard::begin_sample(std::chrono::milliseconds window, bool with_memory) {
  watch_->samples.begin(now(), window);
  watch_->sampling = true;
  watch_->with_memory = with_memory;
  watch_->hand = 0;
  watch_->worked = {};
  begin_chore([this] { return go_on_with_sample(); });
}

/// A slice of the sample: as many actors as half a millisecond allows.
bool shard::go_on_with_sample() {
  if (!watch_ || !watch_->sampling) return false;
  auto& hand = watch_->hand;
  const auto began = on().time().monotonic();
  while (hand < residents_.size()) {
    const auto until = std::min(residents_.size(), hand + clock_every);
    for (; hand < until; ++hand) {
      if (hand + fetched_ahead < residents_.size())
        __builtin_prefetch(residents_[hand + fetched_ahead].who);
      auto& [id, who] = residents_[hand];
      who->sample = watch_->samples.add(id, who->sample, figures_of(id, *who));
    }
    if (on().time().monotonic() - began >= slice_time) break;
  }
  const bool all = hand >= residents_.size();
  if (all) watch_->samples.finish();
  watch_->worked += on().time().monotonic() - began;
  if (all) end_sample();
  return !all;
}

/// Answers those who waited for the sample; who wants more than is in it waits for the next one.
void shard::end_sample() {
  watch_->sampling = false;
  watch_->has_memory = watch_->with_memory;
  if (watch_->samples.rolled()) watch_->times.fade();
  std::optional<std::chrono::milliseconds> again;
  for (const auto number : std::exchange(watch_->lookers, {})) {
    const auto held = put_aside_.find(number);
    if (held == put_aside_.end()) continue; // refused when the shard forgot everything
    const auto look = decode_value(held->second.content.payload);
    const auto wanted = look ? read_top(*look) : result<top_wanted>{look.error()};
    if (wanted && wanted->by == top_order::memory && !watch_->has_memory) {
      watch_->lookers.push_back(number);
      again = wanted->window;
    } else if (auto asker = take_up(number)) {
      answer_top(*asker);
    }
  }
  if (again) begin_sample(*again, true);
}

void shard::answer_top(inbound& from) {
  const auto arguments = decode_value(from.content.payload);
  const auto wanted = arguments ? read_top(*arguments) : result<top_wanted>{arguments.error()};
  if (!wanted) return refuse(from.from, wanted.error());
  const auto began = on().time().monotonic();
  const auto& samples = watch_->samples;
  value::array items;
  if (wanted->by == top_order::p99) {
    for (const auto& [id, time] : watch_->times.slowest(wanted->limit)) {
      const auto* entry = memory_.find(id);
      const auto* who = entry != nullptr ? entry->live.get() : nullptr;
      if (who == nullptr || samples.last(id, who->sample) == nullptr) continue;
      items.push_back(describe_row(samples.rows()[who->sample], wanted->by));
    }
  } else {
    for (const auto* each : samples.highest(wanted->by, wanted->limit))
      if (memory_.find(each->id) != nullptr) items.push_back(describe_row(*each, wanted->by));
  }
  value said{value::object{}};
  said["by"] = name_of(wanted->by);
  said["items"] = std::move(items);
  said["residents"] = static_cast<std::int64_t>(residents_.size());
  said["window_ms"] = samples.window().count();
  const auto worked = std::exchange(watch_->worked, {}) + (on().time().monotonic() - began);
  said["took_us"] = std::chrono::duration_cast<std::chrono::microseconds>(worked).count();
  reply_content content;
  content.epoch = journal_->epoch();
  content.payload = encode_value(said);
  out().answers.push_back({from.from, std::move(content)});
}

actor_figures shard::figures_of(aggregate_id id, const resident& who) {
  actor_figures of;
  of.handled = who.handled;
  of.mailbox =
      who.in_mailbox + (who.waiting ? static_cast<std::uint32_t>(who.waiting->size()) : 0U);
  of.restarts = who.failed ? who.failed->restarts : 0U;
  if (!watch_->with_memory) return of;
  const auto* last = watch_->samples.last(id, who.sample);
  const bool known = last != nullptr && last->memory != memory_unknown &&
                     last->handled == who.handled && who.bytes == 0;
  of.memory = known ? last->memory : memory_of(who); // a state changes with its turns only
  return of;
}

/// An estimate: the encoded state and what waits for it, without what holds them.
std::uint32_t shard::memory_of(const resident& who) {
  if (who.inside == nullptr) return who.bytes;
  watch_->scratch.clear();
  who.inside->instance().write_state(watch_->scratch);
  return static_cast<std::uint32_t>(watch_->scratch.size()) + who.bytes;
}

value shard::describe_row(const actor_samples::row& of, top_order by) {
  const auto& entry = *memory_.find(of.id);
  auto item = describe_entry(of.id, entry);
  const auto* who = entry.live.get(); // it may have left memory since
  const auto window = watch_->samples.window().count();
  item["context"] = info().full_name();
  item["mailbox"] = of.now.mailbox;
  item["mailbox_bytes"] = who != nullptr ? who->bytes : 0U;
  item["head_age_ms"] = value{};
  if (who != nullptr && who->waiting && !who->waiting->empty())
    item["head_age_ms"] = ms_between(who->waiting->front()->parked, now());
  item["handled"] = of.now.handled;
  item["rate"] = value{};
  if (window > 0)
    item["rate"] =
        static_cast<double>(actor_samples::handled(of)) * 1'000.0 / static_cast<double>(window);
  const auto own = watch_->times.p99_us(of.id);
  const auto time = own ? own : watch_->times.p99_us();
  item["p99_us"] = time ? value{static_cast<std::int64_t>(*time)} : value{};
  item["p99_of"] = !time ? value{} : value{own ? "actor" : "shard"};
  item["memory_bytes"] = of.now.memory != memory_unknown ? of.now.memory
                         : who != nullptr                ? memory_of(*who)
                                                         : 0U;
  item["growth"] = window > 0 ? value{actor_samples::growth(by, of)} : value{};
  return item;
}

/// Nobody has looked for a while: nothing is measured any more.
void shard::end_watch_when_unused() {
  const auto left = watch_->last_look + shard_watch::kept_for - now();
  if (left.count() <= 0 && !watch_->sampling) {
    watch_.reset();
    return;
  }
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(left);
  after(std::max(wait, std::chrono::milliseconds{1'000}), [this] {
    if (watch_) end_watch_when_unused();
  });
}

/// A turn while somebody looks: it takes two readings of the clock more.
void shard::decide_watched(aggregate_instance& instance, work& what, const turn_info& turn) {
  const auto began = on().time().monotonic();
  decide(instance, what, turn);
  const auto took = on().time().monotonic() - began;
  if (watch_) watch_->times.note(turn.id, took);
  if (tapped_) tell_tap(what, took);
}

/// Tells of the turn that was just decided, once it is committed.
void shard::tell_tap(const work& what, std::chrono::nanoseconds took) {
  if (decision_.refused && decision_.refused->code == errc::unknown_command) return; // no turn
  const auto listeners = setting_.tap->who_wants(setting_.identity.context);
  if (listeners == 0) return;
  tapped_turn turn;
  turn.time_ms = on().wall();
  turn.context = setting_.identity.context;
  turn.aggregate = what.target;
  turn.command = what.name;
  turn.id = what.command;
  turn.outcome = decision_.refused ? "rejected" : decision_.asked ? "asked" : "accepted";
  turn.kind = what.what == work::kind::command  ? "command"
              : what.what == work::kind::settle ? "settle"
                                                : "compensate";
  turn.took = took;
  turn.correlation = what.correlation;
  turn.trace = what.trace;
  after_commit_.push_back(
      [this, listeners, turn = std::move(turn)] { setting_.tap->tell(listeners, turn); });
}

} // namespace troupe
