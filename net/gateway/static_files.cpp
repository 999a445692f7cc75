#include "net/gateway/static_files.hpp"

#include "messages/ids.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <utility>

namespace troupe::gateway {
namespace {

namespace files = std::filesystem;

struct file_type {
  std::string_view extension;
  std::string_view content_type;
};
constexpr file_type file_types[] = {{".html", "text/html; charset=utf-8"},
                                    {".css", "text/css; charset=utf-8"},
                                    {".js", "text/javascript; charset=utf-8"},
                                    {".svg", "image/svg+xml"},
                                    {".png", "image/png"},
                                    {".ico", "image/x-icon"},
                                    {".txt", "text/plain; charset=utf-8"}};

/// Pages run their own scripts and styles, talk to this gateway, and nothing else.
constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Empty for types that are not served.
[[nodiscard]] std::string_view content_type_of(const files::path& name) {
  const std::string extension = name.extension().string();
  for (const auto& each : file_types)
    if (each.extension == extension) return each.content_type;
  return {};
}

[[nodiscard]] bool is_plain_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

[[nodiscard]] std::string tag_of(std::string_view body) {
  std::array<char, 19> text{};
  std::snprintf(text.data(), text.size(), "\"%016llx\"",
                static_cast<unsigned long long>(content_hash(body)));
  return text.data();
}

/// Whether an If-None-Match header names the tag; weak and strong tags of one text are the same.
[[nodiscard]] bool names_tag(std::string_view header, std::string_view tag) {
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(','), header.size());
    std::string_view each = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    while (!each.empty() && each.front() == ' ')
      each.remove_prefix(1);
    while (!each.empty() && each.back() == ' ')
      each.remove_suffix(1);
    if (each.starts_with("W/")) each.remove_prefix(2);
    if (each == "*" || each == tag) return true;
  }
  return false;
}

} // namespace

std::size_t static_files::read(const files::path& folder, const std::string& base) {
  const std::size_t before = files_.size();
  std::error_code fault;
  files::recursive_directory_iterator at{folder, fault};
  const auto leave_out = [&](const std::string& why) {
    remarks_.push_back(at->path().string() + " is not served: " + why);
    at.disable_recursion_pending();
  };
  for (; !fault && at != files::recursive_directory_iterator{}; at.increment(fault)) {
    const std::string name = at->path().filename().string();
    std::error_code unknown;
    if (at->is_symlink(unknown)) {
      leave_out("it is a symbolic link");
    } else if (!is_plain_name(name)) {
      leave_out("its name is hidden or has other characters than letters, digits and .-_");
    } else if (at->is_directory(unknown)) {
      if (at.depth() > 0) leave_out("it is a folder in a folder");
    } else {
      const std::string above = at->path().parent_path().filename().string() + "/";
      read_file(at->path(), base + (at.depth() > 0 ? above : "") + name);
    }
  }
  if (fault) remarks_.push_back(folder.string() + " cannot be read: " + fault.message());
  return files_.size() - before;
}

void static_files::read_file(const files::path& from, std::string path) {
  const auto leave_out = [&](const std::string& why) {
    remarks_.push_back(from.string() + " is not served: " + why);
  };
  const std::string_view type = content_type_of(from);
  if (type.empty()) return leave_out("its type is none of those that web pages have");
  std::error_code fault;
  if (!files::is_regular_file(from, fault)) return leave_out("it is no regular file");
  const std::uintmax_t size = files::file_size(from, fault);
  if (fault) return leave_out(fault.message());
  if (size > web_file_bytes_max || bytes_ + size > web_bytes_max || files_.size() >= web_files_max)
    return leave_out("it is over a bound: 2 MiB a file, 32 MiB and 1,000 files together");
  std::ifstream in{from, std::ios::binary};
  std::string body(static_cast<std::size_t>(size), '\0');
  if (!in.read(body.data(), static_cast<std::streamsize>(size)))
    return leave_out("it cannot be read");
  bytes_ += size;
  std::string tag = tag_of(body);
  files_.emplace(std::move(path), file{type, std::move(tag), std::move(body)});
}

result<http_response> static_files::answer(const http_request& request,
                                           std::string_view path) const {
  if (request.method != http_method::get && request.method != http_method::head)
    return fail(errc::method_not_allowed, "allowed here are: GET, HEAD");
  const auto found = files_.find(path);
  if (found == files_.end()) return fail(errc::not_found, "there is no such page");
  const file& wanted = found->second;
  http_response response;
  response.add_header("ETag", wanted.etag);
  response.add_header("Cache-Control", "no-cache");
  response.add_header("Content-Security-Policy", content_policy);
  response.add_header("Referrer-Policy", "no-referrer");
  if (names_tag(request.if_none_match, wanted.etag)) {
    response.status = 304;
    return response;
  }
  response.content_type = wanted.content_type;
  response.body = wanted.body;
  return response;
}

} // namespace troupe::gateway
