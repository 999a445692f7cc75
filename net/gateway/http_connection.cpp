#include "net/gateway/http_connection.hpp"

#include "net/gateway/error_body.hpp"
#include "net/gateway/stream_writer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <deque>
#include <optional>
#include <utility>

namespace troupe::gateway {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using request_parser = http::request_parser<http::string_body>;

constexpr std::size_t read_bytes = 8 * 1024;
constexpr std::size_t input_bytes_max = 32 * 1024; ///< of pipelined requests not looked at yet
constexpr std::size_t lingering_bytes_max = 1024 * 1024;
constexpr std::chrono::milliseconds lingering_time{2000};
constexpr std::size_t unasked_bytes_max = 64 * 1024; ///< that a reader of a stream may still send

[[nodiscard]] std::string_view plain(boost::beast::string_view from) {
  return {from.data(), from.size()};
}

[[nodiscard]] http_method method_of(http::verb verb) {
  switch (verb) {
  case http::verb::get:
    return http_method::get;
  case http::verb::head:
    return http_method::head;
  case http::verb::post:
    return http_method::post;
  case http::verb::put:
    return http_method::put;
  case http::verb::patch:
    return http_method::patch;
  case http::verb::delete_:
    return http_method::del;
  case http::verb::options:
    return http_method::options;
  default:
    return http_method::other;
  }
}

/// Statuses after which no body may come, nor a length that would announce one.
[[nodiscard]] bool has_no_content(const http_response& response) {
  return response.status == 204 || response.status == 304;
}

[[nodiscard]] bool same_word(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(a) == lower(b);
  });
}

/// What cannot be read as one unambiguous request: the reasons that let two readers of the same
/// bytes see different requests (RFC 9112 §11.2).
[[nodiscard]] std::optional<std::string_view> ambiguity(const request_parser::value_type& head) {
  if (head.version() != 10 && head.version() != 11) return "only HTTP/1.0 and HTTP/1.1 are spoken";
  const auto count = [&](http::field name) { return head.count(name); };
  const auto hosts = count(http::field::host);
  if (hosts > 1 || (hosts == 0 && head.version() == 11)) return "exactly one Host header is needed";
  const auto lengths = count(http::field::content_length);
  const auto encodings = count(http::field::transfer_encoding);
  if (lengths > 1) return "Content-Length is given twice";
  if (encodings > 1 || (encodings == 1 && lengths == 1))
    return "Content-Length and Transfer-Encoding contradict each other";
  if (encodings == 1 &&
      (!same_word(plain(head[http::field::transfer_encoding]), "chunked") || head.version() == 10))
    return "the only Transfer-Encoding is chunked";
  for (const auto& name : {"Idempotency-Key", "X-Deadline-Ms"})
    if (head.count(name) > 1) return "a header that may be given once is given twice";
  return {};
}

