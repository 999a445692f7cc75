#include "supervisors/admin_desk.hpp"

#include "messages/codec.hpp"

#include <utility>

namespace troupe {
namespace {

constexpr std::uint32_t nodes_max = 1'000'000; ///< of what one part says

result<value> said_in(const answer& from) {
  if (const auto* why = std::get_if<error>(&from.content)) return *why;
  const auto* content = std::get_if<reply_content>(&from.content);
  if (content == nullptr) return fail(errc::internal, "a part pushed events instead of an answer");
  codec_limits limits;
  limits.nodes_max = nodes_max;
  return decode_value(content->payload, limits);
}

} // namespace

void answer_now(const origin& to, std::variant<reply_content, error, event_push> content) {
  if (to.port == nullptr) return;
  std::vector<answer> one;
  one.push_back({to, std::move(content)});
  to.port->deliver(one);
}

void admin_desk::gather(const origin& asker, std::vector<inbound>& parts, merge how,
                        std::size_t absent) {
  const std::lock_guard lock{mutex_};
  const auto number = next_++;
  for (auto& each : parts)
    each.from = {this, number, 0};
  open_[number] = {asker, parts.size(), absent, {}, {}, std::move(how)};
}

void admin_desk::deliver(std::vector<answer>& batch) {
  std::vector<std::pair<std::uint64_t, result<value>>> parts; // decoded while nobody waits for it
  parts.reserve(batch.size());
  for (const auto& each : batch)
    parts.emplace_back(each.to.connection, said_in(each));
  std::vector<gathering> finished;
  {
    const std::lock_guard lock{mutex_};
    for (auto& [number, said] : parts) {
      const auto at = open_.find(number);
      if (at == open_.end()) continue;
      auto& of = at->second;
      if (said)
        of.said.push_back(std::move(*said));
      else
        note_failure(of, said.error());
      if (--of.open == 0) {
        finished.push_back(std::move(of));
        open_.erase(at);
      }
    }
  }
  batch.clear();
  for (auto& each : finished)
    finish(each);
}

/// "It is not here" is an answer as good as any; what else a part says instead of one is missed.
void admin_desk::note_failure(gathering& of, const error& why) {
  if (why.code != errc::not_found) ++of.missing;
  if (!of.failure || of.failure->code == errc::not_found) of.failure = why;
}

void admin_desk::finish(gathering& of) {
  if (of.said.empty() && of.failure) {
    if (of.failure->code == errc::not_found && of.missing > 0)
      of.failure =
          fail(errc::context_down, of.failure->message + ", but " + std::to_string(of.missing) +
                                       " parts that may have it are not running");
    return answer_now(of.asker, *of.failure);
  }
  reply_content content;
  auto merged = of.how(std::move(of.said));
  if (of.missing > 0 && merged.find("items") != nullptr) merged["missing"] = of.missing;
  content.payload = encode_value(merged);
  answer_now(of.asker, std::move(content));
}

} // namespace troupe
