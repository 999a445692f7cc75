"""Dependencies point one way, and every third-party library has its owners."""

import re

from allowed import (BINDING_HEADERS, GENERATED_HEADERS, PRIVATE_HEADERS, PURE_HEADERS,
                     Exceptions)
from tree import LAYERS, Violation

# Header prefix → the only sources that may include it.
OWNERS = {
    "caf/": r"(actors|supervisors)/[^/]+\.cpp",
    "zmq": r"net/.*\.cpp",
    "sqlite3": r"persistence/.*\.cpp",
    "msgpack": r"messages/.*\.cpp",
    "boost/": r"net/.*\.cpp",
    "nlohmann/": r"messages/.*\.cpp",
    "xxh": r"(messages|persistence)/.*\.cpp",
    "spdlog/": r"((actors|supervisors|bin)/[^/]+|net/.+)\.cpp",
    "fmt/": r"(actors|supervisors|net|bin)/[^/]+\.cpp",
    "CLI/": r"bin/.*\.cpp",
    "histedit.h": r"bin/cli/line_editor\.cpp",
    "tsl/": r"actors/[^/]+\.cpp",
}

# Operating system headers: sources of the layers that talk to it.
SYSTEM_HEADER = re.compile(
    r"(sys|netinet|arpa|linux)/.*|(unistd|fcntl|poll|signal|sched|pthread|spawn|netdb|malloc|"
    r"termios|getopt|time|errno|execinfo|semaphore)\.h")
SYSTEM_LAYERS = ("seams", "persistence", "supervisors", "net", "bin")

# The client SDK's public headers are included as users include them: <troupe/...>.
SDK_FOLDER = "net/sdk/"
SDK_PREFIX = "troupe/"
# So are those of the test kit.
KIT_FOLDER = "testkit/"
KIT_PREFIX = "troupe/testkit/"

# The gateway stands where any other client could stand.
GATEWAY_FOLDER = "net/gateway/"
GATEWAY_MAY_INCLUDE = ("seams/", "messages/", SDK_FOLDER, GATEWAY_FOLDER)

# Of the standard library, what business code has no use for: it could not be replayed.
IMPURE_STANDARD = {
    "thread", "mutex", "shared_mutex", "condition_variable", "future", "atomic", "semaphore",
    "latch", "barrier", "stop_token", "random", "ctime", "fstream", "iostream", "filesystem",
    "cstdio", "csignal", "unordered_map", "unordered_set",
}


def check(tree):
    private = Exceptions(PRIVATE_HEADERS)
    for source in tree.cpp:
        for line, path, quoted in source.includes:
            for rule, advice in _faults(tree, source, path, quoted, private):
                yield Violation(source.path, line, rule, advice)
        yield from _header_guard(source)
    for entry in private.unused():
        yield Violation(entry, 1, "unused-exception", "remove it from PRIVATE_HEADERS")


def _header_guard(source):
    if source.is_header and not re.search(r"^#pragma once$", source.text, re.M):
        yield Violation(source.path, 1, "header-guard", "begin with #pragma once")


def _faults(tree, source, path, quoted, private):
    pure = tree.is_domain(source) or source.path in PURE_HEADERS
    if path.startswith(KIT_PREFIX):
        path, quoted = KIT_FOLDER + path, True
    elif path.startswith(SDK_PREFIX):
        path, quoted = SDK_FOLDER + path, True
    if quoted:
        yield from _own(tree, source, path, pure)
    elif _is_standard(path):
        if pure and path in IMPURE_STANDARD:
            yield ("pure-domain", f"business code may not use <{path}>; "
                   "what it needs comes with the command")
    elif pure:
        yield "pure-domain", f"business code may not include <{path}>"
    elif source.top in LAYERS:
        yield from _foreign(source, path, private)


def _is_standard(path):
    return re.fullmatch(r"[a-z_0-9]+", path) is not None


def _own(tree, source, path, pure):
    if path not in tree.paths and not Exceptions(GENERATED_HEADERS).allows(path):
        yield ("include-path", f'"{path}" is no file of ours: full path from the root in quotes, '
               "foreign headers in angle brackets")
        return
    target = path.partition("/")[0]
    if source.top in LAYERS and target in LAYERS:
        if LAYERS.index(target) > LAYERS.index(source.top):
            yield ("layers", f"{source.top}/ may not include {target}/; "
                   f"the order is {' <- '.join(LAYERS)}")
    elif source.path == "bin/troupe.cpp" and target == "bench":
        return  # the load generator is one of its commands
    elif source.top in LAYERS:
        yield "layers", f"a layer may not include {target}/"
    if source.path.startswith(GATEWAY_FOLDER) and not path.startswith(GATEWAY_MAY_INCLUDE):
        yield "gateway", f'the gateway is a client: it may not include "{path}", only <troupe/...>'
    if pure and not _pure_may_include(source, path):
        yield ("pure-domain", f'business code may not include "{path}"; '
               "only messages/, its own folder and the pure headers of allowed.py")


def _pure_may_include(source, path):
    if path.startswith("messages/") or path in PURE_HEADERS:
        return True
    if source.path in PURE_HEADERS:
        return False
    if path.startswith(source.folder + "/"):
        return True
    return source.stem == "context" and path in BINDING_HEADERS


def _foreign(source, path, private):
    if SYSTEM_HEADER.fullmatch(path):
        if source.top not in SYSTEM_LAYERS:
            yield "third-party", f"{source.top}/ may not include the system's <{path}>"
        if source.is_header:
            yield "public-header", f"move <{path}> into a source"
        return
    owners = next((of for prefix, of in OWNERS.items() if path.startswith(prefix)), None)
    if owners is None:
        yield "third-party", f"<{path}> has no owner; name one in include_rules.py"
    elif source.is_header:
        if not re.fullmatch(owners, re.sub(r"\.hpp$", ".cpp", source.path)):
            yield "third-party", f"<{path}> belongs to {owners}"
        elif not private.allows(source.path):
            yield ("public-header", f"move <{path}> into a source, or list the header with a "
                   "reason in PRIVATE_HEADERS")
    elif not re.fullmatch(owners, source.path):
        yield "third-party", f"<{path}> belongs to {owners}"
