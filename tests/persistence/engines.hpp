#pragma once

#include "messages/codec.hpp"
#include "persistence/storage.hpp"
#include "tests/support/temp_folder.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::test {

enum class engine : std::uint8_t { memory, sqlite };

/// A storage of either engine with nothing in it yet.
class fresh_storage {
public:
  explicit fresh_storage(engine which)
      : storage_(which == engine::memory ? make_memory_storage() : make_sqlite_storage(options())) {
  }
  storage* operator->() { return storage_.get(); }
  storage& operator*() { return *storage_; }
  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
  [[nodiscard]] sqlite_options options() const {
    sqlite_options made;
    made.directory = folder_.path();
    made.reserve_bytes = 1024 * 1024; // the machine's disk is not what is tested
    return made;
  }

private:
  temp_folder folder_;
  std::unique_ptr<storage> storage_;
};

inline journal_identity shard_of_rides(std::uint32_t shard = 0, std::string node = "n1") {
  return {"taxi.ride", {shard}, 2, std::move(node)};
}

/// Commits texts as records; the texts need not be records for the journal's purposes.
inline result<void> commit_texts(journal& to, const std::vector<std::string>& texts) {
  const std::vector<std::string_view> bodies{texts.begin(), texts.end()};
  return to.commit(bodies);
}

inline std::vector<std::string> texts_from(journal& of, std::uint64_t from) {
  std::vector<std::string> found;
  const auto done = of.scan({from}, [&](record_index, std::string_view body) {
    found.emplace_back(body);
    return true;
  });
  if (!done) found.push_back("error: " + done.error().message);
  return found;
}

/// A context with one filter of each type.
inline context_info rides() {
  context_info info;
  info.system = "taxi";
  info.name = "ride";
  info.resource = "rides";
  info.state = {"Ride",
                {{"city", field_type::text, true},
                 {"fare", field_type::real, true},
                 {"seats", field_type::integer, true},
                 {"shared", field_type::boolean, true},
                 {"note", field_type::text, true}}};
  info.filters = {"city", "fare", "seats", "shared"};
  return info;
}

inline context_info ride_board() {
  context_info info = rides();
  info.name = "rideBoard";
  info.resource = "rideBoards";
  info.kind = context_kind::view;
  info.filters = {"city"};
  info.view = {{"taxi.ride"}, "id", {"seats"}};
  return info;
}

inline state_row ride(std::int64_t id, const char* city, double fare, std::int64_t seats,
                      bool shared) {
  state_row row;
  row.id = {id};
  row.seq = 1;
  row.head = {static_cast<std::uint64_t>(id)};
  row.state = encode_value(value::object{{"city", city}, {"n", id}});
  row.filters = {city, fare, seats, shared};
  return row;
}

inline std::vector<std::int64_t> keys_of(const list_page& page) {
  std::vector<std::int64_t> keys;
  for (const auto& [id, row] : page.rows)
    keys.push_back(id.number);
  return keys;
}

} // namespace troupe::test
