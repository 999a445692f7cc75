#pragma once

#include "persistence/storage.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace troupe::test {

/// A storage whose power can fail: what is open then writes nothing any more, as if its process had
/// been killed; what is opened afterwards finds what had been committed. It can also refuse
/// openings, fail a view's writes, and lose everything that is derived from the journals, or a
/// journal. Damage to a view is met by who uses it, and gone with its rows once it is reopened.
class mortal_storage final : public storage {
public:
  explicit mortal_storage(std::shared_ptr<storage> inner)
      : inner_(std::move(inner)), derived_(inner_) {}

  void cut_power() {
    *life_ = false;
    life_ = std::make_shared<bool>(true);
  }
  /// From the next opening on the derived stores are empty; views begin anew.
  void lose_derived() { derived_ = make_memory_storage(); }
  /// From the next opening on the context has no past.
  void lose_journals_of(const std::string& context) { lost_[context] = make_memory_storage(); }
  void damage_views() { *damaged_ = true; }
  void refuse_openings(const std::string& context, std::uint32_t times) {
    refused_openings_[context] = times;
  }
  void fail_view_writes(std::uint32_t times) { *failing_view_writes_ = times; }

  [[nodiscard]] result<std::unique_ptr<journal>>
  open_journal(const journal_identity& who) override {
    if (auto& left = refused_openings_[who.context]; left > 0) {
      --left;
      return fail(errc::storage_failed, "the journal cannot be opened (made so by a test)");
    }
    auto opened = of(who.context, *inner_).open_journal(who);
    if (!opened) return opened;
    return std::unique_ptr<journal>{
        std::make_unique<mortal_journal>(std::move(opened).value(), life_)};
  }
  [[nodiscard]] result<std::unique_ptr<derived_store>>
  open_derived(const journal_identity& who, const context_info& info) override {
    auto opened = of(who.context, *derived_).open_derived(who, info);
    if (!opened) return opened;
    return std::unique_ptr<derived_store>{
        std::make_unique<mortal_derived>(std::move(opened).value(), life_)};
  }
  [[nodiscard]] result<std::unique_ptr<view_store>> open_view(const journal_identity& who,
                                                              const context_info& info) override {
    if (std::exchange(*damaged_, false)) lose_derived();
    auto opened = derived_->open_view(who, info);
    if (!opened) return opened;
    return std::unique_ptr<view_store>{std::make_unique<mortal_view>(
        std::move(opened).value(), life_, failing_view_writes_, damaged_)};
  }
  [[nodiscard]] std::uint32_t shards_of(const std::string& context) const override {
    return inner_->shards_of(context);
  }
  [[nodiscard]] epoch_number epoch_of(const std::string& context,
                                      shard_number shard) const override {
    return inner_->epoch_of(context, shard);
  }

private:
  using life = std::shared_ptr<const bool>;
  [[nodiscard]] storage& of(const std::string& context, storage& otherwise) {
    const auto lost = lost_.find(context);
    return lost == lost_.end() ? otherwise : *lost->second;
  }
  [[nodiscard]] static error dead() {
    return fail(errc::storage_failed, "the power is off (made so by a test)");
  }

  class mortal_journal final : public journal {
  public:
    mortal_journal(std::unique_ptr<journal> inner, life alive)
        : inner_(std::move(inner)), alive_(std::move(alive)) {}
    [[nodiscard]] epoch_number epoch() const override { return inner_->epoch(); }
    [[nodiscard]] record_index head() const override { return inner_->head(); }
    [[nodiscard]] result<void> commit(std::span<const std::string_view> bodies) override {
      if (!*alive_) return dead();
      return inner_->commit(bodies);
    }
    [[nodiscard]] result<std::string> read(record_index at) override { return inner_->read(at); }
    [[nodiscard]] result<void> scan(record_index from, const visitor& visit) override {
      return inner_->scan(from, visit);
    }
    result<void> checkpoint(bool urgent) override { return inner_->checkpoint(urgent); }
    [[nodiscard]] result<void> probe() override { return inner_->probe(); }
    [[nodiscard]] std::uint64_t bytes_on_disk() const override { return inner_->bytes_on_disk(); }

