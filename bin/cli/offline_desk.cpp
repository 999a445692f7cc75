#include "bin/cli/offline_desk.hpp"

#include "actors/journal_desk.hpp"
#include "actors/past_state.hpp"
#include "actors/resident.hpp"
#include "actors/safe_replay.hpp"
#include "actors/shown_record.hpp"
#include "actors/verb_arguments.hpp"
#include "bin/verify/data_directory.hpp"
#include "messages/redaction.hpp"
#include "persistence/read_only_journal.hpp"

#include <algorithm>
#include <limits>
#include <system_error>
#include <tuple>
#include <utility>

namespace troupe::cli {

namespace fs = std::filesystem;

namespace {

/// One journal of the directory, and its fold once somebody needs it.
class shard_file {
public:
  explicit shard_file(std::unique_ptr<read_only_journal> from) : journal_(std::move(from)) {}

  [[nodiscard]] const journal_reader::facts& about() const { return journal_->about(); }
  [[nodiscard]] std::string place() const {
    return about().context + " shard " + std::to_string(about().shard.value);
  }
  [[nodiscard]] journal& records() { return *journal_; }

  /// The fold of all records, made at the first call.
  result<shard_memory*> memory() {
    if (memory_) return memory_.get();
    auto made = std::make_unique<shard_memory>(about().shards);
    record each;
    result<void> folded;
    const auto scanned = journal_->scan({1}, [&](record_index at, std::string_view body) {
      folded = decode_record(body, each);
      if (folded) folded = made->fold(each, at);
      return folded.ok();
    });
    if (!scanned) return scanned.error();
    if (!folded) return folded.error();
    memory_ = std::move(made);
    return memory_.get();
  }
  /// Answers about records; `folded`: needs to know where aggregates and commands are.
  result<journal_desk> desk(bool folded) {
    if (folded)
      if (auto made = memory(); !made) return made.error();
    if (!folded)
      if (auto done = journal_->refresh(); !done) return done.error();
    const auto* behaviour = verify::behaviour_of(about().context);
    return journal_desk{{*journal_, memory_ ? *memory_ : empty_, about().context, about().shard,
                         behaviour != nullptr ? behaviour->info : nullptr}};
  }

private:
  std::unique_ptr<read_only_journal> journal_;
  std::unique_ptr<shard_memory> memory_;
  shard_memory empty_{1};
};

/// A state as of one turn of an aggregate.
struct rebuilt_state {
  std::unique_ptr<aggregate_instance> instance;
  std::uint64_t seq = 0;
  std::int64_t time_ms = 0;
};

result<rebuilt_state> rebuild(shard_file& from, aggregate_id id, const past_state::moment& until) {
  const auto* behaviour = verify::behaviour_of(from.about().context);
  if (behaviour == nullptr || !behaviour->make_aggregate)
    return fail(errc::unknown_context, "this build does not know the context " +
                                           from.about().context + "; use one that does");
  std::vector<std::string> chain;
  record each;
  auto memory = from.memory();
  if (!memory) return memory.error();
  for (auto at = (*memory)->at(id).head; at.value != 0; at = each.previous) {
    auto body = from.records().read(at);
    if (!body) return body.error();
    if (auto done = decode_record(*body, each); !done) return done.error();
    if (!chain.empty() || !until.before(each)) chain.push_back(std::move(*body));
  }
  rebuilt_state to;
  to.instance = behaviour->make_aggregate();
  for (auto turn = chain.rbegin(); turn != chain.rend(); ++turn) {
    if (auto done = decode_record(*turn, each); !done) return done.error();
    for (const auto& event : each.events)
      if (auto done = replay_safely(*to.instance, event, each); !done) return done.error();
    to.seq = each.seq;
    to.time_ms = each.time_ms;
  }
  return to;
}

value shown_state(const shard_file& in, const aggregate_instance& from) {
  const auto* of = find_context(in.about().context);
  if (of == nullptr) return {};
  std::string bytes;
  from.write_state(bytes);
  return shown_payload(*of, bytes);
}

std::string name_of_aggregate(const shard_file& in, aggregate_id id) {
  return in.about().context + "/" + std::to_string(id.number);
}

class offline_desk final : public cluster {
public:
  [[nodiscard]] static result<std::unique_ptr<cluster>> open(const fs::path& where);

