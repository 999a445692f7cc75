#include "net/sdk/link.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace troupe {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds connect_time{3000};
constexpr milliseconds hello_time{3000};
constexpr milliseconds silence{2000}; // then the node is asked whether it lives
// The most is low because callers wait behind it; the jitter spreads a herd of clients.
constexpr backoff reconnect_backoff{milliseconds{100}, milliseconds{1000}};
constexpr milliseconds hurried_wait{50}; // twenty attempts a second, while there are calls for it
constexpr int message_slack_bytes = 4096;
constexpr int pipe_frames_max = 128; // of up to 64 KiB: the client's call table is the real bound

} // namespace

link::link(std::vector<std::string> endpoints, link_setting& setting)
    : endpoints_(std::move(endpoints)), setting_(setting) {}

link::~link() {
  close();
}

void link::close() {
  if (socket_) socket_->unwatch();
  events_.reset();
  socket_.reset();
}

void link::connect(monotonic_time now) {
  using enum socket_option;
  close();
  socket_ = std::make_unique<zmq_socket>(setting_.context, socket_kind::dealer);
  socket_->set(linger_ms, 0);
  socket_->set(immediate, 1);
  socket_->set(reconnect_ms, -1);
  socket_->set(connect_timeout_ms, static_cast<int>(connect_time.count()));
  socket_->set(handshake_ms, 3000);
  socket_->set(heartbeat_ms, 1000);
  socket_->set(heartbeat_timeout_ms, 3000);
  socket_->set(message_bytes_max, static_cast<int>(frame_bytes_max) + message_slack_bytes);
  socket_->set(send_frames_max, pipe_frames_max);
  socket_->set(receive_frames_max, pipe_frames_max);
  const auto address = "inproc://events-" + std::to_string(++setting_.sockets_made);
  events_ = std::make_unique<zmq_socket>(setting_.context, socket_kind::pair);
  const bool started = socket_->watch(address).ok() && events_->connect(address).ok() &&
                       socket_->connect(endpoints_[endpoint_]).ok();
  stage_ = stage::connecting;
  due_ = started ? now + connect_time : now;
}

void link::greet() {
  request hello;
  hello.kind = request_kind::hello;
  hello.id = hello_mark | ++hellos_;
  hello.remaining_ms = static_cast<std::uint32_t>(hello_time.count());
  hello.payload = setting_.hello_payload;
  std::string frame;
  append_request(frame, hello);
  // A full pipe or a lost peer shows as a hello without answer.
  (void)socket_->send(frame);
}

bool link::transport_lost(monotonic_time now) {
  if (!events_) return false;
  while (const auto event = events_->next_event()) {
    if (*event == link_event::lost) return true;
    if (*event != link_event::handshaken || stage_ != stage::connecting) continue;
    stage_ = stage::greeting;
    due_ = now + hello_time;
    greet();
  }
  return false;
}

link::change link::lose(monotonic_time now) {
  const bool was_up = stage_ == stage::up;
  const bool reopening = failures_ > 0 && !was_up && stage_ != stage::waiting;
  if (reopening && setting_.reopened) setting_.reopened(endpoint(), false);
  close();
  stage_ = stage::waiting;
  probing_ = false;
  lost_at_ = now;
  endpoint_ = (endpoint_ + 1) % endpoints_.size();
  due_ = now + reconnect_backoff.delay(failures_++, setting_.random);
  return was_up ? change::down : change::none;
}

bool link::must_wait(monotonic_time now) {
  if (failures_ == 0 || !setting_.may_reopen) return false;
  const auto wait = setting_.may_reopen(endpoint());
  if (wait) due_ = lost_at_ = now + *wait; // nobody's hurry changes that
  return wait.has_value();
}

link::change link::advance(monotonic_time now, const std::function<void()>& drain) {
  if (transport_lost(now)) {
    drain();
    // What was drained may have been a refused hello, and then the socket is gone already.
    return stage_ == stage::waiting ? change::none : lose(now);
  }
  if (now < due_) return change::none;
  if (stage_ == stage::waiting) {
    if (must_wait(now)) return change::none;
    connect(now);
    return change::none;
  }
  if (stage_ != stage::up) return lose(now);
  if (now - heard_ < silence) {
    due_ = heard_ + silence;
    return change::none;
  }
  if (probing_) return lose(now);
  probing_ = true;
  due_ = now + hello_time;
  greet();
  return change::none;
}

void link::hurry(monotonic_time now) {
  if (stage_ != stage::waiting) return;
  due_ = std::min(due_, std::max<monotonic_time>(now, lost_at_ + hurried_wait));
}

void link::note_heard(monotonic_time now) {
  heard_ = now;
  if (std::exchange(probing_, false)) due_ = now + silence;
}

link::change link::take_hello(const reply& from, monotonic_time now) {
  if (const auto* why = std::get_if<error>(&from.content)) {
    if (why->code == errc::unsupported_version) version_mismatch_ = true;
    return lose(now);
  }
  auto said = decode_hello_reply(std::get<reply_content>(from.content).payload);
  if (!said) return lose(now);
  node_ = std::move(*said);
  version_mismatch_ =
      node_.protocol_min > protocol_version || node_.protocol_max < protocol_version;
  if (version_mismatch_) return lose(now);
  if (stage_ == stage::up) return change::none;
  stage_ = stage::up;
  if (failures_ > 0 && setting_.reopened) setting_.reopened(endpoint(), true);
  failures_ = 0;
  heard_ = now;
  due_ = now + silence;
  return change::up;
}

} // namespace troupe
