#include "actors/verb_arguments.hpp"
#include "messages/json.hpp"
#include "supervisors/breaker_verbs.hpp"
#include "supervisors/letter_verbs.hpp"
#include "supervisors/running_node.hpp"
#include "supervisors/view_verbs.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

/// What operators ask of a node: its admin verbs (docs/protocol.md).
namespace troupe {
namespace {

constexpr std::int64_t events_shown = 100; ///< unless more are asked for

/// The shard that a verb about one aggregate or record is for; none: whichever has it.
result<std::optional<std::uint32_t>> one_shard(const std::string& verb, const context_state* of,
                                               const value& arguments) {
  const auto reach = reach_of(verb);
  const bool may_be_new = verb == "actor-dry-run";
  const auto id = number_in(arguments, "id", may_be_new ? -1 : 0);
  const bool record = reach == verb_reach::record;
  if (of == nullptr || (!record && id < (may_be_new ? 0 : 1)))
    return fail(errc::malformed, record ? "a record is {context, shard, index}, {context, id, seq} "
                                          "or {context, command_id}"
                                        : "an aggregate is {context, id}");
  if (of->is_view()) return fail(errc::malformed, of->name + " is a view");
  const auto shard = number_in(arguments, "shard", -1);
  if (record && shard >= 0) {
    if (std::cmp_greater_equal(shard, of->shards()))
      return fail(errc::not_found,
                  of->name + " has " + std::to_string(of->shards()) + " shards, counted from 0");
    return std::optional{static_cast<std::uint32_t>(shard)};
  }
  if (id > 0) return std::optional{shard_of(aggregate_id{id}, of->shards()).value};
  if (id == 0 && may_be_new) return std::optional<std::uint32_t>{0}; // any shard could make it
  if (verb == "cause" && !text_in(arguments, "command_id").empty())
    return std::optional<std::uint32_t>{};
  return fail(errc::malformed, "shard: which of " + of->name + "?");
}

} // namespace

void running_node::admin(inbound& from) {
  if (from.content.payload.empty()) from.content.payload = encode_value(value{value::object{}});
  auto arguments = decode_value(from.content.payload);
  if (!arguments) return answer_now(from.from, arguments.error());
  const auto& verb = from.content.name;
  const auto reach = reach_of(verb);
  if (reach == verb_reach::own) return ask_own_parts(from, *arguments);
  if (reach != verb_reach::none) return ask_parts(from, *arguments);
  if (verb == "view-rebuild" || verb == "view-status") return ask_views(from, *arguments);
  value said;
  if (verb == "status") {
    said = status();
  } else if (verb == "tree") {
    said = tree();
  } else if (verb == "metrics") {
    said["node"] = options_.name;
    said["families"] = metrics().families();
  } else if (verb == "live") {
    said = describe_life();
  } else if (verb == "healing" || verb == "healing-switch") {
    auto done = ask_healing(verb, *arguments);
    if (!done) return answer_now(from.from, done.error());
    said = std::move(*done);
  } else if (verb == "context-stop" || verb == "context-start" || verb == "context-delay" ||
             verb == "limit") {
    auto done = change_context(verb, *arguments);
    if (!done) return answer_now(from.from, done.error());
    said = std::move(*done);
  } else if (verb == "breakers" || verb == "breaker-mode" || verb == "events") {
    auto done = ask_supervision(verb, *arguments);
    if (!done) return answer_now(from.from, done.error());
    said = std::move(*done);
  } else if (verb == "shard-move") {
    auto done = move_shard(*arguments);
    if (!done) return answer_now(from.from, done.error());
    said = std::move(*done);
  } else if (verb == "leave" && options_.cluster != nullptr) {
    options_.cluster->leave();
    said["node"] = options_.name;
    said["state"] = "leaving";
  } else {
    return answer_now(from.from, fail(errc::unknown_command, "no admin verb '" + verb + "'"));
  }
  reply_content content;
  content.payload = encode_value(said);
  answer_now(from.from, std::move(content));
}

/// Breakers and events.
result<value> running_node::ask_supervision(const std::string& verb, const value& arguments) {
  if (verb == "breakers") return show_breakers(rules_, arguments, clock_.monotonic());
  if (verb == "breaker-mode") {
    const auto known = [this](std::string_view name) -> const context_info* {
      const auto* context = find(name);
      return context == nullptr ? nullptr : context->behaviour->info;
    };
    auto done = set_breaker_mode(rules_, known, arguments, clock_.monotonic());
    if (done) spdlog::info("operator verb={} {}", verb, to_json(*done));
    return done;
  }
  const auto number_of = [&](std::string_view name, std::int64_t preset) {
    const auto* held = arguments.find(name);
    const auto* number = held == nullptr ? nullptr : held->get_if<std::int64_t>();
    return number == nullptr ? preset : *number;
  };
  const auto after = number_of("after", 0);
  const auto limit = number_of("limit", events_shown);
  const std::int64_t most = supervision_log::kept_max;
  if (after < 0 || limit < 1 || limit > most)
    return fail(errc::malformed, "after: from 0; limit: from 1 to " + std::to_string(most));
  return events_.after(static_cast<std::uint64_t>(after), static_cast<std::size_t>(limit));
}

/// What operators do to one context.
result<value> running_node::change_context(const std::string& verb, const value& arguments) {
  const auto text_of = [&](std::string_view key) {
    const auto* held = arguments.find(key);
    const auto* text = held != nullptr ? held->get_if<std::string>() : nullptr;
    return text != nullptr ? *text : std::string{};
  };
  const auto name = text_of("context");
  if (name.empty()) return fail(errc::malformed, "which context?");
  value said;
  said["context"] = name;
  if (verb == "context-delay") {
    auto* context = find(name);
    if (context == nullptr)
      return fail(errc::unknown_context, "there is no context '" + name + "'");
    const auto delay = answer_delay::parse(text_of("delay"));
    if (!delay) return delay.error();
    context->delay.set(*delay);
    if (options_.cluster != nullptr) options_.cluster->want_of(name, {}, *delay);
    said["delay"] = delay->text();
  } else if (verb == "limit") {
    auto* context = find(name);
    if (context == nullptr)
      return fail(errc::unknown_context, "there is no context '" + name + "'");
    const auto rate = rate_limit::parse(text_of("rate"));
    if (!rate) return rate.error();
    context->rate.set(*rate);
    said["rate"] = rate->text();
  } else {
    const bool stops = verb == "context-stop";
    const auto done = stops ? stop_context(name) : start_context(name);
    if (!done) return done.error();
    said["state"] = stops ? "stopping" : "starting";
  }
  spdlog::info("context={} operator={} {}{}", name, verb, text_of("delay"), text_of("rate"));
  return said;
}

/// The context that a verb names; null: it names none and means all.
result<context_state*> running_node::context_in(const value& arguments) {
  const auto* named = arguments.find("context");
  if (named == nullptr || named->is_null()) return nullptr;
  const auto* name = named->get_if<std::string>();
  if (name == nullptr) return fail(errc::malformed, "context: a text, SYSTEM.CONTEXT");
  auto* const found = find(*name);
  if (found == nullptr) return fail(errc::unknown_context, "there is no context '" + *name + "'");
  return found;
}

/// Verbs that the shards answer: one shard for an aggregate, all of them for a listing.
void running_node::ask_parts(inbound& from, const value& arguments) {
  const auto found = context_in(arguments);
  if (!found) return answer_now(from.from, found.error());
  auto* const only = *found;
  from.internal = true;
  const auto reach = reach_of(from.content.name);
  if (reach == verb_reach::aggregate || reach == verb_reach::record) {
    const auto shard = one_shard(from.content.name, only, arguments);
    if (!shard) return answer_now(from.from, shard.error());
    if (*shard) return route_part(*only, **shard, from);
  }
  std::vector<inbound> requests;
  std::vector<std::pair<context_state*, std::uint32_t>> places;
  std::size_t absent = 0;
  for (auto& each : contexts_) {
    if (each->is_view() || (only != nullptr && only != each.get())) continue;
    if (!each->up.load()) {
      absent += each->shards();
      continue;
    }
    for (std::uint32_t shard = 0; shard < each->shards(); ++shard) {
      requests.push_back(from);
      places.emplace_back(each.get(), shard);
    }
  }
  const auto* limit_held = arguments.find("limit");
  const auto* limit = limit_held != nullptr ? limit_held->get_if<std::int64_t>() : nullptr;
  const auto most =
      static_cast<std::size_t>(limit != nullptr ? std::max<std::int64_t>(*limit, 1) : 100);
  if (requests.empty())
    return answer_now(from.from, fail(errc::context_down, "no such context is running"));
  const auto merge = [reach, most, verb = from.content.name](auto said) {
    if (reach == verb_reach::letter || reach == verb_reach::record)
      return std::move(said.front()); // one shard has it
    return verb == "actors" ? merge_actors(std::move(said), most)
                            : merge_letters(std::move(said), most);
  };
  desk_.gather(from.from, requests, merge, absent);
  for (std::size_t i = 0; i < requests.size(); ++i)
    route_part(*places[i].first, places[i].second, requests[i]);
}

/// Verbs that views answer: the one to be built anew, all of them for a listing.
void running_node::ask_views(inbound& from, const value& arguments) {
  const auto asked = views_asked(contexts_, from.content.name, arguments);
  if (!asked) return answer_now(from.from, asked.error());
  from.internal = true;
  if (from.content.name == "view-rebuild") return route_part(*asked->front(), 0, from);
  std::vector<context_state*> running;
  std::copy_if(asked->begin(), asked->end(), std::back_inserter(running),
               [](const context_state* each) { return each->up.load(); });
  std::vector<inbound> requests(running.size(), from);
  const auto merge = [all = *asked](std::vector<value> said) {
    return merge_views(all, std::move(said));
  };
  if (requests.empty()) {
    reply_content content;
    content.payload = encode_value(merge({}));
    return answer_now(from.from, std::move(content));
  }
  desk_.gather(from.from, requests, merge);
  for (std::size_t i = 0; i < requests.size(); ++i)
    route_part(*running[i], 0, requests[i]);
}

} // namespace troupe
