#include "bin/cli/every_node.hpp"
#include "bin/cli/fields.hpp"
#include "bin/cli/plain_text.hpp"
#include "messages/json.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <variant>

/// events: what happened on the nodes, kept ones or as they come.
namespace troupe::cli {
namespace {

constexpr std::chrono::milliseconds one_look{2'000}; // for nodes that join

std::string text_of(const value& item, std::string_view name) {
  const value* held = item.find(name);
  const auto* text = held == nullptr ? nullptr : held->get_if<std::string>();
  return text == nullptr ? std::string{} : *text;
}

std::int64_t number_of(const value& item, std::string_view name) {
  const value* held = item.find(name);
  const auto* number = held == nullptr ? nullptr : held->get_if<std::int64_t>();
  return number == nullptr ? 0 : *number;
}

/// Prints events of several nodes as they come, on the SDK's thread; a slow reader slows down this
/// tool only, and sees what it missed.
class event_follower {
public:
  event_follower(command_call& call, std::string kind)
      : out_(call.around.out), err_(call.around.err), how_(call.how), kind_(std::move(kind)) {}

  void take(const std::string& node, const std::vector<published_event>& events) {
    const std::lock_guard guard{mutex_};
    for (const auto& each : events) {
      note_gap(node, each.index.value);
      if (kind_.empty() || each.name == kind_) print_one_event(node, each);
    }
    out_.flush();
  }
  void end(const std::string& node, const error& why) {
    const std::lock_guard guard{mutex_};
    err_ << plain_line("note: the events of node " + node + " ended: " + why.message) << '\n';
    ended_ = why;
    ++over_;
  }
  /// Whether nothing more will come, and why.
  [[nodiscard]] std::optional<error> over(std::size_t nodes) {
    const std::lock_guard guard{mutex_};
    return over_ >= nodes ? ended_ : std::nullopt;
  }
  [[nodiscard]] bool broken() {
    const std::lock_guard guard{mutex_};
    return !out_;
  }

private:
  void note_gap(const std::string& node, std::uint64_t position) {
    auto& last = last_[node];
    if (last != 0 && position > last + 1)
      err_ << plain_line("note: events of node " + node +
                         " were missed before this one; it was started anew, or too many came")
           << '\n';
    last = position;
  }

  void print_one_event(const std::string& node, const published_event& from) {
    const auto payload = decode_value(from.payload);
    const value said = payload ? *payload : value{value::object{}};
    if (how_.format == output_format::name) {
      out_ << plain_line(node) << '#' << from.index.value << '\n';
      return;
    }
    if (how_.format == output_format::table) {
      out_ << time_text(from.time_ms) << "  " << plain_line(node) << "  " << plain_line(from.name)
           << "  " << plain_line(text_of(said, "subject")) << "  "
           << plain_line(text_of(said, "text")) << '\n';
      return;
    }
    value item;
    item["kind"] = "NodeEvent";
    item["api"] = output_api;
    item["node"] = node;
    item["position"] = from.index.value;
    item["time"] = time_text(from.time_ms);
    item["event"] = from.name;
    item["subject"] = text_of(said, "subject");
    item["text"] = text_of(said, "text");
    out_ << to_json(item) << '\n';
  }

  std::mutex mutex_;
  std::ostream& out_;
  std::ostream& err_;
  const settings& how_;
  const std::string kind_;
  std::map<std::string, std::uint64_t> last_; ///< position, by node
  std::optional<error> ended_;
  std::size_t over_ = 0; ///< nodes whose subscription ended
};

command_result follow(command_call& call, const std::string& kind) {
  const std::string what = "cannot follow the events";
  // Before the connection: its thread must inherit the blocked signals.
  const auto stop = call.around.listen();
  event_follower by{call, kind};
  auto nodes = call.around.connect(call.how);
  if (!nodes) return failed(what, nodes.error());
  std::set<std::string> followed; // endpoints
  // Of who is there at the beginning the new events, of who joins later all.
  const auto follow_all = [&](const std::vector<map_member>& members) {
    subscribe_request from;
    from.only_new = followed.empty();
    for (const map_member& each : members) {
      if (followed.contains(each.endpoint)) continue;
      (*nodes)->subscribe_node(
          each.endpoint, from,
          [&by, &stop, node = each.node](const std::vector<published_event>& events, record_index) {
            by.take(node, events);
            if (by.broken()) stop->wake();
          },
          [&by, &stop, node = each.node](const error& why) {
            by.end(node, why);
            stop->wake();
          });
    }
    for (const map_member& each : members)
      followed.insert(each.endpoint);
  };
  const auto members = (*nodes)->nodes();
  if (!members) return failed(what, members.error());
  follow_all(*members);
  while (!by.over(followed.size()) && !by.broken()) {
    if (stop->wait(one_look)) break;
    if (const auto now = (*nodes)->nodes()) follow_all(*now);
  }
  const auto ended = by.over(followed.size());
  nodes->reset(); // the last callback comes before this returns
  if (ended) return failed(what, *ended);
  return exit_code::done; // Ctrl-C is the normal end
}

struct gathered_events {
  value::array items;
  value::array silent; ///< names of nodes that did not answer
};

/// All that the nodes keep. An answer holds as much as fits: then the rest is asked for.
std::variant<gathered_events, failure> kept_events(command_call& call, const std::string& what) {
  auto nodes = call.around.connect(call.how);
  if (!nodes) return failed(what, nodes.error());
  const auto members = (*nodes)->nodes();
  if (!members) return failed(what, members.error());
  gathered_events all;
  error last = fail(errc::unreachable, "the cluster has no nodes");
  for (const map_member& each : *members) {
    value arguments;
    arguments["after"] = 0;
    arguments["limit"] = std::int64_t{4'096}; // as many as a node keeps
    for (bool more = true; more;) {
      const auto answer = (*nodes)->admin("events", arguments, each.endpoint);
      if (!answer) {
        last = answer.error();
        call.around.err << plain_line("note: node " + each.node +
                                      " did not answer: " + last.message)
                        << '\n';
        all.silent.push_back(each.node);
        break;
      }
      more = false;
      nodes_said page;
      page.answers.push_back({each.node, *answer});
      auto items = page.items("items");
      for (value& item : items) {
        arguments["after"] = number_of(item, "position");
        more = number_of(item, "position") + 1 < number_of(*answer, "next");
        all.items.push_back(std::move(item));
      }
    }
  }
  if (all.silent.size() == members->size()) return failed(what, last);
  return all;
}

command_result events(command_call& call) {
  const std::string what = "cannot show the events";
  const std::string kind = call.line.given("--kind") ? call.line.text("--kind") : std::string{};
  if (call.line.given("--follow")) return follow(call, kind);
  const auto limit = parse_number(call.line.text("--limit"), 1, 4'096);
  if (!limit) return usage_failure(what, "--limit: " + limit.error().message, "--limit 100");
  auto kept = kept_events(call, what);
  if (const auto* wrong = std::get_if<failure>(&kept)) return *wrong;
  auto& [items, silent] = std::get<gathered_events>(kept);
  listing shown;
  shown.kind = "NodeEventList";
  shown.items = std::move(items);
  std::erase_if(shown.items,
                [&](const value& item) { return !kind.empty() && text_of(item, "kind") != kind; });
  std::ranges::stable_sort(shown.items, {},
                           [](const value& item) { return number_of(item, "time_ms"); });
  const auto most = static_cast<std::size_t>(*limit);
  if (shown.items.size() > most)
    shown.items.erase(shown.items.begin(), shown.items.end() - static_cast<std::ptrdiff_t>(most));
  shown.columns = {
      {"TIME", [](const value& item) { return time_text(number_of(item, "time_ms")); }, false},
      member_column("NODE", "node"),
      member_column("KIND", "kind"),
      member_column("SUBJECT", "subject"),
      member_column("TEXT", "text")};
  shown.name = [](const value& item) {
    return text_of(item, "node") + "#" + std::to_string(number_of(item, "position"));
  };
  shown.empty_note = "nothing happened yet that would be told";
  if (!silent.empty()) shown.extra.emplace_back("silent", silent);
  print(call.around.out, call.how, shown);
  return silent.empty() ? exit_code::done : exit_code::partly_done;
}

} // namespace

void add_event_commands(command_handlers& to) {
  to["events"] = events;
}

} // namespace troupe::cli
