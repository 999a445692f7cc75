#include "actors/view_part.hpp"

#include "actors/trouble_book.hpp"
#include "messages/list_reply.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>

namespace troupe {
namespace {

constexpr std::chrono::milliseconds backoff_min{200};
constexpr std::chrono::milliseconds backoff_max{5'000};

} // namespace

view_part::view_part(view_setting setting, std::unique_ptr<view_store> store)
    : requesting_part(setting.key, *setting.on), setting_(std::move(setting)),
      store_(std::move(store)),
      state_(info().view.store == view_storage::memory ? view_state::building
                                                       : view_state::catching_up) {}

view_part::~view_part() {
  healed(false, "the view was closed meanwhile");
  stop_readers();
}

result<std::unique_ptr<view_part>> view_part::open(view_setting setting) {
  const auto& info = *setting.behaviour->info;
  auto store = open_store(setting);
  if (!store) return store.error();
  std::unique_ptr<view_part> made{new view_part{std::move(setting), std::move(*store)}};
  for (const auto source : info.view.sources) {
    for (std::uint32_t shard = 0; shard < made->setting_.shards_of(source); ++shard)
      made->add_stream(std::string{source}, shard_number{shard});
  }
  if (const auto* notes = made->setting_.notes; notes != nullptr)
    made->deaths_ = notes->deaths(made->setting_.identity.context, made->setting_.identity.shard);
  if (auto done = made->read_positions(); !done) return done.error();
  made->count();
  return made;
}

void view_part::add_stream(std::string source, shard_number shard) {
  fold_names_.push_back(setting_.build + " " + source);
  (void)merge_.add(std::move(source), shard);
}

/// Reading begins where the store stands.
result<void> view_part::read_positions() {
  const auto positions = store_->positions();
  if (!positions) return positions.error();
  for (std::size_t i = 0; i < merge_.size(); ++i) {
    const auto& where = merge_.at(i);
    const auto known =
        std::find_if(positions->begin(), positions->end(), [&](const source_position& each) {
          return each.context == where.context && each.shard == where.shard;
        });
    merge_.begin(i, known == positions->end() ? record_index{1} : known->next);
  }
  return {};
}

void view_part::resume() {
  for (std::size_t i = 0; i < merge_.size(); ++i) {
    const auto& where = merge_.at(i);
    readers_.push_back(std::make_unique<stream_reader>(
        *this, where.context, where.shard, [this, i] { return merge_.read(i); },
        [this, i](std::vector<published_event>& events, record_index next) {
          merge_.take(i, events, next, readers_[i]->head());
          on().touched(key());
        },
        [this, i] {
          on().touched(key());
          if (readers_[i]->position_is_gone()) rebuild_ahead(i);
        }));
  }
  // The rows are gone already, so there is nothing to keep if it may not be done.
  if (const auto why = store_->remade(); !why.empty()) {
    (void)begin_healing(why);
    state_ = view_state::building;
  }
  start_readers();
  on().touched(key()); // one without sources has all it needs
}

void view_part::start_readers() {
  for (auto& each : readers_)
    each->start();
}

void view_part::stop_readers() {
  for (auto& each : readers_)
    each->stop();
}

bool view_part::is_gone(std::size_t stream) const {
  const auto& where = merge_.at(stream);
  return readers_[stream]->refused() || setting_.is_down(where.context, where.shard.value);
}

event_merge::is_gone view_part::not_waited_for() const {
  return [this](std::size_t stream) { return state_ != view_state::rebuilding && is_gone(stream); };
}

/// Folds what can be folded now; false if that was all.
bool view_part::fold_some() {
  const auto gone = not_waited_for();
  const auto most = one_by_one_ > 0 ? 1 : events_per_round_max;
  for (std::size_t folded = 0; folded < most || !merge_.between_records(); ++folded) {
    const auto next = merge_.next(gone);
    if (!next) return false;
    if (auto done = fold_safely(next->stream, next->event); !done) {
      halt(next->stream, next->event.index, done.error());
      return false;
    }
    if (halted_ && halted_->stream == next->stream && halted_->at == next->event.index) {
      halted_.reset();
      if (state_ == view_state::stuck) state_ = before_halt_;
    }
    readers_[next->stream]->done(1);
  }
  if (one_by_one_ > 0) --one_by_one_;
  return true;
}

turn_subject view_part::subject_of(std::size_t stream, const published_event& event) const {
  // Not the id of a command, but as much a name: no two events of a stream share it.
  const command_id address{(std::uint64_t{event.shard.value} << 32U) + event.ordinal,
                           event.index.value};
  return {setting_.identity.context, setting_.identity.shard, {}, event.aggregate, address,
          fold_names_[stream]};
}

bool view_part::took_processes_down(const turn_subject& fold) const {
  return std::ranges::count_if(deaths_, [&fold](const noted_death& each) {
           return each.command == fold.command && each.name == fold.name;
         }) >= trouble_book::attempts_max;
}

/// What a fold throws must not end the lane, and what ended the process must not run again.
result<void> view_part::fold_safely(std::size_t stream, const published_event& event) {
  const auto& source = merge_.at(stream);
  const auto subject = subject_of(stream, event);
  result<void> done;
  if (!deaths_.empty() && took_processes_down(subject)) {
    done = fail(errc::internal, "the process ended " + std::to_string(trouble_book::attempts_max) +
                                    " times while it was folded; another build may try");
  } else
    try {
      const noted_turn noted{on().note(), subject, on().now()};
      done = fold(source, event);
    } catch (const std::exception& thrown) {
      done = fail(errc::internal, std::string{"it threw: "} + thrown.what());
    } catch (...) {
      done = fail(errc::internal, "it threw an exception of an unknown type");
    }
  if (done) return done;
  return fail(done.error().code, event.name + ", record " + std::to_string(event.index.value) +
                                     " of " + source.context + " shard " +
                                     std::to_string(source.shard.value) +
                                     ", cannot be folded: " + done.error().message);
}

/// Forgets what was folded and not written, and folds that again, a record at a time, so that
/// everything in front of the event gets written. There the view stays, and tries it now and then.
void view_part::halt(std::size_t stream, record_index at, const error& why) {
  changes_.clear();
  unwritten_.clear();
  if (state_ == view_state::rebuilding) abandon_rebuild(why);
  if (std::exchange(one_by_one_, 2 * events_per_round_max) > 0) {
    const bool known = halted_ && halted_->stream == stream && halted_->at == at;
    const auto text = "stuck at " + why.message;
    if (!known) {
      spdlog::error("view={} {}", setting_.identity.context, text);
      if (setting_.rules != nullptr)
        setting_.rules->happened({"view-stuck", setting_.identity.context, text, on().wall()});
    }
    if (state_ != view_state::stuck) before_halt_ = state_;
    state_ = view_state::stuck;
    halted_ = halt_place{stream, at, text};
  }
  restart_later();
}

result<void> view_part::fold(const event_merge::place& source, const published_event& event) {
  for (const auto& fold : setting_.behaviour->folds) {
    if (fold.source != source.context || fold.event != event.name) continue;
    auto rows = fold.fold(event);
    if (!rows) return rows.error();
    std::move(rows->begin(), rows->end(), std::back_inserter(changes_));
  }
  setting_.counters->events.fetch_add(1, std::memory_order_relaxed);
  if (setting_.measures != nullptr) unwritten_.push_back(event.time_ms);
  return {};
}

void view_part::commit() {
  if (paused_) return count();
  const bool more = fold_some();
  if (paused_) return count(); // it stopped: nothing is written
  if (write()) {
    if (more)
      after({}, [this] { on().touched(key()); });
    else if (state_ != view_state::following && !paused_ && merge_.complete(not_waited_for()))
      caught_up();
  }
  count();
}

bool view_part::write() {
  std::vector<source_position> positions;
  for (std::size_t i = 0; i < merge_.size(); ++i) {
    if (merge_.moved(i))
      positions.push_back({merge_.at(i).context, merge_.at(i).shard, merge_.position(i)});
  }
  if (positions.empty()) return true;
  const auto done = store_->apply(changes_, positions);
  changes_.clear();
  if (done) {
    note_lags();
    backoff_ = {};
    return true;
  }
  unwritten_.clear();
  spdlog::error("view={} write failed, reading again: {}", setting_.identity.context,
                done.error().message);
  if (state_ == view_state::rebuilding) // the rows beside failed, those that are served did not
    abandon_rebuild(done.error());
  else if (done.error().code == errc::corrupt)
    damage_ = done.error().message;
  restart_later();
  return false;
}

/// The rows have what was folded. While a view is built anew nobody waits for its events.
void view_part::note_lags() {
  const bool follows = state_ == view_state::following || state_ == view_state::catching_up;
  if (!unwritten_.empty() && follows) {
    const auto now = on().time().wall();
    for (const auto each : unwritten_)
      setting_.measures->view_lag.note(std::chrono::milliseconds{now - each});
  }
  unwritten_.clear();
}

void view_part::restart_later() {
  paused_ = true;
  backoff_ = std::clamp(backoff_ * 2, backoff_min, backoff_max);
  stop_readers();
  for (std::size_t i = 0; i < merge_.size(); ++i) // nothing is known until it is read again
    merge_.begin(i, merge_.position(i));
  after(backoff_, [this] { restart(); });
}

/// Forgets what was read and not written, and reads on from the positions in the store.
void view_part::restart() {
  if (!damage_.empty() && !replace_damaged()) return restart_later();
  if (!read_positions()) return restart_later();
  paused_ = false;
  start_readers();
}

void view_part::count() {
  auto& to = *setting_.counters;
  constexpr auto relaxed = std::memory_order_relaxed;
  std::uint32_t connected = 0;
  for (const auto& each : readers_)
    connected += each->connected() ? 1 : 0;
  const auto progress = merge_.so_far();
  to.held_back.store(static_cast<std::uint32_t>(merge_.waiting()), relaxed);
  to.sources.store(connected, relaxed);
  to.rows.store(store_ ? store_->rows() : 0, relaxed);
  to.lag.store(merge_.lag(), relaxed);
  to.folded.store(progress.done, relaxed);
  to.to_fold.store(progress.total, relaxed);
  to.state.store(state_);
}

void view_part::receive(inbound& from) {
  if (from.content.kind == request_kind::get || from.content.kind == request_kind::list)
    return answer_read(from);
  if (from.content.kind == request_kind::admin && from.internal) return answer_admin(from);
  if (from.from.port != nullptr)
    out().early.push_back({from.from, fail(errc::method_not_allowed, "a view is read-only")});
}

void view_part::answer_read(inbound& from) {
  reply_content content;
  content.target = from.content.target;
  auto refuse = [&](error why) {
    if (why.code == errc::corrupt) note_damage(why);
    out().early.push_back({from.from, std::move(why)});
  };
  if (!store_)
    return refuse(fail(errc::context_down, setting_.identity.context + " cannot read its rows"));
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
