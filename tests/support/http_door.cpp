#include "tests/support/http_door.hpp"

#include "messages/json.hpp"

#include <strings.h>

#include <stdexcept>

namespace troupe::test {

value part(const value& of, std::string_view path) {
  const value* at = &of;
  while (!path.empty() && at != nullptr) {
    const auto slash = path.find('/');
    const std::string key{path.substr(0, slash)};
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    if (const auto* items = at->get_if<value::array>()) {
      const auto position = static_cast<std::size_t>(std::stoul(key));
      at = position < items->size() ? &(*items)[position] : nullptr;
    } else {
      at = at->find(key);
    }
  }
  return at == nullptr ? value{} : *at;
}

std::int64_t number(const value& of, std::string_view path) {
  const value held = part(of, path);
  const auto* found = held.get_if<std::int64_t>();
  return found == nullptr ? -1 : *found;
}

std::string text(const value& of, std::string_view path) {
  const value held = part(of, path);
  const auto* found = held.get_if<std::string>();
  return found == nullptr ? std::string{} : *found;
}

std::string http_said::header(std::string_view name) const {
  for (const auto& [each, held] : headers)
    if (each.size() == name.size() && ::strncasecmp(each.data(), name.data(), name.size()) == 0)
      return held;
  return {};
}

test_gateway::test_gateway(const std::string& node_endpoint, std::vector<std::string> flags) {
  flags.insert(flags.end(),
               {"--node", node_endpoint, "--listen", "127.0.0.1:0", "--log-level", "warn"});
  auto started =
      cli::child_process::start({"troupe-gateway", program("troupe-gateway"), std::move(flags)});
  if (!started) throw std::runtime_error(started.error().message);
  process_ = std::move(*started);
  constexpr std::string_view prefix = "troupe-gateway listening on http://";
  const auto said = [&] {
    process_->poll();
    return !process_->running() || process_->announced(prefix);
  };
  if (!eventually(said) || !process_->running())
    throw std::runtime_error("the gateway does not start: " + process_->end_text());
  place_ = parse_http_place(*process_->announced(prefix)).value();
  if (!eventually([&] { return get("/health/ready").status == 200; }))
    throw std::runtime_error("the gateway is never ready");
  const auto all_up = [&] {
    const auto contexts = part(get("/health/ready").body, "contexts");
    const auto* items = contexts.get_if<value::array>();
    if (items == nullptr || items->empty()) return false;
    for (const auto& each : *items)
      if (part(each, "up") != value{true}) return false;
    return true;
  };
  if (!eventually(all_up)) throw std::runtime_error("not every context comes up");
}

http_said test_gateway::ask(std::string method, std::string target, std::string body,
                            http_headers headers) const {
  constexpr milliseconds deadline{15'000};
  const auto got = http_exchange(
      place_, {std::move(method), std::move(target), std::move(body), std::move(headers)},
      deadline);
  if (!got) return {};
  http_said said{got->status, {}, got->headers};
  json_limits limits;
  limits.bytes_max = http_body_bytes_max;
  if (auto parsed = parse_json(got->body, limits)) said.body = std::move(*parsed);
  return said;
}

bool test_gateway::shows(const std::string& target, std::string_view path,
                         const value& wanted) const {
  return eventually([&] {
    const auto said = get(target);
    return said.status == 200 && part(said.body, path) == wanted;
  });
}

std::string test_gateway::printed() const {
  process_->poll();
  std::string text;
  for (const auto& line : process_->lines())
    text += line + '\n';
  return text;
}

std::int64_t test_gateway::total(const std::string& list) const {
  return number(get(list + (list.find('?') == std::string::npos ? "?size=1" : "&size=1")).body,
                "page/totalElements");
}

} // namespace troupe::test
