#include "messages/codec.hpp"
#include "messages/descriptor.hpp"
#include "messages/envelope.hpp"

#include <algorithm>
#include <set>

namespace troupe {
namespace {

/// Collects the problems of one catalogue.
class catalogue_checker {
public:
  explicit catalogue_checker(std::span<const context_info> contexts) : contexts_(contexts) {}

  std::vector<std::string> problems() && {
    std::set<std::string> names;
    std::set<std::string> resources;
    for (const context_info& each : contexts_) {
      here_ = each.full_name();
      unique(names, here_, "context");
      unique(resources, std::string{each.system} + "/" + std::string{each.resource}, "resource");
      check_parts(each);
      check_owner(each);
      check_sensitive(each);
      each.kind == context_kind::view ? check_view(each) : check_aggregates(each);
    }
    return std::move(problems_);
  }

private:
  void complain(std::string what) { problems_.push_back(here_ + ": " + std::move(what)); }

  void unique(std::set<std::string>& seen, std::string_view name, std::string_view what) {
    if (name.empty() || name.size() > name_bytes_max)
      complain(std::string{what} + " has no name or one that is too long");
    else if (!seen.emplace(name).second)
      complain(std::string{what} + " '" + std::string{name} + "' is there twice");
  }

  [[nodiscard]] const context_info* known(std::string_view full_name) const {
    const auto at = std::find_if(contexts_.begin(), contexts_.end(),
                                 [&](const auto& each) { return each.full_name() == full_name; });
    return at == contexts_.end() ? nullptr : &*at;
  }

  static const field_info* field_of(const message_info& in, std::string_view name) {
    const auto at = std::find_if(in.fields.begin(), in.fields.end(),
                                 [&](const auto& each) { return each.name == name; });
    return at == in.fields.end() ? nullptr : &*at;
  }

  void check_fields(const message_info& in) {
    std::set<std::string> seen;
    for (const field_info& each : in.fields)
      unique(seen, each.name, "field of '" + std::string{in.name} + "'");
  }

  void check_parts(const context_info& in) {
    check_fields(in.state);
    std::set<std::string> filters;
    for (const std::string_view each : in.filters) {
      unique(filters, each, "filter");
      if (field_of(in.state, each) == nullptr)
        complain("filter '" + std::string{each} + "' is no field of the state");
    }
    std::set<std::string> commands;
    std::set<std::string> places;
    for (const command_info& each : in.commands) {
      check_command(each, commands);
      check_verbs(each, places);
    }
    for (const query_info& each : in.queries) {
      unique(commands, each.name, "query");
      if (!each.answers.empty() && field_of(in.state, each.answers) == nullptr)
        complain("query '" + std::string{each.name} + "' answers no field of the state");
    }
    std::set<std::string> events;
    for (const event_info& each : in.events) {
      unique(events, each.message.name, "event");
      check_fields(each.message);
    }
    std::set<std::string> rejections;
    for (const rejection_info& each : in.rejections)
      unique(rejections, each.reason, "rejection");
  }

  void check_command(const command_info& each, std::set<std::string>& seen) {
    unique(seen, each.message.name, "command");
    check_fields(each.message);
    if (each.id_from.empty()) return;
    const field_info* id = field_of(each.message, each.id_from);
    if (id == nullptr || id->type != field_type::integer)
      complain("command '" + std::string{each.message.name} + "' takes its id from '" +
               std::string{each.id_from} + "', which is no integer field of it");
  }

  /// One verb of one path stands for one command.
  void check_verbs(const command_info& each, std::set<std::string>& seen) {
    const bool on_collection = each.on_collection();
    const std::string shown = "command '" + std::string{each.message.name} + "' ";
    for (const http_verb verb : each.verbs) {
      if (verb == http_verb::get)
        complain(shown + "cannot be reached by GET, which changes nothing");
      const std::string place =
          std::to_string(static_cast<int>(verb)) + (on_collection ? " collection" : " item");
      if (!seen.insert(place).second)
        complain(shown + "has a verb that another command has at the same path");
    }
    if (each.verbs.size() > 1 && (on_collection || each.has(http_verb::del)))
      complain(shown + "has more than one verb; only PUT, PATCH and POST of an item can share one");
  }

  void check_owner(const context_info& in) {
    if (in.part_of.empty()) return;
    const context_info* owner = known(in.part_of);
    if (owner == nullptr || owner->system != in.system || !owner->part_of.empty() ||
        owner->kind != context_kind::aggregates)
      complain("belongs to '" + std::string{in.part_of} +
               "', which is no context of aggregates of its system that stands for itself");
  }

  static std::vector<const message_info*> shapes_of(const context_info& in) {
    std::vector<const message_info*> shapes{&in.state};
    for (const command_info& each : in.commands) {
      shapes.push_back(&each.message);
      shapes.push_back(&each.reply);
    }
    for (const event_info& each : in.events)
      shapes.push_back(&each.message);
    return shapes;
  }

