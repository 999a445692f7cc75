#include "net/cluster/peer_calls.hpp"

#include <chrono>

namespace troupe {
namespace {

constexpr std::chrono::milliseconds grace{500}; ///< the askers' own deadlines come first

error come_again(errc code, std::string message) {
  auto why = fail(code, std::move(message));
  why.moved.emplace();
  return why;
}

} // namespace

void peer_calls::open(inbound& what) {
  const bool keep = what.content.kind == request_kind::subscribe;
  const auto id = ++ids_;
  what.content.id = id;
  open_[id] = {what.from, what.deadline, keep};
  if (keep) subscriptions_[key_of(what.from)] = id;
}

bool peer_calls::follow(inbound& what) {
  const auto at = subscriptions_.find(key_of(what.from));
  if (at == subscriptions_.end()) return false;
  what.content.id = at->second;
  return true;
}

void peer_calls::forget(std::map<std::uint64_t, pending>::iterator at) {
  if (at->second.keep) subscriptions_.erase(key_of(at->second.from));
  open_.erase(at);
}

std::optional<answer> peer_calls::take(reply&& from) {
  const auto at = open_.find(from.id);
  if (at == open_.end()) return std::nullopt;
  answer out{at->second.from, {}};
  forget(at);
  if (auto* content = std::get_if<reply_content>(&from.content))
    out.content = std::move(*content);
  else
    out.content = std::move(std::get<error>(from.content));
  return out;
}

std::optional<answer> peer_calls::take(event_push&& from) {
  const auto at = open_.find(from.id);
  if (at == open_.end()) return std::nullopt;
  return answer{at->second.from, std::move(from)};
}

void peer_calls::lose(std::vector<answer>& out) {
  for (const auto& [id, each] : open_)
    out.push_back({each.from, come_again(each.keep ? errc::context_down : errc::outcome_unknown,
                                         "the connection to the node was lost")});
  open_.clear();
  subscriptions_.clear();
}

void peer_calls::expire(monotonic_time now, std::vector<answer>& out) {
  for (auto at = open_.begin(); at != open_.end();) {
    const auto here = at++;
    if (here->second.keep || here->second.deadline + grace > now) continue;
    out.push_back({here->second.from, fail(errc::timeout, "the node did not answer in time")});
    forget(here);
  }
}

} // namespace troupe
