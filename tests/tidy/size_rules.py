"""Limits of files, lines and functions, and words that mean unfinished work."""

import ast
import re

from tree import LAYERS, Violation

FILE_LINES_MAX = 500
LINE_COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70

_CODE_FILE = re.compile(r".*\.(cpp|hpp|def|py|sh|cmake|js|css)|(scripts|\.ci)/[^.]+|"
                        r"(.*/)?CMakeLists\.txt")
# Spelled in parts, because this file is checked as well.
_MARKERS = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
# What others published comes as they published it; a test compares it with its hash.
_VENDORED = "/vendor/"
_VAGUE_NAMES = {"utils", "util", "common", "helpers", "misc"}


def check(tree):
    for source in tree.sources:
        yield from _markers(source)
        yield from _vague_name(source)
        if _CODE_FILE.fullmatch(source.path) and _VENDORED not in source.path:
            yield from _lengths(source)
        if source.is_cpp:
            for name, line, length in cpp_functions(source.code):
                yield from _function(source, name, line, length)
        elif source.path.endswith(".py"):
            for name, line, length in python_functions(source.text):
                yield from _function(source, name, line, length)


def _markers(source):
    for number, line in enumerate(source.lines, 1):
        if found := _MARKERS.search(line):
            yield Violation(source.path, number, "unfinished", f"finish it: {found.group()}")


def _vague_name(source):
    if source.top in LAYERS + ("tests",) and _VAGUE_NAMES & set(
            source.path.partition(".")[0].split("/")):
        yield Violation(source.path, 1, "vague-name", "name the thing that is in the file")


def _lengths(source):
    if len(source.lines) > FILE_LINES_MAX:
        yield Violation(source.path, FILE_LINES_MAX + 1, "file-length",
                        f"{len(source.lines)} lines; split by idea, at most {FILE_LINES_MAX}")
    for number, line in enumerate(source.lines, 1):
        if len(line) > LINE_COLUMNS_MAX:
            yield Violation(source.path, number, "line-length",
                            f"{len(line)} columns; at most {LINE_COLUMNS_MAX}")


def _function(source, name, line, length):
    if length > FUNCTION_LINES_MAX:
        yield Violation(source.path, line, "function-length",
                        f"{name} has {length} lines; at most {FUNCTION_LINES_MAX}")


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|concept)\b|\bextern\s*$")
_MEMBER_INITIALISER = re.compile(r"\)[^:]*(?<!:):(?!:).*[\w>]\s*$", re.DOTALL)
_NAME = re.compile(r"([\w:~]+)\s*\(")


def cpp_functions(code):
    """Outermost functions of C++ without comments and literals: (name, first line, lines).

    A heuristic on braces: a block whose head holds a parameter list is a function, unless the head
    opens a scope or defines data.
    """
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()),
                  code, flags=re.M)
    head, head_start, at = "", 0, 0
    while at < len(code):
        char = code[at]
        if char in ";}":
            head, head_start = "", at + 1
        elif char == "{":
            if _MEMBER_INITIALISER.search(head):
                at = _matching_brace(code, at)
                head += "()"
            elif _opens_function(head):
                end = _matching_brace(code, at)
                first = code.count("\n", 0, head_start + len(head) - len(head.lstrip())) + 1
                named = _NAME.search(head)
                yield (named[1] if named else "function", first,
                       code.count("\n", 0, end) + 1 - first + 1)
                at, head, head_start = end, "", end + 1
            else:
                head, head_start = "", at + 1
        else:
            head += char
        at += 1


def _opens_function(head):
    # A macro call at file scope ends without a semicolon and would hide the namespace behind it.
    head = re.sub(r"^\s*[A-Z][A-Z0-9_]*\([^()]*\)\s*$", "", head, flags=re.M)
    head = _without_template_parameters(head.strip())
    before = head.partition("(")[0]
    if before == head or _SCOPE.search(before):
        return False
    # What is left of a definition of data is its equals sign.
    rest = re.sub(r"operator\s*[^\s(]+", "operator", head)
    while (smaller := re.sub(r"\([^()]*\)", "", rest)) != rest:
        rest = smaller
    return "=" not in rest


def _without_template_parameters(head):
    while head.startswith("template"):
        depth = 0
        for at, char in enumerate(head):
            depth += {"<": 1, ">": -1}.get(char, 0)
            if char == ">" and depth == 0:
                head = head[at + 1:].lstrip()
                break
        else:
            return ""
    return head


def _matching_brace(code, at):
    depth = 0
    for position in range(at, len(code)):
        depth += {"{": 1, "}": -1}.get(code[position], 0)
        if depth == 0:
            return position
    return len(code) - 1
