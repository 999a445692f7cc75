#include "actors/journal_desk.hpp"
#include "actors/shown_record.hpp"
#include "actors/verb_arguments.hpp"
#include "messages/redaction.hpp"

#include <algorithm>
#include <map>

/// The listings of a journal desk: pages of the journal, counts, searches, dead letters.
namespace troupe {
namespace {

constexpr std::int64_t page_limit_max = 1'000;
/// Records that one call looks at, about 5 ms: a lane stands still meanwhile.
constexpr std::uint64_t looked_max = 2'000;
/// Of the records that one call looks at, whether they are in its answer or not.
constexpr std::size_t looked_bytes_max = 1'024 * 1'024;
/// Of the records in one answer, which grows when they are decoded and has to fit into a frame.
constexpr std::size_t page_bytes_max = 256 * 1'024;
constexpr std::int64_t letters_limit_max = 1'000; ///< of one page: it has to fit into a frame

std::string hash_text(std::uint64_t from) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (unsigned shift = 64; shift > 0; shift -= 4)
    text.push_back(digits[(from >> (shift - 4)) & 0xfU]);
  return text;
}

/// Whether a text is in a value: in its texts, as a whole number, or in the name of a field.
bool holds(const value& in, const std::string& text) {
  if (const auto* held = in.get_if<std::string>()) return held->find(text) != std::string::npos;
  if (const auto* number = in.get_if<std::int64_t>()) return std::to_string(*number) == text;
  if (const auto* items = in.get_if<value::array>())
    return std::any_of(items->begin(), items->end(),
                       [&](const value& each) { return holds(each, text); });
  if (const auto* fields = in.get_if<value::object>())
    return std::any_of(fields->begin(), fields->end(), [&](const auto& field) {
      return field.first.find(text) != std::string::npos || holds(field.second, text);
    });
  return false;
}

/// The same of a shown record: what it says, not the words that it is said with.
bool mentions(const value& item, const std::string& text) {
  for (const char* each : {"id", "command", "command_id", "correlation", "trace", "asks", "voids"})
    if (const auto* held = item.find(each); held != nullptr && holds(*held, text)) return true;
  if (const auto* why = item.find("rejection"); why != nullptr)
    for (const char* each : {"code", "message"})
      if (const auto* held = why->find(each); held != nullptr && holds(*held, text)) return true;
  const auto* events = item.find("events");
  const auto* all = events != nullptr ? events->get_if<value::array>() : nullptr;
  return all != nullptr && std::any_of(all->begin(), all->end(), [&](const value& event) {
           const auto* name = event.find("name");
           const auto* payload = event.find("payload");
           return (name != nullptr && holds(*name, text)) ||
                  (payload != nullptr && holds(*payload, text));
         });
}

/// What many records come to.
class record_counts {
public:
  void add(const record& from, std::size_t bytes) {
    ++records_;
    bytes_ += bytes;
    first_ms_ = records_ == 1 ? from.time_ms : std::min(first_ms_, from.time_ms);
    last_ms_ = records_ == 1 ? from.time_ms : std::max(last_ms_, from.time_ms);
    for (const auto& event : from.events)
      ++events_[std::string{event.name}];
    if (!from.aggregate.given()) return;
    ++turns_[std::string{from.command_name}];
    if (from.outcome == turn_outcome::rejected) ++rejected_;
    if (from.outcome == turn_outcome::asked) ++asked_;
  }
  [[nodiscard]] value shown() const {
    value said{value::object{}};
    said["records"] = records_;
    said["bytes"] = bytes_;
    said["rejected"] = rejected_;
    said["asked"] = asked_;
    said["first_ms"] = records_ > 0 ? value{first_ms_} : value{};
    said["last_ms"] = records_ > 0 ? value{last_ms_} : value{};
    said["turns"] = shown(turns_);
    said["events"] = shown(events_);
    return said;
  }

private:
  using by_name = std::map<std::string, std::uint64_t>;
  [[nodiscard]] static value shown(const by_name& from) {
    value::object all;
    for (const auto& [name, number] : from)
      all.emplace_back(name, number);
    return value{std::move(all)};
  }
  std::uint64_t records_ = 0, bytes_ = 0, rejected_ = 0, asked_ = 0;
  std::int64_t first_ms_ = 0, last_ms_ = 0;
  by_name turns_, events_;
};

bool flag_in(const value& from, std::string_view key) {
  const auto* held = from.find(key);
  const auto* flag = held != nullptr ? held->get_if<bool>() : nullptr;
  return flag != nullptr && *flag;
}

} // namespace

