#pragma once

#include "bin/verify/data_directory.hpp"

#include <map>
#include <string>
#include <tuple>

namespace troupe::verify {

/// What a record says of other journals: its cause exists, and the positions of policies neither go
/// back nor lie ahead of what they read (a part of I8). Contexts without any journal in the
/// directory are not judged.
class reference_rules {
public:
  reference_rules(journal_file& file, data_directory& all, report& to)
      : file_(file), all_(all), to_(to) {}

  void take(const record& from, record_index at);

private:
  void take_cause(const record& from, record_index at);
  void take_position(const record& from, record_index at, const recorded_position& position);

  journal_file& file_;
  data_directory& all_;
  report& to_;
  struct noted {
    record_index next;
    record_index by;
  };
  std::map<std::tuple<std::string, std::string, shard_number>, noted> positions_;
};

} // namespace troupe::verify
