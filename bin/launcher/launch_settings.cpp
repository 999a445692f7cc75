#include "bin/launcher/launch_settings.hpp"

#include "bin/cli/suggestion.hpp"
#include "bin/cli/system_map.hpp"
#include "bin/launcher/autoscale_settings.hpp"
#include "bin/launcher/operation_rules.hpp"
#include "messages/descriptor.hpp"
#include "messages/token_bucket.hpp"
#include "net/admin_keys.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>

namespace troupe::cli {
namespace {

/// Settings as the library fills them; it keeps references, so this must not move.
struct settings_app {
  CLI::App app{"", "troupe up"};
  launch_settings to;
  std::string ready_within = "60s";
  autoscale_words autoscale;
  std::array<std::vector<std::string>, launch_settings::nodes_max> hosts;

  settings_app() {
    app.set_config("--config", "", "");
    app.allow_config_extras(CLI::config_extras_mode::error);
    app.add_option("--nodes", to.nodes)->capture_default_str();
    app.add_option("--data", to.data)->capture_default_str();
    app.add_option("--listen-base", to.listen_base)->capture_default_str();
    app.add_option("--metrics-base", to.metrics_base)->capture_default_str();
    app.add_option("--http", to.http)->capture_default_str();
    app.add_option("--web", to.web)->capture_default_str();
    app.add_option("--cors", to.cors)->capture_default_str();
    app.add_option("--system", to.systems)->capture_default_str();
    app.add_option("--lanes", to.lanes)->capture_default_str();
    app.add_option("--shards", to.shards)->capture_default_str();
    app.add_option("--admin-keys", to.admin_keys)->capture_default_str();
    app.add_option("--client-rate", to.client_rate)->capture_default_str();
    app.add_option("--context-rate", to.context_rates)->capture_default_str();
    app.add_option("--log-level", to.log_level)->capture_default_str();
    app.add_option("--ready-within", ready_within)->capture_default_str();
    app.add_option("--autoscale", autoscale.range);
    app.add_option("--target", autoscale.targets);
    app.add_option("--scale-out-after", autoscale.out_after);
    app.add_option("--scale-in-after", autoscale.in_after);
    app.add_option("--scale-out-pause", autoscale.out_pause);
    app.add_option("--scale-in-pause", autoscale.in_pause);
    CLI::App* section = app.add_subcommand("host")->configurable();
    for (std::uint32_t i = 0; i < launch_settings::nodes_max; ++i)
      section->add_option("--" + node_name(i + 1), hosts[i])->delimiter(',');
  }
};

constexpr std::array option_names{"--config",
                                  "--nodes",
                                  "--data",
                                  "--listen-base",
                                  "--metrics-base",
                                  "--http",
                                  "--web",
                                  "--cors",
                                  "--system",
                                  "--lanes",
                                  "--shards",
                                  "--log-level",
                                  "--ready-within",
                                  "--admin-keys",
                                  "--client-rate",
                                  "--context-rate",
                                  "--autoscale",
                                  "--target",
                                  "--scale-out-after",
                                  "--scale-in-after",
                                  "--scale-out-pause",
                                  "--scale-in-pause"};

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char each : text)
    out += each == '"' || each == '\\' ? std::string{'\\', each} : std::string{each};
  return out + '"';
}

/// A list as the file has it; an empty one is left out, because that is what its absence means.
std::string list_line(const std::string& key, const std::vector<std::string>& from) {
  std::string line = (from.empty() ? "# " : "") + key + " = [";
  for (const std::string& each : from)
    line += (&each == &from.front() ? "" : ", ") + quoted(each);
  return line + "]\n";
}

std::string toml_of(const launch_settings& from) {
  std::string out =
      "nodes = " + std::to_string(from.nodes) + "\ndata = " + quoted(from.data) +
      "\nlisten-base = " + std::to_string(from.listen_base) +
      "\nmetrics-base = " + std::to_string(from.metrics_base) + "\nhttp = " + quoted(from.http) +
      '\n' + (from.web.empty() ? "# " : "") + "web = " + quoted(from.web) + '\n' +
      list_line("cors", from.cors) + list_line("system", from.systems) +
      "lanes = " + std::to_string(from.lanes) + "\nshards = " + std::to_string(from.shards) + '\n' +
      (from.admin_keys.empty() ? "# " : "") + "admin-keys = " + quoted(from.admin_keys) +
      "\nclient-rate = " + quoted(from.client_rate) + '\n' +
      list_line("context-rate", from.context_rates) + "log-level = " + quoted(from.log_level) +
      "\nready-within = \"" + std::to_string(from.ready_within.count()) + "ms\"\n" +
      autoscale_toml(from.autoscale) + "\n[host]\n";
  for (std::uint32_t i = 1; i <= launch_settings::nodes_max; ++i)
    if (const auto named = from.hosts.find(node_name(i)); named != from.hosts.end())
      out += list_line(named->first, named->second);
  return out;
}

std::string config_fault(const CLI::ParseError& fault) {
  std::string text = fault.what();
  constexpr std::string_view unknown = "INI was not able to parse ";
  if (text.starts_with(unknown)) {
    const std::string key = text.substr(unknown.size());
    text = "the file has a setting '" + key.substr(key.rfind(' ') + 1) + "', which there is not";
  }
  return text;
}

