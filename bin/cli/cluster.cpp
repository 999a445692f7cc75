#include "bin/cli/cluster.hpp"

#include "net/admin_keys.hpp"

namespace troupe::cli {
namespace {

class sdk_cluster final : public cluster {
public:
  sdk_cluster(client connection, std::chrono::milliseconds deadline)
      : connection_(std::move(connection)), deadline_(deadline) {}

  result<call_reply> send(std::string_view context, aggregate_id target, std::string_view command,
                          std::string payload, call_options options) override {
    options.deadline = deadline_;
    return connection_.send(context, target, command, std::move(payload), std::move(options)).get();
  }
  result<call_reply> get(std::string_view context, aggregate_id target) override {
    return connection_.get(context, target, within_deadline()).get();
  }
  result<page> list(std::string_view context, page_request wanted) override {
    return connection_.list(context, std::move(wanted), within_deadline()).get();
  }
  result<value> admin(std::string_view verb, value arguments, std::string endpoint) override {
    auto options = within_deadline();
    options.endpoint = std::move(endpoint);
    return connection_.admin(verb, std::move(arguments), std::move(options)).get();
  }
  result<std::vector<map_member>> nodes() override {
    return connection_.nodes(within_deadline()).get();
  }
  result<std::vector<served_context>> contexts() override {
    return connection_.contexts(within_deadline()).get();
  }
  void subscribe(std::string_view context, shard_number shard, subscribe_request from,
                 client::event_callback on_events, client::end_callback on_end) override {
    (void)connection_.subscribe(context, shard, from, std::move(on_events), std::move(on_end));
  }

  void subscribe_node(std::string endpoint, subscribe_request from,
                      client::event_callback on_events, client::end_callback on_end) override {
    (void)connection_.subscribe_node(std::move(endpoint), from, std::move(on_events),
                                     std::move(on_end));
  }
  void tap_node(std::string endpoint, const tap_wish& wish, client::event_callback on_events,
                client::end_callback on_end) override {
    (void)connection_.tap_node(std::move(endpoint), wish, std::move(on_events), std::move(on_end));
  }

private:
  [[nodiscard]] call_options within_deadline() const {
    call_options options;
    options.deadline = deadline_;
    return options;
  }

  client connection_;
  std::chrono::milliseconds deadline_;
};

} // namespace

result<std::unique_ptr<cluster>> connect(const settings& how) {
  client_options options;
  options.endpoints = how.endpoints;
  options.deadline = how.timeout;
  options.name = "cli";
  options.role = how.role;
  if (!how.admin_key_file.empty()) {
    auto key = read_admin_key(how.admin_key_file);
    if (!key) return key.error();
    options.admin_key = std::move(*key);
  }
  auto connection = client::connect(std::move(options));
  if (!connection) return connection.error();
  return std::unique_ptr<cluster>{
      std::make_unique<sdk_cluster>(std::move(*connection), how.timeout)};
}

} // namespace troupe::cli
