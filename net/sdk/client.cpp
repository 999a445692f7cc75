#include "net/sdk/troupe/client.hpp"

#include "messages/hello.hpp"
#include "messages/node_events.hpp"
#include "net/sdk/io_loop.hpp"
#include "net/sdk/list_merge.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t envelope_bytes_max = 1024; // an encoded request without its payload
constexpr std::size_t endpoints_max = 64;
constexpr std::uint32_t attempts_limit = 10;

result<void> check_endpoint(const std::string& where, const std::string& endpoint) {
  if (endpoint.starts_with("tcp://") || endpoint.starts_with("ipc://")) return {};
  return fail(errc::malformed, where + ": '" + endpoint + "' is neither tcp:// nor ipc://");
}

result<void> check(const client_options& options) {
  if (options.endpoints.empty() || options.endpoints.size() > endpoints_max)
    return fail(errc::malformed, "endpoints: from 1 to " + std::to_string(endpoints_max));
  for (const auto& each : options.endpoints)
    if (auto fine = check_endpoint("endpoints", each); !fine) return fine;
  if (options.deadline < milliseconds{1} || options.deadline > milliseconds{deadline_ms_max})
    return fail(errc::malformed, "deadline: from 1 ms to 60 s");
  if (options.attempts_max < 1 || options.attempts_max > attempts_limit)
    return fail(errc::malformed, "attempts_max: from 1 to " + std::to_string(attempts_limit));
  if (options.in_flight_max < 1) return fail(errc::malformed, "in_flight_max: at least 1");
  if (options.admin_key.size() > name_bytes_max * 2)
    return fail(errc::malformed, "admin_key: too long");
  if (options.name.size() > name_bytes_max)
    return fail(errc::malformed, "name: longer than " + std::to_string(name_bytes_max) + " bytes");
  return {};
}

result<void> check(const request& from, milliseconds deadline) {
  if (deadline < milliseconds{1} || deadline > milliseconds{deadline_ms_max})
    return fail(errc::malformed, "deadline: from 1 ms to 60 s");
  if (from.context.size() > name_bytes_max || from.name.size() > name_bytes_max)
    return fail(errc::malformed, "a name is longer than " + std::to_string(name_bytes_max));
  if (from.correlation.size() > correlation_bytes_max)
    return fail(errc::malformed,
                "correlation: longer than " + std::to_string(correlation_bytes_max));
  if (from.payload.size() + envelope_bytes_max > frame_bytes_max)
    return fail(errc::too_large, "the request is over the frame limit of 1 MiB");
  return {};
}

/// A callback that fulfils a promise, and the promise's future.
template <class T> struct awaited {
  std::shared_ptr<std::promise<result<T>>> promise = std::make_shared<std::promise<result<T>>>();
  [[nodiscard]] std::future<result<T>> future() const { return promise->get_future(); }
  [[nodiscard]] auto callback() const {
    return [held = promise](result<T> outcome) { held->set_value(std::move(outcome)); };
  }
};

/// A list on its way: one call per shard, the last answer merges.
struct gathering {
  page_request wanted;
  std::function<void(result<page>)> done;
  std::vector<list_reply> shards;
  std::size_t missing = 0;
  std::mutex mutex; ///< a refused call answers on the caller's thread, the others on the I/O thread
  bool over = false;

  void take(std::size_t shard, result<call_reply> outcome) {
    std::unique_lock lock{mutex};
    if (over) return;
    auto rows = outcome.ok() ? decode_list_reply(outcome->payload) : outcome.error();
    if (!rows.ok()) {
      over = true;
      lock.unlock();
      return done(rows.error());
    }
    shards[shard] = std::move(*rows);
    if (--missing > 0) return;
    over = true;
    lock.unlock();
    done(merge_lists(wanted, shards));
  }
};

/// Where a call goes, if not where its aggregate's shard is.
struct destination {
  std::uint32_t shard = router::no_shard;
  std::string endpoint{};
  bool admin = false; ///< it is an admin endpoint
};

void start_call(io_loop& loop, request content, client::callback done, milliseconds deadline,
                destination to = {}) {
  if (deadline == milliseconds{0}) deadline = loop.options().deadline;
  if (auto fine = check(content, deadline); !fine) return done(fine.error());
  new_call call{std::move(content), std::move(done),        real_clock().monotonic() + deadline,
                to.shard,           std::move(to.endpoint), to.admin};
  if (!loop.submit(call)) call.done(fail(errc::overloaded, "too many calls wait for an answer"));
}

