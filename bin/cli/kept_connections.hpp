#pragma once

#include "bin/cli/cluster.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace troupe::cli {

/// Connections that outlive the commands that asked for them: the next one with the same settings
/// gets the same. Of commands that subscribe to something it gives a connection of their own,
/// because subscriptions end with it. One thread.
class kept_connections {
public:
  using connector = std::function<result<std::unique_ptr<cluster>>(const settings&)>;
  explicit kept_connections(connector make) : make_(std::move(make)) {}

  [[nodiscard]] result<std::unique_ptr<cluster>> get(const settings& how);

private:
  connector make_;
  std::map<std::string, std::shared_ptr<cluster>> known_; ///< by what `settings` say of them
};

} // namespace troupe::cli
