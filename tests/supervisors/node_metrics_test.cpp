#include "messages/taxi.hpp"
#include "supervisors/node.hpp"
#include "tests/actors/simulated.hpp"
#include "tests/supervisors/waiting.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdlib>

using namespace troupe;
using namespace troupe::test;

namespace {

/// A node of the taxi system on storage in memory, and callers that only count answers.
struct measured final : answer_port {
  mortal_storage disk{std::shared_ptr<storage>{make_memory_storage()}};
  std::unique_ptr<node> one;
  std::atomic<std::uint64_t> answered{0};
  std::uint64_t last = 0;

  explicit measured(node_options options = {}) {
    options.systems = {"taxi"};
    one = node::start(std::move(options), disk, real_clock()).value();
    REQUIRE(eventually([&] { return one->ready(); }));
  }
  ~measured() override { one->stop(); }
  void deliver(std::vector<answer>& batch) override {
    answered += batch.size();
    batch.clear();
  }
  /// Sends a command and waits for its answer, whatever it is.
  void send(request asked) {
    const auto before = answered.load();
    asked.context = "taxi.call";
    asked.command = command_id::make(real_clock().wall(), ++last, 99);
    std::vector<inbound> batch(1);
    batch[0].from = {this, 1, last};
    batch[0].deadline = real_clock().monotonic() + std::chrono::seconds{10};
    batch[0].content = std::move(asked);
    one->submit(batch);
    REQUIRE(eventually([&] { return answered.load() > before; }));
  }
  void send(std::string_view name, std::string payload) {
    request asked;
    asked.name = name;
    asked.payload = std::move(payload);
    send(std::move(asked));
  }
  /// The number in the line of that series; -1 if there is none.
  double number(const std::string& series) {
    const auto text = "\n" + one->metrics().text();
    const auto at = text.find("\n" + series + ' ');
    UNSCOPED_INFO(series);
    return at == std::string::npos ? -1 : std::atof(text.c_str() + at + series.size() + 2);
  }
};

std::string of_call(const std::string& family, const std::string& more = {}) {
  return family + "{context=\"taxi.call\"" + more + "}";
}

} // namespace

TEST_CASE("What a node does is seen in its metrics", "[node]") {
  measured with;
  const auto accepted = of_call("troupe_commands_total", ",outcome=\"accepted\"");
  CHECK(with.number(accepted) == 0);
  for (int i = 0; i < 3; ++i)
    with.send(taxi::call_taxi::name, encoded(taxi::call_taxi{1, "junja", 500}));
  with.send("noSuchCommand", {});
  CHECK(with.number(of_call("troupe_refusals_total", ",code=\"UNKNOWN_COMMAND\"")) == 1);
  CHECK(with.number(accepted) >= 3);
  CHECK(eventually(
      [&] { return with.number(of_call("troupe_command_duration_seconds_count")) == 3; }));
  CHECK(with.number(of_call("troupe_command_duration_seconds_sum")) > 0);
  CHECK(with.number(of_call("troupe_command_duration_seconds_bucket", ",le=\"+Inf\"")) == 3);
  CHECK(with.number(of_call("troupe_commit_duration_seconds_count")) >= 1);
  CHECK(with.number(of_call("troupe_commit_records_sum")) >= 3);
  CHECK(with.number(of_call("troupe_shards_owned")) == 4);
  CHECK(with.number(of_call("troupe_context_up")) == 1);
  const auto ages = with.number("troupe_mailbox_age_seconds_count{lane=\"0\"}") +
                    with.number("troupe_mailbox_age_seconds_count{lane=\"1\"}");
  CHECK(ages >= 3);
  CHECK(with.number("troupe_mailbox_age_recent_p99_seconds") > 0);
  CHECK(with.number("troupe_node_live") == 1);
  CHECK(with.number("troupe_process_cpu_seconds_total") > 0);
  CHECK(with.number("troupe_process_open_fds") > 2);
  CHECK(with.number("troupe_uptime_seconds") >= 0);
  CHECK(with.number("troupe_healing_on{action=\"restart-shard\"}") == 1);
}

TEST_CASE("Every family that a node tells is one that nodes have, with all its labels", "[node]") {
  measured with;
  const auto families = with.one->metrics().families();
  for (const auto& each : *families.get_if<value::array>()) {
    const auto& name = *each.find("name")->get_if<std::string>();
    INFO(name);
    const auto* known = find_metric(name);
    REQUIRE(known != nullptr);
    CHECK(known->node);
    for (const auto& sample : *each.find("samples")->get_if<value::array>())
      CHECK(sample.find("labels")->get_if<value::object>()->size() == known->label_names().size());
  }
}

TEST_CASE("A node that measures nothing has no histograms, and answers all the same", "[node]") {
  node_options options;
  options.measures = false;
  measured with{options};
  with.send(taxi::call_taxi::name, encoded(taxi::call_taxi{1, "junja", 500}));
  CHECK(with.number(of_call("troupe_command_duration_seconds_count")) == -1);
  CHECK(with.number(of_call("troupe_journal_records")) >= 0);
}

TEST_CASE("Sources beside the node add to its metrics", "[node]") {
  measured with;
  with.one->add_metrics([](metric_page& to) { to.add(metric::disk_free, 7); });
  CHECK(with.number("troupe_disk_free_bytes") == 7);
}
