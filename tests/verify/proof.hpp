#pragma once

#include "bin/verify/verification.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace troupe::test {

using verify::rule;

inline verify::report verified(const std::filesystem::path& directory,
                               std::vector<std::filesystem::path> ledgers = {},
                               const std::string& context = {}) {
  auto made = verify::verify({directory, std::move(ledgers), context, 100, {}});
  if (!made) FAIL(made.error().message);
  return *made;
}

inline std::string all_of(const verify::report& from) {
  std::string all = std::to_string(from.total()) + " findings";
  for (const auto& each : from.findings())
    all += "\n  " + text_of(each);
  for (const auto& each : from.notes())
    all += "\n  note: " + each;
  return all;
}

/// Whether the rule was found broken at that record, with words of that kind.
inline bool names(const verify::report& from, rule broken, const std::string& file,
                  std::uint64_t index, const std::string& words) {
  return std::any_of(from.findings().begin(), from.findings().end(), [&](const auto& each) {
    return each.broken == broken && each.where.file == file &&
           each.where.index == static_cast<std::int64_t>(index) &&
           each.what.find(words) != std::string::npos;
  });
}

} // namespace troupe::test
