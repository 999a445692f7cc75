#include "persistence/data_folder.hpp"
#include "persistence/sqlite_derived.hpp"
#include "persistence/sqlite_journal.hpp"
#include "persistence/sqlite_journal_file.hpp"
#include "persistence/sqlite_view.hpp"
#include "persistence/storage.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>

namespace troupe {

namespace fs = std::filesystem;

namespace {

/// Whether a file name is that of a journal of the context, whatever its shard.
bool is_journal_of(const std::string& context, const std::string& file) {
  constexpr std::string_view kind = ".journal";
  if (!file.starts_with(context + ".") || !file.ends_with(kind)) return false;
  if (file.size() <= context.size() + 1 + kind.size()) return false;
  const std::string_view shard = std::string_view{file}.substr(
      context.size() + 1, file.size() - context.size() - 1 - kind.size());
  return shard.find_first_not_of("0123456789") == std::string_view::npos;
}

class sqlite_storage final : public storage {
public:
  explicit sqlite_storage(sqlite_options options) : options_(std::move(options)) {}

  result<std::unique_ptr<journal>> open_journal(const journal_identity& who) override {
    auto opened = sqlite_journal::open(options_, who);
    if (!opened) return opened.error();
    const std::scoped_lock held{mutex_};
    open_journals_[{who.context, who.shard.value}] = (*opened)->presence();
    return std::unique_ptr<journal>{std::move(opened).value()};
  }

  result<std::unique_ptr<derived_store>> open_derived(const journal_identity& who,
                                                      const context_info& info) override {
    auto opened = sqlite_derived::open(options_, who, info, presence_of(who));
    if (!opened) return opened.error();
    return std::unique_ptr<derived_store>{std::move(opened).value()};
  }

  result<std::unique_ptr<view_store>> open_view(const journal_identity& who,
                                                const context_info& info) override {
    auto opened = sqlite_view::open(options_, who, info);
    if (!opened) return opened.error();
    return std::unique_ptr<view_store>{std::move(opened).value()};
  }

  /// The number is written in every journal of the context; any readable one will do.
  std::uint32_t shards_of(const std::string& context) const override {
    std::error_code why;
    for (const auto& entry : fs::directory_iterator{options_.directory, why}) {
      if (!is_journal_of(context, entry.path().filename().string())) continue;
      auto db = sqlite::connection::open(entry.path(), sqlite::open_mode::read_only);
      if (!db) continue;
      if (const auto shards = journal_meta(*db, "shards"); shards)
        return static_cast<std::uint32_t>(*shards);
    }
    return 0;
  }

  epoch_number epoch_of(const std::string& context, shard_number shard) const override {
    const auto path =
        data_file(options_.directory, {context, shard, shard.value + 1, {}, {}}, "journal");
    if (!path) return {};
    auto db = sqlite::connection::open(*path, sqlite::open_mode::read_only);
    if (!db) return {};
    const auto epoch = journal_meta(*db, "epoch");
    return {epoch.ok() ? static_cast<std::uint64_t>(*epoch) : 0};
  }

  stored_bytes bytes_of(const std::string& context, shard_number shard) const override {
    const auto size = [&](std::string_view kind) -> std::uint64_t {
      const auto path =
          data_file(options_.directory, {context, shard, shard.value + 1, {}, {}}, kind);
      return path ? database_bytes(*path) : 0;
    };
    return {size("journal"), size("derived") + size("view")};
  }

private:
  std::shared_ptr<const journal_presence> presence_of(const journal_identity& who) const {
    const std::scoped_lock held{mutex_};
    const auto found = open_journals_.find({who.context, who.shard.value});
    return found == open_journals_.end() ? nullptr : found->second.lock();
  }

  const sqlite_options options_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::uint32_t>, std::weak_ptr<const journal_presence>>
      open_journals_; ///< one entry per shard that was ever open here
};

} // namespace

std::unique_ptr<storage> make_sqlite_storage(sqlite_options options) {
  return std::make_unique<sqlite_storage>(std::move(options));
}

} // namespace troupe
