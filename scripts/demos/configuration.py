"""Demonstration 5: configuration that is missing or wrong is refused; what runs is not touched."""

import subprocess
from pathlib import Path

from cluster import Cluster
from observe import Observer

CALL = {"customerId": 1, "destination": "junja", "cost": 500}
WRONG_CONFIGURATION = 2  # exit code, docs/cli.md
REFUSED_FOR_NOW = 8


def run(stage, demo):
    folder = stage.folder(demo.name)
    config = folder / "troupe.toml"
    config.write_text(f'nodes = {max(stage.nodes, 2)}\nsystem = ["taxi"]\n')
    with Cluster(stage.programs, folder, 0, (), ("--config", str(config))) as cluster:
        cluster.create("/taxi/calls", CALL)
        before = {name: each["pid"] for name, each in cluster.nodes().items()}
        user = Observer(cluster.place, "POST", "/taxi/calls", CALL, 50)
        try:
            rows = [_attempt(demo, cluster, folder, *each) for each in _attempts(cluster, folder)]
            _without_file(demo, cluster, config)
        finally:
            samples = user.end()
        demo.table("Starts that are refused:", ["what is wrong", "exit code", "what is said"], rows)
        after = {name: each["pid"] for name, each in cluster.nodes().items()}
        touched = [name for name in before if name != "n1" and after.get(name) != before[name]]
        demo.check("running nodes meanwhile", "the same processes, none restarted",
                   "the same" if not touched else f"replaced: {', '.join(touched)}", not touched)
        failed = sum(not each.ok for each in samples)
        demo.check(f"requests to the running cluster meanwhile ({len(samples)} commands)",
                   "none fails", f"{failed} failed", samples and failed == 0)
        cluster.wait_quiet()
    demo.notes.append("Documents: settings came from a ConfigMap; it was deleted to show an error.")
    stage.check_verified(demo, cluster)


def _attempts(cluster, folder):
    """What is wrong, the words behind `troupe up`, exit code, what must be said."""
    unknown = folder / "unknown.toml"
    unknown.write_text("nodez = 3\n")
    broken = folder / "broken.toml"
    broken.write_text('nodes = "three"\n')
    blocked = folder / "file"
    blocked.write_text("no directory\n")
    taken = ["--http", cluster.place, "--listen-base", "0", "-n", "1"]
    free = ["--http", "127.0.0.1:0", "--listen-base", "0", "-n", "1"]
    fresh = str(folder / "other")
    return [
        ("unknown key in the TOML file", ["--config", str(unknown)], fresh,
         WRONG_CONFIGURATION, "nodez"),
        ("word for a number in the TOML file", ["--config", str(broken)], fresh,
         WRONG_CONFIGURATION, "three"),
        ("TOML file missing", ["--config", str(folder / "none.toml")], fresh,
         WRONG_CONFIGURATION, "none.toml"),
        ("data directory cannot be written", free, str(blocked / "data"),
         WRONG_CONFIGURATION, "file"),
        ("the gateway's port is taken", taken, fresh, WRONG_CONFIGURATION, "ADDRESS_IN_USE"),
        ("unknown context in --host", [*free, "--host", "n1=taxi.nothing"], fresh,
         WRONG_CONFIGURATION, "taxi.nothing"),
        ("unknown system", [*free, "--system", "trains"], fresh, WRONG_CONFIGURATION, "trains"),
        ("data directory of the running cluster", free, str(cluster.data), REFUSED_FOR_NOW, "pid"),
    ]


def _attempt(demo, cluster, folder, what, words, data, code, said):
    """One start; it must be refused with three lines and leave nothing."""
    existed = Path(data).exists()
    done = subprocess.run([cluster.program("troupe"), "up", "--detach", *words, "--data", data],
                          capture_output=True, text=True, timeout=120, check=False)
    text = done.stderr
    heads = ("error: ", "  why: ", "  try: ")
    lines = [line for line in text.splitlines() if line.startswith(heads)]
    clear = len(lines) >= 3 and said in text
    running = any(Path(data).glob("run/n*.pid")) and not existed
    demo.check(f"{what}: refused at the start", f"exit code {code}, error, why, try, names it",
               f"exit code {done.returncode}, {'clear' if clear else 'not clear'}"
               f"{', but nodes were started' if running else ''}",
               done.returncode == code and clear and not running)
    shown = " ".join(line.strip() for line in lines).replace(str(folder), "…")
    return [what, done.returncode, shown or text.strip()[-200:]]


def _without_file(demo, cluster, config):
    """The file is deleted while its cluster runs: nodes go on, a restart too, a new start not."""
    config.unlink()
    restarted = cluster.troupe("restart", "n1")
    demo.check("TOML file deleted while its cluster runs: `troupe restart n1`", "exit code 0",
               f"exit code {restarted.returncode}", restarted.returncode == 0)
    again = cluster.troupe("up", "--detach", "--config", str(config))
    demo.check("TOML file deleted: the next `troupe up`", f"exit code {WRONG_CONFIGURATION}",
               f"exit code {again.returncode}", again.returncode == WRONG_CONFIGURATION)