  private:
    std::unique_ptr<journal> inner_;
    life alive_;
  };

  class mortal_derived final : public derived_store {
  public:
    mortal_derived(std::unique_ptr<derived_store> inner, life alive)
        : inner_(std::move(inner)), alive_(std::move(alive)) {}
    [[nodiscard]] record_index states_position() const override {
      return inner_->states_position();
    }
    [[nodiscard]] result<void> write(std::span<const state_row> rows,
                                     record_index position) override {
      if (!*alive_) return dead();
      return inner_->write(rows, position);
    }
    [[nodiscard]] result<std::optional<state_row>> load(aggregate_id id) override {
      return inner_->load(id);
    }
    [[nodiscard]] result<list_page> list(const list_request& wanted) override {
      return inner_->list(wanted);
    }
    [[nodiscard]] result<void> remember(std::span<const dedup_mark> marks) override {
      if (!*alive_) return dead();
      return inner_->remember(marks);
    }
    [[nodiscard]] result<std::optional<dedup_mark>> find(command_id command) override {
      return inner_->find(command);
    }
    [[nodiscard]] result<std::uint32_t> forget_marks(record_index before) override {
      return inner_->forget_marks(before);
    }
    [[nodiscard]] result<void> save_snapshot(record_index position,
                                             std::string_view blob) override {
      if (!*alive_) return dead();
      return inner_->save_snapshot(position, blob);
    }
    [[nodiscard]] std::optional<shard_snapshot> load_snapshot() override {
      return inner_->load_snapshot();
    }

  private:
    std::unique_ptr<derived_store> inner_;
    life alive_;
  };

  class mortal_view final : public view_store {
  public:
    mortal_view(std::unique_ptr<view_store> inner, life alive,
                std::shared_ptr<std::uint32_t> failing, std::shared_ptr<const bool> damaged)
        : inner_(std::move(inner)), alive_(std::move(alive)), failing_(std::move(failing)),
          damaged_(std::move(damaged)) {}
    [[nodiscard]] result<std::vector<source_position>> positions() override {
      return inner_->positions();
    }
    [[nodiscard]] result<void> apply(std::span<const row_change> changes,
                                     std::span<const source_position> positions) override {
      if (!*alive_) return dead();
      if (*failing_ > 0) {
        --*failing_;
        return fail(errc::storage_failed, "the write failed (made so by a test)");
      }
      if (*damaged_) return fail(errc::corrupt, "the view is damaged (made so by a test)");
      return inner_->apply(changes, positions);
    }
    [[nodiscard]] result<std::optional<std::string>> get(std::int64_t key) override {
      return inner_->get(key);
    }
    [[nodiscard]] result<list_page> list(const list_request& wanted) override {
      if (*damaged_) return fail(errc::corrupt, "the view is damaged (made so by a test)");
      return inner_->list(wanted);
    }
    [[nodiscard]] std::uint64_t rows() const override { return inner_->rows(); }
    [[nodiscard]] result<void> begin_rebuild() override {
      if (!*alive_) return dead();
      return inner_->begin_rebuild();
    }
    [[nodiscard]] result<void> finish_rebuild() override {
      if (!*alive_) return dead();
      return inner_->finish_rebuild();
    }
    void drop_rebuild() override { inner_->drop_rebuild(); }

  private:
    std::unique_ptr<view_store> inner_;
    life alive_;
    std::shared_ptr<std::uint32_t> failing_;
    std::shared_ptr<const bool> damaged_;
  };

  std::shared_ptr<storage> inner_;
  std::shared_ptr<storage> derived_;
  std::shared_ptr<bool> life_ = std::make_shared<bool>(true);
  std::map<std::string, std::uint32_t> refused_openings_;
  std::map<std::string, std::shared_ptr<storage>> lost_;
  std::shared_ptr<bool> damaged_ = std::make_shared<bool>(false);
  std::shared_ptr<std::uint32_t> failing_view_writes_ = std::make_shared<std::uint32_t>(0);
};

} // namespace troupe::test
