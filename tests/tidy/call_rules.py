"""Calls with a better replacement here: through a seam, a lane, or not at all."""

import re
from typing import NamedTuple

from allowed import CALLS, Exceptions
from tree import LAYERS, Violation


class Ban(NamedTuple):
    rule: str
    pattern: str
    advice: str
    with_caf_only: bool = False  # the word is common; it is banned where CAF is included
    tests_may: bool = False


BANS = (
    Ban("clock", r"\b(system|steady|high_resolution|utc|file)_clock::now\b",
        "read the clock seam (seams/clock.hpp)"),
    Ban("clock", r"\b(gettimeofday|clock_gettime|std::time|localtime(_r)?|gmtime)\s*\(",
        "read the clock seam (seams/clock.hpp)"),
    Ban("randomness", r"\brandom_device\b|\bstd::rand\b|\bsrand\s*\(|\bgetrandom\s*\(",
        "draw from the random seam (seams/random.hpp)"),
    Ban("sleep", r"\bsleep_(for|until)\b|\b(usleep|nanosleep)\s*\(|\bsleep\s*\(\s*[^)\s]",
        "wait for the condition itself, with a deadline"),
    Ban("caf-await", r"\.\s*await\s*\(", "it stops the actor's other messages; use then()"),
    Ban("caf-timer", r"\bdelayed_(anon_)?send\b",
        "CAF's clock can deadlock and leaves the lane; use the lane's timers"),
    Ban("caf-timer", r"\bafter\s*\(",
        "CAF's clock can deadlock and leaves the lane; use the lane's timers", with_caf_only=True),
    Ban("caf-output", r"\baout\b", "log through spdlog"),
    Ban("caf-blocking", r"\bscoped_actor\b", "it blocks a thread; only tests may", tests_may=True),
    Ban("caf-detached", r"\bdetached\b", "an actor runs on its lane or on CAF's scheduler",
        with_caf_only=True),
    Ban("caf-registry", r"\bregistry\s*\(\s*\)", "pass the address on; no global names",
        with_caf_only=True),
    Ban("caf-mailbox", r"\bmailbox\s*\(\s*\)", "count messages where they are enqueued",
        with_caf_only=True),
    Ban("caf-main", r"\bCAF_MAIN\b", "write main(); the actor system is made by the node"),
)


def check(tree):
    exceptions = {rule: Exceptions(table) for rule, table in CALLS.items()}
    for source in tree.cpp:
        if source.top not in LAYERS + ("tests", "testkit", "bench", "include"):
            continue
        has_caf = any(path.startswith("caf/") for _, path, _ in source.includes)
        for ban in BANS:
            if ban.with_caf_only and not has_caf or ban.tests_may and source.top == "tests":
                continue
            for found in re.finditer(ban.pattern, source.code):
                allowed = exceptions.get(ban.rule)
                if allowed and allowed.allows(source.path):
                    continue
                yield Violation(source.path, source.line_at(found.start()), ban.rule,
                                f"{found.group().strip()}: {ban.advice}")
    for rule, allowed in exceptions.items():
        for entry in allowed.unused():
            yield Violation(entry, 1, "unused-exception", f"remove it from CALLS['{rule}']")
