#include "bin/launcher/control_desk.hpp"

#include "net/sdk/troupe/client.hpp"
#include "tests/net/fake_node.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <poll.h>

using namespace troupe;
using namespace troupe::cli;
using troupe::testing::eventually;

namespace {

client connect_to(const control_endpoint& at) {
  client_options options;
  options.endpoints = {at.text()};
  auto connected = client::connect(options);
  REQUIRE(connected);
  return std::move(*connected);
}

} // namespace

TEST_CASE("A verb waits for the launcher's own thread and is answered there") {
  const test::temp_folder scratch;
  std::filesystem::create_directories(scratch.path() / "run");
  auto desk = control_desk::open(scratch.path(), real_clock());
  REQUIRE(desk);
  const control_endpoint at{scratch.path()};
  auto asked = connect_to(at);
  value arguments;
  arguments["node"] = "n1";
  auto answered = asked.admin("drain", arguments);
  pollfd waiting{(*desk)->fd(), POLLIN, 0};
  std::string verb;
  REQUIRE(eventually([&] {
    (void)poll(&waiting, 1, 10);
    (*desk)->serve([&](const std::string& name, const value& with) -> result<value> {
      verb = name;
      return *with.find("node");
    });
    return answered.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
  }));
  CHECK(verb == "drain");
  CHECK(answered.get().value() == value{"n1"});
}

TEST_CASE("A data directory with a long path has a socket too") {
  const test::temp_folder scratch;
  const auto data = scratch.path() / std::string(150, 'x');
  std::filesystem::create_directories(data / "run");
  auto desk = control_desk::open(data, real_clock());
  REQUIRE(desk);
  CHECK(std::filesystem::exists(data / "run" / "launcher.sock"));
  const control_endpoint at{data};
  auto asked = connect_to(at);
  auto answered = asked.admin("x");
  REQUIRE(eventually([&] {
    (*desk)->serve([](const std::string&, const value&) { return fail(errc::rejected, "no"); });
    return answered.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
  }));
  CHECK(answered.get().error().code == errc::rejected);
}

TEST_CASE(
    "Who still waits when the desk closes is told, and a new desk takes the old one's place") {
  const test::temp_folder scratch;
  std::filesystem::create_directories(scratch.path() / "run");
  const control_endpoint at{scratch.path()};
  auto asked = connect_to(at);
  std::future<result<value>> answered;
  {
    auto desk = control_desk::open(scratch.path(), real_clock());
    REQUIRE(desk);
    answered = asked.admin("x");
    pollfd waiting{(*desk)->fd(), POLLIN, 0};
    REQUIRE(eventually([&] { return poll(&waiting, 1, 10) == 1; }));
  }
  // The refusal says that somebody else may take over, so the SDK tries until its time is up.
  CHECK_FALSE(answered.get());
  CHECK(control_desk::open(scratch.path(), real_clock()).ok());
  CHECK_FALSE(control_desk::open("/no/such/folder", real_clock()).ok());
}
