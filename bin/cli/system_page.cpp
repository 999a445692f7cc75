#include "bin/cli/system_page.hpp"

#include "bin/cli/system_map.hpp"

#include <algorithm>
#include <optional>

namespace troupe::cli {
namespace {

using row = std::vector<std::string>;
using catalogue_span = std::span<const context_info>;

std::string quoted(std::string_view name) {
  return '`' + std::string{name} + '`';
}

/// Texts with commas between them; what has nothing to say is a dash.
std::string listed(const row& texts) {
  std::string out;
  for (const std::string& each : texts)
    out += (out.empty() ? "" : ", ") + each;
  return out.empty() ? "–" : out;
}

template <class Names> std::string quoted_list(const Names& names) {
  row texts;
  for (const auto& each : names)
    texts.push_back(quoted(each));
  return listed(texts);
}

std::string table_line(const row& cells) {
  std::string out = "|";
  for (const std::string& each : cells) {
    out += ' ';
    for (const char letter : each)
      out += letter == '|' ? std::string{"\\|"} : std::string{letter};
    out += " |";
  }
  return out + '\n';
}

/// A table under a heading of bold words; nothing at all without rows.
std::string table(std::string_view title, const row& heads, const std::vector<row>& rows) {
  if (rows.empty()) return {};
  std::string out = '\n' + (title.empty() ? "" : "**" + std::string{title} + "**\n\n");
  out += table_line(heads) + '|';
  for (std::size_t i = 0; i < heads.size(); ++i)
    out += "---|";
  out += '\n';
  for (const row& each : rows)
    out += table_line(each);
  return out;
}

/// Name of a context inside its system; of another system's, all of it.
std::string near_name(std::string_view full_name, std::string_view system) {
  if (full_name.starts_with(system) && full_name.substr(system.size()).starts_with('.'))
    full_name.remove_prefix(system.size() + 1);
  return std::string{full_name};
}

std::string near_name(const context_info& of, std::string_view system) {
  return near_name(of.full_name(), system);
}

/// Links to the section of a context of the same page.
std::string link_to(const context_info& of) {
  std::string anchor = of.full_name();
  std::erase(anchor, '.');
  std::transform(anchor.begin(), anchor.end(), anchor.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return '[' + std::string{of.name} + "](#" + anchor + ')';
}

std::string fields_text(const message_info& of) {
  row texts;
  for (const field_info& each : of.fields)
    texts.push_back(quoted(each.name) + ' ' + std::string{word(each.type)} +
                    (each.nullable ? "?" : ""));
  return listed(texts);
}

// -- map --------------------------------------------------------------------------------------

/// Words such as `call` and `end` mean something to Mermaid, so no node has a bare name.
std::string node_id(std::string_view full_name) {
  std::string id = "c_" + std::string{full_name};
  std::replace(id.begin(), id.end(), '.', '_');
  return id;
}

std::string node_line(const context_info& of) {
  std::string label = std::string{of.name};
  if (!of.part_of.empty()) label += "<br/>part of " + near_name(of.part_of, of.system);
  const bool view = of.kind == context_kind::view;
  return "    " + node_id(of.full_name()) + (view ? "[(\"" : "[\"") + label +
         (view ? "\")]\n" : "\"]\n");
}

std::string edge_line(const relation& of) {
  std::string label;
  for (const std::string_view each : of.through)
    label += (label.empty() ? "" : "<br/>") + std::string{each};
  // Arrows follow the message: a question to who is asked, an event to who hears it.
  std::string source =
      node_id(of.kind == relation_kind::asks ? of.from->full_name() : std::string{of.to});
  std::string target =
      node_id(of.kind == relation_kind::asks ? std::string{of.to} : of.from->full_name());
  switch (of.kind) {
  case relation_kind::asks:
    return "  " + source + " -- \"" + label + "\" --> " + target + '\n';
  case relation_kind::listens:
    return "  " + source + " -. \"" + label + "\" .-> " + target + '\n';
  case relation_kind::folds:
    break;
  }
  return "  " + source + " ==> " + target + '\n';
}

std::string diagram(const std::vector<const context_info*>& contexts,
                    const std::vector<relation>& relations) {
  std::string out = "```mermaid\nflowchart LR\n";
  for (const ranking rank : {ranking::core, ranking::supporting, ranking::general}) {
    std::string nodes;
    for (const context_info* each : contexts)
      if (each->rank == rank) nodes += node_line(*each);
    if (nodes.empty()) continue;
    const std::string name{word(rank)};
    out += "  subgraph rank_" + name + "[\"" + name + "\"]\n" + nodes + "  end\n";
  }
  for (const relation& each : relations)
    out += edge_line(each);
  return out + "```\n";
}

std::string map_text(catalogue_span catalogue, std::string_view system) {
  const auto contexts = contexts_of(catalogue, system);
  const auto relations = relations_of(catalogue, system);
  std::string out =
      "Solid arrows are asks: the caller waits for the answer. Dotted ones are events "
      "that a policy\nreacts to, thick ones events that a view folds.\n\n" +
      diagram(contexts, relations);
  std::vector<row> rows;
  for (const context_info* each : contexts)
    rows.push_back({link_to(*each), std::string{word(each->rank)},
                    each->kind == context_kind::view ? "view" : "aggregates",
                    quoted('/' + std::string{each->system} + '/' + std::string{each->resource}),
                    std::string{each->purpose}});
  out += table("", {"context", "ranking", "holds", "path", "purpose"}, rows);
  rows.clear();
  for (const relation& each : relations)
    rows.push_back({std::string{each.from->name}, std::string{word(each.kind)},
                    near_name(each.to, system),
                    each.through.empty() ? "its events" : quoted_list(each.through)});
  return out + table("", {"context", "does what", "whom", "by"}, rows);
}

// -- one context ------------------------------------------------------------------------------

/// One context's section, from its catalogue.
class context_section {
public:
  context_section(catalogue_span catalogue, const context_info& of)
      : catalogue_(catalogue), of_(of) {}

  [[nodiscard]] std::string text() const {
    return "### " + of_.full_name() + "\n\n" + opening() + view() + fields() + commands() +
           queries() + events() + policies() + asks() + rejections();
  }

private:
  [[nodiscard]] std::string near(const context_info& other) const {
    return near_name(other, of_.system);
  }

  [[nodiscard]] std::string opening() const {
    std::string out = std::string{of_.purpose} + " Ranking: " + std::string{word(of_.rank)} + '.';
    if (!of_.part_of.empty())
      out += " Part of " + near_name(of_.part_of, of_.system) +
             ", with which it is stopped and started.";
    const auto redacted = sensitive_ones();
    if (!redacted.empty()) out += " Inspection redacts " + quoted_list(redacted) + '.';
    return out + '\n';
  }

  /// Of the fields that its system declares sensitive, those that it shows itself.
  [[nodiscard]] std::vector<std::string_view> sensitive_ones() const {
    std::vector<std::string_view> held;
    for (const field_info& each : of_.state.fields)
      if (of_.is_sensitive(each.name)) held.push_back(each.name);
    return held;
  }

  [[nodiscard]] std::string view() const {
    if (of_.kind != context_kind::view) return {};
    row sources;
    for (const std::string_view each : of_.view.sources)
      sources.push_back(near_name(each, of_.system));
    const bool file = of_.view.store == view_storage::sqlite;
    return table("View", {"folds the events of", "key", "indexed columns", "rows live in"},
                 {{listed(sources), quoted(of_.view.key), quoted_list(of_.view.indexes),
                   file ? "a file" : "memory, built anew at each start"}});
  }

  [[nodiscard]] std::string fields() const {
    std::vector<row> rows;
    for (const field_info& each : of_.state.fields) {
      const bool filter =
          std::find(of_.filters.begin(), of_.filters.end(), each.name) != of_.filters.end();
      rows.push_back({quoted(each.name) + (each.hidden ? " (internal: shown to nobody)" : ""),
                      std::string{word(each.type)}, each.nullable ? "yes" : "no",
                      !filter ? "no" : (each.hidden ? "policies only" : "yes")});
    }
    return table(of_.kind == context_kind::view ? "Columns" : "Fields of the aggregate",
                 {"field", "type", "may be null", "lists filter by it"}, rows);
  }

  [[nodiscard]] std::string ways(const troupe::command_info& command) const {
    const command_ways found = ways_to(catalogue_, of_, command);
    row texts;
    for (const std::string& each : found.requests)
      texts.push_back(quoted(each));
    if (texts.empty()) texts.emplace_back("internal");
    for (const context_info* each : found.asked)
      texts.push_back("asked by " + near(*each));
    for (const std::string_view each : found.policies)
      texts.push_back("policy " + quoted(each));
    if (texts.size() == 1 && found.requests.empty()) texts.emplace_back("sent by itself");
    return listed(texts);
  }

  [[nodiscard]] std::string commands() const {
    std::vector<row> rows;
    for (const troupe::command_info& each : of_.commands) {
      std::string meaning{each.meaning};
      if (!each.id_from.empty())
        meaning += "; the id is that of " + quoted(each.id_from);
      else if (each.creates)
        meaning += "; gets an id of its own";
      if (!each.reply.name.empty()) meaning += "; answers " + fields_text(each.reply);
      rows.push_back({quoted(each.message.name), ways(each), fields_text(each.message), meaning});
    }
    return table("Commands", {"command", "comes by", "fields", "meaning"}, rows);
  }

  [[nodiscard]] std::string queries() const {
    std::vector<row> rows;
    for (const query_info& each : of_.queries) {
      row texts{quoted(request_of(of_, each))};
      for (const context_info* asker : askers_of(catalogue_, of_, each.name))
        texts.push_back("asked by " + near(*asker));
      rows.push_back(
          {quoted(each.name), listed(texts), quoted(each.answers), std::string{each.meaning}});
    }
    return table("Queries", {"query", "comes by", "answers", "meaning"}, rows);
  }

  [[nodiscard]] std::string reactions(const event_info& event) const {
    if (event.internal) return "internal: recorded, published to nobody";
    row texts;
    for (const listener& each : listeners_of(catalogue_, of_, event.message.name))
      texts.push_back(near(*each.context) + ": " + quoted(each.policy->name) + " → " +
                      quoted(each.policy->command));
    return texts.empty() ? "no policy" : listed(texts);
  }

  [[nodiscard]] std::string events() const {
    std::vector<row> rows;
    for (const event_info& each : of_.events)
      rows.push_back({quoted(each.message.name), fields_text(each.message), reactions(each)});
    row views;
    for (const context_info* each : views_of(catalogue_, of_))
      views.push_back(near(*each));
    std::string out = table("Events", {"event", "fields", "policies that react → command"}, rows);
    if (!views.empty()) out += "\nViews that fold published events of it: " + listed(views) + ".\n";
    return out;
  }

  [[nodiscard]] std::string policies() const {
    std::vector<row> rows;
    for (const policy_info& each : of_.policies)
      rows.push_back({quoted(each.name),
                      near_name(each.source, of_.system) + ' ' + quoted(each.event),
                      quoted(each.command),
                      each.reaches.empty() ? "the one that the event names"
                                           : "all with the same " + quoted(each.reaches)});
    return table("Policies", {"policy", "when", "sends", "to its aggregates"}, rows);
  }

  [[nodiscard]] std::string asks() const {
    std::vector<row> rows;
    for (const ask_info& each : of_.asks)
      rows.push_back(
          {near_name(each.target, of_.system), quoted(each.command),
           std::to_string(each.timeout.count()) + " ms",
           each.reads_only ? "only reads" : "is voided if no answer comes",
           each.missing.empty() ? "a failure of the callee" : "rejection " + quoted(each.missing),
           fallback_of(each)});
    return table("Asks",
                 {"whom", "for what", "timeout", "effect there", "a missing target is",
                  "in place of an answer"},
                 rows);
  }

  [[nodiscard]] static std::string fallback_of(const ask_info& each) {
    if (each.fallback.empty()) return "the command is refused";
    return "a declared fallback: " + std::string{each.fallback_meaning};
  }

  [[nodiscard]] std::string rejections() const {
    std::vector<row> rows;
    for (const rejection_info& each : of_.rejections)
      rows.push_back({quoted(each.reason), std::string{each.meaning}});
    return table("Rejections (409)", {"code", "meaning"}, rows);
  }

  catalogue_span catalogue_;
  const context_info& of_;
};

constexpr std::string_view opening_marker = "<!-- generated: ";
constexpr std::string_view marker_end = " -->";
constexpr std::string_view closing_marker = "<!-- end generated -->";

} // namespace

std::vector<generated_part> system_page(std::span<const context_info> catalogue,
                                        std::string_view system) {
  std::string sections = "In lists of fields, `?` marks those that may be null.\n";
  for (const context_info* each : contexts_of(catalogue, system))
    sections += '\n' + context_section{catalogue, *each}.text();
  return {{"map", map_text(catalogue, system)}, {"contexts", std::move(sections)}};
}

std::string with_markers(std::span<const generated_part> parts) {
  std::string out;
  for (const generated_part& each : parts) {
    if (!out.empty()) out += '\n';
    out.append(opening_marker).append(each.name).append(marker_end).append("\n\n");
    out.append(each.text).append("\n").append(closing_marker).append("\n");
  }
  return out;
}

result<std::string> renewed(std::string_view page, std::span<const generated_part> parts) {
  std::string out;
  std::vector<std::string_view> seen;
  while (true) {
    const std::size_t begin = page.find(opening_marker);
    if (begin == std::string_view::npos) break;
    const std::size_t name_begin = begin + opening_marker.size();
    const std::size_t name_end = page.find(marker_end, name_begin);
    const std::size_t end = page.find(closing_marker, name_begin);
    const std::string_view name =
        page.substr(name_begin, std::min(name_end, end) - std::min(name_begin, end));
    if (name_end == std::string_view::npos || end == std::string_view::npos || end < name_end)
      return fail(errc::malformed, "the generated part '" + std::string{name.substr(0, 40)} +
                                       "' is not ended by " + std::string{closing_marker});
    const auto part = std::find_if(parts.begin(), parts.end(),
                                   [&](const generated_part& each) { return each.name == name; });
    if (part == parts.end())
      return fail(errc::malformed, "no part '" + std::string{name} + "' can be generated");
    if (std::find(seen.begin(), seen.end(), part->name) != seen.end())
      return fail(errc::malformed, "the part '" + std::string{name} + "' is there twice");
    seen.push_back(part->name);
    out.append(page.substr(0, begin)).append(opening_marker).append(name).append(marker_end);
    out.append("\n\n").append(part->text).append("\n").append(closing_marker);
    page.remove_prefix(end + closing_marker.size());
  }
  for (const generated_part& each : parts)
    if (std::find(seen.begin(), seen.end(), each.name) == seen.end())
      return fail(errc::malformed, "there is no line " + std::string{opening_marker} +
                                       std::string{each.name} + std::string{marker_end});
  return out.append(page);
}

} // namespace troupe::cli
