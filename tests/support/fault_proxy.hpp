#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

namespace troupe::test {

using std::chrono::milliseconds;

enum class flow : std::uint8_t { to_target, to_client };

/// What happens to the bytes of one direction, on all connections. Bytes keep their order.
struct flow_faults {
  milliseconds delay{0};              ///< how much later they arrive
  milliseconds jitter{0};             ///< up to so much more, from the proxy's seed
  std::uint64_t bytes_per_second = 0; ///< 0: as fast as it goes
  /// Nothing goes through and nobody is told, also not of an end; all of it arrives after healing.
  /// That is how a network that loses every packet looks to both ends.
  bool stalled = false;
  /// What comes is lost for good; the connection stays (half-open). Cut it before going on: the
  /// stream has a hole.
  bool dropped = false;
  /// Every n-th ZeroMQ message goes through twice; 0: none. Only of a proxy that knows ZeroMQ.
  std::uint32_t repeat_every = 0;
};

struct proxy_counts {
  std::uint64_t accepted = 0; ///< connections, without the refused
  std::uint64_t refused = 0;  ///< came while cut
  std::uint64_t open = 0;     ///< at the moment
  std::uint64_t to_target_bytes = 0;
  std::uint64_t to_client_bytes = 0;
  std::uint64_t dropped_bytes = 0;
  std::uint64_t repeated_messages = 0;
};

/// Stands between TCP clients and a server on this machine and misbehaves as told. One thread; any
/// thread may tell it, and what was told is so when the call returns. Needs no privileges.
class fault_proxy {
public:
  struct options {
    std::uint16_t target_port = 0;
    std::string target_address = "127.0.0.1";
    std::uint64_t seed = 1;  ///< of the jitter
    bool knows_zmtp = false; ///< forwards whole ZeroMQ messages, so that they can be repeated
  };
  /// Listens on 127.0.0.1 on a free port. Throws std::system_error.
  explicit fault_proxy(options of);
  ~fault_proxy(); ///< resets what is open
  fault_proxy(const fault_proxy&) = delete;
  fault_proxy& operator=(const fault_proxy&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string endpoint() const; ///< as ZeroMQ writes it

  void set(flow which, const flow_faults& faults);
  void set_both(const flow_faults& faults);
  /// Resets every connection, and each new one at once.
  void cut();
  /// No faults any more; new connections are let in.
  void heal();
  [[nodiscard]] proxy_counts counts() const;

private:
  class loop;
  std::unique_ptr<loop> loop_;
  std::uint16_t port_;
  std::thread thread_;
};

} // namespace troupe::test
