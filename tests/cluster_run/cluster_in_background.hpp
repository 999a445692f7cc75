#pragma once

#include "messages/json.hpp"
#include "tests/support/processes.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace troupe::test {

/// A cluster in the background on free ports; what is left of it is taken down at the end.
struct cluster_in_background {
  temp_folder scratch;
  std::string data = (scratch.path() / "data").string();

  ~cluster_in_background() { (void)run({"down"}); }

  [[nodiscard]] finished run(std::vector<std::string> words) const {
    words.insert(words.end(), {"--data", data});
    return run_program("troupe", std::move(words), 4 * patience);
  }
  [[nodiscard]] finished up(int nodes, std::vector<std::string> more = {}) const {
    std::vector<std::string> words{
        "up",   "--detach", "-n",          std::to_string(nodes), "--system",
        "taxi", "--http",   "127.0.0.1:0", "--listen-base",       "0"};
    words.insert(words.end(), more.begin(), more.end());
    return run(std::move(words));
  }
  void bring_up(int nodes) const {
    const auto how = up(nodes);
    INFO(how.output);
    REQUIRE(how.exit_code == 0);
  }
  [[nodiscard]] value status() const {
    const auto how = run({"status", "-o", "json"});
    // The envelope comes first; on stderr are the names of who did not answer.
    const auto said = parse_json(how.output.substr(0, how.output.rfind('}') + 1));
    return said ? *said : value{};
  }
  /// Member `key` of each node, by name.
  [[nodiscard]] std::map<std::string, value> of_nodes(const char* key) const {
    std::map<std::string, value> out;
    const value said = status();
    const value* items = said.find("items");
    const auto* nodes = items == nullptr ? nullptr : items->get_if<value::array>();
    if (nodes == nullptr) return out;
    for (const value& each : *nodes) {
      const value* name = each.find("node");
      const value* held = each.find(key);
      if (name != nullptr && held != nullptr) out[*name->get_if<std::string>()] = *held;
    }
    return out;
  }
  [[nodiscard]] int pid_of(const std::string& node) const {
    const auto pids = of_nodes("pid");
    const auto found = pids.find(node);
    const auto* pid = found == pids.end() ? nullptr : found->second.get_if<std::int64_t>();
    return pid == nullptr ? 0 : static_cast<int>(*pid);
  }
  [[nodiscard]] int launcher() const {
    const value said = status();
    const value* self = said.find("launcher");
    const value* pid = self == nullptr ? nullptr : self->find("pid");
    const auto* number = pid == nullptr ? nullptr : pid->get_if<std::int64_t>();
    return number == nullptr ? 0 : static_cast<int>(*number);
  }
  /// Every one of so many nodes is up, an active member, and owns shards or will.
  [[nodiscard]] bool whole(std::size_t nodes) const {
    const auto states = of_nodes("state");
    const auto members = of_nodes("member");
    const auto all = [](const auto& of, const char* word) {
      return std::all_of(of.begin(), of.end(),
                         [&](const auto& each) { return each.second == value{word}; });
    };
    return states.size() == nodes && all(states, "up") && all(members, "active");
  }
};

} // namespace troupe::test
