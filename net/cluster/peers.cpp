#include "net/cluster/peers.hpp"

#include "messages/hello.hpp"
#include "net/cluster/peer_calls.hpp"
#include "net/sdk/link.hpp"
#include "net/transport/frame_packer.hpp"
#include "net/transport/handover.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

namespace troupe {

namespace {

using std::chrono::milliseconds;

constexpr std::int32_t not_linked_hint_ms = 20;
constexpr std::int32_t full_hint_ms = 50;
constexpr std::uint64_t unsent_bytes_max = 16ULL * 1024 * 1024; ///< for one node; then it is slow
constexpr std::size_t frames_per_round = 64;
constexpr milliseconds blocked_retry{5};
constexpr milliseconds sweep_every{250};

error not_now(errc code, std::string message, std::int32_t hint_ms) {
  auto why = fail(code, std::move(message));
  why.retry_after_ms = hint_ms;
  return why;
}

/// One other node.
struct peer {
  peer(const peer_place& place, link_setting& setting)
      : who(place.who), endpoint(place.endpoint), to({place.endpoint}, setting) {}
  member_key who;
  std::string endpoint;
  link to;
  peer_calls calls;
  frame_packer output;
};

} // namespace

/// The thread and what belongs to it.
class peers::loop {
public:
  loop(std::string node, const clock& time, std::function<void()> changed)
      : node_(std::move(node)), time_(time), changed_(std::move(changed)), random_(real_random()) {
    thread_ = std::thread{[this] { run(); }};
  }
  ~loop() { stop(); }
  void stop() {
    if (!thread_.joinable()) return;
    stopping_.store(true);
    operations_.nudge();
    thread_.join();
  }

  struct places {
    std::vector<peer_place> all;
    std::string secret;
  };
  struct outgoing {
    member_key to; ///< not given: about an earlier request
    shard_ref shard;
    inbound what;
  };
  using operation = std::variant<places, outgoing, healing*>;
  void push(operation what) { operations_.push(std::move(what)); }

  [[nodiscard]] std::vector<peer_link> links() const {
    const std::lock_guard lock{links_mutex_};
    return links_;
  }

  [[nodiscard]] peer_counters counters() const {
    return {forwarded_.load(), answered_.load(), refused_.load(), links_lost_.load()};
  }

private:
  void run() {
    auto next_sweep = time_.monotonic();
    while (!stopping_.load(std::memory_order_relaxed)) {
      now_ = time_.monotonic();
      bool busy = take_operations();
      for (auto& [who, each] : peers_)
        busy = serve(*each) || busy;
      if (now_ >= next_sweep) {
        for (auto& [who, each] : peers_)
          each->calls.expire(now_, answers_);
        next_sweep = now_ + sweep_every;
      }
      deliver();
      note_links();
      if (!busy) wait(next_sweep);
    }
  }

  bool take_operations() {
    if (!operations_.take(taken_)) return false;
    for (auto& each : taken_) {
      if (auto* who = std::get_if<places>(&each))
        connect_to(*who);
      else if (auto* by = std::get_if<healing*>(&each))
        heal_through(**by);
      else
        send(std::get<outgoing>(each));
    }
    taken_.clear();
    return true;
  }

  /// Keeps the links to those that stay, drops the others.
  void connect_to(places& wanted) {
    for (auto at = peers_.begin(); at != peers_.end();) {
      const auto& held = *at->second;
      const bool stays = std::any_of(wanted.all.begin(), wanted.all.end(), [&](const auto& each) {
        return each.who == held.who && each.endpoint == held.endpoint;
      });
      if (stays) {
        ++at;
        continue;
      }
      at->second->calls.lose(answers_);
      if (setting_.reopened) setting_.reopened(held.endpoint, false);
      at = peers_.erase(at);
    }
    setting_.hello_payload = encode_hello_request({node_, TROUPE_BUILD, std::move(wanted.secret)});
    for (const auto& each : wanted.all)
      if (peers_.count(each.who) == 0) peers_[each.who] = std::make_unique<peer>(each, setting_);
  }

