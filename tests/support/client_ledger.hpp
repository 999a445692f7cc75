#pragma once

#include "messages/error.hpp"
#include "messages/ids.hpp"
#include "troupe/client.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <string_view>

namespace troupe::test {

/// Writes down what clients were told, one JSON line for each finished call, for `troupe verify
/// --ledger` (docs/verify.md). Thread-safe; a line is in the file when the call returns, so that a
/// ledger outlives its process.
///
/// Calls through `send` and `get` note themselves. Others: `begin` before, `end` after.
class client_ledger {
public:
  /// Appends to the file.
  explicit client_ledger(const std::filesystem::path& file);

  /// Sends and waits. Gives the command an id if it has none, so that every line names one; to send
  /// a command again, give the id of before.
  template <message M>
  result<call_reply> send(client& through, const std::string& context, aggregate_id target,
                          const M& command, call_options options = {}) {
    return send(through, context, target, M::name, encoded(command), std::move(options));
  }
  result<call_reply> send(client& through, const std::string& context, aggregate_id target,
                          std::string_view command, std::string payload, call_options options = {});
  result<call_reply> get(client& through, const std::string& context, aggregate_id target,
                         call_options options = {});

  /// A call on its way.
  struct call {
    std::string kind; ///< "command" or "get"
    std::string context;
    aggregate_id target;
    command_id command; ///< of commands
    std::int64_t start_us = 0;
  };
  [[nodiscard]] static call begin_command(std::string context, aggregate_id target,
                                          command_id command);
  [[nodiscard]] static call begin_get(std::string context, aggregate_id target);
  void end(const call& of, const result<call_reply>& answer);

  /// A new id for a command.
  [[nodiscard]] static command_id fresh_id();
  [[nodiscard]] std::uint64_t lines() const;

private:
  void write(const std::string& line);

  mutable std::mutex guard_;
  std::ofstream out_;
  std::uint64_t lines_ = 0;
};

} // namespace troupe::test
