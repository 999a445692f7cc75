#include "net/admin_keys.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace troupe {
namespace {

constexpr std::size_t file_bytes_max = 4096; // three keys and some comments

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

error unreadable(const std::filesystem::path& file) {
  return fail(errno == ENOENT ? errc::not_found : errc::unauthorized,
              "cannot read " + file.string() + ": " + std::strerror(errno));
}

/// The file's text. What is checked is the open file, not its name, so nobody can put another in
/// its place in between.
result<std::string> read_private(const std::filesystem::path& file) {
  const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (opened < 0) return unreadable(file);
  struct closing {
    int of;
    ~closing() { ::close(of); }
  } const at_end{opened};
  struct stat is {};
  if (::fstat(opened, &is) != 0) return unreadable(file);
  if (!S_ISREG(is.st_mode)) return fail(errc::malformed, file.string() + " is no file");
  if (is.st_uid != ::geteuid() && is.st_uid != 0)
    return fail(errc::unauthorized, file.string() + " belongs to another user");
  if ((is.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail(errc::unauthorized,
                file.string() + " is open to others than its owner: chmod 600 it");
  std::string text(file_bytes_max + 1, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const auto got = ::read(opened, text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(file);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  if (filled > file_bytes_max)
    return fail(errc::malformed, file.string() + " is over " + std::to_string(file_bytes_max) +
                                     " bytes: it holds more than keys");
  text.resize(filled);
  return text;
}

/// Why a key will not do; empty if it will.
std::string wrong_with(std::string_view key) {
  if (key.size() < admin_keys::key_bytes_min)
    return "the key is shorter than " + std::to_string(admin_keys::key_bytes_min) + " characters";
  if (key.size() > admin_keys::key_bytes_max)
    return "the key is longer than " + std::to_string(admin_keys::key_bytes_max) + " characters";
  const auto fine = [](char each) {
    return each > ' ' && each < 127 && each != '"' && each != '\\';
  };
  if (!std::ranges::all_of(key, fine))
    return "a key has printable characters without blanks, quotes and backslashes";
  return {};
}

/// Takes as long as `given` is, whatever `key` is.
bool same(std::string_view given, std::string_view key) {
  volatile unsigned difference = given.size() == key.size() && !key.empty() ? 0U : 1U;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char held = key.empty() ? '\0' : key[i % key.size()];
    difference = difference | static_cast<unsigned char>(given[i] ^ held);
  }
  return difference == 0;
}

} // namespace

result<admin_keys> admin_keys::parse(std::string_view text) {
  admin_keys read;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const auto wrong = [number](const std::string& why) {
      return fail(errc::malformed, "line " + std::to_string(number) + ": " + why);
    };
    const auto equals = line.find('=');
    const auto of = role_named(trimmed(line.substr(0, std::min(equals, line.size()))));
    if (equals == std::string_view::npos || !of)
      return wrong("expected observe, inspect or operate = \"key\"");
    auto key = trimmed(line.substr(equals + 1));
    const auto close = key.size() > 1 && key.front() == '"' ? key.find('"', 1) : key.npos;
    if (close == key.npos) return wrong("a key stands in double quotes");
    const auto rest = trimmed(key.substr(close + 1));
    if (!rest.empty() && !rest.starts_with('#')) return wrong("something follows the key");
    key = key.substr(1, close - 1);
    if (const auto why = wrong_with(key); !why.empty()) return wrong(why);
    if (read.role_of(key)) return wrong("the key is another role's too");
    auto& held = read.keys_[static_cast<std::size_t>(*of)];
    if (!held.empty()) return wrong("the role has a key already");
    held = key;
  }
  if (std::ranges::all_of(read.keys_, &std::string::empty))
    return fail(errc::malformed, "there is no key in it");
  return read;
}

result<admin_keys> admin_keys::read(const std::filesystem::path& file) {
  auto text = read_private(file);
  if (!text) return text.error();
  auto keys = parse(*text);
  if (!keys) return fail(keys.error().code, file.string() + ": " + keys.error().message);
  return keys;
}

std::optional<role> admin_keys::role_of(std::string_view key) const {
  std::optional<role> found;
  if (key.size() > key_bytes_max) return found; // before time is spent on it
  for (std::size_t i = 0; i < keys_.size(); ++i)
    if (same(key, keys_[i])) found = static_cast<role>(i);
  return found;
}

result<std::string> read_admin_key(const std::filesystem::path& file) {
  auto text = read_private(file);
  if (!text) return text.error();
  const std::string key{
      trimmed(std::string_view{*text}.substr(0, std::min(text->find('\n'), text->size())))};
  if (const auto why = wrong_with(key); !why.empty())
    return fail(errc::malformed, file.string() + ": " + why);
  return key;
}

} // namespace troupe
