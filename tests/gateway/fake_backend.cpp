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
