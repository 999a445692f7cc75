#include "bin/cli/man_page.hpp"

#include "bin/cli/child_process.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

using namespace troupe;
using namespace troupe::cli;

namespace {

/// As roff has it: hyphens written out.
std::string roff(std::string_view from) {
  std::string out;
  for (const char c : from)
    out += c == '-' ? std::string{"\\-"} : std::string{c};
  return out;
}

} // namespace

TEST_CASE("A manual page has every command, option and exit code of its tool") {
  for (const tool_info* tool : {&troupe_tool(), &inspector_tool()}) {
    const std::string page = man_page(*tool);
    for (const char* each : {".TH", ".SH NAME", ".SH SYNOPSIS", ".SH COMMANDS",
                             ".SH \"EXIT STATUS\"", ".SH \"SEE ALSO\""})
      CHECK(page.find(each) != std::string::npos);
    for (const tool_command& command : tool->commands) {
      INFO(command.path);
      CHECK(page.find(".SS \"" + roff(command.path) + '"') != std::string::npos);
      for (const option_info& option : command.options)
        CHECK(page.find("\\fB" + roff(option.name) + "\\fR") != std::string::npos);
    }
    CHECK(page.find("{context}") == std::string::npos);
    CHECK(page.ends_with("(1)\n"));
  }
}

TEST_CASE("groff finds nothing to warn of in a manual page, where there is groff") {
  if (!std::filesystem::exists("/usr/bin/groff")) return;
  for (const tool_info* tool : {&troupe_tool(), &inspector_tool()}) {
    const auto file = std::filesystem::temp_directory_path() /
                      ("troupe_man_" + std::to_string(::getpid()) + ".1");
    std::ofstream{file} << man_page(*tool);
    auto started = child_process::start(
        {"groff", "/bin/sh", {"-c", "groff -man -Tascii -wall -z '" + file.string() + "' 2>&1"}});
    REQUIRE(started);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while ((*started)->running() && std::chrono::steady_clock::now() < until) {
      (*started)->poll();
      std::this_thread::yield();
    }
    (*started)->poll();
    const auto& said = (*started)->lines();
    INFO((said.empty() ? std::string{} : said.front()));
    CHECK(said.empty());
    std::filesystem::remove(file);
  }
}
