"""The wheel holds all that a run needs, and runs where no checkout is in reach."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = """\
version: 1
loops:
  greeting: {kind: script, command: [sh, greet.sh]}
"""
GREET = """echo '{"metrics": [{"name": "greetings", "value": 3, "better": "higher"}]}'\n"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel in it; its dependencies are borrowed from ours, which names them in a `.pth`."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, symlinks=True)
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--no-index", "--no-deps", str(wheel)], check=True, capture_output=True)
    (site_packages,) = environment.glob("lib/python*/site-packages")
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return environment / "bin"


def test_the_wheel_holds_every_template(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    templates = {f"autoresearch/templates/{path.name}" for path in (ROOT / "templates").iterdir()}
    assert templates
    assert templates <= set(names)
    assert "autoresearch/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/")) or name.endswith(".pyc")]


def test_the_installed_command_runs_a_loop_and_writes_a_report(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "autoresearch").mkdir()
    (tmp_path / "autoresearch" / "config.yml").write_text(CONFIG)
    (tmp_path / "greet.sh").write_text(GREET)
    where = subprocess.run(
        [installed / "python", "-c", "import autoresearch; print(autoresearch.__file__)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert where.stdout.startswith(str(installed.parent))
    ended = subprocess.run(
        [installed / "autoresearch", "run", "--no-publish", "--report", "report.md"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    assert "greeting" in (tmp_path / "report.md").read_text()
