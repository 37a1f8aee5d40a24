"""The night in miniature: real Chromium, real git, and the planted improvement is found."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.heavy
def test_the_night_finds_what_was_planted_and_keeps_nothing_else(tmp_path: Path) -> None:
    command = [ROOT / "scripts" / "demo", "--night", tmp_path]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "and nothing else" in ended.stdout
    report = (tmp_path / "night.md").read_text(encoding="utf-8")
    assert report.startswith("# texture: ")
    assert "better revalidated" in report
    assert "On the holdout, which no agent has seen, it holds" in report
