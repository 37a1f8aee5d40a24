"""What does a try cost besides the agent, the build and the benchmark? In a repository of ten thousand files.

    scripts/bench harness [--files 10000] [--tries 40] [--write]

The agent turns a knob and the benchmark is a line of shell, so that nearly all of the time is the harness's: two clean
checkouts for the exact score and one for the agent, the checks of what was changed, the notebook, the commits.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median

from support.page import machine, renew, table

from autoresearch.experiment.night import Limits
from autoresearch.experiment.run import Wish, experiment

SCORE = """\
#!/bin/sh
gap=$(sed -n 's/.*--gap: \\([0-9]*\\)px.*/\\1/p' site/style.css)
echo "score=$((100 + (gap - 8) * (gap - 8)))"
"""
CONFIG = {
    "version": 1,
    "experiments": {
        "small": {
            "edits": "site/style.css",
            "benchmark": "autoresearch/small/benchmark.sh",
            "agent": {"kind": "knobs", "knobs": [{"css": "--gap", "range": [4, 400], "step": 2}]},
        }
    },
}
TARGET = 0.5


def make(root: Path, files: int) -> None:
    """A repository of so many files in folders of a hundred."""
    for number in range(files):
        path = root / "src" / f"{number // 100:04}" / f"{number % 100:02}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"line {number}\n" * 20, encoding="utf-8")
    for name, text in {
        "site/style.css": ":root { --gap: 16px }\n",
        "autoresearch/small/benchmark.sh": SCORE,
        "autoresearch/config.yml": json.dumps(CONFIG),
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (root / "autoresearch/small/benchmark.sh").chmod(0o755)
    for command in (["init", "-q"], ["add", "--all"], ["commit", "-qm", "all"]):
        who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
        subprocess.run(["git", *who, *command], cwd=root, check=True)


def own(root: Path) -> float:
    """Seconds of the benchmark alone."""
    began = time.perf_counter()
    for _ in range(20):
        subprocess.run(["autoresearch/small/benchmark.sh"], cwd=root, check=True, capture_output=True)
    return (time.perf_counter() - began) / 20


def main() -> int:
    """Print the table; exit code 1 where the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--tries", type=int, default=40)
    parser.add_argument("--write", action="store_true", help="renew the section of docs/benchmarks.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="harness-") as name:
        root = Path(name)
        make(root, options.files)
        alone = own(root)
        wish = Wish(root, "autoresearch/config.yml", limits=Limits(tries=options.tries))
        told: list[tuple[float, str]] = []
        say = lambda line: told.append((time.perf_counter(), line))  # noqa: E731
        experiment(wish, clock=lambda: dt.datetime.now(dt.UTC), say=say)
    pairs = [(before, after) for before, after in pairwise(told) if after[1].partition(":")[0].isdigit()]
    costs = [after[0] - before[0] - 2 * alone for before, after in pairs]
    row = [f"{options.files:,} files", f"{len(costs)}", f"{median(costs):.2f}", f"{max(costs):.2f}"]
    text = table(["", "tries", "s a try, median", "slowest"], [row])
    text += f"\n\nTarget: {TARGET} s. Without the two runs of the benchmark, {1000 * alone:.0f} ms each."
    print(text)
    if options.write:
        renew("The night's harness", f"{text}\n\n{machine()}")
    return 0 if median(costs) <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
