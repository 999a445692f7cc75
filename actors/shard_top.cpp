#include "actors/shard.hpp"
#include "actors/top_wanted.hpp"
#include "actors/verb_arguments.hpp"

#include <algorithm>
#include <utility>

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
  if (look->window >= watch_->window || now() - watch_->window_wanted > shard_watch::kept_for) {
    watch_->window = look->window;
    watch_->window_wanted = now();
  }
  watch_->lookers.push_back({put_aside(from), *look, now()});
  if (std::exchange(watch_->at_work, true)) return;
  begin_chore([this] { return go_on_with_top(); });
}

/// A piece of a sample or of an answer; true if there is more to do.
bool shard::go_on_with_top() {
  if (!watch_ || !watch_->at_work) return false;
  const auto began = on().time().monotonic();
  if (watch_->sampling)
    go_on_with_sample();
  else if (watch_->answering || begin_answer())
    go_on_with_answer();
  else if (!watch_->lookers.empty())
    begin_sample();
  watch_->worked += on().time().monotonic() - began;
  watch_->at_work = watch_->sampling || watch_->answering || !watch_->lookers.empty();
  return watch_->at_work;
}

void shard::begin_sample() {
  watch_->samples.begin(now(), watch_->window);
  watch_->sampling = true;
  watch_->with_memory = std::ranges::any_of(watch_->lookers, [](const shard_watch::looker& each) {
    return each.wants.by == top_order::memory;
  });
  watch_->hand = 0;
  watch_->worked = {};
}

/// A slice of the sample: as many actors as half a millisecond allows.
void shard::go_on_with_sample() {
  auto& hand = watch_->hand;
  const auto began = on().time().monotonic();
  const std::size_t step = watch_->with_memory ? 1 : clock_every; // a state may be large
  while (hand < residents_.size()) {
    const auto until = std::min(residents_.size(), hand + step);
    for (; hand < until; ++hand) {
      if (hand + fetched_ahead < residents_.size())
        __builtin_prefetch(residents_[hand + fetched_ahead].who);
      sample_actor(residents_[hand].id, *residents_[hand].who);
    }
    if (on().time().monotonic() - began >= slice_time) break;
  }
  if (hand < residents_.size()) return;
  watch_->samples.finish();
  watch_->sampling = false;
  watch_->has_sample = true;
  watch_->has_memory = watch_->with_memory;
  if (watch_->samples.rolled()) watch_->times.fade();
}

void shard::sample_actor(aggregate_id id, resident& who) {
  who.sample = watch_->samples.add(id, who.sample, figures_of(id, who));
}

/// Takes up the next of those whom the last sample serves; false: they wait for another one.
bool shard::begin_answer() {
  auto& lookers = watch_->lookers;
  const auto served = std::ranges::find_if(lookers, [this](const shard_watch::looker& each) {
    return watch_->has_sample && each.came - watch_->samples.taken() < shard_watch::fresh_for &&
           (watch_->has_memory || each.wants.by != top_order::memory);
  });
  if (served == lookers.end()) return false;
  auto& begun = watch_->answering.emplace();
  begun.to = *served;
  lookers.erase(served);
  const auto& samples = watch_->samples;
  const auto& wants = begun.to.wants;
  if (wants.by != top_order::p99) {
    begun.rows = samples.highest(wants.by, wants.limit);
    return true;
  }
  for (const auto& [id, time] : watch_->times.slowest(wants.limit)) {
    const auto* entry = memory_.find(id);
    const auto* who = entry != nullptr ? entry->live.get() : nullptr;
    if (who != nullptr && samples.last(id, who->sample) != nullptr)
      begun.rows.push_back(&samples.rows()[who->sample]);
  }
  return true;
}

/// A slice of an answer: the clock decides after each row, whose state may have to be measured.
void shard::go_on_with_answer() {
  auto& begun = *watch_->answering;
  const auto by = begun.to.wants.by;
  const auto began = on().time().monotonic();
  while (begun.next < begun.rows.size()) {
    const auto& row = *begun.rows[begun.next++];
    if (memory_.find(row.id) != nullptr) begun.items.push_back(describe_row(row, by));
    if (on().time().monotonic() - began >= slice_time) break;
  }
  if (begun.next < begun.rows.size()) return;
  auto done = std::move(*std::exchange(watch_->answering, std::nullopt));
  const auto asker = take_up(done.to.request);
  if (!asker) return; // refused when the shard forgot everything
  value said{value::object{}};
  said["by"] = name_of(by);
  said["items"] = std::move(done.items);
  said["residents"] = static_cast<std::int64_t>(residents_.size());
  said["window_ms"] = watch_->samples.window().count();
  const auto worked = std::exchange(watch_->worked, {}) + (on().time().monotonic() - began);
  said["took_us"] = std::chrono::duration_cast<std::chrono::microseconds>(worked).count();
  reply_content content;
  content.epoch = journal_->epoch();
  content.payload = encode_value(said);
  out().answers.push_back({asker->from, std::move(content)});
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
  if (left.count() <= 0 && !watch_->at_work) {
    watch_.reset();
    return;
  }
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(left);
  after(std::max(wait, std::chrono::milliseconds{1'000}), [this] {
    if (watch_) end_watch_when_unused();
  });
}

/// A turn while somebody looks: it takes two readings of the clock more.
std::chrono::nanoseconds shard::decide_watched(aggregate_instance& instance, work& what,
                                               const turn_info& turn) {
  const auto began = on().time().monotonic();
  decide(instance, what, turn);
  const auto took = on().time().monotonic() - began;
  if (watch_) watch_->times.note(turn.id, took);
  return took;
}

/// Tells of the turn whose record was just made, once it is committed.
void shard::tell_tap(const work& what, std::chrono::nanoseconds took) {
  const auto listeners = setting_.tap->who_wants(setting_.identity.context);
  if (listeners.places == 0) return;
  tapped_turn turn;
  turn.time_ms = on().wall();
  turn.context = setting_.identity.context;
  turn.aggregate = what.target;
  turn.command = what.name;
  turn.id = what.command;
  turn.outcome = record_.outcome == turn_outcome::accepted   ? "accepted"
                 : record_.outcome == turn_outcome::rejected ? "rejected"
                                                             : "asked";
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
