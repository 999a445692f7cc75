#include "bin/cli/plain_text.hpp"
#include "bin/cli/tool.hpp"
#include "bin/verify/verification.hpp"

#include <ostream>

namespace troupe::cli {
namespace {

constexpr std::chrono::milliseconds first_line_after{1'000};
constexpr std::chrono::milliseconds line_interval{1'000};
constexpr std::chrono::milliseconds repaint_interval{200};

value value_of(const verify::finding& from) {
  const auto& where = from.where;
  value said{value::object{}};
  said["rule"] = verify::info(from.broken).name;
  said["file"] = where.file;
  said["context"] = where.context.empty() ? value{} : value{where.context};
  said["shard"] = where.shard ? value{*where.shard} : value{};
  // The number of a ledger's line stands where a journal's record would.
  said["record"] = where.shard && where.index != 0 ? value{where.index} : value{};
  said["line"] = !where.shard && where.index != 0 ? value{where.index} : value{};
  said["aggregate"] = where.aggregate != 0 ? value{where.aggregate} : value{};
  said["seq"] = where.seq != 0 ? value{where.seq} : value{};
  said["command"] = where.command.given() ? value{where.command.text()} : value{};
  said["what"] = from.what;
  said["text"] = verify::text_of(from);
  return said;
}

value rules_of(const verify::report& from) {
  value::array all;
  for (const auto& rule : verify::rules) {
    value each{value::object{}};
    each["rule"] = rule.name;
    each["meaning"] = rule.meaning;
    each["counted"] = rule.counted;
    each["checked"] = from.checked_of(rule.which);
    each["found"] = from.found_of(rule.which);
    all.push_back(std::move(each));
  }
  return all;
}

listing listing_of(const std::string& directory, const verify::report& from) {
  listing shown{
      "Verification", {}, {}, [](const value& item) { return cell_text(*item.find("text")); }};
  for (const auto& each : from.findings())
    shown.items.push_back(value_of(each));
  value read{value::object{}};
  read["journals"] = from.journals;
  read["records"] = from.records;
  read["bytes"] = from.bytes;
  read["events"] = from.events;
  read["aggregates"] = from.aggregates;
  read["derived"] = from.derived_files;
  read["views"] = from.view_files;
  read["ledger_lines"] = from.ledger_lines;
  value::array notes;
  for (const auto& each : from.notes())
    notes.emplace_back(each);
  shown.extra = {{"directory", directory},  {"clean", from.clean()},   {"findings", from.total()},
                 {"read", std::move(read)}, {"rules", rules_of(from)}, {"notes", std::move(notes)}};
  return shown;
}

void print_summary(std::ostream& out, const verify::report& from) {
  out << from.journals << " journals, " << from.records << " records, " << from.events
      << " events, " << from.aggregates << " aggregates, " << from.bytes / 1024 << " KiB; "
      << from.derived_files << " derived files, " << from.view_files << " views; "
      << from.ledger_lines << " lines of ledgers\n\n";
  std::vector<std::vector<std::string>> rows;
  for (const auto& rule : verify::rules) {
    const auto checked = from.checked_of(rule.which);
    rows.push_back({std::string{rule.name}, std::to_string(checked), std::string{rule.counted},
                    std::to_string(from.found_of(rule.which)), std::string{rule.meaning}});
  }
  out << table_text({"RULE", "CHECKED", "OF", "FOUND", "HOLDS WHERE NOTHING IS FOUND"}, rows,
                    std::vector<bool>(5, false), false)
      << '\n';
  for (const auto& each : from.notes())
    out << "note: " << plain_line(each) << '\n';
}

void print_findings(std::ostream& out, const verify::report& from) {
  for (const auto& each : from.findings())
    out << plain_line(verify::text_of(each)) << '\n';
  if (from.total() > from.findings().size())
    out << "and " << from.total() - from.findings().size() << " more; --max-findings shows them\n";
}

/// Says on stderr how far it is, once it takes long enough to wonder.
class slow_progress {
public:
  explicit slow_progress(command_call& call)
      : call_(call), in_place_(call.how.terminal), next_(now() + first_line_after) {}
  ~slow_progress() {
    if (shown_ && in_place_) call_.around.err << "\r\x1b[K";
    call_.around.err.flush();
  }
  slow_progress(const slow_progress&) = delete;
  slow_progress& operator=(const slow_progress&) = delete;

  void tell(std::string_view what, std::uint64_t done, std::uint64_t total) {
    if (now() < next_) return;
    next_ = now() + (in_place_ ? repaint_interval : line_interval);
    shown_ = true;
    const std::string text = plain_line(what) + ' ' + std::to_string(done) + '/' +
                             std::to_string(total) +
                             (total > 0 ? " (" + std::to_string(100 * done / total) + " %)" : "");
    call_.around.err << (in_place_ ? "\r\x1b[K" : "") << text << (in_place_ ? "" : "\n");
    call_.around.err.flush();
  }

private:
  [[nodiscard]] monotonic_time now() const { return call_.around.time.monotonic(); }

  command_call& call_;
  bool in_place_;
  bool shown_ = false;
  monotonic_time next_;
};

std::vector<std::filesystem::path> lines_of(const std::string& from) {
  std::vector<std::filesystem::path> all;
  for (std::size_t begin = 0; begin < from.size();) {
    const auto end = std::min(from.find('\n', begin), from.size());
    all.emplace_back(from.substr(begin, end - begin));
    begin = end + 1;
  }
  return all;
}

command_result prove(command_call& call) {
  const std::string& directory = call.line.arguments.front();
  const std::string what = "cannot verify " + directory;
  const auto most = parse_number(call.line.text("--max-findings"), 1, 1'000'000);
  if (!most) return usage_failure(what, most.error().message, "--max-findings 100");
  const bool quiet = call.line.given("--quiet");
  verify::options wanted;
  wanted.directory = directory;
  wanted.ledgers = lines_of(call.line.text("--ledger"));
  wanted.context = call.line.text("--context");
  wanted.findings_max = static_cast<std::size_t>(*most);
  slow_progress shown{call};
  if (!quiet)
    wanted.told = [&](std::string_view name, std::uint64_t done, std::uint64_t total) {
      shown.tell(name, done, total);
    };
  const auto made = verify::verify(wanted);
  if (!made)
    return failed(what, made.error(), "name the data directory of a node, or a copy of one");
  auto how = call.how;
  if (call.line.given("--json")) how.format = output_format::json;
  if (how.format != output_format::table) {
    print(call.around.out, how, listing_of(directory, *made));
  } else {
    if (!quiet) print_summary(call.around.out, *made);
    print_findings(call.around.out, *made);
    if (!quiet)
      call.around.out << (made->clean() ? "everything checked holds\n"
                                        : std::to_string(made->total()) + " violations found\n");
  }
  return made->clean() ? exit_code::done : exit_code::damage;
}

} // namespace

void add_verify_command(command_handlers& to) {
  to["verify"] = prove;
}

} // namespace troupe::cli
