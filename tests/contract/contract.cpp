#include "tests/contract/contract.hpp"

#include "bin/cli/system_map.hpp"
#include "messages/codec.hpp"
#include "messages/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace troupe::test {
namespace {

using object = value::object;
using array = value::array;

constexpr std::array kinds{message_kind::state, message_kind::command, message_kind::reply,
                           message_kind::event};
constexpr std::array types{field_type::integer, field_type::real, field_type::boolean,
                           field_type::text};

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char each : bytes) {
    const auto byte = static_cast<unsigned char>(each);
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    unsigned byte = 0;
    const auto [end, fault] = std::from_chars(text.data() + at, text.data() + at + 2, byte, 16);
    if (fault != std::errc{} || end != text.data() + at + 2) return std::nullopt;
    out += static_cast<char>(byte);
  }
  return out;
}

std::string member_text(const value& of, std::string_view name) {
  const value* found = of.find(name);
  const auto* text = found == nullptr ? nullptr : found->get_if<std::string>();
  return text == nullptr ? std::string{} : *text;
}

/// Elements of a member that is an array; none if there is no such member.
array member_items(const value& of, std::string_view name) {
  const value* found = of.find(name);
  const auto* items = found == nullptr ? nullptr : found->get_if<array>();
  return items == nullptr ? array{} : *items;
}

std::optional<contract_field> field_from(const std::string& name, std::string_view text) {
  contract_field field{name};
  for (const field_type type : types) {
    field.type = type;
    for (const bool nullable : {false, true})
      for (const bool hidden : {false, true}) {
        field.nullable = nullable;
        field.hidden = hidden;
        if (text_of(field) == text) return field;
      }
  }
  return std::nullopt;
}

value sample_value(const sample& from) {
  object out{{"json", *decode_value(from.bytes)}, {"msgpack", hex(from.bytes)}};
  if (from.state) out.emplace_back("state", *from.state);
  return out;
}

value message_value(const contract_message& from) {
  object fields;
  for (const contract_field& each : from.fields)
    fields.emplace_back(each.name, text_of(each));
  array samples;
  for (const sample& each : from.samples)
    samples.push_back(sample_value(each));
  return object{{"kind", word(from.kind)},
                {"name", from.name},
                {"internal", from.internal},
                {"fields", std::move(fields)},
                {"samples", std::move(samples)}};
}

result<sample> read_sample(const value& from) {
  sample out;
  auto bytes = from_hex(member_text(from, "msgpack"));
  const value* shown = from.find("json");
  if (!bytes || shown == nullptr) return fail(errc::malformed, "a sample without json or msgpack");
  out.bytes = std::move(*bytes);
  const auto held = decode_value(out.bytes);
  if (!held || *held != *shown)
    return fail(errc::malformed, "the sample " + to_json(*shown) + " is not what its bytes say");
  if (const value* state = from.find("state")) out.state = *state;
  return out;
}

result<contract_message> read_message(const value& from) {
  contract_message out;
  out.name = member_text(from, "name");
  const std::string kind_text = member_text(from, "kind");
  const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                 [&](message_kind each) { return word(each) == kind_text; });
  const value* internal = from.find("internal");
  const value* fields = from.find("fields");
  if (kind == kinds.end() || internal == nullptr || fields == nullptr ||
      fields->get_if<object>() == nullptr)
    return fail(errc::malformed, "message '" + out.name + "' lacks kind, internal or fields");
  out.kind = *kind;
  out.internal = *internal == value{true};
  for (const auto& [name, text] : *fields->get_if<object>()) {
    const auto* shown = text.get_if<std::string>();
    const auto field = shown == nullptr ? std::nullopt : field_from(name, *shown);
    if (!field) return fail(errc::malformed, "message '" + out.name + "': no type for " + name);
    out.fields.push_back(*field);
  }
  for (const value& each : member_items(from, "samples")) {
    auto read = read_sample(each);
    if (!read) return fail(errc::malformed, out.name + ": " + read.error().message);
    out.samples.push_back(std::move(*read));
  }
  if (out.samples.empty()) return fail(errc::malformed, out.name + " has no sample");
  return out;
}

} // namespace

const contract_message* contract::find(message_kind kind, std::string_view name) const {
  const auto found = std::find_if(messages.begin(), messages.end(), [&](const auto& each) {
    return each.kind == kind && each.name == name;
  });
  return found == messages.end() ? nullptr : &*found;
}

std::vector<spoken_message> spoken_by(std::span<const context_info> catalogue,
                                      const context_info& context) {
  std::vector<spoken_message> found{
      {message_kind::state, context.state.name, false, &context.state}};
  for (const command_info& each : context.commands) {
    // A command that is only asked for is said by other contexts all the same.
    const bool internal =
        !each.exposed() && cli::askers_of(catalogue, context, each.message.name).empty();
    found.push_back({message_kind::command, each.message.name, internal, &each.message});
    if (!each.reply.name.empty())
      found.push_back({message_kind::reply, each.reply.name, internal, &each.reply});
  }
  for (const event_info& each : context.events)
    found.push_back({message_kind::event, each.message.name, each.internal, &each.message});
  return found;
}

std::vector<std::string> paths_of(const context_info& context) {
  const std::string path = '/' + std::string{context.system} + '/' + std::string{context.resource};
  std::vector<std::string> found{"GET " + path, "GET " + path + "/{id}"};
  for (const std::string_view each : context.shown_filters())
    found.push_back("GET " + path + '?' + std::string{each} + '=');
  for (const query_info& each : context.queries)
    found.push_back(cli::request_of(context, each) + " answers " + std::string{each.answers});
  for (const command_info& each : context.commands)
    for (const std::string& request : cli::ways_to({}, context, each).requests)
      found.push_back(request + ' ' + std::string{each.message.name} +
                      (each.id_from.empty() ? "" : ", id in " + std::string{each.id_from}));
  return found;
}

std::vector<contract_field> fields_of(const message_info& shape) {
  std::vector<contract_field> found;
  for (const field_info& each : shape.fields)
    found.push_back({std::string{each.name}, each.type, each.nullable, each.hidden});
  return found;
}

std::string_view word(message_kind kind) {
  constexpr std::array<std::string_view, kinds.size()> words{"state", "command", "reply", "event"};
  return words[static_cast<std::size_t>(kind)];
}

std::string text_of(const contract_field& field) {
  return std::string{cli::word(field.type)} + (field.nullable ? "?" : "") +
         (field.hidden ? ", hidden" : "");
}

std::string file_text(const contract& from) {
  array paths;
  for (const std::string& each : from.paths)
    paths.emplace_back(each);
  array messages;
  for (const contract_message& each : from.messages)
    messages.push_back(message_value(each));
  return to_json(object{{"context", from.context},
                        {"paths", std::move(paths)},
                        {"messages", std::move(messages)}},
                 true) +
         '\n';
}

result<contract> read_contract(std::string_view text) {
  const auto parsed = parse_json(text);
  if (!parsed) return parsed.error();
  contract out;
  out.context = member_text(*parsed, "context");
  for (const value& each : member_items(*parsed, "paths"))
    if (const auto* path = each.get_if<std::string>()) out.paths.push_back(*path);
  for (const value& each : member_items(*parsed, "messages")) {
    auto read = read_message(each);
    if (!read) return read.error();
    out.messages.push_back(std::move(*read));
  }
  if (out.context.empty() || out.messages.empty())
    return fail(errc::malformed, "a contract has a context and messages");
  return out;
}

} // namespace troupe::test