  void heal_through(healing& by) {
    setting_.may_reopen = [this, &by](const std::string& endpoint) -> std::optional<milliseconds> {
      if (reopening_.count(endpoint) > 0) return std::nullopt;
      const auto begun =
          by.begin(healing_action::reopen_socket, "link to " + endpoint,
                   "the connection was lost, or its handshake failed, or it did not answer");
      if (!begun) return milliseconds{begun.error().retry_after_ms};
      reopening_[endpoint] = *begun;
      return std::nullopt;
    };
    setting_.reopened = [this, &by](const std::string& endpoint, bool up) {
      const auto begun = reopening_.extract(endpoint);
      if (!begun.empty()) by.end(begun.mapped(), up, up ? "it is up" : "it did not come up");
    };
  }

  void send(outgoing& from) {
    auto& what = from.what;
    if (!from.to.given()) {
      for (auto& [who, each] : peers_)
        if (each->calls.follow(what)) return pack(*each, from);
      return;
    }
    const auto at = peers_.find(from.to);
    if (at == peers_.end() || at->second->to.where() != link::stage::up)
      return refuse(what, not_now(errc::context_down,
                                  "no connection to " + from.to.node + " at the moment",
                                  not_linked_hint_ms));
    const bool opens = what.content.kind == request_kind::subscribe;
    if (!opens && !time_is_left(what.deadline, now_))
      return refuse(what, fail(errc::deadline_exceeded,
                               "the time was over before it was sent to " + from.to.node));
    if (at->second->output.bytes() > unsent_bytes_max)
      return refuse(what,
                    not_now(errc::overloaded, from.to.node + " does not keep up", full_hint_ms));
    forwarded_.fetch_add(1, std::memory_order_relaxed);
    at->second->calls.open(what);
    pack(*at->second, from);
  }

  void pack(peer& to, outgoing& from) {
    auto& content = from.what.content;
    const auto left = std::chrono::ceil<milliseconds>(from.what.deadline - now_).count();
    content.remaining_ms =
        static_cast<std::uint32_t>(std::clamp<std::int64_t>(left, 1, deadline_ms_max));
    if (!from.shard.context.empty()) content.context = from.shard.context;
    const forwarded also{from.shard.shard, from.what.reacts_to, from.what.caller};
    const bool fits =
        to.output.add([&](std::string& frame) { append_forwarded(frame, content, also); });
    if (fits) return;
    if (auto gone = to.calls.take(reply{content.id, fail(errc::too_large, "over the frame limit")}))
      answers_.push_back(std::move(*gone));
  }

  void refuse(const inbound& what, error why) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    if (what.from.port != nullptr) answers_.push_back({what.from, std::move(why)});
  }

  bool serve(peer& with) {
    const auto change = with.to.advance(now_, [&] {
      while (receive(with)) {
      }
    });
    if (change == link::change::down) lose(with);
    if (with.to.where() == link::stage::up) {
      while (!with.output.empty() &&
             with.to.socket()->send(with.output.front()) == send_status::sent)
        with.output.pop();
    }
    return receive(with);
  }

  void lose(peer& with) {
    links_lost_.fetch_add(1, std::memory_order_relaxed);
    with.output.clear();
    with.calls.lose(answers_);
  }

  bool receive(peer& with) {
    std::size_t frames = 0;
    while (frames < frames_per_round && with.to.socket() != nullptr &&
           with.to.socket()->receive(part_)) {
      ++frames;
      with.to.note_heard(now_);
      const auto bytes = part_.bytes();
      std::size_t offset = 0;
      while (offset < bytes.size()) {
        auto message = read_node_message(bytes, offset);
        if (!message) break;
        take(with, std::move(*message));
      }
    }
    return frames > 0;
  }

