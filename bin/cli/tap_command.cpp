#include "bin/cli/fields.hpp"
#include "bin/cli/plain_text.hpp"
#include "bin/cli/tool.hpp"
#include "messages/json.hpp"

#include <charconv>
#include <mutex>
#include <optional>
#include <ostream>

/// tap: a sample of the turns of all nodes, as they come, for a while.
namespace troupe::cli {
namespace {

std::string cell_of(const value& item, std::string_view name) {
  const value* held = item.find(name);
  return held == nullptr || held->is_null() ? std::string{"-"} : cell_text(*held);
}

std::int64_t number_of(const value& item, std::string_view name) {
  const value* held = item.find(name);
  const auto* number = held == nullptr ? nullptr : held->get_if<std::int64_t>();
  return number == nullptr ? 0 : *number;
}

/// Prints turns of several nodes as they come, on the SDK's thread.
class turn_printer {
public:
  turn_printer(command_call& call, std::int64_t most)
      : out_(call.around.out), err_(call.around.err), how_(call.how), left_(most) {}

  /// True once nothing more will be printed.
  bool take(const std::string& node, const std::vector<published_event>& turns) {
    const std::lock_guard guard{mutex_};
    for (const auto& each : turns) {
      if (left_ == 0) break;
      print_turn(node, each);
      --left_;
    }
    out_.flush();
    return over();
  }
  void end(const std::string& node, const error& why) {
    const std::lock_guard guard{mutex_};
    err_ << plain_line("note: the tap of node " + node + " ended: " + why.message) << '\n';
    refused_ = why;
    ++ended_;
  }
  [[nodiscard]] bool complete() {
    const std::lock_guard guard{mutex_};
    return over();
  }
  /// Nodes that do not tell anything, or no more.
  [[nodiscard]] std::size_t ended() {
    const std::lock_guard guard{mutex_};
    return ended_;
  }
  /// Why nobody tells anything.
  [[nodiscard]] std::optional<error> refused(std::size_t nodes) {
    const std::lock_guard guard{mutex_};
    return ended_ >= nodes ? refused_ : std::nullopt;
  }
  [[nodiscard]] std::int64_t dropped() {
    const std::lock_guard guard{mutex_};
    return dropped_;
  }

private:
  [[nodiscard]] bool over() const { return left_ == 0 || !out_; }

  void print_turn(const std::string& node, const published_event& from) {
    const auto payload = decode_value(from.payload);
    value said = payload ? *payload : value{value::object{}};
    dropped_ += number_of(said, "dropped");
    if (how_.format == output_format::name) {
      out_ << plain_line(cell_of(said, "id")) << '\n';
      return;
    }
    if (how_.format == output_format::table) {
      out_ << time_text(from.time_ms) << "  " << plain_line(node) << "  "
           << plain_line(cell_of(said, "id")) << "  " << plain_line(cell_of(said, "command"))
           << "  " << colored_state(plain_line(cell_of(said, "outcome")), how_.color) << "  "
           << number_of(said, "us") << " us\n";
      return;
    }
    value item;
    item["kind"] = "Turn";
    item["api"] = output_api;
    item["node"] = node;
    item["time"] = time_text(from.time_ms);
    for (const char* name : {"id", "context", "command", "command_id", "outcome", "us",
                             "correlation", "trace", "dropped"})
      if (const value* held = said.find(name)) item[name] = *held;
    item["turn"] = said.find("kind") == nullptr ? value{} : *said.find("kind");
    out_ << to_json(item) << '\n';
  }

  std::mutex mutex_;
  std::ostream& out_;
  std::ostream& err_;
  const settings& how_;
  std::int64_t left_;
  std::int64_t dropped_ = 0;
  std::optional<error> refused_;
  std::size_t ended_ = 0;
};

/// "1%", "0.5%" or "0.01".
result<double> parse_share(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  double share = 0.0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (wrong != std::errc{} || end != text.data() + text.size())
    return fail(errc::malformed, "a share such as 1% or 0.01");
  if (percent) share /= 100.0;
  if (!(share > 0.0 && share <= 1.0)) return fail(errc::malformed, "over 0 and at most 100%");
  return share;
}

result<tap_wish> read_wish(const invocation& line) {
  tap_wish to;
  if (!line.arguments.empty()) to.context = line.arguments[0];
  const auto share = parse_share(line.text("--sample"));
  if (!share) return fail(errc::malformed, "--sample: " + share.error().message);
  to.sample = *share;
  const auto most = parse_number(line.text("--most"), 1, tap_wish::most_per_s_max);
  if (!most) return fail(errc::malformed, "--most: " + most.error().message);
  to.most_per_s = static_cast<std::uint32_t>(*most);
  const auto lasts = parse_duration(line.text("--for"));
  if (!lasts) return fail(errc::malformed, "--for: " + lasts.error().message);
  if (lasts->count() < 1 || *lasts > tap_wish::for_max)
    return fail(errc::malformed, "--for: 1ms to 5m; a tap costs what it shows");
  to.lasts = *lasts;
  to.credit = 4'096; // what a slow terminal does not take is dropped at the node, and counted
  return to;
}

command_result tap(command_call& call) {
  const std::string what = "cannot listen to turns";
  const auto wish = read_wish(call.line);
  if (!wish) return failed(what, wish.error(), "`actor-inspector tap --help`");
  std::int64_t most = -1; // as many as come
  if (call.line.given("--limit")) {
    const auto limit = parse_number(call.line.text("--limit"), 1, 1'000'000);
    if (!limit) return usage_failure(what, "--limit: " + limit.error().message, "--limit 100");
    most = *limit;
  }
  // Before the connection: its thread must inherit the blocked signals.
  const auto stop = call.around.listen();
  turn_printer printer{call, most};
  auto nodes = call.around.connect(call.how);
  if (!nodes) return failed(what, nodes.error());
  const auto members = (*nodes)->nodes();
  if (!members) return failed(what, members.error());
  for (const map_member& each : *members)
    (*nodes)->tap_node(
        each.endpoint, *wish,
        [&printer, &stop, node = each.node](const std::vector<published_event>& turns,
                                            record_index) {
          if (printer.take(node, turns)) stop->wake();
        },
        [&printer, &stop, node = each.node](const error& why) {
          printer.end(node, why);
          stop->wake();
        });
  const auto until = call.around.time.monotonic() + wish->lasts;
  while (!printer.complete() && !printer.refused(members->size())) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - call.around.time.monotonic());
    if (left.count() <= 0 || stop->wait(left)) break; // Ctrl-C is a normal end too
  }
  const auto refused = printer.refused(members->size());
  const bool all = printer.ended() == 0; // before the end of the connection ends the rest
  nodes->reset();                        // the last callback comes before this returns
  if (refused) return failed(what, *refused);
  if (const auto dropped = printer.dropped(); dropped > 0)
    call.around.err << dropped << " turns were left out: more than --most a second\n";
  return all ? exit_code::done : exit_code::partly_done;
}

} // namespace

void add_tap_command(command_handlers& to) {
  to["tap"] = tap;
}

} // namespace troupe::cli
