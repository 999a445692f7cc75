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
constexpr milliseconds idle_check_every{1000};

#ifndef TROUPE_BUILD
#define TROUPE_BUILD "troupe-cpp"
#endif

} // namespace

io_loop::io_loop(client_options options)
    : options_(std::move(options)), time_(real_clock()),
      random_(real_random()), setting_{encode_hello_request(
                                           {.name = options_.name, .build = TROUPE_BUILD}),
                                       *random_},
      admin_setting_{encode_hello_request({.name = options_.name,
                                           .build = TROUPE_BUILD,
                                           .role = std::string{role_name(options_.role)},
                                           .key = options_.admin_key}),
                     *random_},
      router_(*random_), calls_(options_, *random_, router_), subscriptions_(router_) {
  peers_.push_back(std::make_unique<peer>(options_.endpoints, setting_));
}

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

std::shared_ptr<const cluster_picture> io_loop::picture() const {
  const std::lock_guard lock{picture_mutex_};
  return picture_;
}

void io_loop::run() {
  while (!stopping_.load(std::memory_order_relaxed)) {
    now_ = time_.monotonic();
    bool busy = take_operations();
    advance_links();
    calls_.advance(now_);
    follow_router();
    open_subscriptions();
    ask_for_map();
    for (link_number n = 0; n < peers_.size(); ++n) {
      if (!is_up(n)) continue;
      gather(n);
      flush(*peers_[n]);
    }
    for (link_number n = 0; n < peers_.size(); ++n)
      busy = receive(n) || busy;
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
                            [this](link_number on, const request& out) { pack(on, out); });
    }
  }
  taken_.clear();
  return true;
}

void io_loop::advance_links() {
  for (link_number n = 0; n < peers_.size(); ++n) {
    if (peers_[n] == nullptr) continue;
    auto& connection = peers_[n]->connection;
    if (rests(n)) continue;
    take_change(n, connection.advance(now_, [this, n] {
      while (receive(n)) {
      }
    }));
  }
}

/// The home link is not reconnected while other links serve.
bool io_loop::rests(link_number which) const {
  return which == home_link && router_.home_may_rest() &&
         peers_[which]->connection.where() == link::stage::waiting;
}

/// Makes the links that the router wants, drops the others, and sends the calls along.
void io_loop::follow_router() {
  give_up_idle_links();
  if (!router_.take_changed()) return;
  peers_.resize(router_.links());
  bool left_over = false;
  for (link_number n = 1; n < peers_.size(); ++n) {
    if (!router_.wants(n)) {
      peers_[n].reset(); // never one that is up
      continue;
    }
    if (peers_[n] == nullptr)
      peers_[n] = std::make_unique<peer>(std::vector{router_.endpoint(n)},
                                         router_.is_admin(n) ? admin_setting_ : setting_);
    left_over = left_over || router_.is_left_over(n);
  }
  if (!left_over)
    idle_check_.reset();
  else if (!idle_check_)
    idle_check_ = now_ + idle_check_every;
  calls_.reroute(now_);
}

void io_loop::give_up_idle_links() {
  if (!idle_check_ || now_ < *idle_check_) return;
  idle_check_ = now_ + idle_check_every;
  for (link_number n = 1; n < peers_.size(); ++n) {
    if (!router_.is_left_over(n) || calls_.uses(n) || subscriptions_.uses(n)) continue;
    peers_[n].reset();
    router_.give_up(n);
    if (!is_up(router_.any())) state_ = connection_state::down;
  }
}

bool io_loop::calls_wait_for_owner() {
  bool some_wait = calls_.waits_for_owner();
  for (link_number n = 0; n < peers_.size(); ++n) {
    if (is_up(n) || !calls_.waits_on(n)) continue;
    some_wait = true;
    if (peers_[n] != nullptr) peers_[n]->connection.hurry(now_);
  }
  return some_wait;
}

void io_loop::ask_for_map() {
  if (router_.clustered() && calls_wait_for_owner()) router_.want_refresh(now_);
  while (const auto asked = router_.refresh_due(now_))
    peers_[*asked]->connection.ask();
}

void io_loop::open_subscriptions() {
  const auto way = [this](const subscription& which) {
    const auto on = subscriptions_.link_for(which);
    if (is_up(on)) return on;
    if (router_.clustered()) router_.want_refresh(now_);
    return no_link;
  };
  subscriptions_.advance(now_, way, [this](link_number on, const request& out) { pack(on, out); });
}

void io_loop::take_change(link_number of, link::change what) {
  if (what == link::change::up) {
    router_.link_up(of);
    if (!router_.is_admin(of)) state_ = connection_state::up;
  } else if (what == link::change::down) {
    peers_[of]->out.clear();
    router_.link_down(of);
    calls_.disconnected(of);
    subscriptions_.disconnected(of);
    if (!is_up(router_.any())) state_ = connection_state::down;
  }
  if (peers_[of]->connection.version_mismatch() && state_ != connection_state::up)
    state_ = connection_state::version_mismatch;
}

void io_loop::pack(link_number on, const request& from) {
  // Requests that open, feed and end subscriptions are far below the frame limit.
  (void)peers_[on]->out.add([&](std::string& frame) { append_request(frame, from); });
}

