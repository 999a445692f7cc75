#include "net/gateway/dashboard_watch.hpp"

#include "messages/json.hpp"
#include "net/gateway/dashboard_delta.hpp"

#include <algorithm>
#include <utility>

namespace troupe::gateway {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds sign_of_life_time{2'000};
constexpr milliseconds answer_time{3'000};
constexpr int tree_every = 5 * dashboard_watch::steps_a_second;

} // namespace

std::string event_text(std::string_view event, const value& said) {
  std::string text{"event: "};
  return text.append(event).append("\ndata: ").append(to_json(said)).append("\n\n");
}

dashboard_watch::dashboard_watch(backend& cluster, const clock& time, value about)
    : cluster_(cluster), time_(time), about_(std::move(about)) {}

dashboard_watch::~dashboard_watch() {
  stop();
}

void dashboard_watch::start() {
  thread_ = std::thread{[this] { run(); }};
}

void dashboard_watch::stop() {
  std::vector<std::shared_ptr<stream_sink>> ended;
  {
    const std::lock_guard lock{guard_};
    stopping_ = true;
    ended = std::exchange(viewers_, {});
    ended.insert(ended.end(), newcomers_.begin(), newcomers_.end());
    newcomers_.clear();
    wake_.notify_all();
  }
  for (const auto& each : ended)
    each->close();
  if (thread_.joinable()) thread_.join();
}

result<void> dashboard_watch::room() const {
  const std::lock_guard lock{guard_};
  if (stopping_) return fail(errc::shutting_down, "the gateway is about to end");
  if (viewers_.size() + newcomers_.size() < viewers_max) return {};
  return fail(errc::overloaded, "as many as " + std::to_string(viewers_max) +
                                    " watch already; close a page that is not needed");
}

void dashboard_watch::join(std::shared_ptr<stream_sink> viewer) {
  {
    const std::lock_guard lock{guard_};
    if (!stopping_ && viewers_.size() + newcomers_.size() < viewers_max) {
      newcomers_.push_back(std::move(viewer));
      wake_.notify_all();
      return;
    }
  }
  viewer->close(); // the last place was taken meanwhile
}

void dashboard_watch::run() {
  std::unique_lock lock{guard_};
  while (!stopping_) {
    if (viewers_.empty() && newcomers_.empty()) {
      wake_.wait(lock, [this] { return stopping_ || !newcomers_.empty(); });
      continue;
    }
    const auto next = time_.monotonic() + step_time;
    lock.unlock();
    step();
    lock.lock();
    wake_.wait_until(lock, next, [this] { return stopping_; });
  }
  lock.unlock();
  unfollow_all();
}

/// Forgets viewers that left.
bool dashboard_watch::anybody() {
  const std::lock_guard lock{guard_};
  const auto gone = [](const auto& each) { return !each->open(); };
  std::erase_if(viewers_, gone);
  std::erase_if(newcomers_, gone);
  return !viewers_.empty() || !newcomers_.empty();
}

void dashboard_watch::step() {
  if (!anybody()) {
    unfollow_all();
    const std::lock_guard lock{guard_};
    steps_ = 0; // who comes next does not wait for the next full second
    return;
  }
  {
    const std::lock_guard lock{guard_};
    if (steps_ == 0) picture_.resume(now());
  }
  // Nothing is asked or followed under the lock: the answer may come at once.
  if (steps_ % steps_a_second == 0) ask_members();
  for (const auto& each : due())
    ask(each);
  tell();
  const std::lock_guard lock{guard_};
  ++steps_;
}

void dashboard_watch::ask_members() {
  {
    const std::lock_guard lock{guard_};
    if (!open_.insert("nodes").second) return;
  }
  cluster_.nodes(sign_of_life_time, [this](result<std::vector<map_member>> got) {
    const std::lock_guard lock{guard_};
    open_.erase("nodes");
    if (got) picture_.members(*got, now());
  });
}

/// What to ask now: each node for a sign of life, once a second how it stands, now and then its
/// tree. A question that is still open is not asked again.
std::vector<dashboard_watch::question> dashboard_watch::due() {
  std::vector<question> all;
  std::vector<place> places;
  bool second = false;
  {
    const std::lock_guard lock{guard_};
    places = picture_.places();
    second = steps_ % steps_a_second == 0;
    const bool tree = second && (look_again_ || steps_ % tree_every == 0);
    if (tree && !places.empty()) look_again_ = false;
    const auto add = [&](const place& of, const char* verb) {
      if (open_.insert(of.first + " " + of.second + " " + verb).second) all.push_back({of, verb});
    };
    for (const auto& each : places) {
      if (!second) {
        add(each, "live");
        continue;
      }
      add(each, "status");
      add(each, "breakers");
      if (tree) add(each, "tree");
    }
  }
  follow_nodes(places, second);
  return all;
}

void dashboard_watch::ask(const question& what) {
  const auto& [name, endpoint] = what.of;
  cluster_.admin({.endpoint = endpoint,
                  .verb = what.verb,
                  .deadline = what.verb == "live" ? sign_of_life_time : answer_time},
                 [this, what](result<value> got) {
                   const std::lock_guard lock{guard_};
                   open_.erase(what.of.first + " " + what.of.second + " " + what.verb);
                   if (got) return picture_.answered(what.of.first, what.verb, *got, now());
                   const auto code = got.error().code;
                   // It answered, if only that it will not; all else may be silence.
                   if (code == errc::unknown_command || code == errc::unauthorized)
                     picture_.refused(what.of.first, what.verb, got.error(), now());
                 });
}

/// Feeds that ended are followed `again` or left alone: a node that ends them at once is not to be
/// asked all the time.
void dashboard_watch::follow_nodes(const std::vector<place>& places, bool again) {
  for (auto each = followed_.begin(); each != followed_.end();) {
    const bool here = std::find(places.begin(), places.end(), each->first) != places.end();
    if (here && !(again && each->second.ended->load())) {
      ++each;
      continue;
    }
    cluster_.unfollow(each->second.handle);
    each = followed_.erase(each);
  }
  for (const auto& each : places) {
    if (followed_.contains(each)) continue;
    const auto ended = std::make_shared<std::atomic<bool>>(false);
    const auto handle = cluster_.follow(
        each.second,
        [this, name = each.first](const std::vector<published_event>& events) {
          const std::lock_guard lock{guard_};
          picture_.happened(name, events);
          look_again_ = look_again_ || !events.empty();
        },
        // Why does not matter: the node's own silence is seen by the questions.
        [ended](const error&) { ended->store(true); });
    followed_.emplace(each, feed{handle, ended});
  }
}

void dashboard_watch::unfollow_all() {
  for (const auto& [of, each] : followed_)
    cluster_.unfollow(each.handle);
  followed_.clear();
}

/// Tells what is new: deltas a step after the second's questions, so that their answers are in it.
void dashboard_watch::tell() {
  const std::lock_guard lock{guard_};
  const bool changed = picture_.pulse(now());
  if (picture_.newest() > told_news_) {
    broadcast("feed", value::object{{"items", picture_.news(told_news_)}});
    told_news_ = picture_.newest();
  }
  const bool second = steps_ % steps_a_second == 1;
  if (second || changed) {
    value present = picture_.present();
    value said = value::object{{"seq", ++seq_}, {"time_ms", time_.wall()}};
    if (second) {
      const auto& sample = picture_.take_sample(now());
      said["sample"] = value::array(sample.begin(), sample.end());
    }
    auto patch = merge_patch(told_, present);
    said["patch"] = patch ? std::move(*patch) : value{value::object{}};
    told_ = std::move(present);
    broadcast("delta", said);
  }
  // The first of them may have nothing to see yet; it comes with the next delta.
  if (newcomers_.empty()) return;
  const auto text = whole();
  for (auto& each : newcomers_) {
    each->write(text);
    viewers_.push_back(std::move(each));
  }
  newcomers_.clear();
}

void dashboard_watch::broadcast(const std::string& event, const value& said) {
  if (viewers_.empty()) return;
  const auto text = std::make_shared<const std::string>(event_text(event, said));
  for (const auto& each : viewers_)
    each->write(text);
}

std::shared_ptr<const std::string> dashboard_watch::whole() {
  if (told_.is_null()) told_ = picture_.present();
  value said =
      value::object{{"seq", seq_},      {"time_ms", time_.wall()},       {"about", about_},
                    {"present", told_}, {"history", picture_.history()}, {"news", picture_.news()}};
  // Browsers come again after this time by themselves.
  return std::make_shared<const std::string>("retry: 1000\n\n" + event_text("picture", said));
}

} // namespace troupe::gateway
