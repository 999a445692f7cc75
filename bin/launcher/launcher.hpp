#pragma once

#include "bin/cli/failure.hpp"
#include "bin/cli/interruption.hpp"
#include "bin/launcher/autoscaling.hpp"
#include "bin/launcher/control_desk.hpp"
#include "bin/launcher/kept_part.hpp"
#include "bin/launcher/launch_settings.hpp"
#include "bin/launcher/ownership.hpp"
#include "net/http_client.hpp"
#include "persistence/file_lock.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::cli {

using lease_store_opener =
    std::function<result<std::unique_ptr<lease_store>>(const std::filesystem::path&)>;

struct launch_plan {
  launch_settings settings;
  std::string folder;                 ///< of the programs, with a slash at the end
  bool dies_with_us = false;          ///< its processes end with this one, however that ends
  bool adopt_only = false;            ///< start nothing, take over what an earlier one left
  lease_store_opener open_store = {}; ///< left out: the one of the data directory
  part_limits limits = {};
};

/// Keeps the nodes of one data directory and their gateway alive, and does what operators ask of
/// it. At most one for a data directory, by the lock `launcher.lock`.
///
/// Life cycle: `open`, `wait_ready`, `serve` (or `step` again and again), `go_down`. The destructor
/// leaves the processes alone. One thread; only `step` waits.
class launcher {
public:
  static constexpr std::size_t operations_kept = 16;
  static constexpr const char* gateway_name = "gateway";

  using event_sink = std::function<void(const std::string& part, const std::string& line)>;

  /// Takes the data directory, checks places and adopts; starts nothing yet. A failure has changed
  /// nothing.
  [[nodiscard]] static std::variant<std::unique_ptr<launcher>, failure>
  open(launch_plan plan, interruption& stop, const clock& time, random_source& random,
       event_sink say);
  ~launcher();
  launcher(const launcher&) = delete;
  launcher& operator=(const launcher&) = delete;

  /// Until the gateway says that all is ready. No failure: they serve, some perhaps in a crash
  /// loop (`all_up`), or the user interrupted.
  [[nodiscard]] std::optional<failure> wait_ready();
  /// Until the user interrupts or everything was told to go down.
  void serve();
  /// Ends everything in order: gateway, then nodes, then force.
  void go_down();
  /// Waits at most that long and does what there is to do.
  void step(std::chrono::milliseconds at_most);

  [[nodiscard]] bool interrupted() const { return interrupted_; }
  /// Whether there is a process, or one that should be.
  [[nodiscard]] bool keeps_anything() const;
  [[nodiscard]] bool all_up() const;
  [[nodiscard]] std::vector<std::string> endpoints() const; ///< of the nodes that had one
  [[nodiscard]] const http_place& http() const { return http_; }
  [[nodiscard]] std::string log_folder() const { return (data_ / "logs").string(); }
  /// The newest lines of the part that is worst off, for a failed start.
  [[nodiscard]] std::vector<std::string> last_words() const;

private:
  launcher(launch_plan plan, interruption& stop, const clock& time, random_source& random,
           event_sink say);
  [[nodiscard]] std::optional<failure> prepare();
  [[nodiscard]] std::optional<failure> check_places() const;
  [[nodiscard]] std::optional<failure> check_place(const http_place& at, const char* flag) const;
  void adopt_all();
  kept_part& add_node(const std::string& name);
  void add_gateway();
  [[nodiscard]] kept_part* find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> node_names() const;
  [[nodiscard]] std::vector<std::string> node_arguments(const std::string& name,
                                                        const std::string& address) const;
  [[nodiscard]] std::vector<std::string> gateway_arguments(const std::string& address) const;
  [[nodiscard]] std::string planned_endpoint(const std::string& name) const;

  void wait_for_something(std::chrono::milliseconds at_most);
  void start_gateway_when_possible();
  void note_gateway_place();
  void forget_unwanted();
  void end_lease_of(const std::string& node);
  void read_store();
  [[nodiscard]] cluster_facts gather_facts() const;
  void advance_operation();
  void begin_autoscaling();
  void autoscale();
  [[nodiscard]] autoscale_facts gather_load(monotonic_time now);
  void carry_out(const operation_step& order);

  [[nodiscard]] result<value> answer(const std::string& verb, const value& arguments);
  [[nodiscard]] result<value> status() const;
  [[nodiscard]] result<value> begin(std::string title, std::vector<operation_step> steps);
  [[nodiscard]] result<value> begin_scale(const value& arguments);
  [[nodiscard]] result<value> begin_drain(const value& arguments);
  [[nodiscard]] result<value> begin_restart(const value& arguments);
  [[nodiscard]] result<value> begin_roll(const value& arguments);
  [[nodiscard]] result<value> begin_down();
  [[nodiscard]] result<value> turn_autoscaling(const value& arguments);
  [[nodiscard]] operation* running_operation();

  launch_plan plan_;
  interruption& stop_;
  const clock& time_;
  event_sink say_;
  std::filesystem::path data_; ///< absolute
  file_lock lock_;
  zmq_context sockets_;
  part_surroundings around_;
  std::vector<std::unique_ptr<kept_part>> nodes_; ///< by number
  std::unique_ptr<kept_part> gateway_;
  std::unique_ptr<control_desk> desk_;
  std::unique_ptr<lease_store> store_;
  std::optional<cluster_view> view_;
  std::optional<monotonic_time> view_read_; ///< the moment before
  std::deque<operation> operations_;
  std::uint64_t operations_begun_ = 0;
  std::unique_ptr<autoscaling> autoscaling_; ///< null: their number changes by hand only
  http_place http_;
  monotonic_time began_{};
  bool ready_ = false;
  bool going_down_ = false;
  bool interrupted_ = false;
};

} // namespace troupe::cli
