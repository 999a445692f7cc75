#include "bin/launcher/log_files.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>

namespace troupe::cli {
namespace {

namespace files = std::filesystem;

constexpr std::size_t stamp_bytes = 24;

/// Whole lines of a piece of a file, and where the piece ended.
struct piece {
  std::vector<std::string> lines;
  std::uint64_t end = 0;
};

piece read_lines(const files::path& path, std::uint64_t from, std::size_t bytes_max) {
  piece out{{}, from};
  std::ifstream in{path, std::ios::binary};
  in.seekg(static_cast<std::streamoff>(from));
  std::string text(bytes_max, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  std::size_t at = 0;
  for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', at)) {
    out.lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  if (at == 0 && text.size() == bytes_max) {
    out.lines.push_back(text); // one endless line: cut
    at = text.size();
  }
  out.end += at;
  return out;
}

std::uint64_t size_of(const files::path& path) {
  std::error_code fault;
  const auto bytes = files::file_size(path, fault);
  return fault ? 0 : bytes;
}

piece read_last(const files::path& path, std::size_t lines_max) {
  constexpr std::size_t line_bytes = 1'024; // longer ones make it fewer lines
  const std::uint64_t size = size_of(path);
  const std::uint64_t wanted = std::min<std::uint64_t>(size, (lines_max + 1) * line_bytes);
  auto read = read_lines(path, size - wanted, wanted + 1);
  auto& lines = read.lines;
  if (wanted < size && !lines.empty()) lines.erase(lines.begin()); // its beginning is missing
  if (lines.size() > lines_max)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(lines_max));
  return read;
}

} // namespace

std::vector<std::string> last_lines(const files::path& path, std::size_t lines_max) {
  return read_last(path, lines_max).lines;
}

std::string_view stamp_of(std::string_view line) {
  constexpr std::string_view keys[] = {"time=", R"({"time":")"};
  for (const std::string_view key : keys)
    if (line.starts_with(key)) line.remove_prefix(key.size());
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd.dddZ";
  static_assert(shape.size() == stamp_bytes);
  if (line.size() < stamp_bytes) return {};
  for (std::size_t i = 0; i < stamp_bytes; ++i) {
    const bool digit = std::isdigit(static_cast<unsigned char>(line[i])) != 0;
    if (shape[i] == 'd' ? !digit : line[i] != shape[i]) return {};
  }
  return line.substr(0, stamp_bytes);
}

std::vector<log_line> merged(std::vector<std::vector<log_line>> logs) {
  std::vector<log_line> out;
  for (auto& log : logs) {
    // Lines before the first stamp belong to what follows them.
    const auto first = std::find_if(log.begin(), log.end(),
                                    [](const log_line& each) { return !each.stamp.empty(); });
    if (first != log.end())
      for (auto each = log.begin(); each != first; ++each)
        each->stamp = first->stamp;
    out.insert(out.end(), std::make_move_iterator(log.begin()), std::make_move_iterator(log.end()));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const log_line& a, const log_line& b) { return a.stamp < b.stamp; });
  return out;
}

log_line log_follower::line_of(std::string text) {
  if (const auto stamp = stamp_of(text); !stamp.empty()) stamp_ = stamp;
  return {part_, stamp_, std::move(text)};
}

std::vector<log_line> log_follower::last(std::size_t lines_max) {
  auto read = read_last(path_, lines_max);
  read_to_ = read.end;
  std::vector<log_line> out;
  for (std::string& each : read.lines)
    out.push_back(line_of(std::move(each)));
  return out;
}

std::vector<log_line> log_follower::more() {
  if (size_of(path_) < read_to_) read_to_ = 0;
  auto read = read_lines(path_, read_to_, line_bytes_max);
  read_to_ = read.end;
  std::vector<log_line> out;
  for (std::string& each : read.lines)
    out.push_back(line_of(std::move(each)));
  return out;
}

} // namespace troupe::cli
