#include "supervisors/audit_desk.hpp"

#include "actors/verb_arguments.hpp"
#include "messages/json.hpp"
#include "messages/redaction.hpp"
#include "supervisors/admin_desk.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace troupe {
namespace {

constexpr std::size_t text_bytes_max = 256; ///< of an argument; the rest is cut off
constexpr std::size_t arguments_bytes_max = 4096;
constexpr std::size_t looked_max = 1'024;   ///< callers, verbs and contexts in a minute
constexpr std::int64_t entries_shown = 100; ///< unless more are asked for
constexpr std::int64_t entries_shown_max = 1'000;
constexpr std::size_t page_bytes_max = 256UL * 1024; ///< of entries: an answer fits into a frame

value arguments_of(const inbound& asked) {
  auto held = decode_value(asked.content.payload);
  return held ? std::move(*held) : value{};
}

std::string caller_of(const inbound& asked) {
  return !asked.by ? "in process" : asked.by->name.empty() ? "unnamed" : asked.by->name;
}

audit_entry entry_of(const inbound& asked, const value& arguments, const clock& time) {
  audit_entry made;
  made.time_ms = time.wall();
  made.who = caller_of(asked);
  if (!asked.content.correlation.empty()) made.who += " for " + asked.content.correlation;
  made.from = !asked.by ? "" : asked.by->from;
  made.role = role_name(asked.by ? asked.by->may : role::operate);
  made.verb = asked.content.name;
  made.arguments = to_json(audited_arguments(arguments));
  if (made.arguments.size() > arguments_bytes_max)
    made.arguments = to_json(value::object{{"too_long", made.arguments.size()}});
  return made;
}

/// Looks that people repeat. A dry run is none: it has the code of an actor decide.
bool reads_payloads(const inbound& asked) {
  const auto* verb = find_admin_verb(asked.content.name);
  return verb != nullptr && verb->needs == role::inspect && verb->name != "actor-dry-run";
}

/// What a look is of; without the correlation, which callers may make anew for each of them, and
/// without contexts that are none.
std::string kind_of_look(const inbound& asked, const audit_entry& as) {
  const auto* context = find_context(text_in(arguments_of(asked), "context"));
  return caller_of(asked) + '\n' + as.from + '\n' + as.verb + '\n' +
         (context != nullptr ? context->full_name() : std::string{});
}

value shown(const audit_entry& from) {
  value item{value::object{}};
  item["position"] = from.position;
  item["time_ms"] = from.time_ms;
  item["who"] = from.who;
  item["from"] = from.from;
  item["role"] = from.role;
  item["verb"] = from.verb;
  auto arguments = parse_json(from.arguments);
  item["arguments"] = arguments ? std::move(*arguments) : value{};
  item["result"] = from.result.empty() ? value{} : value{from.result};
  return item;
}

} // namespace

value audited_arguments(const value& arguments) {
  value kept = arguments;
  const auto* context = find_context(text_in(arguments, "context"));
  if (context != nullptr) redact(*context, kept);
  auto* members = kept.get_if<value::object>();
  if (members == nullptr) return value{value::object{}};
  for (auto& [name, held] : *members) {
    const bool plain = held.get_if<value::array>() == nullptr &&
                       held.get_if<value::object>() == nullptr && name != "payload" &&
                       name != "grep"; // what somebody looks for in what callers sent
    if (!plain) held = redacted_text;
    if (auto* text = held.get_if<std::string>(); text != nullptr && text->size() > text_bytes_max)
      held = text->substr(0, text_bytes_max) + "...";
  }
  return kept;
}

audit_desk::audit_desk(audit_journal& journal, const clock& time, std::string node,
                       std::function<void(inbound&)> perform)
    : journal_(journal), time_(time), node_(std::move(node)), perform_(std::move(perform)),
      thread_([this] { run(); }) {}

bool audit_desk::takes(const inbound& asked) const {
  if (asked.from.port == this) return false;
  const auto* verb = find_admin_verb(asked.content.name);
  return verb != nullptr && (verb->needs != role::observe || verb->name == "audit");
}

void audit_desk::take(inbound& asked) {
  {
    const std::lock_guard lock{mutex_};
    if (!stopping_ && asked_.size() + open_.size() < open_max) {
      asked_.push_back(std::move(asked));
      changed_.notify_one();
      return;
    }
    if (!stopping_)
      return answer_now(asked.from, fail(errc::overloaded, "too many operators' verbs are open"));
  }
  answer_now(asked.from, fail(errc::shutting_down, "the node is stopping"));
}

void audit_desk::deliver(std::vector<answer>& batch) {
  std::vector<answer> late;
  {
    const std::lock_guard lock{mutex_};
    auto& to = stopped_ ? late : answered_;
    for (auto& each : batch)
      to.push_back(std::move(each));
    changed_.notify_one();
  }
  batch.clear();
  for (auto& each : late) // it began, and the journal says so; how it ended stays open
    if (auto verb = closed(each.to.connection))
      answer_now(verb.mapped().asked.from, std::move(each.content));
}