/// Whom the requests of a connection count as: the address, of IPv6 its first half, because one
/// caller has all of the other.
[[nodiscard]] std::string client_of(const asio::ip::tcp::socket& socket) {
  error_code failed;
  const auto end = socket.remote_endpoint(failed);
  if (failed) return {};
  const auto address = end.address();
  if (!address.is_v6()) return address.to_string();
  auto bytes = address.to_v6().to_bytes();
  if (address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  std::fill(bytes.begin() + bytes.size() / 2, bytes.end(), std::uint8_t{0});
  return asio::ip::address_v6{bytes}.to_string();
}

class beast_connection final : public http_connection,
                               public std::enable_shared_from_this<beast_connection> {
public:
  beast_connection(asio::ip::tcp::socket socket, std::shared_ptr<http_loop> loop)
      : loop_(std::move(loop)), socket_(std::move(socket)), client_(client_of(socket_)),
        input_(input_bytes_max) {
    loop_->app.connections().fetch_add(1);
  }
  ~beast_connection() override { loop_->app.connections().fetch_sub(1); }

  void start() override { next_request(); }
  void sweep(monotonic_time now) override;
  void drain() override {
    if (state_ == state::idle || state_ == state::streaming) close();
  }
  void close() override;
  void stream_piece(std::shared_ptr<const std::string> piece) override;

private:
  enum class state : std::uint8_t {
    idle,
    header,
    body,
    answering,
    writing,
    streaming,
    lingering,
    closed
  };

  void enter(state next, std::chrono::milliseconds time) {
    state_ = next;
    deadline_ = loop_->app.time().monotonic() + time;
  }
  [[nodiscard]] bool reading() const { return state_ <= state::body; }
  void next_request();
  void read_more();
  void parse_input();
  [[nodiscard]] bool parse_step();
  [[nodiscard]] bool accept_header();
  void hand_over();
  void respond(http_response response);
  void refuse(const error& failure, std::uint16_t status);
  void refuse_unreadable(error_code failed);
  void make_head(const http_response& response);
  void write(std::array<asio::const_buffer, 2> parts);
  void after_write(error_code failed);
  void linger();
  void write_continue();
  void begin_stream(http_response response);
  void write_pieces();
  void watch_reader();

  std::shared_ptr<http_loop> loop_;
  asio::ip::tcp::socket socket_;
  const std::string client_; ///< whom its requests count as
  boost::beast::flat_buffer input_;
  std::optional<request_parser> parser_;
  state state_ = state::idle;
  monotonic_time deadline_;
  std::uint32_t requests_ = 0;
  std::uint64_t turn_ = 0; ///< of the present request; an answer to another one is late
  std::size_t header_bytes_ = 0;
  std::size_t lingered_bytes_ = 0;
  bool keep_ = true; ///< another request may follow
  bool head_only_ = false;
  bool writing_continue_ = false;
  std::string head_;
  std::string body_;
  std::shared_ptr<stream_writer> stream_;
  std::deque<std::shared_ptr<const std::string>> pieces_; ///< of the stream; the first is written
};

void beast_connection::next_request() {
  parser_.emplace();
  // The parser counts the header itself; the limit is checked before its bytes are kept.
  parser_->header_limit(static_cast<std::uint32_t>(loop_->limits.header_bytes_max));
  parser_->body_limit(loop_->limits.body_bytes_max);
  header_bytes_ = 0;
  head_only_ = false;
  ++turn_;
  enter(state::idle, loop_->limits.keep_alive_time);
  if (input_.size() > 0) return parse_input();
  if (loop_->draining) return close();
  read_more();
}

void beast_connection::read_more() {
  if (input_.size() + read_bytes > input_bytes_max)
    return refuse(fail(errc::malformed, "a line of the request is too long"), 0);
  socket_.async_read_some(input_.prepare(read_bytes),
                          [self = shared_from_this()](error_code failed, std::size_t count) {
                            if (!self->reading()) return;
                            if (failed) return self->close();
                            self->input_.commit(count);
                            self->parse_input();
                          });
}

void beast_connection::parse_input() {
  if (state_ == state::idle) enter(state::header, loop_->limits.header_time);
  while (parse_step()) {
  }
}

/// One step of the parser; true if it should be given the rest at once.
bool beast_connection::parse_step() {
  error_code failed;
  const bool header_was_done = parser_->is_header_done();
  const std::size_t used = input_.size() > 0 ? parser_->put(input_.data(), failed) : 0;
  input_.consume(used);
  if (failed == http::error::need_more) failed = {};
  if (!header_was_done) header_bytes_ += used;
  const bool header_done = parser_->is_header_done();
  if (!failed && header_bytes_ + (header_done ? 0 : input_.size()) > loop_->limits.header_bytes_max)
    failed = http::error::header_limit;
  if (failed) return refuse_unreadable(failed), false;
  if (header_done && !header_was_done && !accept_header()) return false;
  if (parser_->is_done()) return hand_over(), false;
  if (used > 0 && input_.size() > 0) return true;
  if (!writing_continue_) read_more();
  return false;
}

/// False if the request was refused or the body has to wait for an interim answer.
bool beast_connection::accept_header() {
  const auto& head = parser_->get();
  if (const auto reason = ambiguity(head); reason) {
    refuse(fail(errc::malformed, std::string{*reason}), 0);
    return false;
  }
  enter(state::body, loop_->limits.body_time);
  if (!parser_->is_done() && head.version() == 11 && input_.size() == 0 &&
      same_word(plain(head[http::field::expect]), "100-continue")) {
    write_continue();
    return false;
  }
  return true;
}

void beast_connection::write_continue() {
  static constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
  writing_continue_ = true;
  asio::async_write(socket_, asio::buffer(interim.data(), interim.size()),
                    [self = shared_from_this()](error_code failed, std::size_t) {
                      self->writing_continue_ = false;
                      if (self->state_ != state::body) return;
                      if (failed) return self->close();
                      self->read_more();
                    });
}

void beast_connection::hand_over() {
  const auto& message = parser_->get();
  const auto header = [&](const auto& name) { return plain(message[name]); };
  keep_ = message.keep_alive() && ++requests_ < loop_->limits.requests_per_connection_max;
  head_only_ = message.method() == http::verb::head;
  http_request request;
  request.method = method_of(message.method());
  request.target = plain(message.target());
  request.body = message.body();
  request.host = header(http::field::host);
  request.client = client_;
  request.origin = header(http::field::origin);
  request.content_type = header(http::field::content_type);
  request.idempotency_key = header("Idempotency-Key");
  request.has_idempotency_key = message.find("Idempotency-Key") != message.end();
  request.correlation_id = header("X-Correlation-Id");
  request.traceparent = header("traceparent");
  request.deadline_ms = header("X-Deadline-Ms");
  request.if_none_match = header(http::field::if_none_match);
  request.accept = header(http::field::accept);
  request.authorization = header(http::field::authorization);
  enter(state::answering, loop_->limits.answer_time);
  // Nothing but the loop may own a connection, or it could end on the backend's thread.
  loop_->app.handle(
      request, [loop = loop_, weak = weak_from_this(), turn = turn_](http_response response) {
        // The posted part does not own the loop: on an ended loop it would own itself for ever.
        asio::dispatch(loop->io, [weak, turn, response = std::move(response)]() mutable {
          const auto self = weak.lock();
          if (self && self->turn_ == turn && self->state_ == state::answering)
            self->respond(std::move(response));
        });
      });
}

void beast_connection::respond(http_response response) {
  if (response.stream) keep_ = false; // what has no length ends with the connection
  if (loop_->draining) keep_ = false;
  if (response.stream && !head_only_) return begin_stream(std::move(response));
  body_ = std::move(response.body);
  make_head(response);
  enter(state::writing, loop_->limits.write_time);
  const bool without_body = head_only_ || has_no_content(response);
  write({asio::buffer(head_), asio::buffer(body_.data(), without_body ? 0 : body_.size())});
}

void beast_connection::make_head(const http_response& response) {
  const std::int64_t second = loop_->app.time().wall() / 1000;
  if (second != loop_->date_second) {
    std::tm parts{};
    const std::time_t now = second;
    gmtime_r(&now, &parts);
    std::array<char, 64> text{};
    const auto size =
        std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    loop_->date_line.assign(text.data(), size);
    loop_->date_second = second;
  }
  head_.assign("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  head_.append(reason_phrase(response.status)).append("\r\n").append(loop_->date_line);
  if (!has_no_content(response))
    head_.append("Content-Type: ").append(response.content_type).append("\r\n");
  if (!has_no_content(response) && !response.stream)
    head_.append("Content-Length: ").append(std::to_string(body_.size())).append("\r\n");
  if (!keep_)
    head_.append("Connection: close\r\n");
  else if (parser_->is_header_done() && parser_->get().version() == 10)
    head_.append("Connection: keep-alive\r\n");
  head_.append(response.headers).append("\r\n");
}

void beast_connection::write(std::array<asio::const_buffer, 2> parts) {
  asio::async_write(socket_, parts, [self = shared_from_this()](error_code failed, std::size_t) {
    self->after_write(failed);
  });
}

void beast_connection::after_write(error_code failed) {
  if (state_ == state::closed) return;
  if (failed) return close();
  if (keep_) return next_request();
  linger();
}

/// Closing with unread input would reset the connection and destroy the answer on its way, so the
/// rest is read and dropped for a moment.
void beast_connection::linger() {
  if (state_ != state::lingering) {
    error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    input_.clear();
    enter(state::lingering, lingering_time);
  }
  socket_.async_read_some(input_.prepare(read_bytes),
                          [self = shared_from_this()](error_code failed, std::size_t count) {
                            if (self->state_ == state::closed) return;
                            self->lingered_bytes_ += count;
                            if (failed || self->lingered_bytes_ > lingering_bytes_max)
                              return self->close();
                            self->linger();
                          });
}

void beast_connection::begin_stream(http_response response) {
  body_.clear();
  make_head(response);
  if (loop_->draining) return close();
  state_ = state::streaming;
  stream_ = std::make_shared<stream_writer>(loop_, weak_from_this());
  pieces_.push_back(std::make_shared<const std::string>(std::exchange(head_, {})));
  stream_->waits(pieces_.front()->size());
  write_pieces();
  watch_reader();
  response.stream(stream_);
}

void beast_connection::stream_piece(std::shared_ptr<const std::string> piece) {
  if (state_ != state::streaming) return;
  pieces_.push_back(std::move(piece));
  if (pieces_.size() == 1) write_pieces();
}

/// A reader that takes nothing for as long as an answer may take is gone.
void beast_connection::write_pieces() {
  deadline_ = loop_->app.time().monotonic() + loop_->limits.write_time;
  asio::async_write(socket_, asio::buffer(*pieces_.front()),
                    [self = shared_from_this()](error_code failed, std::size_t count) {
                      if (self->state_ != state::streaming) return;
                      if (failed) return self->close();
                      self->stream_->written(count);
                      self->pieces_.pop_front();
                      if (!self->pieces_.empty()) return self->write_pieces();
                      self->deadline_ = monotonic_time::max();
                    });
}

/// Notices at once that the reader left; what it sends means nothing any more.
void beast_connection::watch_reader() {
  input_.clear();
  socket_.async_read_some(input_.prepare(read_bytes),
                          [self = shared_from_this()](error_code failed, std::size_t count) {
                            if (self->state_ != state::streaming) return;
                            self->lingered_bytes_ += count;
                            if (failed || self->lingered_bytes_ > unasked_bytes_max)
                              return self->close();
                            self->watch_reader();
                          });
}

/// Answers what is no request and ends the connection: where the next one starts is unknown.
void beast_connection::refuse(const error& failure, std::uint16_t status) {
  keep_ = false;
  ++turn_;
  const auto target =
      parser_->is_header_done() ? plain(parser_->get().target()) : std::string_view{};
  respond(loop_->app.refusal(failure, status, target));
}

void beast_connection::refuse_unreadable(error_code failed) {
  if (failed == http::error::header_limit)
    return refuse(fail(errc::too_large, "the header is over 8 KiB"), 431);
  if (failed == http::error::body_limit)
    return refuse(fail(errc::too_large, "the body is over 256 KiB"), 0);
  refuse(fail(errc::malformed, "this is no HTTP request: " + failed.message()), 0);
}

void beast_connection::sweep(monotonic_time now) {
  if (now < deadline_) return;
  switch (state_) {
  case state::header:
  case state::body: {
    error_code ignored;
    socket_.cancel(ignored); // the read that waits ends and sees that nobody is reading any more
    return refuse(fail(errc::deadline_exceeded, "the request came too slowly"), 408);
  }
  case state::answering: {
    error late = fail(errc::timeout, "the cluster did not answer");
    keep_ = false;
    ++turn_;
    return respond(loop_->app.refusal(late, 0, plain(parser_->get().target())));
  }
  case state::idle:
  case state::writing:
  case state::streaming:
  case state::lingering:
    return close();
  case state::closed:
    return;
  }
}

void beast_connection::close() {
  if (state_ == state::closed) return;
  state_ = state::closed;
  ++turn_;
  if (stream_) stream_->ended();
  error_code ignored;
  socket_.close(ignored);
  loop_->connections.erase(this);
}

} // namespace

std::shared_ptr<http_connection> http_connection::open(asio::ip::tcp::socket socket,
                                                       const std::shared_ptr<http_loop>& loop) {
  return std::make_shared<beast_connection>(std::move(socket), loop);
}

} // namespace troupe::gateway