milliseconds left_until(monotonic_time deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - real_clock().monotonic());
  return std::max(left, milliseconds{1});
}

milliseconds time_of(const io_loop& loop, const call_options& options) {
  return options.deadline == milliseconds{0} ? loop.options().deadline : options.deadline;
}

using hello_callback = std::function<void(result<hello_reply>)>;

/// Asks a node who it is; the one at an endpoint, or any.
void start_hello(io_loop& loop, hello_callback done, milliseconds deadline,
                 std::string endpoint = {}) {
  request hello;
  hello.kind = request_kind::hello;
  hello.payload = encode_hello_request({.name = loop.options().name, .build = {}});
  start_call(loop, std::move(hello),
             [done = std::move(done)](result<call_reply> outcome) {
               done(outcome.ok() ? decode_hello_reply(outcome->payload)
                                 : result<hello_reply>{outcome.error()});
             },
             deadline, {router::no_shard, std::move(endpoint)});
}

/// Says where an admin endpoint that nobody answers at can be reached at all.
result<value> admin_answer(result<call_reply> outcome, const std::string& at) {
  if (outcome.ok()) return outcome->to_value();
  auto why = outcome.error();
  if (why.code == errc::unreachable && !at.empty())
    why.message +=
        "; the admin endpoint is " + at +
        (at.starts_with("ipc://") ? ", open to the node's user on its machine only" : "");
  return why;
}

void start_admin(io_loop& loop, request content, std::function<void(result<value>)> done,
                 milliseconds deadline, const std::string& at, bool admin) {
  start_call(loop, std::move(content),
             [done = std::move(done), where = admin ? at : std::string{}](
                 result<call_reply> outcome) { done(admin_answer(std::move(outcome), where)); },
             deadline, {router::no_shard, at, admin});
}

/// The contexts of a cluster on their way: a hello per member, the last answer merges.
struct survey {
  shard_map map;
  std::function<void(result<std::vector<served_context>>)> done;
  contexts_of_members said;
  std::size_t missing = 0;
  std::mutex mutex; ///< a refused call answers on the caller's thread, the others on the I/O thread

  void take(std::size_t member, result<hello_reply> outcome) {
    std::unique_lock lock{mutex};
    if (outcome.ok()) said[member] = std::move(outcome->contexts);
    if (--missing > 0) return;
    lock.unlock();
    done(merge_contexts(map, said));
  }
};

void start_survey(io_loop& loop, hello_reply first, const std::shared_ptr<survey>& into,
                  monotonic_time deadline) {
  if (first.cluster.members.empty()) return into->done(std::move(first.contexts));
  into->map = std::move(first.cluster);
  const auto& members = into->map.members;
  into->said.resize(members.size());
  into->missing = members.size();
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].node == first.node) {
      into->take(i, first);
      continue;
    }
    start_hello(
        loop, [into, i](result<hello_reply> outcome) { into->take(i, std::move(outcome)); },
        left_until(deadline), members[i].endpoint);
  }
}

void start_list(io_loop& loop, const request& like, std::uint32_t shards, std::uint32_t limit,
                const std::shared_ptr<gathering>& into, monotonic_time deadline) {
  into->shards.resize(shards);
  into->missing = shards;
  const std::uint32_t skip = shards == 1 ? limit - into->wanted.size : 0;
  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    request each = like;
    each.payload = encode_list_request({{shard},
                                        into->wanted.filter,
                                        into->wanted.sort,
                                        into->wanted.descending,
                                        skip,
                                        limit - skip});
    start_call(loop, std::move(each),
               [into, shard](result<call_reply> outcome) { into->take(shard, std::move(outcome)); },
               left_until(deadline), {shard, {}});
  }
}

result<request> request_of(request_kind kind, std::string_view context, call_options& options) {
  request out;
  if (!options.traceparent.empty()) {
    const auto trace = parse_traceparent(options.traceparent);
    if (!trace) return trace.error();
    out.trace = *trace;
  }
  out.kind = kind;
  out.context = context;
  out.command = options.command;
  out.correlation = std::move(options.correlation);
  return out;
}

} // namespace

struct client::implementation {
  std::shared_ptr<io_loop> loop;
  ~implementation() { loop->stop(); }
};