  result<value> admin(std::string_view verb, value arguments, std::string) override {
    auto said = answer(verb, arguments);
    if (said) (*said)["node"] = value{}; // nobody's: it is read from the files
    return said;
  }
  result<std::vector<served_context>> contexts() override {
    std::vector<served_context> all;
    for (const auto& each : files_) {
      if (!all.empty() && all.back().name == each->about().context) continue;
      served_context of;
      of.name = each->about().context;
      of.shards = each->about().shards;
      all.push_back(std::move(of));
    }
    return all;
  }
  result<std::vector<map_member>> nodes() override {
    map_member only;
    only.node = "data";
    return std::vector{only};
  }
  result<call_reply> send(std::string_view, aggregate_id, std::string_view, std::string,
                          call_options) override {
    return needs_node("commands");
  }
  result<call_reply> get(std::string_view, aggregate_id) override { return needs_node("reads"); }
  result<page> list(std::string_view, page_request) override { return needs_node("lists"); }
  void subscribe(std::string_view, shard_number, subscribe_request, client::event_callback,
                 client::end_callback on_end) override {
    if (on_end) on_end(needs_node("subscriptions"));
  }
  void tap_node(std::string, const tap_wish&, client::event_callback,
                client::end_callback on_end) override {
    if (on_end) on_end(needs_node("taps"));
  }
  void subscribe_node(std::string, subscribe_request, client::event_callback,
                      client::end_callback on_end) override {
    if (on_end) on_end(needs_node("subscriptions"));
  }

private:
  [[nodiscard]] static error needs_node(std::string_view what) {
    return fail(errc::unknown_command,
                std::string{what} + " need a running node; leave --data out");
  }
  [[nodiscard]] result<value> answer(std::string_view verb, const value& wanted);
  [[nodiscard]] result<std::vector<shard_file*>> files_of(const std::string& context);
  [[nodiscard]] result<shard_file*> file_of(const value& wanted);
  [[nodiscard]] result<value> cause(const value& wanted);
  [[nodiscard]] result<value> actors(const value& wanted);
  [[nodiscard]] result<value> actor(const value& wanted);
  [[nodiscard]] result<value> actor_state(const value& wanted);
  [[nodiscard]] result<value> letters(const value& wanted);
  [[nodiscard]] result<value> letter(const value& wanted);
  [[nodiscard]] static value item_of(shard_file& in, aggregate_id id, aggregate_entry& entry);

