#include "net/gateway/request_target.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::gateway;

TEST_CASE("a target is split first and decoded after, so that an escaped slash stays inside") {
  const auto target = parse_target("/a%2Fb/c%20d?x=1&name=%ED%95%9C+글&flag");
  REQUIRE(target);
  CHECK((*target).segments == std::vector<std::string>{"a/b", "c d"});
  CHECK(*(*target).parameter("x") == "1");
  CHECK(*(*target).parameter("name") == "한 글");
  CHECK((*target).parameter("flag")->empty());
  CHECK((*target).parameter("other") == nullptr);
}

TEST_CASE("a trailing slash makes no difference and an escape at the very end is decoded") {
  CHECK((*parse_target("/a/b/")).path() == "/a/b");
  CHECK((*parse_target("/")).path() == "/");
  CHECK((*parse_target("/a%42")).path() == "/aB");
}

TEST_CASE("targets that could be read in two ways are malformed") {
  for (const auto* raw : {"", "relative", "http://host/", "/a%2", "/a%", "/a%zz", "/a//b", "/%00",
                          "/a%0d%0ab", "/%ff", "/%c0%af", "/a?x=%1b", "/a?x=1&x=2"})
    CHECK(parse_target(raw).error().code == errc::malformed);
  CHECK(parse_target("/a/b/c/d/e").error().code == errc::not_found);
  std::string many = "/a?";
  for (int i = 0; i < 33; ++i)
    many += "p" + std::to_string(i) + "=1&";
  CHECK(parse_target(many).error().code == errc::malformed);
}

TEST_CASE("what is shown of a path has no query, no control characters, and an end") {
  CHECK(shown_path("/a/b?secret=1") == "/a/b");
  CHECK(shown_path("/a\x01\xff.") == "/a??.");
  CHECK(shown_path("/" + std::string(1000, 'x')).size() == 256);
}

TEST_CASE("encoding for links keeps unreserved characters only") {
  CHECK(percent_encoded("a b&c=~1") == "a%20b%26c%3D~1");
}
