#include "net/gateway/cors_rules.hpp"

#include "tests/gateway/shop_contexts.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::gateway;

namespace {

[[nodiscard]] result<cors_rules> read(std::vector<std::string> entries) {
  return cors_rules::read(entries, shop_contexts());
}

constexpr std::string_view page = "https://web.test";

} // namespace

TEST_CASE("without a word any origin may call any system") {
  CHECK(cors_rules{}.of("shop").answer_to(page) == "*");
  CHECK(read({}).value().of("").answer_to(page) == "*");
  CHECK(cors_rules{}.of("shop").answer_to("").empty());
  CHECK_FALSE(cors_rules{}.of("shop").varies());
}

TEST_CASE("a system has its own origins, the others have the entry without a name") {
  const auto rules = read({"shop=https://web.test,http://[::1]:8080", "none"}).value();
  CHECK(rules.of("shop").answer_to(page) == page);
  CHECK(rules.of("shop").answer_to("http://[::1]:8080") == "http://[::1]:8080");
  for (const char* other : {"http://web.test", "https://web.test:8443",
                            "https://web.test.evil.test", "https://WEB.test", "null"})
    CHECK(rules.of("shop").answer_to(other).empty());
  CHECK(rules.of("shop").varies());
  CHECK(rules.of("bar").answer_to(page).empty());
  CHECK_FALSE(rules.of("bar").varies());
}

TEST_CASE("a system can be closed, or open to all where the others are not") {
  CHECK(read({"shop=none"}).value().of("shop").answer_to(page).empty());
  CHECK(read({"shop=none"}).value().of("bar").answer_to(page) == "*");
  const auto rules = read({"http://localhost:5173", "shop=*"}).value();
  CHECK(rules.of("shop").answer_to(page) == "*");
  CHECK(rules.of("bar").answer_to(page).empty());
  CHECK(rules.of("bar").answer_to("http://localhost:5173") == "http://localhost:5173");
}

TEST_CASE("one entry may hold several, as one variable of the environment does") {
  const auto rules = read({"none  shop=https://web.test "}).value();
  CHECK(rules.of("shop").answer_to(page) == page);
  CHECK(rules.of("bar").answer_to(page).empty());
}

TEST_CASE("what could never match is refused, and the sentence names it") {
  const std::pair<std::string, std::string> faults[] = {
      {"ship=*", "there is no system 'ship'; there are: shop"},
      {"=*", "there is no system ''"},
      {"shop=", "say origins, * or none"},
      {"shop=web.test", "begins with http:// or https://"},
      {"shop=ftp://web.test", "begins with http:// or https://"},
      {"shop=https://web.test/", "no path"},
      {"shop=https://web.test/a", "no path"},
      {"shop=https://", "name or address in lower case"},
      {"shop=https://Web.test", "name or address in lower case"},
      {"shop=https://me@web.test", "name or address in lower case"},
      {"shop=https://*.web.test", "name or address in lower case"},
      {"shop=https://web.test:0", "from 1 to 65535"},
      {"shop=https://web.test:65536", "from 1 to 65535"},
      {"shop=https://web.test:", "from 1 to 65535"},
      {"shop=https://web.test:443", "usual port 443"},
      {"shop=http://web.test:80", "usual port 80"},
      {"shop=null", "sandboxed"},
      {"shop=https://web.test,", "begins with http:// or https://"},
      {"shop=https://web.test,*", "'*' stands alone"},
      {"shop=https://web.test,none", "'none' stands alone"},
  };
  for (const auto& [entry, why] : faults) {
    INFO(entry);
    const auto got = read({entry});
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::malformed);
    CHECK(got.error().message.find("'" + entry + "'") != std::string::npos);
    CHECK(got.error().message.find(why) != std::string::npos);
  }
  CHECK(read({"shop=*", "shop=none"}).error().message.find("twice") != std::string::npos);
  CHECK(read({"*", "none"}).error().message.find("twice") != std::string::npos);
  std::string many = "shop=https://web.test";
  for (int i = 0; i < 64; ++i)
    many += ",https://web" + std::to_string(i) + ".test";
  CHECK(read({many}).error().message.find("more than 64") != std::string::npos);
}
