#include "tests/support/served_system.hpp"

#include "messages/json.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <mutex>
#include <thread>

namespace troupe::test {
namespace {

constexpr int posting_threads = 4;

[[nodiscard]] std::string body_text(const value& body) {
  return body.is_null() ? std::string{} : to_json(body);
}

/// Whether a command that was answered so is over without an effect.
[[nodiscard]] bool is_over(const http_said& said) {
  const auto code = errc_named(said.code());
  return code && info(*code).again == retry::new_command;
}

} // namespace

served_system::served_system(std::string system, const std::string& shards)
    : system_(std::move(system)),
      node_(scratch_.path() / "data", {"--system", system_, "--shards", shards}) {
  node_.start();
  gateway_ = std::make_unique<test_gateway>(node_.endpoint());
  nodes_ = std::make_unique<client>(connect_to(node_));
}

std::string served_system::path(const std::string& resource) const {
  return "/" + system_ + "/" + resource;
}

std::string served_system::path(const std::string& resource, std::int64_t id) const {
  return path(resource) + "/" + std::to_string(id);
}

http_said served_system::get(const std::string& resource, std::int64_t id) const {
  return gateway_->get(path(resource, id));
}

http_said served_system::post(const std::string& resource, const value& body) const {
  return gateway_->ask("POST", path(resource), body_text(body));
}

http_said served_system::change(const std::string& verb, const std::string& resource,
                                std::int64_t id, const value& body) const {
  return gateway_->ask(verb, path(resource, id), body_text(body));
}

std::int64_t served_system::made(const std::string& resource, const value& body) const {
  http_said said;
  const bool done = eventually([&] {
    said = post(resource, body);
    return said.status == 201 || !is_over(said);
  });
  INFO(resource << ": " << said.status << " " << said.code());
  REQUIRE(done);
  REQUIRE(said.status == 201);
  return number(said.body, "id");
}

bool served_system::shows(const std::string& resource, std::int64_t id, std::string_view field,
                          const value& wanted) const {
  return gateway_->shows(path(resource, id), field, wanted);
}

std::int64_t served_system::total(const std::string& resource) const {
  return gateway_->total(path(resource));
}

bool served_system::counts(const std::string& resource, std::int64_t wanted) const {
  return eventually([&] { return total(resource) == wanted; });
}

bool served_system::stop(const std::string& context) {
  return stop_context(*nodes_, system_ + "." + context);
}

bool served_system::start(const std::string& context) {
  return start_context(*nodes_, system_ + "." + context);
}

bool served_system::delay(const std::string& context, const std::string& how_long) {
  const auto said = admin(*nodes_, "context-delay",
                          value::object{{"context", system_ + "." + context}, {"delay", how_long}});
  return text(said, "delay") == how_long;
}

bool served_system::kill_and_restart() {
  node_.kill();
  node_.start();
  return all_up(*nodes_);
}

int served_system::times(const std::string& context, std::int64_t id, std::string_view event) {
  const auto said =
      admin(*nodes_, "history",
            value::object{{"context", system_ + "." + context}, {"id", id}, {"limit", 1'000}});
  int found = 0;
  const auto turns = part(said, "items");
  const auto* items = turns.get_if<value::array>();
  REQUIRE(items != nullptr);
  for (const auto& turn : *items) {
    const auto events = part(turn, "events");
    for (const auto& each : *events.get_if<value::array>())
      if (text(each, "name") == event) ++found;
  }
  return found;
}

void check_refused_as_down(const std::function<http_said()>& request) {
  const auto before = std::chrono::steady_clock::now();
  const auto said = request();
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds{3});
  CHECK(said.status == 503);
  const bool typed = said.code() == "CALLEE_FAILED" || said.code() == "CONTEXT_DOWN";
  INFO(said.code());
  CHECK(typed);
  CHECK_FALSE(said.header("Retry-After").empty());
}

struct persistent_posts::state {
  const test_gateway& to;
  std::string path;
  std::string body;
  int times = 0;
  std::atomic<int> next{0};
  std::atomic<bool> given_up{false};
  mutable std::mutex guard;
  std::vector<std::int64_t> ids;
  std::vector<std::thread> threads;

  void post_all() {
    for (int mine = next++; mine < times; mine = next++)
      post_one(mine);
  }

  void post_one(int which) {
    int round = 0;
    const bool answered = eventually(
        [&] {
          const auto said = to.ask("POST", path, body,
                                   {{"Idempotency-Key", "post " + std::to_string(which) +
                                                            " round " + std::to_string(round)}});
          if (is_over(said) || said.status == 409) ++round; // a late void may still hold something
          if (said.status != 201) return given_up.load();
          const std::lock_guard lock{guard};
          ids.push_back(number(said.body, "id"));
          return true;
        },
        2 * patience);
    if (!answered) given_up = true; // the others would wait as long, one after the other
  }
};

persistent_posts::persistent_posts(const test_gateway& to, std::string path, const value& body,
                                   int times)
    : state_(new state{to, std::move(path), to_json(body), times, {}, {}, {}, {}, {}}) {
  for (int i = 0; i < posting_threads; ++i)
    state_->threads.emplace_back([all = state_.get()] { all->post_all(); });
}

persistent_posts::~persistent_posts() {
  state_->given_up = true;
  (void)ids();
}

int persistent_posts::acknowledged() const {
  const std::lock_guard lock{state_->guard};
  return static_cast<int>(state_->ids.size());
}

std::vector<std::int64_t> persistent_posts::ids() {
  for (auto& each : state_->threads)
    if (each.joinable()) each.join();
  return state_->ids;
}

} // namespace troupe::test
