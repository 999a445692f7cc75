#include "net/gateway/web_pages.hpp"

#include "tests/gateway/shop_contexts.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace troupe;
using namespace troupe::gateway;
namespace files = std::filesystem;

namespace {

/// A folder with the pages of the made-up system, and what must not be served around them.
struct web {
  test::temp_folder scratch;
  files::path pages = scratch.path() / "web" / "shop" / "html";
  web() {
    files::create_directories(pages / "parts");
    write("index.html", "<h1>shop</h1>");
    write("parts/list.js", "export const size = 20;");
    std::ofstream{scratch.path() / "secret.txt"} << "secret";
  }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream{pages / name, std::ios::binary} << text;
  }
  [[nodiscard]] web_pages read() const {
    return web_pages::read(scratch.path() / "web", shop_contexts());
  }
};

[[nodiscard]] result<http_response> ask(const web_pages& of, std::string_view target,
                                        http_method method = http_method::get,
                                        std::string_view if_none_match = {}) {
  http_request request;
  request.method = method;
  request.target = target;
  request.if_none_match = if_none_match;
  const auto parsed = parse_target(target);
  if (!parsed) return parsed.error();
  if (!of.cover(*parsed)) return fail(errc::not_found, "not covered");
  return of.answer(request, *parsed);
}

[[nodiscard]] std::string header(const http_response& response, const std::string& name) {
  const auto at = response.headers.find(name + ": ");
  if (at == std::string::npos) return {};
  const auto from = at + name.size() + 2;
  return response.headers.substr(from, response.headers.find("\r\n", at) - from);
}

[[nodiscard]] bool remarks_on(const web_pages& of, std::string_view name) {
  for (const auto& each : of.remarks())
    if (each.find(name) != std::string::npos) return true;
  return false;
}

} // namespace

TEST_CASE("a page is served as what it is, and a browser is told how little it may do") {
  const web at;
  const auto pages = at.read();
  const auto response = ask(pages, "/shop/html/index.html").value();
  CHECK(response.status == 200);
  CHECK(response.body == "<h1>shop</h1>");
  CHECK(response.content_type == "text/html; charset=utf-8");
  CHECK(header(response, "Cache-Control") == "no-cache");
  CHECK(header(response, "Referrer-Policy") == "no-referrer");
  const auto policy = header(response, "Content-Security-Policy");
  CHECK(policy.find("default-src 'none'") == 0);
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(ask(pages, "/shop/html/parts/list.js").value().content_type ==
        "text/javascript; charset=utf-8");
  CHECK(ask(pages, "/shop/html/index.html?id=7#top").value().status == 200);
  CHECK(pages.systems() == std::vector<std::string>{"shop"});
  CHECK(pages.files() == 2);
}

TEST_CASE("the folder is its index page; without the slash a browser is sent there") {
  const web at;
  const auto pages = at.read();
  CHECK(ask(pages, "/shop/html/").value().body == "<h1>shop</h1>");
  CHECK(ask(pages, "/shop/html/?a=1").value().status == 200);
  const auto moved = ask(pages, "/shop/html").value();
  CHECK(moved.status == 308);
  CHECK(header(moved, "Location") == "/shop/html/");
  CHECK(ask(pages, "/shop/html?to=https://evil.test").value().headers == moved.headers);
}

TEST_CASE("a page that has not changed is not sent again") {
  const web at;
  const auto tag = header(ask(at.read(), "/shop/html/").value(), "ETag");
  CHECK(tag.size() == 18);
  const auto pages = at.read();
  for (const std::string& known : {tag, "W/" + tag, "\"other\", " + tag, std::string{"*"}}) {
    INFO(known);
    const auto response = ask(pages, "/shop/html/", http_method::get, known).value();
    CHECK(response.status == 304);
    CHECK(response.body.empty());
    CHECK(header(response, "ETag") == tag);
  }
  CHECK(ask(pages, "/shop/html/", http_method::get, "\"other\"").value().status == 200);
  at.write("index.html", "<h1>Shop</h1>");
  const auto changed = ask(at.read(), "/shop/html/", http_method::get, tag).value();
  CHECK(changed.status == 200);
  CHECK(header(changed, "ETag") != tag);
}

TEST_CASE("pages are only read: any other method is refused") {
  const web at;
  const auto pages = at.read();
  CHECK(ask(pages, "/shop/html/", http_method::head).value().status == 200);
  for (const auto method : {http_method::post, http_method::put, http_method::patch,
                            http_method::del, http_method::options, http_method::other})
    CHECK(ask(pages, "/shop/html/", method).error().code == errc::method_not_allowed);
}

TEST_CASE("no path leads out of the folder") {
  const web at;
  files::create_symlink(at.scratch.path() / "secret.txt", at.pages / "linked.txt");
  files::create_directory_symlink(at.scratch.path(), at.pages / "up");
  const auto pages = at.read();
  for (const char* target :
       {"/shop/html/../../../secret.txt", "/shop/html/..%2f..%2f..%2fsecret.txt",
        "/shop/html/%2e%2e/secret.txt", "/shop/html/..", "/shop/html/.", "/shop/html/./index.html",
        "/shop/html//index.html", "/shop/html/%00", "/shop/html/index.html%00.js",
        "/shop/html/..\\secret.txt", "/shop/html/linked.txt", "/shop/html/up/secret.txt",
        "/shop/html/index.html/", "/shop/html/parts/", "/shop/html/parts", "/shop/html/INDEX.html",
        "/shop//html/", "/secret.txt", "/shop/html/%e0%80%ae"}) {
    INFO(target);
    CHECK_FALSE(ask(pages, target));
  }
  CHECK(remarks_on(pages, "linked.txt"));
  CHECK(remarks_on(pages, "up"));
}

TEST_CASE("what cannot be served is left out and remarked on") {
  const web at;
  at.write(".hidden.html", "x");
  at.write("notes.md", "x");
  at.write("a b.html", "x");
  files::create_directories(at.pages / "parts" / "deeper");
  at.write("parts/deeper/deep.html", "x");
  at.write("big.css", std::string(web_file_bytes_max + 1, 'x'));
  at.write("empty.css", "");
  const auto pages = at.read();
  CHECK(pages.files() == 3);
  for (const char* name : {".hidden.html", "notes.md", "a b.html", "deeper", "big.css"}) {
    INFO(name);
    CHECK(remarks_on(pages, name));
  }
  CHECK(pages.remarks().size() == 5);
  CHECK(ask(pages, "/shop/html/empty.css").value().body.empty());
}

TEST_CASE("all files together are bounded") {
  const web at;
  for (int i = 0; i < 17; ++i)
    at.write("big" + std::to_string(i) + ".css", std::string(web_file_bytes_max, 'x'));
  const auto pages = at.read();
  CHECK(pages.files() < 19); // which ones depends on the order of the folder
  CHECK(pages.files() >= 16);
  CHECK(pages.remarks().size() == 19 - pages.files());
  CHECK(remarks_on(pages, "over a bound"));
}

TEST_CASE("folders that are not there, or are of no system, are no pages") {
  const web at;
  CHECK(remarks_on(web_pages::read(at.scratch.path() / "none", shop_contexts()), "none"));
  CHECK(web_pages::read(at.scratch.path(), shop_contexts()).systems().empty());
  files::create_directories(at.scratch.path() / "web" / "ship" / "html");
  std::ofstream{at.scratch.path() / "web" / "ship" / "html" / "index.html"} << "x";
  CHECK_FALSE(ask(at.read(), "/ship/html/"));
  CHECK_FALSE(ask(web_pages{}, "/shop/html/"));
}
