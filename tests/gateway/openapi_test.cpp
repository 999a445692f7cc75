#include "net/gateway/openapi.hpp"

#include "messages/json.hpp"
#include "tests/gateway/shop_contexts.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::gateway;

namespace {
/// Every `$ref` below a value.
void collect_references(const value& from, std::vector<std::string>& to) {
  if (const auto* elements = from.get_if<value::array>(); elements != nullptr)
    for (const auto& each : *elements)
      collect_references(each, to);
  const auto* members = from.get_if<value::object>();
  if (members == nullptr) return;
  for (const auto& [key, held] : *members) {
    if (key == "$ref") to.push_back(*held.get_if<std::string>());
    collect_references(held, to);
  }
}

[[nodiscard]] const value* resolve(const value& document, std::string_view reference) {
  const value* at = &document;
  reference.remove_prefix(2); // "#/"
  while (at != nullptr && !reference.empty()) {
    const auto end = std::min(reference.find('/'), reference.size());
    at = at->find(reference.substr(0, end));
    reference.remove_prefix(std::min(end + 1, reference.size()));
  }
  return at;
}
} // namespace

TEST_CASE("the description has the paths and verbs that the routes have, no others") {
  const value document = openapi_document(shop_contexts(), "1.2.3");
  const value& paths = *document.find("paths");
  CHECK(paths.get_if<value::object>()->size() == 7);
  CHECK(paths.find("/shop/orders")->find("post") != nullptr);
  CHECK(paths.find("/shop/orders/{id}")->find("patch") != nullptr);
  CHECK(paths.find("/shop/orders/{id}")->find("delete") != nullptr);
  CHECK(paths.find("/shop/orders/{id}")->find("put") == nullptr);
  CHECK(paths.find("/shop/stocks/howMany")->find("get") != nullptr);
  CHECK(paths.find("/shop/boards")->find("post") == nullptr);
  CHECK(*document.find("info")->find("version") == value{"1.2.3"});
}

TEST_CASE("all references of the description lead somewhere") {
  for (const auto contexts : {shop_contexts(), all_contexts()}) {
    const value document = openapi_document(contexts, "1");
    std::vector<std::string> references;
    collect_references(document, references);
    CHECK_FALSE(references.empty());
    for (const auto& each : references) {
      INFO(each);
      CHECK(resolve(document, each) != nullptr);
    }
    CHECK(parse_json(to_json(document), {16 * 1024 * 1024, 32}));
  }
}
