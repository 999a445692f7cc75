#include "tests/support/fault_proxy.hpp"

#include "net/transport/wake_fd.hpp"
#include "seams/random.hpp"
#include "tests/support/tcp_ends.hpp"
#include "tests/support/zmtp_messages.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace troupe::test {
namespace {

using time_point = std::chrono::steady_clock::time_point;

/// Bytes of one direction of one connection on their way; beyond it the sender has to wait.
constexpr std::size_t held_bytes_max = 4 * 1024 * 1024;

/// A throttled direction goes on in pieces of this time.
constexpr int pieces_per_second = 100;

void reset(tcp_end& socket) {
  const linger at_once{1, 0};
  (void)::setsockopt(socket.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket = tcp_end{};
}

/// One direction of one connection.
struct pipe {
  struct piece {
    time_point due;
    std::string bytes; ///< none: the end
  };
  std::deque<piece> held;
  std::size_t held_bytes = 0;
  std::size_t written = 0; ///< of the first piece
  bool read_end = false;   ///< the sender said that it has ended
  bool told_end = false;   ///< and so was the receiver
  time_point free_at{};    ///< of a throttled one
  time_point last_due{};   ///< of the newest piece, so that no later one overtakes it
  zmtp_messages messages;
  std::uint32_t messages_seen = 0;
};

struct connection {
  tcp_end client;
  tcp_end target;
  std::array<pipe, 2> pipes; ///< by flow
  bool broken = false;

  [[nodiscard]] tcp_end& source(std::size_t flow) { return flow == 0 ? client : target; }
  [[nodiscard]] tcp_end& sink(std::size_t flow) { return flow == 0 ? target : client; }
};

} // namespace

/// Everything but `tell` and `counts` runs on the proxy's thread.
class fault_proxy::loop {
public:
  explicit loop(options of) : of_(std::move(of)), random_(of_.seed) {}

  [[nodiscard]] std::uint16_t port() const { return port_of(listener_); }
  void run() {
    while (step()) {
    }
    for (auto& each : connections_)
      reset_both(*each);
  }
  /// Returns when everything under way goes by what was told.
  template <class Tell> void tell(Tell&& how) {
    std::unique_lock held{mutex_};
    how(orders_);
    const std::uint64_t mine = ++told_;
    wake_.ring();
    obeyed_one_.wait(held, [&] { return obeyed_ >= mine; });
  }
  [[nodiscard]] proxy_counts counts() const {
    const std::scoped_lock held{mutex_};
    return counts_;
  }

  struct orders {
    std::array<flow_faults, 2> faults;
    bool cut = false;
    bool end = false;
  };

private:
  bool step();
  void wait(time_point now);
  void let_in();
  void serve(connection& of, time_point now);
  void read_from(connection& of, std::size_t flow, time_point now);
  void hold(pipe& in, std::size_t flow, std::string bytes, time_point now);
  void hold_messages(pipe& in, std::size_t flow, time_point now);
  void write_to(connection& of, std::size_t flow, time_point now);
  void write_piece(connection& of, std::size_t flow, time_point now);
  [[nodiscard]] bool wants_read(const pipe& of, std::size_t flow) const;
  /// When it wants to write; not given: nothing to write, or it may not.
  [[nodiscard]] std::optional<time_point> writes_at(const pipe& of, std::size_t flow) const;
  static void reset_both(connection& of) {
    reset(of.client);
    reset(of.target);
    of.broken = true;
  }
  template <class Count> void count(Count&& how) {
    const std::scoped_lock held{mutex_};
    how(counts_);
  }