/// Records from `from` on: shown ones, only those that mention `grep`, or what they come to
/// (`counts`).
result<value> journal_desk::page(const value& wanted) {
  const auto limit = number_in(wanted, "limit", 100);
  const auto from = number_in(wanted, "from", 1);
  if (limit < 1 || limit > page_limit_max || from < 0)
    return fail(errc::malformed,
                "from: 0 or more; limit: from 1 to " + std::to_string(page_limit_max));
  const auto text = text_in(wanted, "grep");
  const bool only_counts = flag_in(wanted, "counts");
  const auto head = with_.from.head();
  record_index next{std::max<std::uint64_t>(static_cast<std::uint64_t>(from), 1)};
  value::array items;
  record_counts counts;
  std::uint64_t looked = 0;
  std::size_t bytes = 0;
  std::size_t looked_bytes = 0;
  record each;
  result<void> understood;
  const auto scanned = with_.from.scan(next, [&](record_index at, std::string_view body) {
    if (at > head || looked == looked_max || std::cmp_equal(items.size(), limit)) return false;
    if (!items.empty() && bytes + body.size() > page_bytes_max) return false;
    if (looked > 0 && looked_bytes + body.size() > looked_bytes_max) return false;
    understood = decode_record(body, each);
    if (!understood) return false;
    ++looked;
    looked_bytes += body.size();
    next = {at.value + 1};
    if (only_counts) {
      counts.add(each, body.size());
      return true;
    }
    auto item = shown_record(each, at, with_.info);
    item["id"] = with_.context + "/" + std::to_string(each.aggregate.number);
    item["bytes"] = std::uint64_t{body.size()};
    if (!text.empty() && !mentions(item, text)) return true;
    bytes += body.size();
    items.push_back(std::move(item));
    return true;
  });
  if (!scanned) return scanned.error();
  if (!understood) return understood.error();
  value said{value::object{}};
  said["context"] = with_.context;
  said["shard"] = with_.shard.value;
  said["next"] = next.value;
  said["head"] = head.value;
  said["records"] = head.value;
  said["bytes"] = with_.from.bytes_on_disk();
  if (only_counts) said["counts"] = counts.shown();
  said["items"] = std::move(items);
  return said;
}

/// A page of the letters, oldest first, behind the one that was seen last: by time and id, because
/// the shards of a context are listed together.
result<value> journal_desk::letters(const value& wanted) {
  const auto limit = static_cast<std::size_t>(
      std::clamp<std::int64_t>(number_in(wanted, "limit", 100), 1, letters_limit_max));
  const auto& book = with_.memory.troubles();
  using key = std::pair<std::int64_t, command_id>;
  const key seen{number_in(wanted, "after_ms", INT64_MIN),
                 command_id::parse(text_in(wanted, "after_id")).value_or(command_id{})};
  std::vector<key> found;
  for (const auto& [command, each] : book.letters()) {
    if (const key place{each.time_ms, command}; place > seen) found.push_back(place);
  }
  std::sort(found.begin(), found.end());
  if (found.size() > limit) found.resize(limit);
  value::array items;
  for (const auto& [time_ms, command] : found) {
    auto item = letter(command, false);
    if (!item) return item.error();
    items.push_back(std::move(*item));
  }
  value said{value::object{}};
  said["items"] = std::move(items);
  said["total"] = std::int64_t(book.letters().size());
  return said;
}

result<value> journal_desk::letter(command_id command, bool whole) {
  const auto& known = *with_.memory.troubles().letter_of(command);
  const auto held = read(known.at);
  if (!held) return held.error();
  const auto& of = held->of;
  if (!of.letter_opened || of.command != command)
    return fail(errc::corrupt, "record " + std::to_string(known.at.value) +
                                   " does not hold dead letter " + command.text());
  value item{value::object{}};
  item["id"] = command.text();
  item["context"] = with_.context;
  item["aggregate"] = with_.context + "/" + std::to_string(of.aggregate.number);
  item["shard"] = with_.shard.value;
  item["command"] = of.command_name;
  item["made_by"] = name_of(known.made_by);
  item["state"] = known.retried ? "retried" : "new";
  item["how"] = name_of(of.letter_opened->how);
  item["attempts"] = of.letter_opened->attempts;
  item["cause"] = of.letter_opened->cause;
  item["stack_hash"] = hash_text(of.letter_opened->stack_hash);
  item["time_ms"] = of.time_ms;
  add_trace(item, of);
  if (!whole) return item;
  item["signal"] = of.letter_opened->signal;
  item["index"] = known.at.value;
  item["seq"] = of.seq;
  item["correlation"] = of.correlation;
  item["ask"] = known.ask.given() ? value{known.ask.text()} : value{};
  item["reacts_to"] =
      of.cause ? shown_place(of.cause->context, of.cause->shard, of.cause->index) : value{};
  item["payload"] =
      with_.info != nullptr ? shown_payload(*with_.info, of.letter_opened->payload) : value{};
  return item;
}

} // namespace troupe
