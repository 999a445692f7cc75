#include "net/gateway/static_files.hpp"

#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace troupe;
using namespace troupe::gateway;
namespace files = std::filesystem;

TEST_CASE("files of a folder are served under a base, with a policy and a tag") {
  const test::temp_folder scratch;
  files::create_directories(scratch.path() / "parts");
  std::ofstream{scratch.path() / "index.html"} << "<h1>here</h1>";
  std::ofstream{scratch.path() / "parts" / "a.js"} << "export {};";
  std::ofstream{scratch.path() / ".secret.txt"} << "secret";
  static_files of;
  CHECK(of.read(scratch.path(), "/x/") == 2);
  CHECK(of.has("/x/parts/a.js"));
  CHECK_FALSE(of.has("/x/.secret.txt"));
  CHECK(of.remarks().size() == 1);

  http_request request;
  const auto got = of.answer(request, "/x/index.html");
  REQUIRE(got);
  CHECK(got->body == "<h1>here</h1>");
  CHECK(got->content_type == "text/html; charset=utf-8");
  CHECK(got->headers.find("Content-Security-Policy: default-src 'none'; script-src 'self'; "
                          "style-src 'self'; connect-src 'self'; img-src 'self' data:; "
                          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n") !=
        std::string::npos);
  const auto at = got->headers.find("ETag: ") + 6;
  const auto tag = got->headers.substr(at, got->headers.find("\r\n", at) - at);
  request.if_none_match = tag;
  CHECK(of.answer(request, "/x/index.html")->status == 304);
  CHECK(of.answer(request, "/x/none.html").error().code == errc::not_found);
  request.method = http_method::post;
  CHECK(of.answer(request, "/x/index.html").error().code == errc::method_not_allowed);
}
