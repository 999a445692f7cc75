#include "bin/verify/view_rules.hpp"

#include "bin/verify/event_source_reader.hpp"
#include "messages/codec.hpp"
#include "messages/json.hpp"
#include "persistence/storage.hpp"

#include <algorithm>

namespace troupe::verify {

namespace {

class view_checker {
public:
  view_checker(const data_directory::derived_file& file, const context_behaviour& behaviour,
               view_reader& view, checking& with)
      : file_(file), behaviour_(behaviour), view_(view), with_(with) {}
  void run(std::uint64_t at_once);

private:
  [[nodiscard]] place where(std::int64_t key = 0) const {
    return {file_.path.filename().string(), file_.context, {}, 0, key};
  }
  void wrong(std::int64_t key, const std::string& what) {
    with_.to.found(rule::views, where(key), what);
  }
  [[nodiscard]] bool check_positions();
  [[nodiscard]] record_index position(std::string_view context, shard_number shard) const;
  [[nodiscard]] std::unique_ptr<view_store> fold(std::uint64_t part);
  void take(view_store& to, std::uint64_t part, const event_merge::place& source,
            const published_event& event);
  void compare(view_store& due, std::uint64_t part);
  void compare_row(std::int64_t key, const std::string& held, const std::string& due);
  void find_missing(view_store& due, std::uint64_t part);
  [[nodiscard]] bool is_of(std::int64_t key, std::uint64_t part) const {
    return static_cast<std::uint64_t>(key) % parts_ == part;
  }

