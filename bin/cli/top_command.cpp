#include "bin/cli/every_node.hpp"
#include "bin/cli/fields.hpp"
#include "bin/cli/plain_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ostream>

/// top: the actors that come first in some order, of all nodes.
namespace troupe::cli {
namespace {

constexpr std::string_view doing = "cannot show the busiest actors";

struct top_look {
  value arguments{value::object{}};
  std::string by;
  std::size_t limit = 0;
  std::chrono::milliseconds window{0};
};

double figure_in(const value& from, std::string_view name) {
  const value* held = from.find(name);
  if (held == nullptr) return 0.0;
  if (const auto* whole = held->get_if<std::int64_t>()) return static_cast<double>(*whole);
  const auto* share = held->get_if<double>();
  return share == nullptr ? 0.0 : *share;
}

std::string_view member_of(std::string_view by) {
  if (by == "p99") return "p99_us";
  return by == "memory" ? "memory_bytes" : by;
}

std::string bytes_cell(const value& item, std::string_view name) {
  const value* held = item.find(name);
  if (held == nullptr || held->is_null()) return "-";
  auto bytes = figure_in(item, name);
  std::string_view unit = "B";
  for (const std::string_view next : {"KiB", "MiB", "GiB"}) {
    if (bytes < 1024.0) break;
    bytes /= 1024.0;
    unit = next;
  }
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), unit == "B" ? "%.0f" : "%.1f", bytes);
  return std::string{text.data()} + " " + std::string{unit};
}

std::string rate_cell(const value& item) {
  const value* held = item.find("rate");
  if (held == nullptr || held->is_null()) return "-";
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), "%.1f", figure_in(item, "rate"));
  return text.data();
}

/// A time that is known of its shard only has a `~`.
std::string p99_cell(const value& item) {
  const value* held = item.find("p99_us");
  if (held == nullptr || held->is_null()) return "-";
  const value* of = item.find("p99_of");
  const bool of_shard = of != nullptr && *of == value{"shard"};
  return (of_shard ? "~" : "") + cell_text(*held) + " us";
}

std::string age_cell(const value& item) {
  const value* held = item.find("head_age_ms");
  const auto* ms = held == nullptr ? nullptr : held->get_if<std::int64_t>();
  return ms == nullptr ? std::string{"-"} : duration_text(*ms);
}

/// The nodes' lists as one.
listing merged(const nodes_said& said, const top_look& look) {
  listing shown;
  shown.kind = "TopList";
  shown.items = said.items("items");
  std::ranges::stable_sort(shown.items, [&](const value& a, const value& b) {
    return std::pair{figure_in(a, member_of(look.by)), figure_in(a, "rate")} >
           std::pair{figure_in(b, member_of(look.by)), figure_in(b, "rate")};
  });
  if (shown.items.size() > look.limit) shown.items.resize(look.limit);
  shown.columns = {
      member_column("ACTOR", "id"),
      member_column("NODE", "node"),
      member_column("STATE", "state", true),
      member_column("MAILBOX", "mailbox"),
      {"OLDEST", age_cell, false},
      {"RATE/S", rate_cell, false},
      {"P99", p99_cell, false},
      member_column("RESTARTS", "restarts"),
      {"MEMORY", [](const value& item) { return bytes_cell(item, "memory_bytes"); }, false},
      member_column("GROWTH", "growth")};
  shown.name = [](const value& item) { return cell_text(*item.find("id")); };
  double residents = 0;
  double window = 0;
  double took = 0;
  value::array silent;
  for (const auto& each : said.answers) {
    residents += figure_in(each.answer, "residents");
    window = std::max(window, figure_in(each.answer, "window_ms"));
    took += figure_in(each.answer, "took_us");
  }
  for (const auto& each : said.silent)
    silent.emplace_back(each.node);
  shown.extra = {{"by", look.by},
                 {"residents", static_cast<std::int64_t>(residents)},
                 {"window_ms", static_cast<std::int64_t>(window)},
                 {"took_us", static_cast<std::int64_t>(took)},
                 {"silent", std::move(silent)}};
  shown.empty_note = "no resident actors; a command or a read makes one resident";
  return shown;
}

std::variant<top_look, failure> read_look(command_call& call) {
  const std::string what{doing};
  top_look look;
  look.by = call.line.text("--by");
  const auto limit = parse_number(call.line.text("--limit"), 1, 1'000);
  if (!limit) return usage_failure(what, "--limit: " + limit.error().message, "--limit 20");
  look.limit = static_cast<std::size_t>(*limit);
  const auto window = parse_duration(call.line.text("--window"));
  if (!window || *window < std::chrono::milliseconds{100} || *window > std::chrono::hours{1})
    return usage_failure(
        what, "--window: " + (window ? std::string{"from 100ms to 60m"} : window.error().message),
        "--window 5s");
  look.window = *window;
  look.arguments["by"] = look.by;
  look.arguments["limit"] = *limit;
  look.arguments["window_ms"] = static_cast<std::int64_t>(window->count());
  if (call.line.given("--context")) {
    auto parsed = parse_context(call.line.text("--context"));
    if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
    look.arguments["context"] = std::get<const context_info*>(parsed)->full_name();
  }
  return look;
}

/// Whether what was measured is about the window that was asked for: of the first look, nothing
/// was.
bool is_measured(const nodes_said& said, const top_look& look) {
  const auto most = 2.0 * static_cast<double>(look.window.count()) + 1'000.0;
  return std::ranges::all_of(said.answers, [&](const nodes_said::said& each) {
    const auto window = figure_in(each.answer, "window_ms");
    return figure_in(each.answer, "residents") == 0.0 || (window > 0.0 && window <= most);
  });
}

command_result show(command_call& call, const nodes_said& said, const top_look& look,
                    const settings& how) {
  print(call.around.out, how, merged(said, look));
  call.around.out.flush();
  return said.end();
}

command_result top(command_call& call) {
  auto read = read_look(call);
  if (auto* wrong = std::get_if<failure>(&read)) return std::move(*wrong);
  const auto& look = std::get<top_look>(read);
  const auto interval = parse_duration(call.line.text("--interval"));
  if (!interval || *interval < std::chrono::milliseconds{100})
    return usage_failure(std::string{doing},
                         "--interval: " + (interval ? std::string{"the shortest is 100ms"}
                                                    : interval.error().message),
                         "--interval 2s");
  // Before the connection: its thread must inherit the blocked signals.
  const auto stop = call.around.listen();
  const bool again = call.line.given("--watch");
  settings how = call.how;
  const bool repaint = again && how.terminal && how.format == output_format::table;
  if (again && !how.terminal && how.format == output_format::table)
    how.format = output_format::jsonl;
  for (bool first = true;; first = false) {
    auto answer = ask_every_node(call, std::string{doing}, "top", look.arguments);
    if (auto* wrong = std::get_if<failure>(&answer)) return std::move(*wrong);
    auto& said = std::get<nodes_said>(answer);
    if (!again && first && !is_measured(said, look)) {
      call.around.err << "measuring for " << duration_text(look.window.count()) << '\n';
      if (stop->wait(look.window)) return stop->reason();
      continue;
    }
    if (repaint) call.around.out << "\x1b[H\x1b[2J";
    auto done = show(call, said, look, how);
    if (!again) return done;
    if (!call.around.out || stop->wait(*interval))
      return exit_code::done; // Ctrl-C is the normal end
  }
}

} // namespace

void add_top_command(command_handlers& to) {
  to["top"] = top;
}

} // namespace troupe::cli
