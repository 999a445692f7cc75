#include "actors/verb_arguments.hpp"
#include "bin/cli/every_node.hpp"
#include "bin/cli/fields.hpp"
#include "bin/cli/plain_text.hpp"
#include "bin/cli/tool.hpp"
#include "messages/json.hpp"

#include <algorithm>
#include <map>
#include <ostream>
#include <set>
#include <utility>

/// What stands in the journals of all shards, whichever node has them.
namespace troupe::cli {
namespace {

constexpr std::int64_t page_size = 500;
constexpr std::chrono::milliseconds one_look{500};     ///< between two looks of a follower
constexpr std::chrono::milliseconds patience{30'000};  ///< of a follower whom nobody answers
constexpr std::chrono::milliseconds told_after{1'000}; ///< of a long search
constexpr std::int64_t records_back_max = 4'000; ///< that are looked through for the newest turns
/// Behind every record there can be: asks where the head is without any items.
constexpr std::int64_t beyond = std::int64_t{1} << 62;

/// A shard whose journal is read.
struct journal_place {
  std::string context;
  std::uint32_t shard = 0;
  std::int64_t next = 1;
  std::int64_t head = 0;
  [[nodiscard]] std::string text() const { return context + " shard " + std::to_string(shard); }
};

/// The journals that a command reads. A shard that does not answer is told once and left out, until
/// `ask_all_again`.
class journal_set {
public:
  [[nodiscard]] static std::variant<journal_set, failure> open(command_call& call,
                                                               const std::string& what) {
    journal_set made{call};
    std::string only;
    if (call.line.given("--context")) {
      auto parsed = parse_context(call.line.text("--context"));
      if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
      const auto* context = std::get<const context_info*>(parsed);
      only = context->full_name();
      if (context->kind == context_kind::view)
        return failed(what, fail(errc::malformed, only + " is a view, which has no journal"));
    }
    auto nodes = reach(call);
    if (!nodes) return failed(what, nodes.error());
    made.nodes_ = std::move(*nodes);
    const auto served = made.nodes_->contexts();
    if (!served) return failed(what, served.error());
    for (const auto& each : *served) {
      if (each.view || (!only.empty() && each.name != only)) continue;
      for (std::uint32_t shard = 0; shard < each.shards; ++shard)
        made.places_.push_back({each.name, shard});
    }
    if (made.places_.empty())
      return failed(what,
                    fail(errc::not_found,
                         "nobody serves " + (only.empty() ? "a context with a journal" : only)));
    return made;
  }

  [[nodiscard]] std::vector<journal_place>& places() { return places_; }
  [[nodiscard]] bool complete() const { return silent_.empty(); }
  [[nodiscard]] std::size_t answering() const { return places_.size() - silent_.size(); }
  [[nodiscard]] exit_code end() const {
    return complete() ? exit_code::done : exit_code::partly_done;
  }
  [[nodiscard]] value silent() const {
    value::array all;
    for (const auto& each : silent_)
      all.emplace_back(each);
    return value{std::move(all)};
  }
  [[nodiscard]] const error& last_failure() const { return last_; }

  /// Another node may have the shards by now that did not answer.
  void ask_all_again() { silent_.clear(); }

  /// The page at `from.next`, which moves on; nothing if the shard does not answer.
  std::optional<value> page(journal_place& from, value more = value{value::object{}}) {
    if (silent_.contains(from.text())) return {};
    more["context"] = from.context;
    more["shard"] = from.shard;
    more["from"] = from.next;
    if (more.find("limit") == nullptr) more["limit"] = page_size;
    auto said = nodes_->admin("journal", std::move(more));
    if (!said) {
      last_ = said.error();
      silent_.insert(from.text());
      if (told_.insert(from.text()).second)
        call_->around.err << plain_line("note: " + from.text() +
                                        " did not answer: " + last_.message)
                          << '\n';
      return {};
    }
    if (told_.erase(from.text()) > 0)
      call_->around.err << plain_line("note: " + from.text() + " answers again") << '\n';
    from.head = number_in(*said, "head", 0);
    from.next = std::clamp(number_in(*said, "next", from.next), std::int64_t{1}, from.head + 1);
    return std::move(*said);
  }
  /// Moves the place to its newest `last` records.
  bool to_end(journal_place& of, std::int64_t last) {
    of.next = beyond;
    if (!page(of)) return false;
    of.next = std::max<std::int64_t>(of.head - last + 1, 1);
    return true;
  }

private:
  explicit journal_set(command_call& call) : call_(&call) {}
  command_call* call_;
  std::unique_ptr<cluster> nodes_;
  std::vector<journal_place> places_;
  std::set<std::string> silent_; ///< in this look
  std::set<std::string> told_;   ///< the user knows that they do not answer
  error last_;
};

// -- turns --------------------------------------------------------------------------------------

/// Shards' own bookkeeping has no turn.
bool is_turn(const value& item) {
  return number_in(item, "seq", 0) > 0;
}

void take_items(const value& page, const journal_place& from, value::array& to) {
  for (value item : items_of(page)) {
    if (!is_turn(item)) continue;
    item["shard"] = from.shard;
    to.push_back(std::move(item));
  }
}

std::string turn_of(const value& item) {
  return text_in(item, "id") + '#' + std::to_string(number_in(item, "seq", 0));
}

std::string what_of(const value& item) {
  std::string text;
  for (const value& event : items_of(value{value::object{
           {"items", item.find("events") != nullptr ? *item.find("events") : value{}}}})) {
    const auto* payload = event.find("payload");
    text += (text.empty() ? "" : "; ") + text_in(event, "name") + ' ' +
            (payload != nullptr ? cell_text(*payload) : std::string{});
  }
  if (const auto* why = item.find("rejection"); why != nullptr && !why->is_null())
    text = text_in(*why, "code") + ' ' + text_in(*why, "message");
  if (text.empty()) text = text_in(item, "asks");
  return text.empty() ? "-" : text;
}

listing turns_listing(value::array items) {
  listing shown;
  shown.kind = "TurnList";
  shown.items = std::move(items);
  shown.columns = {
      {"TIME", [](const value& item) { return time_text(number_in(item, "time_ms", 0)); }, false},
      {"TURN", turn_of, false},
      member_column("OUTCOME", "outcome", true),
      member_column("COMMAND", "command"),
      {"EVENTS", what_of, false}};
  shown.name = turn_of;
  shown.empty_note = "no turns there";
  return shown;
}

/// The newest turns of a shard. Bookkeeping stands between them, so it may have to go back further
/// than their number.
void take_newest(journal_set& all, journal_place& from, std::int64_t wanted, value::array& to) {
  for (std::int64_t back = wanted; all.to_end(from, back); back *= 4) {
    const bool whole = from.next == 1 || back > records_back_max || wanted == 0;
    value::array found;
    while (from.next <= from.head) {
      const auto page = all.page(from);
      if (!page) break;
      take_items(*page, from, found);
    }
    if (!whole && std::cmp_less(found.size(), wanted)) continue;
    to.insert(to.end(), found.begin(), found.end());
    return;
  }
}

void sort_by_time(value::array& items) {
  std::ranges::stable_sort(items, {},
                           [](const value& item) { return number_in(item, "time_ms", 0); });
}

void print_line(command_call& call, const value& item) {
  auto& out = call.around.out;
  if (call.how.format == output_format::table)
    out << time_text(number_in(item, "time_ms", 0)) << "  " << plain_line(turn_of(item)) << "  "
        << colored_state(text_in(item, "outcome"), call.how.color) << "  "
        << plain_line(text_in(item, "command")) << "  " << plain_line(what_of(item)) << '\n';
  else if (call.how.format == output_format::name)
    out << plain_line(turn_of(item)) << '\n';
  else
    out << to_json(item) << '\n';
}

/// Prints new turns as they come, until the user stops it or nobody answers for a while: shards of
/// a node that is gone are another's seconds later.
command_result follow(command_call& call, journal_set& all, const std::string& what) {
  const auto stop = call.around.listen();
  auto heard = call.around.time.monotonic();
  do {
    all.ask_all_again();
    value::array fresh;
    for (auto& place : all.places())
      while (const auto page = all.page(place)) {
        take_items(*page, place, fresh);
        if (place.next > place.head) break;
      }
    sort_by_time(fresh);
    for (const auto& item : fresh)
      print_line(call, item);
    call.around.out.flush();
    const auto now = call.around.time.monotonic();
    if (all.answering() > 0) heard = now;
    if (now - heard >= patience) return failed(what, all.last_failure());
    if (!call.around.out) break; // whoever read it has gone
  } while (!stop->wait(one_look));
  return exit_code::done; // Ctrl-C is the normal end
}

command_result tail(command_call& call) {
  const std::string what = "cannot show the newest turns";
  const auto limit = parse_number(call.line.text("--limit"), 0, 1'000);
  if (!limit) return usage_failure(what, "--limit: " + limit.error().message, "--limit 20");
  auto opened = journal_set::open(call, what);
  if (auto* wrong = std::get_if<failure>(&opened)) return std::move(*wrong);
  auto& all = std::get<journal_set>(opened);
  value::array items;
  for (auto& place : all.places())
    take_newest(all, place, *limit, items);
  if (all.answering() == 0) return failed(what, all.last_failure());
  sort_by_time(items);
  const auto most = static_cast<std::size_t>(*limit);
  if (items.size() > most)
    items.erase(items.begin(), items.end() - static_cast<std::ptrdiff_t>(most));
  if (call.line.given("--follow")) {
    for (const auto& item : items)
      print_line(call, item);
    return follow(call, all, what);
  }
  auto shown = turns_listing(std::move(items));
  if (!all.complete()) shown.extra.emplace_back("silent", all.silent());
  print(call.around.out, call.how, shown);
  return all.end();
}

/// Says on stderr how far a long reading is.
class told_progress {
public:
  explicit told_progress(command_call& call) : call_(call), next_(now() + told_after) {}
  void tell(const journal_place& at) {
    if (now() < next_) return;
    next_ = now() + told_after;
    call_.around.err << plain_line(at.text()) << ": record " << std::min(at.next, at.head) << " of "
                     << at.head << '\n';
    call_.around.err.flush();
  }

private:
  [[nodiscard]] monotonic_time now() const { return call_.around.time.monotonic(); }
  command_call& call_;
  monotonic_time next_;
};

command_result grep(command_call& call) {
  const std::string text = call.line.arguments[0];
  const std::string what = "cannot search the journals";
  if (text.empty()) return usage_failure(what, "TEXT is empty", "a word that turns hold");
  const auto limit = parse_number(call.line.text("--limit"), 1, 10'000);
  if (!limit) return usage_failure(what, "--limit: " + limit.error().message, "--limit 100");
  auto opened = journal_set::open(call, what);
  if (auto* wrong = std::get_if<failure>(&opened)) return std::move(*wrong);
  auto& all = std::get<journal_set>(opened);
  const auto most = static_cast<std::size_t>(*limit);
  value::array found;
  value arguments{value::object{}};
  arguments["grep"] = text;
  told_progress progress{call};
  for (auto& place : all.places())
    while (found.size() < most) {
      const auto page = all.page(place, arguments);
      if (!page) break;
      take_items(*page, place, found);
      if (place.next > place.head) break;
      progress.tell(place);
    }
  if (all.answering() == 0) return failed(what, all.last_failure());
  const bool cut = found.size() >= most;
  if (found.size() > most) found.resize(most);
  sort_by_time(found);
  auto shown = turns_listing(std::move(found));
  shown.empty_note = "no turn mentions that";
  shown.extra.emplace_back("cut", cut);
  if (!all.complete()) shown.extra.emplace_back("silent", all.silent());
  print(call.around.out, call.how, shown);
  if (cut) call.around.err << "stopped at " << most << " turns; --limit finds more\n";
  return all.end();
}

// -- numbers ------------------------------------------------------------------------------------

/// Adds up what the pages of one journal, or the journals of all, say.
struct journal_totals {
  std::int64_t records = 0, bytes = 0, on_disk = 0, rejected = 0, asked = 0;
  std::optional<std::int64_t> first_ms, last_ms;
  std::map<std::string, std::int64_t> turns, events;

  void add(const value& counts) {
    records += number_in(counts, "records", 0);
    bytes += number_in(counts, "bytes", 0);
    rejected += number_in(counts, "rejected", 0);
    asked += number_in(counts, "asked", 0);
    if (number_in(counts, "records", 0) > 0)
      span(number_in(counts, "first_ms", 0), number_in(counts, "last_ms", 0));
    add(counts.find("turns"), turns);
    add(counts.find("events"), events);
  }
  void add(const journal_totals& more) {
    records += more.records, bytes += more.bytes, on_disk += more.on_disk;
    rejected += more.rejected, asked += more.asked;
    if (more.first_ms) span(*more.first_ms, *more.last_ms);
    for (const auto& [name, number] : more.turns)
      turns[name] += number;
    for (const auto& [name, number] : more.events)
      events[name] += number;
  }
  [[nodiscard]] value shown() const {
    value item{value::object{}};
    item["records"] = records;
    item["record_bytes"] = bytes;
    item["bytes"] = on_disk;
    item["bytes_per_record"] = records > 0 ? value{bytes / records} : value{};
    item["rejected"] = rejected;
    item["asked"] = asked;
    item["first_ms"] = first_ms ? value{*first_ms} : value{};
    item["last_ms"] = last_ms ? value{*last_ms} : value{};
    item["turns"] = shown(turns);
    item["events"] = shown(events);
    return item;
  }

private:
  void span(std::int64_t first, std::int64_t last) {
    first_ms = std::min(first_ms.value_or(first), first);
    last_ms = std::max(last_ms.value_or(last), last);
  }
  static void add(const value* from, std::map<std::string, std::int64_t>& to) {
    const auto* all = from != nullptr ? from->get_if<value::object>() : nullptr;
    if (all == nullptr) return;
    for (const auto& [name, number] : *all)
      if (const auto* held = number.get_if<std::int64_t>()) to[name] += *held;
  }
  static value shown(const std::map<std::string, std::int64_t>& from) {
    value::object all;
    for (const auto& [name, number] : from)
      all.emplace_back(name, number);
    return value{std::move(all)};
  }
};

std::string time_cell(const value& item, const char* member) {
  const auto* held = item.find(member);
  const auto* ms = held != nullptr ? held->get_if<std::int64_t>() : nullptr;
  return ms != nullptr ? time_text(*ms) : "-";
}

std::string names_table(const char* head, const std::map<std::string, std::int64_t>& from) {
  std::vector<std::pair<std::int64_t, std::string>> all;
  for (const auto& [name, number] : from)
    all.emplace_back(-number, name);
  std::sort(all.begin(), all.end());
  std::vector<std::vector<std::string>> rows;
  for (const auto& [number, name] : all)
    rows.push_back({name.empty() ? "(none)" : name, std::to_string(-number)});
  return table_text({head, "NUMBER"}, rows, {false, false}, false);
}

command_result stats(command_call& call) {
  const std::string what = "cannot count what stands in the journals";
  auto opened = journal_set::open(call, what);
  if (auto* wrong = std::get_if<failure>(&opened)) return std::move(*wrong);
  auto& all = std::get<journal_set>(opened);
  value arguments{value::object{}};
  arguments["counts"] = true;
  told_progress progress{call};
  value::array items;
  journal_totals total;
  for (auto& place : all.places()) {
    journal_totals of;
    bool answered = false;
    while (const auto page = all.page(place, arguments)) {
      answered = true;
      of.on_disk = number_in(*page, "bytes", 0);
      if (const auto* counts = page->find("counts")) of.add(*counts);
      if (place.next > place.head) break;
      progress.tell(place);
    }
    if (!answered) continue;
    auto item = of.shown();
    item["context"] = place.context;
    item["shard"] = place.shard;
    items.push_back(std::move(item));
    total.add(of);
  }
  if (all.answering() == 0) return failed(what, all.last_failure());
  listing shown;
  shown.kind = "JournalStats";
  shown.items = std::move(items);
  shown.columns = {member_column("CONTEXT", "context"),
                   member_column("SHARD", "shard"),
                   member_column("RECORDS", "records"),
                   member_column("BYTES", "bytes"),
                   member_column("PER RECORD", "bytes_per_record"),
                   member_column("REJECTED", "rejected"),
                   member_column("ASKED", "asked"),
                   {"FIRST", [](const value& item) { return time_cell(item, "first_ms"); }, false},
                   {"LAST", [](const value& item) { return time_cell(item, "last_ms"); }, false}};
  shown.name = [](const value& item) {
    return text_in(item, "context") + '.' + std::to_string(number_in(item, "shard", 0));
  };
  shown.extra = {{"total", total.shown()}};
  if (!all.complete()) shown.extra.emplace_back("silent", all.silent());
  print(call.around.out, call.how, shown);
  if (call.how.format == output_format::table && total.records > 0)
    call.around.out << '\n'
                    << names_table("TURNS BY COMMAND", total.turns) << '\n'
                    << names_table("EVENTS", total.events);
  return all.end();
}

} // namespace

void add_journal_commands(command_handlers& to) {
  to["journal tail"] = tail;
  to["journal stats"] = stats;
  to["journal grep"] = grep;
}

} // namespace troupe::cli
