#include "bin/launcher/node_link.hpp"

#include "messages/admin_verbs.hpp"
#include "messages/envelope.hpp"

namespace troupe::cli {
namespace {

constexpr int reconnect_ms = 50;
constexpr int frames_max = 32; // far more than one hello a second needs
/// In the ids of questions, so that an answer that comes too late is not taken for a hello's.
constexpr std::uint64_t question_bit = std::uint64_t{1} << 62U;

void connect(zmq_socket& socket, const std::string& endpoint) {
  using enum socket_option;
  socket.set(linger_ms, 0);
  socket.set(immediate, 1);
  socket.set(socket_option::reconnect_ms, cli::reconnect_ms);
  socket.set(message_bytes_max, static_cast<int>(frame_bytes_max) * 2);
  socket.set(send_frames_max, frames_max);
  socket.set(receive_frames_max, frames_max);
  // An endpoint that cannot be connected to never answers, which is all there is to know.
  (void)socket.connect(endpoint).ok();
}

request hello_of(std::uint64_t id) {
  request hello;
  hello.kind = request_kind::hello;
  hello.id = id;
  hello.remaining_ms = static_cast<std::uint32_t>(node_link::hello_interval.count());
  hello.payload = encode_hello_request({.name = "launcher", .build = {}});
  return hello;
}

} // namespace

node_link::node_link(zmq_context& context, const std::string& endpoint, std::string expected)
    : context_(context), socket_(context, socket_kind::dealer), expected_(std::move(expected)) {
  connect(socket_, endpoint);
}

void node_link::greet(monotonic_time now) {
  std::string frame;
  append_request(frame, hello_of(++last_id_));
  if (socket_.send(frame) == send_status::sent) asked_ = now;
}

void node_link::look(monotonic_time now) {
  zmq_part part;
  while (socket_.receive(part))
    take(part.bytes(), now);
  while (admin_ && admin_->receive(part))
    take(part.bytes(), now);
  send_question();
  const auto interval = answered_ ? hello_interval : hello_interval_first;
  if (!asked_ || now - *asked_ >= interval) greet(now);
}

void node_link::take(std::string_view frame, monotonic_time now) {
  for (std::size_t offset = 0; offset < frame.size();) {
    auto read = read_node_message(frame, offset);
    if (!read) return;
    auto* got = std::get_if<reply>(&*read);
    if (got == nullptr) continue;
    auto* content = std::get_if<reply_content>(&got->content);
    if (question_ != 0 && got->id == question_) {
      question_ = 0;
      answer_ = content == nullptr ? result<value>{std::get<error>(got->content)}
                                   : decode_value(content->payload);
      continue;
    }
    if (content == nullptr || (got->id & question_bit) != 0) continue;
    auto said = decode_hello_reply(content->payload);
    if (!said) continue;
    if (!expected_.empty() && said->node != expected_) {
      stranger_ = said->node;
      continue;
    }
    said_ = std::move(*said);
    answered_ = now;
  }
}

void node_link::ask(std::string_view verb, const value& arguments, monotonic_time now,
                    std::chrono::milliseconds deadline) {
  request wanted;
  wanted.kind = request_kind::admin;
  wanted.id = ++last_id_ | question_bit;
  wanted.name = verb;
  wanted.remaining_ms = static_cast<std::uint32_t>(deadline.count());
  wanted.payload = encode_value(arguments);
  question_ = wanted.id;
  question_until_ = now + deadline;
  answer_.reset();
  unsent_.clear();
  admin_.reset();
  const auto* known = find_admin_verb(verb);
  if (known != nullptr && known->needs > role::observe && !said_.admin_endpoint.empty()) {
    admin_ = std::make_unique<zmq_socket>(context_, socket_kind::dealer);
    connect(*admin_, said_.admin_endpoint);
    append_request(unsent_, hello_of(++last_id_)); // in one frame: it says who asks
  }
  append_request(unsent_, wanted);
  send_question();
}

/// To the node's admin endpoint if the verb needs more than to look.
void node_link::send_question() {
  if (unsent_.empty()) return;
  auto& to = admin_ ? *admin_ : socket_;
  if (to.send(unsent_) == send_status::sent) unsent_.clear();
}

std::optional<result<value>> node_link::answer(monotonic_time now) {
  if (question_ != 0 && now >= question_until_) {
    question_ = 0;
    answer_ = result<value>{fail(errc::timeout, "no answer came in time")};
    unsent_.clear();
  }
  return std::exchange(answer_, std::nullopt);
}

} // namespace troupe::cli
