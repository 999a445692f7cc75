#include "tests/support/network.hpp"

#include "tests/support/tcp_ends.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <iostream>

using namespace troupe::test;

namespace {

constexpr std::uint16_t port = 5000;

bool skipped() {
  static const auto why = network::why_not();
  if (why) std::cout << "skipped: no networks can be made here (" << *why << ")\n";
  return why.has_value();
}

/// A listener in every place, for the time of a test.
struct listeners {
  explicit listeners(network& in) {
    for (std::size_t place = 0; place < in.size(); ++place)
      in.run_inside(place, [&] { all.push_back(listen_on(in.address(place), port)); });
  }
  std::vector<tcp_end> all;
};

/// Whether a connection from one place to another comes about in a time that is short, because
/// silence cannot be told from slowness.
bool reaches(network& in, std::size_t from, std::size_t to, milliseconds within) {
  bool reached = false;
  in.run_inside(from, [&] { reached = connect_to(in.address(to), port, within).given(); });
  return reached;
}

constexpr milliseconds brief{300};
constexpr milliseconds long_enough{20'000};

} // namespace

TEST_CASE("Places of a network reach each other until one is cut off, and again when healed") {
  if (skipped()) return;
  network net{3};
  const listeners served{net};
  for (std::size_t from = 0; from < 3; ++from)
    for (std::size_t to = 0; to < 3; ++to)
      REQUIRE(reaches(net, from, to, long_enough));
  net.cut(1);
  REQUIRE_FALSE(reaches(net, 0, 1, brief));
  REQUIRE_FALSE(reaches(net, 1, 0, brief));
  REQUIRE(reaches(net, 1, 1, long_enough));
  REQUIRE(reaches(net, 0, 2, long_enough));
  net.heal(1);
  REQUIRE(reaches(net, 0, 1, long_enough));
  REQUIRE(reaches(net, 1, 0, long_enough));
}

TEST_CASE("A one-way cut loses what goes one way and lets through what goes the other") {
  if (skipped()) return;
  network net{3};
  const listeners served{net};
  tcp_end zero;
  net.run_inside(0, [&] { zero = connect_to(net.address(1), port, long_enough); });
  REQUIRE(zero.given());
  const tcp_end one = accept_on(served.all[1], long_enough);
  REQUIRE(one.given());
  net.cut_one_way(0, 1);
  REQUIRE(send_text(zero, "lost"));
  REQUIRE(read_text(one, 4, brief).empty());
  REQUIRE(send_text(one, "there"));
  REQUIRE(read_text(zero, 5, long_enough) == "there");
  REQUIRE_FALSE(reaches(net, 0, 1, brief)); // no word comes through
  REQUIRE_FALSE(reaches(net, 1, 0, brief)); // the answer is lost
  REQUIRE(reaches(net, 0, 2, long_enough));
  REQUIRE(reaches(net, 2, 1, long_enough));
  net.heal_one_way(0, 1);
  REQUIRE(read_text(one, 4, long_enough) == "lost"); // the connection lived and sent it again
  REQUIRE(reaches(net, 0, 1, long_enough));
}

TEST_CASE("A bridge partition leaves a third place in touch with both") {
  if (skipped()) return;
  network net{3};
  const listeners served{net};
  net.cut_between(0, 1);
  REQUIRE_FALSE(reaches(net, 0, 1, brief));
  REQUIRE_FALSE(reaches(net, 1, 0, brief));
  for (const std::size_t end : {0, 1}) {
    REQUIRE(reaches(net, end, 2, long_enough));
    REQUIRE(reaches(net, 2, end, long_enough));
  }
  net.heal_between(0, 1);
  REQUIRE(reaches(net, 0, 1, long_enough));
  REQUIRE(reaches(net, 1, 0, long_enough));
}

TEST_CASE("A program runs in its place, two networks do not meet, and nothing is left behind") {
  if (skipped()) return;
  std::string space;
  {
    network net{2};
    network other{2};
    const listeners served{net};
    REQUIRE(reaches(net, 0, 1, long_enough));
    REQUIRE_FALSE(reaches(other, 0, 1, brief)); // same addresses, nobody listens there
    std::string command;
    for (const auto& word : net.inside(1))
      command += word + ' ';
    REQUIRE(std::system(
                (command + "ip -o addr show dev eth0 | grep -q " + net.address(1)).c_str()) == 0);
    space = "/var/run/netns/" + net.inside(1).back();
    REQUIRE(std::filesystem::exists(space));
    REQUIRE_THROWS_AS(net.run_inside(0, [] { throw std::runtime_error("passed on"); }),
                      std::runtime_error);
  }
  REQUIRE_FALSE(std::filesystem::exists(space));
}

TEST_CASE("A network that cannot be made says which command failed") {
  REQUIRE_THROWS_AS(network{1000}, std::runtime_error);
  if (skipped()) return;
  network net{1};
  REQUIRE_THROWS_WITH(net.heal_one_way(0, 0), Catch::Contains("rule del"));
  REQUIRE_THROWS_WITH(net.cut(7), Catch::Contains("port7"));
}
