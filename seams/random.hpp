#pragma once

#include <cstdint>
#include <memory>

namespace troupe {

/// The seam to randomness: jitter, fresh ids. Each owner has its own; implementations are not
/// thread-safe.
class random_source {
public:
  virtual ~random_source() = default;
  [[nodiscard]] virtual std::uint64_t next() = 0;

  /// A value in [0, 1).
  [[nodiscard]] double unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
};

/// Seeded from the operating system.
[[nodiscard]] std::unique_ptr<random_source> real_random();

/// Reproducible from its seed (splitmix64, Steele et al. 2014).
class seeded_random final : public random_source {
public:
  explicit seeded_random(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t next() override;

private:
  std::uint64_t state_;
};

} // namespace troupe
