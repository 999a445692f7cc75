#include "net/gateway/dashboard_api.hpp"

#include "messages/json.hpp"
#include "net/gateway/request_headers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <mutex>
#include <utility>

namespace troupe::gateway {
namespace {

constexpr std::string_view node_parameter = "node";
constexpr std::string_view every_node = "*";

[[nodiscard]] http_response json_answer(const value& body) {
  http_response response{.body = to_json(body)};
  response.add_header("Cache-Control", "no-store");
  return response;
}

/// Which verbs there are and what the caller may do.
[[nodiscard]] value represent_verbs(role has) {
  value::array verbs;
  for (const auto& each : admin_verbs())
    verbs.push_back(value::object{
        {"name", each.name}, {"needs", role_name(each.needs)}, {"allowed", each.needs <= has}});
  return value::object{{"role", role_name(has)}, {"verbs", std::move(verbs)}};
}

/// Answers of all nodes on their way; the last one makes the answer.
struct round {
  std::mutex guard; ///< a refused call answers on the caller's thread
  std::size_t missing = 0;
  value::array answers;
  value::array silent;
  dashboard_api::answer_callback done;

  void take(const std::string& node, result<value> got) {
    std::unique_lock lock{guard};
    if (got)
      answers.push_back(value::object{{"node", node}, {"answer", std::move(*got)}});
    else
      silent.push_back(value::object{
          {"node", node}, {"code", got.error().shown_code()}, {"message", got.error().message}});
    if (--missing > 0) return;
    lock.unlock();
    done(
        json_answer(value::object{{"answers", std::move(answers)}, {"silent", std::move(silent)}}));
  }
};

} // namespace

value argument_of(std::string_view name, const std::string& text) {
  // Texts whatever they look like: a number or a truth value can be looked for too.
  static constexpr std::array texts{
      std::string_view{"action"},  std::string_view{"asking"},     std::string_view{"by"},
      std::string_view{"command"}, std::string_view{"command_id"}, std::string_view{"context"},
      std::string_view{"grep"},    std::string_view{"kind"},       std::string_view{"operation"},
      std::string_view{"owner"},   std::string_view{"state"},      std::string_view{"target"},
      std::string_view{"to"},      std::string_view{"verb"}};
  if (std::ranges::find(texts, name) != texts.end()) return text;
  if (text == "true" || text == "false") return text == "true";
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, number);
  if (failed == std::errc{} && stop == end && !text.empty()) return number;
  return text;
}

result<admin_call> dashboard_api::read(const http_request& request,
                                       const request_target& target) const {
  auto has = access_.role_of(request.authorization);
  if (!has) return has.error();
  const auto verb = dashboard_access::permit(target.segments.back(), *has);
  if (!verb) return verb.error();
  const bool posts = request.method == http_method::post;
  if (!posts && request.method != http_method::get && request.method != http_method::head)
    return fail(errc::method_not_allowed, "allowed here are: GET, HEAD, POST");
  if (verb.value()->changes() && !posts)
    return fail(errc::method_not_allowed,
                std::string{verb.value()->name} + " changes something, so it must be a POST");
  admin_call call{.verb = std::string{verb.value()->name}};
  for (const auto& [name, text] : target.parameters) {
    if (name == node_parameter) continue;
    if (posts) return fail(errc::malformed, "the arguments of a POST are its JSON body");
    call.arguments[name] = argument_of(name, text);
  }
  if (verb.value()->name == "leave") {
    const std::string* node = target.parameter(node_parameter);
    if (node == nullptr || node->empty() || *node == every_node)
      return fail(errc::malformed, "which node is to leave? Name it as ?node=NAME");
  }
  if (!posts || request.body.empty()) return call;
  if (auto done = check_content_type(request.content_type); !done) return done.error();
  auto body = parse_json(request.body);
  if (!body) return fail(errc::malformed, body.error().message);
  if (body->get_if<value::object>() == nullptr)
    return fail(errc::malformed, "the arguments are a JSON object");
  if (body->find(node_parameter) != nullptr)
    return fail(errc::malformed, "the node to ask is named in the address, as ?node=NAME");
  call.arguments = std::move(*body);
  return call;
}

void dashboard_api::handle(const http_request& request, const request_target& target,
                           call_options options, answer_callback done) {
  if (target.segments.size() == 2) {
    const auto has = access_.role_of(request.authorization);
    if (!has) return done(has.error());
    return done(json_answer(represent_verbs(has.value())));
  }
  auto call = read(request, target);
  if (!call) return done(call.error());
  call->deadline = options.deadline;
  call->correlation = std::move(options.correlation);
  const std::string* node = target.parameter(node_parameter);
  if (node != nullptr && *node == every_node) return ask_all(std::move(*call), std::move(done));
  if (node != nullptr) return ask_node(*node, std::move(*call), std::move(done));
  cluster_.admin(std::move(*call), [done = std::move(done)](const result<value>& got) {
    if (!got) return done(got.error());
    done(json_answer(got.value()));
  });
}

void dashboard_api::ask_node(std::string node, admin_call call, answer_callback done) {
  const auto time = call.deadline;
  cluster_.nodes(time, [this, node = std::move(node), call = std::move(call),
                        done = std::move(done)](result<std::vector<map_member>> members) mutable {
    if (!members) return done(members.error());
    const auto found = std::find_if(members->begin(), members->end(),
                                    [&](const map_member& each) { return each.node == node; });
    if (found == members->end())
      return done(fail(errc::not_found, "the cluster has no node '" + node + "'"));
    call.endpoint = found->endpoint;
    cluster_.admin(std::move(call), [done = std::move(done)](const result<value>& got) {
      if (!got) return done(got.error());
      done(json_answer(got.value()));
    });
  });
}

void dashboard_api::ask_all(admin_call call, answer_callback done) {
  const auto time = call.deadline;
  cluster_.nodes(time, [this, call = std::move(call),
                        done = std::move(done)](result<std::vector<map_member>> members) mutable {
    if (!members) return done(members.error());
    if (members->empty()) return done(fail(errc::unreachable, "the cluster has no nodes"));
    const auto all = std::make_shared<round>();
    all->missing = members->size();
    all->done = std::move(done);
    for (const auto& each : *members) {
      admin_call one = call;
      one.endpoint = each.endpoint;
      cluster_.admin(std::move(one), [all, node = each.node](result<value> got) {
        all->take(node, std::move(got));
      });
    }
  });
}

} // namespace troupe::gateway
