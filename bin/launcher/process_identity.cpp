#include "bin/launcher/process_identity.hpp"

#include "messages/json.hpp"

#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>

namespace troupe::cli {
namespace {

namespace files = std::filesystem;

std::string text_of(const value& from, std::string_view key) {
  const value* held = from.find(key);
  const auto* text = held == nullptr ? nullptr : held->get_if<std::string>();
  return text == nullptr ? std::string{} : *text;
}

std::int64_t number_of(const value& from, std::string_view key) {
  const value* held = from.find(key);
  const auto* number = held == nullptr ? nullptr : held->get_if<std::int64_t>();
  return number == nullptr ? 0 : *number;
}

} // namespace

result<void> write_identity(const files::path& file, const process_identity& from) {
  value said;
  said["name"] = from.name;
  said["pid"] = from.pid;
  said["start_time"] = from.start_time;
  value::array words;
  for (const std::string& each : from.command)
    words.emplace_back(each);
  said["command"] = std::move(words);
  said["log"] = from.log;
  said["log_offset"] = from.log_offset;
  said["address"] = from.address;
  const files::path fresh = file.string() + ".new";
  std::ofstream out{fresh, std::ios::binary | std::ios::trunc};
  out << to_json(said) << '\n';
  out.close();
  std::error_code fault;
  if (out) files::rename(fresh, file, fault);
  if (!out || fault) return fail(errc::storage_failed, "cannot write " + file.string());
  return {};
}

result<process_identity> read_identity(const files::path& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in) return fail(errc::not_found, "there is no " + file.string());
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto said = parse_json(text);
  if (!said) return fail(errc::corrupt, file.string() + ": " + said.error().message);
  process_identity to;
  to.name = text_of(*said, "name");
  to.pid = static_cast<int>(number_of(*said, "pid"));
  to.start_time = static_cast<std::uint64_t>(number_of(*said, "start_time"));
  to.log = text_of(*said, "log");
  to.log_offset = static_cast<std::uint64_t>(number_of(*said, "log_offset"));
  to.address = text_of(*said, "address");
  const value* words = said->find("command");
  const auto* list = words == nullptr ? nullptr : words->get_if<value::array>();
  if (list != nullptr)
    for (const value& each : *list)
      if (const auto* word = each.get_if<std::string>()) to.command.push_back(*word);
  if (to.name.empty() || to.pid <= 1 || to.start_time == 0)
    return fail(errc::corrupt, file.string() + " names no process");
  return to;
}

std::optional<std::uint64_t> start_time_of(int pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/stat", std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  // The program's name, in parentheses, may hold anything; behind the last one come plain fields.
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields{text.substr(name_end + 1)};
  std::string state;
  fields >> state; // field 3
  if (state == "Z" || state == "X") return std::nullopt;
  constexpr int skipped = 18; // fields 4 to 21
  std::string each;
  for (int i = 0; i < skipped; ++i)
    fields >> each;
  std::uint64_t start = 0;
  if (!(fields >> start)) return std::nullopt;
  return start;
}

bool lives(const process_identity& who) {
  return start_time_of(who.pid) == who.start_time;
}

} // namespace troupe::cli
