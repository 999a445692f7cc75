#pragma once

#include "bin/launcher/launcher.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace troupe::cli {

/// Launchers over stand-ins for the programs, in a data directory of their own. What is left of
/// their processes is killed at the end.
struct launched {
  test::temp_folder scratch;
  std::filesystem::path programs = scratch.path() / "programs";
  std::filesystem::path data = scratch.path() / "data";
  std::unique_ptr<interruption> signals = listen_to_signals();
  std::unique_ptr<random_source> random = real_random();
  std::vector<std::string> said;
  part_limits limits;

  launched() {
    std::filesystem::create_directories(programs);
    std::filesystem::create_directories(data);
    for (const char* each : {"troupe-node", "troupe-gateway"})
      std::filesystem::create_symlink(TROUPE_FAKE_NODE, programs / each);
    limits.backoff_first = std::chrono::milliseconds{20};
    limits.silence_max = std::chrono::milliseconds{2'000};
    limits.stop_patience = std::chrono::milliseconds{1'000};
  }
  ~launched() {
    for (const char* name : {"n1", "n2", "n3", "n4", "gateway"})
      if (const auto left = node_process::adopt(identity(name))) left.value()->signal(SIGKILL);
  }

  [[nodiscard]] std::filesystem::path identity(const std::string& name) const {
    return data / "run" / (name + ".pid");
  }
  void manner(const std::string& node, const std::string& text) const {
    std::ofstream{data / (node + ".manner")} << text << '\n';
  }
  [[nodiscard]] launch_plan plan(std::uint32_t nodes) const {
    launch_plan out;
    out.settings.nodes = nodes;
    out.settings.data = data.string();
    out.settings.listen_base = 0;
    out.settings.http = "127.0.0.1:0";
    out.settings.ready_within = std::chrono::milliseconds{20'000};
    out.folder = programs.string() + '/';
    out.limits = limits;
    return out;
  }
  [[nodiscard]] std::variant<std::unique_ptr<launcher>, failure> try_open(launch_plan with) {
    return launcher::open(std::move(with), *signals, real_clock(), *random,
                          [this](const std::string& part, const std::string& line) {
                            said.push_back(part + ' ' + line);
                          });
  }
  [[nodiscard]] std::unique_ptr<launcher> open(launch_plan with) {
    auto opened = try_open(std::move(with));
    if (const auto* wrong = std::get_if<failure>(&opened)) FAIL(wrong->what + ": " + wrong->why);
    return std::move(std::get<std::unique_ptr<launcher>>(opened));
  }
  [[nodiscard]] std::unique_ptr<launcher> open(std::uint32_t nodes) { return open(plan(nodes)); }

  [[nodiscard]] bool heard(const std::string& text) const {
    return std::any_of(said.begin(), said.end(),
                       [&](const auto& each) { return each.find(text) != std::string::npos; });
  }
  /// Steps until it is so; false if it never was.
  [[nodiscard]] static bool comes(launcher& running, const std::function<bool()>& holds,
                                  std::chrono::milliseconds within = std::chrono::milliseconds{
                                      20'000}) {
    const auto until = std::chrono::steady_clock::now() + within;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > until) return false;
      running.step(std::chrono::milliseconds{20});
    }
    return true;
  }
};

} // namespace troupe::cli