void io_loop::gather(link_number on) {
  auto& out = peers_[on]->out;
  while (out.bytes() < unsent_bytes_max) {
    const request* next = calls_.next_ready(on, now_);
    if (next == nullptr) return;
    if (out.add([&](std::string& frame) { append_request(frame, *next); }))
      calls_.sent(on);
    else
      calls_.refuse_next(on, fail(errc::too_large, "the request is over the frame limit of 1 MiB"));
  }
}

void io_loop::flush(peer& to) {
  while (!to.out.empty()) {
    if (to.connection.socket()->send(to.out.front()) != send_status::sent) return;
    to.out.pop();
  }
}

bool io_loop::receive(link_number from) {
  if (peers_[from] == nullptr) return false;
  auto& connection = peers_[from]->connection;
  std::size_t frames = 0;
  while (frames < frames_per_round && connection.socket() != nullptr &&
         connection.socket()->receive(part_)) {
    ++frames;
    connection.note_heard(now_);
    const auto bytes = part_.bytes(); // an empty frame is a sign of life only
    std::size_t offset = 0;
    while (offset < bytes.size()) {
      auto message = read_node_message(bytes, offset);
      if (!message) break; // its callers run into their deadlines
      take_message(from, std::move(*message));
    }
  }
  return frames > 0;
}

void io_loop::take_message(link_number from, node_message&& message) {
  if (auto* push = std::get_if<event_push>(&message)) {
    subscriptions_.take(*push, [this](link_number on, const request& out) { pack(on, out); });
    return;
  }
  auto& answer = std::get<reply>(message);
  if ((answer.id & link::hello_mark) != 0)
    take_hello(from, answer);
  else if ((answer.id & subscription_book::wire_mark) != 0)
    subscriptions_.ended(answer, now_, *random_);
  else
    calls_.take(from, std::move(answer), now_);
}

void io_loop::take_hello(link_number from, const reply& answer) {
  auto& connection = peers_[from]->connection;
  take_change(from, connection.take_hello(answer, now_));
  if (connection.where() == link::stage::up && !router_.is_admin(from)) {
    const auto& said = connection.node();
    router_.take_hello(from, said, now_);
    auto next = std::make_shared<cluster_picture>();
    const auto before = picture();
    next->contexts = said.contexts;
    next->endpoint = connection.endpoint();
    next->map = before && before->map.version > said.cluster.version ? before->map : said.cluster;
    const std::lock_guard lock{picture_mutex_};
    picture_ = std::move(next);
  }
  if (connection.version_mismatch() && !is_up(router_.any())) {
    calls_.close(fail(errc::unsupported_version, "the node speaks another protocol version"),
                 fail(errc::outcome_unknown, "the node speaks another protocol version now"));
  }
}

void io_loop::note_closed_calls() {
  const auto& counted = calls_.counters();
  calls_made_.store(counted.calls, std::memory_order_relaxed);
  retries_.store(counted.retries, std::memory_order_relaxed);
  budget_refusals_.store(counted.budget_refusals, std::memory_order_relaxed);
  const auto closed = counted_calls_ - calls_.size();
  if (closed == 0) return;
  counted_calls_ = calls_.size();
  open_calls_.fetch_sub(static_cast<std::uint32_t>(closed), std::memory_order_relaxed);
}

monotonic_time io_loop::wake_at() {
  auto until = now_ + sleep_max;
  const auto also = [&until](std::optional<monotonic_time> at) {
    if (at) until = std::min(until, *at);
  };
  for (link_number n = 0; n < peers_.size(); ++n) {
    if (peers_[n] == nullptr) continue;
    if (!rests(n)) also(peers_[n]->connection.next_time());
    if (is_up(n) && !peers_[n]->out.empty()) also(now_ + blocked_retry);
  }
  also(calls_.next_time());
  also(router_.next_refresh());
  also(idle_check_);
  if (state_ == connection_state::up) also(subscriptions_.next_time(now_));
  return until;
}

void io_loop::sleep() {
  for (link_number n = 0; n < peers_.size(); ++n)
    if (is_up(n) && peers_[n]->out.empty() && calls_.next_ready(n, now_) != nullptr) return;
  const auto until = wake_at();
  if (!operations_.may_sleep() || stopping_.load()) return;

  std::array<pollfd, 1 + 2 * (router::endpoints_max + 1)> polled; // all that there can be
  polled[0] = pollfd{operations_.fd(), POLLIN, 0};
  nfds_t count = 1;
  bool ready = false;
  for (const auto& each : peers_) {
    if (each == nullptr) continue;
    for (zmq_socket* socket : {each->connection.socket(), each->connection.events()}) {
      if (socket == nullptr) continue;
      // Asked last, because the descriptor only signals changes since the socket was looked at.
      ready = socket->readable() || ready;
      polled[count++] = pollfd{socket->fd(), POLLIN, 0};
    }
  }
  const auto wait = std::chrono::ceil<milliseconds>(until - time_.monotonic());
  const auto wait_ms = static_cast<int>(std::max<std::int64_t>(wait.count(), 0));
  if (!ready) ::poll(polled.data(), count, wait_ms);
  operations_.woke((polled[0].revents & POLLIN) != 0);
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
