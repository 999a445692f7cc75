#include "supervisors/supervision_log.hpp"

#include "messages/codec.hpp"
#include "messages/credit.hpp"
#include "supervisors/admin_desk.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

/// Cuts at the beginning of a character, so that what is left is still UTF-8.
void cut(std::string& text, std::size_t bytes_max) {
  static constexpr std::string_view more = "…";
  if (text.size() <= bytes_max) return;
  auto end = bytes_max - more.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  text.resize(end);
  text += more;
}

[[nodiscard]] std::string published(const supervision_event& what, std::uint64_t position) {
  published_event shown;
  shown.index = {position};
  shown.time_ms = what.time_ms;
  shown.name = what.kind;
  shown.payload = encode_value(value::object{{"subject", what.subject}, {"text", what.text}});
  std::string bytes;
  writer out{bytes};
  append_event(out, shown);
  return bytes;
}

/// One answer stays well below the frame limit; who wants more asks for what is behind it.
constexpr std::size_t answer_bytes_max = 900 * 1'024;
constexpr std::size_t item_bytes = 64; ///< of an event, besides its texts

/// Texts may come from anywhere: none ends the line or the quotes it stands in.
[[nodiscard]] std::string in_a_line(std::string text) {
  for (char& each : text)
    if (static_cast<unsigned char>(each) < 0x20 || each == 0x7f || each == '"')
      each = each == '"' ? '\'' : ' ';
  return text;
}

/// Good news and what is only on its way are no warnings.
[[nodiscard]] bool warns(std::string_view kind) {
  return kind != "breaker-closed" && kind != "breaker-half-opened";
}

[[nodiscard]] bool same(const origin& a, const origin& b) {
  return a.port == b.port && a.connection == b.connection && a.request == b.request;
}

} // namespace

supervision_log::supervision_log(const clock& time, line_writer line)
    : clock_(time), line_(std::move(line)),
      first_(static_cast<std::uint64_t>(std::max<wall_ms>(time.wall(), 1))) {}

void supervision_log::add(supervision_event what) {
  if (what.time_ms == 0) what.time_ms = clock_.wall();
  cut(what.kind, kind_bytes_max);
  cut(what.subject, subject_bytes_max);
  cut(what.text, text_bytes_max);
  std::uint64_t position = 0;
  {
    const std::lock_guard lock{mutex_};
    position = next_position();
    if (kept_.size() == kept_max) {
      kept_.pop_front();
      ++first_;
    }
    const bool known = counts_.count(what.kind) > 0 || counts_.size() < kinds_max;
    ++counts_[known ? what.kind : "other"];
    kept_.push_back({what, published(what, position)});
    for (auto& each : subscribers_)
      (void)push_to(each);
  }
  line_(what, position);
}

void supervision_log::write_line(const supervision_event& what, std::uint64_t position) {
  spdlog::log(warns(what.kind) ? spdlog::level::warn : spdlog::level::info,
              "event={} subject=\"{}\" position={} text=\"{}\"", what.kind, in_a_line(what.subject),
              position, in_a_line(what.text));
}

supervision_log::subscriber* supervision_log::find(const origin& who) {
  const auto at = std::ranges::find_if(subscribers_,
                                       [&](const subscriber& each) { return same(each.who, who); });
  return at == subscribers_.end() ? nullptr : &*at;
}

/// True if there may be more for it.
bool supervision_log::push_to(subscriber& to) {
  to.next = std::max(to.next, first_); // the oldest are gone: it sees a jump
  const auto count = static_cast<std::uint32_t>(
      std::min<std::uint64_t>({next_position() - to.next, to.credit, push_events_max}));
  if (count == 0) return false;
  std::string payload;
  writer{payload}.array(count);
  for (std::uint32_t i = 0; i < count; ++i)
    payload += kept_[to.next - first_ + i].published;
  to.next += count;
  to.credit -= count;
  std::vector<answer> one;
  one.push_back(
      {to.who, event_push{to.who.request, {to.next}, std::move(payload), {next_position() - 1}}});
  to.who.port->deliver(one);
  return to.credit > 0 && to.next < next_position();
}

