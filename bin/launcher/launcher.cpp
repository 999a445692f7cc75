#include "bin/launcher/launcher.hpp"

#include "bin/cli/plain_text.hpp"
#include "bin/launcher/log_files.hpp"

#include <algorithm>

namespace troupe::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_interval{50};   // while something is on its way
constexpr milliseconds quiet_interval{500}; // else; ends, requests and signals wake us earlier
constexpr milliseconds store_interval{200}; // between two readings, while an operation waits
constexpr milliseconds health_deadline{1'000};
constexpr std::size_t lines_shown = 15;

} // namespace

kept_part* launcher::find(std::string_view name) const {
  if (gateway_ && name == gateway_name) return gateway_.get();
  for (const auto& each : nodes_)
    if (each->name() == name) return each.get();
  return nullptr;
}

std::vector<std::string> launcher::node_names() const {
  std::vector<std::string> names;
  for (const auto& each : nodes_)
    names.push_back(each->name());
  return names;
}

std::vector<std::string> launcher::endpoints() const {
  std::vector<std::string> found;
  for (const auto& each : nodes_)
    if (!each->address().empty())
      found.push_back(each->address());
    else if (plan_.settings.listen_base != 0)
      found.push_back(planned_endpoint(each->name()));
  return found;
}

bool launcher::keeps_anything() const {
  const auto alive = [](const auto& each) { return each->pid() != 0 || each->rules().wanted(); };
  return alive(gateway_) || std::any_of(nodes_.begin(), nodes_.end(), alive);
}

bool launcher::all_up() const {
  const auto up = [](const auto& each) { return each->rules().state() == part_state::up; };
  return up(gateway_) && std::all_of(nodes_.begin(), nodes_.end(), up);
}

/// The gateway is told the nodes' places when it starts, so it waits until they are known: until
/// every node is up or had its first failure.
void launcher::start_gateway_when_possible() {
  if (going_down_ || plan_.adopt_only || gateway_->rules().wanted() || ready_) return;
  const auto settled = [](const auto& each) {
    return each->rules().state() == part_state::up || each->rules().failures() > 0;
  };
  const auto up = [](const auto& each) { return each->rules().state() == part_state::up; };
  if (std::all_of(nodes_.begin(), nodes_.end(), settled) &&
      std::any_of(nodes_.begin(), nodes_.end(), up))
    gateway_->keep_running();
}

void launcher::note_gateway_place() {
  constexpr std::string_view scheme = "http://";
  const std::string& url = gateway_->address();
  const auto place = parse_http_place(url.starts_with(scheme) ? url.substr(scheme.size()) : url);
  if (place) http_ = *place;
}

void launcher::wait_for_something(milliseconds at_most) {
  const auto calm = [](const auto& each) {
    return each->rules().state() == part_state::up ||
           each->rules().state() == part_state::stopped ||
           each->rules().state() == part_state::crash_loop;
  };
  const bool quiet = running_operation() == nullptr && calm(gateway_) &&
                     std::all_of(nodes_.begin(), nodes_.end(), calm);
  std::vector<int> readable{desk_->fd(), gateway_->process_fd(), gateway_->link_fd()};
  for (const auto& each : nodes_) {
    readable.push_back(each->process_fd());
    readable.push_back(each->link_fd());
  }
  if (stop_.wait_also_for(readable, std::min(at_most, quiet ? quiet_interval : look_interval)))
    interrupted_ = true;
}

void launcher::step(milliseconds at_most) {
  wait_for_something(at_most);
  for (const auto& each : nodes_)
    if (each->look()) end_lease_of(each->name());
  (void)gateway_->look();
  note_gateway_place();
  start_gateway_when_possible();
  desk_->serve(
      [this](const std::string& verb, const value& arguments) { return answer(verb, arguments); });
  advance_operation();
  for (const auto& each : nodes_)
    each->act();
  gateway_->act();
  forget_unwanted();
}

/// Nodes that were taken over only to be ended are no parts any more.
void launcher::forget_unwanted() {
  if (running_operation() != nullptr || plan_.adopt_only) return;
  std::erase_if(nodes_, [&](const auto& each) {
    const auto wanted = plan_.settings.nodes;
    for (std::uint32_t i = 1; i <= wanted; ++i)
      if (each->name() == node_name(i)) return false;
    return each->rules().state() == part_state::stopped;
  });
}

/// The process was seen to end, so nobody has to wait until its lease runs out.
void launcher::end_lease_of(const std::string& node) {
  read_store();
  if (!store_ || !view_) return;
  const auto who = living_member(*view_, node);
  if (!who) return;
  if (const auto done = store_->end_lease(*who); !done)
    say_(node, "its lease could not be ended: " + done.error().message);
}

