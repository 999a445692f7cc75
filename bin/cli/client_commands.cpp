#include "bin/cli/fields.hpp"
#include "bin/cli/send_command.hpp"
#include "bin/cli/tool.hpp"

#include <istream>
#include <iterator>
#include <ostream>

namespace troupe::cli {
namespace {

std::string name_of(const context_info& context, aggregate_id id) {
  return context.full_name() + (id.given() ? "/" + std::to_string(id.number) : std::string{});
}

std::string target_name(const value& item) {
  return cell_text(*item.find("target"));
}

/// The members of an item's state as lines of their own, behind the given columns.
std::vector<column> with_state(std::vector<column> first, const value& state) {
  const auto* members = state.get_if<value::object>();
  if (members == nullptr) return first;
  for (const auto& [name, unused] : *members)
    first.push_back({name,
                     [member = name](const value& item) {
                       const value* held = item.find("state")->find(member);
                       return held == nullptr ? std::string{"-"} : cell_text(*held);
                     },
                     false});
  return first;
}

value reply_item(const context_info& context, const call_reply& reply, const value& state) {
  value item;
  item["target"] = name_of(context, reply.target);
  item["context"] = context.full_name();
  item["id"] = reply.target.number;
  item["seq"] = reply.seq;
  item["epoch"] = reply.epoch.value;
  item["state"] = state;
  if (reply.degraded) {
    item["degraded"]["as_of"] = reply.degraded->as_of;
    item["degraded"]["age_ms"] = reply.degraded->age_ms;
  }
  return item;
}

/// A line more for people, if the answer is not the present state.
std::vector<column> with_degraded(std::vector<column> first, const call_reply& reply) {
  if (!reply.degraded) return first;
  const auto& mark = *reply.degraded;
  const std::string text = mark.as_of == 0 ? "a declared fallback was used"
                                           : "as of turn " + std::to_string(mark.as_of) + ", " +
                                                 std::to_string(mark.age_ms) + " ms old";
  first.push_back({"degraded", [text](const value&) { return text; }, false});
  return first;
}

result<command_id> chosen_id(command_call& call) {
  if (!call.line.given("--id")) {
    const std::uint64_t high = call.around.random.next();
    return command_id::make(call.around.time.wall(), high, call.around.random.next());
  }
  const std::string text = call.line.text("--id");
  if (text.empty() || text.size() > name_bytes_max)
    return fail(errc::malformed,
                "a command id has 1 to " + std::to_string(name_bytes_max) + " characters");
  // Any text serves as an id; one of the usual form is taken as it is.
  if (const auto parsed = command_id::parse(text)) return *parsed;
  return command_id::named("cli", text);
}

/// An unknown outcome is only safe to retry with the id that was used, so the advice names it.
std::string retry_advice(const error& cause, const command_id& used, bool given) {
  if (given || info(cause.code).effect != outcome::unknown) return {};
  return "the same line again with --id " + used.text() + ": it has at most one effect";
}

// -- get and list -----------------------------------------------------------------------------

command_result get(command_call& call) {
  auto parsed = parse_one(call.line.arguments[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const target& of = std::get<target>(parsed);
  const std::string what = "cannot get " + name_of(*of.context, of.id);
  auto nodes = call.around.connect(call.how);
  if (!nodes) return failed(what, nodes.error());
  auto reply = (*nodes)->get(of.context->full_name(), of.id);
  if (!reply) return failed(what, reply.error());
  if (!reply->target.given()) reply->target = of.id;
  const auto state = reply->to_value();
  if (!state) return failed(what, state.error());
  const value item = reply_item(*of.context, *reply, *state);
  print_one(
      call.around.out, call.how,
      {of.context->kind == context_kind::view ? "Row" : "Aggregate",
       {item},
       with_state(
           with_degraded({member_column("target", "target"), member_column("seq", "seq")}, *reply),
           *state),
       target_name});
  return exit_code::done;
}

std::vector<field_info> filter_fields(const context_info& of) {
  std::vector<field_info> fields;
  for (const field_info& each : of.state.fields)
    for (const std::string_view name : of.filters)
      if (each.name == name) fields.push_back(each);
  return fields;
}

result<page_request> page_of(const command_call& call, const context_info& context) {
  page_request wanted;
  const auto& words = call.line.arguments;
  auto filter = parse_fields(filter_fields(context), {words.begin() + 1, words.end()});
  if (!filter) return filter.error();
  wanted.filter = std::move(*filter);
  constexpr std::int64_t page_max = 1'000'000'000; // keeps page × size far from overflow
  const auto number = parse_number(call.line.text("--page"), 0, page_max);
  if (!number) return fail(errc::malformed, "--page: " + number.error().message);
  wanted.page = static_cast<std::uint64_t>(*number);
  const auto size = parse_number(call.line.text("--size"), 1, 1'000);
  if (!size) return fail(errc::malformed, "--size: " + size.error().message);
  wanted.size = static_cast<std::uint32_t>(*size);
  std::string sort = call.line.text("--sort");
  if (const std::size_t comma = sort.find(','); comma != std::string::npos) {
    const std::string direction = sort.substr(comma + 1);
    if (direction != "asc" && direction != "desc")
      return fail(errc::malformed, "--sort: '" + direction + "' is neither asc nor desc");
    wanted.descending = direction == "desc";
    sort.resize(comma);
  }
  bool known = sort.empty() || sort == "id";
  std::string names = "id";
  for (const field_info& each : context.state.fields) {
    known = known || each.name == sort;
    names += ", " + std::string{each.name};
  }
  if (!known)
    return fail(errc::malformed, "--sort: there is no field '" + sort + "'; there are: " + names);
  wanted.sort = sort == "id" ? "" : sort;
  return wanted;
}

value list_item(aggregate_id id, const value& held) {
  value item;
  item["id"] = id.number;
  if (const auto* members = held.get_if<value::object>())
    for (const auto& [name, each] : *members)
      if (name != "id") item[name] = each;
  return item;
}

command_result list(command_call& call) {
  auto parsed = parse_context(call.line.arguments[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const context_info& context = *std::get<const context_info*>(parsed);
  const std::string what = "cannot list " + context.full_name();
  auto wanted = page_of(call, context);
  if (!wanted) return failed(what, wanted.error(), "`troupe list --help`");
  auto nodes = call.around.connect(call.how);
  if (!nodes) return failed(what, nodes.error());
  const auto found = (*nodes)->list(context.full_name(), *wanted);
  if (!found) return failed(what, found.error());

  listing shown;
  shown.kind = context.kind == context_kind::view ? "RowList" : "AggregateList";
  for (const auto& [id, held] : found->items)
    shown.items.push_back(list_item(id, held));
  shown.columns.push_back(member_column("ID", "id"));
  for (const field_info& each : context.state.fields)
    if (each.name != "id")
      shown.columns.push_back(member_column(std::string{each.name}, std::string{each.name}));
  shown.name = [&](const value& item) {
    return context.full_name() + '/' + cell_text(*item.find("id"));
  };
  shown.extra = {{"context", context.full_name()},
                 {"total", found->total},
                 {"page", wanted->page},
                 {"size", wanted->size}};
  print(call.around.out, call.how, shown);
  if (call.how.format == output_format::table && found->total > found->items.size())
    call.around.err << found->items.size() << " of " << found->total << "; --page and --size show "
                    << "the others\n";
  return exit_code::done;
}

// -- contexts ---------------------------------------------------------------------------------

command_result context_ls(command_call& call) {
  auto nodes = call.around.connect(call.how);
  if (!nodes) return failed("cannot list the contexts", nodes.error());
  const auto served = (*nodes)->contexts();
  if (!served) return failed("cannot list the contexts", served.error());
  listing shown;
  shown.kind = "ContextList";
  for (const served_context& each : *served) {
    const context_info* known = find_context(each.name);
    value item;
    item["name"] = each.name;
    item["kind"] = each.view ? "view" : "aggregates";
    item["state"] = each.up ? "up" : "stopped";
    item["shards"] = each.shards;
    item["purpose"] = known == nullptr ? std::string_view{} : known->purpose;
    shown.items.push_back(std::move(item));
  }
  shown.columns = {member_column("NAME", "name"), member_column("KIND", "kind"),
                   member_column("STATE", "state", true), member_column("SHARDS", "shards"),
                   member_column("PURPOSE", "purpose")};
  shown.name = [](const value& item) { return cell_text(*item.find("name")); };
  print(call.around.out, call.how, shown);
  return exit_code::done;
}

/// Tells the node something about one context; its answer is shown as a row of `shown` columns.
command_result change_context(command_call& call, const char* verb, const char* word,
                              std::string_view shown, value arguments = value{value::object{}}) {
  auto parsed = parse_context(call.line.arguments[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const std::string name = std::get<const context_info*>(parsed)->full_name();
  const std::string what = std::string{"cannot "} + word + ' ' + name;
  auto nodes = call.around.connect(call.how);
  if (!nodes) return failed(what, nodes.error());
  arguments["context"] = name;
  const auto done = (*nodes)->admin(verb, std::move(arguments));
  if (!done) return failed(what, done.error());
  print(call.around.out, call.how,
        {"Context",
         {*done},
         {member_column("CONTEXT", "context"),
          member_column(shown == "delay" ? "DELAY" : "STATE", std::string{shown}, true)},
         [name](const value&) { return name; }});
  return exit_code::done;
}

} // namespace

result<value::object> read_fields(command_call& call, const troupe::command_info& command) {
  const auto& words = call.line.arguments;
  const std::span<const std::string> given{words.begin() + 2, words.end()};
  if (!call.line.given("--json")) return parse_fields(command.message.fields, given);
  if (!given.empty())
    return fail(errc::malformed, "fields come either as field=value words or with --json");
  std::string text = call.line.text("--json");
  if (text == "-") {
    constexpr std::size_t input_bytes_max = 256 * 1024; // what the JSON reader takes
    text.clear();
    char next = 0;
    while (text.size() <= input_bytes_max && call.around.in.get(next))
      text += next;
  }
  return parse_json_fields(command.message.fields, text);
}

command_result send_command(command_call& call) {
  auto parsed = parse_target(call.line.arguments[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const target& to = std::get<target>(parsed);
  auto found = find_command(*to.context, call.line.arguments[1]);
  if (auto* wrong = std::get_if<failure>(&found)) return std::move(*wrong);
  const troupe::command_info& command = *std::get<const troupe::command_info*>(found);
  const std::string what =
      "cannot send " + std::string{command.message.name} + " to " + name_of(*to.context, to.id);
  if (!command.creates && !to.id.given() && command.id_from.empty())
    return usage_failure(what, "it changes an existing one, and the id is missing",
                         to.context->full_name() + "/1");
  const auto fields = read_fields(call, command);
  if (!fields)
    return failed(what, fields.error(), "`troupe send --help` shows how fields are given");
  const auto id = chosen_id(call);
  if (!id) return failed(what, id.error());

  auto nodes = call.around.connect(call.how);
  if (!nodes) return failed(what, nodes.error());
  call_options options;
  options.command = *id;
  options.correlation = call.line.text("--correlation");
  const auto reply = (*nodes)->send(to.context->full_name(), to.id, command.message.name,
                                    encode_value(value{*fields}), std::move(options));
  if (!reply)
    return failed(what, reply.error(), retry_advice(reply.error(), *id, call.line.given("--id")));
  const auto state = reply->payload.empty() ? result<value>{value{}} : reply->to_value();
  if (!state) return failed("cannot read the answer of " + to.context->full_name(), state.error());
  value item = reply_item(*to.context, *reply, *state);
  item["replayed"] = reply->replayed;
  item["command_id"] = id->text();
  print_one(
      call.around.out, call.how,
      {"Reply",
       {item},
       with_state(with_degraded({member_column("target", "target"), member_column("seq", "seq"),
                                 member_column("command id", "command_id"),
                                 member_column("replayed", "replayed")},
                                *reply),
                  *state),
       target_name});
  return exit_code::done;
}

void add_client_commands(command_handlers& to) {
  to["send"] = send_command;
  to["get"] = get;
  to["list"] = list;
  to["context ls"] = context_ls;
  to["context stop"] = [](command_call& call) {
    return change_context(call, "context-stop", "stop", "state");
  };
  to["context start"] = [](command_call& call) {
    return change_context(call, "context-start", "start", "state");
  };
  to["context delay"] = [](command_call& call) {
    value arguments{value::object{}};
    arguments["delay"] = call.line.arguments[1];
    return change_context(call, "context-delay", "delay", "delay", std::move(arguments));
  };
}

} // namespace troupe::cli
