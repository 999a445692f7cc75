#include "net/gateway/sdk_backend.hpp"

#include <utility>

namespace troupe::gateway {
namespace {
constexpr std::chrono::milliseconds probe_deadline{2000};

[[nodiscard]] error about_to_end() {
  return fail(errc::unreachable, "the gateway is about to end");
}
} // namespace

/// Keeps the client from being taken away during a call of it.
class sdk_backend::visit {
public:
  explicit visit(sdk_backend& of) : of_(of) {
    const std::lock_guard lock{of_.guard_};
    allowed_ = !of_.closing_;
    if (allowed_) ++of_.visits_;
  }
  ~visit() {
    if (!allowed_) return;
    const std::lock_guard lock{of_.guard_};
    if (--of_.visits_ == 0) of_.left_.notify_all();
  }
  visit(const visit&) = delete;
  visit& operator=(const visit&) = delete;
  [[nodiscard]] bool allowed() const { return allowed_; }

private:
  sdk_backend& of_;
  bool allowed_ = false;
};

sdk_backend::sdk_backend(client to)
    : client_(std::move(to)), prober_([this] { answer_probes(); }) {}

sdk_backend::~sdk_backend() {
  close();
}

void sdk_backend::send(backend_call call, reply_callback done) {
  client_->send(call.context, call.target, call.name, std::move(call.payload), std::move(done),
                std::move(call.options));
}

void sdk_backend::get(backend_call call, reply_callback done) {
  client_->get(call.context, call.target, std::move(done), std::move(call.options));
}

void sdk_backend::query(backend_call call, reply_callback done) {
  client_->query(call.context, call.target, call.name, std::move(call.payload), std::move(done),
                 std::move(call.options));
}

void sdk_backend::list(backend_call call, page_request wanted, page_callback done) {
  client_->list(call.context, std::move(wanted), std::move(done), std::move(call.options));
}

void sdk_backend::contexts(contexts_callback done) {
  {
    const std::lock_guard lock{guard_};
    if (!closing_ && probes_.size() < probes_max) {
      probes_.push_back(std::move(done));
      wake_.notify_one();
      return;
    }
  }
  done(fail(errc::overloaded, "too many readiness probes are waiting"));
}

void sdk_backend::admin(admin_call call, value_callback done) {
  const visit here{*this};
  if (!here.allowed()) return done(about_to_end());
  call_options options;
  options.deadline = call.deadline;
  options.correlation = std::move(call.correlation);
  options.endpoint = std::move(call.endpoint);
  client_->admin(call.verb, std::move(call.arguments), std::move(done), std::move(options));
}

void sdk_backend::nodes(std::chrono::milliseconds deadline, nodes_callback done) {
  const visit here{*this};
  if (!here.allowed()) return done(about_to_end());
  call_options options;
  options.deadline = deadline;
  client_->nodes(std::move(done), options);
}

std::uint64_t sdk_backend::follow(std::string endpoint, events_callback events,
                                  end_callback ended) {
  subscribe_request from;
  from.only_new = true;
  return client_->subscribe_node(
      std::move(endpoint), from,
      [events = std::move(events)](const std::vector<published_event>& got, record_index) {
        events(got);
      },
      std::move(ended));
}

void sdk_backend::unfollow(std::uint64_t handle) {
  client_->unsubscribe(handle);
}

connection_state sdk_backend::state() const {
  return client_->state();
}

client_counters sdk_backend::counters() const {
  return client_->counters();
}

void sdk_backend::answer_probes() {
  std::unique_lock lock{guard_};
  while (true) {
    wake_.wait(lock, [this] { return closing_ || !probes_.empty(); });
    const std::vector<contexts_callback> waiting = std::exchange(probes_, {});
    if (waiting.empty()) return;
    lock.unlock();
    call_options options;
    options.deadline = probe_deadline;
    const auto served = client_->contexts(options).get();
    for (const auto& done : waiting)
      done(served);
    lock.lock();
  }
}

void sdk_backend::close() {
  {
    const std::lock_guard lock{guard_};
    if (closing_) return;
    closing_ = true;
    wake_.notify_one();
  }
  prober_.join();
  {
    std::unique_lock lock{guard_};
    left_.wait(lock, [this] { return visits_ == 0; });
  }
  client_.reset(); // callbacks that run now are refused further questions
}

} // namespace troupe::gateway
