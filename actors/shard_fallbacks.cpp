#include "actors/ask_outcome.hpp"
#include "actors/noted_turn.hpp"
#include "actors/shard.hpp"

/// Declared fallbacks: what a turn is settled with when an ask that only reads cannot get an
/// answer. The business decides with it as with any answer. What it then refuses is told as the
/// failure that it is, not as a business reason: nobody knows whether that would have been true.
namespace troupe {
namespace {

/// A business that refused has answered; everything else is no answer.
bool is_no_answer(const error& why) {
  return why.code != errc::rejected;
}

void explain(error& why, const ask_info& declared) {
  if (!declared.fallback_meaning.empty())
    why.message += "; " + std::string{declared.fallback_meaning};
}

} // namespace

/// The ask may not even be sent: the turn that wanted it is settled here and now, as one record.
/// If that does not end in acceptance, `why` says what to tell and nothing has happened.
bool shard::settles_by_fallback(aggregate_instance& instance, work& what, const ask_info& declared,
                                const std::shared_ptr<ask_guard>& guard, error& why) {
  if (declared.fallback.empty()) return false;
  const auto place = fallback_place::take(guard);
  if (place == nullptr) return false;
  tell_of_fallbacks(declared, guard);
  decision_.clear();
  auto& who = *memory_.at(what.target).live;
  who.current = &what;
  {
    const noted_turn noted{setting_.on->note(),
                           {setting_.identity.context, setting_.identity.shard, journal_->epoch(),
                            what.target, what.command, what.name},
                           now()};
    instance.settle(what.name, what.payload, declared.command, declared.fallback,
                    {what.target, setting_.on->wall(), what.command}, decision_);
  }
  who.current = nullptr;
  if (decision_.refused || decision_.asked) { // a fallback asks nobody
    explain(why, declared);
    return false;
  }
  what.degraded.emplace();
  conclude(instance, what);
  return true;
}

/// Ends an ask that nobody answered: by its declared fallback, or as failed.
void shard::ask_unanswered(command_id id, error why, bool may_have_acted) {
  const auto& ask = memory_.asks().at(id);
  const auto* declared = info().ask(ask.target_context, ask.name);
  if (!is_no_answer(why) || declared == nullptr || declared->fallback.empty())
    return ask_failed(id, std::move(why), may_have_acted);
  auto& flying = flying_[id];
  auto guard = flying.guard;
  if (guard == nullptr) { // it knows already how this ended
    recorded_ask same;
    same.id = ask.id;
    same.target_context = ask.target_context;
    same.target = ask.target;
    same.timeout_ms = ask.timeout_ms;
    same.reads_only = ask.reads_only;
    guard = guard_of(same);
  }
  auto place = fallback_place::take(guard);
  if (place == nullptr) return ask_failed(id, std::move(why), may_have_acted);
  tell_of_fallbacks(*declared, guard);
  end_guarded(flying, end_of(why.code));
  flying.token = 0; // its time cannot be over a second time
  auto* what = settling(ask);
  what->reply = declared->fallback;
  what->fallback = std::make_unique<fallback_turn>();
  what->fallback->instead = std::move(why);
  what->fallback->place = std::move(place);
  what->degraded.emplace();
  counts_as_waiting(*what);
  dispatch(what);
}

/// The business has decided with the fallback of an ask that had been sent.
void shard::conclude_fallback(aggregate_instance& instance, work& what) {
  error why = std::move(what.fallback->instead);
  what.fallback.reset();
  if (!decision_.refused && !decision_.asked) return conclude(instance, what);
  const auto& ask = memory_.asks().at(what.ask);
  explain(why, *info().ask(ask.target_context, ask.name));
  ask_failed(what.ask, std::move(why), !ask.reads_only);
  release(&what);
}

/// The first at once, then one sentence a minute, also when no further one comes.
void shard::tell_of_fallbacks(const ask_info& declared, const std::shared_ptr<ask_guard>& guard) {
  const auto count = guard->fallbacks().to_tell(now());
  if (count == 0) return;
  setting_.rules->happened(
      {"fallback-used", info().full_name() + " -> " + std::string{declared.target},
       "the declared fallback of " + std::string{declared.command} + " was taken " +
           std::to_string(count) + (count == 1 ? " time: " : " times: ") +
           std::string{declared.fallback_meaning},
       0});
  after(fallback_places::summary_every, [this, &declared, guard] { // of the descriptor: lasts
    tell_of_fallbacks(declared, guard);
  });
}

} // namespace troupe
