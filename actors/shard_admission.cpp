#include "actors/shard.hpp"

#include <algorithm>
#include <utility>

/// Whether a command may wait here: bounds by number and by bytes, of an aggregate, of the shard,
/// and of all shards of the context on this node. What is refused is refused at once, without a
/// trace; what comes from other contexts has a quarter more room, because somebody who was let in
/// waits for it.
namespace troupe {
namespace {

constexpr std::int32_t retry_after_ms = 50;
constexpr std::uint32_t probes_least = 2;    ///< in a round, while too many asks are open
constexpr std::uint32_t probes_most = 1'024; ///< then nobody is held back any more
constexpr std::chrono::seconds full_forgotten{1};

[[nodiscard]] bool is_over(std::uint64_t held, std::uint64_t limit, bool outside) {
  return held >= (outside ? limit : limit + limit / 4);
}

[[nodiscard]] error busy(std::string who) {
  error why = fail(errc::overloaded, std::move(who) + " has too much waiting");
  why.retry_after_ms = retry_after_ms;
  return why;
}

[[nodiscard]] std::uint64_t bytes_of(const work& what) {
  return sizeof(work) + what.name.size() + what.payload.size() + what.correlation.size() +
         what.reply.size();
}

} // namespace

std::optional<error> shard::too_much_waits(bool outside) const {
  const auto& limits = setting_.limits;
  if (is_over(waiting_, limits.waiting_max, outside)) return busy(info().full_name());
  const auto held = setting_.load->get();
  if (is_over(held.waiting, limits.waiting_per_context, outside) ||
      is_over(held.bytes, limits.bytes_per_context, outside))
    return busy(info().full_name() + " on this node");
  return {};
}

std::optional<error> shard::too_much_waits(const resident& who, const work& what) const {
  const auto& limits = setting_.limits;
  const auto queued = who.in_mailbox + (who.waiting ? who.waiting->size() : 0);
  // A command that is big by itself may come if nobody else waits.
  const bool big = queued > 0 && is_over(who.bytes + bytes_of(what) - 1, limits.bytes_per_aggregate,
                                         what.outside);
  if (!big && !is_over(queued, limits.waiting_per_aggregate, what.outside)) return {};
  return busy(info().full_name() + "/" + std::to_string(what.target.number));
}

void shard::counts_as_waiting(work& what) {
  what.bytes = static_cast<std::uint32_t>(bytes_of(what));
  ++waiting_;
  ++counted_;
  counted_bytes_ += what.bytes;
  setting_.load->add(1, what.bytes);
}

/// It stands in the line of its aggregate from here to its end.
void shard::joins(resident& who, work& what) {
  what.in_line = true;
  who.bytes += what.bytes;
}

void shard::waits_no_more(work& what) {
  --waiting_;
  if (what.bytes == 0) return;
  --counted_;
  counted_bytes_ -= what.bytes;
  setting_.load->remove(1, what.bytes);
  if (std::exchange(what.in_line, false)) {
    auto* entry = memory_.find(what.target);
    if (entry != nullptr && entry->live) entry->live->bytes -= what.bytes;
  }
  what.bytes = 0;
}

void shard::nobody_waits() {
  setting_.load->remove(counted_, counted_bytes_);
  waiting_ = 0;
  counted_ = 0;
  counted_bytes_ = 0;
}

/// A command was refused because too many asks are open in its direction. The next ones of its name
/// would be refused too, after an aggregate was loaded and its turn begun for nothing, so for a
/// while only as many are let in as asks have ended since, and a few that find out: their number
/// doubles with every round in which none is refused.
void shard::found_no_place_to_ask(const std::string& command) {
  const auto [at, added] = full_asks_.try_emplace(command);
  if (added) at->second.ended = asks_ended_;
  at->second.refused = true;
}

bool shard::has_no_place_to_ask(std::string_view command) {
  if (full_asks_.empty()) return false;
  const auto at = full_asks_.find(command);
  if (at == full_asks_.end()) return false;
  auto& full = at->second;
  if (full.round != now()) {
    const bool long_ago = full.round != monotonic_time{} && now() - full.round > full_forgotten;
    full.per_round = full.refused ? probes_least : full.per_round * 2;
    if (long_ago || full.per_round > probes_most) {
      full_asks_.erase(at);
      return false;
    }
    full.round = now();
    full.refused = false;
    full.left = full.per_round + static_cast<std::uint32_t>(asks_ended_ - full.ended);
    full.ended = asks_ended_;
  }
  if (full.left == 0) return true;
  --full.left;
  return false;
}

/// An aggregate whose first command was refused is none: it must not stay in memory.
void shard::forget_unborn() {
  if (unborn_.empty()) return;
  for (; !unborn_.empty(); unborn_.pop_back()) {
    const auto id = unborn_.back();
    auto* entry = memory_.find(id);
    if (entry == nullptr || entry->seq != 0) continue;
    if (entry->live) {
      const auto& who = *entry->live;
      if (!who.actor || who.asking || who.waiting || who.in_mailbox > 0) continue;
      passivate(id, *entry);
      const auto at = std::find_if(residents_.rbegin(), residents_.rend(),
                                   [id](const resident_place& each) { return each.id == id; });
      if (at != residents_.rend()) // it came lately
        leaves_memory(static_cast<std::size_t>(residents_.rend() - at) - 1);
    }
    memory_.all().erase(id);
  }
  setting_.counters->residents.store(static_cast<std::uint32_t>(residents_.size()),
                                     std::memory_order_relaxed);
}

} // namespace troupe
