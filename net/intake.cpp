#include "net/intake.hpp"

#include "messages/hello.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace troupe {

namespace {

bool of_subscription(request_kind kind) {
  return kind == request_kind::subscribe || kind == request_kind::credit ||
         kind == request_kind::unsubscribe;
}

error overloaded(std::string what) {
  auto why = fail(errc::overloaded, std::move(what));
  why.retry_after_ms = intake::overloaded_retry_after_ms;
  return why;
}

void write_reply(connection& to, reply content) {
  const auto encode = [&](std::string& frame) { append_reply(frame, content); };
  if (to.output.add(encode)) return;
  content.content = fail(errc::too_large, "the answer is over the frame limit of 1 MiB; "
                                          "ask for less");
  [[maybe_unused]] const bool fits = to.output.add(encode);
}

} // namespace

void intake::accept(std::string_view frame, connection& from, monotonic_time now,
                    std::vector<inbound>& batch) {
  std::size_t offset = 0;
  while (offset < frame.size()) {
    inbound& next = batch.emplace_back();
    std::optional<forwarded> also;
    auto read = read_request(frame, offset, scratch_, next.content,
                             options_.secret.empty() ? nullptr : &also);
    if (!read) {
      // What follows in the frame cannot be trusted. A caller whose id is known hears why; an
      // unknown version is answered even without one, since its sender could never find out.
      ++malformed_;
      const auto id = next.content.id;
      batch.pop_back();
      if (id != 0 || read.error().code == errc::unsupported_version)
        write_reply(from, reply{id, read.error()});
      return;
    }
    ++requests_;
    if (!options_.secret.empty() && !trusts(next.content, from)) {
      batch.pop_back();
      continue;
    }
    if (next.content.kind == request_kind::hello) {
      meet(&next.content, from);
    } else if (next.content.kind == request_kind::admin ||
               next.content.kind == request_kind::subscribe) {
      if (!from.who) meet(nullptr, from);
      next.by = from.who;
      if (next.content.kind == request_kind::admin && !also && !may_ask(next.content, from)) {
        batch.pop_back();
        continue;
      }
    }
    if (also) {
      next.internal = true;
      next.forwarded = also->shard;
      next.reacts_to = std::move(also->reacts_to);
      next.caller = std::move(also->caller);
    }
    if (!admit(next.content, from, now)) {
      batch.pop_back();
      continue;
    }
    const std::uint64_t subscription = of_subscription(next.content.kind) ? 1 : 0;
    next.from = {&port_, from.number * 2 + subscription, next.content.id};
    next.deadline = now + std::chrono::milliseconds{next.content.remaining_ms};
  }
}

bool intake::trusts(const request& content, connection& from) {
  if (!from.trusted && content.kind == request_kind::hello) {
    const auto said = decode_hello_request(content.payload);
    from.trusted = said.ok() && said->secret == options_.secret;
  }
  if (!from.trusted)
    refuse(from, content.id,
           fail(errc::unauthorized, "this endpoint is for nodes of the cluster only"));
  return from.trusted;
}

std::string intake::name_of_peer(const std::string& address) const {
  if (!options_.endpoint.starts_with("ipc://")) return address;
  const auto process = address.rfind(':');
  const auto group =
      process == 0 || process == address.npos ? address.npos : address.rfind(':', process - 1);
  if (group == address.npos) return address;
  const auto user = group == 0 ? address.npos : address.rfind(':', group - 1);
  const auto from = user == address.npos ? 0 : user + 1;
  return "uid " + address.substr(from, group - from) + " pid " + address.substr(process + 1);
}

void intake::meet(const request* hello, connection& from) const {
  caller_identity is{{}, from.peer, options_.keys ? role::observe : options_.grants};
  from.wrong_key = false;
  // A hello that cannot be read is answered by the node; it grants nothing.
  const auto said = hello != nullptr ? decode_hello_request(hello->payload) : hello_request{};
  if (!said) {
    is.may = role::observe;
  } else {
    is.name = said->name.substr(0, name_bytes_max);
    if (options_.keys && !said->key.empty()) {
      const auto known = options_.keys->role_of(said->key);
      from.wrong_key = !known;
      if (known) is.may = *known;
    }
    if (!said->role.empty())
      is.may = std::min(is.may, role_named(said->role).value_or(role::observe));
  }
  from.who = std::make_shared<const caller_identity>(std::move(is));
}