void launcher::read_store() {
  if (!store_) {
    // The nodes make it; before that there is nothing to know.
    if (!has_lease_store(data_)) return;
    auto opened = plan_.open_store(data_);
    if (!opened) return;
    store_ = std::move(*opened);
  }
  const monotonic_time before = time_.monotonic();
  auto read = store_->read();
  if (!read) return;
  view_ = std::move(*read);
  view_read_ = before;
}

cluster_facts launcher::gather_facts() const {
  cluster_facts facts;
  const ownership who = view_ ? ownership_of(*view_) : ownership{};
  for (const auto& each : nodes_) {
    part_facts& part = facts.parts[each->name()] = each->facts();
    const auto found = who.nodes.find(each->name());
    if (found == who.nodes.end()) continue;
    part.active = found->second.member.state == member_state::active;
    part.owns = found->second.owns;
  }
  facts.parts[gateway_name] = gateway_->facts();
  facts.without_owner = who.without_owner;
  facts.moving = who.moving;
  return facts;
}

operation* launcher::running_operation() {
  if (operations_.empty() || operations_.back().state() != operation_state::running) return nullptr;
  return &operations_.back();
}

void launcher::advance_operation() {
  operation* running = running_operation();
  if (running == nullptr) return;
  const monotonic_time now = time_.monotonic();
  if (!view_read_ || now - *view_read_ >= store_interval) read_store();
  cluster_facts facts = gather_facts();
  facts.known = view_read_ && *view_read_ > running->waiting_since();
  const std::uint64_t said = running->progress().size() + running->progress_dropped();
  const auto orders = running->next(now, facts);
  const std::uint64_t fresh = running->progress().size() + running->progress_dropped() - said;
  const auto& lines = running->progress();
  for (auto i = lines.size() - std::min<std::uint64_t>(fresh, lines.size()); i < lines.size(); ++i)
    say_("launcher", running->title() + ": " + lines[i]);
  for (const operation_step& each : orders)
    carry_out(each);
  if (running->state() == operation_state::done) say_("launcher", running->title() + ": done");
  if (running->state() == operation_state::failed)
    say_("launcher", running->title() + ": failed: " + running->failure().message);
}

void launcher::carry_out(const operation_step& order) {
  kept_part* part = find(order.part);
  switch (order.kind) {
  case step_kind::begin_start:
  case step_kind::start:
    if (part == nullptr) part = &add_node(order.part);
    part->keep_running();
    return;
  case step_kind::begin_stop:
  case step_kind::stop:
    if (part != nullptr) part->stop();
    return;
  case step_kind::leave:
    if (part != nullptr) part->leave();
    return;
  case step_kind::forget:
    std::erase_if(nodes_, [&](const auto& each) { return each->name() == order.part; });
    return;
  case step_kind::settle:
    return;
  }
}

std::optional<failure> launcher::wait_ready() {
  const monotonic_time until = time_.monotonic() + plan_.settings.ready_within;
  const auto lost = [](const auto& each) {
    return each->rules().state() == part_state::crash_loop;
  };
  while (!interrupted_ && !going_down_) {
    step(look_interval);
    if (std::all_of(nodes_.begin(), nodes_.end(), lost) || lost(gateway_)) {
      const kept_part& worst = lost(gateway_) ? *gateway_ : *nodes_.front();
      return failure{worst.name() + " does not stay up",
                     "it " + worst.rules().why() + ", " + std::to_string(plan_.limits.ends_max) +
                         " times; its last lines are above",
                     "CRASH_LOOP", "look into " + worst.log().string(),
                     static_cast<int>(exit_code::bug)};
    }
    const bool settled = std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& each) {
      return lost(each) || each->rules().state() == part_state::up;
    });
    if (settled && gateway_->rules().state() == part_state::up) {
      const auto health = http_exchange(http_, {"GET", "/health/ready", {}}, health_deadline);
      ready_ = health && health->status == 200;
      if (ready_) return std::nullopt;
    }
    if (time_.monotonic() < until) continue;
    return failure{"the cluster is not ready after " +
                       duration_text(plan_.settings.ready_within.count()),
                   "the last lines of what is not ready are above", "TIMEOUT",
                   "a longer --ready-within, or look into " + log_folder(),
                   static_cast<int>(exit_code::timeout)};
  }
  return std::nullopt;
}

void launcher::serve() {
  while (!interrupted_ && (!going_down_ || running_operation() != nullptr))
    step(quiet_interval);
}

void launcher::go_down() {
  if (!going_down_) (void)begin_down().ok();
  while (running_operation() != nullptr)
    step(quiet_interval);
}

std::vector<std::string> launcher::last_words() const {
  const kept_part* worst = gateway_.get();
  for (const auto& each : nodes_)
    if (each->rules().state() != part_state::up) worst = each.get();
  return last_lines(worst->log(), lines_shown);
}

} // namespace troupe::cli
