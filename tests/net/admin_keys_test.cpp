#include "net/admin_keys.hpp"

#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <fstream>

using namespace troupe;
using Catch::Matchers::Contains;

namespace {

const std::string one(32, 'a');
const std::string two(40, 'b');

std::string line(const char* of, const std::string& key) {
  return std::string{of} + " = \"" + key + "\"\n";
}

std::string wrong_with(const std::string& text) {
  const auto read = admin_keys::parse(text);
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().code == errc::malformed);
  CHECK(read.error().message.find(one) == std::string::npos); // no key is ever told
  return read.error().message;
}

struct key_file {
  test::temp_folder folder;
  std::filesystem::path path = folder.path() / "keys.toml";
  explicit key_file(const std::string& text, mode_t mode = 0600) {
    std::ofstream{path} << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
  }
};

} // namespace

TEST_CASE("a key stands for its role, and nothing else stands for any") {
  const auto keys = admin_keys::parse("# of this cluster\n\n" + line("observe", one) +
                                      "  operate=\"" + two + "\" # mine\n");
  REQUIRE(keys.ok());
  CHECK(keys->role_of(one) == role::observe);
  CHECK(keys->role_of(two) == role::operate);
  for (const auto& other : {std::string{}, one.substr(1), one + "a", two.substr(0, 39) + "c",
                            std::string(32, 'c'), std::string(100'000, 'a')})
    CHECK_FALSE(keys->role_of(other));
}

TEST_CASE("a file of keys that says something else is refused, and the line is named") {
  CHECK_THAT(wrong_with(line("observe", one.substr(1))), Contains("line 1: the key is shorter"));
  CHECK_THAT(wrong_with(line("observe", std::string(300, 'a'))), Contains("longer"));
  CHECK_THAT(wrong_with("\nadmin = \"" + one + "\""), Contains("line 2: expected observe"));
  CHECK_THAT(wrong_with("operate"), Contains("expected observe"));
  CHECK_THAT(wrong_with("operate = " + one), Contains("double quotes"));
  CHECK_THAT(wrong_with("operate = \"" + one), Contains("double quotes"));
  CHECK_THAT(wrong_with("operate = \"" + one + "\" more"), Contains("follows"));
  CHECK_THAT(wrong_with("operate = \"" + one + " b\""), Contains("printable"));
  CHECK_THAT(wrong_with(line("observe", one) + line("operate", one)), Contains("another role's"));
  CHECK_THAT(wrong_with(line("observe", one) + line("observe", two)), Contains("already"));
  CHECK_THAT(wrong_with("# nothing\n"), Contains("no key"));
}

TEST_CASE("a file of keys that others may read is refused") {
  const key_file own{line("operate", one)};
  REQUIRE(admin_keys::read(own.path).ok());
  for (const mode_t mode : {0640, 0604, 0660, 0644}) {
    const key_file open{line("operate", one), mode};
    const auto read = admin_keys::read(open.path);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == errc::unauthorized);
    CHECK_THAT(read.error().message, Contains("chmod 600"));
    CHECK(read_admin_key(open.path).error().code == errc::unauthorized);
  }
  CHECK(admin_keys::read(own.folder.path()).error().code == errc::malformed); // a folder
  const key_file large{std::string(5'000, '#')};
  CHECK(admin_keys::read(large.path).error().code == errc::malformed);
}

TEST_CASE("a caller's own key stands alone in its file") {
  const key_file good{one + "\n"};
  REQUIRE(read_admin_key(good.path).ok());
  CHECK(*read_admin_key(good.path) == one);
  const key_file brief{"short\n"};
  CHECK(read_admin_key(brief.path).error().code == errc::malformed);
}
