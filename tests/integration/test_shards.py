"""A run in parts through the ordinary command line, against the same run in one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Repository

PART = """
import json, os
index, count = map(int, os.environ.get("AUTORESEARCH_SHARD", "1/1").split("/"))
mine = ["p", "q", "r", "s"][index - 1 :: count]
finding = {"rule": "r", "severity": "error", "message": "no"}
print(json.dumps({
    "findings": [{**finding, "subject": s} for s in mine],
    "observations": {s: {"seen": True} for s in mine},
    "coverage": {"measured": len(mine)},
}))
"""
WHOLE = """
import json
metric = {"name": "n", "value": 1, "exact": True, "gate": True, "better": "lower"}
print(json.dumps({"metrics": [metric]}))
"""


@pytest.fixture
def loops(repository: Repository) -> Repository:
    commands = {name: json.dumps(repository.script(name, WHOLE)) for name in ("a", "b", "c")}
    lines = [f"  {name}: {{kind: script, command: {command}}}\n" for name, command in commands.items()]
    command = json.dumps(repository.script("parts", PART))
    lines.append(f"  parts: {{kind: script, divided: true, command: {command}}}\n")
    repository.config("loops:\n" + "".join(lines))
    repository.run()
    return repository


def autoresearch(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autoresearch", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def in_parts(repository: Repository, folder: Path, parts: range, count: int) -> list[str]:
    paths = []
    for index in parts:
        path = folder / f"result-{index}.json"
        repository.day = 1
        assert repository.run("--shard", f"{index}/{count}", "--out", str(path), "--fail-on", "never").code == 0
        paths.append(str(path))
    return paths


def publish(repository: Repository, results: list[str], report: Path) -> subprocess.CompletedProcess[str]:
    options = ["-C", str(repository.root), "--report", str(report), "--now", "2026-03-02T06:00:00Z"]
    return autoresearch("publish", *results, *options, "--no-write-state", "--fail-on", "never")


def test_the_merged_report_is_the_unsharded_one_byte_for_byte(loops: Repository, tmp_path: Path) -> None:
    loops.script("parts", PART.replace('"s"]', '"t"]'))
    loops.day = 1
    whole, together = tmp_path / "whole.md", tmp_path / "together.md"
    ran = loops.run("--report", str(whole), "--no-write-state", "--fail-on", "never")
    assert sorted(ran.kinds) == ["fixed", "new", "persisting", "persisting", "persisting"]
    parts = in_parts(loops, tmp_path, range(1, 4), 3)
    done = publish(loops, parts, together)
    assert done.returncode == 0, done.stderr
    assert together.read_bytes() == whole.read_bytes()
    assert done.stdout == ran.stdout


def test_a_shard_that_never_came_is_not_measured_and_fixes_nothing(loops: Repository, tmp_path: Path) -> None:
    loops.script("parts", PART.replace('"s"]', '"t"]'))
    parts = in_parts(loops, tmp_path, range(1, 3), 3)
    changes = tmp_path / "changes.json"
    options = ["-C", str(loops.root), "--now", "2026-03-02T06:00:00Z", "--no-write-state", "--changes", str(changes)]
    done = autoresearch("publish", *parts, *options)
    told = json.loads(changes.read_text())
    assert done.returncode in {1, 3}
    assert "c: its result never came" in done.stdout or "its result never came" in done.stdout
    assert "fixed" not in {change["kind"] for change in told["changes"]}


def test_a_part_of_a_run_writes_no_state(loops: Repository, tmp_path: Path) -> None:
    path = loops.root / "autoresearch/parts/state.json"
    before = path.read_bytes()
    in_parts(loops, tmp_path, range(1, 2), 2)
    assert path.read_bytes() == before


def test_the_matrix_is_computed_from_the_config(loops: Repository) -> None:
    assert json.loads(autoresearch("plan", "-C", str(loops.root), "--shards", "3").stdout) == ["1/3", "2/3", "3/3"]
    assert json.loads(autoresearch("plan", "a", "b", "-C", str(loops.root)).stdout) == ["1/2", "2/2"]


@pytest.mark.parametrize("shard", ["0/2", "3/2", "x", "1/1000", "-1/2"])
def test_a_part_that_is_none_is_refused(loops: Repository, shard: str) -> None:
    ran = loops.run(f"--shard={shard}")
    assert ran.code == 2
    assert f"--shard {shard}" in ran.stderr
