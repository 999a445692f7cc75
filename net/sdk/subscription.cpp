#include "net/sdk/subscription.hpp"

#include "messages/credit.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace troupe {

namespace {
constexpr std::uint32_t moves_at_once_max = 3; // then redirects may go round
} // namespace

subscription::subscription(std::string context, subscribe_request from,
                           client::event_callback on_events, client::end_callback on_end,
                           std::string endpoint)
    : context_(std::move(context)), endpoint_(std::move(endpoint)), position_(from),
      on_events_(std::move(on_events)), on_end_(std::move(on_end)) {
  position_.credit = std::clamp<std::uint32_t>(position_.credit, 1, credit_max);
}

request subscription::open(std::uint64_t wire_id, link_number on) {
  state_ = stage::open;
  wire_id_ = wire_id;
  link_ = on;
  consumed_ = 0;
  request out;
  out.kind = request_kind::subscribe;
  out.id = wire_id;
  out.context = context_;
  out.payload = payload_.empty() ? encode_subscribe_request(position_) : payload_;
  return out;
}

bool subscription::seen(const published_event& event) const {
  return std::tie(event.index, event.ordinal) <= std::tie(last_index_, last_ordinal_);
}

std::optional<request> subscription::take(const event_push& push) {
  auto events = decode_events(push.payload);
  if (!events) {
    // What cannot be read cannot be skipped either: the owner must know.
    state_ = stage::closed;
    if (on_end_) on_end_(events.error());
    on_end_ = nullptr;
    return close();
  }
  const auto arrived = static_cast<std::uint32_t>(events->size());
  std::erase_if(*events, [this](const published_event& each) { return seen(each); });
  if (!events->empty()) {
    last_index_ = events->back().index;
    last_ordinal_ = events->back().ordinal;
  }
  position_.from = std::max(position_.from, push.next);
  position_.only_new = false; // from here on, the position says where to go on
  failures_ = 0;
  if (!events->empty() && on_events_) on_events_(*events, position_.from);
  consumed_ += arrived;
  // A quarter at a time: the node never runs dry, and few requests are spent on grants.
  if (consumed_ == 0 || consumed_ < position_.credit / 4) return std::nullopt;
  request grant;
  grant.kind = request_kind::credit;
  grant.id = wire_id_;
  grant.payload = encode_credit(std::min(std::exchange(consumed_, 0U), credit_max));
  return grant;
}

bool subscription::ended(const reply& from, bool moved, monotonic_time now, random_source& random) {
  state_ = stage::closed;
  const auto* why = std::get_if<error>(&from.content);
  if (why == nullptr) return false; // the end that `unsubscribe` asked for
  if (info(why->code).again == retry::same_id) {
    const auto hint = std::chrono::milliseconds{std::max(why->retry_after_ms, 0)};
    const auto wait = std::max<std::chrono::microseconds>(hint, backoff{}.delay(failures_, random));
    not_before_ = moved && failures_ < moves_at_once_max ? now : now + wait;
    ++failures_;
    return true;
  }
  if (on_end_) on_end_(*why);
  return false;
}

request subscription::close() const {
  request out;
  out.kind = request_kind::unsubscribe;
  out.id = wire_id_;
  return out;
}

} // namespace troupe