/// One push at a time, so that lanes with something to tell wait for one at most.
void supervision_log::push_all_to(const origin& who) {
  for (bool more = true; more;) {
    const std::lock_guard lock{mutex_};
    auto* to = find(who);
    more = to != nullptr && push_to(*to);
  }
}

value supervision_log::after(std::uint64_t position, std::size_t limit) const {
  const std::lock_guard lock{mutex_};
  value::array items;
  std::size_t bytes = 0;
  for (auto at = std::max(position + 1, first_);
       at < next_position() && items.size() < limit && bytes < answer_bytes_max; ++at) {
    const auto& what = kept_[at - first_].what;
    bytes += what.kind.size() + what.subject.size() + what.text.size() + item_bytes;
    items.push_back(value::object{{"position", static_cast<std::int64_t>(at)},
                                  {"time_ms", what.time_ms},
                                  {"kind", what.kind},
                                  {"subject", what.subject},
                                  {"text", what.text}});
  }
  value said{value::object{}};
  said["items"] = std::move(items);
  said["first"] = static_cast<std::int64_t>(first_);
  said["next"] = static_cast<std::int64_t>(next_position());
  return said;
}

std::map<std::string, std::uint64_t> supervision_log::counts() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

value supervision_log::summary() const {
  value of_kinds{value::object{}};
  for (const auto& [kind, number] : counts())
    of_kinds[kind] = number;
  value said{value::object{}};
  {
    const std::lock_guard lock{mutex_};
    said["next"] = static_cast<std::int64_t>(next_position());
    said["subscribers"] = static_cast<std::int64_t>(subscribers_.size());
  }
  said["kinds"] = std::move(of_kinds);
  return said;
}

void supervision_log::subscribe(const inbound& from) {
  if (from.from.port == nullptr) return;
  const auto wanted = decode_subscribe_request(from.content.payload);
  if (!wanted) return answer_now(from.from, wanted.error());
  {
    const std::lock_guard lock{mutex_};
    if (subscribers_.size() >= subscribers_max)
      return answer_now(from.from, fail(errc::overloaded, "the node's events have their " +
                                                              std::to_string(subscribers_max) +
                                                              " subscribers; try later"));
    if (!wanted->only_new && wanted->from.value > next_position())
      return answer_now(from.from,
                        fail(errc::position_gone, "position " + std::to_string(wanted->from.value) +
                                                      " is beyond the next event " +
                                                      std::to_string(next_position())));
    const auto begin = wanted->only_new ? next_position() : std::max(wanted->from.value, first_);
    subscribers_.push_back({from.from, begin, std::min(wanted->credit, credit_max)});
    if (wanted->only_new) { // says where it stands, before anything happens
      std::string nothing;
      writer{nothing}.array(0);
      answer_now(from.from,
                 event_push{from.from.request, {begin}, std::move(nothing), {begin - 1}});
    }
  }
  push_all_to(from.from);
}

bool supervision_log::take(const inbound& from) {
  {
    const std::lock_guard lock{mutex_};
    auto* of = find(from.from);
    if (of == nullptr) return false;
    if (from.content.kind == request_kind::unsubscribe) {
      answer_now(of->who, reply_content{});
      subscribers_.erase(subscribers_.begin() + (of - subscribers_.data()));
      return true;
    }
    const auto granted = decode_credit(from.content.payload);
    if (granted) of->credit = std::min(of->credit + *granted, credit_max);
  }
  push_all_to(from.from);
  return true;
}

void supervision_log::close(const error& why) {
  const std::lock_guard lock{mutex_};
  for (const auto& each : subscribers_)
    answer_now(each.who, why);
  subscribers_.clear();
}

} // namespace troupe
