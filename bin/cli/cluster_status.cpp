#include "bin/cli/cluster_status.hpp"

#include "bin/cli/plain_text.hpp"
#include "bin/launcher/node_link.hpp"
#include "bin/launcher/ownership.hpp"

#include <poll.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace troupe::cli {
namespace {

using std::chrono::milliseconds;

value::array items_of(const value* from) {
  const auto* items = from == nullptr ? nullptr : from->get_if<value::array>();
  return items == nullptr ? value::array{} : *items;
}

std::string text_of(const value& from, std::string_view key) {
  const value* held = from.find(key);
  const auto* text = held == nullptr ? nullptr : held->get_if<std::string>();
  return text == nullptr ? std::string{} : *text;
}

value member_of(const value& from, std::string_view key) {
  const value* held = from.find(key);
  return held == nullptr ? value{} : *held;
}

/// What the launcher says of its nodes, by name.
std::map<std::string, value> kept_nodes(const cluster_evidence& from) {
  std::map<std::string, value> out;
  if (from.launcher)
    for (const value& each : items_of(from.launcher->find("nodes")))
      out[text_of(each, "name")] = each;
  return out;
}

/// "n2" before "n10".
bool earlier(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::vector<std::string> names_of_nodes(const cluster_evidence& from) {
  std::set<std::string> names;
  for (const auto& [name, kept] : kept_nodes(from))
    names.insert(name);
  if (from.store)
    for (const auto& [name, of] : ownership_of(*from.store).nodes)
      if (of.member.state != member_state::dead && of.member.who.given()) names.insert(name);
  std::vector<std::string> sorted{names.begin(), names.end()};
  std::sort(sorted.begin(), sorted.end(), earlier);
  return sorted;
}

/// A word for a process of which only answers are known.
std::string state_of(const value* kept, bool answered) {
  if (kept != nullptr) return text_of(*kept, "state");
  return answered ? "up" : "silent";
}

std::string build_of(const value* kept, const hello_reply* said) {
  if (said != nullptr) return said->build;
  return kept == nullptr ? std::string{} : text_of(*kept, "build");
}

value node_item(const std::string& name, const value* kept, const standing* of,
                const hello_reply* said, const value* status) {
  value item;
  item["node"] = name;
  item["pid"] = kept == nullptr ? value{} : member_of(*kept, "pid");
  item["state"] = state_of(kept, said != nullptr);
  item["member"] = of == nullptr ? value{} : value{name_of(of->member.state)};
  item["build"] = build_of(kept, said);
  const std::string address = kept == nullptr ? std::string{} : text_of(*kept, "address");
  item["endpoint"] = !address.empty() || of == nullptr ? address : of->member.endpoint;
  item["metrics"] = status == nullptr ? value{} : member_of(*status, "metrics");
  item["shards"] = of == nullptr ? value{} : value{of->owns};
  item["moving"] = of == nullptr ? value{} : value{of->gives + of->takes};
  item["restarts"] = kept == nullptr ? value{} : member_of(*kept, "restarts");
  item["state_ms"] = kept == nullptr ? value{} : member_of(*kept, "state_ms");
  std::string note = kept == nullptr ? std::string{} : text_of(*kept, "why");
  if (kept != nullptr && member_of(*kept, "as_planned") == value{false})
    note += (note.empty() ? "" : "; ") + std::string{"other settings than the launcher's"};
  item["note"] = note;
  return item;
}

/// "n1:2 n2:1" of the owners of a context's shards.
std::string owners_text(const cluster_view& view, std::string_view context) {
  std::map<std::string, int, decltype(&earlier)> counts{&earlier};
  int nobody = 0;
  for (const shard_row& each : view.shards)
    if (each.which.context == context) ++(each.owner.given() ? counts[each.owner.node] : nobody);
  std::string text;
  for (const auto& [node, count] : counts)
    text += (text.empty() ? "" : " ") + node + ':' + std::to_string(count);
  if (nobody > 0) text += (text.empty() ? "" : " ") + ("nobody:" + std::to_string(nobody));
  return text;
}

value::array context_items(const cluster_evidence& from) {
  std::map<std::string, value> found;
  for (const auto& [node, said] : from.hellos)
    for (const served_context& each : said.contexts) {
      value& item = found[each.name];
      if (item.is_null()) {
        item["name"] = each.name;
        item["kind"] = each.view ? "view" : "aggregates";
        item["state"] = "up";
        item["shards"] = each.shards;
        item["owners"] = "";
        item["note"] = "";
      }
      if (!each.up) item["state"] = "down";
      if (!each.waiting.empty()) item["note"] = node + ": " + each.waiting;
    }
  if (from.store)
    for (const context_row& each : from.store->contexts) {
      value& item = found[each.name];
      if (item.is_null()) {
        item["name"] = each.name;
        item["kind"] = nullptr;
        item["state"] = "unknown";
        item["shards"] = each.shards;
        item["note"] = "";
      }
      item["owners"] = owners_text(*from.store, each.name);
      if (each.stopped) item["state"] = "stopped";
      if (each.delay != "off" && text_of(item, "note").empty())
        item["note"] = "delay " + each.delay;
    }
  value::array out;
  for (auto& [name, item] : found)
    out.push_back(std::move(item));
  return out;
}

column age_column(std::string head) {
  return {std::move(head),
          [](const value& item) {
            const value* held = item.find("state_ms");
            const auto* ms = held == nullptr ? nullptr : held->get_if<std::int64_t>();
            return ms == nullptr ? std::string{"-"} : duration_text(*ms);
          },
          false};
}

} // namespace

std::map<std::string, std::string> endpoints_of(const cluster_evidence& from) {
  std::map<std::string, std::string> out;
  if (from.store)
    for (const auto& [name, of] : ownership_of(*from.store).nodes)
      if (of.member.state != member_state::dead && !of.member.endpoint.empty())
        out[name] = of.member.endpoint;
  for (const auto& [name, kept] : kept_nodes(from))
    if (const auto address = text_of(kept, "address"); !address.empty()) out[name] = address;
  return out;
}

cluster_picture picture_of(const cluster_evidence& from) {
  cluster_picture out;
  const auto kept = kept_nodes(from);
  const ownership who = from.store ? ownership_of(*from.store) : ownership{};
  for (const std::string& name : names_of_nodes(from)) {
    const auto known = kept.find(name);
    const auto member = who.nodes.find(name);
    const auto hello = from.hellos.find(name);
    const value* process = known == kept.end() ? nullptr : &known->second;
    const bool dead =
        member == who.nodes.end() || member->second.member.state == member_state::dead;
    const auto status = from.statuses.find(name);
    value item = node_item(name, process, dead ? nullptr : &member->second,
                           hello == from.hellos.end() ? nullptr : &hello->second,
                           status == from.statuses.end() ? nullptr : &status->second);
    const std::string state = text_of(item, "state");
    const bool should_answer = state == "up" || state == "draining" || state == "silent";
    if (should_answer && hello == from.hellos.end()) {
      out.silent.push_back(name);
      const std::string note = text_of(item, "note");
      item["note"] = note.empty() ? "did not answer" : "did not answer; " + note;
    }
    out.nodes.push_back(std::move(item));
  }
  out.contexts = context_items(from);
  out.launcher_silent = from.launcher_silent;
  if (!from.launcher) return out;
  if (const value* gateway = from.launcher->find("gateway")) out.gateway = *gateway;
  value self;
  for (const char* each : {"pid", "build", "data", "ready", "uptime_ms"})
    self[each] = member_of(*from.launcher, each);
  self["operation"] = nullptr;
  for (const value& each : items_of(from.launcher->find("operations")))
    if (text_of(each, "state") == "running") self["operation"] = text_of(each, "title");
  self["autoscale"] = nullptr;
  if (const value* autoscale = from.launcher->find("autoscale"); autoscale != nullptr)
    for (const char* each : {"on", "nodes", "targets", "verdict", "why"})
      if (!autoscale->is_null()) self["autoscale"][each] = member_of(*autoscale, each);
  out.launcher = std::move(self);
  return out;
}

void print(std::ostream& out, const settings& how, const cluster_picture& what) {
  listing nodes{"ClusterStatus",
                what.nodes,
                {member_column("NODE", "node"), member_column("STATE", "state", true),
                 age_column("FOR"), member_column("MEMBER", "member"), member_column("PID", "pid"),
                 member_column("SHARDS", "shards"), member_column("MOVING", "moving"),
                 member_column("RESTARTS", "restarts"), member_column("ENDPOINT", "endpoint"),
                 member_column("METRICS", "metrics"), member_column("BUILD", "build"),
                 member_column("NOTE", "note")},
                [](const value& item) { return text_of(item, "node"); }};
  nodes.empty_note = "no nodes";
  nodes.extra.emplace_back("contexts", what.contexts);
  nodes.extra.emplace_back("gateway", what.gateway.value_or(value{}));
  nodes.extra.emplace_back("launcher", what.launcher.value_or(value{}));
  print(out, how, nodes);
  if (how.format != output_format::table) return;
  if (what.gateway) {
    listing gateway{"",
                    {*what.gateway},
                    {member_column("GATEWAY", "address"), member_column("STATE", "state", true),
                     age_column("FOR"), member_column("PID", "pid"),
                     member_column("RESTARTS", "restarts"), member_column("NOTE", "why")},
                    {}};
    out << '\n';
    print(out, how, gateway);
  }
  listing contexts{"",
                   what.contexts,
                   {member_column("CONTEXT", "name"), member_column("KIND", "kind"),
                    member_column("STATE", "state", true), member_column("SHARDS", "shards"),
                    member_column("OWNERS", "owners"), member_column("NOTE", "note")},
                   {}};
  contexts.empty_note = "no contexts";
  out << '\n';
  print(out, how, contexts);
  if (!what.launcher) {
    const char* said = "no launcher keeps these nodes alive; `troupe up` takes them over";
    if (what.nodes.empty()) said = "no launcher; `troupe up` starts one";
    if (what.launcher_silent) said = "the launcher did not answer";
    out << '\n' << said << '\n';
    return;
  }
  const value operation = member_of(*what.launcher, "operation");
  out << "\nlauncher: pid " << cell_text(member_of(*what.launcher, "pid"));
  if (!operation.is_null()) out << ", under way: " << plain_line(cell_text(operation));
  out << '\n';
  const value autoscale = member_of(*what.launcher, "autoscale");
  if (autoscale.is_null()) return;
  out << "autoscale " << plain_line(text_of(autoscale, "nodes")) << ": ";
  if (member_of(autoscale, "on") == value{true})
    out << plain_line(text_of(autoscale, "verdict") + ", " + text_of(autoscale, "why")) << '\n';
  else
    out << "off\n";
}

bool cluster_look::there_is_one() const {
  std::error_code fault;
  return launcher_pid(data_) || has_lease_store(data_) ||
         std::filesystem::is_directory(std::filesystem::path{data_} / "run", fault);
}

cluster_evidence cluster_look::gather() {
  cluster_evidence out;
  if (launcher_pid(data_)) {
    if (!launcher_) launcher_ = launcher_client::open(data_, call_);
    if (auto said = launcher_->status())
      out.launcher = std::move(said->all);
    else
      out.launcher_silent = true;
  } else {
    launcher_.reset();
  }
  if (!store_ && has_lease_store(data_))
    if (auto opened = open_sqlite_lease_store(data_)) store_ = std::move(*opened);
  if (store_)
    if (auto read = store_->read()) out.store = std::move(*read);
  ask_nodes(out);
  return out;
}

void cluster_look::ask_nodes(cluster_evidence& to) const {
  const clock& time = call_.around.time;
  zmq_context sockets;
  std::map<std::string, std::unique_ptr<node_link>> links;
  for (const auto& [name, endpoint] : endpoints_of(to))
    links[name] = std::make_unique<node_link>(sockets, endpoint, name);
  const monotonic_time until = time.monotonic() + std::min(hello_patience, call_.how.timeout);
  std::set<std::string> asked;
  std::set<std::string> done;
  bool all = false;
  while (!all && time.monotonic() < until) {
    all = true;
    std::vector<pollfd> fds;
    for (const auto& [name, link] : links) {
      link->look(time.monotonic());
      if (link->answered() && asked.insert(name).second)
        link->ask("status", value{value::object{}}, time.monotonic(), hello_patience);
      if (auto status = link->answer(time.monotonic())) {
        done.insert(name);
        if (*status) to.statuses[name] = std::move(**status);
      }
      if (done.contains(name)) continue;
      all = false;
      fds.push_back({link->fd(), POLLIN, 0});
    }
    constexpr int look_ms = 20; // the descriptors are edge-triggered: do not rely on them alone
    if (!all) (void)::poll(fds.data(), fds.size(), look_ms);
  }
  for (const auto& [name, link] : links)
    if (link->answered()) to.hellos[name] = link->said();
}

} // namespace troupe::cli
