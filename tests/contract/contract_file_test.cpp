#include "tests/contract/box.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace troupe::test {
namespace {

using namespace box;

contract recorded() {
  return *updated(nullptr, box_context::with<packed>().today(), false);
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

TEST_CASE("a contract survives its file") {
  const contract before = recorded();
  const auto after = read_contract(file_text(before));
  REQUIRE(after);
  CHECK(*after == before);
}

TEST_CASE("a file tells people what its bytes tell the machine, or is refused") {
  const std::string text = file_text(recorded());
  CHECK(text.find("\"id\": \"integer\"") != std::string::npos);
  CHECK(text.find("\"label\": \"label 102\"") != std::string::npos);
  CHECK_FALSE(read_contract(replaced(text, "label 102", "label 103")));
  CHECK_FALSE(read_contract(replaced(text, "\"msgpack\": \"8", "\"msgpack\": \"")));
  CHECK_FALSE(read_contract(replaced(text, "\"integer\"", "\"number\"")));
  CHECK_FALSE(read_contract(replaced(text, "\"event\"", "\"evening\"")));
  CHECK_FALSE(read_contract("{}"));
  CHECK_FALSE(read_contract("no JSON"));
}

TEST_CASE("no two fields of a sample are alike, and booleans differ over both samples") {
  for (const contract_message& message : recorded().messages) {
    INFO(message.name);
    std::set<std::string> seen;
    REQUIRE(message.samples.size() == 2);
    for (const contract_field& field : message.fields) {
      std::string both;
      for (const sample& each : message.samples)
        both += encode_value(*decode_value(each.bytes)->find(field.name));
      CHECK(seen.insert(both).second);
    }
  }
}

} // namespace
} // namespace troupe::test
