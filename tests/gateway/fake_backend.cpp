#include "tests/gateway/fake_backend.hpp"

#include "messages/codec.hpp"

#include <utility>

namespace troupe::gateway {

void fake_backend::answer(std::string kind, const backend_call& call, reply_callback done) {
  if (record) {
    const std::lock_guard lock{guard_};
    auto payload = decode_value(call.payload.empty() ? encode_value(value{}) : call.payload);
    asked_.push_back({std::move(kind),
                      std::string{call.context},
                      call.target,
                      std::string{call.name},
                      std::move(*payload),
                      call.options,
                      {}});
    if (hold) {
      held_.push_back([this, done = std::move(done)] { done(reply); });
      return;
    }
  }
  done(reply);
}

void fake_backend::send(backend_call call, reply_callback done) {
  answer("send", call, std::move(done));
}
void fake_backend::get(backend_call call, reply_callback done) {
  answer("get", call, std::move(done));
}
void fake_backend::query(backend_call call, reply_callback done) {
  answer("query", call, std::move(done));
}

void fake_backend::list(backend_call call, page_request wanted, page_callback done) {
  if (record) {
    const std::lock_guard lock{guard_};
    asked_.push_back(
        {"list", std::string{call.context}, {}, {}, {}, call.options, std::move(wanted)});
  }
  done(listed);
}

void fake_backend::contexts(contexts_callback done) {
  done(served);
}

void fake_backend::admin(admin_call call, value_callback done) {
  std::function<result<value>(const admin_call&)> says;
  {
    const std::lock_guard lock{guard_};
    verbs_.push_back(call.verb + "@" + call.endpoint);
    says = node_says;
  }
  done(says ? says(call) : fail(errc::unknown_command, "there is no verb '" + call.verb + "'"));
}

void fake_backend::nodes(std::chrono::milliseconds, nodes_callback done) {
  std::vector<map_member> now;
  {
    const std::lock_guard lock{guard_};
    now = members;
  }
  done(now);
}

std::uint64_t fake_backend::follow(std::string endpoint, events_callback events,
                                   end_callback ended) {
  const std::lock_guard lock{guard_};
  followers_.emplace(next_follower_,
                     follower{std::move(endpoint), std::move(events), std::move(ended)});
  return next_follower_++;
}

void fake_backend::unfollow(std::uint64_t handle) {
  const std::lock_guard lock{guard_};
  followers_.erase(handle);
}

std::vector<std::string> fake_backend::asked_verbs() const {
  const std::lock_guard lock{guard_};
  return verbs_;
}

void fake_backend::happen(const std::string& endpoint, const std::vector<published_event>& events) {
  std::vector<events_callback> told;
  {
    const std::lock_guard lock{guard_};
    for (const auto& [handle, each] : followers_)
      if (each.endpoint == endpoint) told.push_back(each.events);
  }
  for (const auto& each : told)
    each(events);
}

void fake_backend::end_feeds() {
  std::map<std::uint64_t, follower> gone;
  {
    const std::lock_guard lock{guard_};
    gone = std::exchange(followers_, {});
  }
  for (const auto& [handle, each] : gone)
    each.ended(fail(errc::unreachable, "the feed is over"));
}

std::size_t fake_backend::followers() const {
  const std::lock_guard lock{guard_};
  return followers_.size();
}

asked_call fake_backend::last() const {
  const std::lock_guard lock{guard_};
  return asked_.empty() ? asked_call{} : asked_.back();
}

std::size_t fake_backend::calls() const {
  const std::lock_guard lock{guard_};
  return asked_.size();
}

void fake_backend::release() {
  std::vector<std::function<void()>> ready;
  {
    const std::lock_guard lock{guard_};
    ready = std::exchange(held_, {});
  }
  for (const auto& each : ready)
    each();
}

std::size_t fake_backend::held() const {
  const std::lock_guard lock{guard_};
  return held_.size();
}

call_reply reply_of(std::int64_t id, value::object state) {
  call_reply reply;
  reply.target = {id};
  reply.seq = 1;
  reply.payload = encode_value(value{std::move(state)});
  return reply;
}

} // namespace troupe::gateway
