#include "net/cluster/assignment.hpp"
#include "seams/random.hpp"

#include <catch2/catch.hpp>

#include <bit>
#include <cstdint>
#include <string>

using namespace troupe;

namespace {

std::vector<member_key> members(std::size_t count) {
  std::vector<member_key> keys;
  for (std::size_t at = 0; at < count; ++at) {
    std::string node = "n";
    node += static_cast<char>('A' + at / 10);
    node += static_cast<char>('0' + at % 10);
    keys.push_back({node, 1});
  }
  return keys;
}

/// By trying every subset; of equally large ones the one with the lowest names.
std::set<member_key> by_force(const std::vector<member_key>& of,
                              const std::vector<vote_row>& votes) {
  std::set<member_key> best;
  for (std::uint32_t subset = 0; subset < (1U << of.size()); ++subset) {
    std::set<member_key> group;
    for (std::size_t at = 0; at < of.size(); ++at)
      if ((subset >> at & 1U) != 0) group.insert(of[at]);
    bool whole = true;
    for (const vote_row& vote : votes)
      whole = whole && !(group.contains(vote.voter) && group.contains(vote.target));
    if (whole && (group.size() > best.size() || (group.size() == best.size() && group < best)))
      best = group;
  }
  return best;
}

} // namespace

TEST_CASE("without votes everybody serves") {
  const auto all = members(5);
  CHECK(serving_group(all, {}).size() == 5);
  CHECK(serving_group({}, {}).empty());
}

TEST_CASE("one vote of either side cuts a link, and the lowest name stays") {
  const auto all = members(3);
  CHECK(serving_group(all, {{all[2], all[0]}}) == std::set{all[0], all[1]});
  CHECK(serving_group(all, {{all[0], all[2]}}) == std::set{all[0], all[1]});
}

TEST_CASE("who is cut off from two serves no more; in a total partition the lowest name serves") {
  const auto all = members(3);
  CHECK(serving_group(all, {{all[0], all[1]}, {all[0], all[2]}}) == std::set{all[1], all[2]});
  CHECK(serving_group(all, {{all[0], all[1]}, {all[0], all[2]}, {all[1], all[2]}}) ==
        std::set{all[0]});
}

TEST_CASE("votes of and about strangers, or about oneself, change nothing") {
  const auto all = members(3);
  const member_key stranger{"x", 1};
  CHECK(serving_group(all, {{stranger, all[0]}, {all[1], stranger}, {all[2], all[2]}}).size() == 3);
}

TEST_CASE("the group is the largest, and of those the one with the lowest names") {
  seeded_random random{7};
  for (int round = 0; round < 400; ++round) {
    const auto all = members(2 + random.next() % 8);
    const auto density = random.next() % 100;
    std::vector<vote_row> votes;
    for (const member_key& voter : all)
      for (const member_key& target : all)
        if (voter != target && random.next() % 100 < density) votes.push_back({voter, target});
    CHECK(serving_group(all, votes) == by_force(all, votes));
  }
}

TEST_CASE("groups of sixty-four members are found at once, whatever is cut") {
  const auto all = members(64);
  for (const std::uint64_t percent : {1U, 5U, 15U, 30U, 60U, 100U}) {
    seeded_random random{percent};
    std::vector<vote_row> votes;
    for (const member_key& voter : all)
      for (const member_key& target : all)
        if (voter < target && random.next() % 100 < percent) votes.push_back({voter, target});
    CHECK_FALSE(serving_group(all, votes).empty());
  }
  // Rings of five: colouring sees three where two fit; each ring is searched by itself.
  std::vector<vote_row> rings;
  for (std::size_t first = 0; first + 5 <= all.size(); first += 5)
    for (std::size_t at = 0; at < 5; ++at)
      rings.push_back({all[first + at], all[first + (at + 1) % 5]});
  CHECK(serving_group(all, rings).size() == 28);
}
