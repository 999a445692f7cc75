#include "actors/view_part.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

/// What a view does by itself when its rows cannot be right.
namespace troupe {

result<std::unique_ptr<view_store>> view_part::open_store(const view_setting& setting) {
  const auto& info = *setting.behaviour->info;
  // Rows in memory end with the part: whoever stops and starts such a view has it built anew.
  return info.view.store == view_storage::memory
             ? make_memory_storage()->open_view(setting.identity, info)
             : setting.store->open_view(setting.identity, info);
}

/// Nothing if it may be rebuilt now, else when to ask again.
std::optional<std::chrono::milliseconds> view_part::begin_healing(const std::string& cause) {
  if (setting_.heals == nullptr || heals_ != 0) return std::nullopt;
  const auto subject =
      setting_.identity.context + " view " + std::to_string(setting_.identity.shard.value);
  const auto begun = setting_.heals->begin(healing_action::rebuild_view, subject, cause);
  if (!begun) return std::chrono::milliseconds{begun.error().retry_after_ms};
  heals_ = *begun;
  return std::nullopt;
}

void view_part::healed(bool good, const std::string& outcome) {
  if (heals_ != 0) setting_.heals->end(std::exchange(heals_, 0), good, outcome);
}

/// A read met damage: nothing more is folded into these rows, and they are made again.
void view_part::note_damage(const error& why) {
  if (!damage_.empty()) return;
  damage_ = why.message;
  spdlog::error("view={} damaged: {}", setting_.identity.context, damage_);
  if (state_ == view_state::rebuilding) abandon_rebuild(why);
  if (!paused_) restart_later();
}

/// Opens the store again: what is damaged is deleted as it is closed. False: not now.
bool view_part::replace_damaged() {
  if (begin_healing(damage_)) return false;
  store_.reset(); // its file can be claimed once
  auto made = open_store(setting_);
  if (!made) {
    healed(false, made.error().message);
    return false;
  }
  store_ = std::move(*made);
  damage_.clear();
  state_ = view_state::building;
  return true;
}

/// It has read more of a source than that has, so it shows what never was, or is no more.
void view_part::rebuild_ahead(std::size_t stream) {
  if (paused_) return; // it subscribes again afterwards, and is told again
  const auto& where = merge_.at(stream);
  const auto cause = "it has read " + where.context + " shard " +
                     std::to_string(where.shard.value) + " up to record " +
                     std::to_string(merge_.read(stream).value - 1) + ", which is not there";
  if (begin_healing(cause)) return; // not now; its reader asks the source again, and tells again
  spdlog::warn("view={} is rebuilt: {}", setting_.identity.context, cause);
  if (const auto begun = start_rebuild(); !begun) healed(false, begun.error().message);
}

} // namespace troupe
