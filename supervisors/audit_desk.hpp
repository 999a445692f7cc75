#pragma once

#include "actors/port.hpp"
#include "messages/value.hpp"
#include "persistence/audit_journal.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace troupe {

/// Has operators' verbs written down: one that changes something is in the audit journal before it
/// is done, and how it ended before its caller hears of it. What cannot be written down is not
/// done. Who looks at what callers sent is written down too, once a minute for each caller, verb
/// and context, because looking again and again is what people do.
///
/// Its thread alone writes, since a commit takes milliseconds and neither lanes nor the net loop
/// can wait. Thread rules: every method from any thread.
class audit_desk final : public answer_port {
public:
  static constexpr std::size_t open_max = 1'000; ///< verbs on their way; more are refused
  static constexpr std::chrono::seconds look_again_after{60};

  /// `perform` does a verb: exactly one answer follows at the desk. The journal outlives it.
  audit_desk(audit_journal& journal, const clock& time, std::string node,
             std::function<void(inbound&)> perform);
  ~audit_desk() override { stop(); }

  /// Whether a request goes through the desk; not again when it comes from there.
  [[nodiscard]] bool takes(const inbound& asked) const;
  void take(inbound& asked);
  void deliver(std::vector<answer>& batch) override;
  /// Writes what has come and ends the thread; later answers pass through. Idempotent.
  void stop();

private:
  struct open_verb {
    inbound asked;
    std::uint64_t position = 0; ///< in the journal; 0: it is not written down
  };

  void run();
  void write_ends(std::vector<answer>& answers);
  void begin(std::vector<inbound>& asked);
  void show(const inbound& asked);
  [[nodiscard]] bool is_news(const inbound& asked, const audit_entry& as);
  [[nodiscard]] std::map<std::uint64_t, open_verb>::node_type closed(std::uint64_t number);

  audit_journal& journal_;
  const clock& time_;
  const std::string node_;
  const std::function<void(inbound&)> perform_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<inbound> asked_;
  std::vector<answer> answered_;
  std::map<std::uint64_t, open_verb> open_;
  std::uint64_t next_ = 1;
  bool stopping_ = false, stopped_ = false;

  std::map<std::string, monotonic_time> looked_; ///< of the thread
  std::mutex joining_;
  std::thread thread_;
};

/// What is written down of a verb's arguments: what callers sent is left out.
[[nodiscard]] value audited_arguments(const value& arguments);

} // namespace troupe