result<value> call_reply::to_value() const {
  return decode_value(payload);
}

result<client> client::connect(client_options options) {
  if (auto fine = check(options); !fine) return fine.error();
  auto made = std::make_unique<implementation>();
  made->loop = std::make_shared<io_loop>(std::move(options));
  made->loop->start();
  return client{std::move(made)};
}

client::client(std::unique_ptr<implementation> from) : implementation_(std::move(from)) {}
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;
client::~client() = default;

void client::send(std::string_view context, aggregate_id target, std::string_view command,
                  std::string payload, callback done, call_options options) {
  auto content = request_of(request_kind::command, context, options);
  if (!content) return done(content.error());
  content->target = target;
  content->name = command;
  content->payload = std::move(payload);
  start_call(*implementation_->loop, std::move(*content), std::move(done), options.deadline);
}

std::future<result<call_reply>> client::send(std::string_view context, aggregate_id target,
                                             std::string_view command, std::string payload,
                                             call_options options) {
  const awaited<call_reply> reply;
  auto future = reply.future();
  send(context, target, command, std::move(payload), reply.callback(), std::move(options));
  return future;
}

void client::get(std::string_view context, aggregate_id target, callback done,
                 call_options options) {
  auto content = request_of(request_kind::get, context, options);
  if (!content) return done(content.error());
  content->target = target;
  start_call(*implementation_->loop, std::move(*content), std::move(done), options.deadline);
}

std::future<result<call_reply>> client::get(std::string_view context, aggregate_id target,
                                            call_options options) {
  const awaited<call_reply> reply;
  auto future = reply.future();
  get(context, target, reply.callback(), std::move(options));
  return future;
}

void client::query(std::string_view context, aggregate_id target, std::string_view name,
                   std::string payload, callback done, call_options options) {
  auto content = request_of(request_kind::query, context, options);
  if (!content) return done(content.error());
  content->target = target;
  content->name = name;
  content->payload = std::move(payload);
  start_call(*implementation_->loop, std::move(*content), std::move(done), options.deadline);
}

void client::list(std::string_view context, page_request wanted,
                  std::function<void(result<page>)> done, call_options options) {
  const auto limit = rows_wanted(wanted);
  if (!limit) return done(limit.error());
  auto loop = implementation_->loop;
  const auto time = time_of(*loop, options);
  const auto deadline = real_clock().monotonic() + time;
  const auto made = request_of(request_kind::list, context, options);
  if (!made) return done(made.error());
  const request& like = *made;
  auto into = std::make_shared<gathering>();
  into->wanted = std::move(wanted);
  into->done = std::move(done);

  const auto picture = loop->picture();
  if (const auto shards = picture ? shards_of(context, picture->map, picture->contexts) : 0)
    return start_list(*loop, like, shards, *limit, into, deadline);
  // Not connected yet, or the context is newer than the last hello.
  const std::weak_ptr<io_loop> weak = loop;
  const auto go_on = [=, like = like](const result<hello_reply>& said) {
    const auto here = weak.lock();
    if (!said.ok()) return into->done(said.error());
    const auto shards = shards_of(like.context, said.value().cluster, said.value().contexts);
    if (shards == 0 || !here)
      return into->done(fail(errc::unknown_context, "no node serves '" + like.context + "'"));
    start_list(*here, like, shards, *limit, into, deadline);
  };
  start_hello(*loop, go_on, time);
}

std::future<result<page>> client::list(std::string_view context, page_request wanted,
                                       call_options options) {
  const awaited<page> reply;
  auto future = reply.future();
  list(context, std::move(wanted), reply.callback(), std::move(options));
  return future;
}

void client::admin(std::string_view verb, value arguments, std::function<void(result<value>)> done,
                   call_options options) {
  auto content = request_of(request_kind::admin, {}, options);
  if (!content) return done(content.error());
  content->name = verb;
  content->payload = encode_value(arguments);
  if (!options.endpoint.empty())
    if (auto fine = check_endpoint("endpoint", options.endpoint); !fine) return done(fine.error());
  auto loop = implementation_->loop;
  const auto* known = find_admin_verb(verb);
  if (known == nullptr || known->needs == role::observe)
    return start_admin(*loop, std::move(*content), std::move(done), options.deadline,
                       options.endpoint, false);
  // Asked each time: a node that was started anew may have another one.
  const auto time = time_of(*loop, options);
  const auto deadline = real_clock().monotonic() + time;
  const std::weak_ptr<io_loop> weak = loop;
  const auto go_on = [weak, deadline, done = std::move(done), endpoint = options.endpoint,
                      content = std::move(*content)](const result<hello_reply>& said) {
    if (!said.ok()) return done(said.error());
    const auto here = weak.lock();
    if (!here) return done(fail(errc::unreachable, "the client was closed"));
    const auto& at = said.value().admin_endpoint;
    const bool admin = check_endpoint("admin", at).ok(); // none: it says itself what it thinks
    start_admin(*here, content, done, left_until(deadline), admin ? at : endpoint, admin);
  };
  start_hello(*loop, go_on, time, options.endpoint);
}

