#include "tests/contract/samples.hpp"

#include "messages/codec.hpp"

#include <algorithm>
#include <stdexcept>

namespace troupe::test {
namespace {

/// The value of the field at that position of that sample. Booleans cannot differ from each other
/// in one sample; in both together three of them do.
value sample_value(const field_info& field, std::int64_t position, std::int64_t which,
                   std::int64_t booleans_before) {
  const std::int64_t number = 101 + 100 * which + position;
  switch (field.type) {
  case field_type::integer:
    return number;
  case field_type::real:
    return static_cast<double>(number) + 0.5;
  case field_type::boolean:
    return ((booleans_before + 1) >> which & 1) == 1;
  case field_type::text:
    break;
  }
  return std::string{field.name} + ' ' + std::to_string(number);
}

/// Written by the struct itself, from what it read of a plain map.
std::string written(const message_info& shape, value::object fields) {
  const value wanted{std::move(fields)};
  const auto bytes = shape.reread(encode_value(wanted));
  if (!bytes || *decode_value(*bytes) != wanted)
    throw std::logic_error(std::string{shape.name} + " cannot write its own fields");
  return *bytes;
}

std::string sample_bytes(const message_info& shape, std::int64_t which) {
  value::object fields;
  std::int64_t position = 0;
  std::int64_t booleans = 0;
  for (const field_info& each : shape.fields) {
    const bool left_out = which > 0 && each.nullable;
    fields.emplace_back(std::string{each.name},
                        left_out ? value{} : sample_value(each, position, which, booleans));
    ++position;
    booleans += each.type == field_type::boolean ? 1 : 0;
  }
  return written(shape, std::move(fields));
}

} // namespace

result<value> state_after(const aggregate_maker& make, std::string_view event,
                          std::string_view payload) {
  const auto aggregate = make();
  if (auto done = aggregate->replay(event, payload); !done) return done.error();
  std::string bytes;
  aggregate->write_state(bytes);
  return decode_value(bytes);
}

std::vector<sample> samples_of(const spoken_message& message, const aggregate_maker& make) {
  const message_info& shape = *message.shape;
  const bool varies = std::any_of(shape.fields.begin(), shape.fields.end(), [](const auto& each) {
    return each.nullable || each.type == field_type::boolean;
  });
  std::vector<sample> made;
  for (std::int64_t which = 0; which < (varies ? 2 : 1); ++which) {
    sample one{sample_bytes(shape, which), {}};
    if (message.kind == message_kind::event && make) {
      auto state = state_after(make, message.name, one.bytes);
      if (!state) throw std::logic_error(state.error().message);
      one.state = std::move(*state);
    }
    made.push_back(std::move(one));
  }
  return made;
}

} // namespace troupe::test
