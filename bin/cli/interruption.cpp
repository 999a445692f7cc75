#include "bin/cli/interruption.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace troupe::cli {
namespace {

class signal_interruption final : public interruption {
public:
  signal_interruption() {
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int each : {SIGINT, SIGTERM, SIGCHLD})
      sigaddset(&wanted, each);
    pthread_sigmask(SIG_BLOCK, &wanted, &before_);
    signals_ = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    wakes_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (signals_ < 0 || wakes_ < 0) throw std::runtime_error("no file descriptors left");
  }
  ~signal_interruption() override {
    close(signals_);
    close(wakes_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  signal_interruption(const signal_interruption&) = delete;
  signal_interruption& operator=(const signal_interruption&) = delete;

  bool wait_also_for(std::span<const int> readable, std::chrono::milliseconds at_most) override {
    std::vector<pollfd> fds{{signals_, POLLIN, 0}, {wakes_, POLLIN, 0}};
    for (const int each : readable)
      fds.push_back({each, POLLIN, 0}); // poll skips negative ones
    (void)poll(fds.data(), fds.size(), static_cast<int>(at_most.count()));
    signalfd_siginfo arrived{};
    while (read(signals_, &arrived, sizeof arrived) == static_cast<ssize_t>(sizeof arrived))
      if (arrived.ssi_signo != SIGCHLD) stopped_by_ = static_cast<int>(arrived.ssi_signo);
    std::uint64_t wakes = 0;
    (void)!read(wakes_, &wakes, sizeof wakes);
    return stopped_by_ != 0;
  }
  void wake() override {
    const std::uint64_t one = 1;
    (void)!write(wakes_, &one, sizeof one);
  }
  exit_code reason() const override {
    return stopped_by_ == SIGTERM ? exit_code::terminated : exit_code::interrupted;
  }

private:
  sigset_t before_{};
  int signals_ = -1;
  int wakes_ = -1;
  int stopped_by_ = 0;
};

} // namespace

std::unique_ptr<interruption> listen_to_signals() {
  return std::make_unique<signal_interruption>();
}

} // namespace troupe::cli
