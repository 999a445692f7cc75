"""Business systems are known by name in few places, so that one can be added without a search."""

import re

from tree import LAYERS, Violation


def check(tree):
    if "messages/systems.def" not in tree.paths:
        yield Violation("messages/systems.def", 1, "system-name", "register the systems here")
    for system in tree.systems:
        word = re.compile(rf"(?<![A-Za-z]){system}(?![A-Za-z])", re.IGNORECASE)
        for source in tree.sources:
            if not _may_know(source, system):
                yield from _mentions(source, system, word)


def _may_know(source, system):
    """Everything outside the layers may (docs, tests, scripts), and three places inside."""
    if source.top not in LAYERS + ("cmake", "include") and source.path != "CMakeLists.txt":
        return True
    return (source.path in (f"messages/{system}.hpp", "messages/systems.def")
            or source.path.startswith(f"actors/{system}/") or source.path.endswith(".md"))


def _mentions(source, system, word):
    # A comment may name a system as an example; code and strings may not.
    if source.is_cpp:
        text = source.code_with_strings
    else:
        text = re.sub(r"#[^\n]*", "", source.text)
    for found in word.finditer(text):
        yield Violation(source.path, text.count("\n", 0, found.start()) + 1, "system-name",
                        f"only messages/{system}.hpp, actors/{system}/ and messages/systems.def "
                        f"may know '{system}'")
