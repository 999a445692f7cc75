#include "seams/clock.hpp"

namespace troupe {
namespace {

class machine_clock final : public clock {
public:
  [[nodiscard]] wall_ms wall() const override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  }
  [[nodiscard]] monotonic_time monotonic() const override {
    return std::chrono::steady_clock::now();
  }
};

} // namespace

const clock& real_clock() {
  static const machine_clock instance;
  return instance;
}

} // namespace troupe
