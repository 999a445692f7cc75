#include "bin/cli/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace troupe::cli {
namespace {

/// What happens between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* words, int output, int failure_pipe, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(127); // the parent died before prctl
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execv(words[0], words);
  const int why = errno;
  (void)!write(failure_pipe, &why, sizeof why);
  _exit(127);
}

struct pipe_ends {
  int read_end = -1;
  int write_end = -1;
};

std::optional<pipe_ends> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  return pipe_ends{ends[0], ends[1]};
}

} // namespace

result<std::unique_ptr<child_process>> child_process::start(start_info from) {
  const auto output = make_pipe();
  const auto fault = make_pipe();
  if (!output || !fault) return fail(errc::internal, "no file descriptors left for a pipe");
  std::vector<char*> words{from.program.data()};
  for (std::string& each : from.arguments)
    words.push_back(each.data());
  words.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) become(words.data(), output->write_end, fault->write_end, parent);
  close(output->write_end);
  close(fault->write_end);
  int why = pid < 0 ? errno : 0;
  // The pipe closes by itself when exec succeeds.
  if (pid >= 0) (void)!read(fault->read_end, &why, sizeof why);
  close(fault->read_end);
  if (why != 0) {
    close(output->read_end);
    if (pid > 0) waitpid(pid, nullptr, 0);
    return fail(why == ENOENT ? errc::not_found : errc::internal,
                from.program + ": " + std::strerror(why));
  }
  fcntl(output->read_end, F_SETFL, O_NONBLOCK);
  return std::unique_ptr<child_process>{new child_process(std::move(from), pid, output->read_end)};
}

child_process::~child_process() {
  if (!ended_) {
    kill();
    while (waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
  }
  close(output_);
}

void child_process::take_in(std::string_view bytes) {
  for (const char each : bytes) {
    if (each != '\n') {
      if (open_line_.size() < line_bytes_max) open_line_ += each;
      continue;
    }
    lines_.push_back(std::move(open_line_));
    open_line_.clear();
    if (lines_.size() > lines_kept) lines_.pop_front();
  }
}

void child_process::copy_to_log(std::string_view bytes) {
  if (from_.log_file.empty()) return;
  if (log_bytes_ > log_bytes_max) {
    log_.close();
    std::error_code ignored; // without the old log there is still the new one
    std::filesystem::rename(from_.log_file, from_.log_file + ".1", ignored);
    log_bytes_ = 0;
  }
  if (!log_.is_open()) log_.open(from_.log_file, std::ios::binary | std::ios::trunc);
  log_.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush();
  log_bytes_ += bytes.size();
}

void child_process::poll() {
  // The end first: what it wrote before is in the pipe then.
  if (!ended_ && waitpid(pid_, &status_, WNOHANG) == pid_) ended_ = true;
  std::array<char, 16'384> buffer{};
  constexpr int reads_max = 64; // a flood must not keep us here
  for (int i = 0; i < reads_max; ++i) {
    const ssize_t got = read(output_, buffer.data(), buffer.size());
    output_closed_ = output_closed_ || got == 0;
    if (got <= 0) break;
    const std::string_view bytes{buffer.data(), static_cast<std::size_t>(got)};
    copy_to_log(bytes);
    take_in(bytes);
  }
  if (ended_ && !open_line_.empty()) take_in("\n");
}

std::string child_process::end_text() const {
  if (!ended_) return {};
  if (WIFSIGNALED(status_)) return "was killed by signal " + std::to_string(WTERMSIG(status_));
  return "ended with exit code " + std::to_string(WEXITSTATUS(status_));
}

std::optional<std::string> child_process::announced(std::string_view prefix) const {
  for (const std::string& each : lines_)
    if (each.starts_with(prefix)) return each.substr(prefix.size());
  return std::nullopt;
}

void child_process::signal(int number) {
  // Not yet reaped, so the id cannot belong to another process.
  if (!ended_) ::kill(pid_, number);
}

void child_process::ask_to_end() {
  signal(SIGTERM);
}

void child_process::kill() {
  signal(SIGKILL);
}

std::string program_folder() {
  std::array<char, 4'096> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  std::string text{path.data(), static_cast<std::size_t>(length > 0 ? length : 0)};
  text.resize(text.rfind('/') + 1); // npos + 1 is 0
  return text;
}

} // namespace troupe::cli
