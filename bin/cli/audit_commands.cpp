#include "bin/cli/every_node.hpp"
#include "bin/cli/fields.hpp"
#include "bin/cli/plain_text.hpp"
#include "messages/json.hpp"
#include "persistence/audit_journal.hpp"

#include <algorithm>
#include <filesystem>
#include <ostream>

/// audit: who did what, of all nodes or of a data directory.
namespace troupe::cli {
namespace {

constexpr std::chrono::milliseconds look_every{1'000}; ///< for new entries
constexpr std::int64_t page_entries = 1'000;           ///< as many as a node tells at once

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

/// What is wanted of the entries.
struct audit_filter {
  std::string who, verb;
  std::int64_t limit = 0;

  [[nodiscard]] bool wants(const value& item) const {
    const auto said = text_of(item, "who");
    return (who.empty() || said == who || said.starts_with(who + " for ")) &&
           (verb.empty() || text_of(item, "verb") == verb);
  }
  /// So many of a node's newest entries can hold what is wanted; 0: any may.
  [[nodiscard]] std::int64_t newest() const { return who.empty() && verb.empty() ? limit : 0; }
};

/// A page of entries behind a position: `items`, `next`, `head`.
using page_reader = std::function<result<value>(std::int64_t after, std::int64_t limit)>;

/// Reads what is wanted of one node, from `after` on, which moves to the newest entry.
result<value::array> read_entries(const page_reader& read, const std::string& node,
                                  const audit_filter& filter, std::int64_t& after) {
  value::array found;
  for (;;) {
    const auto page = read(after, page_entries);
    if (!page) return page.error();
    for (value item : items_of(*page)) {
      if (!filter.wants(item)) continue;
      item["node"] = node;
      found.push_back(std::move(item));
    }
    const auto next = number_of(*page, "next");
    if (next <= after) return found;
    after = next;
    if (after >= number_of(*page, "head")) return found;
  }
}

/// Where to begin so that the newest entries are not missed.
result<std::int64_t> begin_at(const page_reader& read, const audit_filter& filter) {
  if (filter.newest() == 0) return std::int64_t{0};
  const auto look = read(0, 1);
  if (!look) return look.error();
  return std::max<std::int64_t>(number_of(*look, "head") - filter.newest(), 0);
}

std::string arguments_text(const value& item) {
  const value* held = item.find("arguments");
  const auto* members = held == nullptr ? nullptr : held->get_if<value::object>();
  if (members == nullptr || members->empty()) return "-";
  std::string text;
  for (const auto& [name, each] : *members)
    text += (text.empty() ? "" : " ") + name + "=" + cell_text(each);
  return text;
}

std::string result_text(const value& item) {
  const auto text = text_of(item, "result");
  return text.empty() ? "no answer" : text;
}

std::string entry_name(const value& item) {
  return text_of(item, "node") + "#" + std::to_string(number_of(item, "position"));
}

command_result show(command_call& call, value::array items, const value::array& silent,
                    const audit_filter& filter) {
  listing shown;
  shown.kind = "AuditList";
  std::ranges::stable_sort(items, {}, [](const value& each) { return number_of(each, "time_ms"); });
  const auto most = static_cast<std::size_t>(filter.limit);
  if (items.size() > most)
    items.erase(items.begin(), items.end() - static_cast<std::ptrdiff_t>(most));
  shown.items = std::move(items);
  shown.columns = {
      {"TIME", [](const value& item) { return time_text(number_of(item, "time_ms")); }, false},
      member_column("NODE", "node"),
      member_column("WHO", "who"),
      member_column("FROM", "from"),
      member_column("ROLE", "role"),
      member_column("VERB", "verb"),
      {"ARGUMENTS", arguments_text, false},
      {"RESULT", result_text, false}};
  shown.name = entry_name;
  shown.empty_note = "nobody did anything that is written down";
  if (!silent.empty()) shown.extra.emplace_back("silent", silent);
  print(call.around.out, call.how, shown);
  return silent.empty() ? exit_code::done : exit_code::partly_done;
}

page_reader reader_of(cluster& nodes, const std::string& endpoint) {
  return [&nodes, endpoint](std::int64_t after, std::int64_t limit) {
    return nodes.admin("audit", value::object{{"after", after}, {"limit", limit}}, endpoint);
  };
}

/// Asks all nodes once; those that do not answer are named.
command_result show_newest(command_call& call, const audit_filter& filter,
                           const std::string& what) {
  auto nodes = call.around.connect(call.how);
  if (!nodes) return failed(what, nodes.error());
  const auto members = (*nodes)->nodes();
  if (!members) return failed(what, members.error());
  value::array items;
  value::array silent;
  error last = fail(errc::unreachable, "the cluster has no nodes");
  for (const map_member& each : *members) {
    const auto read = reader_of(**nodes, each.endpoint);
    auto after = begin_at(read, filter);
    auto found =
        after ? read_entries(read, each.node, filter, *after) : result<value::array>{after.error()};
    if (found) {
      items.insert(items.end(), found->begin(), found->end());
      continue;
    }
    last = found.error();
    silent.push_back(each.node);
    call.around.err << plain_line("note: node " + each.node + " did not answer: " + last.message)
                    << '\n';
  }
  if (silent.size() == members->size()) return failed(what, last);
  return show(call, std::move(items), silent, filter);
}

void print_followed(command_call& call, value item) {
  auto& out = call.around.out;
  if (call.how.format == output_format::name) {
    out << plain_line(entry_name(item)) << '\n';
  } else if (call.how.format == output_format::table) {
    out << time_text(number_of(item, "time_ms"));
    for (const auto& each :
         {text_of(item, "node"), text_of(item, "who"), text_of(item, "from"), text_of(item, "role"),
          text_of(item, "verb"), arguments_text(item), result_text(item)})
      out << "  " << plain_line(each);
    out << '\n';
  } else {
    item["kind"] = "AuditEntry";
    item["api"] = output_api;
    out << to_json(item) << '\n';
  }
}

/// Entries as they come. A node that does not answer is asked again; one that was started anew goes
/// on where it was, because its journal does.
command_result follow(command_call& call, const audit_filter& filter, const std::string& what) {
  const auto stop = call.around.listen();
  auto nodes = call.around.connect(call.how);
  if (!nodes) return failed(what, nodes.error());
  std::map<std::string, std::int64_t> after; // by node
  do {
    const auto members = (*nodes)->nodes();
    if (!members) {
      if (after.empty()) return failed(what, members.error());
      continue;
    }
    for (const map_member& each : *members) {
      const auto read = reader_of(**nodes, each.endpoint);
      const auto known = after.find(each.node);
      if (known == after.end()) {
        const auto look = read(0, 1);
        if (look) after[each.node] = number_of(*look, "head");
        continue;
      }
      const auto found = read_entries(read, each.node, filter, known->second);
      if (!found) continue;
      for (const value& item : *found)
        print_followed(call, item);
    }
    call.around.out.flush();
    if (!call.around.out) break;
  } while (!stop->wait(look_every));
  return exit_code::done; // Ctrl-C is the normal end
}

value item_of(const audit_entry& from) {
  auto arguments = parse_json(from.arguments);
  return value::object{{"position", from.position},
                       {"time_ms", from.time_ms},
                       {"who", from.who},
                       {"from", from.from},
                       {"role", from.role},
                       {"verb", from.verb},
                       {"arguments", arguments ? std::move(*arguments) : value{}},
                       {"result", from.result.empty() ? value{} : value{from.result}}};
}

page_reader reader_of(audit_journal& journal) {
  return [&journal](std::int64_t after, std::int64_t limit) -> result<value> {
    const auto head = journal.head();
    if (!head) return head.error();
    const auto found =
        journal.after(static_cast<std::uint64_t>(after), static_cast<std::size_t>(limit));
    if (!found) return found.error();
    value::array items;
    for (const audit_entry& each : *found)
      items.push_back(item_of(each));
    const auto next = found->empty() ? after : static_cast<std::int64_t>(found->back().position);
    return value{value::object{{"items", std::move(items)}, {"next", next}, {"head", *head}}};
  };
}

/// The journals of a data directory, whether their nodes run or not.
command_result show_directory(command_call& call, const audit_filter& filter,
                              const std::string& what) {
  const std::filesystem::path data = call.line.text("--data");
  value::array items;
  std::error_code fault;
  std::size_t journals = 0;
  for (const auto& file : std::filesystem::directory_iterator{data, fault}) {
    if (file.path().extension() != ".audit") continue;
    ++journals;
    const auto node = file.path().stem().string();
    auto journal = read_audit_journal(file.path());
    if (!journal) return failed(what, journal.error());
    const auto read = reader_of(**journal);
    auto after = begin_at(read, filter);
    auto found =
        after ? read_entries(read, node, filter, *after) : result<value::array>{after.error()};
    if (!found) return failed(what, found.error());
    items.insert(items.end(), found->begin(), found->end());
  }
  if (journals == 0)
    return failed(what, fail(errc::not_found, "there is no audit journal in " + data.string()));
  return show(call, std::move(items), {}, filter);
}

command_result audit(command_call& call) {
  const std::string what = "cannot show the audit journal";
  const auto limit = parse_number(call.line.text("--limit"), 1, 100'000);
  if (!limit) return usage_failure(what, "--limit: " + limit.error().message, "--limit 100");
  const audit_filter filter{call.line.text("--who"), call.line.text("--verb"), *limit};
  const bool follows = call.line.given("--follow");
  if (!call.line.given("--data"))
    return follows ? follow(call, filter, what) : show_newest(call, filter, what);
  if (follows)
    return usage_failure(what, "--follow asks nodes, --data reads files: one of them",
                         "actor-inspector audit --data data");
  return show_directory(call, filter, what);
}

} // namespace

void add_audit_commands(command_handlers& to) {
  to["audit"] = audit;
}

} // namespace troupe::cli
