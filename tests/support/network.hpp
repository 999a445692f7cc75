#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace troupe::test {

/// A network of its own for a test: places with an address each, joined by a switch. Each place and
/// the switch are network namespaces, so the machine's own network is neither used nor changed, and
/// any number of tests can have the same addresses at a time. A client needs a place too.
///
/// Faults are silent: what is cut off loses its packets and is told nothing, as on a network whose
/// cable was pulled far away. Connections survive a short cut by sending again.
///
/// Linux and root only; needs `ip` and nothing else.
class network {
public:
  /// Why networks cannot be made here; tests skip with it.
  [[nodiscard]] static std::optional<std::string> why_not();

  /// Throws std::runtime_error with the words of the command that failed.
  explicit network(std::size_t places);
  ~network(); ///< takes it down; programs that still run in it keep their part until they end
  network(const network&) = delete;
  network& operator=(const network&) = delete;

  [[nodiscard]] std::size_t size() const { return places_; }
  [[nodiscard]] std::string address(std::size_t place) const;

  /// Words to put before a program and its arguments so that it runs in that place. The process
  /// becomes the program: same number, same signals.
  [[nodiscard]] std::vector<std::string> inside(std::size_t place) const;
  /// Runs `work` on a thread in that place and waits for it. Sockets it makes belong to the place
  /// for as long as they are open, wherever they are used then. Passes on what it throws.
  void run_inside(std::size_t place, const std::function<void()>& work) const;

  /// Pulls a place off the switch: nothing from it, nothing to it.
  void cut(std::size_t place);
  void heal(std::size_t place);
  /// Packets of one place no longer arrive at another; the other way they do.
  void cut_one_way(std::size_t from, std::size_t to);
  void heal_one_way(std::size_t from, std::size_t to);
  /// Both ways between two places, each of which still reaches the others: a bridge partition.
  void cut_between(std::size_t one, std::size_t other);
  void heal_between(std::size_t one, std::size_t other);

private:
  [[nodiscard]] std::string name_of(std::size_t place) const;
  void add_place(std::size_t place);
  void remove();

  std::string prefix_;
  std::size_t places_;
};

} // namespace troupe::test
