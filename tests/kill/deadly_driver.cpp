#include "actors/taxi/driver.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>

/// A fault in business code: `troupe-node-deadly` has it linked in front of a driver's decision. As
/// long as the file exists that TROUPE_TEST_DEADLY names, the status "deadly" takes the process
/// down.
namespace troupe::test {

using decided = decision<taxi::driver::event>;

decided real_decide(const taxi::driver_state&, const taxi::change_status&, const turn_info&) asm(
    "__real__ZN6troupe4taxi6driver6decideERKNS0_12driver_stateERKNS0_13change_statusERKNS_"
    "9turn_infoE");
decided deadly_decide(const taxi::driver_state&, const taxi::change_status&, const turn_info&) asm(
    "__wrap__ZN6troupe4taxi6driver6decideERKNS0_12driver_stateERKNS0_13change_statusERKNS_"
    "9turn_infoE");

decided deadly_decide(const taxi::driver_state& now, const taxi::change_status& command,
                      const turn_info& info) {
  const char* const fault = std::getenv("TROUPE_TEST_DEADLY");
  if (command.status == "deadly" && fault != nullptr && std::filesystem::exists(fault))
    (void)std::raise(SIGSEGV);
  return real_decide(now, command, info);
}

} // namespace troupe::test
