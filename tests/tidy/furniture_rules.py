"""What every folder and every source comes with: table line, README, tests, working links."""

import posixpath
import re

from allowed import SOURCES_WITHOUT_TEST, Exceptions
from tree import LAYERS, Violation

ROOT_DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE")


def check(tree):
    yield from _root_documents(tree)
    yield from _folder_table(tree)
    yield from _layer_readmes(tree)
    yield from _error_codes(tree)
    yield from _tests_of_sources(tree)
    yield from _docs_index(tree)
    yield from _links(tree)


def _root_documents(tree):
    for path in ROOT_DOCUMENTS:
        if path not in tree.paths:
            yield Violation(path, 1, "root-document", "write it")


def _folder_table(tree):
    readme = tree.by_path.get("README.md")
    if readme is None:
        return
    rows = {}
    for number, line in enumerate(readme.lines, 1):
        if row := re.match(r"\|\s*`([^`]+)/`\s*\|", line):
            rows[row[1]] = number
    for folder in sorted(tree.folders - rows.keys()):
        yield Violation("README.md", 1, "folder-table", f"add a line for `{folder}/`")
    for folder in sorted(rows.keys() - tree.folders):
        yield Violation("README.md", rows[folder], "folder-table",
                        f"there is no folder {folder}/; remove its line")


def _layer_readmes(tree):
    for layer in LAYERS:
        if layer in tree.folders and f"{layer}/README.md" not in tree.paths:
            yield Violation(f"{layer}/README.md", 1, "layer-readme",
                            "write a page: purpose, surface, threads, failure behaviour")


def _error_codes(tree):
    header = tree.by_path.get("messages/error.hpp")
    if header is None:
        return
    enum = re.search(r"enum class errc\b[^{]*\{([^}]*)\}", header.code)
    if enum is None:
        yield Violation(header.path, 1, "error-codes", "cannot find enum class errc")
        return
    tested = {code for source in tree.cpp if source.top == "tests"
              for code in re.findall(r"\berrc::(\w+)", source.code)}
    for found in re.finditer(r"\b([a-z]\w*)\b(?:\s*=\s*\d+)?", enum[1]):
        if found[1] not in tested:
            yield Violation(header.path, header.line_at(enum.start(1) + found.start()),
                            "error-codes", f"no test names errc::{found[1]}; provoke it in one")


def _tests_of_sources(tree):
    tests = {path for path in tree.paths if path.startswith("tests/")}
    tested = {posixpath.basename(path).removesuffix("_test.cpp")
              for path in tests if path.endswith("_test.cpp")}
    exceptions = Exceptions(SOURCES_WITHOUT_TEST)
    for source in tree.layer_cpp:
        if source.is_header or source.stem in tested or exceptions.allows(source.path):
            continue
        yield Violation(source.path, 1, "source-without-test",
                        f"write tests/{source.folder}/{source.stem}_test.cpp, or say in "
                        "SOURCES_WITHOUT_TEST what tests it")
    for entry in exceptions.unused():
        yield Violation(entry, 1, "unused-exception", "remove it from SOURCES_WITHOUT_TEST")


def _docs_index(tree):
    """A page nobody is led to is not read."""
    index = tree.by_path.get("docs/README.md")
    for path in sorted(tree.paths):
        if re.fullmatch(r"docs/[^/]+\.md", path) and path != "docs/README.md":
            if index is None or f"({path.removeprefix('docs/')}" not in index.text:
                yield Violation(path, 1, "docs-index", "add it to docs/README.md, by reader")


def _links(tree):
    for source in tree.sources:
        if source.path.endswith(".md"):
            text = re.sub(r"```.*?```|`[^`\n]*`", lambda m: re.sub(r"[^\n]", " ", m.group()),
                          source.text, flags=re.DOTALL)
            for found in re.finditer(r"\]\(([^)\s]+)\)", text):
                yield from _link(tree, source, text.count("\n", 0, found.start()) + 1, found[1])


def _link(tree, source, line, target):
    if re.match(r"[a-z]+:", target):
        return
    path, _, anchor = target.partition("#")
    full = posixpath.normpath(posixpath.join(source.folder, path)) if path else source.path
    if full not in tree.paths and full not in tree.folders:
        yield Violation(source.path, line, "link", f"{target} does not exist")
    elif anchor and full.endswith(".md") and anchor not in _anchors(tree.by_path[full]):
        yield Violation(source.path, line, "link", f"{full} has no heading #{anchor}")


def _anchors(source):
    headings = re.findall(r"^#+ +(.*?)\s*$", source.text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
