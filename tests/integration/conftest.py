"""A repository in a folder, and runs of the ordinary command line over it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass
class Ran:
    """One run of the command line, and what it left behind."""

    code: int
    stdout: str
    stderr: str
    root: Path

    @property
    def changes(self) -> list[dict[str, Any]]:
        return json.loads((self.root / "changes.json").read_text())["changes"]  # type: ignore[no-any-return]

    @property
    def kinds(self) -> list[str]:
        return [change["kind"] for change in self.changes]

    @property
    def result(self) -> dict[str, Any]:
        return json.loads((self.root / "result.json").read_text())  # type: ignore[no-any-return]

    def state(self, loop: str) -> dict[str, Any]:
        return json.loads((self.root / "autoresearch" / loop / "state.json").read_text())  # type: ignore[no-any-return]


class Repository:
    """A user's repository: write files, run the tool, look."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.day = 0

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def config(self, text: str) -> None:
        self.write("autoresearch/config.yml", "version: 1\n" + text)

    def script(self, name: str, body: str) -> list[str]:
        """A Python program in the repository, and the command that runs it."""
        self.write(f"checks/{name}.py", body)
        return [sys.executable, f"checks/{name}.py"]

    def run(self, *arguments: str, env: dict[str, str] | None = None, time_limit: float = 120) -> Ran:
        """`autoresearch run`, a day later than the last time."""
        self.day += 1
        command = [sys.executable, "-m", "autoresearch", "run", "-C", str(self.root), "--no-publish"]
        command += ["--now", f"2026-03-{self.day:02}T06:00:00Z"]
        command += ["--changes", str(self.root / "changes.json"), "--out", str(self.root / "result.json"), *arguments]
        finished = subprocess.run(command, capture_output=True, text=True, env=env, timeout=time_limit, check=False)
        return Ran(finished.returncode, finished.stdout, finished.stderr, self.root)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    root = tmp_path / "repository"
    root.mkdir()
    return Repository(root)


@pytest.fixture
def prints(repository: Repository) -> Callable[[Any], None]:
    """Configure one `script` loop, `checks`, that prints what it is given."""

    def configure(measurement: Any, **settings: Any) -> None:
        text = measurement if isinstance(measurement, str) else json.dumps(measurement)
        command = repository.script("checks", f"print({text!r})\n")
        repository.config(f"loops:\n  checks: {json.dumps({'kind': 'script', 'command': command, **settings})}\n")

    return configure