void audit_desk::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    changed_.notify_one();
  }
  const std::lock_guard one_at_a_time{joining_};
  if (thread_.joinable()) thread_.join();
}

void audit_desk::run() {
  std::vector<inbound> asked;
  std::vector<answer> answered;
  for (;;) {
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return stopping_ || !asked_.empty() || !answered_.empty(); });
      stopped_ = stopping_ && asked_.empty() && answered_.empty();
      if (stopped_) return;
      asked.swap(asked_);
      answered.swap(answered_);
    }
    if (!answered.empty()) write_ends(answered);
    if (!asked.empty()) begin(asked);
    answered.clear();
    asked.clear();
  }
}

std::map<std::uint64_t, audit_desk::open_verb>::node_type audit_desk::closed(std::uint64_t number) {
  const std::lock_guard lock{mutex_};
  return open_.extract(number);
}

void audit_desk::write_ends(std::vector<answer>& answers) {
  std::vector<audit_end> ends;
  std::vector<std::pair<origin, answer*>> told;
  for (auto& each : answers) {
    auto verb = closed(each.to.connection);
    if (!verb) continue;
    told.emplace_back(verb.mapped().asked.from, &each);
    if (verb.mapped().position == 0) continue;
    const auto* why = std::get_if<error>(&each.content);
    ends.push_back(
        {verb.mapped().position, why == nullptr ? "done" : std::string{why->shown_code()}});
  }
  if (!ends.empty())
    if (auto done = journal_.end(ends); !done)
      spdlog::error("audit: how {} verbs ended is not written down: {}", ends.size(),
                    done.error().message);
  for (auto& [to, what] : told)
    answer_now(to, std::move(what->content));
}

/// Whether a look at what callers sent is the first of its kind for a while.
bool audit_desk::is_news(const inbound& asked, const audit_entry& as) {
  if (!reads_payloads(asked)) return true;
  const auto now = time_.monotonic();
  std::erase_if(looked_, [&](const auto& each) { return now - each.second >= look_again_after; });
  const auto key = kind_of_look(asked, as);
  if (looked_.contains(key)) return false;
  if (looked_.size() < looked_max) looked_[key] = now;
  return true;
}

void audit_desk::begin(std::vector<inbound>& asked) {
  std::vector<audit_entry> entries;
  std::vector<std::size_t> entry_of_verb(asked.size(), asked.size());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (asked[i].content.name == "audit") continue;
    auto made = entry_of(asked[i], arguments_of(asked[i]), time_);
    if (!is_news(asked[i], made)) continue;
    entry_of_verb[i] = entries.size();
    entries.push_back(std::move(made));
  }
  result<void> written;
  if (!entries.empty()) written = journal_.begin(entries);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    auto& each = asked[i];
    if (each.content.name == "audit") {
      show(each);
      continue;
    }
    const bool recorded = entry_of_verb[i] < entries.size();
    if (recorded && !written) {
      looked_.clear(); // none of them is written down
      answer_now(each.from, fail(written.error().code,
                                 "nothing was done, because it cannot be written to the audit "
                                 "journal: " +
                                     written.error().message));
      continue;
    }
    inbound to_do = each;
    {
      const std::lock_guard lock{mutex_};
      to_do.from = {this, next_, 0};
      open_[next_++] = {std::move(each), recorded ? entries[entry_of_verb[i]].position : 0};
    }
    perform_(to_do);
  }
}

void audit_desk::show(const inbound& asked) {
  const auto wanted = arguments_of(asked);
  const auto after = number_in(wanted, "after", 0);
  const auto limit = number_in(wanted, "limit", entries_shown);
  if (after < 0 || limit < 1 || limit > entries_shown_max)
    return answer_now(asked.from, fail(errc::malformed, "after: from 0; limit: from 1 to " +
                                                            std::to_string(entries_shown_max)));
  const auto found =
      journal_.after(static_cast<std::uint64_t>(after), static_cast<std::size_t>(limit));
  if (!found) return answer_now(asked.from, found.error());
  const auto head = journal_.head();
  if (!head) return answer_now(asked.from, head.error());
  value said{value::object{}};
  value::array items;
  auto next = static_cast<std::uint64_t>(after);
  std::size_t bytes = 0;
  for (const auto& each : *found) {
    bytes += each.who.size() + each.from.size() + each.verb.size() + each.arguments.size();
    if (bytes > page_bytes_max && !items.empty()) break;
    items.push_back(shown(each));
    next = each.position;
  }
  said["node"] = node_;
  said["next"] = next;
  said["head"] = *head;
  said["items"] = std::move(items);
  reply_content content;
  content.payload = encode_value(said);
  answer_now(asked.from, std::move(content));
}

} // namespace troupe
