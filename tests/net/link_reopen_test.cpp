#include "messages/hello.hpp"
#include "net/sdk/link.hpp"
#include "seams/random.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr auto nobody = "tcp://127.0.0.1:1";
constexpr auto longest_attempt = 3'001ms;
constexpr auto longest_backoff = 1'001ms;

/// A link to where nobody listens, on a clock of its own.
struct lonely {
  seeded_random random{1};
  link_setting setting{encode_hello_request({"test", {}, {}}), random};
  bool allowed = false;
  int asked = 0;
  std::vector<bool> ends;
  std::optional<troupe::link> to;
  monotonic_time now{std::chrono::hours{1}};

  lonely() {
    setting.may_reopen = [this](const std::string& where) {
      CHECK(where == nobody);
      ++asked;
      return allowed ? std::optional<std::chrono::milliseconds>{} : 100ms;
    };
    setting.reopened = [this](const std::string&, bool up) { ends.push_back(up); };
    to.emplace(std::vector<std::string>{nobody}, setting);
  }
  troupe::link::stage after(std::chrono::milliseconds time) {
    now += time;
    (void)to->advance(now, [] {});
    return to->where();
  }
};

} // namespace

TEST_CASE("the first connection asks nobody, one that is made again does") {
  lonely with;
  CHECK(with.after(0ms) == troupe::link::stage::connecting);
  CHECK(with.asked == 0);
  CHECK(with.after(longest_attempt) == troupe::link::stage::waiting);
  CHECK(with.after(longest_backoff) == troupe::link::stage::waiting); // refused
  CHECK(with.asked == 1);
  CHECK(with.setting.sockets_made == 1);
  with.to->hurry(with.now); // whoever waits for it does not change that
  CHECK(with.after(99ms) == troupe::link::stage::waiting);
  CHECK(with.asked == 1);
  CHECK(with.after(1ms) == troupe::link::stage::waiting);
  CHECK(with.asked == 2);
  with.allowed = true;
  CHECK(with.after(100ms) == troupe::link::stage::connecting);
  CHECK(with.setting.sockets_made == 2); // a fresh socket
  CHECK(with.ends.empty());
  CHECK(with.after(longest_attempt) == troupe::link::stage::waiting);
  CHECK(with.ends == std::vector<bool>{false});
}
