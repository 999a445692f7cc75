#pragma once

#include "bin/verify/data_directory.hpp"

#include <map>
#include <unordered_set>

namespace troupe::verify {

/// P4: an ask or void that ends was opened, and ends once; a timer that fires was set for that
/// moment; a dead letter is refused by its turn, and closed at most once. Keeps what is open, and 8
/// bytes and a node for each timer ever set.
class promise_rules {
public:
  promise_rules(journal_file& file, report& to) : file_(file), to_(to) {}

  void take(const record& from, record_index at);

private:
  struct promise {
    record_index since;
    aggregate_id aggregate;
    command_id command;
    bool reads_only = false;
  };
  void take_ask(const record& from, record_index at);
  void close_ask(const record& from, record_index at);
  void open_void(const record& from, record_index at);
  void take_timers(const record& from, record_index at);
  void take_letters(const record& from, record_index at);
  void wrong(const record& from, record_index at, const std::string& what) {
    to_.found(rule::promises, place_of(file_, from, at), what);
  }

  journal_file& file_;
  report& to_;
  std::map<command_id, promise> asks_;
  std::map<command_id, record_index> voids_;
  std::map<command_id, bool> letters_; ///< that are not closed; whether they are being retried
  std::unordered_set<std::uint64_t> timers_; ///< hashes of aggregate, name and due time
};

} // namespace troupe::verify
