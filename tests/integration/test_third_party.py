"""Another package's loop is a loop like ours: found, validated, compared, and unable to harm the others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Repository

MODULE = """
from typing import ClassVar
from pydantic import Field
from autoresearch.config.model import LoopSettings
from autoresearch.core.measurement import Finding, Measurement, Rule
from autoresearch.loops.base import Loop

class Settings(LoopSettings):
    budget: int = Field(gt=0)

class FileSize(Loop[Settings]):
    kind: ClassVar[str] = "file-size"
    rung: ClassVar = "file"
    Settings: ClassVar = Settings
    rules: ClassVar = (Rule("file-size/too-big", "error", "A file over the budget", "Make it smaller."),)

    def measure(self, signals):
        sizes = {p.name: p.stat().st_size for p in sorted(signals.root.glob("*.txt"))}
        return Measurement(
            loop=self.name, kind=self.kind, observations={name: {"size": size} for name, size in sizes.items()},
            findings=tuple(
                Finding(rule="file-size/too-big", subject=name, severity="error", message=f"{size} bytes")
                for name, size in sizes.items() if size > self.settings.budget
            ),
        )

    def judge(self, measurement, baseline):
        return [
            Finding(rule="file-size/gone", subject=name, severity="warning", message="is gone")
            for name in baseline.observations if name not in measurement.observations
        ]

class Broken(FileSize):
    kind: ClassVar[str] = "broken"
    def measure(self, signals):
        raise SystemExit("I take everybody down with me")
"""
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "autoresearch-file-size"
version = "1.0"
[project.entry-points."autoresearch.loops"]
file-size = "file_size:FileSize"
broken = "file_size:Broken"
[tool.hatch.build.targets.wheel]
only-include = ["file_size.py"]
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the other package is installed."""
    source, site = tmp_path_factory.mktemp("package"), tmp_path_factory.mktemp("site")
    (source / "file_size.py").write_text(MODULE)
    (source / "pyproject.toml").write_text(PROJECT)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(site), str(source)], check=True, capture_output=True)
    return {**os.environ, "PYTHONPATH": str(site)}


def configured(repository: Repository, **budgets: int) -> None:
    lines = [f"  {name.replace('_', '-')}: {{budget: {budget}}}\n" for name, budget in budgets.items()]
    repository.config("loops:\n" + "".join(lines))


def test_it_is_measured_and_compared_like_ours(repository: Repository, environment: dict[str, str]) -> None:
    configured(repository, file_size=10)
    repository.write("a.txt", "small")
    assert repository.run(env=environment).code == 0
    repository.write("b.txt", "far too large a text")
    ran = repository.run(env=environment)
    assert ran.code == 1
    assert [(c["kind"], c["rule"], c["subject"]) for c in ran.changes] == [("new", "file-size/too-big", "b.txt")]


def test_its_settings_are_validated_like_ours(repository: Repository, environment: dict[str, str]) -> None:
    repository.config("loops:\n  file-size:\n    budgte: 10\n")
    ran = repository.run(env=environment)
    assert ran.code == 2
    assert "autoresearch/config.yml:4:5: loops.file-size.budgte: unknown key; did you mean `budget`?" in ran.stderr


def test_its_settings_are_part_of_the_schema(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "autoresearch", "schema"]
    printed = subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout
    assert '"loop-file-size"' in printed
    assert '"budget"' in printed


def test_one_that_breaks_is_not_measured_and_stops_nobody(
    repository: Repository, environment: dict[str, str], tmp_path: Path
) -> None:
    configured(repository, broken=1, file_size=10)
    repository.write("a.txt", "small")
    ran = repository.run(env=environment)
    assert ran.code == 3
    broken, sizes = ran.result["measurements"]
    assert (broken["status"], sizes["status"]) == ("not-measured", "measured")
    assert "I take everybody down with me" in broken["reason"]
    assert ran.state("file-size")["observations"] == {"a.txt": {"size": 5}}
