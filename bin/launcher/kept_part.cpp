#include "bin/launcher/kept_part.hpp"

#include "bin/cli/plain_text.hpp"
#include "bin/launcher/log_files.hpp"

#include <algorithm>
#include <csignal>

namespace troupe::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds leave_deadline{60'000};
constexpr milliseconds adopted_answers_within{4'000}; // one that had announced itself
constexpr int exit_escalated = 70;
constexpr int exit_stuck = 71;
constexpr int exit_lease_lost = 75;

/// Without the options whose values differ from start to start.
std::vector<std::string> lasting(std::vector<std::string> words) {
  for (const char* each : {"--listen", "--expect", "--node"})
    for (auto at = std::find(words.begin(), words.end(), each);
         at != words.end() && at + 1 != words.end();
         at = std::find(words.begin(), words.end(), each))
      words.erase(at, at + 2);
  return words;
}

} // namespace

void kept_part::adopt() {
  auto taken = node_process::adopt(plan_.identity);
  if (!taken) {
    std::error_code ignored; // it says nothing that is true any more
    if (std::filesystem::remove(plan_.identity, ignored))
      say("an earlier launcher's process is gone");
    return;
  }
  process_ = std::move(*taken);
  address_ = process_->who().address;
  say("taken over from an earlier launcher (pid " + std::to_string(pid()) + ")");
  const bool announced = !address_.empty();
  rules_.adopted(around_.time.monotonic(),
                 announced ? adopted_answers_within : around_.limits.start_patience);
  if (announced && !as_planned())
    say("runs with other settings than those of now; a restart applies them");
}

bool kept_part::as_planned() const {
  if (!process_) return true;
  auto words = process_->who().command;
  if (words.empty() || words.front() != plan_.program) return false;
  words.erase(words.begin());
  return lasting(std::move(words)) == lasting(plan_.arguments(address_));
}

bool kept_part::look() {
  if (!process_) return false;
  process_->poll();
  if (!process_->running()) {
    note_end();
    return true;
  }
  note_life();
  return false;
}

void kept_part::note_end() {
  const auto code = process_->exit_code();
  const bool was_killed = rules_.state() == part_state::hung;
  rules_.ended(around_.time.monotonic(), {process_->end_text(), code == exit_lease_lost},
               around_.random);
  std::string line = process_->end_text();
  if (code == exit_lease_lost) line += " (its lease was lost)";
  if (code == exit_escalated) line += " (its supervisors gave up)";
  if (code == exit_stuck) line += " (a handler did not return; the stack is in its log)";
  if (rules_.state() == part_state::backoff)
    line += "; starts again in " + duration_text(rules_.pause().count());
  if (rules_.state() == part_state::crash_loop) {
    line += "; crash-loop: " + std::to_string(around_.limits.ends_max) + " ends within " +
            duration_text(around_.limits.ends_within.count()) + ", it is not started again";
    const auto last = last_lines(plan_.log, 1);
    line += "; its last words: " + (last.empty() ? std::string{"none"} : last.front()) +
            "; log: " + plan_.log.string();
  }
  if (!was_killed || rules_.state() != part_state::stopped) say(line);
  process_.reset();
  link_.reset();
  probe_.reset();
}

void kept_part::note_life() {
  const monotonic_time now = around_.time.monotonic();
  const std::string prefix =
      std::filesystem::path{plan_.program}.filename().string() + " listening on ";
  if (!process_->find_address(prefix)) return;
  const bool was_up = rules_.state() != part_state::starting;
  address_ = process_->who().address;
  if (!plan_.is_node) {
    note_gateway(now);
  } else {
    if (!link_) link_ = std::make_unique<node_link>(around_.sockets, address_, plan_.name);
    link_->look(now);
    if (link_->answered()) rules_.answered(*link_->answered());
    if (auto answer = link_->answer(now)) {
      leave_answer_ = answer->ok() ? result<void>{} : result<void>{answer->error()};
      if (answer->ok()) rules_.drains();
    }
  }
  if (!was_up && rules_.state() == part_state::up)
    say("up (pid " + std::to_string(pid()) + ", " + address_ + ")");
}

/// Whoever announces HTTP serves it; from then on it has to answer.
void kept_part::note_gateway(monotonic_time now) {
  if (!probe_) {
    constexpr std::string_view scheme = "http://";
    const std::string_view url = address_;
    const auto place = parse_http_place(url.starts_with(scheme) ? url.substr(scheme.size()) : url);
    probe_ = std::make_unique<http_probe>(place ? *place : http_place{});
    rules_.answered(now);
  }
  probe_->look(now);
  if (!probe_->can_ask())
    rules_.answered(now);
  else if (probe_->answered())
    rules_.answered(*probe_->answered());
}

void kept_part::act() {
  switch (rules_.next(around_.time.monotonic())) {
  case part_order::nothing:
    return;
  case part_order::start:
    return start();
  case part_order::terminate:
    say("is told to end (SIGTERM)");
    process_->signal(SIGTERM);
    return;
  case part_order::kill:
    say(rules_.why() + "; killed (SIGKILL)");
    process_->signal(SIGKILL);
    return;
  }
}

void kept_part::start() {
  leave_answer_.reset();
  link_.reset();
  probe_.reset();
  auto started = node_process::start({plan_.name, plan_.program, plan_.arguments(address_),
                                      plan_.log, plan_.identity, plan_.dies_with_us});
  if (!started) {
    rules_.ended(around_.time.monotonic(), {"could not be started: " + started.error().message},
                 around_.random);
    say(rules_.why());
    return;
  }
  process_ = std::move(*started);
  say("started (pid " + std::to_string(pid()) + ")");
}

void kept_part::leave() {
  leave_answer_.reset();
  if (link_)
    link_->ask("leave", value{value::object{}}, around_.time.monotonic(), leave_deadline);
  else
    leave_answer_ = result<void>{fail(errc::unreachable, "it is not up")};
}

part_facts kept_part::facts() const {
  part_facts out;
  out.state = rules_.state();
  out.failures = rules_.failures();
  out.why = rules_.why();
  out.leave_answer = leave_answer_;
  return out;
}

} // namespace troupe::cli
