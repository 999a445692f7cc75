#pragma once

#include "messages/metric_page.hpp"
#include "net/gateway/http_application.hpp"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace troupe {

/// What the pages of a node are made from; every function from any thread, none waits for a lane.
struct node_page_sources {
  std::function<metric_page()> metrics;
  std::function<bool(std::string* why)> live;
  std::function<bool(std::vector<std::string>* waiting)> ready;
};

/// The few HTTP pages of a node, for monitoring systems: `/metrics`, `/health/live`,
/// `/health/ready`. It serves no context: that is the gateway's work.
class node_pages final : public gateway::http_application {
public:
  node_pages(node_page_sources from, const clock& time) : from_(std::move(from)), time_(time) {}

  void handle(const gateway::http_request& request, responder respond) override;
  [[nodiscard]] gateway::http_response refusal(const error& failure, std::uint16_t status,
                                               std::string_view raw_target) override;
  void start_draining() override { draining_ = true; }
  [[nodiscard]] std::atomic<std::uint32_t>& connections() override { return connections_; }
  [[nodiscard]] const clock& time() const override { return time_; }

private:
  [[nodiscard]] gateway::http_response answer(const gateway::http_request& request);

  const node_page_sources from_;
  const clock& time_;
  std::atomic<bool> draining_{false};
  std::atomic<std::uint32_t> connections_{0};
};

} // namespace troupe
