"""`scripts/release`: what the release workflow writes into the tag's commit."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from autoresearch import __version__

ROOT = Path(__file__).parents[2]
FULL = f"ghcr.io/autoresearch/autoresearch@sha256:{'a' * 64}"
SLIM = f"ghcr.io/autoresearch/autoresearch@sha256:{'b' * 64}"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("scripts/release", "action.yml", "slim/action.yml", "src/autoresearch/__init__.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text(
        f"# Changelog\n\n## [Unreleased]\n\n- later\n\n## [{__version__}] - 2026-12-01\n\n- now\n\n## [0.0.1]\n"
    )
    return tmp_path


def release(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([checkout / "scripts" / "release", *arguments], capture_output=True, text=True, check=False)


def image(path: Path) -> str:
    return str(YAML(typ="safe").load(path)["runs"]["image"])


def test_a_release_names_both_images_by_digest_and_changes_nothing_else(checkout: Path) -> None:
    before = {name: (checkout / name).read_text().splitlines() for name in ("action.yml", "slim/action.yml")}
    assert release(checkout, "pin", FULL, SLIM).returncode == 0
    assert image(checkout / "action.yml") == f"docker://{FULL}"
    assert image(checkout / "slim" / "action.yml") == f"docker://{SLIM}"
    for name, lines in before.items():
        after = (checkout / name).read_text().splitlines()
        assert [old for old, new in zip(lines, after, strict=True) if old != new] == [lines[-1]]


@pytest.mark.parametrize("wrong", ["ghcr.io/autoresearch/autoresearch:0.1.0", FULL.replace("a" * 64, ""), "latest"])
def test_an_image_without_its_digest_is_refused_before_anything_is_written(checkout: Path, wrong: str) -> None:
    ended = release(checkout, "pin", FULL, wrong)
    assert ended.returncode == 1
    assert "names no image of ghcr.io by its digest" in ended.stderr
    assert image(checkout / "action.yml") == "Dockerfile"


def test_what_is_released_is_not_released_again(checkout: Path) -> None:
    release(checkout, "pin", FULL, SLIM)
    ended = release(checkout, "pin", SLIM, FULL)
    assert ended.returncode == 1
    assert "released already" in ended.stderr
    assert image(checkout / "action.yml") == f"docker://{FULL}"


def test_the_notes_are_what_the_changelog_says_about_this_version(checkout: Path) -> None:
    assert release(checkout, "version").stdout.strip() == __version__
    assert release(checkout, "notes").stdout.strip() == "- now"


def test_a_version_that_the_changelog_does_not_know_is_not_released(checkout: Path) -> None:
    (checkout / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n\n- now\n")
    ended = release(checkout, "notes")
    assert ended.returncode == 1
    assert f'give it a heading "## [{__version__}] - DATE"' in ended.stderr
