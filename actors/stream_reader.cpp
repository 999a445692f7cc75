#include "actors/stream_reader.hpp"

#include "messages/credit.hpp"

#include <algorithm>
#include <utility>

namespace troupe {
namespace {

constexpr std::chrono::milliseconds backoff_min{50};
constexpr std::chrono::milliseconds backoff_max{500}; ///< bounds how late a catch-up can start

} // namespace

stream_reader::stream_reader(requesting_part& owner, std::string context, shard_number shard,
                             std::function<record_index()> position,
                             std::function<void(std::vector<published_event>&, record_index)> take,
                             std::function<void()> ended)
    : owner_(owner), context_(std::move(context)), shard_(shard), position_(std::move(position)),
      take_(std::move(take)), ended_(std::move(ended)) {}

void stream_reader::start() {
  stop();
  subscribe_request wanted;
  wanted.shard = shard_;
  wanted.from = position_();
  wanted.credit = window_events;
  request content;
  content.kind = request_kind::subscribe;
  content.context = context_;
  content.payload = encode_subscribe_request(wanted);
  content.remaining_ms = deadline_ms_max;
  to_grant_ = 0;
  token_ = owner_.send(
      std::move(content), [this](answer& from) { answered(from); }, true);
}

void stream_reader::stop() {
  ++attempt_;
  if (token_ == 0) return;
  owner_.forget(token_);
  subscribe_request where;
  where.shard = shard_;
  request content;
  content.kind = request_kind::unsubscribe;
  content.context = context_;
  content.payload = encode_subscribe_request(where);
  owner_.send_about(std::exchange(token_, 0), std::move(content));
}

void stream_reader::done(std::uint32_t events) {
  to_grant_ += events;
  if (token_ == 0 || to_grant_ < window_events / 4) return;
  request content;
  content.kind = request_kind::credit;
  content.context = context_;
  content.payload = encode_credit(std::exchange(to_grant_, 0));
  owner_.send_about(token_, std::move(content));
}

void stream_reader::retry() {
  backoff_ = std::clamp(backoff_ * 2, backoff_min, backoff_max);
  owner_.after(backoff_, [this, attempt = attempt_] {
    if (attempt == attempt_) start();
  });
}

void stream_reader::answered(answer& from) {
  if (std::holds_alternative<event_push>(from.content)) {
    auto& push = std::get<event_push>(from.content);
    auto events = decode_events(push.payload);
    if (!events) { // cannot be understood: do not skip it, ask again
      stop();
      refused_ = true;
      retry();
      return ended_ ? ended_() : void();
    }
    backoff_ = {};
    refused_ = position_is_gone_ = false;
    head_ = push.head;
    return take_(*events, push.next);
  }
  // The source ended the subscription or refused it; whoever routes what is said about it is told.
  request over;
  over.kind = request_kind::unsubscribe;
  over.context = context_;
  owner_.send_about(std::exchange(token_, 0), std::move(over));
  ++attempt_;
  const auto* why = std::get_if<error>(&from.content);
  position_is_gone_ = why != nullptr && why->code == errc::position_gone;
  refused_ = why != nullptr && why->code != errc::context_down && !why->moved;
  retry();
  if (ended_) ended_();
}

} // namespace troupe
