"""Where the lab's programs are looked for, and what is said where they are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autoresearch.errors import NotMeasuredError
from autoresearch.loops.lighthouse.rules import LIGHTHOUSE
from autoresearch.signals.lab.tools import find_browser, find_lighthouse

ROOT = Path(__file__).parents[3]


def lighthouse_in(folder: Path) -> Path:
    package = folder / "node_modules" / "lighthouse"
    package.mkdir(parents=True)
    (package / "package.json").write_text("{}")
    return folder


def test_the_variable_goes_before_the_checkout(tmp_path: Path) -> None:
    named, checkout = lighthouse_in(tmp_path / "image"), lighthouse_in(tmp_path / "checkout")
    assert find_lighthouse({"LIGHTHOUSE_PATH": str(named)}, checkout) == named
    assert find_lighthouse({}, checkout) == checkout


def test_a_missing_lighthouse_names_the_command_that_installs_it(tmp_path: Path) -> None:
    with pytest.raises(NotMeasuredError) as missing:
        find_lighthouse({}, tmp_path)
    assert "npm --prefix requirements/node ci --ignore-scripts" in missing.value.hint


def test_the_browser_that_is_named_is_taken_and_has_to_be_there(tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text("#!/bin/sh\n")
    browser.chmod(0o755)
    assert find_browser({"CHROME_PATH": str(browser)}) == str(browser)
    with pytest.raises(NotMeasuredError, match="CHROME_PATH"):
        find_browser({"CHROME_PATH": str(tmp_path / "none")})


def test_playwrights_browser_is_found_where_the_machine_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    browser = tmp_path / "cache" / "chromium-1200" / "chrome-linux" / "chrome"
    browser.parent.mkdir(parents=True)
    browser.write_text("#!/bin/sh\n")
    browser.chmod(0o755)
    assert find_browser({"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path / "cache")}) == str(browser)


def test_the_rules_speak_of_the_lighthouse_that_is_pinned() -> None:
    wanted = json.loads((ROOT / "requirements" / "node" / "package.json").read_text())["dependencies"]["lighthouse"]
    assert wanted == LIGHTHOUSE
