#include "tests/support/processes.hpp"

#include "net/http_client.hpp"
#include "tests/support/temp_folder.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace troupe::test {
namespace {

constexpr int look_interval_ms = 5;

[[nodiscard]] std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

[[nodiscard]] std::string lines_of(const cli::child_process& child) {
  std::string text;
  for (const auto& line : child.lines())
    text += line + '\n';
  return text;
}

[[nodiscard]] std::unique_ptr<cli::child_process>
launch_program(cli::child_process::start_info from) {
  auto started = cli::child_process::start(std::move(from));
  if (!started) throw std::runtime_error(started.error().message);
  return std::move(*started);
}

/// Number of the program that a wrapper runs; 0 if there is none.
[[nodiscard]] int first_child_of(int pid) {
  const std::string number = std::to_string(pid);
  std::ifstream in{"/proc/" + number + "/task/" + number + "/children"};
  int child = 0;
  in >> child;
  return child;
}

} // namespace

bool eventually(const std::function<bool()>& holds, milliseconds within) {
  const auto until = std::chrono::steady_clock::now() + within;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    (void)::poll(nullptr, 0, look_interval_ms);
  }
  return true;
}

std::uint16_t free_port() {
  constexpr std::uint32_t first = 12'000;
  constexpr std::uint32_t ports = 20'000;
  static std::atomic<std::uint32_t> next{static_cast<std::uint32_t>(::getpid()) * 37U};
  for (std::uint32_t tried = 0; tried < ports; ++tried) {
    const auto port = static_cast<std::uint16_t>(first + next.fetch_add(1) % ports);
    const auto free = is_free({"127.0.0.1", port});
    if (free && *free) return port;
  }
  throw std::runtime_error("no free port");
}

std::string program(std::string_view name) {
  return TROUPE_PROGRAMS_DIR "/" + std::string{name};
}

int end_of(const cli::child_process& child) {
  const std::string text = child.end_text();
  if (text.empty()) return -1;
  const int number = std::stoi(text.substr(text.rfind(' ') + 1));
  return text.starts_with("was killed") ? 128 + number : number;
}

int wait_end(cli::child_process& child, milliseconds within) {
  const auto ended = [&] {
    child.poll();
    return !child.running();
  };
  return eventually(ended, within) ? end_of(child) : -1;
}

finished run_program(std::string_view name, std::vector<std::string> arguments,
                     milliseconds within) {
  // All of what it prints is in the log; the child itself keeps its newest lines only.
  const temp_folder scratch;
  const auto logged = scratch.path() / "log";
  auto child =
      launch_program({std::string{name}, program(name), std::move(arguments), logged.string()});
  finished how;
  how.exit_code = test::wait_end(*child, within);
  child->poll();
  how.output = text_of(logged);
  return how;
}

test_node::test_node(std::filesystem::path data, std::vector<std::string> flags, node_identity who)
    : data_(std::move(data)), flags_(std::move(flags)), who_(std::move(who)), port_(free_port()),
      endpoint_("tcp://" + who_.address + ":" + std::to_string(port_)) {}

test_node::~test_node() {
  kill();
}

void test_node::start() {
  launch();
  wait_listening();
}

void test_node::launch() {
  launch_inside({});
}

void test_node::wait_listening() {
  if (!listens())
    throw std::runtime_error("the node does not start: " + process_->end_text() + '\n' + printed() +
                             log());
}

bool test_node::start_inside(std::vector<std::string> wrapper) {
  launch_inside(std::move(wrapper));
  return listens();
}

void test_node::launch_inside(std::vector<std::string> wrapper) {
  wrapped_ = !wrapper.empty();
  std::vector<std::string> words = std::move(wrapper);
  words.insert(words.end(), who_.inside.begin(), who_.inside.end());
  words.insert(words.end(), {program(who_.build), "--data", data_.string(), "--listen", endpoint_,
                             "--log-file", log_file()});
  if (!who_.name.empty()) words.insert(words.end(), {"--name", who_.name});
  words.insert(words.end(), flags_.begin(), flags_.end());
  const std::string first = words.front();
  words.erase(words.begin());
  process_ = launch_program({"troupe-node", first, std::move(words)});
}

bool test_node::listens() {
  const auto said = [this] {
    process_->poll();
    return !process_->running() || process_->announced("troupe-node listening on ");
  };
  return eventually(said) && process_->running();
}

void test_node::kill() {
  if (!process_) return;
  process_->poll();
  // A wrapper that is killed would let the node go on alone; it ends by itself after the node.
  const int inside = wrapped_ && process_->running() ? first_child_of(process_->pid()) : 0;
  if (inside > 0)
    (void)::kill(inside, SIGKILL);
  else
    process_->kill();
  (void)test::wait_end(*process_);
  process_.reset();
}

int test_node::stop() {
  ask_to_end();
  return wait_end();
}

void test_node::ask_to_end() {
  process_->ask_to_end();
}

void test_node::pause() {
  (void)::kill(pid(), SIGSTOP);
}

void test_node::resume() {
  (void)::kill(pid(), SIGCONT);
}

bool test_node::running() {
  if (process_) process_->poll();
  return process_ && process_->running();
}

int test_node::wait_end(milliseconds within) {
  return test::wait_end(*process_, within);
}

int test_node::pid() const {
  return process_ ? process_->pid() : 0;
}

std::string test_node::printed() const {
  return process_ ? lines_of(*process_) : std::string{};
}

std::string test_node::log_file() const {
  return data_.string() + (who_.name.empty() ? "" : "-" + who_.name) + ".log";
}

std::string test_node::log() const {
  return text_of(log_file());
}

} // namespace troupe::test
