// The files of the dashboard as they are: complete, small, and what is of others unchanged.
#include "net/gateway/dashboard.hpp"
#include "tests/gateway/fake_backend.hpp"
#include "tests/gateway/shop_contexts.hpp"

#include <catch2/catch.hpp>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace troupe;
using namespace troupe::gateway;
namespace files = std::filesystem;

namespace {

const files::path folder{TROUPE_DASHBOARD_DIR};
constexpr std::uintmax_t packed_bytes_max = 150 * 1024;

[[nodiscard]] std::string text_of(const files::path& file) {
  std::ostringstream all;
  all << std::ifstream{file, std::ios::binary}.rdbuf();
  return all.str();
}

/// What a program of the system says on its output.
[[nodiscard]] std::string said_by(const std::string& command) {
  std::string all;
  FILE* from = ::popen(command.c_str(), "r");
  REQUIRE(from != nullptr);
  std::array<char, 4096> part{};
  for (std::size_t n = 0; (n = std::fread(part.data(), 1, part.size(), from)) > 0;)
    all.append(part.data(), n);
  const int ended = ::pclose(from);
  INFO(command);
  REQUIRE(WIFEXITED(ended));
  REQUIRE(WEXITSTATUS(ended) == 0);
  return all;
}

} // namespace

TEST_CASE("the dashboard is complete: every file is served and every import is there") {
  static_files pages;
  REQUIRE(pages.read(folder, dashboard_base) > 20);
  CHECK(pages.remarks() == std::vector<std::string>{});
  std::size_t imports = 0;
  for (const auto& each : files::recursive_directory_iterator{folder}) {
    if (each.path().extension() != ".js" || each.path().parent_path().filename() == "vendor")
      continue;
    const auto text = text_of(each.path());
    for (auto at = text.find("from '"); at != std::string::npos; at = text.find("from '", at + 1)) {
      const auto name = text.substr(at + 6, text.find('\'', at + 6) - at - 6);
      const auto file = (each.path().parent_path() / name).lexically_normal();
      INFO(each.path() << " imports " << name);
      CHECK(pages.has(dashboard_base + files::relative(file, folder).string()));
      ++imports;
    }
  }
  CHECK(imports > 30);
  const auto page = text_of(folder / "index.html");
  for (const char* attribute : {"src=\"", "href=\"/"})
    for (auto at = page.find(attribute); at != std::string::npos;
         at = page.find(attribute, at + 1)) {
      const auto from = page.find('"', at) + 1;
      CHECK(pages.has(page.substr(from, page.find('"', from) - from)));
    }
}

TEST_CASE("the dashboard makes no markup of texts and has nothing inline") {
  for (const auto& each : files::recursive_directory_iterator{folder}) {
    if (each.is_directory() || each.path().parent_path().filename() == "vendor") continue;
    const auto text = text_of(each.path());
    INFO(each.path());
    for (const char* banned : {"innerHTML", "outerHTML", "insertAdjacent", "document.write",
                               "eval(", "new Function", "DOMParser", "createContextualFragment",
                               "javascript:", "<style", " style=", "http://", "https://"})
      if (!(each.path().extension() == ".svg" || std::string_view{banned} == "http://") ||
          text.find("http://www.w3.org/") == std::string::npos)
        CHECK(text.find(banned) == std::string::npos);
  }
}

TEST_CASE("what is of others is as they published it") {
  const auto sums = text_of(folder / "vendor" / "SHA256SUMS.txt");
  CHECK(std::count(sums.begin(), sums.end(), '\n') == 3);
  const auto said =
      said_by("cd '" + (folder / "vendor").string() + "' && sha256sum -c SHA256SUMS.txt");
  CHECK(said.find("uPlot.iife.min.js: OK") != std::string::npos);
  std::size_t others = 0;
  for (const auto& each : files::directory_iterator{folder / "vendor"})
    others += each.path().filename() != "SHA256SUMS.txt" ? 1 : 0;
  CHECK(others == 3);
}

TEST_CASE("all of the dashboard is at most 150 KiB on a compressed wire") {
  std::uintmax_t packed = 0;
  for (const auto& each : files::recursive_directory_iterator{folder})
    if (!each.is_directory())
      packed += std::stoul(said_by("gzip -9c '" + each.path().string() + "' | wc -c"));
  INFO(packed << " bytes");
  CHECK(packed > 20'000);
  CHECK(packed <= packed_bytes_max);
}
