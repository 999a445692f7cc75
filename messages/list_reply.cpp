#include "messages/list_reply.hpp"

#include "messages/codec.hpp"

namespace troupe {
namespace {

int rank_of(const value& from) {
  switch (from.variant().index()) {
  case 0:
    return 0;
  case 1:
    return 1;
  case 2:
  case 3:
    return 2;
  case 4:
    return 3;
  default:
    return 4;
  }
}

double as_real(const value& from) {
  if (const auto* number = from.get_if<std::int64_t>()) return static_cast<double>(*number);
  return *from.get_if<double>();
}

std::weak_ordering compare_numbers(const value& left, const value& right) {
  const auto* left_integer = left.get_if<std::int64_t>();
  const auto* right_integer = right.get_if<std::int64_t>();
  if (left_integer != nullptr && right_integer != nullptr) return *left_integer <=> *right_integer;
  const double a = as_real(left);
  const double b = as_real(right);
  if (a < b) return std::weak_ordering::less;
  return b < a ? std::weak_ordering::greater : std::weak_ordering::equivalent;
}

error wrong(std::string_view field) {
  return fail(errc::malformed, "list reply: " + std::string{field} + ": wrong type");
}

} // namespace

std::weak_ordering compare_for_list(const value& left, const value& right) {
  if (rank_of(left) != rank_of(right)) return rank_of(left) <=> rank_of(right);
  switch (rank_of(left)) {
  case 1:
    return *left.get_if<bool>() <=> *right.get_if<bool>();
  case 2:
    return compare_numbers(left, right);
  case 3:
    return *left.get_if<std::string>() <=> *right.get_if<std::string>();
  default:
    return std::weak_ordering::equivalent;
  }
}

std::string encode_list_reply(const list_reply& from) {
  std::string payload;
  writer out{payload};
  out.map(2);
  out.text("total");
  out.unsigned_integer(from.total);
  out.text("rows");
  out.array(static_cast<std::uint32_t>(from.rows.size()));
  for (const auto& row : from.rows) {
    out.array(2);
    out.integer(row.id.number);
    out.binary(row.state);
  }
  return payload;
}

result<list_reply> decode_list_reply(std::string_view payload) {
  document parsed;
  if (auto done = parsed.parse(payload); !done) return done.error();
  if (parsed.root().kind() != node_kind::map)
    return fail(errc::malformed, "list reply: expected a map of fields");
  list_reply to;
  const auto total = parsed.root().find("total");
  const auto rows = parsed.root().find("rows");
  if (!total.exists() || !total.read(to.total)) return wrong("total");
  if (!rows.exists() || rows.kind() != node_kind::array) return wrong("rows");
  to.rows.reserve(rows.size());
  auto row = rows.first();
  for (std::uint32_t i = 0; i < rows.size(); ++i, row = row.next()) {
    list_row& read = to.rows.emplace_back();
    std::string_view state;
    if (row.kind() != node_kind::array || row.size() < 2 || !row.first().read(read.id.number) ||
        !row.element(1).read_binary(state))
      return wrong("rows");
    read.state.assign(state);
  }
  return to;
}

} // namespace troupe
