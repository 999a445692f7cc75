#pragma once

#include <cstdint>
#include <memory>
#include <string>

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

/// Seeded from the operating system with 64 bits. Good for spreading and naming; its next values
/// follow from one that was seen, so it makes no secrets.
[[nodiscard]] std::unique_ptr<random_source> real_random();

/// 32 bytes that nobody can guess, from the operating system, as 64 hexadecimal digits. Throws
/// std::system_error if it gives none.
[[nodiscard]] std::string new_secret();

/// Reproducible from its seed (splitmix64, Steele et al. 2014).
class seeded_random final : public random_source {
public:
  explicit seeded_random(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t next() override;

private:
  std::uint64_t state_;
};

} // namespace troupe
