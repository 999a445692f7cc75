#include "persistence/memory_derived.hpp"
#include "persistence/memory_journal.hpp"
#include "persistence/memory_view.hpp"
#include "persistence/storage.hpp"

#include <map>
#include <mutex>
#include <utility>

namespace troupe {

namespace {

using place = std::pair<std::string, std::uint32_t>; ///< context, shard

class memory_storage final : public storage {
public:
  result<std::unique_ptr<journal>> open_journal(const journal_identity& who) override {
    const std::scoped_lock held{mutex_};
    auto& data = journals_[{who.context, who.shard.value}];
    if (data && data->shards != who.shards)
      return fail(errc::wrong_owner, "journal " + who.context + " has " +
                                         std::to_string(data->shards) + " shards, not " +
                                         std::to_string(who.shards));
    if (!data) {
      if (who.shards == 0 || who.shard.value >= who.shards)
        return fail(errc::malformed, "shards count from 0 and below their number");
      data = std::make_shared<memory_journal_data>(who.shards);
    }
    if (!data->opening.claim(who.node)) return locked("journal", who, data->opening.holder());
    if (who.epoch.value != 0 && data->epoch > who.epoch) {
      data->opening.release();
      return fail(errc::fenced, "journal " + describe(who) + " is owned by epoch " +
                                    std::to_string(data->epoch.value) +
                                    ", this opening was granted " +
                                    std::to_string(who.epoch.value));
    }
    return std::unique_ptr<journal>{std::make_unique<memory_journal>(data, who.epoch)};
  }

  result<std::unique_ptr<derived_store>> open_derived(const journal_identity& who,
                                                      const context_info& info) override {
    auto columns = derived_columns(info);
    if (!columns) return columns.error();
    const std::scoped_lock held{mutex_};
    auto& data = derived_[{who.context, who.shard.value}];
    if (!data) data = std::make_shared<memory_derived_data>(*columns);
    if (!data->opening.claim(who.node)) return locked("derived store", who, data->opening.holder());
    if (data->filters.columns() != *columns) data->reset(std::move(columns).value());
    return std::unique_ptr<derived_store>{std::make_unique<memory_derived>(data)};
  }

  result<std::unique_ptr<view_store>> open_view(const journal_identity& who,
                                                const context_info& info) override {
    auto columns = view_columns(info);
    if (!columns) return columns.error();
    const std::scoped_lock held{mutex_};
    auto& data = views_[{who.context, who.shard.value}];
    if (!data) data = std::make_shared<memory_view_data>(*columns, std::string{info.view.key});
    if (!data->opening.claim(who.node)) return locked("view", who, data->opening.holder());
    if (data->rows.index.columns() != *columns || data->key != info.view.key)
      data->reset(std::move(columns).value(), std::string{info.view.key});
    return std::unique_ptr<view_store>{std::make_unique<memory_view>(data)};
  }

  std::uint32_t shards_of(const std::string& context) const override {
    const std::scoped_lock held{mutex_};
    const auto first = journals_.lower_bound({context, 0});
    const bool found = first != journals_.end() && first->first.first == context && first->second;
    return found ? first->second->shards : 0;
  }

  epoch_number epoch_of(const std::string& context, shard_number shard) const override {
    const std::scoped_lock held{mutex_};
    const auto found = journals_.find({context, shard.value});
    return found != journals_.end() && found->second ? found->second->epoch : epoch_number{};
  }

private:
  static std::string describe(const journal_identity& who) {
    return who.context + " shard " + std::to_string(who.shard.value);
  }

  static error locked(const std::string& what, const journal_identity& who,
                      const std::string& holder) {
    return fail(errc::storage_locked,
                what + " " + describe(who) + " is already open by node " + holder);
  }

  mutable std::mutex mutex_; ///< guards the maps and the openings, not what the data holds
  std::map<place, std::shared_ptr<memory_journal_data>> journals_;
  std::map<place, std::shared_ptr<memory_derived_data>> derived_;
  std::map<place, std::shared_ptr<memory_view_data>> views_;
};

} // namespace

std::unique_ptr<storage> make_memory_storage() {
  return std::make_unique<memory_storage>();
}

} // namespace troupe
