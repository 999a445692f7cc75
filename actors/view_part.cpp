#include "actors/view_part.hpp"

#include "messages/list_reply.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace troupe {
namespace {

constexpr std::chrono::milliseconds backoff_min{200};
constexpr std::chrono::milliseconds backoff_max{5'000};

} // namespace

view_part::view_part(view_setting setting, std::unique_ptr<view_store> store)
    : requesting_part(setting.key, *setting.on), setting_(std::move(setting)),
      store_(std::move(store)) {}

view_part::~view_part() {
  for (auto& [key, each] : streams_) {
    if (each.reader) each.reader->stop();
  }
}

result<std::unique_ptr<view_part>> view_part::open(view_setting setting) {
  auto store = setting.store->open_view(setting.identity, *setting.behaviour->info);
  if (!store) return store.error();
  std::unique_ptr<view_part> made{new view_part{std::move(setting), std::move(*store)}};
  auto positions = made->store_->positions();
  if (!positions) return positions.error();
  for (const auto source : made->setting_.behaviour->info->view.sources) {
    for (std::uint32_t shard = 0; shard < made->setting_.shards_of(source); ++shard)
      made->streams_[{std::string{source}, shard}];
  }
  for (const auto& known : *positions) {
    const auto at = made->streams_.find({known.context, known.shard.value});
    if (at != made->streams_.end()) at->second.next = at->second.read = known.next;
  }
  return made;
}

void view_part::resume() {
  for (auto& [key, each] : streams_) {
    auto* of = &each;
    each.reader = std::make_unique<stream_reader>(
        *this, key.first, shard_number{key.second}, [of] { return of->read; },
        [this, of](std::vector<published_event>& events, record_index next) {
          take(*of, events, next);
        });
    each.reader->start();
  }
}

void view_part::take(stream& from, std::vector<published_event>& events, record_index next) {
  for (auto& event : events) {
    if (event.index >= from.read) from.waiting.push_back(std::move(event));
  }
  from.read = std::max(from.read, next);
  on().touched(key());
}

bool view_part::must_wait(const stream_key& of, const published_event& event) const {
  if (!event.reacts_to || event.reacts_to->context == of.first) return false;
  const auto cause = streams_.find({event.reacts_to->context, event.reacts_to->shard.value});
  return cause != streams_.end() && cause->second.next <= event.reacts_to->index;
}

/// Folds what one stream has ready, up to an event that waits for its cause.
bool view_part::fold_one(const stream_key& key, stream& from) {
  bool moved = false;
  while (!from.waiting.empty() && !must_wait(key, from.waiting.front())) {
    const auto event = std::move(from.waiting.front());
    from.waiting.pop_front();
    for (const auto& fold : setting_.behaviour->folds) {
      if (fold.source != key.first || fold.event != event.name) continue;
      auto rows = fold.fold(event);
      if (rows)
        std::move(rows->begin(), rows->end(), std::back_inserter(changes_));
      else
        spdlog::error("view={} source={} shard={} index={} unreadable event: {}",
                      setting_.identity.context, key.first, key.second, event.index.value,
                      rows.error().message);
    }
    // Positions are records: one is behind us only when its last event is folded.
    const bool last = from.waiting.empty() || from.waiting.front().index != event.index;
    if (last) from.next = {event.index.value + 1};
    from.reader->done(1);
    from.dirty = moved = true;
    setting_.counters->events.fetch_add(1, std::memory_order_relaxed);
  }
  if (from.waiting.empty() && from.next < from.read) {
    from.next = from.read;
    from.dirty = moved = true;
  }
  return moved;
}

void view_part::fold_all() {
  bool moved = true;
  while (moved) { // a cause folded in one stream lets its effects in another go on
    moved = false;
    for (auto& [stream_at, each] : streams_)
      moved = fold_one(stream_at, each) || moved;
  }
}

void view_part::commit() {
  fold_all();
  write();
  std::uint32_t held_back = 0;
  std::uint32_t connected = 0;
  for (const auto& [stream_at, each] : streams_) {
    held_back += static_cast<std::uint32_t>(each.waiting.size());
    connected += each.reader && each.reader->connected() ? 1 : 0;
  }
  setting_.counters->held_back.store(held_back, std::memory_order_relaxed);
  setting_.counters->sources.store(connected, std::memory_order_relaxed);
}

void view_part::write() {
  std::vector<source_position> positions;
  for (auto& [stream_at, each] : streams_) {
    if (std::exchange(each.dirty, false))
      positions.push_back({stream_at.first, shard_number{stream_at.second}, each.next});
  }
  if (positions.empty()) return;
  const auto done = store_->apply(changes_, positions);
  changes_.clear();
  if (done) {
    backoff_ = {};
    return;
  }
  spdlog::error("view={} write failed, reading again: {}", setting_.identity.context,
                done.error().message);
  backoff_ = std::clamp(backoff_ * 2, backoff_min, backoff_max);
  for (auto& [stream_at, each] : streams_)
    each.reader->stop();
  after(backoff_, [this] { restart(); });
}

/// Forgets what was read and not written, and reads on from the positions in the store.
void view_part::restart() {
  const auto positions = store_->positions();
  if (!positions) {
    backoff_ = std::clamp(backoff_ * 2, backoff_min, backoff_max);
    return after(backoff_, [this] { restart(); });
  }
  for (auto& [stream_at, each] : streams_) {
    each.waiting.clear();
    each.dirty = false;
    each.next = each.read = {1};
  }
  for (const auto& known : *positions) {
    const auto at = streams_.find({known.context, known.shard.value});
    if (at != streams_.end()) at->second.next = at->second.read = known.next;
  }
  for (auto& [stream_at, each] : streams_)
    each.reader->start();
}

void view_part::receive(inbound& from) {
  if (from.content.kind == request_kind::get || from.content.kind == request_kind::list)
    return answer_read(from);
  if (from.from.port != nullptr)
    out().early.push_back({from.from, fail(errc::method_not_allowed, "a view is read-only")});
}

void view_part::answer_read(inbound& from) {
  reply_content content;
  content.target = from.content.target;
  auto refuse = [&](error why) { out().early.push_back({from.from, std::move(why)}); };
  if (from.content.kind == request_kind::get) {
    auto row = store_->get(from.content.target.number);
    if (!row) return refuse(row.error());
    if (!*row)
      return refuse(fail(errc::not_found, setting_.identity.context + "/" +
                                              std::to_string(from.content.target.number) +
                                              " does not exist"));
    content.payload = std::move(**row);
  } else {
    auto wanted = decode_list_request(from.content.payload);
    if (!wanted) return refuse(wanted.error());
    auto page = store_->list(*wanted);
    if (!page) return refuse(page.error());
    list_reply reply;
    reply.total = page->total;
    for (auto& [id, row] : page->rows)
      reply.rows.push_back({id, std::move(row)});
    content.payload = encode_list_reply(reply);
  }
  out().early.push_back({from.from, std::move(content)});
}

} // namespace troupe
