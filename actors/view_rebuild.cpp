#include "actors/view_part.hpp"

#include <spdlog/spdlog.h>

#include <utility>

/// What operators ask of a view: to be built anew, and how it is.
namespace troupe {

void view_part::answer_admin(inbound& from) {
  const auto& verb = from.content.name;
  result<value> said = fail(errc::unknown_command, "no such verb at a view");
  if (verb == "view-rebuild")
    said = begin_rebuild();
  else if (verb == "view-status")
    said = describe();
  if (!said) {
    out().early.push_back({from.from, said.error()});
    return;
  }
  reply_content content;
  content.payload = encode_value(*said);
  out().early.push_back({from.from, std::move(content)});
}

result<value> view_part::begin_rebuild() {
  if (state_ == view_state::building || state_ == view_state::rebuilding)
    return error{errc::rejected, std::string{rebuild_running},
                 setting_.identity.context + " is being rebuilt already", 0};
  for (std::size_t i = 0; i < merge_.size(); ++i) {
    if (is_gone(i))
      return fail(errc::context_down, setting_.identity.context + " cannot be rebuilt without " +
                                          merge_.at(i).context + ", which is down");
  }
  if (!store_) return fail(errc::context_down, setting_.identity.context + " cannot read its rows");
  if (auto done = start_rebuild(); !done) return done.error();
  value said{value::object{}};
  said["context"] = setting_.identity.context;
  said["state"] = name_of(state_);
  said["rebuild"] = rebuild_.number;
  return said;
}

/// Begins with no rows, beside those that are served.
result<void> view_part::start_rebuild() {
  if (auto done = store_->begin_rebuild(); !done) return done.error();
  spdlog::info("view={} rebuild begins", setting_.identity.context);
  rebuild_ = {rebuild_.number + 1, 0, 0, {}};
  state_ = view_state::rebuilding;
  stop_readers();
  for (std::size_t i = 0; i < merge_.size(); ++i)
    merge_.begin(i, {1});
  if (!paused_) start_readers();
  on().touched(key());
  return {};
}

/// Everything is folded that the sources had when reading began.
void view_part::caught_up() {
  const bool rebuilt = std::exchange(state_, view_state::following) == view_state::rebuilding;
  if (!rebuilt) return healed(true, "its sources are folded again");
  const auto all = merge_.so_far();
  rebuild_.folded = all.done;
  rebuild_.to_fold = all.total;
  if (auto done = store_->finish_rebuild(); !done) {
    state_ = view_state::catching_up; // what the store has now may be older, or nothing
    rebuild_.failure = done.error();
    spdlog::error("view={} rebuild failed: {}", setting_.identity.context, done.error().message);
    healed(false, done.error().message);
    return restart_later();
  }
  spdlog::info("view={} rebuilt rows={} records={}", setting_.identity.context, store_->rows(),
               all.done);
  healed(true, "rebuilt: " + std::to_string(store_->rows()) + " rows of " +
                   std::to_string(all.done) + " records");
}

/// The old rows stay, and are followed on from where they were left.
void view_part::abandon_rebuild(const error& why) {
  const auto all = merge_.so_far();
  rebuild_.folded = all.done;
  rebuild_.to_fold = all.total;
  rebuild_.failure = why;
  store_->drop_rebuild();
  healed(false, why.message);
  state_ = view_state::catching_up;
}

value view_part::describe() const {
  value said{value::object{}};
  said["context"] = setting_.identity.context;
  said["store"] = info().view.store == view_storage::memory ? "memory" : "sqlite";
  said["state"] = name_of(state_);
  said["rows"] = store_ ? store_->rows() : std::uint64_t{0};
  said["lag"] = merge_.lag();
  said["held_back"] = std::uint64_t{merge_.waiting()};
  const auto progress = merge_.so_far();
  said["folded"] = progress.done;
  said["to_fold"] = progress.total;
  said["sources"] = describe_sources();
  said["rebuild"] = value{};
  if (rebuild_.number == 0) return said;
  const bool runs = state_ == view_state::rebuilding;
  auto& rebuild = said["rebuild"];
  rebuild["number"] = rebuild_.number;
  rebuild["state"] = runs ? "running" : rebuild_.failure ? "failed" : "done";
  rebuild["folded"] = runs ? progress.done : rebuild_.folded;
  rebuild["to_fold"] = runs ? progress.total : rebuild_.to_fold;
  rebuild["code"] = rebuild_.failure ? value{rebuild_.failure->shown_code()} : value{};
  rebuild["error"] = rebuild_.failure ? value{rebuild_.failure->message} : value{};
  return said;
}

value::array view_part::describe_sources() const {
  value::array all;
  for (std::size_t i = 0; i < merge_.size(); ++i) {
    value each{value::object{}};
    each["context"] = merge_.at(i).context;
    each["shard"] = merge_.at(i).shard.value;
    const bool down = is_gone(i);
    each["state"] = down ? "down" : readers_[i]->connected() ? "up" : "waiting";
    each["next"] = merge_.position(i).value;
    each["head"] = merge_.head(i).value;
    all.push_back(std::move(each));
  }
  return all;
}

} // namespace troupe
