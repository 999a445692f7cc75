#include "bin/verify/event_source_reader.hpp"

namespace troupe::verify {

namespace {

constexpr std::uint64_t records_at_once = 2'048;

/// The events of a record as the shard publishes them to parts of the node.
void append(std::vector<published_event>& to, const record& from, record_index at,
            shard_number shard) {
  std::uint32_t ordinal = 0;
  for (const auto& each : from.events) {
    auto& event = to.emplace_back();
    event.shard = shard;
    event.index = at;
    event.ordinal = ordinal++;
    event.aggregate = from.aggregate;
    event.seq = from.seq;
    event.time_ms = from.time_ms;
    event.cause = from.command;
    event.correlation = from.correlation;
    event.trace = from.trace.handed_on_by(from.command);
    event.name = each.name;
    event.payload = each.payload;
    if (from.cause)
      event.reacts_to =
          event_source{std::string{from.cause->context}, from.cause->shard, from.cause->index};
  }
}

} // namespace

void event_source_reader::add(std::string_view context, journal_file& file, record_index end) {
  const auto number = merge_.add(std::string{context}, file.shard);
  merge_.begin(number, {1});
  streams_.push_back({&file, {1}, end, 0});
}

result<void> event_source_reader::fill(std::size_t number) {
  auto& from = streams_[number];
  std::vector<published_event> events;
  while (from.next < from.end && events.empty()) {
    const record_index last{std::min(from.end.value - 1, from.next.value + records_at_once - 1)};
    const auto read =
        visit_records(*from.file, from.next, last, [&](const record& each, record_index at) {
          append(events, each, at, from.file->shard);
          return true;
        });
    if (!read) return read;
    from.next = {last.value + 1};
  }
  from.waiting += events.size();
  merge_.take(number, events, from.next, {from.end.value - 1});
  return {};
}

/// Whether there was more to read.
result<bool> event_source_reader::fill_empty() {
  bool any = false;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i].waiting > 0 || streams_[i].next >= streams_[i].end) continue;
    if (auto done = fill(i); !done) return done.error();
    any = true;
  }
  return any;
}

result<std::uint64_t> event_source_reader::run(const visitor& visit, const progress& told,
                                               std::string_view name) {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    total += streams_[i].end.value - 1;
    if (auto filled = fill(i); !filled) return filled.error(); // also of those without records
  }
  while (true) {
    auto next = merge_.next([](std::size_t) { return false; });
    if (!next) {
      const auto more = fill_empty();
      if (!more) return more.error();
      if (!*more) return std::uint64_t{merge_.waiting()};
      continue;
    }
    --streams_[next->stream].waiting;
    visit(merge_.at(next->stream), next->event);
    if (told && ++done % progress_every == 0) told(name, done, total);
  }
}

} // namespace troupe::verify