/// "n1=taxi.call,taxi.payment" from a flag takes the place of what the file says of that node.
std::optional<failure> take_host(const std::string& text, launch_settings& to) {
  const auto equals = text.find('=');
  const failure wrong =
      usage_failure("cannot use --host " + text, "it is not of the form NODE=CONTEXT[,CONTEXT...]",
                    "--host n1=" + all_contexts().front().full_name());
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) return wrong;
  auto& contexts = to.hosts[text.substr(0, equals)];
  contexts.clear();
  for (std::size_t at = equals + 1; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    contexts.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return std::nullopt;
}

template <class Number>
std::optional<failure> out_of_range(const char* flag, Number given, Number least, Number most) {
  if (given >= least && given <= most) return std::nullopt;
  return usage_failure(std::string{"cannot use "} + flag + ' ' + std::to_string(given),
                       "it is from " + std::to_string(least) + " to " + std::to_string(most),
                       std::string{flag} + ' ' + std::to_string(least));
}

std::optional<failure> check_rates(const launch_settings& of) {
  if (const auto rate = rate_limit::parse(of.client_rate); !rate)
    return usage_failure("cannot use --client-rate " + of.client_rate, rate.error().message,
                         "--client-rate 100/200");
  for (const std::string& each : of.context_rates) {
    const auto equals = each.find('=');
    const auto name = each.substr(0, equals);
    const auto known = std::any_of(all_contexts().begin(), all_contexts().end(),
                                   [&](const auto& one) { return one.full_name() == name; });
    const auto rate =
        rate_limit::parse(equals == std::string::npos ? std::string_view{}
                                                      : std::string_view{each}.substr(equals + 1));
    if (!known || !rate)
      return usage_failure("cannot use --context-rate " + each,
                           known ? rate.error().message : "there is no context '" + name + "'",
                           "--context-rate " + all_contexts().front().full_name() + "=100/200");
  }
  return std::nullopt;
}

std::optional<failure> check_admin_keys(const launch_settings& of) {
  if (of.admin_keys.empty()) return std::nullopt;
  const auto keys = admin_keys::read(of.admin_keys);
  if (keys) return std::nullopt;
  return usage_failure("cannot use --admin-keys " + of.admin_keys, keys.error().message,
                       "--admin-keys with a file of keys, as docs/admin.md shows it");
}

std::optional<failure> check_hosts(const launch_settings& of) {
  std::vector<std::string> names;
  for (const context_info& each : all_contexts())
    names.push_back(each.full_name());
  const std::vector<std::string_view> known{names.begin(), names.end()};
  for (const auto& [node, contexts] : of.hosts) {
    bool there = false;
    for (std::uint32_t i = 1; i <= launch_settings::nodes_max; ++i)
      there = there || node == node_name(i);
    if (!there)
      return usage_failure("there is no node '" + node + "'",
                           "nodes are called n1 to " + node_name(launch_settings::nodes_max),
                           "--host n1=" + names.front());
    for (const std::string& each : contexts)
      if (std::find(names.begin(), names.end(), each) == names.end())
        return usage_failure("there is no context '" + each + "' that " + node + " could host",
                             suggestion(each, known), "--host " + node + '=' + names.front());
  }
  const auto missing =
      contexts_without_host(of, of.autoscale ? of.autoscale->nodes.least : of.nodes);
  if (missing.empty()) return std::nullopt;
  return usage_failure("no node would host " + missing.front(),
                       "every context needs a node; those without are: " +
                           joined({std::vector<std::string_view>{missing.begin(), missing.end()}}),
                       "leave --host out for one node: it then hosts everything");
}

} // namespace

result<http_place> place_of_endpoint(std::string_view endpoint) {
  constexpr std::string_view scheme = "tcp://";
  if (!endpoint.starts_with(scheme))
    return fail(errc::malformed, "'" + std::string{endpoint} + "' does not begin with tcp://");
  std::string text{endpoint.substr(scheme.size())};
  if (text.ends_with(":*")) text.replace(text.size() - 1, 1, "0");
  auto place = parse_http_place(text);
  if (!place)
    return fail(errc::malformed,
                "'" + std::string{endpoint} + "' is not of the form tcp://HOST:PORT");
  if (place->host == "*") place->host = "0.0.0.0";
  return place;
}

std::vector<std::string> contexts_without_host(const launch_settings& of, std::uint32_t nodes) {
  std::vector<std::string> missing;
  for (const context_info& context : all_contexts()) {
    const bool runs = of.systems.empty() || std::find(of.systems.begin(), of.systems.end(),
                                                      context.system) != of.systems.end();
    bool hosted = !runs;
    for (std::uint32_t i = 1; i <= nodes && !hosted; ++i) {
      const auto named = of.hosts.find(node_name(i));
      hosted = named == of.hosts.end() || named->second.empty() ||
               std::find(named->second.begin(), named->second.end(), context.full_name()) !=
                   named->second.end();
    }
    if (!hosted) missing.push_back(context.full_name());
  }
  std::sort(missing.begin(), missing.end());
  return missing;
}

