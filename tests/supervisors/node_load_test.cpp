#include "supervisors/node_load.hpp"

#include "actors/actor_runtime.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

/// A part that takes everything and answers nobody.
class sink final : public lane_part {
public:
  void receive(inbound&) override {}
  void receive(answer&) override {}
  void commit() override {}
  bool maintain(bool) override { return false; }
};

/// A lane that the test steps, on a clock that stands still.
struct stage {
  actor_runtime runtime;
  simulated_clock time;
  nanoseconds used{0};
  struct nowhere final : request_handler {
    void submit(std::vector<inbound>& batch) override { batch.clear(); }
  } router;
  std::vector<std::unique_ptr<lane>> lanes;
  std::vector<std::unique_ptr<context_state>> contexts;
  cpu_meter cpu{time, [this] { return used; }};

  stage() {
    for (int i = 0; i < 2; ++i) {
      lanes.push_back(std::make_unique<lane>(lane_options{}, runtime, router, time));
      lanes.back()->add({0, 0}, std::make_unique<sink>());
    }
  }
  void post(std::size_t to, int count, request_kind kind = request_kind::command) {
    std::vector<lane::mail> batch;
    for (int i = 0; i < count; ++i) {
      batch.push_back({{0, 0}, {}});
      batch.back().what.content.kind = kind;
    }
    lanes[to]->post(batch);
  }
  value load() { return load_of(cpu, lanes, contexts, time.monotonic()); }
  double number(const char* key) {
    const value said = load();
    const value* held = said.find(key);
    REQUIRE(held != nullptr);
    if (const auto* whole = held->get_if<std::int64_t>()) return static_cast<double>(*whole);
    const auto* real = held->get_if<double>();
    REQUIRE(real != nullptr);
    return *real;
  }
};

} // namespace

TEST_CASE("How long commands waited for their turn, over all lanes") {
  stage on;
  on.post(0, 80);
  on.time.advance(milliseconds{10});
  on.post(1, 20);
  on.time.advance(milliseconds{30});
  CHECK(on.number("waiting") == 100);
  CHECK(on.number("mailbox_oldest_ms") == 40);
  CHECK(on.number("mailbox_p99_ms") == 0); // none had its turn yet
  for (auto& each : on.lanes) {
    CHECK(each->step());
    CHECK_FALSE(each->step()); // now it has counted out what it took up
  }
  CHECK(on.number("waiting") == 0);
  CHECK(on.number("mailbox_oldest_ms") == 0);
  CHECK(on.number("mailbox_p50_ms") == Approx(40).epsilon(0.13));
  on.time.advance(milliseconds{460}); // half a second is over
  CHECK(on.number("commands_per_s") == Approx(100 / 5.5).epsilon(0.001));
  on.post(0, 400);
  on.lanes[0]->step();
  CHECK(on.number("mailbox_p50_ms") < 0.01); // at once
  CHECK(on.number("mailbox_p95_ms") == Approx(40).epsilon(0.13));
  on.time.advance(milliseconds{7'000});
  CHECK(on.number("mailbox_p95_ms") == 0);
  CHECK(on.number("commands_per_s") == 0);
}

TEST_CASE("Only commands count: nothing else has a turn") {
  stage on;
  on.post(0, 10, request_kind::query);
  on.time.advance(milliseconds{500});
  on.lanes[0]->step();
  CHECK(on.number("commands_per_s") == 0);
}

TEST_CASE("Processor time is over the last second, whoever asks how often") {
  stage on;
  CHECK(on.load().find("cpu_percent")->is_null());
  on.time.advance(milliseconds{1'000});
  on.used += milliseconds{250};
  CHECK(on.number("cpu_percent") == 25);
  on.time.advance(milliseconds{500});
  on.used += milliseconds{500};
  CHECK(on.number("cpu_percent") == 25); // of the last whole interval
  on.time.advance(milliseconds{500});
  CHECK(on.number("cpu_percent") == 50);
  on.time.advance(milliseconds{10'000});
  on.used += milliseconds{15'000}; // two threads, half the time
  CHECK(on.number("cpu_percent") == 150);
}

TEST_CASE("The process itself is measured") {
  const auto before = process_cpu_time();
  volatile std::uint64_t work = 0;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (process_cpu_time() == before && std::chrono::steady_clock::now() < until)
    for (int i = 0; i < 100'000; ++i)
      work = work + 1;
  CHECK(process_cpu_time() > before);
  CHECK(process_resident_bytes() > 1'000'000);
}
