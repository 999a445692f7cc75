#include "bin/verify/data_directory.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <tuple>

namespace troupe::verify {

namespace fs = std::filesystem;

namespace {

/// "<context>.<shard>.<kind>" taken apart; nothing if the name is not like that.
std::optional<data_directory::derived_file> named(const fs::path& path, std::string_view kind) {
  std::string name = path.filename().string();
  if (!name.ends_with(kind)) return std::nullopt;
  name.resize(name.size() - kind.size());
  const auto dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0) return std::nullopt;
  data_directory::derived_file found{path, name.substr(0, dot), {}};
  const char* const end = name.data() + name.size();
  const auto [stopped, failed] = std::from_chars(name.data() + dot + 1, end, found.shard.value);
  if (failed != std::errc{} || stopped != end) return std::nullopt;
  return found;
}

bool before(std::string_view context, shard_number shard, const journal_file& than) {
  return std::tie(context, shard) < std::make_tuple(std::string_view{than.context}, than.shard);
}

} // namespace

place place_of(const journal_file& file, const record& from, record_index at) {
  return {file.name,
          file.context,
          file.shard.value,
          static_cast<std::int64_t>(at.value),
          from.aggregate.number,
          from.seq,
          from.command};
}

place place_of(const journal_file& file, std::int64_t index) {
  return {file.name, file.context, file.shard.value, index};
}

const context_behaviour* behaviour_of(std::string_view context) {
  for (const auto& each : all_behaviours())
    if (each.info->full_name() == context) return &each;
  return nullptr;
}

result<data_directory> data_directory::open(const fs::path& where, report& to) {
  std::error_code why;
  if (!fs::exists(where, why)) return fail(errc::not_found, "there is no " + where.string());
  if (!fs::is_directory(where, why))
    return fail(errc::malformed, where.string() + " is not a directory");
  data_directory opened;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator{where, why})
    paths.push_back(entry.path());
  if (why)
    return fail(errc::storage_failed, "cannot read " + where.string() + ": " + why.message());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths)
    opened.take(path, to);
  if (!opened.any_journal_)
    return fail(errc::not_found, "there is no journal in " + where.string());
  std::sort(
      opened.journals_.begin(), opened.journals_.end(),
      [](const auto& left, const auto& right) { return before(left.context, left.shard, right); });
  return opened;
}

void data_directory::take(const fs::path& path, report& to) {
  if (auto journal = named(path, ".journal")) {
    any_journal_ = true;
    return take_journal(path, *journal, to);
  }
  if (auto derived = named(path, ".derived")) derived_.push_back(std::move(*derived));
  if (auto view = named(path, ".view")) views_.push_back(std::move(*view));
}

void data_directory::take_journal(const fs::path& path, const derived_file& named, report& to) {
  to.checked(rule::files);
  const place where{path.filename().string(), named.context, named.shard.value};
  auto opened = journal_reader::open(path);
  if (!opened) return to.found(rule::files, where, opened.error().message);
  const auto& about = (*opened)->about();
  if (about.context != named.context || about.shard != named.shard)
    return to.found(rule::files, where,
                    "it belongs to " + about.context + " shard " +
                        std::to_string(about.shard.value) + ", not to what its name says");
  auto head = (*opened)->head();
  if (!head) return to.found(rule::files, where, head.error().message);
  const auto* behaviour = behaviour_of(named.context);
  if (behaviour == nullptr)
    to.note(where.file + ": this build does not know the context " + named.context +
            "; its states are not compared");
  const auto shards = about.shards;
  journals_.push_back({std::move(opened).value(), where.file, named.context, named.shard, shards,
                       behaviour, *head, true});
}

journal_file* data_directory::journal(std::string_view context, shard_number shard) {
  const auto found = std::lower_bound(
      journals_.begin(), journals_.end(), std::make_tuple(context, shard),
      [](const journal_file& each, const auto& wanted) {
        return std::make_tuple(std::string_view{each.context}, each.shard) < wanted;
      });
  if (found == journals_.end() || found->context != context || found->shard != shard)
    return nullptr;
  return &*found;
}

const data_directory::derived_file* data_directory::derived(std::string_view context,
                                                            shard_number shard) const {
  for (const auto& each : derived_)
    if (each.context == context && each.shard == shard) return &each;
  return nullptr;
}

std::uint32_t data_directory::shards_of(std::string_view context) const {
  for (const auto& each : journals_)
    if (each.context == context) return each.shards;
  return 0;
}

data_directory::known data_directory::look_up(std::string_view context, shard_number shard,
                                              record_index at) {
  auto* const file = journal(context, shard);
  if (file == nullptr) return shards_of(context) == 0 ? known::no_context : known::no_journal;
  if (at <= file->head) return known::there;
  if (const auto now = file->reader->head()) file->head = std::max(file->head, *now);
  return at <= file->head ? known::there : known::beyond;
}

} // namespace troupe::verify
