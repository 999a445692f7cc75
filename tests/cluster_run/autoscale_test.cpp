#include "messages/taxi.hpp"
#include "tests/cluster_run/cluster_in_background.hpp"
#include "tests/support/client_ledger.hpp"
#include "tests/support/http_door.hpp"
#include "troupe/client.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

/// `troupe up --autoscale` over real nodes: as the load comes and goes, so do nodes, and no client
/// notices.
namespace troupe::test {
namespace {

/// Clients that call taxis and look at what they called, one call after the other: most through the
/// SDK, noted in a ledger, one through the gateway.
class callers {
public:
  static constexpr int through_sdk = 16;
  static constexpr std::size_t complaints_kept = 10;

  callers(std::vector<std::string> endpoints, http_place gateway, const std::filesystem::path& told)
      : told_(told), gateway_(std::move(gateway)) {
    client_options options;
    options.endpoints = std::move(endpoints);
    options.deadline = milliseconds{10'000};
    auto connected = client::connect(std::move(options));
    REQUIRE(connected);
    sdk_.emplace(std::move(*connected));
    for (int i = 0; i < through_sdk; ++i)
      threads_.emplace_back([this] { while_not_over([this] { call(); }); });
    threads_.emplace_back([this] { while_not_over([this] { call_over_http(); }); });
  }
  ~callers() { end(); }
  callers(const callers&) = delete;
  callers& operator=(const callers&) = delete;

  /// Only so many calls a second from here on, to see that answers go on coming.
  void calm_down() { calm_ = true; }
  void end() {
    over_ = true;
    for (auto& each : threads_)
      if (each.joinable()) each.join();
  }
  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  [[nodiscard]] std::uint64_t failed() const { return failed_; }
  [[nodiscard]] std::string complaints() const {
    const std::lock_guard lock{guard_};
    std::string text;
    for (const auto& each : complaints_)
      text += each + '\n';
    return text;
  }

private:
  void while_not_over(const std::function<void()>& what) {
    while (!over_) {
      what();
      if (calm_) (void)eventually([this] { return over_.load(); }, milliseconds{1'000});
    }
  }
  void count(bool fine, const std::string& what) {
    ++calls_;
    if (fine) return;
    ++failed_;
    const std::lock_guard lock{guard_};
    if (complaints_.size() < complaints_kept) complaints_.push_back(what);
  }
  void call() {
    const auto called = told_.send(*sdk_, "taxi.call", {}, taxi::call_taxi{3, "junja", 1'200});
    count(called.ok(), called ? "" : "call: " + called.error().message);
    if (!called) return;
    const auto seen = told_.get(*sdk_, "taxi.call", called->target);
    count(seen.ok(), seen ? "" : "get: " + seen.error().message);
  }
  void call_over_http() {
    const auto said = http_exchange(gateway_,
                                    {"POST",
                                     "/taxi/calls",
                                     R"({"customerId":3,"destination":"suji","cost":1200})",
                                     {{"Idempotency-Key", client_ledger::fresh_id().text()}}},
                                    milliseconds{10'000});
    count(said && said->status == 201,
          said ? "HTTP " + std::to_string(said->status) + ' ' + said->body : said.error().message);
  }

  client_ledger told_;
  http_place gateway_;
  std::optional<client> sdk_;
  std::atomic<bool> over_{false};
  std::atomic<bool> calm_{false};
  std::atomic<std::uint64_t> calls_{0};
  std::atomic<std::uint64_t> failed_{0};
  mutable std::mutex guard_;
  std::vector<std::string> complaints_;
  std::vector<std::thread> threads_;
};

TEST_CASE("load brings a second node and its end takes it away, and no request fails") {
  const cluster_in_background by;
  const auto how = by.run({"up",
                           "--detach",
                           "--autoscale",
                           "1..2",
                           "--target",
                           "cpu=6%",
                           "--scale-out-after",
                           "1s",
                           "--scale-in-after",
                           "3s",
                           "--scale-out-pause",
                           "1s",
                           "--scale-in-pause",
                           "3s",
                           "--system",
                           "taxi",
                           "--http",
                           "127.0.0.1:0",
                           "--listen-base",
                           "0"});
  INFO(how.output);
  REQUIRE(how.exit_code == 0);
  CHECK(by.whole(1));
  const auto told = by.scratch.path() / "told.jsonl";
  std::vector<std::string> endpoints;
  for (const auto& [node, endpoint] : by.of_nodes("endpoint"))
    endpoints.push_back(*endpoint.get_if<std::string>());
  const std::string url = text(by.status(), "gateway/address");
  const auto gateway = parse_http_place(url.substr(std::string_view{"http://"}.size()));
  REQUIRE(gateway);
  callers clients{endpoints, *gateway, told};
  const auto decided = [&](const char* what) {
    const auto log = by.run({"autoscale", "log", "-n", "100", "-o", "jsonl"});
    return log.output.find(what) != std::string::npos;
  };
  CHECK(eventually([&] { return decided(R"("what":"done","from":1,"to":2)"); }, 2 * patience));
  CHECK(by.whole(2));
  // Both work: the second has its share of the shards.
  CHECK(eventually([&] {
    const auto shards = by.of_nodes("shards");
    const auto found = shards.find("n2");
    const auto* count = found == shards.end() ? nullptr : found->second.get_if<std::int64_t>();
    return count != nullptr && *count > 0;
  }));
  CHECK(by.run({"scale", "1"}).exit_code == 7);
  clients.calm_down();
  CHECK(eventually([&] { return decided(R"("what":"done","from":2,"to":1)"); }, 2 * patience));
  CHECK(by.whole(1));
  const auto before = clients.calls();
  CHECK(eventually([&] { return clients.calls() > before + callers::through_sdk; }));
  clients.end();
  INFO(clients.complaints());
  CHECK(clients.failed() == 0);
  const auto log = by.run({"autoscale", "log", "-n", "100"});
  WARN(clients.calls() << " calls, " << clients.failed() << " failed\n" << log.output);
  const auto verified =
      run_program("troupe", {"verify", by.data, "--ledger", told.string()}, 2 * patience);
  INFO(verified.output);
  CHECK(verified.exit_code == 0);
}

} // namespace
} // namespace troupe::test