std::optional<failure> check(const launch_settings& of) {
  constexpr std::uint32_t port_max = 65'535;
  if (auto wrong = out_of_range("--nodes", of.nodes, 1U, launch_settings::nodes_max)) return wrong;
  if (auto wrong =
          out_of_range("--listen-base", of.listen_base, 0U, port_max - launch_settings::nodes_max))
    return wrong;
  if (auto wrong = out_of_range("--metrics-base", of.metrics_base, 0U,
                                port_max - launch_settings::nodes_max))
    return wrong;
  if (auto wrong = out_of_range("--lanes", of.lanes, 1U, 64U)) return wrong;
  if (auto wrong = out_of_range("--shards", of.shards, 1U, 1024U)) return wrong;
  if (auto wrong = check_rates(of)) return wrong;
  if (auto wrong = check_admin_keys(of)) return wrong;
  const auto http = parse_http_place(of.http);
  if (!http)
    return usage_failure("cannot use --http", http.error().message, "--http 127.0.0.1:8080");
  const auto known = systems_of(all_contexts());
  for (const std::string& each : of.systems)
    if (std::find(known.begin(), known.end(), each) == known.end())
      return usage_failure("there is no system '" + each + "'", suggestion(each, known),
                           "--system " + std::string{known.front()});
  constexpr std::array levels{"trace", "debug", "info", "warn", "error"};
  if (std::find(levels.begin(), levels.end(), of.log_level) == levels.end())
    return usage_failure("cannot use --log-level " + of.log_level,
                         "it is one of trace, debug, info, warn, error", "--log-level info");
  return check_hosts(of);
}

std::variant<read_settings, failure> read_launch_settings(const invocation& line) {
  settings_app from;
  std::vector<std::string> words;
  for (const char* name : option_names)
    for (const std::string& each : line.texts(name))
      words.push_back(std::string{name} + '=' + each);
  std::reverse(words.begin(), words.end()); // the order in which the library takes them
  try {
    from.app.parse(std::move(words));
  } catch (const CLI::FileError&) {
    return usage_failure("cannot read the settings", "there is no file " + line.text("--config"),
                         "--config with the right file");
  } catch (const CLI::ParseError& fault) {
    return usage_failure("cannot read the settings", config_fault(fault),
                         "`troupe up --print-config` shows every setting there is");
  }
  read_settings out;
  out.settings = from.to;
  for (std::uint32_t i = 0; i < launch_settings::nodes_max; ++i)
    if (!from.hosts[i].empty()) out.settings.hosts[node_name(i + 1)] = from.hosts[i];
  for (const std::string& each : line.texts("--host"))
    if (auto wrong = take_host(each, out.settings)) return *wrong;
  const auto within = parse_duration(from.ready_within);
  if (!within)
    return usage_failure("cannot use --ready-within", within.error().message, "--ready-within 60s");
  out.settings.ready_within = *within;
  const bool says_nodes = from.app.count("--nodes") > 0;
  auto autoscale =
      read_autoscale(from.autoscale, says_nodes ? std::optional{out.settings.nodes} : std::nullopt);
  if (auto* wrong = std::get_if<failure>(&autoscale)) return std::move(*wrong);
  out.settings.autoscale = std::get<std::optional<autoscale_plan>>(std::move(autoscale));
  if (out.settings.autoscale && !says_nodes)
    out.settings.nodes = out.settings.autoscale->nodes.least;
  if (auto wrong = check(out.settings)) return *wrong;
  if (line.given("--print-config")) out.printed = toml_of(out.settings);
  return out;
}

std::vector<std::string> flags_of(const launch_settings& from) {
  std::vector<std::string> flags{"--nodes=" + std::to_string(from.nodes),
                                 "--data=" + from.data,
                                 "--listen-base=" + std::to_string(from.listen_base),
                                 "--metrics-base=" + std::to_string(from.metrics_base),
                                 "--http=" + from.http,
                                 "--lanes=" + std::to_string(from.lanes),
                                 "--shards=" + std::to_string(from.shards),
                                 "--log-level=" + from.log_level,
                                 "--ready-within=" + std::to_string(from.ready_within.count()) +
                                     "ms"};
  if (!from.web.empty()) flags.push_back("--web=" + from.web);
  for (const std::string& each : autoscale_flags(from.autoscale))
    flags.push_back(each);
  for (const std::string& each : from.cors)
    flags.push_back("--cors=" + each);
  if (!from.admin_keys.empty()) flags.push_back("--admin-keys=" + from.admin_keys);
  if (from.client_rate != "off") flags.push_back("--client-rate=" + from.client_rate);
  for (const std::string& each : from.context_rates)
    flags.push_back("--context-rate=" + each);
  for (const std::string& each : from.systems)
    flags.push_back("--system=" + each);
  for (const auto& [node, contexts] : from.hosts) {
    std::string flag = "--host=" + node + '=';
    for (const std::string& each : contexts)
      flag += (flag.ends_with('=') ? "" : ",") + each;
    flags.push_back(flag);
  }
  return flags;
}

} // namespace troupe::cli
