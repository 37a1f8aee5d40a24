"""How long until the tool begins to work: the imports of `autoresearch --help`, and a run with nothing but one script.

    scripts/bench startup

Time is wall time of whole processes; what a bare interpreter takes is measured in turn with them and taken off
for the imports. Bytecode is compiled, as `scripts/setup` and any installation leave it.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
from pathlib import Path

from support import page
from support.stopwatch import Run, run

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv" / "bin" / "python"
HEAVY = ("duckdb", "github", "httpx", "jinja2", "numpy", "playwright", "pycurl", "rich", "scipy", "selectolax")
"""Imported where they are used, and so not for a list of commands."""
_CONFIG = "version: 1\nloops:\n  greeting: {kind: script, command: [sh, greet.sh]}\n"
_SCRIPT = """echo '{"metrics": [{"name": "greetings", "value": 3, "better": "higher"}]}'\n"""
_LIMIT_IMPORTS = 150
_LIMIT_RUN = 500


def _timed(*arguments: object, cwd: Path) -> Run:
    ended = run([PYTHON, *arguments], cwd=cwd, env={"PYTHONDONTWRITEBYTECODE": ""})
    if ended.code != 0:
        raise SystemExit(f"{arguments} ended with {ended.code}:\n{ended.output}")
    return ended


def measure(folder: Path, repeats: int) -> dict[str, list[float]]:
    """Milliseconds of a bare interpreter, of `--help` and of a run, in turn."""
    (folder / "autoresearch").mkdir()
    (folder / "autoresearch" / "config.yml").write_text(_CONFIG)
    (folder / "greet.sh").write_text(_SCRIPT)
    commands: dict[str, list[object]] = {
        "bare": ["-c", "pass"],
        "help": ["-m", "autoresearch", "--help"],
        "run": ["-m", "autoresearch", "run", "-C", folder, "--no-publish"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(repeats + 1):
        for name, command in commands.items():
            ended = _timed(*command, cwd=folder)
            if turn:  # the first one warms the file system's cache
                times[name].append(1000 * ended.seconds)
    return times


def imported(folder: Path) -> list[str]:
    """The heavy packages that `--help` imports all the same."""
    listing = _timed("-X", "importtime", "-m", "autoresearch", "--help", cwd=folder).output
    names = {match[1] for match in re.finditer(r"^import time:.*\| +([\w.]+)$", listing, re.MULTILINE)}
    return sorted(names.intersection(HEAVY))


def main() -> int:
    """Measure, print, keep when asked to; 1 when a limit does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--write", action="store_true", help="renew the section of docs/benchmarks.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        times = measure(Path(name), options.repeats)
        heavy = imported(Path(name))
    middle = {name: statistics.median(values) for name, values in times.items()}
    imports = middle["help"] - middle["bare"]
    rows = [
        ["imports of `autoresearch --help`", f"{imports:.0f}", f"{min(times['help']) - middle['bare']:.0f}", "150"],
        ["`autoresearch run` with one `script` loop", f"{middle['run']:.0f}", f"{min(times['run']):.0f}", "500"],
        ["a bare interpreter", f"{middle['bare']:.0f}", f"{min(times['bare']):.0f}", "–"],
    ]
    text = (
        f"`scripts/bench startup`. {page.machine()}\n\n{page.table(['ms', 'median', 'fastest', 'limit'], rows)}\n\n"
        + f"{options.repeats} processes each. Heavy packages that `--help` imports: {', '.join(heavy) or 'none'}."
    )
    print(text)
    if options.write:
        page.renew("Start-up", text)
    return int(imports > _LIMIT_IMPORTS or middle["run"] > _LIMIT_RUN or bool(heavy))


if __name__ == "__main__":
    sys.exit(main())
