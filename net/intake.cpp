#include "net/intake.hpp"

#include "messages/hello.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace troupe {

namespace {

bool of_subscription(request_kind kind) {
  return kind == request_kind::subscribe || kind == request_kind::credit ||
         kind == request_kind::unsubscribe;
}

error overloaded(std::string what) {
  auto why = fail(errc::overloaded, std::move(what));
  why.retry_after_ms = intake::overloaded_retry_after_ms;
  return why;
}

void write_reply(connection& to, reply content) {
  const auto encode = [&](std::string& frame) { append_reply(frame, content); };
  if (to.output.add(encode)) return;
  content.content = fail(errc::too_large, "the answer is over the frame limit of 1 MiB; "
                                          "ask for less");
  [[maybe_unused]] const bool fits = to.output.add(encode);
}

} // namespace

void intake::accept(std::string_view frame, connection& from, monotonic_time now,
                    std::vector<inbound>& batch) {
  std::size_t offset = 0;
  while (offset < frame.size()) {
    inbound& next = batch.emplace_back();
    std::optional<forwarded> also;
    auto read = read_request(frame, offset, scratch_, next.content,
                             options_.secret.empty() ? nullptr : &also);
    if (!read) {
      // What follows in the frame cannot be trusted. A caller whose id is known hears why; an
      // unknown version is answered even without one, since its sender could never find out.
      ++malformed_;
      const auto id = next.content.id;
      batch.pop_back();
      if (id != 0 || read.error().code == errc::unsupported_version)
        write_reply(from, reply{id, read.error()});
      return;
    }
    ++requests_;
    if (!options_.secret.empty() && !trusts(next.content, from)) {
      batch.pop_back();
      continue;
    }
    if (also) {
      next.internal = true;
      next.forwarded = also->shard;
      next.reacts_to = std::move(also->reacts_to);
      next.caller = std::move(also->caller);
    }
    if (!admit(next.content, from, now)) {
      batch.pop_back();
      continue;
    }
    const std::uint64_t subscription = of_subscription(next.content.kind) ? 1 : 0;
    next.from = {&port_, from.number * 2 + subscription, next.content.id};
    next.deadline = now + std::chrono::milliseconds{next.content.remaining_ms};
  }
}

bool intake::trusts(const request& content, connection& from) {
  if (!from.trusted && content.kind == request_kind::hello) {
    const auto said = decode_hello_request(content.payload);
    from.trusted = said.ok() && said->secret == options_.secret;
  }
  if (!from.trusted)
    refuse(from, content.id,
           fail(errc::unauthorized, "this endpoint is for nodes of the cluster only"));
  return from.trusted;
}

void intake::refuse_frame(std::string_view frame, connection& from) {
  std::size_t offset = 0;
  request first;
  (void)read_request(frame, offset, scratch_, first);
  if (first.id != 0) refuse(from, first.id, overloaded("too many connections to this node"));
}

/// Greetings and operators' verbs are free: whoever is at the limit must still be able to see it.
bool intake::within_rate(const request& content, connection& from, monotonic_time now) {
  const auto& limit = options_.client_rate;
  if (!limit.given() || content.kind == request_kind::hello || content.kind == request_kind::admin)
    return true;
  const auto verdict = from.rate.take(limit, now);
  if (verdict.granted) return true;
  ++rate_limited_;
  refuse(from, content.id, rate_refusal("this connection", limit, verdict));
  return false;
}

bool intake::admit(const request& content, connection& from, monotonic_time now) {
  if (content.kind == request_kind::credit || content.kind == request_kind::unsubscribe)
    return std::ranges::find(from.subscriptions, content.id) != from.subscriptions.end();
  if (closing_) {
    refuse(from, content.id, fail(errc::shutting_down, "the node is leaving"));
    return false;
  }
  if (!within_rate(content, from, now)) return false;
  if (content.kind == request_kind::subscribe) return admit_subscription(content, from);
  if (content.remaining_ms == 0) {
    refuse(from, content.id,
           fail(errc::deadline_exceeded, "the time was over on arrival at the node"));
    return false;
  }
  if (in_flight_ >= options_.in_flight_max || from.in_flight >= options_.connection_in_flight_max) {
    refuse(from, content.id, overloaded("too many requests wait for an answer"));
    return false;
  }
  ++in_flight_;
  ++from.in_flight;
  return true;
}

bool intake::admit_subscription(const request& content, connection& from) {
  if (std::ranges::find(from.subscriptions, content.id) != from.subscriptions.end()) {
    refuse(from, content.id, fail(errc::malformed, "id: names an open subscription"));
    return false;
  }
  if (from.subscriptions.size() >= connection_subscriptions_max) {
    refuse(from, content.id, overloaded("too many subscriptions on this connection"));
    return false;
  }
  from.subscriptions.push_back(content.id);
  return true;
}

void intake::refuse(connection& from, std::uint64_t id, error why) {
  ++refused_;
  write_reply(from, reply{id, std::move(why)});
}

connection* intake::give_back(answer& done, connection_table& peers) {
  connection* to = peers.find(done.to.connection / 2);
  if (auto* push = std::get_if<event_push>(&done.content)) {
    if (to == nullptr) return nullptr;
    push->id = done.to.request;
    const bool added = to->output.add([&](std::string& frame) { append_event_push(frame, *push); });
    if (!added) {
      // A gap must never go unseen: the subscription ends, and its owner decides.
      std::erase(to->subscriptions, push->id);
      write_reply(*to, reply{push->id, fail(errc::too_large, "events over the frame limit")});
    }
    return to;
  }
  ++replies_;
  if (done.to.connection % 2 == 1) {
    if (to == nullptr || std::erase(to->subscriptions, done.to.request) == 0) return nullptr;
  } else {
    if (in_flight_ > 0) --in_flight_;
    if (to == nullptr) return nullptr;
    if (to->in_flight > 0) --to->in_flight;
  }
  reply out{done.to.request, {}};
  if (auto* content = std::get_if<reply_content>(&done.content))
    out.content = std::move(*content);
  else
    out.content = std::move(std::get<error>(done.content));
  write_reply(*to, std::move(out));
  return to;
}

void intake::abandon(const connection& gone, monotonic_time now,
                     std::vector<inbound>& batch) const {
  for (const auto id : gone.subscriptions) {
    inbound end;
    end.content.kind = request_kind::unsubscribe;
    end.content.id = id;
    end.from = {&port_, gone.number * 2 + 1, id};
    end.deadline = now;
    batch.push_back(std::move(end));
  }
}

} // namespace troupe
