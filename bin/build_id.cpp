#include "bin/build_id.hpp"

namespace troupe {

std::string build_id() {
  return "troupe/" TROUPE_BUILD_ID;
}

} // namespace troupe
