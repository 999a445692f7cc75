#include "bin/fatal_signals.hpp"

#include "persistence/turn_note.hpp"

#include <execinfo.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

/// Ends of the program's own code, from the linker: places in there are the same in each process.
extern "C" const char __executable_start;
extern "C" const char etext;

namespace troupe {
namespace {

constexpr std::array fatal{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
constexpr int frames_max = 64;
constexpr int frames_hashed = 8; ///< of the program's own: callers further up differ by chance

/// FNV-1a over where the program's own frames are.
std::uint64_t hash_of(void* const* frames, int count) {
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  const auto begin = reinterpret_cast<std::uintptr_t>(&__executable_start);
  const auto end = reinterpret_cast<std::uintptr_t>(&etext);
  int hashed = 0;
  for (int i = 2; i < count && hashed < frames_hashed; ++i) { // not this and the handler
    const auto at = reinterpret_cast<std::uintptr_t>(frames[i]);
    if (at < begin || at >= end) continue;
    hash = (hash ^ (at - begin)) * 1'099'511'628'211ULL;
    ++hashed;
  }
  return hashed > 0 ? hash : 0;
}

/// A line put together without memory of its own; written at once, so that nobody's goes between.
class line {
public:
  void add(std::string_view text) {
    const auto taken = text.substr(0, bytes_.size() - used_);
    std::memcpy(bytes_.data() + used_, taken.data(), taken.size());
    used_ += taken.size();
  }
  void add_number(int number) {
    std::array<char, 12> digits{};
    std::size_t at = digits.size();
    do {
      digits[--at] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0 && at > 0);
    add({digits.data() + at, digits.size() - at});
  }
  void write() const {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, bytes_.data(), used_);
  }

private:
  std::array<char, 400> bytes_{};
  std::size_t used_ = 0;
};

/// Only what is safe in a signal handler: no memory is allocated, no lock is taken.
extern "C" void on_fatal_signal(int number) {
  std::array<void*, frames_max> frames{};
  const int count = ::backtrace(frames.data(), frames_max);
  line told;
  told.add("\ntroupe-node: fatal signal ");
  told.add_number(number);
  if (auto* note = own_turn_note; note != nullptr && note->since_ns.load() != 0) {
    note->stack_hash = hash_of(frames.data(), count);
    note->signal = number;
    told.add(" in ");
    told.add(note->context.data());
    told.add(" ");
    told.add(note->name.data());
  }
  told.add("\n");
  told.write();
  ::backtrace_symbols_fd(frames.data(), count, STDERR_FILENO);
  ::raise(number); // the handler was for once: now it ends the process
}

} // namespace

void note_fatal_signals() {
  std::array<void*, 1> loaded{};
  ::backtrace(loaded.data(), 1); // loads what it needs now, not in a handler
  for (const int each : fatal) {
    struct sigaction action {};
    action.sa_handler = on_fatal_signal;
    action.sa_flags = SA_RESETHAND | SA_NODEFER;
    ::sigaction(each, &action, nullptr);
  }
}

} // namespace troupe
