#include "net/gateway/web_pages.hpp"

#include <algorithm>

namespace troupe::gateway {
namespace {

namespace files = std::filesystem;

[[nodiscard]] bool ends_in_slash(std::string_view raw_target) {
  return raw_target.substr(0, raw_target.find_first_of("?#")).ends_with('/');
}

} // namespace

web_pages web_pages::read(const files::path& folder, std::span<const context_info> contexts) {
  web_pages to;
  std::error_code fault;
  if (!files::is_directory(folder, fault)) {
    to.files_.remark("there is no folder " + folder.string());
    return to;
  }
  std::string_view last;
  for (const auto& each : contexts) {
    const auto pages = folder / each.system / web_folder;
    const std::string base = "/" + std::string{each.system} + "/" + std::string{web_folder} + "/";
    // Not every system has pages.
    if (each.system != last && files::is_directory(pages, fault) && to.files_.read(pages, base) > 0)
      to.systems_.emplace_back(each.system);
    last = each.system;
  }
  return to;
}

bool web_pages::cover(const request_target& target) const {
  return target.segments.size() >= 2 && target.segments[1] == web_folder &&
         std::find(systems_.begin(), systems_.end(), target.segments[0]) != systems_.end();
}

result<http_response> web_pages::answer(const http_request& request,
                                        const request_target& target) const {
  std::string path = target.path();
  const bool is_folder = target.segments.size() == 2;
  const bool reads = request.method == http_method::get || request.method == http_method::head;
  if (reads && is_folder && !ends_in_slash(request.target)) {
    http_response moved{.status = 308}; // relative links of the pages need the slash
    moved.add_header("Location", path + "/");
    return moved;
  }
  if (is_folder) path += "/index.html";
  if (reads && ends_in_slash(request.target) != is_folder)
    return fail(errc::not_found, "there is no such page");
  return files_.answer(request, path);
}

} // namespace troupe::gateway
