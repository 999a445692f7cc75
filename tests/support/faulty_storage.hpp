#pragma once

#include "persistence/storage.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace troupe::test {

/// How the next commit of a journal goes wrong.
enum class commit_fault : std::uint8_t {
  full,            ///< `storage_full`, until `heal`
  fenced,          ///< `fenced`, for this opening
  unknown_applied, ///< `outcome_unknown`, and it was written
  unknown_lost,    ///< `outcome_unknown`, and it was not written
};

/// A storage that behaves as the one it wraps until a test makes the next commit of a journal
/// fail. Afterwards the journal behaves as its contract says: full until healed, refused until
/// reopened. Thread-safe as any storage, so that a test may strike while lanes run.
class faulty_storage final : public storage {
public:
  explicit faulty_storage(std::shared_ptr<storage> inner) : inner_(std::move(inner)) {}

  /// The next commit of that journal fails; a fault that is set already is replaced.
  void fail_next_commit(const std::string& context, shard_number shard, commit_fault how) {
    const std::scoped_lock held{faults_->mutex};
    faults_->armed[{context, shard.value}] = how;
  }
  /// There is space again.
  void heal(const std::string& context, shard_number shard) {
    const std::scoped_lock held{faults_->mutex};
    faults_->armed.erase({context, shard.value});
  }
  /// Commits asked for by all journals since the beginning, failed ones included,
  /// those of journals that refuse everything until reopened not.
  [[nodiscard]] std::uint64_t commits() const {
    const std::scoped_lock held{faults_->mutex};
    return faults_->commits;
  }

  [[nodiscard]] result<std::unique_ptr<journal>>
  open_journal(const journal_identity& who) override {
    auto opened = inner_->open_journal(who);
    if (!opened) return opened;
    return std::unique_ptr<journal>{std::make_unique<faulty_journal>(
        std::move(opened).value(), faults_, place{who.context, who.shard.value})};
  }
  [[nodiscard]] result<std::unique_ptr<derived_store>>
  open_derived(const journal_identity& who, const context_info& info) override {
    return inner_->open_derived(who, info);
  }
  [[nodiscard]] result<std::unique_ptr<view_store>> open_view(const journal_identity& who,
                                                              const context_info& info) override {
    return inner_->open_view(who, info);
  }
  [[nodiscard]] std::uint32_t shards_of(const std::string& context) const override {
    return inner_->shards_of(context);
  }
  [[nodiscard]] epoch_number epoch_of(const std::string& context,
                                      shard_number shard) const override {
    return inner_->epoch_of(context, shard);
  }

private:
  using place = std::pair<std::string, std::uint32_t>;
  struct fault_table {
    mutable std::mutex mutex;
    std::map<place, commit_fault> armed;
    std::uint64_t commits = 0;
  };

  class faulty_journal final : public journal {
  public:
    faulty_journal(std::unique_ptr<journal> inner, std::shared_ptr<fault_table> faults, place where)
        : inner_(std::move(inner)), faults_(std::move(faults)), where_(std::move(where)) {}

    [[nodiscard]] epoch_number epoch() const override { return inner_->epoch(); }
    [[nodiscard]] record_index head() const override { return head_.value_or(inner_->head()); }
    [[nodiscard]] result<void> commit(std::span<const std::string_view> bodies) override {
      if (refused_) return *refused_;
      const auto fault = take_fault();
      if (!fault) return inner_->commit(bodies);
      if (fault == commit_fault::full)
        return fail(errc::storage_full, "the disk is full (made so by a test)");
      if (fault == commit_fault::fenced) {
        refused_ = fail(errc::fenced, "another epoch owns the journal (made so by a test)");
        return *refused_;
      }
      return unknown(bodies, fault == commit_fault::unknown_applied);
    }
    [[nodiscard]] result<std::string> read(record_index at) override { return inner_->read(at); }
    [[nodiscard]] result<void> scan(record_index from, const visitor& visit) override {
      return inner_->scan(from, visit);
    }
    result<void> checkpoint(bool urgent) override { return inner_->checkpoint(urgent); }
    [[nodiscard]] result<void> probe() override {
      if (refused_) return *refused_;
      const std::scoped_lock held{faults_->mutex};
      const auto found = faults_->armed.find(where_);
      if (found != faults_->armed.end() && found->second == commit_fault::full)
        return fail(errc::storage_full, "the disk is full (made so by a test)");
      return inner_->probe();
    }
    [[nodiscard]] std::uint64_t bytes_on_disk() const override { return inner_->bytes_on_disk(); }

  private:
    /// A full disk stays full; the other faults strike once.
    std::optional<commit_fault> take_fault() {
      const std::scoped_lock held{faults_->mutex};
      ++faults_->commits;
      const auto found = faults_->armed.find(where_);
      if (found == faults_->armed.end()) return std::nullopt;
      const commit_fault fault = found->second;
      if (fault != commit_fault::full) faults_->armed.erase(found);
      return fault;
    }
    result<void> unknown(std::span<const std::string_view> bodies, bool applied) {
      head_ = inner_->head(); // whoever asks before reopening must not learn the outcome
      if (applied)
        if (auto done = inner_->commit(bodies); !done) return done;
      refused_ = fail(errc::storage_failed, "an earlier commit failed (made so by a test)");
      return fail(errc::outcome_unknown, "the commit failed (made so by a test)");
    }

    std::unique_ptr<journal> inner_;
    std::shared_ptr<fault_table> faults_;
    place where_;
    std::optional<record_index> head_;
    std::optional<error> refused_;
  };

  std::shared_ptr<storage> inner_;
  std::shared_ptr<fault_table> faults_ = std::make_shared<fault_table>();
};

} // namespace troupe::test
