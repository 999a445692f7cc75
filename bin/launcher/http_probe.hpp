#pragma once

#include "net/http_client.hpp"
#include "seams/clock.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace troupe::cli {

/// Asks one HTTP server again and again whether it lives (`GET /health/live`), each time on a fresh
/// connection, as any client would. Nothing of it blocks.
///
/// Any answer counts, also a refusal, and so does a connection that the server takes and closes: it
/// has too many and says so. A server that is not there, or takes no connection and says nothing,
/// does not count.
///
/// Thread rules: one thread.
class http_probe {
public:
  static constexpr std::chrono::milliseconds interval{1'000};      ///< from begin to begin
  static constexpr std::chrono::milliseconds answer_within{2'000}; ///< then it is asked afresh

  explicit http_probe(const http_place& at);
  ~http_probe();
  http_probe(const http_probe&) = delete;
  http_probe& operator=(const http_probe&) = delete;

  /// Takes in what came and asks again if it is time.
  void look(monotonic_time now);
  /// When it last answered; nothing yet: it never did.
  [[nodiscard]] std::optional<monotonic_time> answered() const { return answered_; }
  /// False: the place names no address (a host name would have to be looked up, which blocks).
  [[nodiscard]] bool can_ask() const { return can_ask_; }
  [[nodiscard]] int fd() const { return fd_; } ///< -1: nothing is on its way

private:
  void ask(monotonic_time now);
  void close();

  http_place at_;
  bool can_ask_;
  std::string request_;
  int fd_ = -1;
  bool sent_ = false;
  std::optional<monotonic_time> asked_;
  std::optional<monotonic_time> answered_;
};

} // namespace troupe::cli
