"""The files under test: which there are, their text, and C++ without comments and literals."""

import os
import re
import subprocess
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

LAYERS = ("seams", "messages", "persistence", "actors", "supervisors", "net", "bin")
NOT_SOURCES = {"build", "data", ".git", ".cache", "__pycache__"}

# One match per comment, literal or raw string; what is outside all of them is code.
_NOT_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|"""
    r"""(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'""",
    re.DOTALL,
)


class Violation(NamedTuple):
    path: str
    line: int
    rule: str
    advice: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.advice}"


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


class Source:
    """One file. Lines are counted from 1, and every derived text keeps the line breaks."""

    def __init__(self, path, text):
        self.path = path
        self.text = text

    @property
    def is_cpp(self):
        return self.path.endswith((".cpp", ".hpp"))

    @property
    def is_header(self):
        return self.path.endswith(".hpp")

    @property
    def folder(self):
        return self.path.rpartition("/")[0]

    @property
    def top(self):
        return self.path.partition("/")[0] if "/" in self.path else ""

    @property
    def stem(self):
        return self.path.rpartition("/")[2].partition(".")[0]

    @cached_property
    def lines(self):
        return self.text.splitlines()

    @cached_property
    def code(self):
        """C++ with comments, strings and characters blanked."""
        return _NOT_CODE.sub(lambda found: _blank(found.group()), self.text)

    @cached_property
    def code_with_strings(self):
        """C++ with only the comments blanked."""
        def keep_literals(found):
            is_comment = found.group().startswith(("//", "/*"))
            return _blank(found.group()) if is_comment else found.group()
        return _NOT_CODE.sub(keep_literals, self.text)

    @cached_property
    def includes(self):
        """(line, path, quoted) of every include directive outside comments."""
        form = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^">]+)[">]', re.MULTILINE)
        return [(self.line_at(found.start()), found[2], found[1] == '"')
                for found in form.finditer(self.code_with_strings)]

    def line_at(self, offset):
        return self.text.count("\n", 0, offset) + 1


class Tree:
    """All files of a repository, from git or, without it, by walking."""

    def __init__(self, sources, binaries=()):
        self.sources = sorted(sources, key=lambda source: source.path)
        self.paths = {source.path for source in self.sources} | set(binaries)
        self.by_path = {source.path: source for source in self.sources}

    @classmethod
    def of_folder(cls, root):
        root = Path(root)
        sources, binaries = [], []
        for path in sorted(_listed_by_git(root) or _walked(root)):
            try:
                sources.append(Source(path, (root / path).read_text(encoding="utf-8")))
            except UnicodeDecodeError:
                binaries.append(path)  # nothing to read, but it is there
            except (FileNotFoundError, IsADirectoryError):
                continue  # a deleted file, a submodule
        return cls(sources, binaries)

    @classmethod
    def of_texts(cls, texts):
        return cls([Source(path, text) for path, text in texts.items()])

    @property
    def cpp(self):
        return [source for source in self.sources if source.is_cpp]

    @property
    def layer_cpp(self):
        return [source for source in self.cpp if source.top in LAYERS]

    @cached_property
    def folders(self):
        """Every folder with a file below it, each with its parents."""
        found = set()
        for path in self.paths:
            parent = path.rpartition("/")[0]
            while parent:
                found.add(parent)
                parent = parent.rpartition("/")[0]
        return found

    @cached_property
    def systems(self):
        registered = self.by_path.get("messages/systems.def")
        return re.findall(r"^TROUPE_SYSTEM\((\w+)\)", registered.text, re.M) if registered else []

    def is_domain(self, source):
        """Whether a file is business code: everything in actors/<system>/."""
        return any(source.path.startswith(f"actors/{system}/") for system in self.systems)


def _listed_by_git(root):
    """Tracked files and new ones that git would track; none if this is no git checkout."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others",
               "--exclude-standard"]
    try:
        listing = subprocess.run(command, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    return [path for path in listing.decode().split("\0") if path]


def _walked(root):
    found = []
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [name for name in subfolders if name not in NOT_SOURCES]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return found
