#include "bin/cli/launcher_client.hpp"

#include "bin/launcher/process_identity.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

namespace troupe::cli {
namespace {

std::string text_of(const value* from) {
  const auto* text = from == nullptr ? nullptr : from->get_if<std::string>();
  return text == nullptr ? std::string{} : *text;
}

} // namespace

std::optional<int> launcher_pid(const std::string& data) {
  std::ifstream in{std::filesystem::path{data} / "launcher.lock", std::ios::binary};
  std::string line;
  if (!std::getline(in, line)) return std::nullopt; // its holder clears it at the end
  constexpr std::string_view mark = "(pid ";
  const auto at = line.rfind(mark);
  if (at == std::string::npos) return std::nullopt;
  int pid = 0;
  const char* begin = line.data() + at + mark.size();
  if (std::from_chars(begin, line.data() + line.size(), pid).ec != std::errc{}) return std::nullopt;
  return start_time_of(pid) ? std::optional{pid} : std::nullopt;
}

failure no_launcher(const std::string& what, const std::string& data) {
  return {what, "there is no launcher on " + data, "UNREACHABLE",
          "`troupe up --data " + data + "` starts one, or --data with the right directory",
          static_cast<int>(exit_code::cannot_connect)};
}

std::unique_ptr<launcher_client> launcher_client::open(const std::string& data, command_call& call,
                                                       std::chrono::milliseconds deadline) {
  std::unique_ptr<launcher_client> made{new launcher_client(data)};
  settings how = call.how;
  how.endpoints = {made->endpoint_.text()};
  how.timeout = std::min(how.timeout, deadline);
  made->connection_ = call.around.connect(how);
  return made;
}

result<value> launcher_client::ask(std::string_view verb, value arguments) {
  if (!connection_) return connection_.error();
  return (*connection_)->admin(verb, std::move(arguments));
}

result<launcher_status> launcher_client::status() {
  auto said = ask("launcher-status", value{value::object{}});
  if (!said) return said.error();
  launcher_status out;
  if (const value* pid = said->find("pid"))
    if (const auto* number = pid->get_if<std::int64_t>()) out.pid = static_cast<int>(*number);
  if (const value* ready = said->find("ready"))
    if (const auto* yes = ready->get_if<bool>()) out.ready = *yes;
  if (const value* nodes = said->find("nodes"))
    if (const auto* list = nodes->get_if<value::array>())
      for (const value& each : *list)
        if (auto address = text_of(each.find("address")); !address.empty())
          out.endpoints.push_back(std::move(address));
  if (const value* gateway = said->find("gateway")) {
    constexpr std::string_view scheme = "http://";
    const std::string url = text_of(gateway->find("address"));
    if (url.starts_with(scheme))
      if (auto place = parse_http_place(url.substr(scheme.size()))) out.http = *place;
  }
  out.all = std::move(*said);
  return out;
}

} // namespace troupe::cli
