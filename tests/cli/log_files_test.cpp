#include "bin/launcher/log_files.hpp"

#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace troupe::cli;

namespace {

struct stage {
  troupe::test::temp_folder scratch;
  [[nodiscard]] std::filesystem::path path() const { return scratch.path() / "n1.log"; }
  void add(const std::string& text) const {
    std::ofstream{path(), std::ios::binary | std::ios::app} << text;
  }
};

using lines = std::vector<std::string>;

lines texts(const std::vector<log_line>& from) {
  lines out;
  for (const log_line& each : from)
    out.push_back(each.text);
  return out;
}

} // namespace

TEST_CASE("Time stamps are found where our programs write them, and nowhere else") {
  CHECK(stamp_of("2026-11-20T13:15:04.123Z level=info x") == "2026-11-20T13:15:04.123Z");
  CHECK(stamp_of("time=2026-11-20T13:15:04.123Z level=info") == "2026-11-20T13:15:04.123Z");
  CHECK(stamp_of("at 2026-11-20T13:15:04.123Z").empty());
  CHECK(stamp_of("2026-11-20 13:15:04").empty());
  CHECK(stamp_of("").empty());
}

TEST_CASE("The last lines of a log, whole ones only") {
  const stage on;
  CHECK(last_lines(on.path(), 3).empty());
  on.add("one\ntwo\nthree\nfour\nunfinished");
  CHECK(last_lines(on.path(), 2) == lines{"three", "four"});
  CHECK(last_lines(on.path(), 100) == lines{"one", "two", "three", "four"});
  for (int i = 0; i < 10'000; ++i)
    on.add("x\n");
  CHECK(last_lines(on.path(), 5).size() == 5);
}

TEST_CASE("A follower gives what is there, then what comes, each line once and whole") {
  const stage on;
  on.add("one\ntwo\nunfin");
  log_follower follower{"n1", on.path()};
  CHECK(texts(follower.last(1)) == lines{"two"});
  CHECK(follower.more().empty());
  on.add("ished\nthree\n");
  CHECK(texts(follower.more()) == lines{"unfinished", "three"});
  CHECK(follower.more().empty());
}

TEST_CASE("A log that begins anew is read from its beginning") {
  const stage on;
  on.add("a long line that was there before\n");
  log_follower follower{"n1", on.path()};
  (void)follower.last(10);
  std::filesystem::remove(on.path());
  on.add("new\n");
  CHECK(texts(follower.more()) == lines{"new"});
}

TEST_CASE("A line without an end is cut, so that nothing grows without bound") {
  const stage on;
  log_follower follower{"n1", on.path()};
  on.add(std::string(log_follower::line_bytes_max, 'x') + "tail\n");
  CHECK(follower.more().front().text.size() == log_follower::line_bytes_max);
  CHECK(texts(follower.more()) == lines{"tail"});
}

TEST_CASE("Logs are merged by time; lines without one stay with those before them") {
  const std::string t1 = "2026-11-20T13:15:04.001Z";
  const std::string t2 = "2026-11-20T13:15:04.002Z";
  const std::string t3 = "2026-11-20T13:15:04.003Z";
  const auto all = merged({{{"n1", "", "n1 first"}, {"n1", t2, "n1 b"}, {"n1", t2, "n1 behind"}},
                           {{"n2", t1, "n2 a"}, {"n2", t3, "n2 c"}}});
  CHECK(texts(all) == lines{"n2 a", "n1 first", "n1 b", "n1 behind", "n2 c"});
}
