#include "actors/actor_runtime.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/execution_unit.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <thread>
#include <utility>

namespace troupe {
namespace {

/// The one message type: a pointer to work that the sender owns (guides: one handler per actor, so
/// that dispatch does not grow with the number of commands).
struct parcel {
  void* work = nullptr;
};

} // namespace
} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::parcel)

namespace troupe {
namespace {

constexpr std::size_t messages_per_turn_max = 64; ///< one hot actor must not hold the lane

[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "troupe: %s\n", what);
  std::abort();
}

caf::error describe(std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& x) {
    return caf::make_error(caf::sec::runtime_error, std::string{x.what()});
  } catch (...) {
    return caf::make_error(caf::sec::runtime_error, std::string{"unknown exception"});
  }
}

/// The CAF actor around a cell.
class host final : public caf::event_based_actor {
public:
  host(caf::actor_config& config, std::unique_ptr<cell> what)
      : caf::event_based_actor(config), cell_(std::move(what)) {
    set_default_handler(caf::drop);
    set_exception_handler(describe);
  }
  caf::behavior make_behavior() override {
    return {[this](parcel& p) { cell_->receive(p.work); }};
  }
  void on_exit() override { cell_.reset(); }
  const char* name() const override { return "aggregate"; }

private:
  std::unique_ptr<cell> cell_;
};

/// The CAF actor that monitors the actors of a group.
class group_supervisor final : public caf::event_based_actor {
public:
  group_supervisor(caf::actor_config& config, actor_group::exit_callback on_exit)
      : caf::event_based_actor(config) {
    set_default_handler(caf::drop);
    set_exception_handler(describe);
    set_down_handler([this, on_exit = std::move(on_exit)](caf::down_msg& down) {
      --children_;
      if (stopping_) return;
      const bool wanted =
          down.reason == caf::none || down.reason == caf::exit_reason::user_shutdown;
      on_exit(down.source.id(), wanted ? std::string{} : caf::to_string(down.reason));
    });
  }
  caf::behavior make_behavior() override {
    return {[](parcel&) {}};
  }
  const char* name() const override { return "shard"; }

  std::size_t children_ = 0;
  bool stopping_ = false;
};

} // namespace

// -- actor_runtime ----------------------------------------------------------------------------

struct actor_runtime::implementation {
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
};

actor_runtime::actor_runtime() : implementation_(std::make_unique<implementation>()) {
  auto& config = implementation_->config;
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", std::size_t{2});
  config.set("scheduler.max-throughput", std::size_t{50});
  implementation_->system = std::make_unique<caf::actor_system>(config);
  auto& system = *implementation_->system;
  // Supervisors end before the runtime; a forgotten one must not hang the process.
  system.await_actors_before_shutdown(false);
  if (system.scheduler().num_workers() != 2 || system.scheduler().max_throughput() != 50)
    die("CAF did not take its scheduler settings");
}

actor_runtime::~actor_runtime() = default;

caf::actor_system& actor_runtime::system() {
  return *implementation_->system;
}

// -- actor_lane -------------------------------------------------------------------------------

struct actor_lane::implementation final : caf::execution_unit {
  explicit implementation(caf::actor_system& system) : caf::execution_unit(&system) {}

  void exec_later(caf::resumable* job) override {
    if (owner == std::thread::id{}) owner = std::this_thread::get_id();
    if (owner != std::this_thread::get_id()) die("a lane's actor was messaged from another thread");
    jobs.push_back(job);
  }

  void run() {
    while (!jobs.empty()) {
      caf::resumable* job = jobs.front();
      jobs.pop_front();
      switch (job->resume(this, messages_per_turn_max)) {
      case caf::resumable::resume_later:
        jobs.push_back(job);
        break;
      default:
        caf::intrusive_ptr_release(job);
      }
    }
  }

  std::deque<caf::resumable*> jobs;
  std::thread::id owner;
};

actor_lane::actor_lane(actor_runtime& runtime)
    : implementation_(std::make_unique<implementation>(runtime.system())) {}

actor_lane::~actor_lane() = default;

void actor_lane::run() {
  implementation_->owner = std::this_thread::get_id();
  implementation_->run();
}

// -- actor_handle -----------------------------------------------------------------------------

actor_handle::actor_handle(actor_handle&& other) noexcept
    : control_(std::exchange(other.control_, nullptr)) {}

actor_handle& actor_handle::operator=(actor_handle&& other) noexcept {
  std::swap(control_, other.control_);
  return *this;
}

actor_handle::~actor_handle() {
  if (control_ != nullptr)
    caf::intrusive_ptr_release(static_cast<caf::actor_control_block*>(control_));
}

std::uint64_t actor_handle::number() const {
  return static_cast<const caf::actor_control_block*>(control_)->id();
}

// -- actor_group ------------------------------------------------------------------------------

struct actor_group::implementation {
  actor_lane::implementation& lane;
  caf::actor supervisor;

  group_supervisor& self() {
    return *static_cast<group_supervisor*>(caf::actor_cast<caf::abstract_actor*>(supervisor));
  }

  void end(caf::actor_control_block* actor, caf::exit_reason why) {
    auto* target = actor->get();
    target->enqueue(nullptr, caf::make_message_id(),
                    caf::make_message(caf::exit_msg{supervisor.address(), caf::error{why}}), &lane);
  }
};

actor_group::actor_group(actor_lane& lane, exit_callback on_exit)
    : implementation_(
          std::make_unique<implementation>(implementation{*lane.implementation_, caf::actor{}})) {
  caf::actor_config config{lane.implementation_.get()};
  implementation_->supervisor =
      lane.implementation_->system().spawn_class<group_supervisor, caf::hidden>(config,
                                                                                std::move(on_exit));
}

actor_group::~actor_group() {
  auto& self = implementation_->self();
  self.stopping_ = true;
  implementation_->end(caf::actor_cast<caf::actor_control_block*>(implementation_->supervisor),
                       caf::exit_reason::user_shutdown);
  implementation_->lane.run();
}

actor_handle actor_group::start(std::unique_ptr<cell> what) {
  auto& self = implementation_->self();
  self.context(&implementation_->lane);
  caf::actor child =
      self.spawn<host, caf::monitored + caf::lazy_init + caf::hidden>(std::move(what));
  ++self.children_;
  actor_handle handle;
  auto* control = caf::actor_cast<caf::actor_control_block*>(child);
  caf::intrusive_ptr_add_ref(control);
  handle.control_ = control;
  return handle;
}

void actor_group::tell(const actor_handle& to, void* work) {
  auto* control = static_cast<caf::actor_control_block*>(to.control_);
  control->get()->enqueue(
      caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, parcel{work}),
      &implementation_->lane);
}

void actor_group::stop(actor_handle actor) {
  implementation_->end(static_cast<caf::actor_control_block*>(actor.control_),
                       caf::exit_reason::user_shutdown);
}

} // namespace troupe
