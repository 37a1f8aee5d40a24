"""Killed at any moment, a night goes on where it was: at most the try in hand is lost, and none is counted twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autoresearch.experiment.notebook import Notebook
from autoresearch.experiment.repository import Repository
from tests.integration.experiment.world import EXACT, git, night, repository, told

TRIES = 4
MORTAL = (
    """\
import os, pathlib, signal
runs = pathlib.Path(%r)
count = int(runs.read_text()) + 1 if runs.exists() else 1
runs.write_text(str(count))
if count == %d:
    os.kill(os.getppid(), signal.SIGKILL)
"""
    + EXACT
)


def outcome(rows: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return [tuple(row[name] for name in ("number", "status", "description", "score", "gain")) for row in rows]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    root = repository(tmp_path_factory.mktemp("whole") / "shop")
    night(root, tries=TRIES)
    return outcome(told(root))


@pytest.mark.parametrize("run", [1, 6, 7, 9, 12])
def test_a_night_that_is_killed_during_a_run_goes_on(
    tmp_path: Path, run: int, undisturbed: list[tuple[object, ...]]
) -> None:
    root = repository(tmp_path / "shop", source=MORTAL % (str(tmp_path / "runs"), run))
    command = [sys.executable, "-m", "autoresearch", "experiment", "-C", str(root), "--tries", str(TRIES)]
    assert subprocess.run(command, check=False, capture_output=True).returncode == -9
    again = subprocess.run([*command, "--resume"], check=False, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert outcome(told(root)) == undisturbed


class Killed(BaseException):
    """Nothing catches it."""


@pytest.mark.parametrize("after", ["the notebook", "the branch"])
def test_a_night_that_is_killed_between_notebook_and_branch_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str, undisturbed: list[tuple[object, ...]]
) -> None:
    root, move = repository(tmp_path / "shop"), Repository.move

    def killed(self: Repository, branch: str, to: str, *, since: str) -> None:
        if since and after == "the branch":
            move(self, branch, to, since=since)
        if since:
            raise Killed
        move(self, branch, to, since=since)

    with monkeypatch.context() as patched:
        patched.setattr(Repository, "move", killed)
        with pytest.raises(Killed):
            night(root, tries=TRIES)
    night(root, tries=TRIES, resume=True)
    assert outcome(told(root)) == undisturbed
    kept = [row["commit"] for row in told(root) if row["commit"]]
    assert git(root, "rev-parse", "autoresearch/tiny-2026-10-05~1").strip() == kept[-1]


def test_a_line_that_was_not_finished_is_dropped(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop")
    ended = night(root, tries=2)
    with (ended.book.folder / "tries.jsonl").open("a") as file:
        file.write('{"number": 3, "sta')
    book = Notebook.open(ended.book.folder)
    assert [row.number for row in book.tries] == [1, 2]
    assert (book.folder / "tries.jsonl").read_text().endswith("}\n")
