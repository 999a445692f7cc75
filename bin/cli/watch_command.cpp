#include "bin/cli/fields.hpp"
#include "bin/cli/plain_text.hpp"
#include "bin/cli/tool.hpp"
#include "messages/json.hpp"

#include <limits>
#include <mutex>
#include <optional>
#include <ostream>

namespace troupe::cli {
namespace {

constexpr std::chrono::milliseconds one_look{60'000}; // only how often an idle wait is renewed

/// Prints events as they come. Called by the SDK's thread for events, by the command's own for the
/// rest; printing happens in the callback on purpose, so that a slow reader slows the node down.
class event_printer {
public:
  event_printer(std::ostream& out, const settings& how, std::string context, std::int64_t count_max)
      : out_(out), how_(how), context_(std::move(context)), left_(count_max) {}

  /// True once nothing more will be printed.
  bool print(const std::vector<published_event>& events) {
    const std::lock_guard guard{mutex_};
    for (const published_event& each : events) {
      if (left_ == 0) break;
      print_one_event(each);
      --left_;
    }
    out_.flush();
    return left_ == 0 || !out_;
  }
  void end(const error& why) {
    const std::lock_guard guard{mutex_};
    ended_ = why;
  }
  [[nodiscard]] bool complete() {
    const std::lock_guard guard{mutex_};
    return left_ == 0 || !out_;
  }
  [[nodiscard]] std::optional<error> ended() {
    const std::lock_guard guard{mutex_};
    return ended_;
  }

private:
  void print_one_event(const published_event& from) {
    const std::string name = context_ + '/' + std::to_string(from.aggregate.number);
    auto payload = decode_value(from.payload);
    const value shown = payload ? *payload : value{};
    if (how_.format == output_format::name) {
      out_ << name << '\n';
      return;
    }
    if (how_.format == output_format::table) {
      out_ << time_text(from.time_ms) << "  " << plain_line(name) << " #" << from.seq << "  "
           << plain_line(from.name) << "  " << plain_line(to_json(shown)) << '\n';
      return;
    }
    value item;
    item["kind"] = "Event";
    item["api"] = output_api;
    item["aggregate"] = name;
    item["seq"] = from.seq;
    item["event"] = from.name;
    item["time"] = time_text(from.time_ms);
    item["shard"] = from.shard.value;
    item["index"] = from.index.value;
    item["ordinal"] = from.ordinal;
    item["cause"] = from.cause.text();
    item["correlation"] = from.correlation;
    if (from.trace.given()) {
      item["trace"] = from.trace.trace_text();
      item["span"] = from.trace.span_text();
    }
    item["payload"] = shown;
    out_ << to_json(item) << '\n';
  }

  std::mutex mutex_;
  std::ostream& out_;
  const settings& how_;
  std::string context_;
  std::int64_t left_;
  std::optional<error> ended_;
};

struct wanted_events {
  std::optional<shard_number> shard; ///< not set: all
  subscribe_request from;
  std::int64_t count_max = std::numeric_limits<std::int64_t>::max();
};

result<wanted_events> read_options(const invocation& line) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  wanted_events out;
  if (const std::string shard = line.text("--shard"); shard != "all") {
    const auto number = parse_number(shard, 0, 65'535);
    if (!number) return fail(errc::malformed, "--shard: " + number.error().message + ", or all");
    out.shard = shard_number{static_cast<std::uint32_t>(*number)};
  }
  if (const std::string from = line.text("--from"); from == "now") {
    out.from.only_new = true;
  } else if (from != "beginning") {
    const auto index = parse_number(from, 1, most);
    if (!index)
      return fail(errc::malformed, "--from: " + index.error().message + ", beginning or now");
    out.from.from = record_index{static_cast<std::uint64_t>(*index)};
  }
  if (line.given("--count")) {
    const auto count = parse_number(line.text("--count"), 1, most);
    if (!count) return fail(errc::malformed, "--count: " + count.error().message);
    out.count_max = *count;
  }
  return out;
}

/// The shards to follow; one of them must be named if the position is that of one shard.
std::variant<std::vector<shard_number>, failure> shards_of(const wanted_events& wanted,
                                                           const served_context& context) {
  const std::string what = "cannot watch " + context.name;
  const std::string last = std::to_string(context.shards - 1);
  if (wanted.shard) {
    if (wanted.shard->value < context.shards) return std::vector{*wanted.shard};
    return usage_failure(what, "there is no shard " + std::to_string(wanted.shard->value),
                         "--shard 0 to " + last);
  }
  if (wanted.from.from.value > 1 && context.shards > 1)
    return usage_failure(what,
                         "a record's number counts inside one shard, and there are " +
                             std::to_string(context.shards),
                         "--shard 0 to " + last);
  std::vector<shard_number> all;
  for (std::uint32_t i = 0; i < context.shards; ++i)
    all.push_back({i});
  return all;
}

command_result watch(command_call& call) {
  auto parsed = parse_context(call.line.arguments[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const std::string name = std::get<const context_info*>(parsed)->full_name();
  const std::string what = "cannot watch " + name;
  const auto wanted = read_options(call.line);
  if (!wanted) return failed(what, wanted.error(), "`troupe watch --help`");
  if (std::get<const context_info*>(parsed)->kind == context_kind::view)
    return usage_failure(what, "it is a view: it has rows, not events",
                         "watch one of the contexts it is made from");

  // Before the connection: its thread must inherit the blocked signals.
  const auto stop = call.around.listen();
  event_printer printer{call.around.out, call.how, name, wanted->count_max};
  auto nodes = call.around.connect(call.how);
  if (!nodes) return failed(what, nodes.error());
  const auto served = (*nodes)->contexts();
  if (!served) return failed(what, served.error());
  served_context context{name};
  for (const served_context& each : *served)
    if (each.name == name) context = each;
  const auto shards = shards_of(*wanted, context);
  if (const auto* wrong = std::get_if<failure>(&shards)) return *wrong;
  for (const shard_number shard : std::get<std::vector<shard_number>>(shards)) {
    subscribe_request from = wanted->from;
    from.shard = shard;
    (*nodes)->subscribe(
        name, shard, from,
        [&](const std::vector<published_event>& events, record_index) {
          if (printer.print(events)) stop->wake();
        },
        [&](const error& why) {
          printer.end(why);
          stop->wake();
        });
  }
  bool stopped = false;
  while (!stopped && !printer.complete() && !printer.ended())
    stopped = stop->wait(one_look);
  const auto ended = printer.ended();
  nodes->reset(); // the last callback comes before this returns
  if (ended && !printer.complete()) return failed(what, *ended);
  // Ctrl-C is the normal end, unless so many events were asked for.
  return stopped && call.line.given("--count") ? stop->reason() : exit_code::done;
}

} // namespace

void add_watch_command(command_handlers& to) {
  to["watch"] = watch;
}

} // namespace troupe::cli
