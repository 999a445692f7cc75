#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::test {

/// Finds the whole messages in what one side of a ZeroMQ connection says (ZMTP 3), so that a test
/// can send one twice. Security must be NULL: messages of others are numbered.
class zmtp_messages {
public:
  struct piece {
    std::string bytes;
    bool message = false; ///< false: greeting or command, which nobody may repeat
  };
  void take(std::string_view bytes) { waiting_ += bytes; }
  /// The next whole message or command, or a part of the greeting (each side sends its own step by
  /// step, as it hears the other's); empty if more has to come.
  [[nodiscard]] piece next();

private:
  std::string waiting_;
  std::size_t greeting_left_ = 64;
};

} // namespace troupe::test
