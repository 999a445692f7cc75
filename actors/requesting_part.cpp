#include "actors/requesting_part.hpp"

#include <utility>

namespace troupe {

std::uint64_t requesting_part::send(request content, answer_callback then, bool keep,
                                    occasion why) {
  const auto token = lane_.next_token();
  expected_[token] = {std::move(then), keep};
  inbound outgoing;
  content.id = token;
  outgoing.deadline = now() + std::chrono::milliseconds{content.remaining_ms};
  outgoing.content = std::move(content);
  outgoing.from = {&lane_, key_.packed(), token};
  outgoing.internal = true;
  outgoing.reacts_to = std::move(why.reacts_to);
  outgoing.caller = std::move(why.caller);
  out().requests.push_back(std::move(outgoing));
  return token;
}

void requesting_part::send_about(std::uint64_t token, request content) {
  inbound outgoing;
  content.id = token;
  outgoing.deadline = now() + std::chrono::milliseconds{content.remaining_ms};
  outgoing.content = std::move(content);
  outgoing.from = {&lane_, key_.packed(), token};
  outgoing.internal = true;
  out().requests.push_back(std::move(outgoing));
}

void requesting_part::after(std::chrono::milliseconds delay, std::function<void()> then) {
  lane_.at(now() + delay, key_, std::move(then));
}

void requesting_part::receive(answer& from) {
  const auto at = expected_.find(from.to.request);
  if (at == expected_.end()) return;
  if (at->second.keep && std::holds_alternative<event_push>(from.content)) {
    const auto then = at->second.then; // a copy: it may forget itself
    then(from);
    return;
  }
  const auto then = std::move(at->second.then);
  expected_.erase(at);
  then(from);
}

} // namespace troupe
