#include "bin/cli/kept_connections.hpp"

#include <utility>

namespace troupe::cli {
namespace {

/// Stands for a kept connection during one command.
class borrowed_cluster final : public cluster {
public:
  using maker = std::function<result<std::unique_ptr<cluster>>()>;
  borrowed_cluster(std::shared_ptr<cluster> kept, maker own)
      : kept_(std::move(kept)), make_own_(std::move(own)) {}

  result<call_reply> send(std::string_view context, aggregate_id target, std::string_view command,
                          std::string payload, call_options options) override {
    return kept_->send(context, target, command, std::move(payload), std::move(options));
  }
  result<call_reply> get(std::string_view context, aggregate_id target) override {
    return kept_->get(context, target);
  }
  result<page> list(std::string_view context, page_request wanted) override {
    return kept_->list(context, std::move(wanted));
  }
  result<value> admin(std::string_view verb, value arguments, std::string endpoint) override {
    return kept_->admin(verb, std::move(arguments), std::move(endpoint));
  }
  result<std::vector<map_member>> nodes() override { return kept_->nodes(); }
  result<std::vector<served_context>> contexts() override { return kept_->contexts(); }
  void subscribe(std::string_view context, shard_number shard, subscribe_request from,
                 client::event_callback on_events, client::end_callback on_end) override {
    if (auto* mine = own(on_end))
      mine->subscribe(context, shard, from, std::move(on_events), std::move(on_end));
  }
  void subscribe_node(std::string endpoint, subscribe_request from,
                      client::event_callback on_events, client::end_callback on_end) override {
    if (auto* mine = own(on_end))
      mine->subscribe_node(std::move(endpoint), from, std::move(on_events), std::move(on_end));
  }
  void tap_node(std::string endpoint, const tap_wish& wish, client::event_callback on_events,
                client::end_callback on_end) override {
    if (auto* mine = own(on_end))
      mine->tap_node(std::move(endpoint), wish, std::move(on_events), std::move(on_end));
  }

private:
  /// Null, and the subscription was told why.
  cluster* own(const client::end_callback& on_end) {
    if (own_ == nullptr) {
      auto made = make_own_();
      if (!made) {
        on_end(made.error());
        return nullptr;
      }
      own_ = std::move(*made);
    }
    return own_.get();
  }

  std::shared_ptr<cluster> kept_;
  maker make_own_;
  std::unique_ptr<cluster> own_;
};

/// Who asks and how; a node lets a connection do what it was opened for.
std::string key_of(const settings& how) {
  std::string key = std::to_string(how.timeout.count()) + ' ' +
                    std::to_string(static_cast<int>(how.role)) + ' ' + how.admin_key_file + '\n';
  for (const std::string& each : how.endpoints)
    key += ' ' + each;
  return key;
}

} // namespace

result<std::unique_ptr<cluster>> kept_connections::get(const settings& how) {
  auto& known = known_[key_of(how)];
  if (known == nullptr) {
    auto made = make_(how);
    if (!made) return made.error();
    known = std::move(*made);
  }
  return std::unique_ptr<cluster>{
      std::make_unique<borrowed_cluster>(known, [make = make_, how] { return make(how); })};
}

} // namespace troupe::cli
