#include "net/cluster/evacuation.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

namespace {

using std::chrono::milliseconds;

const member_key n1{"n1", 1};
const member_key n2{"n2", 1};
const member_key n3{"n3", 1};
const std::vector<member_key> all{n1, n2, n3};
const std::set<member_key> nobody;
const cluster_timing timing;
const monotonic_time start{std::chrono::hours{1}};

} // namespace

TEST_CASE("a vote counts once it has stood for long enough") {
  evacuation judge{timing};
  judge.saw({{n1, n3}, {n2, n3}}, start);
  CHECK(judge.judge(all, start) == nobody);
  CHECK(judge.changes_after(start) == start + timing.suspect_for);
  judge.saw({{n1, n3}, {n2, n3}}, start + milliseconds{1'000});
  CHECK(judge.judge(all, start + timing.suspect_for - milliseconds{1}) == nobody);
  CHECK(judge.judge(all, start + timing.suspect_for) == std::set{n3});
}

TEST_CASE("a vote that was taken back in between starts anew") {
  evacuation judge{timing};
  judge.saw({{n1, n3}}, start);
  judge.saw({}, start + milliseconds{2'000});
  judge.saw({{n1, n3}}, start + milliseconds{2'500});
  CHECK(judge.judge(all, start + milliseconds{5'000}) == nobody);
  CHECK(judge.judge(all, start + milliseconds{5'500}) == std::set{n3});
}

TEST_CASE("who was evacuated comes back only after a long time in the group") {
  evacuation judge{timing};
  judge.saw({{n1, n3}}, start);
  const auto out = start + timing.suspect_for;
  CHECK(judge.judge(all, out) == std::set{n3});
  judge.saw({}, out);
  CHECK(judge.judge(all, out + milliseconds{1}) == std::set{n3});
  const auto back = out + milliseconds{1} + timing.move_pause;
  CHECK(judge.changes_after(out + milliseconds{1}) == back);
  CHECK(judge.judge(all, back - milliseconds{1}) == std::set{n3});
  CHECK(judge.judge(all, back) == nobody);
}

TEST_CASE("a flap on the way back starts the waiting again; the dead are forgotten") {
  evacuation judge{timing};
  judge.saw({{n1, n3}}, start);
  auto now = start + timing.suspect_for;
  CHECK(judge.judge(all, now) == std::set{n3});
  judge.saw({}, now);
  CHECK(judge.judge(all, now) == std::set{n3});
  now += timing.move_pause - milliseconds{4'000};
  judge.saw({{n3, n1}}, now);
  now += timing.suspect_for;
  CHECK(judge.judge(all, now) == std::set{n3});
  judge.saw({}, now);
  CHECK(judge.judge(all, now + milliseconds{2'000}) == std::set{n3});
  CHECK(judge.judge({n1, n2}, now + milliseconds{2'001}) == nobody);
  CHECK(judge.judge(all, now + milliseconds{2'002}) == nobody);
}

TEST_CASE("who first votes against a member that died is not taken for the one who is cut off") {
  evacuation judge{timing};
  const auto later = start + milliseconds{5};
  judge.saw({{n2, n1}}, start);
  judge.saw({{n2, n1}, {n3, n1}}, later);
  // One vote counts: {n1, n3} and {n2, n3} are as large, and n1 has the lower name.
  CHECK(judge.judge(all, start + timing.suspect_for) == nobody);
  CHECK(judge.judge(all, later + timing.suspect_for) == std::set{n1});
  CHECK(judge.judge({n2, n3}, later + timing.lease) == nobody);
}

TEST_CASE("a younger vote does not bring back who is evacuated") {
  evacuation judge{timing};
  judge.saw({{n2, n1}}, start);
  const auto out = start + timing.suspect_for;
  CHECK(judge.judge(all, out) == std::set{n2});
  judge.saw({{n2, n1}, {n3, n1}}, out);
  CHECK(judge.judge(all, out) == std::set{n2});
  CHECK(judge.judge(all, out + timing.suspect_for) == std::set{n1, n2});
}

TEST_CASE("while a partition heals link by link nobody who served is left out") {
  evacuation judge{timing};
  const std::vector<vote_row> parted{{n1, n2}, {n2, n1}, {n2, n3}, {n3, n2}};
  judge.saw(parted, start);
  auto now = start + timing.suspect_for;
  CHECK(judge.judge(all, now) == std::set{n2});
  for (const std::vector<vote_row>& left : {std::vector<vote_row>{{n1, n2}, {n2, n1}, {n2, n3}},
                                            {{n2, n1}, {n2, n3}},
                                            {{n2, n3}},
                                            {}}) {
    now += milliseconds{10};
    judge.saw(left, now);
    CHECK(judge.judge(all, now) == std::set{n2});
  }
  CHECK(judge.judge(all, now + timing.move_pause) == nobody);
}

TEST_CASE("in a total partition one member serves all") {
  evacuation judge{timing};
  judge.saw({{n1, n2}, {n1, n3}, {n2, n3}}, start);
  CHECK(judge.judge(all, start + timing.suspect_for) == std::set{n2, n3});
}