  static bool speaks_of(const context_info& in, std::string_view field) {
    return std::ranges::any_of(shapes_of(in),
                               [&](const auto* each) { return field_of(*each, field) != nullptr; });
  }

  /// What one context of a system keeps from inspection, its neighbours do not show either.
  void check_sensitive(const context_info& in) {
    for (const std::string_view each : in.sensitive) {
      bool known = false;
      for (const context_info& other : contexts_) {
        if (other.system != in.system || !speaks_of(other, each)) continue;
        known = true;
        if (!other.is_sensitive(each))
          complain("'" + std::string{each} + "' is sensitive, but not in '" + other.full_name() +
                   "'");
      }
      if (!known) complain("the sensitive field '" + std::string{each} + "' is none of its system");
    }
  }

  void check_aggregates(const context_info& in) {
    if (!in.view.sources.empty()) complain("only a view has sources");
    for (const ask_info& each : in.asks)
      check_ask(in, each);
    std::set<std::string> policies;
    for (const policy_info& each : in.policies) {
      unique(policies, each.name, "policy");
      check_policy(in, each);
    }
  }

  void check_ask(const context_info& in, const ask_info& each) {
    const std::string shown = "ask '" + std::string{each.command} + "' ";
    if (each.timeout.count() <= 0 || each.timeout.count() > deadline_ms_max)
      complain(shown + "has no timeout or one over the longest deadline");
    if (!each.missing.empty() &&
        std::none_of(in.rejections.begin(), in.rejections.end(),
                     [&](const rejection_info& known) { return known.reason == each.missing; }))
      complain(shown + "answers the unknown rejection '" + std::string{each.missing} + "'");
    const context_info* target = known(each.target);
    if (target == nullptr) {
      complain(shown + "goes to the unknown context '" + std::string{each.target} + "'");
      return;
    }
    check_fallback(each, *target);
    const bool query = each.reads_only && target->query(each.command) != nullptr;
    if (!query && target->command(each.command) == nullptr)
      complain(shown + "is no command of '" + std::string{each.target} + "'");
  }

  /// A fallback stands for the target's answer, so it must read like one, to the last field.
  void check_fallback(const ask_info& each, const context_info& target) {
    const std::string shown = "the fallback of ask '" + std::string{each.command} + "' ";
    if (each.fallback.empty()) {
      if (!each.fallback_meaning.empty()) complain(shown + "has a meaning and is not there");
      return;
    }
    if (!each.reads_only) complain(shown + "would say that something was done that was not");
    if (each.fallback_meaning.empty()) complain(shown + "does not say what it leads to");
    const command_info* command = target.command(each.command);
    const message_info& shape =
        command != nullptr && !command->reply.name.empty() ? command->reply : target.state;
    const auto given = decode_value(each.fallback);
    const auto* fields = given ? given->get_if<value::object>() : nullptr;
    bool fits = fields != nullptr && (shape.reread == nullptr || shape.reread(each.fallback).ok());
    for (const field_info& field : shape.fields)
      fits = fits && given->find(field.name) != nullptr;
    if (!fits || fields->size() != shape.fields.size())
      complain(shown + "is no answer of '" + std::string{each.target} + "'");
  }

  void check_policy(const context_info& in, const policy_info& each) {
    const std::string shown = "policy '" + std::string{each.name} + "' ";
    if (in.command(each.command) == nullptr)
      complain(shown + "sends the unknown command '" + std::string{each.command} + "'");
    if (!each.reaches.empty() &&
        std::find(in.filters.begin(), in.filters.end(), each.reaches) == in.filters.end())
      complain(shown + "reaches by '" + std::string{each.reaches} + "', which is no filter");
    const context_info* source = known(each.source);
    if (source == nullptr) {
      complain(shown + "listens to the unknown context '" + std::string{each.source} + "'");
      return;
    }
    const event_info* event = source->event(each.event);
    if (event == nullptr || event->internal)
      complain(shown + "listens to '" + std::string{each.event} + "', which '" +
               std::string{each.source} + "' does not publish");
  }

  void check_view(const context_info& in) {
    if (!in.commands.empty() || !in.asks.empty() || !in.policies.empty() || !in.events.empty())
      complain("a view has no commands, asks, policies or events");
    if (in.view.key.empty()) complain("a view needs a key column");
    if (in.view.sources.empty()) complain("a view needs a source");
    for (const std::string_view each : in.view.sources) {
      const context_info* source = known(each);
      if (source == nullptr || source->kind != context_kind::aggregates)
        complain("source '" + std::string{each} + "' is no context with aggregates");
    }
    for (const std::string_view each : in.view.indexes)
      if (field_of(in.state, each) == nullptr)
        complain("index '" + std::string{each} + "' is no column");
  }

  std::span<const context_info> contexts_;
  std::string here_; ///< full name of the context being checked
  std::vector<std::string> problems_;
};

} // namespace

std::vector<std::string> check_catalogue(std::span<const context_info> contexts) {
  return catalogue_checker{contexts}.problems();
}

} // namespace troupe
