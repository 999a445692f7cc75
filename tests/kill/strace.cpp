#include "tests/kill/strace.hpp"

#include <stdexcept>

namespace troupe::test {
namespace {

constexpr const char* path = "/usr/bin/strace";

[[nodiscard]] std::unique_ptr<cli::child_process> launch(std::vector<std::string> words) {
  auto started = cli::child_process::start({"strace", path, std::move(words)});
  if (!started) throw std::runtime_error(started.error().message);
  return std::move(*started);
}

[[nodiscard]] std::string printed(const cli::child_process& child) {
  std::string text;
  for (const auto& line : child.lines())
    text += line + ' ';
  return text;
}

} // namespace

std::vector<std::string> strace::words(const std::string& injection) {
  const std::string calls = injection.substr(0, injection.find(':'));
  return {path, "-f", "-o", "/dev/null", "-e", "trace=" + calls, "-e", "inject=" + injection};
}

std::string strace::obstacle() {
  auto started = cli::child_process::start(
      {"strace", path, {"-f", "-o", "/dev/null", program("troupe"), "version"}});
  if (!started) return started.error().message;
  const int ended = wait_end(**started);
  return ended == 0 ? std::string{}
                    : "strace ended with " + std::to_string(ended) + ": " + printed(**started);
}

strace::strace(int pid, const std::string& injection) {
  auto all = words(injection);
  all.erase(all.begin());
  all.insert(all.end(), {"-p", std::to_string(pid)});
  process_ = launch(std::move(all));
  const auto attached = [&] {
    process_->poll();
    return !process_->running() || printed(*process_).find(" attached") != std::string::npos;
  };
  if (!eventually(attached))
    throw std::runtime_error("strace does not attach: " + printed(*process_));
}

strace::~strace() {
  process_->ask_to_end();
  (void)wait_end(*process_);
}

} // namespace troupe::test
