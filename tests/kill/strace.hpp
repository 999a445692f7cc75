#pragma once

#include "tests/support/processes.hpp"

#include <memory>
#include <string>
#include <vector>

namespace troupe::test {

/// strace on a running node: it makes system calls go wrong from outside.
class strace {
public:
  /// The words that run a program under strace with an injection, e.g.
  /// "fdatasync:error=EIO:when=1".
  [[nodiscard]] static std::vector<std::string> words(const std::string& injection);
  /// Empty if processes can be traced here; else why not.
  [[nodiscard]] static std::string obstacle();

  strace(int pid, const std::string& injection); ///< attached when it returns; throws if it cannot
  ~strace();                                     ///< detaches: the injection ends

private:
  std::unique_ptr<cli::child_process> process_;
};

} // namespace troupe::test
