#include "supervisors/letter_verbs.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace troupe {
namespace {

using key = std::pair<std::int64_t, std::string>;

key key_of(const value& letter) {
  const auto* time = letter.find("time_ms");
  const auto* ms = time != nullptr ? time->get_if<std::int64_t>() : nullptr;
  const auto* id = letter.find("id");
  const auto* text = id != nullptr ? id->get_if<std::string>() : nullptr;
  return {ms != nullptr ? *ms : 0, text != nullptr ? *text : std::string{}};
}

} // namespace

verb_reach reach_of(std::string_view verb) {
  static constexpr std::array one{"actor",         "actor-restart", "actor-state", "actor-stop",
                                  "actor-dry-run", "history",       "quarantine",  "release"};
  static constexpr std::array own{"top", "shards", "policies"};
  static constexpr std::array letter{"deadletter", "deadletter-retry", "deadletter-drop"};
  if (std::find(one.begin(), one.end(), verb) != one.end()) return verb_reach::aggregate;
  if (std::find(letter.begin(), letter.end(), verb) != letter.end()) return verb_reach::letter;
  if (verb == "cause" || verb == "journal") return verb_reach::record;
  if (std::find(own.begin(), own.end(), verb) != own.end()) return verb_reach::own;
  if (verb == "actors" || verb == "deadletters") return verb_reach::all;
  return verb_reach::none;
}

value merge_letters(std::vector<value> said, std::size_t most) {
  value::array all;
  std::int64_t total = 0;
  for (auto& each : said) {
    if (const auto* of = each.find("total"); of != nullptr) {
      if (const auto* number = of->get_if<std::int64_t>()) total += *number;
    }
    const auto* held = each.find("items");
    const auto* items = held != nullptr ? held->get_if<value::array>() : nullptr;
    if (items != nullptr) all.insert(all.end(), items->begin(), items->end());
  }
  std::sort(all.begin(), all.end(),
            [](const value& a, const value& b) { return key_of(a) < key_of(b); });
  if (all.size() > most) all.resize(most);
  value merged{value::object{}};
  merged["items"] = std::move(all);
  merged["total"] = total;
  return merged;
}

} // namespace troupe
