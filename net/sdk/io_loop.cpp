#include "net/sdk/io_loop.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace troupe {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds stop_wait{90};                       // the destructor promises 100 ms
constexpr std::size_t frames_per_round = 64;                // then new calls get their turn
constexpr std::uint64_t unsent_bytes_max = 2 * 1024 * 1024; // more waits as calls, not as bytes
constexpr milliseconds blocked_retry{5};
constexpr milliseconds sleep_max{60'000};

#ifndef TROUPE_BUILD
#define TROUPE_BUILD "troupe-cpp"
#endif

} // namespace

io_loop::io_loop(client_options options)
    : options_(std::move(options)), time_(real_clock()), random_(real_random()),
      link_(options_.endpoints, encode_hello_request({options_.name, TROUPE_BUILD}), *random_),
      calls_(options_, *random_) {}

void io_loop::start() {
  thread_ = std::thread{[self = shared_from_this()] { self->run(); }};
}

void io_loop::stop() {
  stopping_.store(true);
  operations_.nudge();
  if (!thread_.joinable()) return;
  if (thread_.get_id() == std::this_thread::get_id()) {
    thread_.detach(); // destroyed from a callback: the thread ends after it returns
    return;
  }
  std::unique_lock lock{ended_mutex_};
  const bool ended = ended_changed_.wait_for(lock, stop_wait, [this] { return ended_; });
  lock.unlock();
  ended ? thread_.join() : thread_.detach();
}