  void take(peer& with, node_message&& message) {
    std::optional<answer> out;
    if (auto* push = std::get_if<event_push>(&message)) {
      out = with.calls.take(std::move(*push));
    } else {
      auto& said = std::get<reply>(message);
      if ((said.id & link::hello_mark) != 0) {
        if (with.to.take_hello(said, now_) == link::change::down) lose(with);
        return;
      }
      // The other node forgot this connection, for instance because it did not read for long:
      // without a new greeting every request would be refused, for good.
      const auto* why = std::get_if<error>(&said.content);
      if (why != nullptr && why->code == errc::unauthorized) {
        if (with.to.start_over(now_) == link::change::down) lose(with);
        return;
      }
      out = with.calls.take(std::move(said));
    }
    if (!out) return;
    answered_.fetch_add(1, std::memory_order_relaxed);
    answers_.push_back(std::move(*out));
  }

  void deliver() {
    while (!answers_.empty()) {
      auto* port = answers_.front().to.port;
      std::vector<answer> batch;
      std::vector<answer> others;
      for (auto& each : answers_)
        (each.to.port == port ? batch : others).push_back(std::move(each));
      answers_ = std::move(others);
      if (port != nullptr) port->deliver(batch);
    }
  }

  void note_links() {
    std::vector<peer_link> now;
    for (const auto& [who, each] : peers_)
      now.push_back({who, each->to.where() == link::stage::up});
    const auto same = [](const peer_link& a, const peer_link& b) {
      return a.who == b.who && a.up == b.up;
    };
    {
      const std::lock_guard lock{links_mutex_};
      if (std::equal(now.begin(), now.end(), links_.begin(), links_.end(), same)) return;
      for (const auto& each : now)
        spdlog::debug("link node={} up={}", each.who.node, each.up);
      links_ = std::move(now);
    }
    changed_();
  }

  void wait(monotonic_time until) {
    for (const auto& [who, each] : peers_) {
      until = std::min(until, each->to.next_time());
      if (!each->output.empty()) until = std::min(until, now_ + blocked_retry);
    }
    if (!operations_.may_sleep() || stopping_.load()) return;
    std::vector<pollfd> wanted{pollfd{operations_.fd(), POLLIN, 0}};
    bool ready = false;
    for (const auto& [who, each] : peers_) {
      for (zmq_socket* socket : {each->to.socket(), each->to.events()}) {
        if (socket == nullptr) continue;
        ready = socket->readable() || ready;
        wanted.push_back({socket->fd(), POLLIN, 0});
      }
    }
    const auto wait = std::chrono::ceil<milliseconds>(until - time_.monotonic()).count();
    if (!ready)
      ::poll(wanted.data(), wanted.size(), static_cast<int>(std::max<std::int64_t>(wait, 0)));
    operations_.woke((wanted[0].revents & POLLIN) != 0);
  }

  const std::string node_;
  const clock& time_;
  const std::function<void()> changed_;
  std::unique_ptr<random_source> random_;
  handover<operation> operations_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> forwarded_{0}, answered_{0}, refused_{0}, links_lost_{0};
  mutable std::mutex links_mutex_;
  std::vector<peer_link> links_;

  // The rest belongs to the thread.
  monotonic_time now_{};
  link_setting setting_{{}, *random_};
  std::map<std::string, std::uint64_t> reopening_; ///< endpoint → number of the healing action
  std::map<member_key, std::unique_ptr<peer>> peers_;
  std::vector<operation> taken_;
  std::vector<answer> answers_;
  zmq_part part_;
  std::thread thread_;
};

peers::peers(std::string node, const clock& time, std::function<void()> changed)
    : loop_(std::make_unique<loop>(std::move(node), time, std::move(changed))) {}
peers::~peers() = default;

void peers::stop() {
  loop_->stop();
}

void peers::connect_to(std::vector<peer_place> places, std::string secret) {
  loop_->push(loop::places{std::move(places), std::move(secret)});
}

void peers::heal_through(healing& by) {
  loop_->push(&by);
}

void peers::forward(const member_key& to, const shard_ref& shard, inbound& what) {
  loop_->push(loop::outgoing{to, shard, std::move(what)});
}

void peers::forward_about(inbound& what) {
  loop_->push(loop::outgoing{{}, {}, std::move(what)});
}

peer_counters peers::counters() const {
  return loop_->counters();
}

std::vector<peer_link> peers::links() const {
  return loop_->links();
}

} // namespace troupe