  std::vector<std::unique_ptr<shard_file>> files_; ///< by context and shard
};

result<std::unique_ptr<cluster>> offline_desk::open(const fs::path& where) {
  std::error_code why;
  if (!fs::is_directory(where, why))
    return fail(errc::not_found, "there is no directory " + where.string());
  auto opened = std::make_unique<offline_desk>();
  for (const auto& entry : fs::directory_iterator{where, why}) {
    if (entry.path().extension() != ".journal") continue;
    auto file = read_only_journal::open(entry.path());
    if (!file) return file.error();
    opened->files_.push_back(std::make_unique<shard_file>(std::move(*file)));
  }
  if (why)
    return fail(errc::storage_failed, "cannot read " + where.string() + ": " + why.message());
  if (opened->files_.empty())
    return fail(errc::not_found, "there is no journal in " + where.string());
  std::sort(opened->files_.begin(), opened->files_.end(), [](const auto& a, const auto& b) {
    return std::tie(a->about().context, a->about().shard) <
           std::tie(b->about().context, b->about().shard);
  });
  return std::unique_ptr<cluster>{std::move(opened)};
}

result<value> offline_desk::answer(std::string_view verb, const value& wanted) {
  if (verb == "actors") return actors(wanted);
  if (verb == "actor") return actor(wanted);
  if (verb == "actor-state") return actor_state(wanted);
  if (verb == "cause") return cause(wanted);
  if (verb == "deadletters") return letters(wanted);
  if (verb == "deadletter") return letter(wanted);
  if (verb != "history" && verb != "journal")
    return needs_node("answers to '" + std::string{verb} + "'");
  auto file = file_of(wanted);
  if (!file) return file.error();
  auto desk = (*file)->desk(verb == "history");
  if (!desk) return desk.error();
  return verb == "history" ? desk->history(wanted) : desk->page(wanted);
}

/// The files of a context, or all of them.
result<std::vector<shard_file*>> offline_desk::files_of(const std::string& context) {
  std::vector<shard_file*> found;
  for (const auto& each : files_)
    if (context.empty() || each->about().context == context) found.push_back(each.get());
  if (found.empty())
    return fail(errc::unknown_context, "there is no journal of a context '" + context + "' here");
  return found;
}

/// The file of an aggregate, or of a shard that is named.
result<shard_file*> offline_desk::file_of(const value& wanted) {
  auto found = files_of(text_in(wanted, "context"));
  if (!found) return found.error();
  const auto id = number_in(wanted, "id", 0);
  auto shard = number_in(wanted, "shard", -1);
  if (shard < 0 && id > 0) shard = shard_of(aggregate_id{id}, found->front()->about().shards).value;
  for (auto* each : *found)
    if (std::cmp_equal(each->about().shard.value, shard)) return each;
  return fail(errc::not_found, "there is no journal of " + text_in(wanted, "context") + " shard " +
                                   std::to_string(shard) + " here");
}

result<value> offline_desk::cause(const value& wanted) {
  const bool by_command = !text_in(wanted, "command_id").empty();
  if (!by_command || number_in(wanted, "shard", -1) >= 0) {
    auto file = file_of(wanted);
    if (!file) return file.error();
    auto desk = (*file)->desk(number_in(wanted, "index", 0) == 0);
    if (!desk) return desk.error();
    return desk->cause(wanted);
  }
  auto found = files_of(text_in(wanted, "context"));
  if (!found) return found.error();
  result<value> said = fail(errc::not_found, "no turn of that command");
  for (auto* each : *found) {
    auto desk = each->desk(true);
    if (!desk) return desk.error();
    said = desk->cause(wanted);
    if (said || said.error().code != errc::not_found) return said;
  }
  return said;
}

// -- aggregates ---------------------------------------------------------------------------------

value offline_desk::item_of(shard_file& in, aggregate_id id, aggregate_entry& entry) {
  auto& memory = *in.memory().value();
  value item{value::object{}};
  item["id"] = name_of_aggregate(in, id);
  item["shard"] = in.about().shard.value;
  item["lane"] = value{};
  item["seq"] = entry.seq;
  const bool quarantined = memory.troubles().quarantine_of(id) != nullptr;
  item["state"] = quarantined ? "quarantined" : memory.ask_of(id) != nullptr ? "asking" : "passive";
  for (const char* each : {"waiting", "handled", "failures", "restarts"})
    item[each] = std::int64_t{0};
  item["idle_ms"] = value{};
  return item;
}

result<value> offline_desk::actors(const value& wanted) {
  auto files = files_of(text_in(wanted, "context"));
  if (!files) return files.error();
  const auto limit =
      static_cast<std::size_t>(std::max<std::int64_t>(number_in(wanted, "limit", 100), 1));
  const auto state = text_in(wanted, "state");
  value::array items;
  std::uint64_t total = 0;
  for (auto* file : *files) {
    auto memory = file->memory();
    if (!memory) return memory.error();
    std::vector<aggregate_id> ids;
    for (const auto& [id, entry] : (*memory)->all())
      if (entry.seq > 0) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    for (const auto id : ids) {
      auto item = item_of(*file, id, (*memory)->at(id));
      if (!state.empty() && *item.find("state")->get_if<std::string>() != state) continue;
      if (++total <= limit) items.push_back(std::move(item));
    }
  }
  value said{value::object{}};
  said["items"] = std::move(items);
  said["total"] = total;
  return said;
}

result<value> offline_desk::actor(const value& wanted) {
  auto file = file_of(wanted);
  if (!file) return file.error();
  auto memory = (*file)->memory();
  if (!memory) return memory.error();
  const aggregate_id id{number_in(wanted, "id", 0)};
  auto* entry = (*memory)->find(id);
  if (entry == nullptr || entry->seq == 0)
    return fail(errc::not_found, name_of_aggregate(**file, id) + " does not exist");
  auto item = item_of(**file, id, *entry);
  item["supervisor"] = value{};
  item["head"] = entry->head.value;
  item["epoch"] = (*file)->records().epoch().value;
  auto known = rebuild(**file, id, {});
  item["exists"] = known ? value{known->instance->exists()} : value{};
  item["current_seq"] = known ? value{known->seq} : value{};
  item["current"] = known ? shown_state(**file, *known->instance) : value{};
  add_troubles(item, **memory, id);
  item["last_error"] = known ? value{} : value{known.error().message};
  return item;
}

result<value> offline_desk::actor_state(const value& wanted) {
  auto file = file_of(wanted);
  if (!file) return file.error();
  auto memory = (*file)->memory();
  if (!memory) return memory.error();
  const aggregate_id id{number_in(wanted, "id", 0)};
  const auto* entry = (*memory)->find(id);
  if (entry == nullptr || entry->seq == 0)
    return fail(errc::not_found, name_of_aggregate(**file, id) + " does not exist");
  const auto until = past_state::moment::read(wanted);
  if (!until) return until.error();
  const auto name = name_of_aggregate(**file, id);
  if (until->seq && *until->seq > entry->seq)
    return fail(errc::not_found, name + " has had " + std::to_string(entry->seq) +
                                     " turns; there is no " + std::to_string(*until->seq) +
                                     ". yet");
  auto known = rebuild(**file, id, *until);
  if (!known) return known.error();
  value said{value::object{}};
  said["id"] = name;
  said["context"] = (*file)->about().context;
  said["seq"] = known->seq;
  said["time_ms"] = known->seq == 0 ? value{} : value{known->time_ms};
  said["head"] = entry->seq;
  const bool exists = known->instance->exists();
  said["exists"] = exists;
  said["state"] = exists ? shown_state(**file, *known->instance) : value{};
  return said;
}

// -- dead letters -------------------------------------------------------------------------------

result<value> offline_desk::letters(const value& wanted) {
  auto files = files_of(text_in(wanted, "context"));
  if (!files) return files.error();
  value::array items;
  std::int64_t total = 0;
  for (auto* file : *files) {
    auto desk = file->desk(true);
    if (!desk) return desk.error();
    auto said = desk->letters(wanted);
    if (!said) return said.error();
    total += number_in(*said, "total", 0);
    for (const auto& each : *said->find("items")->get_if<value::array>())
      items.push_back(each);
  }
  std::sort(items.begin(), items.end(), [](const value& a, const value& b) {
    return std::make_pair(number_in(a, "time_ms", 0), text_in(a, "id")) <
           std::make_pair(number_in(b, "time_ms", 0), text_in(b, "id"));
  });
  const auto limit =
      static_cast<std::size_t>(std::max<std::int64_t>(number_in(wanted, "limit", 100), 1));
  if (items.size() > limit) items.resize(limit);
  value said{value::object{}};
  said["items"] = std::move(items);
  said["total"] = total;
  return said;
}

result<value> offline_desk::letter(const value& wanted) {
  auto files = files_of(text_in(wanted, "context"));
  if (!files) return files.error();
  const auto text = text_in(wanted, "id");
  const auto id = command_id::parse(text);
  for (auto* file : *files) {
    auto memory = file->memory();
    if (!memory) return memory.error();
    if (!id || (*memory)->troubles().letter_of(*id) == nullptr) continue;
    auto desk = file->desk(true);
    if (!desk) return desk.error();
    return desk->letter(*id, true);
  }
  return fail(errc::not_found, "there is no dead letter " + text + " here");
}

} // namespace

result<std::unique_ptr<cluster>> open_data_directory(const fs::path& where) {
  return offline_desk::open(where);
}

} // namespace troupe::cli
