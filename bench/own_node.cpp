#include "bench/own_node.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

namespace troupe::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds patience{60};
constexpr std::string_view announcement = "troupe-node listening on ";

[[nodiscard]] std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The endpoint of a complete announcement line, or nothing yet.
[[nodiscard]] std::string announced_endpoint(const std::string& output) {
  const auto begin = output.find(announcement);
  if (begin == std::string::npos) return {};
  const auto end = output.find('\n', begin);
  if (end == std::string::npos) return {};
  return output.substr(begin + announcement.size(), end - begin - announcement.size());
}

[[nodiscard]] error node_failure(const std::string& what, const std::filesystem::path& log) {
  constexpr std::size_t shown_max = 1000;
  auto output = text_of(log);
  if (output.size() > shown_max) output.erase(0, output.size() - shown_max);
  return fail(errc::unreachable, what + "; its last output:\n" + output);
}

/// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become_node(char* const* arguments, int output) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execv(arguments[0], arguments);
  _exit(127);
}

} // namespace

result<scratch_folder> scratch_folder::make(const std::filesystem::path& parent) {
  std::string name = (parent / "troupe-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    return fail(errc::storage_failed, "cannot make a folder in " + parent.string());
  return scratch_folder{name};
}

scratch_folder::scratch_folder(scratch_folder&& from) noexcept
    : path_(std::exchange(from.path_, {})) {}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

result<own_node> own_node::start(const std::filesystem::path& binary,
                                 const std::filesystem::path& folder) {
  auto node = launch(binary, folder, folder / "node.log", {});
  if (!node) return node;
  if (auto there = node->come_up(); !there) return there.error();
  return node;
}

result<own_node> own_node::launch(const std::filesystem::path& binary,
                                  const std::filesystem::path& folder,
                                  const std::filesystem::path& log,
                                  std::vector<std::string> flags) {
  if (access(binary.c_str(), X_OK) != 0)
    return fail(errc::not_found, "there is no program " + binary.string());
  const int output = open(log.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (output < 0) return fail(errc::storage_failed, "cannot write " + log.string());
  std::vector<std::string> words{binary.string(), "--data", (folder / "data").string(), "--listen",
                                 "tcp://127.0.0.1:0"};
  words.insert(words.end(), flags.begin(), flags.end());
  std::vector<char*> arguments;
  for (auto& each : words)
    arguments.push_back(each.data());
  arguments.push_back(nullptr);
  own_node node;
  node.log_ = log;
  node.started_ = steady_clock::now();
  const pid_t child = fork();
  if (child == 0) become_node(arguments.data(), output);
  close(output);
  if (child < 0) return fail(errc::internal, "cannot start another process");
  node.process_ = {child};
  return node;
}

result<void> own_node::come_up() {
  while (steady_clock::now() < started_ + patience) {
    endpoint_ = announced_endpoint(text_of(log_));
    if (!endpoint_.empty()) return {};
    if (waitpid(process_.value, nullptr, WNOHANG) == process_.value) {
      process_ = {};
      return node_failure("the node ended at once", log_);
    }
    pass_time(milliseconds{1});
  }
  return node_failure("the node did not say where it listens", log_);
}

own_node::own_node(own_node&& from) noexcept
    : process_(std::exchange(from.process_, {})), endpoint_(std::move(from.endpoint_)),
      log_(std::move(from.log_)), started_(from.started_) {}

own_node& own_node::operator=(own_node&& from) noexcept {
  std::swap(process_, from.process_);
  std::swap(endpoint_, from.endpoint_);
  std::swap(log_, from.log_);
  std::swap(started_, from.started_);
  return *this;
}

own_node::~own_node() {
  kill();
}

void own_node::kill() {
  if (!process_.known()) return;
  ::kill(process_.value, SIGKILL);
  waitpid(process_.value, nullptr, 0);
  process_ = {};
}

result<void> own_node::stop() {
  if (!process_.known()) return {};
  ::kill(process_.value, SIGTERM);
  const auto end = steady_clock::now() + patience;
  while (steady_clock::now() < end) {
    int status = 0;
    if (waitpid(process_.value, &status, WNOHANG) == process_.value) {
      process_ = {};
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
      return fail(errc::internal, "the node ended badly, wait status " + std::to_string(status));
    }
    pass_time(milliseconds{1});
  }
  return fail(errc::timeout, "the node did not end within 60 s of SIGTERM");
}

std::filesystem::path node_beside_this_program() {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  return self.parent_path() / "troupe-node";
}

} // namespace troupe::bench