std::future<result<value>> client::admin(std::string_view verb, value arguments,
                                         call_options options) {
  const awaited<value> reply;
  auto future = reply.future();
  admin(verb, std::move(arguments), reply.callback(), std::move(options));
  return future;
}

std::uint64_t client::subscribe(std::string_view context, shard_number shard,
                                subscribe_request from, event_callback on_events,
                                end_callback on_end) {
  from.shard = shard;
  return implementation_->loop->subscribe(std::make_unique<subscription>(
      std::string{context}, from, std::move(on_events), std::move(on_end)));
}

std::uint64_t client::subscribe_node(std::string endpoint, subscribe_request from,
                                     event_callback on_events, end_callback on_end) {
  if (auto fine = check_endpoint("endpoint", endpoint); !fine) {
    if (on_end) on_end(fine.error());
    return 0;
  }
  from.shard = {};
  return implementation_->loop->subscribe(
      std::make_unique<subscription>(std::string{node_events}, from, std::move(on_events),
                                     std::move(on_end), std::move(endpoint)));
}

std::uint64_t client::tap_node(std::string endpoint, const tap_wish& wish, event_callback on_events,
                               end_callback on_end) {
  if (auto fine = check_endpoint("endpoint", endpoint); !fine) {
    if (on_end) on_end(fine.error());
    return 0;
  }
  subscribe_request from;
  from.only_new = true;
  from.credit = wish.credit;
  auto made = std::make_unique<subscription>(std::string{node_tap}, from, std::move(on_events),
                                             std::move(on_end), std::move(endpoint));
  made->ask_with(encode_tap_wish(wish));
  return implementation_->loop->subscribe(std::move(made));
}

void client::unsubscribe(std::uint64_t subscription) {
  implementation_->loop->unsubscribe(subscription);
}

std::future<result<std::vector<served_context>>> client::contexts(call_options options) {
  const awaited<std::vector<served_context>> reply;
  auto future = reply.future();
  auto loop = implementation_->loop;
  const auto time = time_of(*loop, options);
  const auto deadline = real_clock().monotonic() + time;
  auto into = std::make_shared<survey>();
  into->done = reply.callback();
  const std::weak_ptr<io_loop> weak = loop;
  const auto go_on = [=](result<hello_reply> said) {
    const auto here = weak.lock();
    if (!said.ok()) return into->done(said.error());
    if (!here) return into->done(fail(errc::unreachable, "the client was closed"));
    start_survey(*here, std::move(*said), into, deadline);
  };
  start_hello(*loop, go_on, time);
  return future;
}

void client::nodes(std::function<void(result<std::vector<map_member>>)> done,
                   call_options options) {
  const std::weak_ptr<io_loop> weak = implementation_->loop;
  const auto go_on = [weak, done = std::move(done)](result<hello_reply> said) {
    if (!said.ok()) return done(said.error());
    if (!said->cluster.members.empty()) return done(std::move(said->cluster.members));
    const auto here = weak.lock();
    const auto picture = here ? here->picture() : nullptr;
    const std::string endpoint = picture ? picture->endpoint : std::string{};
    done(std::vector{map_member{said->node, 0, endpoint, said->build, "active"}});
  };
  start_hello(*implementation_->loop, go_on, options.deadline);
}

std::future<result<std::vector<map_member>>> client::nodes(call_options options) {
  const awaited<std::vector<map_member>> reply;
  auto future = reply.future();
  nodes(reply.callback(), std::move(options));
  return future;
}

client_counters client::counters() const {
  return implementation_->loop->counters();
}

connection_state client::state() const {
  return implementation_->loop->state();
}

} // namespace troupe