bool io_loop::submit(new_call& call) {
  if (open_calls_.fetch_add(1, std::memory_order_relaxed) >= options_.in_flight_max) {
    open_calls_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  operations_.push(std::move(call));
  return true;
}

std::uint64_t io_loop::subscribe(std::unique_ptr<subscription> made) {
  const auto handle = next_handle_.fetch_add(1);
  operations_.push(new_subscription{handle, std::move(made)});
  return handle;
}

void io_loop::unsubscribe(std::uint64_t handle) {
  operations_.push(end_subscription{handle});
}

std::shared_ptr<const std::vector<served_context>> io_loop::served() const {
  const std::lock_guard lock{served_mutex_};
  return served_;
}

void io_loop::run() {
  while (!stopping_.load(std::memory_order_relaxed)) {
    now_ = time_.monotonic();
    bool busy = take_operations();
    take_change(link_.advance(now_, [this] {
      for (bool more = true; more;)
        more = receive();
    }));
    calls_.advance(now_);
    if (link_.where() == link::stage::up) {
      gather();
      flush();
    }
    busy = receive() || busy;
    note_closed_calls();
    if (!busy) sleep();
  }
  finish();
}

bool io_loop::take_operations() {
  if (!operations_.take(taken_)) return false;
  const auto wall = time_.wall();
  for (auto& each : taken_) {
    if (auto* call = std::get_if<new_call>(&each)) {
      calls_.open(std::move(*call), now_, wall);
      ++counted_calls_;
    } else if (auto* opened = std::get_if<new_subscription>(&each)) {
      subscriptions_.add(opened->handle, std::move(opened->made));
    } else {
      subscriptions_.remove(std::get<end_subscription>(each).handle,
                            [this](const request& out) { pack(out); });
    }
  }
  taken_.clear();
  return true;
}

void io_loop::take_change(link::change what) {
  if (what == link::change::up) {
    state_ = connection_state::up;
  } else if (what == link::change::down) {
    packer_.clear();
    calls_.disconnected();
    subscriptions_.disconnected();
    state_ = connection_state::down;
  }
  if (link_.version_mismatch() && state_ != connection_state::up)
    state_ = connection_state::version_mismatch;
}

void io_loop::pack(const request& from) {
  // Requests that open, feed and end subscriptions are far below the frame limit.
  (void)packer_.add([&](std::string& frame) { append_request(frame, from); });
}

void io_loop::gather() {
  subscriptions_.advance(now_, [this](const request& out) { pack(out); });
  while (packer_.bytes() < unsent_bytes_max) {
    const request* next = calls_.next_ready(now_);
    if (next == nullptr) return;
    if (packer_.add([&](std::string& frame) { append_request(frame, *next); }))
      calls_.sent();
    else
      calls_.refuse_next(fail(errc::too_large, "the request is over the frame limit of 1 MiB"));
  }
}

void io_loop::flush() {
  while (!packer_.empty()) {
    if (link_.socket()->send(packer_.front()) != send_status::sent) return;
    packer_.pop();
  }
}

bool io_loop::receive() {
  std::size_t frames = 0;
  while (frames < frames_per_round && link_.socket() != nullptr && link_.socket()->receive(part_)) {
    ++frames;
    link_.note_heard(now_);
    const auto bytes = part_.bytes(); // an empty frame is a sign of life only
    std::size_t offset = 0;
    while (offset < bytes.size()) {
      auto message = read_node_message(bytes, offset);
      if (!message) break; // its callers run into their deadlines
      take_message(std::move(*message));
    }
  }
  return frames > 0;
}

void io_loop::take_message(node_message&& message) {
  if (auto* push = std::get_if<event_push>(&message)) {
    subscriptions_.take(*push, [this](const request& out) { pack(out); });
    return;
  }
  auto& answer = std::get<reply>(message);
  if ((answer.id & link::hello_mark) != 0) {
    const auto change = link_.take_hello(answer, now_);
    if (link_.where() == link::stage::up) {
      const std::lock_guard lock{served_mutex_};
      served_ = std::make_shared<const std::vector<served_context>>(link_.node().contexts);
    }
    take_change(change);
    if (link_.version_mismatch()) {
      calls_.close(fail(errc::unsupported_version, "the node speaks another protocol version"),
                   fail(errc::outcome_unknown, "the node speaks another protocol version now"));
    }
    return;
  }
  if ((answer.id & subscription_book::wire_mark) != 0)
    subscriptions_.ended(answer, now_, *random_);
  else
    calls_.take(std::move(answer), now_);
}

void io_loop::note_closed_calls() {
  const auto closed = counted_calls_ - calls_.size();
  if (closed == 0) return;
  counted_calls_ = calls_.size();
  open_calls_.fetch_sub(static_cast<std::uint32_t>(closed), std::memory_order_relaxed);
}

void io_loop::sleep() {
  const bool up = link_.where() == link::stage::up;
  if (up && calls_.next_ready(now_) != nullptr && packer_.empty()) return;
  auto until = now_ + sleep_max;
  until = std::min(until, link_.next_time());
  if (const auto at = calls_.next_time()) until = std::min(until, *at);
  if (const auto at = subscriptions_.next_time(); up && at) until = std::min(until, *at);
  if (up && has_unsent()) until = std::min(until, now_ + blocked_retry);
  if (!operations_.may_sleep() || stopping_.load()) return;

  std::array<pollfd, 3> wanted{pollfd{operations_.fd(), POLLIN, 0}, {}, {}};
  nfds_t count = 1;
  bool ready = false;
  for (zmq_socket* each : {link_.socket(), link_.events()}) {
    if (each == nullptr) continue;
    // Asked last, because the descriptor only signals changes since the socket was looked at.
    ready = each->readable() || ready;
    wanted[count++] = pollfd{each->fd(), POLLIN, 0};
  }
  const auto wait = std::chrono::ceil<milliseconds>(until - time_.monotonic());
  const auto wait_ms = static_cast<int>(std::max<std::int64_t>(wait.count(), 0));
  if (!ready) ::poll(wanted.data(), count, wait_ms);
  operations_.woke((wanted[0].revents & POLLIN) != 0);
}

void io_loop::finish() {
  state_ = connection_state::closed;
  now_ = time_.monotonic();
  (void)take_operations();
  subscriptions_.clear();
  calls_.close(fail(errc::unreachable, "the client was closed; nothing was sent"),
               fail(errc::timeout, "the client was closed before the answer came"));
  const std::lock_guard lock{ended_mutex_};
  ended_ = true;
  ended_changed_.notify_all();
}

} // namespace troupe
