#pragma once

#include "actors/port.hpp"
#include "messages/value.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace troupe {

/// Gathers the answers of several parts to one admin request and answers once.
/// Thread-safe; outlives the lanes' work.
class admin_desk final : public answer_port {
public:
  using merge = std::function<value(std::vector<value>)>;

  /// Fills in the way back of the requests to the parts, which the caller then sends. Parts that
  /// fail are left out, and the answer says in `missing` how many, together with the `absent` ones
  /// that could not be asked; if all fail, an error is the answer: one that says more than
  /// `not_found` before others.
  void gather(const origin& asker, std::vector<inbound>& parts, merge how, std::size_t absent = 0);
  void deliver(std::vector<answer>& batch) override;

private:
  struct gathering {
    origin asker;
    std::size_t open = 0;
    std::size_t missing = 0; ///< parts that did not say anything
    std::vector<value> said;
    std::optional<error> failure;
    merge how;
  };
  static void note_failure(gathering& of, const error& why);
  static void finish(gathering& of);

  std::mutex mutex_;
  std::uint64_t next_ = 1;
  std::map<std::uint64_t, gathering> open_; ///< bounded by the requests in flight
};

/// Answers one request right away.
void answer_now(const origin& to, std::variant<reply_content, error, event_push> content);

} // namespace troupe
