#pragma once

#include "messages/error.hpp"
#include "messages/hello.hpp"
#include "messages/value.hpp"
#include "net/transport/zmq_socket.hpp"
#include "seams/clock.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::cli {

/// A connection to one process that speaks the protocol, to see whether it lives and to ask it
/// something now and then. It goes to this endpoint only, whatever the cluster looks like, and
/// nothing of it blocks.
///
/// Thread rules: one thread.
class node_link {
public:
  static constexpr std::chrono::milliseconds hello_interval{1'000};
  static constexpr std::chrono::milliseconds hello_interval_first{50}; ///< until the first answer

  /// `expected`: the name it must answer with; anybody else's answers do not count. Empty: any.
  node_link(zmq_context& context, const std::string& endpoint, std::string expected);

  /// Takes in what came and asks again if it is time.
  void look(monotonic_time now);
  /// Of its last hello; nothing yet: it never answered.
  [[nodiscard]] std::optional<monotonic_time> answered() const { return answered_; }
  [[nodiscard]] const hello_reply& said() const { return said_; }
  /// Who answered instead of the expected; empty: nobody.
  [[nodiscard]] const std::string& stranger() const { return stranger_; }

  /// Sends an admin verb, to the admin endpoint that the last hello named if it needs that; one at
  /// a time, a later one takes the place of an earlier.
  void ask(std::string_view verb, const value& arguments, monotonic_time now,
           std::chrono::milliseconds deadline);
  /// The answer to it, once; `timeout` after the deadline.
  [[nodiscard]] std::optional<result<value>> answer(monotonic_time now);

  [[nodiscard]] int fd() const { return admin_ && question_ != 0 ? admin_->fd() : socket_.fd(); }

private:
  void greet(monotonic_time now);
  void take(std::string_view frame, monotonic_time now);
  void send_question();

  zmq_context& context_;
  zmq_socket socket_;
  std::unique_ptr<zmq_socket> admin_; ///< of a question that its admin endpoint takes; else null
  std::string expected_;
  std::string stranger_;
  std::uint64_t last_id_ = 0;
  std::uint64_t question_ = 0; ///< id of the admin request; 0: none
  std::string unsent_;         ///< its frame while there is no connection
  monotonic_time question_until_{};
  std::optional<result<value>> answer_;
  std::optional<monotonic_time> asked_;
  std::optional<monotonic_time> answered_;
  hello_reply said_;
};

} // namespace troupe::cli
