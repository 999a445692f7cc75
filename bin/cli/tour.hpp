#pragma once

#include "bin/cli/interruption.hpp"
#include "messages/error.hpp"
#include "messages/value.hpp"
#include "net/http_client.hpp"
#include "seams/clock.hpp"

#include <chrono>
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::cli {

/// One request of a tour and what must come of it (docs/cli.md, "Tours").
struct tour_step {
  std::string say;
  http_request request; ///< path without names filled in; the body is made from `body`
  value body;           ///< null: none
  int expect_status = 200;
  std::vector<std::pair<std::string, std::string>> save; ///< name → field or JSON pointer
  value::object until;                                   ///< field or JSON pointer → wanted value
  std::chrono::milliseconds within{0}; ///< repeat so long until it comes out; 0: must at once
};

/// Reads a tour: a JSON list of steps. Unknown members are errors.
[[nodiscard]] result<std::vector<tour_step>> parse_tour(std::string_view text);

/// What a tour stands on.
struct tour_stage {
  std::function<result<http_answer>(const http_request&, std::chrono::milliseconds)> exchange;
  const clock& time;
  interruption& pause;
  std::ostream& out;
};

/// Plays the steps in order, prints every request and its answer, and stops at the first that does
/// not come out. The error says which step and what was seen instead; `shutting_down` means that
/// the user stopped it.
[[nodiscard]] result<void> play(const std::vector<tour_step>& steps, tour_stage& stage);

using tour_names = std::map<std::string, value, std::less<>>;

/// Puts saved values in the place of "${name}". A text that is nothing but one name becomes the
/// value itself, with its type. An unknown name is an error.
[[nodiscard]] result<value> filled_in(const value& from, const tour_names& names);

/// The part of a value that "/a/0/b" (RFC 6901) or a plain field name points at; null if none.
[[nodiscard]] const value* part_of(const value& whole, std::string_view where);

} // namespace troupe::cli