  const data_directory::derived_file& file_;
  const context_behaviour& behaviour_;
  view_reader& view_;
  checking& with_;
  std::uint64_t parts_ = 1;
};

record_index view_checker::position(std::string_view context, shard_number shard) const {
  for (const auto& each : view_.positions())
    if (each.context == context && each.shard == shard) return std::max(each.next, {1});
  return {1};
}

/// Whether the rows can be built anew: all that they are said to contain is there and sound.
bool view_checker::check_positions() {
  bool sound = true;
  for (const auto& each : view_.positions()) {
    with_.to.checked(rule::views);
    const auto name = each.context + " shard " + std::to_string(each.shard.value);
    if (each.next.value < 2) continue;
    const auto known = with_.all.look_up(each.context, each.shard, {each.next.value - 1});
    const auto* const source = with_.all.journal(each.context, each.shard);
    if (known == data_directory::known::beyond)
      wrong(0, "it has folded " + name + " up to record " + std::to_string(each.next.value - 1) +
                   ", but that journal ends at " + std::to_string(source->head.value));
    else if (known != data_directory::known::there)
      wrong(0, "it has folded " + name + ", which has no journal here");
    sound = sound && known == data_directory::known::there && source->sound;
  }
  if (!sound)
    with_.to.note(file_.path.filename().string() +
                  ": its rows are not compared, because a journal it was folded from is damaged");
  return sound;
}

void view_checker::run(std::uint64_t at_once) {
  if (!check_positions()) return;
  const auto rows = view_.count_rows();
  if (!rows) return wrong(0, rows.error().message);
  if (*rows != view_.kept_rows())
    wrong(0, "the file counts " + std::to_string(view_.kept_rows()) + " rows and has " +
                 std::to_string(*rows));
  parts_ = *rows / at_once + 1;
  for (std::uint64_t part = 0; part < parts_; ++part)
    if (const auto due = fold(part)) compare(*due, part);
}

/// The rows of one part of the keys, built from the first event on.
std::unique_ptr<view_store> view_checker::fold(std::uint64_t part) {
  const auto& info = *behaviour_.info;
  auto made = make_memory_storage()->open_view({file_.context, file_.shard, 1, "verify"}, info);
  if (!made) return wrong(0, made.error().message), nullptr;
  event_source_reader sources;
  for (const auto source : info.view.sources)
    for (std::uint32_t shard = 0; shard < with_.all.shards_of(source); ++shard)
      if (auto* const journal = with_.all.journal(source, {shard}))
        sources.add(source, *journal, position(source, {shard}));
  const auto left =
      sources.run([&](const event_merge::place& source,
                      const published_event& event) { take(**made, part, source, event); },
                  with_.told, file_.path.filename().string());
  if (!left) return wrong(0, left.error().message), nullptr;
  if (*left > 0 && part == 0)
    wrong(0, std::to_string(*left) +
                 " events are behind its positions whose causes are not: it folded effects before "
                 "their causes");
  return std::move(*made);
}

void view_checker::take(view_store& to, std::uint64_t part, const event_merge::place& source,
                        const published_event& event) {
  for (const auto& fold : behaviour_.folds) {
    if (fold.source != source.context || fold.event != event.name) continue;
    auto rows = fold.fold(event);
    const auto unreadable = [&](const error& why) {
      if (part > 0) return; // said already
      const auto* const journal = with_.all.journal(source.context, source.shard);
      auto record = place_of(*journal, static_cast<std::int64_t>(event.index.value));
      record.aggregate = event.aggregate.number;
      record.seq = event.seq;
      with_.to.found(rule::views, record,
                     "view " + file_.context + " cannot fold its event " + event.name + ": " +
                         why.message);
    };
    if (!rows) {
      unreadable(rows.error());
      continue;
    }
    std::erase_if(*rows, [&](const row_change& each) { return !is_of(each.key, part); });
    if (auto done = to.apply(*rows, {}); !done) unreadable(done.error());
  }
}

void view_checker::compare(view_store& due, std::uint64_t part) {
  std::uint64_t matched = 0;
  const auto read = view_.scan([&](std::int64_t key, const std::string& row) {
    if (!is_of(key, part)) return;
    with_.to.checked(rule::views);
    const auto wanted = due.get(key);
    if (!wanted || !*wanted) return wrong(key, "the row is in the view and in no event");
    ++matched;
    if (**wanted != row) compare_row(key, row, **wanted);
  });
  if (!read) return wrong(0, read.error().message);
  if (matched < due.rows()) find_missing(due, part);
}

void view_checker::compare_row(std::int64_t key, const std::string& held, const std::string& due) {
  const auto is = decode_value(held);
  const auto must_be = decode_value(due);
  if (!is || !must_be) return wrong(key, "the row cannot be read");
  for (const auto& [column, wanted] : *must_be->get_if<value::object>()) {
    const auto* const found = is->find(column);
    if (found == nullptr || *found == wanted) continue;
    wrong(key,
          "column " + column + " is " + to_json(*found) + ", its events give " + to_json(wanted));
  }
}

void view_checker::find_missing(view_store& due, std::uint64_t part) {
  std::vector<std::int64_t> there;
  const auto read = view_.scan([&](std::int64_t key, const std::string&) {
    if (is_of(key, part)) there.push_back(key);
  });
  list_request wanted;
  wanted.limit = list_limit_max;
  while (read) {
    const auto page = due.list(wanted);
    if (!page || page->rows.empty()) return;
    for (const auto& [id, row] : page->rows) {
      wanted.after = id;
      if (!std::binary_search(there.begin(), there.end(), id.number))
        wrong(id.number, "the row is missing");
    }
  }
}

} // namespace

void check_view(const data_directory::derived_file& file, checking& with, std::uint64_t at_once) {
  const auto* const behaviour = behaviour_of(file.context);
  const auto name = file.path.filename().string();
  if (behaviour == nullptr)
    return with.to.note(name + ": this build does not know the view; it is not compared");
  auto opened = view_reader::open(file.path, *behaviour->info);
  if (!opened) {
    if (opened.error().code == errc::wrong_format)
      return with.to.note(name + ": of another version; a node makes it anew, it is not compared");
    return with.to.found(rule::files, {name, file.context, file.shard.value},
                         opened.error().message);
  }
  with.to.checked(rule::files);
  ++with.to.view_files;
  if (auto sound = (*opened)->check_structure(); !sound)
    with.to.found(rule::files, {name, file.context, file.shard.value}, sound.error().message);
  view_checker{file, *behaviour, **opened, with}.run(at_once);
}

} // namespace troupe::verify
