#include "net/server.hpp"

#include "net/connection_table.hpp"
#include "net/intake.hpp"
#include "net/transport/handover.hpp"
#include "net/transport/zmq_socket.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace troupe {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t connections_max = 4096;
constexpr std::size_t frames_per_wake_up = 256; // answers wait at most this long behind requests
constexpr std::size_t requests_per_batch = 8192;
constexpr int message_slack_bytes = 4096; // a frame just over the limit gets an answer, not a cut
constexpr int pipe_frames_max = 128;      // of up to 64 KiB when packed: 8 MiB a peer at most
constexpr milliseconds blocked_retry{5};
constexpr milliseconds housekeeping{1000};
constexpr milliseconds probe_after{10'000};   // a vanished peer is found by a send to it
constexpr milliseconds forget_after{600'000}; // silent and nothing open
constexpr int linger_at_stop_ms = 500;

/// Thread rules: `deliver`, `counters` and `stop` from any thread; everything else belongs to
/// `thread_`.
class zmq_server final : public server, public answer_port {
public:
  zmq_server(server_options options, request_handler& handler, const clock& time)
      : options_(std::move(options)), handler_(handler), time_(time), peers_(connections_max),
        intake_(options_, *this),
        socket_(std::make_unique<zmq_socket>(context_, socket_kind::router)) {}
  ~zmq_server() override { stop(milliseconds{0}); }

  result<void> open() {
    using enum socket_option;
    socket_->set(linger_ms, 0);
    socket_->set(message_bytes_max, static_cast<int>(frame_bytes_max) + message_slack_bytes);
    socket_->set(handshake_ms, 3000);
    socket_->set(heartbeat_ms, 1000);
    socket_->set(heartbeat_timeout_ms, 3000);
    socket_->set(backlog, 1024);
    socket_->set(send_frames_max, pipe_frames_max);
    socket_->set(receive_frames_max, pipe_frames_max);
    socket_->set(router_mandatory, 1);
    socket_->set(router_handover, 0);
    if (auto bound = socket_->bind(options_.endpoint); !bound) return bound;
    endpoint_ = socket_->last_endpoint();
    thread_ = std::thread{[this] { run(); }};
    return {};
  }

  void deliver(std::vector<answer>& batch) override { answers_.push_all(batch); }
  [[nodiscard]] std::string endpoint() const override { return endpoint_; }

  [[nodiscard]] server_counters counters() const override {
    const std::lock_guard lock{counters_mutex_};
    return counters_;
  }

  void stop(milliseconds deadline) override {
    if (!thread_.joinable()) return;
    stop_at_.store((time_.monotonic() + deadline).time_since_epoch().count());
    stopping_.store(true);
    answers_.nudge();
    thread_.join();
  }

private:
  void run() {
    while (!finished()) {
      now_ = time_.monotonic();
      const bool answered = take_answers();
      const bool received = take_frames();
      flush();
      keep_house();
      if (!answered && !received) sleep();
    }
    say_goodbye();
  }

  [[nodiscard]] bool finished() {
    if (!stopping_.load(std::memory_order_relaxed)) return false;
    intake_.refuse_new();
    const monotonic_time last{monotonic_time::duration{stop_at_.load()}};
    return intake_.in_flight() == 0 || time_.monotonic() >= last;
  }

  bool take_answers() {
    if (!answers_.take(taken_)) return false;
    for (auto& each : taken_) {
      if (auto* to = intake_.give_back(each, peers_)) note_output(*to);
    }
    taken_.clear();
    return true;
  }

  bool take_frames() {
    std::size_t frames = 0;
    while (frames < frames_per_wake_up && batch_.size() < requests_per_batch &&
           socket_->receive(routing_part_)) {
      ++frames;
      take_message();
    }
    counted_.frames_in += frames;
    if (!batch_.empty()) {
      handler_.submit(batch_);
      batch_.clear();
    }
    return frames > 0;
  }

  /// One message: the routing id that ROUTER put in front, then exactly one part, the frame.
  void take_message() {
    const bool framed = routing_part_.more() && socket_->receive(frame_part_);
    const bool surplus = framed && frame_part_.more();
    if (surplus) {
      zmq_part rest;
      while (socket_->receive(rest) && rest.more()) {
      }
    }
    if (!framed || surplus) {
      intake_.note_malformed();
      return;
    }
    auto* from = peers_.admit(routing_part_.bytes(), now_);
    if (from == nullptr) {
      turn_away();
      return;
    }
    from->heard = now_;
    if (!from->known) {
      from->known = true;
      from->peer = intake_.name_of_peer(frame_part_.peer());
    }
    intake_.accept(frame_part_.bytes(), *from, now_, batch_);
    if (!from->output.empty()) note_output(*from);
  }

  /// Answers the first request of a frame for which there is no place in the table.
  void turn_away() {
    ++turned_away_;
    connection stranger;
    intake_.refuse_frame(frame_part_.bytes(), stranger);
    if (stranger.output.empty()) return;
    if (socket_->send(routing_part_.bytes(), true) == send_status::sent)
      (void)socket_->send(stranger.output.front());
  }

  void note_output(connection& to) {
    if (to.output.bytes() > options_.connection_output_bytes_max) {
      ++counted_.cut_off;
      drop(to);
      return;
    }
    if (std::exchange(to.queued, true)) return;
    outgoing_.push_back(to.number);
  }

  void flush() {
    if (outgoing_.empty()) return;
    still_blocked_.clear();
    for (const auto number : outgoing_) {
      if (auto* to = peers_.find(number)) send_output(*to);
    }
    outgoing_.swap(still_blocked_);
  }

  void send_output(connection& to) {
    while (!to.output.empty()) {
      auto status = socket_->send(to.routing_id, true);
      if (status == send_status::sent) status = socket_->send(to.output.front());
      if (status == send_status::would_block) {
        still_blocked_.push_back(to.number);
        return;
      }
      if (status == send_status::gone) {
        drop(to);
        return;
      }
      ++counted_.frames_out;
      to.output.pop();
    }
    to.said = now_;
    to.queued = false;
  }

  /// Forgets a peer that is gone or does not read; its open subscriptions end at the handler.
  void drop(connection& gone) {
    intake_.abandon(gone, now_, batch_);
    peers_.forget(gone.number);
    if (batch_.empty()) return;
    // During intake the batch goes out right after; handing it over early is as good.
    handler_.submit(batch_);
    batch_.clear();
  }

  void keep_house() {
    publish_counters();
    if (now_ < next_housekeeping_) return;
    next_housekeeping_ = now_ + housekeeping;
    std::vector<std::uint64_t> gone;
    peers_.each([&](connection& each) {
      const bool open = each.in_flight > 0 || !each.subscriptions.empty();
      const bool stale = !open && now_ - each.heard > forget_after;
      if (stale || !answers_probe(each)) gone.push_back(each.number);
    });
    for (const auto number : gone) {
      if (auto* each = peers_.find(number)) drop(*each);
    }
  }

  /// An empty frame to a peer that nothing was sent to for a while: ROUTER says if it is gone.
  [[nodiscard]] bool answers_probe(connection& to) {
    if (to.queued || now_ - to.said < probe_after) return true;
    to.said = now_;
    auto status = socket_->send(to.routing_id, true);
    if (status == send_status::sent) status = socket_->send({});
    return status != send_status::gone;
  }

  void publish_counters() {
    counted_.requests = intake_.requests();
    counted_.replies = intake_.replies();
    counted_.refused = intake_.refused() + turned_away_;
    counted_.malformed = intake_.malformed();
    counted_.rate_limited = intake_.rate_limited();
    counted_.unauthorized = intake_.unauthorized();
    counted_.in_flight = intake_.in_flight();
    counted_.connections = static_cast<std::uint32_t>(peers_.size());
    const std::lock_guard lock{counters_mutex_};
    counters_ = counted_;
  }

  void sleep() {
    if (!answers_.may_sleep()) return;
    // Asked after announcing sleep and after the last send, because the descriptor only signals
    // changes since the socket was last looked at.
    const bool ready = socket_->readable();
    std::array<pollfd, 2> wanted{pollfd{socket_->fd(), POLLIN, 0},
                                 pollfd{answers_.fd(), POLLIN, 0}};
    if (!ready) ::poll(wanted.data(), wanted.size(), sleep_ms());
    answers_.woke((wanted[1].revents & POLLIN) != 0);
  }

  [[nodiscard]] int sleep_ms() const {
    auto most = housekeeping;
    if (!outgoing_.empty()) most = blocked_retry;
    if (stopping_.load(std::memory_order_relaxed)) most = std::min(most, milliseconds{5});
    return static_cast<int>(most.count());
  }

  /// Tells subscribers that the node leaves and lets the last frames go out.
  void say_goodbye() {
    now_ = time_.monotonic();
    take_answers();
    std::vector<std::uint64_t> numbers;
    peers_.each([&](connection& each) { numbers.push_back(each.number); });
    for (const auto number : numbers) {
      auto* each = peers_.find(number);
      for (const auto id : each->subscriptions) {
        const reply end{id, fail(errc::shutting_down, "the node is leaving")};
        (void)each->output.add([&](std::string& frame) { append_reply(frame, end); });
      }
      note_output(*each);
    }
    flush();
    for (const auto number : numbers) {
      if (auto* each = peers_.find(number)) drop(*each);
    }
    publish_counters();
    socket_->set(socket_option::linger_ms, linger_at_stop_ms);
    socket_.reset();
  }

  const server_options options_;
  request_handler& handler_;
  const clock& time_;
  handover<answer> answers_;
  connection_table peers_;
  intake intake_;
  zmq_context context_;
  std::unique_ptr<zmq_socket> socket_; ///< closed by its thread when it ends
  std::string endpoint_;

  monotonic_time now_{};
  monotonic_time next_housekeeping_{};
  zmq_part routing_part_, frame_part_;
  std::vector<inbound> batch_;
  std::vector<answer> taken_;
  std::vector<std::uint64_t> outgoing_, still_blocked_;
  server_counters counted_;
  std::uint64_t turned_away_ = 0;

  mutable std::mutex counters_mutex_;
  server_counters counters_;
  std::atomic<bool> stopping_{false};
  std::atomic<monotonic_time::rep> stop_at_{0};
  std::thread thread_;
};

} // namespace

result<std::unique_ptr<server>> server::start(server_options options, request_handler& handler,
                                              const clock& time) {
  auto made = std::make_unique<zmq_server>(std::move(options), handler, time);
  if (auto opened = made->open(); !opened) return opened.error();
  return std::unique_ptr<server>{std::move(made)};
}

} // namespace troupe
