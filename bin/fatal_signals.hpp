#pragma once

namespace troupe {

/// From here on a signal that ends the process (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT) first
/// leaves behind what whoever looks later needs: the signal and a hash of its stack in the note of
/// the lane that raised it (`own_turn_note`), and a stack dump on stderr. Then the signal does what
/// it always does. Once, at the start of the process.
///
/// A stack that is used up leaves no room for that: such a death is noted without a signal.
void note_fatal_signals();

} // namespace troupe
