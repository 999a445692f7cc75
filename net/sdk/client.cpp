#include "net/sdk/troupe/client.hpp"

#include "messages/hello.hpp"
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

result<void> check(const client_options& options) {
  if (options.endpoints.empty() || options.endpoints.size() > endpoints_max)
    return fail(errc::malformed, "endpoints: from 1 to " + std::to_string(endpoints_max));
  for (const auto& each : options.endpoints) {
    if (!each.starts_with("tcp://") && !each.starts_with("ipc://"))
      return fail(errc::malformed, "endpoints: '" + each + "' is neither tcp:// nor ipc://");
  }
  if (options.deadline < milliseconds{1} || options.deadline > milliseconds{deadline_ms_max})
    return fail(errc::malformed, "deadline: from 1 ms to 60 s");
  if (options.attempts_max < 1 || options.attempts_max > attempts_limit)
    return fail(errc::malformed, "attempts_max: from 1 to " + std::to_string(attempts_limit));
  if (options.in_flight_max < 1) return fail(errc::malformed, "in_flight_max: at least 1");
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

void start_call(io_loop& loop, request content, client::callback done, milliseconds deadline) {
  if (deadline == milliseconds{0}) deadline = loop.options().deadline;
  if (auto fine = check(content, deadline); !fine) return done(fine.error());
  new_call call{std::move(content), std::move(done), real_clock().monotonic() + deadline};
  if (!loop.submit(call)) call.done(fail(errc::overloaded, "too many calls wait for an answer"));
}

void start_list(io_loop& loop, const request& like, std::uint32_t shards, std::uint32_t limit,
                const std::shared_ptr<gathering>& into, monotonic_time deadline) {
  into->shards.resize(shards);
  into->missing = shards;
  const std::uint32_t skip = shards == 1 ? limit - into->wanted.size : 0;
  const auto left = std::chrono::ceil<milliseconds>(deadline - real_clock().monotonic());
  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    request each = like;
    each.payload = encode_list_request({{shard},
                                        into->wanted.filter,
                                        into->wanted.sort,
                                        into->wanted.descending,
                                        skip,
                                        limit - skip});
    start_call(
        loop, std::move(each),
        [into, shard](result<call_reply> outcome) { into->take(shard, std::move(outcome)); },
        std::max(left, milliseconds{1}));
  }
}

const served_context* find(const std::vector<served_context>& in, std::string_view name) {
  const auto found = std::ranges::find(in, name, &served_context::name);
  return found == in.end() ? nullptr : &*found;
}

request request_of(request_kind kind, std::string_view context, call_options& options) {
  request out;
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
  content.target = target;
  content.name = command;
  content.payload = std::move(payload);
  start_call(*implementation_->loop, std::move(content), std::move(done), options.deadline);
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
  content.target = target;
  start_call(*implementation_->loop, std::move(content), std::move(done), options.deadline);
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
  content.target = target;
  content.name = name;
  content.payload = std::move(payload);
  start_call(*implementation_->loop, std::move(content), std::move(done), options.deadline);
}

void client::list(std::string_view context, page_request wanted,
                  std::function<void(result<page>)> done, call_options options) {
  const auto limit = rows_wanted(wanted);
  if (!limit) return done(limit.error());
  auto loop = implementation_->loop;
  const auto time =
      options.deadline == milliseconds{0} ? loop->options().deadline : options.deadline;
  const auto deadline = real_clock().monotonic() + time;
  const auto like = request_of(request_kind::list, context, options);
  auto into = std::make_shared<gathering>();
  into->wanted = std::move(wanted);
  into->done = std::move(done);

  const auto served = loop->served();
  if (const auto* known = served ? find(*served, context) : nullptr)
    return start_list(*loop, like, known->shards, *limit, into, deadline);
  // Not connected yet, or the context is newer than the last hello.
  request hello;
  hello.kind = request_kind::hello;
  hello.payload = encode_hello_request({loop->options().name, {}});
  const std::weak_ptr<io_loop> weak = loop;
  const auto go_on = [=](result<call_reply> outcome) {
    const auto here = weak.lock();
    if (!outcome.ok()) return into->done(outcome.error());
    const auto said = decode_hello_reply(outcome->payload);
    if (!said.ok()) return into->done(said.error());
    const auto* known = find(said->contexts, like.context);
    if (known == nullptr || !here)
      return into->done(fail(errc::unknown_context, "no node serves '" + like.context + "'"));
    start_list(*here, like, known->shards, *limit, into, deadline);
  };
  start_call(*loop, std::move(hello), go_on, time);
}

std::future<result<page>> client::list(std::string_view context, page_request wanted,
                                       call_options options) {
  const awaited<page> reply;
  auto future = reply.future();
  list(context, std::move(wanted), reply.callback(), std::move(options));
  return future;
}

std::future<result<value>> client::admin(std::string_view verb, value arguments,
                                         call_options options) {
  const awaited<value> reply;
  auto future = reply.future();
  auto content = request_of(request_kind::admin, {}, options);
  content.name = verb;
  content.payload = encode_value(arguments);
  start_call(
      *implementation_->loop, std::move(content),
      [done = reply.callback()](result<call_reply> outcome) {
        done(outcome.ok() ? outcome->to_value() : result<value>{outcome.error()});
      },
      options.deadline);
  return future;
}

std::uint64_t client::subscribe(std::string_view context, shard_number shard,
                                subscribe_request from, event_callback on_events,
                                end_callback on_end) {
  from.shard = shard;
  return implementation_->loop->subscribe(std::make_unique<subscription>(
      std::string{context}, from, std::move(on_events), std::move(on_end)));
}

void client::unsubscribe(std::uint64_t subscription) {
  implementation_->loop->unsubscribe(subscription);
}

std::future<result<std::vector<served_context>>> client::contexts(call_options options) {
  const awaited<std::vector<served_context>> reply;
  auto future = reply.future();
  auto content = request_of(request_kind::hello, {}, options);
  content.payload = encode_hello_request({implementation_->loop->options().name, {}});
  start_call(
      *implementation_->loop, std::move(content),
      [done = reply.callback()](result<call_reply> outcome) {
        if (!outcome.ok()) return done(outcome.error());
        auto said = decode_hello_reply(outcome->payload);
        if (!said.ok()) return done(said.error());
        done(std::move(said->contexts));
      },
      options.deadline);
  return future;
}

connection_state client::state() const {
  return implementation_->loop->state();
}

} // namespace troupe
