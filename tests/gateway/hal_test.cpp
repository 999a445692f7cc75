#include "net/gateway/hal.hpp"

#include "messages/json.hpp"
#include "tests/gateway/shop_contexts.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::gateway;

namespace {
const context_info& board() {
  return shop_contexts()[2];
}
[[nodiscard]] value board_row(std::string_view status) {
  return value::object{{"status", status}, {"hidden", 1}};
}
} // namespace

TEST_CASE("an item has its id, its declared fields and two links to itself") {
  CHECK(to_json(represent_item(board(), {7}, board_row("up"), "http://h:1")) ==
        R"({"id":7,"status":"up","_links":{"self":{"href":"http://h:1/shop/boards/7"},)"
        R"("board":{"href":"http://h:1/shop/boards/7"}}})");
  CHECK(to_json(represent_item(board(), {7}, {}, "")) ==
        R"({"id":7,"status":null,"_links":{"self":{"href":"/shop/boards/7"},)"
        R"("board":{"href":"/shop/boards/7"}}})");
}

TEST_CASE("a hidden field of the state is not shown") {
  context_info context = board();
  context.state.fields.push_back(
      {.name = "hidden", .type = field_type::integer, .nullable = false, .hidden = true});
  CHECK(to_json(represent_item(context, {7}, board_row("up"), "")).find("hidden") ==
        std::string::npos);
}

TEST_CASE("a page embeds its items under the resource and says where it is in the whole") {
  page found;
  found.total = 45;
  found.items = {{{1}, board_row("up")}};
  page_request wanted;
  wanted.page = 1;
  wanted.filter = {{"status", "a b"}};
  wanted.descending = true;
  const value body = represent_page(board(), found, wanted, "");
  CHECK(body.find("_embedded")->find("boards")->get_if<value::array>()->size() == 1);
  CHECK(to_json(*body.find("page")) ==
        R"({"number":1,"size":20,"totalElements":45,"totalPages":3})");
  const value& links = *body.find("_links");
  CHECK(*links.find("self")->find("href") ==
        value{"/shop/boards?page=1&size=20&sort=id,desc&status=a%20b"});
  CHECK(links.find("profile") != nullptr);
  CHECK(links.find("prev") != nullptr);
  CHECK(*links.find("next")->find("href") ==
        value{"/shop/boards?page=2&size=20&sort=id,desc&status=a%20b"});
}

TEST_CASE("an empty page has no neighbours, and a page beyond the end leads back") {
  const value body = represent_page(board(), {}, {}, "");
  CHECK(to_json(*body.find("_embedded")) == R"({"boards":[]})");
  CHECK(*body.find("_links")->find("self")->find("href") == value{"/shop/boards"});
  CHECK(body.find("_links")->find("next") == nullptr);
  page found;
  found.total = 30;
  page_request far;
  far.page = 9;
  const value beyond = represent_page(board(), found, far, "");
  CHECK(*beyond.find("_links")->find("prev")->find("href") == value{"/shop/boards?page=1&size=20"});
}

TEST_CASE("the index lists systems and resources, or one system's") {
  const value all = represent_index(shop_contexts(), "", "");
  CHECK(*all.find("systems")->find("shop")->find("orders")->find("href") == value{"/shop/orders"});
  CHECK(represent_index(shop_contexts(), "other", "").find("systems")->is_null());
}
