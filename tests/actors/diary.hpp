#pragma once

#include "actors/aggregate_type.hpp"
#include "tests/actors/bank.hpp"

#include <array>

/// Two views of the bank whose rows depend on the order in which they fold the streams of accounts
/// and orders, which know nothing of each other: one kept like any other view, one in memory.
namespace troupe::test::bank {

/// What happened last to an account, and the amounts of orders that came right after a deposit.
struct diary_row {
  std::string last;
  std::optional<std::int64_t> bold;
  static constexpr auto fields() {
    return std::tuple{field{"last", &diary_row::last}, field{"bold", &diary_row::bold}};
  }
};

inline const std::string diary = "bank.diary";
inline const std::string desk = "bank.desk";

[[nodiscard]] inline row_changes note_deposit(const deposited& event) {
  return {row_change::upsert(event.account, {{"last", "deposit " + std::to_string(event.amount)}}),
          row_change::upsert(1'000 * event.account + event.amount % 100, {{"last", "deposit"}})};
}
[[nodiscard]] inline row_changes note_order(const order_placed& event) {
  const auto small = 1'000 * event.account + event.amount % 100;
  return {row_change::update(small, {{"bold", event.amount}}).only_if("last", {"deposit"}),
          row_change::upsert(small, {{"last", "order"}}),
          row_change::upsert(event.account, {{"last", "order " + std::to_string(event.amount)}})};
}

[[nodiscard]] inline context_info diary_context(std::string_view name, view_storage store) {
  context_info of;
  of.system = "bank";
  of.name = name;
  of.resource = name;
  of.entity = name;
  of.kind = context_kind::view;
  of.state = describe<diary_row>("Diary");
  of.filters = {"last"};
  of.view = {{"bank.order", "bank.account"}, "id", {"last"}, store};
  return of;
}

/// The bank with both.
[[nodiscard]] inline const std::vector<context_behaviour>& with_diaries() {
  static const std::array infos{diary_context("diary", view_storage::sqlite),
                                diary_context("desk", view_storage::memory)};
  static const auto all = [] {
    auto made = behaviours();
    for (const auto& each : infos)
      made.push_back(
          {.info = &each,
           .folds = {folds("bank.account", note_deposit), folds("bank.order", note_order)}});
    return made;
  }();
  return all;
}

} // namespace troupe::test::bank
