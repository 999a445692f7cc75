#include "bin/launcher/node_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace troupe::cli {
namespace {

namespace files = std::filesystem;

/// A descriptor that is closed with the object.
class held_fd {
public:
  explicit held_fd(int fd = -1) : fd_(fd) {}
  ~held_fd() { reset(); }
  held_fd(const held_fd&) = delete;
  held_fd& operator=(const held_fd&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

private:
  int fd_;
};

struct pipe_ends {
  held_fd read_end, write_end;
  [[nodiscard]] bool open() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
    return true;
  }
};

/// What the child gets; everything is made before the fork.
struct start_of_life {
  std::vector<char*> words;
  int output = -1;
  int go_read = -1;  ///< a byte comes when its identity is written; an end if we are gone
  int go_write = -1; ///< ours; the child must not hold it open
  int fault_pipe = -1;
  bool dies_with_us = false;
  pid_t parent = 0;
};

/// What happens between fork and exec: only calls that are safe there.
[[noreturn]] void become(const start_of_life& with) {
  close(with.go_write);
  setsid();
  if (with.dies_with_us) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != with.parent) _exit(127); // the parent died before prctl
  }
  char go = 0;
  ssize_t got = 0;
  while ((got = read(with.go_read, &go, 1)) < 0 && errno == EINTR) {
  }
  if (got != 1) _exit(127); // nobody knows of us
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(with.output, STDOUT_FILENO);
  dup2(with.output, STDERR_FILENO);
  execv(with.words.front(), with.words.data());
  const int why = errno;
  (void)!write(with.fault_pipe, &why, sizeof why);
  _exit(127);
}

int open_pidfd(int pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); // close-on-exec by itself
}

/// The log, opened for appending; a long one is put aside before.
result<int> open_log(const files::path& path) {
  std::error_code fault;
  const auto bytes = files::file_size(path, fault);
  if (!fault && bytes > node_process::log_bytes_max)
    files::rename(path, path.string() + ".1", fault);
  const int fd = open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail(errc::storage_failed,
                "cannot write " + path.string() + ": " + std::strerror(errno));
  return fd;
}

void reap(pid_t pid) {
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

} // namespace

result<std::unique_ptr<node_process>> node_process::start(const start_info& from) {
  const auto opened = open_log(from.log);
  if (!opened) return opened.error();
  const held_fd output{*opened};
  pipe_ends go, fault;
  if (!go.open() || !fault.open()) return fail(errc::internal, "no file descriptors left");
  process_identity who{from.name, 0, 0, {from.program}, from.log.string(), 0, {}};
  who.command.insert(who.command.end(), from.arguments.begin(), from.arguments.end());
  who.log_offset = static_cast<std::uint64_t>(lseek(output.get(), 0, SEEK_END));
  auto words = who.command;
  start_of_life life;
  for (std::string& each : words)
    life.words.push_back(each.data());
  life.words.push_back(nullptr);
  life.output = output.get();
  life.go_read = go.read_end.get();
  life.go_write = go.write_end.get();
  life.fault_pipe = fault.write_end.get();
  life.dies_with_us = from.dies_with_us;
  life.parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return fail(errc::internal, std::string{"cannot fork: "} + std::strerror(errno));
  if (pid == 0) become(life);
  fault.write_end.reset();
  held_fd process{open_pidfd(pid)};
  who.pid = pid;
  who.start_time = start_time_of(pid).value_or(0);
  const auto written = write_identity(from.identity, who);
  const bool known = written && process.get() >= 0 && who.start_time != 0;
  int why = 0;
  if (known && write(go.write_end.get(), "g", 1) == 1)
    (void)!read(fault.read_end.get(), &why, sizeof why); // closes by itself when exec succeeds
  go.write_end.reset();
  if (known && why == 0)
    return std::unique_ptr<node_process>{
        new node_process(std::move(who), from.identity, process.release(), false)};
  reap(pid);
  std::error_code ignored; // a stale file is recognised as such
  files::remove(from.identity, ignored);
  if (!written) return written.error();
  if (!known) return fail(errc::internal, "cannot watch the new process");
  return fail(why == ENOENT ? errc::not_found : errc::internal,
              from.program + ": " + std::strerror(why));
}

result<std::unique_ptr<node_process>> node_process::adopt(const files::path& identity) {
  auto who = read_identity(identity);
  if (!who) return who.error();
  // First the descriptor, then the look: what it names cannot become another process any more.
  held_fd process{open_pidfd(who->pid)};
  if (process.get() < 0 || !lives(*who))
    return fail(errc::not_found,
                who->name + " is gone (it was pid " + std::to_string(who->pid) + ")");
  return std::unique_ptr<node_process>{
      new node_process(std::move(*who), identity, process.release(), true)};
}

node_process::~node_process() {
  close(fd_);
}

void node_process::poll() {
  if (ended_) return;
  if (!adopted_) {
    ended_ = waitpid(who_.pid, &status_, WNOHANG) == who_.pid;
  } else {
    pollfd end{fd_, POLLIN, 0};
    ended_ = ::poll(&end, 1, 0) == 1;
  }
  std::error_code ignored; // a stale file is recognised as such
  if (ended_) files::remove(identity_, ignored);
}

std::optional<int> node_process::exit_code() const {
  if (!ended_ || adopted_ || !WIFEXITED(status_)) return std::nullopt;
  return WEXITSTATUS(status_);
}

std::string node_process::end_text() const {
  if (!ended_) return {};
  if (adopted_) return "ended";
  if (WIFSIGNALED(status_)) return "was killed by signal " + std::to_string(WTERMSIG(status_));
  return "ended with exit code " + std::to_string(WEXITSTATUS(status_));
}

void node_process::signal(int number) {
  if (!ended_) (void)syscall(SYS_pidfd_send_signal, fd_, number, nullptr, 0);
}

bool node_process::find_address(std::string_view prefix) {
  if (!who_.address.empty()) return true;
  constexpr std::size_t piece = 64 * 1024;
  std::ifstream in{who_.log, std::ios::binary};
  in.seekg(static_cast<std::streamoff>(read_to_));
  std::string text(piece, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  const std::size_t whole = text.rfind('\n');
  if (whole == std::string::npos) {
    if (text.size() == piece) read_to_ += piece; // no line of ours is that long
    return false;
  }
  for (std::size_t at = 0; at <= whole;) {
    const std::size_t end = text.find('\n', at);
    const std::string_view line{text.data() + at, end - at};
    if (line.starts_with(prefix) && line.size() > prefix.size()) {
      who_.address = line.substr(prefix.size());
      // Without it the next launcher reads the log again from the same place.
      (void)write_identity(identity_, who_).ok();
      return true;
    }
    at = end + 1;
  }
  read_to_ += whole + 1;
  return false;
}

} // namespace troupe::cli
