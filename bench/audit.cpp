#include "bench/audit.hpp"

#include "bench/process.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>

namespace troupe::bench {

namespace {

constexpr std::size_t reads_at_a_time = 256;
constexpr std::chrono::milliseconds agreeing_max{60'000};
constexpr std::chrono::milliseconds between_audits{100};

} // namespace

void audit::note(const std::string& what, bool ok, const std::string& found) {
  auto held = std::find_if(findings_.begin(), findings_.end(),
                           [&](const finding& each) { return each.what == what; });
  if (held == findings_.end()) held = findings_.insert(findings_.end(), finding{what, 0, 0, {}});
  ++held->checked;
  if (ok) return;
  if (held->violated++ == 0) held->first = found;
}

std::optional<std::uint64_t> audit::total(const std::string& what, std::string_view context,
                                          value::object filter) {
  page_request wanted;
  wanted.filter = std::move(filter);
  wanted.size = 1;
  const auto listed = through_.list(context, std::move(wanted)).get();
  if (listed) return listed->total;
  note(what, false, std::string{context} + ": " + listed.error().message);
  return std::nullopt;
}

void audit::count(const std::string& what, std::string_view context, value::object filter,
                  std::uint64_t wanted) {
  const auto found = total(what, context, std::move(filter));
  if (!found) return;
  note(what, all_told_ ? *found == wanted : *found >= wanted,
       std::string{context} + " lists " + std::to_string(*found) + " instead of " +
           std::to_string(wanted));
}

void audit::read(std::string_view context, std::size_t count,
                 const std::function<aggregate_id(std::size_t place)>& id_of, const reader& take) {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t begun = 0;
  std::size_t over = 0;
  const std::function<void()> read_next = [&] {
    std::size_t place = 0;
    {
      const std::lock_guard lock{mutex};
      if (begun == count) return;
      place = begun++;
    }
    through_.get(context, id_of(place), [&, place](const result<call_reply>& reply) {
      take(place, reply);
      read_next();
      // Last, and under the lock: what it uses goes away with the last answer.
      const std::lock_guard lock{mutex};
      if (++over == count) changed.notify_all();
    });
  };
  for (std::size_t each = 0; each < std::min(reads_at_a_time, count); ++each)
    read_next();
  std::unique_lock lock{mutex};
  changed.wait(lock, [&] { return over == count; });
}

audit audit_until_clean(client& through, bool all_told, const std::function<void(audit&)>& check) {
  const auto end = std::chrono::steady_clock::now() + agreeing_max;
  for (;;) {
    audit made{through, all_told};
    check(made);
    if (made.clean() || std::chrono::steady_clock::now() >= end) return made;
    pass_time(between_audits);
  }
}

bool audit::clean() const {
  return std::all_of(findings_.begin(), findings_.end(),
                     [](const finding& each) { return each.violated == 0; });
}

} // namespace troupe::bench
