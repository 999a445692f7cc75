#pragma once

#include "actors/event_merge.hpp"
#include "bin/verify/journal_check.hpp"

#include <functional>
#include <string_view>
#include <vector>

namespace troupe::verify {

/// Folds the events of several journals in the order in which a view folds them, up to given
/// positions. Holds some thousand events of each journal at once.
class event_source_reader {
public:
  /// A journal that lacks records before `end` is read as far as it goes.
  void add(std::string_view context, journal_file& file, record_index end);

  using visitor = std::function<void(const event_merge::place& source, const published_event&)>;
  /// Gives all events in order. The number left over: events whose cause lies behind the positions,
  /// so that no view could have folded them.
  [[nodiscard]] result<std::uint64_t> run(const visitor& visit, const progress& told,
                                          std::string_view name);

private:
  struct stream {
    journal_file* file;
    record_index next{1};
    record_index end; ///< first record not wanted
    std::uint64_t waiting = 0;
  };
  [[nodiscard]] result<void> fill(std::size_t number);
  [[nodiscard]] result<bool> fill_empty();

  event_merge merge_;
  std::vector<stream> streams_;
};

} // namespace troupe::verify
