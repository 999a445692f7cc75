#include "bin/verify/ledger.hpp"

#include "messages/json.hpp"
#include "messages/value.hpp"

#include <fstream>

namespace troupe::verify {

namespace {

std::optional<std::int64_t> number_in(const value& from, std::string_view member) {
  const value* const held = from.find(member);
  const auto* const number = held == nullptr ? nullptr : held->get_if<std::int64_t>();
  return number == nullptr ? std::nullopt : std::optional{*number};
}

std::string_view text_in(const value& from, std::string_view member) {
  const value* const held = from.find(member);
  const auto* const text = held == nullptr ? nullptr : held->get_if<std::string>();
  return text == nullptr ? std::string_view{} : std::string_view{*text};
}

std::optional<ledger_line::ending> ending_named(std::string_view name) {
  if (name == "ok") return ledger_line::ending::ok;
  if (name == "rejected") return ledger_line::ending::rejected;
  if (name == "error") return ledger_line::ending::error;
  if (name == "unknown") return ledger_line::ending::unknown;
  return std::nullopt;
}

/// The first thing that is wrong with a line; empty: nothing.
std::string fill(ledger_line& to, const value& from) {
  const auto start = number_in(from, "start_us");
  const auto end = number_in(from, "end_us");
  if (!start || !end || *end < *start) return "start_us and end_us must be numbers in order";
  to.start_us = *start;
  to.end_us = *end;
  const auto kind = text_in(from, "kind");
  if (kind != "command" && kind != "get") return "kind must be command or get";
  to.kind = kind == "get" ? ledger_line::call::get : ledger_line::call::command;
  const auto ending = ending_named(text_in(from, "outcome"));
  if (!ending) return "outcome must be ok, rejected, error or unknown";
  to.outcome = *ending;
  if (text_in(from, "context").empty()) return "context is missing";
  to.id.number = number_in(from, "id").value_or(0);
  to.seq = static_cast<std::uint64_t>(number_in(from, "seq").value_or(0));
  to.epoch = static_cast<std::uint64_t>(number_in(from, "epoch").value_or(0));
  const auto command = text_in(from, "command");
  const auto id = command_id::parse(command);
  if (to.kind == ledger_line::call::command && !id) return "command must be an id";
  if (id) to.command = *id;
  to.code = errc_named(text_in(from, "code"));
  return {};
}

} // namespace

result<void> ledger_book::read(const std::filesystem::path& path) {
  std::ifstream in{path};
  if (!in) return fail(errc::not_found, "cannot read the ledger " + path.string());
  const auto file = static_cast<std::uint32_t>(files_.size());
  files_.push_back(path.filename().string());
  std::string text;
  for (std::uint32_t line = 1; std::getline(in, text); ++line) {
    if (text.empty()) continue;
    // A process that was killed while it wrote leaves half a line, and only at the end.
    if (in.eof() && !text.ends_with('}')) break;
    if (auto done = take(text, file, line); !done)
      return fail(errc::malformed,
                  path.string() + " line " + std::to_string(line) + ": " + done.error().message);
  }
  return {};
}

result<void> ledger_book::take(std::string_view text, std::uint32_t file, std::uint32_t line) {
  const auto parsed = parse_json(text);
  if (!parsed) return parsed.error();
  ledger_line made;
  made.file = file;
  made.line = line;
  if (auto wrong = fill(made, *parsed); !wrong.empty()) return fail(errc::malformed, wrong);
  made.context = name(text_in(*parsed, "context"));
  if (made.kind == ledger_line::call::command) effects_[{made.context, made.command}];
  if (made.id.given()) newest_[{made.context, made.id}];
  lines_.push_back(made);
  return {};
}

std::uint32_t ledger_book::name(std::string_view context) {
  const auto known = numbers_.find(context);
  if (known != numbers_.end()) return known->second;
  const auto number = static_cast<std::uint32_t>(names_.size());
  names_.emplace_back(context);
  numbers_.emplace(context, number);
  return number;
}

std::optional<std::uint32_t> ledger_book::number_of(std::string_view context) const {
  const auto known = numbers_.find(context);
  return known == numbers_.end() ? std::nullopt : std::optional{known->second};
}

place ledger_book::place_of(const ledger_line& line) const {
  return {file(line.file), context(line.context), {}, line.line, line.id.number,
          line.seq,        line.command};
}

recorded_effect* ledger_book::effect(std::uint32_t context, command_id command) {
  const auto found = effects_.find({context, command});
  return found == effects_.end() ? nullptr : &found->second;
}

std::uint64_t* ledger_book::newest(std::uint32_t context, aggregate_id id) {
  const auto found = newest_.find({context, id});
  return found == newest_.end() ? nullptr : &found->second;
}

} // namespace troupe::verify
