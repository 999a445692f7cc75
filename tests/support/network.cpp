#include "tests/support/network.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <future>
#include <stdexcept>
#include <thread>

namespace troupe::test {
namespace {

struct finished_command {
  bool succeeded = false;
  std::string output;
};

/// Arguments are our own names and numbers only, so that the shell has nothing to misread.
finished_command try_ip(const std::string& arguments) {
  std::FILE* const output = ::popen(("ip " + arguments + " 2>&1").c_str(), "re");
  if (output == nullptr) return {false, std::strerror(errno)};
  finished_command done;
  std::array<char, 256> part{};
  while (std::fgets(part.data(), part.size(), output) != nullptr)
    done.output += part.data();
  const int status = ::pclose(output);
  done.succeeded = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return done;
}

void ip(const std::string& arguments) {
  const auto done = try_ip(arguments);
  if (!done.succeeded) throw std::runtime_error("ip " + arguments + ": " + done.output);
}

std::string fresh_prefix() {
  static std::atomic<int> made{0};
  return "troupe-" + std::to_string(::getpid()) + "-" + std::to_string(++made) + "-";
}

/// What the kernel looks at before its table of own addresses: where packets are thrown away.
std::string lost_from(const std::string& address) {
  return " pref 1 from " + address + " iif eth0 blackhole";
}

std::string port_of(std::size_t place) {
  return "port" + std::to_string(place);
}

void enter(const std::string& name) {
  const int space = ::open(("/var/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
  const bool entered = space >= 0 && ::setns(space, CLONE_NEWNET) == 0;
  const int why = errno;
  if (space >= 0) ::close(space);
  if (!entered) throw std::runtime_error("cannot enter " + name + ": " + std::strerror(why));
}

} // namespace

std::optional<std::string> network::why_not() {
  if (::geteuid() != 0) return "network namespaces need root";
  if (!try_ip("-V").succeeded) return "there is no program 'ip' (package iproute2)";
  try {
    network probe{2};
    probe.cut_one_way(0, 1);
    probe.cut(0);
  } catch (const std::exception& refused) {
    return refused.what();
  }
  return std::nullopt;
}

network::network(std::size_t places) : prefix_(fresh_prefix()), places_(places) {
  constexpr std::size_t places_max = 200; // one address each below 10.77.0.255
  if (places > places_max) throw std::runtime_error("a network has up to 200 places");
  try {
    ip("netns add " + prefix_ + "switch");
    ip("-n " + prefix_ + "switch link add name switch type bridge");
    ip("-n " + prefix_ + "switch link set switch up");
    for (std::size_t place = 0; place < places_; ++place)
      add_place(place);
  } catch (...) {
    remove();
    throw;
  }
}

network::~network() {
  remove();
}

/// The table of own addresses moves behind a free place, where `cut_one_way` puts its rules.
void network::add_place(std::size_t place) {
  const std::string name = name_of(place);
  const std::string port = port_of(place);
  ip("netns add " + name);
  ip("-n " + prefix_ + "switch link add " + port + " type veth peer name eth0 netns " + name);
  ip("-n " + prefix_ + "switch link set " + port + " up master switch");
  ip("-n " + name + " link set lo up");
  ip("-n " + name + " addr add " + address(place) + "/24 dev eth0");
  ip("-n " + name + " link set eth0 up");
  ip("-n " + name + " rule add pref 10 lookup local");
  ip("-n " + name + " rule del pref 0");
}

void network::remove() {
  for (std::size_t place = 0; place < places_; ++place)
    (void)try_ip("netns del " + name_of(place));
  (void)try_ip("netns del " + prefix_ + "switch");
}

std::string network::name_of(std::size_t place) const {
  return prefix_ + std::to_string(place);
}

std::string network::address(std::size_t place) const {
  return "10.77.0." + std::to_string(place + 1);
}

std::vector<std::string> network::inside(std::size_t place) const {
  return {"ip", "netns", "exec", name_of(place)};
}

void network::run_inside(std::size_t place, const std::function<void()>& work) const {
  std::packaged_task<void()> task{[&] {
    enter(name_of(place));
    work();
  }};
  std::future<void> done = task.get_future();
  std::thread{std::move(task)}.join();
  done.get();
}

void network::cut(std::size_t place) {
  ip("-n " + prefix_ + "switch link set " + port_of(place) + " nomaster");
}

void network::heal(std::size_t place) {
  ip("-n " + prefix_ + "switch link set " + port_of(place) + " master switch");
}

void network::cut_one_way(std::size_t from, std::size_t to) {
  ip("-n " + name_of(to) + " rule add" + lost_from(address(from)));
}

void network::heal_one_way(std::size_t from, std::size_t to) {
  ip("-n " + name_of(to) + " rule del" + lost_from(address(from)));
}

void network::cut_between(std::size_t one, std::size_t other) {
  cut_one_way(one, other);
  cut_one_way(other, one);
}

void network::heal_between(std::size_t one, std::size_t other) {
  heal_one_way(one, other);
  heal_one_way(other, one);
}

} // namespace troupe::test
