"""A small repository with a night in it, and what a test asks of it afterwards."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from autoresearch.experiment.night import Limits
from autoresearch.experiment.run import Ended, Wish, experiment

NOW = dt.datetime(2026, 10, 5, 22, 0, tzinfo=dt.UTC)
CSS = ":root { --gap: 16px; --speed: 3; --color: red; }\n"
EXACT = """\
import json, re
css = open("site/style.css").read()
number = lambda name: float(re.search(rf"--{name}:\\s*([\\d.]+)", css)[1])
score = 100 + (number("gap") - 8) ** 2 + 10 * number("speed")
print(json.dumps({"score": score, "metrics": {"speed": number("speed")}}))
"""
NOISY = """\
import json, pathlib, random, re
runs = pathlib.Path(%r)
count = int(runs.read_text()) if runs.exists() else 0
runs.write_text(str(count + 1))
css = open("site/style.css").read()
number = lambda name: float(re.search(rf"--{name}:\\s*([\\d.]+)", css)[1])
noise = random.Random(count).gauss(1, %g)
print(json.dumps({"score": (100 + (number("gap") - 8) ** 2) * noise}))
"""
KNOBS = {
    "kind": "knobs",
    "knobs": [
        {"css": "--gap", "range": [4, 32], "step": 4},
        {"css": "--speed", "choices": [1, 2, 3, 4]},
        {"css": "--color", "choices": ["red", "blue"]},
    ],
}


def git(root: Path, *command: str) -> str:
    told = ["git", "-C", str(root), "-c", "user.name=Ann", "-c", "user.email=ann@shop.example", *command]
    return subprocess.run(told, check=True, capture_output=True, text=True).stdout


def repository(root: Path, *, source: str = EXACT, files: dict[str, str] | None = None, **settings: Any) -> Path:
    """A committed site with one experiment, `tiny`."""
    told = {
        "edits": "site/style.css",
        "benchmark": "autoresearch/tiny/benchmark.py",
        "agent": KNOBS,
        "budget": {"tries": 12},
        **settings,
    }
    written = {
        "site/style.css": CSS,
        "site/index.html": "<title>Shop</title>\n",
        "autoresearch/tiny/benchmark.py": source,
        **(files or {}),
    }
    for name, text in written.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with (root / "autoresearch" / "config.yml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump({"version": 1, "experiments": {"tiny": told}}, file)
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "The shop")
    return root


def night(root: Path, *, resume: bool = False, **limits: Any) -> Ended:
    """One night at a standing clock."""
    wish = Wish(root, "autoresearch/config.yml", resume=resume, limits=Limits(**limits))
    return experiment(wish, clock=lambda: NOW, say=lambda _: None)


def program(root: Path, source: str) -> dict[str, Any]:
    """An agent that is a program, which lies outside of the repository."""
    file = root.parent / f"{root.name}-agent.py"
    file.write_text(source, encoding="utf-8")
    return {"kind": "command", "command": [sys.executable, str(file), "{file}"]}


def statuses(ended: Ended) -> list[str]:
    return [row.status for row in ended.book.tries]


def changed_by(root: Path, commit: str) -> Sequence[str]:
    return git(root, "diff", "--name-only", f"{commit}~1", commit).split()


def told(root: Path) -> list[dict[str, Any]]:
    """The notebook's lines, as they are on the disk."""
    (file,) = (root / ".git" / "autoresearch" / "tiny").glob("*/tries.jsonl")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
