#include "net/cluster/cluster_node.hpp"

#include "net/cluster/membership.hpp"
#include "net/cluster/peers.hpp"
#include "net/cluster/shard_map_of.hpp"
#include "net/cluster/shard_wish.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <variant>

namespace troupe {

namespace {

using std::chrono::milliseconds;

constexpr int agreeing_tries = 100;      ///< other nodes that start at the same time win some
constexpr milliseconds look_again{20};   ///< while something is on its way
constexpr milliseconds store_retry{100}; ///< after the store failed
constexpr milliseconds wait_most{1'000};
constexpr milliseconds unlinked_most{500};  ///< then a member counts as out of reach
constexpr std::int32_t moving_hint_ms = 10; ///< until its new owner has opened it
constexpr std::int32_t ownerless_hint_ms = 50;

member_row self_of(const cluster_options& options) {
  member_row self;
  self.who.node = options.node;
  self.build = options.build;
  for (const auto& [context, shards] : options.hosts)
    self.hosts.push_back(context);
  return self;
}

class seat final : public cluster_node {
public:
  seat(cluster_options options, lease_store& store, const clock& time)
      : options_(std::move(options)), store_(store), clock_(time),
        peers_(options_.node, time, [this] { wake(); }) {}
  ~seat() override { stop(); }

  /// Adds the contexts that the cluster does not know yet.
  result<void> agree() {
    for (int i = 0; i < agreeing_tries; ++i) {
      auto view = store_.read();
      if (!view) return view.error();
      cluster_change missing;
      for (const auto& [context, shards] : options_.hosts)
        if (view->find_context(context) == nullptr) add_context(missing, context, shards);
      if (missing.empty()) {
        view_ = std::move(*view);
        return {};
      }
      const auto done = store_.change(view->version, missing);
      if (!done) return done.error();
    }
    return fail(errc::storage_locked, "the cluster's store changes too fast to join; try again");
  }

  [[nodiscard]] std::map<std::string, std::uint32_t> shards_of() const override {
    std::map<std::string, std::uint32_t> all;
    for (const auto& each : view_.contexts)
      all[each.name] = each.shards;
    return all;
  }
  [[nodiscard]] std::shared_ptr<const std::atomic<std::int64_t>> serves_until() const override {
    return serves_until_;
  }
  void parts_changed() override { wake(); }
  [[nodiscard]] const std::string& secret() const override { return view_.secret; }

  void join(node& of, std::string endpoint, std::string cluster_endpoint) override {
    node_ = &of;
    peers_.heal_through(of.heals());
    auto self = self_of(options_);
    self.endpoint = std::move(endpoint);
    self.cluster_endpoint = std::move(cluster_endpoint);
    logic_ = std::make_unique<membership>(std::move(self), options_.timing);
    logic_->ready();
    thread_ = std::thread{[this] { run(); }};
  }
  [[nodiscard]] bool settled() const override { return settled_.load(); }

  bool leave_and_wait(milliseconds at_most) override {
    if (!thread_.joinable()) return true;
    leave();
    std::unique_lock lock{mutex_};
    left_changed_.wait_for(lock, at_most, [this] { return left_; });
    return empty_handed_;
  }
  void stop() override {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock{mutex_};
      stopping_.store(true);
    }
    stop_wanted_.notify_all();
    wake();
    thread_.join();
    peers_.stop(); // what it would still answer may be gone soon
    if (logic_->registered()) (void)store_.end_lease(logic_->self());
  }
  [[nodiscard]] value describe() const override {
    const auto known = map();
    const auto sent = peers_.counters();
    value said{value::object{}};
    said["forwarded"] = sent.forwarded;
    said["answered"] = sent.answered;
    said["refused"] = sent.refused;
    said["links_lost"] = sent.links_lost;
    const std::lock_guard lock{mutex_};
    said["version"] = known->version;
    said["generation"] = generation_;
    said["state"] = state_;
    said["plans"] = plans_;
    return said;
  }

  // -- for the node ------------------------------------------------------------------------------

  void forward(const shard_ref& to, inbound& what) override {
    const auto known = map();
    const auto* owner = known->owner_of(to.context, to.shard);
    if (owner != nullptr && owner->node != options_.node)
      return peers_.forward({owner->node, owner->generation}, to, what);
    if (what.from.port == nullptr) return;
    error why = redirect(to); // on its way from here or to here, or to nobody yet
    why.code = errc::context_down;
    std::vector<answer> one;
    one.push_back({what.from, std::move(why)});
    what.from.port->deliver(one);
  }
  void forward_about(inbound& what) override { peers_.forward_about(what); }
  [[nodiscard]] error redirect(const shard_ref& to) const override {
    const auto known = map();
    const auto* owner = known->owner_of(to.context, to.shard);
    const auto name = to.context + " shard " + std::to_string(to.shard.value);
    error why;
    why.code = errc::not_owner;
    why.moved = moved_place{{}, known->epoch_of(to.context, to.shard).value};
    if (owner == nullptr) {
      why.message = "nobody owns " + name + " at the moment";
      why.retry_after_ms = ownerless_hint_ms;
      return why;
    }
    const bool here = owner->node == options_.node;
    why.moved->endpoint = owner->endpoint;
    why.message = name + (here ? " is on its way; try again" : " is at " + owner->node);
    if (here) why.retry_after_ms = moving_hint_ms;
    return why;
  }
  [[nodiscard]] std::shared_ptr<const shard_map> map() const override {
    const std::lock_guard lock{map_mutex_};
    return map_;
  }
  void want_of(const std::string& context, std::optional<bool> stopped,
               std::optional<answer_delay> delay) override {
    {
      const std::lock_guard lock{mutex_};
      wishes_.push_back({context, stopped, delay});
    }
    wake();
  }
  void leave() override {
    leaving_.store(true);
    wake();
  }
  result<std::string> move_shard(const shard_ref& which, const std::string& to) override {
    std::shared_ptr<const sight> seen;
    {
      const std::lock_guard lock{map_mutex_};
      seen = seen_;
    }
    const auto row = wished_row(seen->view, seen->live, which, to);
    if (!row) return row.error();
    {
      const std::lock_guard lock{mutex_};
      moves_.emplace_back(which, to);
    }
    wake();
    return row->owner.node;
  }

private:
  void add_context(cluster_change& to, const std::string& context, std::uint32_t shards) const {
    to.contexts.push_back({context, shards});
    for (std::uint32_t i = 0; i < shards && options_.epoch_before; ++i) {
      const shard_ref which{context, {i}};
      if (const auto epoch = options_.epoch_before(which); epoch.value > 0)
        to.shards.push_back({which, {}, epoch, {}, false});
    }
  }

  /// A reading of the store, for other threads.
  struct sight {
    cluster_view view;
    std::vector<member_key> live;
  };
  struct wish {
    std::string context;
    std::optional<bool> stopped;
    std::optional<answer_delay> delay;
  };

  void wake() {
    woken_.store(true);
    store_.interrupt();
  }

  void run() {
    bool read_again = true;
    while (!stopping_.load() && !ended_) {
      woken_.store(false);
      if (read_again && !read()) {
        rest();
        continue;
      }
      feed();
      grant_wishes();
      bool acted = false;
      for (auto& each : logic_->next(clock_.monotonic())) {
        std::visit([this](auto& what) { act(what); }, each);
        acted = true;
      }
      publish();
      read_again = true;
      if (acted || woken_.load() || stopping_.load()) continue;
      store_.wait(view_.version, patience());
    }
  }

  /// While the store fails there is nothing to wait for but time.
  void rest() {
    std::unique_lock lock{mutex_};
    stop_wanted_.wait_for(lock, store_retry, [this] { return stopping_.load(); });
  }

  [[nodiscard]] milliseconds patience() const {
    const auto left = std::chrono::ceil<milliseconds>(logic_->wake_at() - clock_.monotonic());
    const auto most = on_its_way_ ? look_again : wait_most;
    return std::clamp(left, milliseconds{1}, most);
  }

  bool read() {
    const auto now = clock_.monotonic(); // a reading is as old as its beginning
    auto view = store_.read();
    if (!view) {
      if (!std::exchange(store_fails_, true))
        spdlog::error("cluster store: {}", view.error().message);
      return false;
    }
    store_fails_ = false;
    view_ = std::move(*view);
    logic_->saw(view_, now);
    const auto live = logic_->live(now);
    auto made = std::make_shared<const shard_map>(
        shard_map_of(view_, std::set<member_key>{live.begin(), live.end()}));
    auto seen = std::make_shared<const sight>(sight{view_, live});
    {
      const std::lock_guard lock{map_mutex_};
      map_ = std::move(made);
      seen_ = std::move(seen);
    }
    link_to(live);
    arrange();
    return true;
  }

  void link_to(const std::vector<member_key>& live) {
    std::vector<peer_place> wanted;
    for (const auto& who : live) {
      const auto* row = view_.find(who);
      if (row != nullptr && who.node != options_.node)
        wanted.push_back({who, row->cluster_endpoint});
    }
    if (wanted == linked_to_) return;
    linked_to_ = wanted;
    peers_.connect_to(std::move(wanted), view_.secret);
  }

  /// What operators want of contexts, where that has changed since it was told last: the node
  /// itself may know of a newer wish than this reading of the store.
  void arrange() {
    for (const auto& each : view_.contexts) {
      auto& told =
          arranged_.try_emplace(each.name, context_row{each.name, each.shards}).first->second;
      if (told == each) continue;
      std::optional<answer_delay> delay;
      if (const auto read = answer_delay::parse(each.delay); read && told.delay != each.delay)
        delay = *read;
      told = each;
      node_->arrange(each.name, each.stopped, delay);
    }
  }

  void feed() {
    std::map<shard_ref, local_part> now;
    on_its_way_ = false;
    for (const auto& each : node_->parts()) {
      const auto phase = static_cast<local_part::phase>(each.is);
      now[each.which] = {phase, each.epoch, each.prepared};
      on_its_way_ = on_its_way_ || (phase == local_part::phase::closed && !each.prepared);
    }
    for (const auto& [which, before] : parts_)
      if (now.count(which) == 0) logic_->part_is(which, {});
    for (const auto& [which, how] : now)
      logic_->part_is(which, how);
    parts_ = std::move(now);
    feed_links(clock_.monotonic());
    if (leaving_.load()) logic_->leave();
  }

  /// A link that was just made, or that is made again at once, is no reason to suspect anybody.
  void feed_links(monotonic_time now) {
    std::map<member_key, monotonic_time> down;
    for (const auto& each : peers_.links()) {
      if (each.up) {
        logic_->link_is(each.who, true, now);
        continue;
      }
      const auto known = down_since_.find(each.who);
      const auto since = known == down_since_.end() ? now : known->second;
      down[each.who] = since;
      if (now - since >= unlinked_most) logic_->link_is(each.who, false, now);
    }
    down_since_ = std::move(down);
  }

  void grant_wishes() {
    std::vector<wish> wanted;
    std::vector<std::pair<shard_ref, std::string>> moves;
    {
      const std::lock_guard lock{mutex_};
      wanted.swap(wishes_);
      moves.swap(moves_);
    }
    for (auto& each : wanted)
      if (!grant(each)) keep(std::move(each));
    for (const auto& [which, to] : moves)
      mark_for(which, to);
  }

  /// The operator's shard gets its target; the rest is a move like any other. What speaks against
  /// it by now is logged: the operator was told that it begins, and sees where the shard is.
  void mark_for(const shard_ref& which, const std::string& to) {
    for (int i = 0; i < agreeing_tries; ++i) {
      const auto row = wished_row(view_, logic_->live(clock_.monotonic()), which, to);
      if (!row) return spdlog::warn("a shard does not move: {}", row.error().message);
      if (*view_.find_shard(which) == *row) return;
      const auto done = store_.change(view_.version, {{}, {}, {*row}, {}});
      if (!done) return spdlog::error("a shard does not move: {}", done.error().message);
      if (!read() || *done) return;
    }
  }

  /// Whether nothing is left to be done about it.
  bool grant(const wish& wanted) {
    for (int i = 0; i < agreeing_tries; ++i) {
      const auto* known = view_.find_context(wanted.context);
      if (known == nullptr) return true;
      auto row = *known;
      if (wanted.stopped) row.stopped = *wanted.stopped;
      if (wanted.delay) row.delay = wanted.delay->text();
      cluster_change what;
      what.contexts.push_back(std::move(row));
      const auto done = store_.change(view_.version, what);
      if (!done) {
        spdlog::error("context={} is arranged later: {}", wanted.context, done.error().message);
        return false;
      }
      if (!read()) return *done;
      if (*done) return true;
    }
    return false;
  }

  /// For the next round, behind none that came meanwhile.
  void keep(wish&& wanted) {
    const std::lock_guard lock{mutex_};
    wishes_.insert(wishes_.begin(), std::move(wanted));
  }

  void act(open_shard_action& what) { node_->own(what.which, what.epoch); }
  void act(close_shard_action& what) {
    if (!what.lost) return node_->hand_over(what.which);
    spdlog::warn("context={} shard={} lost to another node", what.which.context,
                 what.which.shard.value);
    node_->disown(what.which);
  }
  void act(prepare_action& what) { node_->prepare(what.which, what.cancel); }
  void act(propose_action& what) {
    const auto done = store_.change(what.expected, what.what);
    if (!done)
      spdlog::error("cluster: {}: {}", what.why, done.error().message);
    else if (*done)
      spdlog::info("cluster version={}: {}", what.expected + 1, what.why);
  }
  void act(renew_action&) {
    const auto began = clock_.monotonic();
    const auto done = store_.renew(logic_->self());
    if (done)
      logic_->renewed(began);
    else if (done.error().code == errc::fenced)
      logic_->refused();
    else
      spdlog::warn("lease not renewed: {}", done.error().message);
  }
  void act(vote_action& what) {
    spdlog::warn("node={} {}", what.of.target.node,
                 what.suspected ? "cannot be reached" : "can be reached again");
    if (const auto done = store_.vote(what.of, what.suspected); !done)
      spdlog::warn("vote not cast: {}", done.error().message);
  }
  void act(end_action& what) {
    ended_ = true;
    if (options_.ended) options_.ended(what.why);
  }

  void publish() {
    const auto now = clock_.monotonic();
    serves_until_->store(logic_->serves_until().time_since_epoch().count());
    const auto* row = view_.find(logic_->self());
    const bool all_open = std::all_of(parts_.begin(), parts_.end(), [](const auto& each) {
      return each.second.is == local_part::phase::open;
    });
    const bool owned =
        std::none_of(view_.shards.begin(), view_.shards.end(), [&](const auto& each) {
          return !each.owner.given() ||
                 (each.owner == logic_->self() && parts_.count(each.which) == 0);
        });
    settled_.store(row != nullptr && row->state == member_state::active && owned && all_open &&
                   !view_.shards.empty());
    const std::lock_guard lock{mutex_};
    generation_ = logic_->self().generation;
    state_ = row == nullptr ? "joining" : std::string{name_of(row->state)};
    plans_ = logic_->plans(now);
    empty_handed_ = logic_->empty_handed();
    const bool leaving = row != nullptr && row->state == member_state::leaving;
    left_ = ended_ || (leaving && (empty_handed_ || !logic_->replaceable()));
    if (left_) left_changed_.notify_all();
  }

  const cluster_options options_;
  lease_store& store_;
  const clock& clock_;
  std::shared_ptr<std::atomic<std::int64_t>> serves_until_ =
      std::make_shared<std::atomic<std::int64_t>>(0);
  peers peers_;
  node* node_ = nullptr;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> leaving_{false};
  std::atomic<bool> woken_{false};
  std::atomic<bool> settled_{false};

  mutable std::mutex map_mutex_;
  std::shared_ptr<const shard_map> map_ = std::make_shared<const shard_map>();
  std::shared_ptr<const sight> seen_ = std::make_shared<const sight>();

  mutable std::mutex mutex_; ///< of what follows, up to the next comment
  std::condition_variable left_changed_;
  std::condition_variable stop_wanted_;
  std::vector<wish> wishes_;
  std::vector<std::pair<shard_ref, std::string>> moves_; ///< that operators want
  std::uint64_t generation_ = 0;
  std::string state_ = "joining";
  bool plans_ = false;
  bool empty_handed_ = true;
  bool left_ = false;

  // The rest belongs to the thread, once it runs.
  cluster_view view_;
  std::unique_ptr<membership> logic_;
  std::map<shard_ref, local_part> parts_;
  std::map<std::string, context_row> arranged_;
  std::vector<peer_place> linked_to_;
  std::map<member_key, monotonic_time> down_since_;
  bool on_its_way_ = false;
  bool store_fails_ = false;
  bool ended_ = false;
  std::thread thread_;
};

} // namespace

result<std::unique_ptr<cluster_node>> cluster_node::open(cluster_options options,
                                                         lease_store& store, const clock& time) {
  auto made = std::make_unique<seat>(std::move(options), store, time);
  if (auto done = made->agree(); !done) return done.error();
  return std::unique_ptr<cluster_node>{std::move(made)};
}

} // namespace troupe
