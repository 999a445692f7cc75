#include "tests/support/client_ledger.hpp"

#include "messages/json.hpp"
#include "messages/value.hpp"
#include "seams/clock.hpp"
#include "seams/random.hpp"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace troupe::test {

namespace {

std::int64_t now_us() {
  const auto now = real_clock().monotonic().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::string_view outcome_of(const error& why) {
  if (why.code == errc::rejected) return "rejected";
  return info(why.code).effect == outcome::unknown ? "unknown" : "error";
}

} // namespace

client_ledger::client_ledger(const std::filesystem::path& file) : out_(file, std::ios::app) {
  if (!out_) throw std::runtime_error("cannot write the ledger " + file.string());
}

command_id client_ledger::fresh_id() {
  static std::mutex guard;
  static const auto random = real_random();
  const std::lock_guard lock{guard};
  const auto high = random->next();
  return command_id::make(real_clock().wall(), high, random->next());
}

client_ledger::call client_ledger::begin_command(std::string context, aggregate_id target,
                                                 command_id command) {
  return {"command", std::move(context), target, command, now_us()};
}

client_ledger::call client_ledger::begin_get(std::string context, aggregate_id target) {
  return {"get", std::move(context), target, {}, now_us()};
}

void client_ledger::end(const call& of, const result<call_reply>& answer) {
  value line{value::object{}};
  line["start_us"] = of.start_us;
  line["end_us"] = now_us();
  line["kind"] = of.kind;
  line["context"] = of.context;
  line["id"] = of.target.number;
  if (of.command.given()) line["command"] = of.command.text();
  if (answer) {
    line["id"] = answer->target.number;
    line["seq"] = answer->seq;
    line["epoch"] = answer->epoch.value;
    line["outcome"] = "ok";
  } else {
    line["outcome"] = outcome_of(answer.error());
    line["code"] = info(answer.error().code).name;
  }
  write(to_json(line));
}

void client_ledger::write(const std::string& line) {
  const std::lock_guard lock{guard_};
  out_ << line << '\n' << std::flush;
  if (!out_) throw std::runtime_error("the ledger cannot be written any more");
  ++lines_;
}

result<call_reply> client_ledger::send(client& through, const std::string& context,
                                       aggregate_id target, std::string_view command,
                                       std::string payload, call_options options) {
  if (!options.command.given()) options.command = fresh_id();
  const auto of = begin_command(context, target, options.command);
  auto answer = through.send(context, target, command, std::move(payload), options).get();
  end(of, answer);
  return answer;
}

result<call_reply> client_ledger::get(client& through, const std::string& context,
                                      aggregate_id target, call_options options) {
  const auto of = begin_get(context, target);
  auto answer = through.get(context, target, std::move(options)).get();
  end(of, answer);
  return answer;
}

std::uint64_t client_ledger::lines() const {
  const std::lock_guard lock{guard_};
  return lines_;
}

} // namespace troupe::test
