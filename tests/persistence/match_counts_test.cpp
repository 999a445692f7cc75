#include "persistence/match_counts.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

namespace {

const match_counts::matches bonn = {{0, value{"Bonn"}}};
const match_counts::matches bonn_for_two = {{0, value{"Bonn"}}, {1, value{2}}};
const match_counts::matches nowhere = {{0, value{}}};

match_counts::row row(value city, value seats) {
  return {std::move(city), std::move(seats)};
}

} // namespace

TEST_CASE("A number of matches follows the rows that change") {
  match_counts counts;
  CHECK(counts.empty());
  CHECK_FALSE(counts.find(bonn));
  counts.keep(bonn, 7);
  counts.keep(bonn_for_two, 3);
  counts.keep(nowhere, 0);
  const auto before = row("Bonn", 2);
  const auto after = row("Bonn", 4);
  const auto lost = row({}, 4);
  counts.changed(&before, &after);
  CHECK(*counts.find(bonn) == 7);
  CHECK(*counts.find(bonn_for_two) == 2);
  counts.changed(nullptr, &before);
  CHECK(*counts.find(bonn) == 8);
  CHECK(*counts.find(bonn_for_two) == 3);
  counts.changed(&after, &lost);
  CHECK(*counts.find(bonn) == 7);
  CHECK(*counts.find(nowhere) == 1);
  counts.changed(&before, nullptr);
  CHECK(*counts.find(bonn) == 6);
  CHECK(*counts.find(bonn_for_two) == 2);
  counts.clear();
  CHECK(counts.empty());
}

TEST_CASE("Of many numbers those are kept that were asked for last") {
  match_counts counts;
  const auto seats = [](std::size_t number) {
    return match_counts::matches{{1, value{static_cast<std::int64_t>(number)}}};
  };
  for (std::size_t i = 0; i < match_counts::kept_max; ++i)
    counts.keep(seats(i), i);
  CHECK(*counts.find(seats(0)) == 0);
  counts.keep(bonn, 5);
  CHECK(*counts.find(seats(0)) == 0);
  CHECK_FALSE(counts.find(seats(1)));
  CHECK(*counts.find(bonn) == 5);
}