bool intake::may_ask(const request& content, connection& from) {
  const auto may = from.who->may;
  if (may == role::operate) return true;
  const auto* verb = find_admin_verb(content.name);
  if (verb != nullptr && verb->needs <= may) return true;
  if (verb == nullptr) {
    refuse(from, content.id, fail(errc::unknown_command, "no admin verb '" + content.name + "'"));
    return false;
  }
  std::string why = "'" + content.name + "' needs the role " + std::string{role_name(verb->needs)} +
                    ", and this connection has " + std::string{role_name(may)};
  if (from.wrong_key)
    why += ": its key is none of this endpoint's";
  else if (options_.keys)
    why += ": show the key of that role";
  else if (options_.grants >= verb->needs)
    why += ": it asked for no more";
  else
    why += ": " + (options_.admin_endpoint.empty()
                       ? "this node has no admin endpoint"
                       : "ask at the admin endpoint, " + options_.admin_endpoint);
  ++unauthorized_;
  refuse(from, content.id, fail(errc::unauthorized, std::move(why)));
  return false;
}

void intake::refuse_frame(std::string_view frame, connection& from) {
  std::size_t offset = 0;
  request first;
  (void)read_request(frame, offset, scratch_, first);
  if (first.id != 0) refuse(from, first.id, overloaded("too many connections to this node"));
}

/// Greetings and operators' verbs are free: whoever is at the limit must still be able to see it.
bool intake::within_rate(const request& content, connection& from, monotonic_time now) {
  const auto& limit = options_.client_rate;
  if (!limit.given() || content.kind == request_kind::hello || content.kind == request_kind::admin)
    return true;
  const auto verdict = from.rate.take(limit, now);
  if (verdict.granted) return true;
  ++rate_limited_;
  refuse(from, content.id, rate_refusal("this connection", limit, verdict));
  return false;
}

bool intake::admit(const request& content, connection& from, monotonic_time now) {
  if (content.kind == request_kind::credit || content.kind == request_kind::unsubscribe)
    return std::ranges::find(from.subscriptions, content.id) != from.subscriptions.end();
  if (closing_) {
    refuse(from, content.id, fail(errc::shutting_down, "the node is leaving"));
    return false;
  }
  if (!within_rate(content, from, now)) return false;
  if (content.kind == request_kind::subscribe) return admit_subscription(content, from);
  if (content.remaining_ms == 0) {
    refuse(from, content.id,
           fail(errc::deadline_exceeded, "the time was over on arrival at the node"));
    return false;
  }
  if (in_flight_ >= options_.in_flight_max || from.in_flight >= options_.connection_in_flight_max) {
    refuse(from, content.id, overloaded("too many requests wait for an answer"));
    return false;
  }
  ++in_flight_;
  ++from.in_flight;
  return true;
}

bool intake::admit_subscription(const request& content, connection& from) {
  if (std::ranges::find(from.subscriptions, content.id) != from.subscriptions.end()) {
    refuse(from, content.id, fail(errc::malformed, "id: names an open subscription"));
    return false;
  }
  if (from.subscriptions.size() >= connection_subscriptions_max) {
    refuse(from, content.id, overloaded("too many subscriptions on this connection"));
    return false;
  }
  from.subscriptions.push_back(content.id);
  return true;
}

void intake::refuse(connection& from, std::uint64_t id, error why) {
  ++refused_;
  write_reply(from, reply{id, std::move(why)});
}

connection* intake::give_back(answer& done, connection_table& peers) {
  connection* to = peers.find(done.to.connection / 2);
  if (auto* push = std::get_if<event_push>(&done.content)) {
    if (to == nullptr) return nullptr;
    push->id = done.to.request;
    const bool added = to->output.add([&](std::string& frame) { append_event_push(frame, *push); });
    if (!added) {
      // A gap must never go unseen: the subscription ends, and its owner decides.
      std::erase(to->subscriptions, push->id);
      write_reply(*to, reply{push->id, fail(errc::too_large, "events over the frame limit")});
    }
    return to;
  }
  ++replies_;
  if (done.to.connection % 2 == 1) {
    if (to == nullptr || std::erase(to->subscriptions, done.to.request) == 0) return nullptr;
  } else {
    if (in_flight_ > 0) --in_flight_;
    if (to == nullptr) return nullptr;
    if (to->in_flight > 0) --to->in_flight;
  }
  reply out{done.to.request, {}};
  if (auto* content = std::get_if<reply_content>(&done.content))
    out.content = std::move(*content);
  else
    out.content = std::move(std::get<error>(done.content));
  write_reply(*to, std::move(out));
  return to;
}

void intake::abandon(const connection& gone, monotonic_time now,
                     std::vector<inbound>& batch) const {
  for (const auto id : gone.subscriptions) {
    inbound end;
    end.content.kind = request_kind::unsubscribe;
    end.content.id = id;
    end.from = {&port_, gone.number * 2 + 1, id};
    end.deadline = now;
    batch.push_back(std::move(end));
  }
}

} // namespace troupe
