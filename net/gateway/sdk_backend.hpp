#pragma once

#include "net/gateway/backend.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace troupe::gateway {

/// The cluster behind the SDK.
///
/// Owned by main. The SDK answers what a node serves by a future only, so one thread of this class
/// waits for it on behalf of all readiness probes; they share an answer.
class sdk_backend final : public backend {
public:
  static constexpr std::size_t probes_max = 1024; ///< waiting probes; more are `overloaded`

  explicit sdk_backend(client to);
  ~sdk_backend() override;

  void send(backend_call call, reply_callback done) override;
  void get(backend_call call, reply_callback done) override;
  void query(backend_call call, reply_callback done) override;
  void list(backend_call call, page_request wanted, page_callback done) override;
  void contexts(contexts_callback done) override;
  void admin(admin_call call, value_callback done) override;
  void nodes(std::chrono::milliseconds deadline, nodes_callback done) override;
  std::uint64_t follow(std::string endpoint, events_callback events, end_callback ended) override;
  void unfollow(std::uint64_t handle) override;
  [[nodiscard]] connection_state state() const override;
  [[nodiscard]] client_counters counters() const override;

  /// Ends open calls (their callbacks run) and the connection. Nothing may be called afterwards but
  /// `admin` and `nodes`, as by callbacks that ask on: they answer `unreachable`.
  void close();

private:
  class visit;

  void answer_probes();

  std::optional<client> client_;
  std::mutex guard_;
  std::condition_variable wake_;
  std::vector<contexts_callback> probes_;
  bool closing_ = false;
  std::size_t visits_ = 0; ///< calls of the client under way
  std::condition_variable left_;
  std::thread prober_;
};

} // namespace troupe::gateway
