#pragma once

#include "messages/error.hpp"
#include "messages/fields.hpp"
#include "messages/ids.hpp"
#include "messages/value.hpp"
#include "net/sdk/troupe/client.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::bench {

/// Something that must be true of a system, and how often it was not.
struct finding {
  std::string what; ///< a sentence, true if nothing is violated
  std::uint64_t checked = 0;
  std::uint64_t violated = 0;
  std::string first; ///< violation, with what was found instead
};

/// What the stories of a scenario note down for its audit, from several threads.
template <class Entry> class ledger {
public:
  void add(Entry from) {
    const std::lock_guard lock{mutex_};
    entries_.push_back(std::move(from));
  }
  /// Only while no story runs.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

private:
  std::mutex mutex_;
  std::vector<Entry> entries_;
};

/// Compares a node with what clients were told by it. Blocks; for one thread, not the client's own.
class audit {
public:
  /// `all_told`: no story failed. Those that did have left rows nobody knows the state of.
  audit(client& through, bool all_told) : through_(through), all_told_(all_told) {}

  /// That `ok` holds; `found` is what was found.
  void note(const std::string& what, bool ok, const std::string& found);
  /// That a context lists so many rows with these fields; if stories failed, so many at least.
  void count(const std::string& what, std::string_view context, value::object filter,
             std::uint64_t wanted);
  /// How many it lists; a violation and nothing if that cannot be found out.
  [[nodiscard]] std::optional<std::uint64_t> total(const std::string& what,
                                                   std::string_view context, value::object filter);
  /// That the row of every entry is right: `id_of(entry)` is read, and `right(entry, row)` judges
  /// it; a row that is not there is not given.
  template <described Row, class Entry, class Id, class Right>
  void rows(const std::string& what, std::string_view context, const std::vector<Entry>& entries,
            Id id_of, Right right);

  [[nodiscard]] const std::vector<finding>& findings() const { return findings_; }
  [[nodiscard]] bool clean() const;

private:
  using reader = std::function<void(std::size_t place, const result<call_reply>& reply)>;

  /// Reads many at a time; `take` is called for one after another.
  void read(std::string_view context, std::size_t count,
            const std::function<aggregate_id(std::size_t place)>& id_of, const reader& take);

  client& through_;
  bool all_told_;
  std::vector<finding> findings_;
};

/// Checks again and again until everything agrees, for 60 s: what comes by itself may still be on
/// its way. The last audit.
[[nodiscard]] audit audit_until_clean(client& through, bool all_told,
                                      const std::function<void(audit&)>& check);

template <described Row, class Entry, class Id, class Right>
void audit::rows(const std::string& what, std::string_view context,
                 const std::vector<Entry>& entries, Id id_of, Right right) {
  const auto id_at = [&](std::size_t place) { return id_of(entries[place]); };
  read(context, entries.size(), id_at, [&](std::size_t place, const result<call_reply>& reply) {
    const auto where = std::string{context} + "/" + std::to_string(id_at(place).number);
    if (!reply && reply.error().code != errc::not_found)
      return note(what, false, where + ": " + reply.error().message);
    std::optional<Row> row;
    if (reply) {
      auto held = reply->as<Row>();
      if (!held) return note(what, false, where + ": " + held.error().message);
      row = std::move(*held);
    }
    note(what, right(entries[place], row), where + (row ? " is otherwise" : " is not there"));
  });
}

} // namespace troupe::bench
