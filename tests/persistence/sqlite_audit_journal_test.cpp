#include "persistence/audit_journal.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <fstream>

using namespace troupe;

namespace {

audit_entry entry(std::string verb, std::string who = "cli") {
  return {0,         1'700'000'000'000, std::move(who),         "uid 1000 pid 7",
          "operate", std::move(verb),   R"({"context":"a.b"})", ""};
}

std::uint64_t add(audit_journal& to, const std::string& verb) {
  std::vector<audit_entry> one{entry(verb)};
  REQUIRE(to.begin(one).ok());
  return one.front().position;
}

} // namespace

TEST_CASE("an entry is there at once, ends once, and is read back after the node was opened anew") {
  const test::temp_folder folder;
  const auto file = audit_file(folder.path(), "n1");
  {
    auto journal = open_audit_journal(file).value();
    CHECK(*journal->head() == 0);
    CHECK(add(*journal, "context-stop") == 1);
    CHECK(add(*journal, "leave") == 2);
    const audit_end first{1, "done"};
    REQUIRE(journal->end({&first, 1}).ok());
    const audit_end again{1, "MALFORMED"};
    REQUIRE(journal->end({&again, 1}).ok());
  }
  auto journal = open_audit_journal(file).value();
  const auto all = journal->after(0, 10).value();
  REQUIRE(all.size() == 2);
  auto expected = entry("context-stop");
  expected.position = 1;
  expected.result = "done";
  CHECK(all[0] == expected);
  CHECK(all[1].verb == "leave");
  CHECK(all[1].result.empty());
  CHECK(journal->after(1, 10)->size() == 1);
  CHECK(journal->after(0, 1)->size() == 1);
  CHECK(*journal->head() == 2);
}

TEST_CASE("the journal is its owner's alone, and can be read while its node writes") {
  const test::temp_folder folder;
  const auto file = audit_file(folder.path(), "n1");
  auto journal = open_audit_journal(file).value();
  add(*journal, "leave");
  struct stat is {};
  REQUIRE(::stat(file.c_str(), &is) == 0);
  CHECK((is.st_mode & 0777) == 0600);
  auto reader = read_audit_journal(file).value();
  CHECK(reader->after(0, 10)->size() == 1);
  add(*journal, "leave");
  CHECK(reader->after(0, 10)->size() == 2);
  std::vector<audit_entry> one{entry("leave")};
  CHECK_FALSE(reader->begin(one).ok());
}

TEST_CASE("too many entries cost the oldest, and positions go on") {
  const test::temp_folder folder;
  const auto file = audit_file(folder.path(), "n1");
  auto journal = open_audit_journal(file, {.entries_max = 100, .bytes_max = 1 << 30}).value();
  for (int i = 0; i < 250; ++i)
    add(*journal, "leave");
  const auto kept = journal->after(0, 1'000).value();
  CHECK(kept.size() <= 100);
  CHECK(kept.size() >= 90);
  CHECK(kept.back().position == 250);
  CHECK(*journal->head() == 250);
}

TEST_CASE("large entries are bounded by their bytes") {
  const test::temp_folder folder;
  const auto file = audit_file(folder.path(), "n1");
  auto journal = open_audit_journal(file, {.entries_max = 100'000, .bytes_max = 64 * 1024}).value();
  for (int i = 0; i < 100; ++i) {
    std::vector<audit_entry> one{entry("leave", std::string(4'000, 'x'))};
    REQUIRE(journal->begin(one).ok());
  }
  CHECK(std::filesystem::file_size(file) < 128 * 1024);
  CHECK(journal->after(0, 1'000)->back().position == 100);
}

TEST_CASE("a file that was left half made is finished; another format is left alone") {
  const test::temp_folder folder;
  const auto file = audit_file(folder.path(), "n1");
  std::ofstream{file}.flush();
  CHECK(add(*open_audit_journal(file).value(), "leave") == 1);
  const auto other = audit_file(folder.path(), "n2");
  std::ofstream{other} << "this is no database at all, and it is long enough to be seen as such";
  CHECK(open_audit_journal(other).error().code == errc::corrupt);
  CHECK_FALSE(read_audit_journal(audit_file(folder.path(), "n3")).ok());
}

TEST_CASE("a journal that could not be opened says why to everybody") {
  const auto journal = audit_journal_that_fails(fail(errc::storage_full, "no space"));
  std::vector<audit_entry> one{entry("leave")};
  CHECK(journal->begin(one).error().code == errc::storage_full);
  CHECK(journal->after(0, 1).error().code == errc::storage_full);
}
