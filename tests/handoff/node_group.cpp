#include "tests/handoff/node_group.hpp"

#include "troupe/client.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace troupe::test {

node_group::node_group(std::vector<std::string> flags) : flags_(std::move(flags)) {}

node_group::~node_group() {
  for (auto& [name, each] : members_)
    if (each.process) each.process->kill();
}

void node_group::launch(const std::string& name, const std::string& program_name) {
  auto& of = members_[name];
  if (of.endpoint.empty()) of.endpoint = "tcp://127.0.0.1:" + std::to_string(free_port());
  std::vector<std::string> words{
      "--name",   name,        "--data",     data(),
      "--listen", of.endpoint, "--log-file", scratch_.path() / (name + ".log")};
  words.insert(words.end(), flags_.begin(), flags_.end());
  words.insert(words.end(), of.flags.begin(), of.flags.end());
  auto started = cli::child_process::start({name, program(program_name), std::move(words)});
  if (!started) throw std::runtime_error(started.error().message);
  of.process = std::move(*started);
}

void node_group::start(const std::vector<std::string>& names, const std::string& program_name) {
  for (const auto& name : names)
    launch(name, program_name);
  for (const auto& name : names) {
    auto& process = *members_.at(name).process;
    const auto said = [&] {
      process.poll();
      return !process.running() || process.announced("troupe-node listening on ");
    };
    if (!eventually(said) || !process.running())
      throw std::runtime_error(name + " does not come up: " + process.end_text() + "\n" +
                               log(name));
  }
}

void node_group::ask_to_end(const std::string& name) {
  members_.at(name).process->ask_to_end();
}

int node_group::end(const std::string& name) {
  ask_to_end(name);
  return wait_end(*members_.at(name).process);
}

void node_group::restart(const std::string& name, const std::string& program_name) {
  if (const int code = end(name); code != 0)
    throw std::runtime_error(name + " ended with " + std::to_string(code) + "\n" + log(name));
  start({name}, program_name);
  std::vector<std::string> all;
  for (const auto& [each, of] : members_)
    if (of.process && of.process->running()) all.push_back(each);
  if (!spread_over(all)) throw std::runtime_error(name + " gets no shards\n" + log(name));
}

void node_group::drain(const std::string& name) const {
  client_options options;
  options.endpoints = {endpoint(name)};
  options.deadline = patience;
  auto through = client::connect(std::move(options));
  call_options only;
  only.endpoint = endpoint(name);
  const auto said = through->admin("leave", {}, only).get();
  if (!said) throw std::runtime_error(name + " cannot be drained: " + said.error().message);
}

const std::string& node_group::endpoint(const std::string& name) const {
  return members_.at(name).endpoint;
}

std::vector<std::string> node_group::endpoints() const {
  std::vector<std::string> all;
  for (const auto& [name, each] : members_)
    all.push_back(each.endpoint);
  return all;
}

std::string node_group::log(const std::string& name) const {
  std::ifstream in{scratch_.path() / (name + ".log")};
  return {std::istreambuf_iterator<char>{in}, {}};
}

cluster_view node_group::agreed() const {
  const auto store = open_sqlite_lease_store(data());
  if (!store) throw std::runtime_error(store.error().message);
  auto view = (*store)->read();
  if (!view) throw std::runtime_error(view.error().message);
  return std::move(*view);
}

std::map<std::string, int> node_group::shards() const {
  std::map<std::string, int> owned;
  for (const auto& each : agreed().shards)
    ++owned[each.owner.node];
  return owned;
}

bool node_group::spread_over(const std::vector<std::string>& names) const {
  return eventually([&] {
    std::map<std::string, int> owned;
    for (const auto& each : agreed().shards) {
      if (each.target.given()) return false;
      ++owned[each.owner.node];
    }
    for (const auto& name : names)
      if (owned.erase(name) == 0) return false;
    return owned.empty();
  });
}

bool node_group::empty_handed(const std::string& name) const {
  return eventually([&] { return shards().count(name) == 0; });
}

} // namespace troupe::test
