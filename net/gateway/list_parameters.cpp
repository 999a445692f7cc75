#include "net/gateway/list_parameters.hpp"

#include "net/gateway/field_input.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::gateway {
namespace {

[[nodiscard]] bool is_filter(const context_info& context, std::string_view name) {
  const auto shown = context.shown_filters();
  return std::find(shown.begin(), shown.end(), name) != shown.end();
}

[[nodiscard]] std::string filter_names(const context_info& context) {
  std::string names;
  for (const auto filter : context.shown_filters())
    names.append(", ").append(filter);
  return names;
}

[[nodiscard]] result<std::uint64_t> read_number(std::string_view name, const std::string& text,
                                                std::uint64_t min, std::uint64_t max) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, number);
  if (failed == std::errc{} && stop == end && number >= min && number <= max) return number;
  return fail(errc::malformed, "query parameter '" + std::string{name} + "' must be from " +
                                   std::to_string(min) + " to " + std::to_string(max));
}

[[nodiscard]] result<void> read_sort(const context_info& context, std::string_view text,
                                     page_request& to) {
  const std::size_t comma = std::min(text.find(','), text.size());
  const std::string_view field = text.substr(0, comma);
  const std::string_view direction = text.substr(std::min(comma + 1, text.size()));
  if (field != "id" && !is_filter(context, field))
    return fail(errc::malformed,
                "query parameter 'sort' must name one of: id" + filter_names(context));
  if (comma < text.size() && direction != "asc" && direction != "desc")
    return fail(errc::malformed, "the direction of 'sort' must be asc or desc");
  to.sort = field == "id" ? "" : std::string{field};
  to.descending = direction == "desc";
  return {};
}

} // namespace

result<page_request> read_page_request(const context_info& context, const request_target& target) {
  page_request wanted;
  for (const auto& [name, text] : target.parameters) {
    if (name == "page") {
      auto number = read_number(name, text, 0, page_number_max);
      if (!number) return number.error();
      wanted.page = *number;
    } else if (name == "size") {
      auto number = read_number(name, text, 1, page_size_max);
      if (!number) return number.error();
      wanted.size = static_cast<std::uint32_t>(*number);
    } else if (name == "sort") {
      if (auto done = read_sort(context, text, wanted); !done) return done.error();
    } else if (const auto* field = find_field(context.state, name);
               field != nullptr && is_filter(context, name)) {
      auto wants = from_parameter(*field, text);
      if (!wants) return wants.error();
      wanted.filter.emplace_back(name, std::move(*wants));
    } else {
      return fail(errc::malformed,
                  "unknown query parameter; allowed are: page, size, sort" + filter_names(context));
    }
  }
  return wanted;
}

} // namespace troupe::gateway
