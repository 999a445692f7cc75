#include "bin/cli/fields.hpp"
#include "bin/cli/plain_text.hpp"
#include "bin/cli/tool.hpp"

#include <map>
#include <ostream>

namespace troupe::cli {
namespace {

constexpr std::chrono::milliseconds line_interval{1'000}; ///< between two lines of progress
constexpr std::chrono::milliseconds repaint_interval{200};

std::int64_t number_in(const value& from, std::string_view member) {
  const value* held = from.find(member);
  const auto* number = held == nullptr ? nullptr : held->get_if<std::int64_t>();
  return number == nullptr ? 0 : *number;
}

std::string text_in(const value& from, std::string_view member) {
  const value* held = from.find(member);
  const auto* text = held == nullptr ? nullptr : held->get_if<std::string>();
  return text == nullptr ? std::string{} : *text;
}

const value::array& items_in(const value& from, std::string_view member) {
  static const value::array none;
  const value* held = from.find(member);
  const auto* items = held == nullptr ? nullptr : held->get_if<value::array>();
  return items == nullptr ? none : *items;
}

/// What is known of one source of a view, its shards together.
struct source_sum {
  std::int64_t folded = 0;
  std::int64_t head = 0;
  bool down = false;
};

std::map<std::string, source_sum> sources_of(const value& view) {
  std::map<std::string, source_sum> all;
  for (const value& each : items_in(view, "sources")) {
    auto& sum = all[text_in(each, "context")];
    sum.folded += number_in(each, "next") - 1;
    sum.head += number_in(each, "head");
    sum.down = sum.down || text_in(each, "state") == "down";
  }
  return all;
}

/// "taxi.call 12/15, taxi.driver 7 (down)": records folded of those known.
std::string positions_text(const value& view) {
  std::string out;
  for (const auto& [context, sum] : sources_of(view)) {
    out += (out.empty() ? "" : ", ") + context + ' ' + std::to_string(sum.folded);
    out += sum.down ? " (down)" : '/' + std::to_string(std::max(sum.head, sum.folded));
  }
  return out.empty() ? "-" : out;
}

listing listing_of(value::array views) {
  listing shown{"ViewList",
                std::move(views),
                {member_column("VIEW", "context"),
                 member_column("STORE", "store"),
                 member_column("STATE", "state", true),
                 member_column("ROWS", "rows"),
                 member_column("LAG", "lag"),
                 {"FOLDED", positions_text, false}},
                [](const value& item) { return text_in(item, "context"); }};
  shown.empty_note = "no views";
  return shown;
}

result<value::array> statuses(cluster& nodes, const std::string& only) {
  value arguments{value::object{}};
  if (!only.empty()) arguments["context"] = only;
  const auto said = nodes.admin("view-status", std::move(arguments));
  if (!said) return said.error();
  return items_in(*said, "items");
}

command_result view_ls(command_call& call) {
  auto nodes = call.around.connect(call.how);
  if (!nodes) return failed("cannot list the views", nodes.error());
  auto views = statuses(**nodes, {});
  if (!views) return failed("cannot list the views", views.error());
  print(call.around.out, call.how, listing_of(std::move(*views)));
  return exit_code::done;
}

command_result view_show(command_call& call) {
  auto parsed = parse_context(call.line.arguments[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const context_info& view = *std::get<const context_info*>(parsed);
  const std::string what = "cannot show " + view.full_name();
  if (view.kind != context_kind::view)
    return usage_failure(what, "it is not a view", "`view ls` lists the views");
  auto nodes = call.around.connect(call.how);
  if (!nodes) return failed(what, nodes.error());
  auto views = statuses(**nodes, view.full_name());
  if (!views) return failed(what, views.error());
  if (views->empty()) return failed(what, fail(errc::not_found, "no node knows it"));
  const auto source = [](const value& each) {
    return text_in(each, "context") + '/' + std::to_string(number_in(each, "shard"));
  };
  if (call.how.format != output_format::table) {
    auto shown = listing_of(std::move(*views));
    shown.kind = "View";
    print_one(call.around.out, call.how, shown);
    return exit_code::done;
  }
  print_one(call.around.out, call.how, listing_of(*views));
  listing sources{"ViewSourceList",
                  items_in(views->front(), "sources"),
                  {{"SOURCE", source, false},
                   member_column("STATE", "state", true),
                   member_column("NEXT", "next"),
                   member_column("HEAD", "head")},
                  source};
  sources.empty_note = "it is not told by the node where it stands in its sources";
  call.around.out << '\n';
  print(call.around.out, call.how, sources);
  return exit_code::done;
}

/// Shows a person how far it is: on a terminal in one line that changes, else in a line now and
/// then. Goes to stderr, so that the result stays alone on stdout.
class progress_line {
public:
  progress_line(std::ostream& err, const settings& how)
      : err_(err), in_place_(how.terminal && how.format == output_format::table) {}
  ~progress_line() {
    if (in_place_ && !shown_.empty()) err_ << "\r\x1b[K";
    err_.flush();
  }
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

  void show(const std::string& text) {
    if (text == shown_) return;
    shown_ = text;
    if (in_place_)
      err_ << "\r\x1b[K" << text;
    else
      err_ << text << '\n';
    err_.flush();
  }
  [[nodiscard]] std::chrono::milliseconds interval() const {
    return in_place_ ? repaint_interval : line_interval;
  }

private:
  std::ostream& err_;
  bool in_place_;
  std::string shown_;
};

std::string progress_text(const std::string& name, const value& view, const value& rebuild) {
  const auto folded = number_in(rebuild, "folded");
  const auto to_fold = number_in(rebuild, "to_fold");
  std::string text =
      name + " rebuilding " + std::to_string(folded) + '/' + std::to_string(to_fold) + " records";
  if (to_fold > 0) text += " (" + std::to_string(100 * folded / to_fold) + " %)";
  for (const auto& [context, sum] : sources_of(view))
    if (sum.down) text += ", waiting for " + context;
  return plain_line(text);
}

/// What came of the rebuild of that number, once it is over.
std::optional<command_result> outcome_of(command_call& call, const std::string& name,
                                         std::int64_t number, const value& view) {
  const value* held = view.find("rebuild");
  const value rebuild = held == nullptr ? value{} : *held;
  const std::string state = text_in(rebuild, "state");
  const std::string what = "cannot rebuild " + name;
  if (number_in(rebuild, "number") != number)
    return failed(what,
                  fail(errc::context_down, "the view was stopped or restarted meanwhile; its old "
                                           "rows are served"),
                  "`troupe view ls`, then `troupe view rebuild " + name + "` again");
  if (state == "failed")
    return failed(what, fail(errc_named(text_in(rebuild, "code")).value_or(errc::internal),
                             text_in(rebuild, "error") + "; the old rows are served"));
  if (state != "done") return std::nullopt;
  print(call.around.out, call.how, listing_of({view}));
  return exit_code::done;
}

command_result wait_for_rebuild(command_call& call, cluster& nodes, interruption& stop,
                                const std::string& name, std::int64_t number) {
  progress_line line{call.around.err, call.how};
  do {
    const auto views = statuses(nodes, name);
    if (!views || views->empty())
      return failed("cannot see how the rebuild of " + name + " goes",
                    views ? fail(errc::internal, "the node says nothing of it") : views.error(),
                    "`troupe view ls`: it goes on without this tool");
    const value& view = views->front();
    if (auto over = outcome_of(call, name, number, view)) return std::move(*over);
    line.show(progress_text(name, view, *view.find("rebuild")));
  } while (!stop.wait(line.interval()));
  call.around.err << "\nthe rebuild goes on; `troupe view ls` shows it\n";
  return stop.reason();
}

command_result view_rebuild(command_call& call) {
  auto parsed = parse_context(call.line.arguments[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const context_info& view = *std::get<const context_info*>(parsed);
  const std::string name = view.full_name();
  const std::string what = "cannot rebuild " + name;
  if (view.kind != context_kind::view)
    return usage_failure(what, "it is not a view: nothing is derived that could be built anew",
                         "`troupe view ls` lists the views");
  // Before the connection: its thread must inherit the blocked signals.
  const auto stop = call.around.listen();
  auto nodes = call.around.connect(call.how);
  if (!nodes) return failed(what, nodes.error());
  value arguments;
  arguments["context"] = name;
  const auto begun = (*nodes)->admin("view-rebuild", std::move(arguments));
  if (!begun) return failed(what, begun.error());
  if (!call.line.given("--no-wait"))
    return wait_for_rebuild(call, **nodes, *stop, name, number_in(*begun, "rebuild"));
  print(call.around.out, call.how,
        {"View",
         {*begun},
         {member_column("VIEW", "context"), member_column("STATE", "state", true)},
         [name](const value&) { return name; }});
  return exit_code::done;
}

} // namespace

void add_view_commands(command_handlers& to) {
  to["view ls"] = view_ls;
  to["view show"] = view_show;
  to["view rebuild"] = view_rebuild;
}

} // namespace troupe::cli
