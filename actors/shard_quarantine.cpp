#include "actors/shard.hpp"

#include <algorithm>

/// Quarantine: an aggregate that fails again and again, whose events cannot be replayed, or that an
/// operator sets apart takes no commands; it shows what it was last.
namespace troupe {
namespace {

/// Of an aggregate that cannot be replayed; doubles with each one that fails.
constexpr std::chrono::minutes trial_first{10};
constexpr std::chrono::minutes trial_max{6 * 60};

/// Kept in memory and in snapshots for as long as the quarantine lasts.
constexpr std::size_t reason_bytes_max = 1'024;

/// Cut at the beginning of a character, so that what is left is still UTF-8.
std::string_view reason_of(std::string_view text) {
  auto end = std::min(text.size(), reason_bytes_max);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U)
    --end;
  return text.substr(0, end);
}

std::string when(std::int64_t wall_ms, std::int64_t now_ms) {
  const auto seconds = std::max<std::int64_t>(wall_ms - now_ms, 0) / 1'000;
  return std::to_string(seconds) + " s";
}

} // namespace

/// Durable, so that the next owner of the shard does not begin anew. `trial_in`: 0 for an
/// operator's, which has no trial.
void shard::quarantine(aggregate_id id, const std::string& why, std::chrono::milliseconds trial_in,
                       std::uint32_t trials) {
  if (closing_) return; // its next owner finds out itself
  const auto* before = memory_.troubles().quarantine_of(id);
  if (before != nullptr && before->by_operator() && trial_in.count() > 0)
    return; // an operator's has no trial, whatever else is wrong
  const auto wall = setting_.on->wall();
  record_.clear();
  record_.epoch = journal_->epoch();
  record_.time_ms = wall;
  record_.quarantined = recorded_quarantine{
      id, reason_of(why), trial_in.count() > 0 ? wall + trial_in.count() : 0, trials};
  (void)append_record();
  count_troubles();
  const auto& now_so = *memory_.troubles().quarantine_of(id);
  announce("aggregate-quarantined", id,
           why + (now_so.by_operator() ? "; until it is released"
                                       : "; next trial in " + when(now_so.trial_ms, wall)));
  auto* entry = memory_.find(id);
  if (entry != nullptr && entry->live && entry->live->waiting && !entry->live->asking) {
    const auto line = std::exchange(entry->live->waiting, nullptr);
    for (auto* each : *line)
      refuse(each, refusal_of(now_so, id));
  }
  arm_trial(id);
}

/// An event of the aggregate cannot be replayed: it is never skipped.
void shard::not_replayed(aggregate_id id, const error& why) {
  const auto* known = memory_.troubles().quarantine_of(id);
  if (known != nullptr && known->reason == reason_of(why.message) &&
      (known->by_operator() || known->trial_ms > setting_.on->wall()))
    return; // known, and its trial is not due
  const auto trials = known != nullptr ? known->trials + 1 : 0;
  auto delay = std::chrono::milliseconds{trial_first};
  for (std::uint32_t i = 0; i < trials && delay < trial_max; ++i)
    delay *= 2;
  quarantine(id, why.message, std::min<std::chrono::milliseconds>(delay, trial_max), trials);
}

void shard::release_from_quarantine(aggregate_id id, std::string_view how) {
  record_.clear();
  record_.epoch = journal_->epoch();
  record_.time_ms = setting_.on->wall();
  record_.released = id;
  (void)append_record();
  count_troubles();
  if (!how.empty()) announce("aggregate-released", id, std::string{how});
  if (auto* entry = memory_.find(id); entry != nullptr && entry->seq > 0) dirty_.insert(id);
}

void shard::arm_trial(aggregate_id id) {
  const auto* of = memory_.troubles().quarantine_of(id);
  if (of == nullptr || of->by_operator()) return;
  const auto left = std::max<std::int64_t>(of->trial_ms - setting_.on->wall(), 0);
  after(std::chrono::milliseconds{left}, [this, id, due = of->trial_ms] {
    const auto* still = memory_.troubles().quarantine_of(id);
    if (still != nullptr && still->trial_ms == due && !failed_ && !closing_) try_again(id);
  });
}

/// Starts an aggregate that was in quarantine; what it has failed before is not forgotten.
void shard::try_again(aggregate_id id) {
  auto& entry = memory_.at(id);
  if (!entry.live || !entry.live->actor) {
    if (auto made = make_resident(id, entry); !made) {
      if (made.error().code == errc::quarantined) return not_replayed(id, made.error());
      after(std::chrono::milliseconds{trial_first}, [this, id] {
        if (memory_.troubles().quarantine_of(id) != nullptr) try_again(id);
      });
      return;
    }
  }
  release_from_quarantine(id, "its trial began");
  if (entry.live->failed) ++entry.live->failed->restarts;
  if (const auto* ask = memory_.ask_of(id))
    send_ask(ask->id);
  else
    run_waiting(id);
}

error shard::refusal_of(const trouble_book::quarantine& why, aggregate_id id) const {
  const auto wall = setting_.on->wall();
  error told = fail(errc::quarantined, info().full_name() + "/" + std::to_string(id.number) +
                                           " is in quarantine: " + why.reason);
  if (!why.by_operator()) {
    told.message += "; next trial in " + when(why.trial_ms, wall);
    told.retry_after_ms =
        static_cast<std::int32_t>(std::clamp<std::int64_t>(why.trial_ms - wall, 1, INT32_MAX));
  }
  return told;
}

/// What an aggregate in quarantine was last, marked as such.
result<void> shard::read_degraded(aggregate_id id, reply_content& to) {
  const auto& entry = memory_.at(id);
  auto known = replay(id, entry.head);
  if (!known) return known.error();
  if (!known->instance->exists())
    return known->stopped
               ? *known->stopped
               : fail(errc::not_found,
                      info().full_name() + "/" + std::to_string(id.number) + " does not exist");
  known->instance->write_state(to.payload);
  to.seq = known->seq;
  std::int64_t since = 0;
  if (auto body = journal_->read(known->at)) {
    record of;
    if (decode_record(*body, of)) since = of.time_ms;
  }
  const auto age = std::max<std::int64_t>(setting_.on->wall() - since, 0);
  to.degraded = degraded_mark{known->seq, static_cast<std::uint64_t>(age)};
  return {};
}

} // namespace troupe
