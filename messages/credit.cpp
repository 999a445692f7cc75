#include "messages/credit.hpp"

#include "messages/codec.hpp"

namespace troupe {

std::string encode_credit(std::uint32_t events) {
  std::string payload;
  writer{payload}.unsigned_integer(events);
  return payload;
}

result<std::uint32_t> decode_credit(std::string_view payload) {
  document parsed;
  if (auto done = parsed.parse(payload); !done) return done.error();
  std::uint32_t events = 0;
  if (!parsed.root().read(events) || events < 1 || events > credit_max)
    return fail(errc::malformed, "credit: a number from 1 to " + std::to_string(credit_max));
  return events;
}

} // namespace troupe
