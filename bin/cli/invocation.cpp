#include "bin/cli/invocation.hpp"

#include "bin/cli/suggestion.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <memory>
#include <sstream>

namespace troupe::cli {
namespace {

/// What CLI11 fills for one command; it keeps references, so this must not move.
struct command_slots {
  const tool_command* command = nullptr;
  CLI::App* app = nullptr;
  std::map<std::string, std::string, std::less<>> values;
  std::map<std::string, bool, std::less<>> flags;
  std::vector<std::string> arguments; ///< all of them, in order
};

std::string first_word(std::string_view path) {
  return std::string{path.substr(0, path.find(' '))};
}

void add_options(CLI::App& app, std::span<const option_info> options, command_slots& to) {
  for (const option_info& each : options) {
    std::string names{each.name};
    if (!each.short_name.empty()) names = std::string{each.short_name} + ',' + names;
    const std::string key{each.name};
    if (each.value.empty())
      app.add_flag(names, to.flags[key]);
    else if (auto* option = app.add_option(names, to.values[key])->expected(1); each.many)
      option->join('\n');
  }
}

/// The subcommand of that name; null if there is none.
CLI::App* subcommand(CLI::App& of, const std::string& name) {
  const auto found =
      of.get_subcommands([&](const CLI::App* each) { return each->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

/// A command of two words is a subcommand of a group, which is made when it is first needed.
CLI::App* place_of(CLI::App& root, std::string_view path) {
  const std::size_t space = path.find(' ');
  if (space == std::string_view::npos) return root.add_subcommand(std::string{path});
  const std::string group = first_word(path);
  CLI::App* parent = subcommand(root, group);
  if (parent == nullptr) parent = root.add_subcommand(group)->require_subcommand(0, 1);
  parent->fallthrough();
  return parent->add_subcommand(std::string{path.substr(space + 1)});
}

std::unique_ptr<command_slots> add_command(CLI::App& root, const tool_command& from) {
  auto slots = std::make_unique<command_slots>();
  slots->command = &from;
  slots->app = place_of(root, from.path);
  slots->app->set_help_flag("-h,--help", "");
  slots->app->fallthrough();
  add_options(*slots->app, from.options, *slots);
  // How many there may be is checked afterwards, for an error of our own shape.
  slots->app->add_option("words", slots->arguments)->expected(0, -1);
  return slots;
}

std::vector<std::string_view> names_of(const tool_info& tool) {
  std::vector<std::string_view> names;
  for (const tool_command& each : tool.commands)
    names.push_back(each.path);
  return names;
}

/// The words without the options, and without the values of options that stand before the command.
std::vector<std::string> plain_words(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with('-')) {
      out.push_back(words[i]);
      continue;
    }
    const auto options = shared_options();
    const bool takes_next = std::any_of(options.begin(), options.end(), [&](const auto& each) {
      return words[i] == each.name || words[i] == each.short_name;
    });
    if (takes_next) ++i;
  }
  return out;
}

/// The command that the words begin with, if any.
const tool_command* command_in(const tool_info& tool, const std::vector<std::string>& words) {
  const tool_command* found = nullptr;
  std::string path;
  for (const std::string& each : plain_words(words)) {
    path += (path.empty() ? "" : " ") + each;
    if (const auto* command = tool.command(path)) found = command;
    if (std::count(path.begin(), path.end(), ' ') >= 1) break;
  }
  return found;
}

failure unreadable(const tool_info& tool, const std::vector<std::string>& words,
                   const std::string& why) {
  const tool_command* command = command_in(tool, words);
  const std::string name{tool.name};
  if (command == nullptr)
    return usage_failure("cannot read the command line", why, "`" + name + " help`");
  return usage_failure("cannot read the arguments of `" + name + ' ' + std::string{command->path} +
                           "`",
                       why, usage_line(tool, *command));
}

/// Words that name no command get the list of those there are.
std::optional<failure> unknown_command(const tool_info& tool, CLI::App& root,
                                       const std::vector<std::string>& all_words) {
  const auto words = plain_words(all_words);
  const auto first = words.begin();
  if (first == words.end()) return std::nullopt;
  const std::string what = "there is no command `" + std::string{tool.name} + ' ' + *first;
  std::vector<std::string_view> names = names_of(tool);
  if (subcommand(root, *first) == nullptr)
    return usage_failure(what + '`', suggestion(*first, names),
                         "`" + std::string{tool.name} + " help`");
  if (command_in(tool, all_words) != nullptr) return std::nullopt;
  std::erase_if(names, [&](std::string_view each) { return !each.starts_with(*first + ' '); });
  if (names.empty()) return std::nullopt;
  const auto second = std::next(first);
  const bool whole = second == words.end();
  return usage_failure(whole ? '`' + *first + "` needs one more word" : what + ' ' + *second + '`',
                       suggestion(whole ? *first : *first + ' ' + *second, names),
                       "`" + std::string{tool.name} + " help`");
}

/// Fills in environment and defaults, and checks values against the choices.
std::optional<std::string> settle(std::span<const option_info> options, const command_slots& from,
                                  const environment_reader& environment, invocation& to) {
  for (const option_info& each : options) {
    const std::string key{each.name};
    if (each.value.empty()) {
      if (from.flags.at(key)) to.values[key] = "true";
      continue;
    }
    const CLI::Option* option = from.app->get_option_no_throw(key);
    std::string shown = key;
    if (option != nullptr && option->count() > 0) {
      to.values[key] = from.values.at(key);
    } else if (const auto held = each.environment.empty()
                                     ? std::nullopt
                                     : environment(std::string{each.environment})) {
      to.values[key] = *held;
      shown = '$' + std::string{each.environment};
    } else if (!each.preset.empty()) {
      to.values[key] = each.preset;
      to.presets.insert(key);
    }
    const auto value = to.values.find(key);
    if (value == to.values.end() || each.choices.empty()) continue;
    if (std::find(each.choices.begin(), each.choices.end(), value->second) == each.choices.end())
      return shown + " cannot be '" + value->second + "'; it is one of " + joined(each.choices);
  }
  return std::nullopt;
}

std::optional<std::string> settle_arguments(const command_slots& from, invocation& to) {
  const auto& wanted = from.command->arguments;
  for (std::size_t i = from.arguments.size(); i < wanted.size(); ++i)
    if (wanted[i].required) return std::string{wanted[i].name} + " is missing";
  const bool open_end = !wanted.empty() && wanted.back().many;
  if (!open_end && from.arguments.size() > wanted.size())
    return "'" + from.arguments[wanted.size()] + "' is one word too many";
  to.arguments = from.arguments;
  return std::nullopt;
}

} // namespace

std::string invocation::text(std::string_view option) const {
  const auto found = values.find(option);
  return found == values.end() ? std::string{} : found->second;
}

std::vector<std::string> invocation::texts(std::string_view option) const {
  std::vector<std::string> out;
  if (!given(option)) return out;
  std::istringstream in{text(option)};
  for (std::string each; std::getline(in, each);)
    out.push_back(each);
  return out;
}

parsed_line parse_line(const tool_info& tool, std::vector<std::string> words,
                       const environment_reader& environment, const attach_command& attach) {
  CLI::App root{std::string{tool.meaning}, std::string{tool.name}};
  root.set_help_flag("-h,--help", "");
  // One command and no more: the words behind it are its arguments, also if they name another.
  root.require_subcommand(0, 1);
  command_slots shared;
  shared.app = &root;
  add_options(root, shared_options(), shared);
  std::vector<std::unique_ptr<command_slots>> commands;
  for (const tool_command& each : tool.commands)
    if (!each.attached) commands.push_back(add_command(root, each));
  invocation out;
  if (attach) attach(root, out.attached_exit);

  if (auto unknown = unknown_command(tool, root, words)) return *unknown;
  try {
    auto reversed = words; // the order in which CLI11 takes them
    std::reverse(reversed.begin(), reversed.end());
    root.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    out.help = true;
    out.command = command_in(tool, words);
    if (out.command != nullptr && out.command->attached)
      out.attached_help = subcommand(root, std::string{out.command->path})->help();
    return out;
  } catch (const CLI::ParseError& fault) {
    return unreadable(tool, words, fault.what());
  }
  const auto chosen = std::find_if(commands.begin(), commands.end(),
                                   [](const auto& each) { return each->app->parsed(); });
  if (chosen == commands.end()) {
    out.help = root.get_subcommands().empty();
    return out;
  }
  out.command = (*chosen)->command;
  if (auto wrong = settle(shared_options(), shared, environment, out))
    return unreadable(tool, words, *wrong);
  if (auto wrong = settle(out.command->options, **chosen, environment, out))
    return unreadable(tool, words, *wrong);
  if (auto wrong = settle_arguments(**chosen, out)) return unreadable(tool, words, *wrong);
  return out;
}

result<std::int64_t> parse_number(std::string_view text, std::int64_t least, std::int64_t most) {
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size() || number < least || number > most)
    return fail(errc::malformed, "'" + std::string{text} + "' is no whole number from " +
                                     std::to_string(least) + " to " + std::to_string(most));
  return number;
}

result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view unit = text.substr(digits);
  const std::int64_t scale = unit == "ms" ? 1 : unit == "s" ? 1'000 : unit == "m" ? 60'000 : 0;
  constexpr std::int64_t amount_max = 1'000'000; // far above every limit, far below overflow
  const auto amount = parse_number(text.substr(0, digits), 1, amount_max);
  if (scale == 0 || !amount)
    return fail(errc::malformed,
                "'" + std::string{text} + "' is no time; write it as 250ms, 10s or 2m");
  return std::chrono::milliseconds{*amount * scale};
}

} // namespace troupe::cli