  const options of_;
  seeded_random random_;
  tcp_end listener_ = listen_on("127.0.0.1", 0);
  wake_fd wake_;
  mutable std::mutex mutex_; ///< guards the next five
  std::condition_variable obeyed_one_;
  std::uint64_t told_ = 0;   ///< orders given so far
  std::uint64_t obeyed_ = 0; ///< and how many of them a whole round went by
  orders orders_;
  proxy_counts counts_;
  orders now_; ///< the orders as of this round
  std::vector<std::unique_ptr<connection>> connections_;
};

bool fault_proxy::loop::step() {
  wake_.clear();
  std::uint64_t told = 0;
  {
    const std::scoped_lock held{mutex_};
    now_ = orders_;
    told = told_;
  }
  const time_point now = std::chrono::steady_clock::now();
  let_in();
  for (auto& each : connections_) {
    if (now_.cut)
      reset_both(*each);
    else
      serve(*each, now);
  }
  std::erase_if(connections_, [](const auto& each) { return each->broken; });
  {
    const std::scoped_lock held{mutex_};
    counts_.open = connections_.size();
    obeyed_ = told;
    obeyed_one_.notify_all();
  }
  if (now_.end) return false;
  wait(std::chrono::steady_clock::now());
  return true;
}

void fault_proxy::loop::wait(time_point now) {
  std::vector<pollfd> watched = {{listener_.fd(), POLLIN, 0}, {wake_.fd(), POLLIN, 0}};
  auto until = now + std::chrono::hours{1};
  for (auto& each : connections_) {
    // A socket of which nothing is wanted is not watched: poll would tell of its end for ever.
    std::array<short, 2> events{};
    for (const std::size_t flow : {0U, 1U}) {
      const pipe& in = each->pipes[flow];
      const auto writes = writes_at(in, flow);
      if (wants_read(in, flow)) events[flow] |= POLLIN;
      if (writes && *writes <= now) events[1 - flow] |= POLLOUT;
      if (writes && *writes > now) until = std::min(until, *writes);
    }
    if (events[0] != 0) watched.push_back({each->client.fd(), events[0], 0});
    if (events[1] != 0) watched.push_back({each->target.fd(), events[1], 0});
  }
  const auto left = std::chrono::ceil<milliseconds>(until - now);
  (void)::poll(watched.data(), watched.size(), static_cast<int>(left.count()));
}

void fault_proxy::loop::let_in() {
  for (;;) {
    tcp_end client = accept_on(listener_, milliseconds{0});
    if (!client.given()) return;
    if (now_.cut) {
      reset(client);
      count([](proxy_counts& counts) { ++counts.refused; });
      continue;
    }
    auto made = std::make_unique<connection>();
    made->client = std::move(client);
    made->target = start_connecting(of_.target_address, of_.target_port);
    connections_.push_back(std::move(made));
    count([](proxy_counts& counts) { ++counts.accepted; });
  }
}

void fault_proxy::loop::serve(connection& of, time_point now) {
  for (const std::size_t flow : {0U, 1U}) {
    if (!of.broken && wants_read(of.pipes[flow], flow)) read_from(of, flow, now);
    if (!of.broken) write_to(of, flow, now);
  }
  if (of.pipes[0].told_end && of.pipes[1].told_end) of.broken = true; // both ended in peace
}

bool fault_proxy::loop::wants_read(const pipe& of, std::size_t flow) const {
  return !of.read_end && !now_.faults[flow].stalled && of.held_bytes < held_bytes_max;
}

std::optional<time_point> fault_proxy::loop::writes_at(const pipe& of, std::size_t flow) const {
  const flow_faults& faults = now_.faults[flow];
  if (of.held.empty() || faults.stalled || faults.dropped) return std::nullopt;
  return std::max(of.held.front().due, faults.bytes_per_second > 0 ? of.free_at : time_point{});
}

void fault_proxy::loop::read_from(connection& of, std::size_t flow, time_point now) {
  std::array<char, 65'536> part{};
  const ssize_t got = ::recv(of.source(flow).fd(), part.data(), part.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  // While bytes are dropped an end is not passed on either, whatever kind it is.
  if (got < 0 && !now_.faults[flow].dropped) return reset_both(of);
  pipe& in = of.pipes[flow];
  if (got <= 0) {
    in.read_end = true;
    hold(in, flow, {}, now);
    return;
  }
  std::string bytes{part.data(), static_cast<std::size_t>(got)};
  if (now_.faults[flow].dropped)
    return count([&](proxy_counts& counts) { counts.dropped_bytes += bytes.size(); });
  if (!of_.knows_zmtp) return hold(in, flow, std::move(bytes), now);
  in.messages.take(bytes);
  hold_messages(in, flow, now);
}

void fault_proxy::loop::hold_messages(pipe& in, std::size_t flow, time_point now) {
  const std::uint32_t every = now_.faults[flow].repeat_every;
  for (auto next = in.messages.next(); !next.bytes.empty(); next = in.messages.next()) {
    if (next.message && every > 0 && ++in.messages_seen % every == 0) {
      hold(in, flow, next.bytes, now);
      count([](proxy_counts& counts) { ++counts.repeated_messages; });
    }
    hold(in, flow, std::move(next.bytes), now);
  }
}

void fault_proxy::loop::hold(pipe& in, std::size_t flow, std::string bytes, time_point now) {
  const flow_faults& faults = now_.faults[flow];
  const auto jitter = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      faults.jitter * random_.unit());
  in.last_due = std::max(in.last_due, now + faults.delay + jitter);
  in.held_bytes += bytes.size();
  in.held.push_back({in.last_due, std::move(bytes)});
}

void fault_proxy::loop::write_to(connection& of, std::size_t flow, time_point now) {
  pipe& in = of.pipes[flow];
  for (auto at = writes_at(in, flow); at && *at <= now; at = writes_at(in, flow)) {
    const std::size_t pieces = in.held.size();
    const std::size_t written = in.written;
    write_piece(of, flow, now);
    if (of.broken) return;
    if (in.held.size() == pieces && in.written == written) return; // the receiver is full
  }
}

void fault_proxy::loop::write_piece(connection& of, std::size_t flow, time_point now) {
  pipe& in = of.pipes[flow];
  const std::string& bytes = in.held.front().bytes;
  if (bytes.empty()) {
    (void)::shutdown(of.sink(flow).fd(), SHUT_WR);
    in.told_end = true;
    in.held.pop_front();
    return;
  }
  const std::uint64_t rate = now_.faults[flow].bytes_per_second;
  std::size_t most = bytes.size() - in.written;
  if (rate > 0) most = std::min(most, std::max<std::size_t>(rate / pieces_per_second, 1));
  const ssize_t sent = ::send(of.sink(flow).fd(), bytes.data() + in.written, most, MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN && errno != EINTR) reset_both(of);
    return;
  }
  const auto done = static_cast<std::size_t>(sent);
  if (rate > 0) in.free_at = now + std::chrono::nanoseconds{std::chrono::seconds{1}} * done / rate;
  count([&](proxy_counts& counts) {
    (flow == 0 ? counts.to_target_bytes : counts.to_client_bytes) += done;
  });
  in.held_bytes -= done;
  in.written += done;
  if (in.written < bytes.size()) return;
  in.written = 0;
  in.held.pop_front();
}

fault_proxy::fault_proxy(options of)
    : loop_(std::make_unique<loop>(std::move(of))), port_(loop_->port()),
      thread_([this] { loop_->run(); }) {}

fault_proxy::~fault_proxy() {
  loop_->tell([](loop::orders& orders) { orders.end = true; });
  thread_.join();
}

std::string fault_proxy::endpoint() const {
  return "tcp://127.0.0.1:" + std::to_string(port_);
}

void fault_proxy::set(flow which, const flow_faults& faults) {
  loop_->tell(
      [&](loop::orders& orders) { orders.faults[which == flow::to_target ? 0 : 1] = faults; });
}

void fault_proxy::set_both(const flow_faults& faults) {
  loop_->tell([&](loop::orders& orders) { orders.faults = {faults, faults}; });
}

void fault_proxy::cut() {
  loop_->tell([](loop::orders& orders) { orders.cut = true; });
}

void fault_proxy::heal() {
  loop_->tell([](loop::orders& orders) { orders = {}; });
}

proxy_counts fault_proxy::counts() const {
  return loop_->counts();
}

} // namespace troupe::test
