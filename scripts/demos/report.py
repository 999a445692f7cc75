"""What a demonstration found, as Markdown, as JSON, and between the markers of a page."""

import json
import platform
import re
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

MARKER = "<!-- replay: {name} -->"
END = "<!-- end replay -->"

LOAD_COLUMNS = ("run", "transactions", "availability %", "elapsed s", "response s", "rate /s",
                "concurrency", "failed", "longest s", "shortest s")


@dataclass
class Check:
    what: str
    wanted: str
    got: str
    ok: bool


@dataclass
class Demonstration:
    """Result of one demonstration: tables to read, checks to be judged by, notes, commands."""
    name: str
    title: str
    tables: list = field(default_factory=list)  # (caption, columns, rows)
    checks: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    commands: list = field(default_factory=list)
    runs: list = field(default_factory=list)  # of siege, as data
    took_s: float = 0.0

    def check(self, what, wanted, got, ok):
        self.checks.append(Check(what, wanted, str(got), bool(ok)))

    def table(self, caption, columns, rows):
        self.tables.append((caption, list(columns), [list(map(str, row)) for row in rows]))

    def load_table(self, caption, recorded, runs):
        """The documents' figures and ours under the same heads."""
        self.table(caption, LOAD_COLUMNS,
                   [[f"document: {name}", *map(recorded_text, figures)]
                    for name, figures in recorded] +
                   [load_row(run) for run in runs])
        for run in runs:
            self.runs.append(run.as_data())
            if run.command not in self.commands:
                self.commands.append(run.command)
            self.notes.append(f"{run.name}: {answers_text(run)}." + (
                " siege did not end by itself; counted from its lines." if run.hung else ""))

    @property
    def ok(self):
        return bool(self.checks) and all(each.ok for each in self.checks)


def load_row(run):
    figures = run.figures
    return [f"troupe: {run.name}", figures["transactions"], percent(run.availability),
            f"{figures['elapsed_s']:.2f}", f"{figures['response_s']:.2f}",
            f"{figures['rate']:.2f}", f"{figures['concurrency']:.2f}", figures["failed"],
            f"{figures['longest_s']:.2f}", f"{figures['shortest_s']:.2f}"]


def recorded_text(figure):
    return f"{figure:.2f}" if isinstance(figure, float) else str(figure)


def percent(share):
    """Two digits, and never 100.00 for what is not all."""
    text = f"{share:.2f}"
    return f"{share:.4f}" if text == "100.00" and share < 100 else text


def answers_text(run):
    """Every status with its count, and how long answers took."""
    counts = ", ".join(f"{count} × {status}" for status, count in sorted(run.statuses.items()))
    none = f", {run.without_answer} without an answer" if run.without_answer else ""
    return (f"answers {counts or 'none'}{none}; half within {run.percentile(0.5):.2f} s, "
            f"99 % within {run.percentile(0.99):.2f} s")


def markdown_table(columns, rows):
    def line(cells):
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    return "\n".join([line(columns), "|" + "---|" * len(columns), *map(line, rows)])


def markdown(of):
    parts = []
    if of.commands:
        parts.append("```sh\n" + "\n".join(of.commands) + "\n```")
    for caption, columns, rows in of.tables:
        parts.append(f"{caption}\n\n{markdown_table(columns, rows)}")
    rows = [[each.what, each.wanted, each.got, "yes" if each.ok else "**no**"]
            for each in of.checks]
    parts.append("What it must show:\n\n" +
                 markdown_table(["what", "wanted", "found", "shown"], rows))
    if of.notes:
        parts.append("\n".join(f"- {note}" for note in of.notes))
    parts.append(f"Took {of.took_s:.0f} s.")
    return "\n\n".join(parts)


def as_data(of):
    return {"name": of.name, "title": of.title, "ok": of.ok, "took_s": round(of.took_s, 1),
            "checks": [vars(each) for each in of.checks], "notes": of.notes,
            "commands": of.commands, "runs": of.runs,
            "tables": [{"caption": caption, "columns": columns, "rows": rows}
                       for caption, columns, rows in of.tables]}


def machine_facts(programs, siege_version, folder):
    """Where and when: what figures mean nothing without."""
    def first(path, key):
        for line in Path(path).read_text().splitlines():
            if line.startswith(key):
                return line.partition(":")[2].strip()
        return "unknown"
    cores = len([line for line in Path("/proc/cpuinfo").read_text().splitlines()
                 if line.startswith("processor")])
    memory_gib = int(first("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    kind = subprocess.run(["stat", "-f", "-c", "%T", str(folder)], capture_output=True, text=True,
                          check=False).stdout.strip()
    said = subprocess.run([str(Path(programs) / "troupe"), "version"], capture_output=True,
                          text=True, check=False).stdout.strip()
    said = " ".join(said.split())
    return {"date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
            "processor": f"{first('/proc/cpuinfo', 'model name')}, {cores} cores",
            "memory": f"{memory_gib:.1f} GiB",
            "system": f"{platform.system()} {platform.release()}",
            "data directory": f"{kind}, {shutil.disk_usage(folder).free / 2**30:.0f} GiB free",
            "load average before": Path("/proc/loadavg").read_text().split()[0],
            "troupe": said, "siege": siege_version}


def facts_markdown(facts, command):
    return f"```sh\n{command}\n```\n\n" + markdown_table(
        ["fact", "value"], [[key, value] for key, value in facts.items()])


def write_results(output, facts, command, results):
    """results.md and results.json; what an earlier call left there is replaced."""
    output = Path(output)
    text = [f"# Demonstrations\n\n{facts_markdown(facts, command)}"]
    text += [f"## {each.title}\n\n{markdown(each)}" for each in results]
    (output / "results.md").write_text("\n\n".join(text) + "\n")
    data = {"facts": facts, "command": command, "ok": all(each.ok for each in results),
            "demonstrations": [as_data(each) for each in results]}
    (output / "results.json").write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def replaced(page, name, text):
    """The page with another text behind the marker of that name; ValueError if it has none."""
    marker = MARKER.format(name=name)
    form = re.compile(re.escape(marker) + r".*?" + re.escape(END), re.DOTALL)
    if len(form.findall(page)) != 1:
        raise ValueError(f"the page has not exactly one {marker} … {END}")
    return form.sub(lambda _: f"{marker}\n\n{text}\n\n{END}", page)


def update_page(path, facts, command, results):
    """What was not run again stays as it was."""
    page = Path(path).read_text()
    page = replaced(page, "facts", facts_markdown(facts, command))
    for each in results:
        page = replaced(page, each.name, markdown(each))
    Path(path).write_text(page)
