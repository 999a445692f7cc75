#include "bin/verify/sequence_rules.hpp"

namespace troupe::verify {

bool sequence_rules::take_index(std::int64_t index) {
  if (index < 1) {
    to_.found(rule::sequence, place_of(file_, index), "there is an index below 1");
    return false;
  }
  if (index > expected_)
    to_.found(rule::sequence, place_of(file_, expected_),
              index == expected_ + 1
                  ? "the record is missing"
                  : "the records from here to " + std::to_string(index - 1) + " are missing");
  expected_ = index + 1;
  return true;
}

void sequence_rules::take(const record& from, record_index at) {
  to_.checked(rule::one_writer);
  if (from.epoch < epoch_)
    to_.found(rule::one_writer, place_of(file_, from, at),
              "its epoch " + std::to_string(from.epoch.value) + " is older than epoch " +
                  std::to_string(epoch_.value) + " of record " +
                  std::to_string(epoch_since_.value) + ": a stale owner wrote it");
  if (from.epoch > epoch_) {
    epoch_ = from.epoch;
    epoch_since_ = at;
  }
  from.aggregate.given() ? take_turn(from, at) : take_bookkeeping(from, at);
}

void sequence_rules::take_turn(const record& from, record_index at) {
  to_.checked(rule::sequence);
  auto& end = ends_[from.aggregate];
  const auto wrong = [&](const std::string& what) {
    to_.found(rule::sequence, place_of(file_, from, at), what);
  };
  if (shard_of(from.aggregate, file_.shards) != file_.shard)
    wrong("the aggregate belongs to shard " +
          std::to_string(shard_of(from.aggregate, file_.shards).value));
  if (from.seq != end.seq + 1)
    wrong(from.seq > end.seq
              ? "turn " + std::to_string(end.seq + 1) + " of the aggregate is missing: record " +
                    std::to_string(end.head.value) + " holds turn " + std::to_string(end.seq)
              : "turn " + std::to_string(from.seq) + " is there a second time: record " +
                    std::to_string(end.head.value) + " holds turn " + std::to_string(end.seq) +
                    " already");
  else if (from.previous != end.head)
    wrong("its chain leads to record " + std::to_string(from.previous.value) +
          ", the aggregate's record before it is " + std::to_string(end.head.value));
  end.seq = from.seq;
  end.head = at;
  if (!from.events.empty()) end.last_event = at;
}

void sequence_rules::take_bookkeeping(const record& from, record_index at) {
  if (from.seq != 0 || from.previous.value != 0 || !from.events.empty() || from.command.given())
    to_.found(rule::whole, place_of(file_, from, at), "a turn without an aggregate");
}

/// The epoch of the file is asked for last: a takeover during the reading raises it.
void sequence_rules::finish(record_index until) {
  if (const auto last = static_cast<std::int64_t>(until.value); expected_ <= last)
    to_.found(rule::sequence, place_of(file_, expected_),
              "the records from here to " + std::to_string(last) + " are missing");
  const auto epoch = file_.reader->epoch();
  if (!epoch) return to_.found(rule::files, place_of(file_, 0), epoch.error().message);
  if (epoch_ > *epoch)
    to_.found(rule::one_writer, place_of(file_, static_cast<std::int64_t>(epoch_since_.value)),
              "its epoch " + std::to_string(epoch_.value) + " is from nowhere: the file is at " +
                  std::to_string(epoch->value));
  to_.aggregates += ends_.size();
}

} // namespace troupe::verify
