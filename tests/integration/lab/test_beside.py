"""What real visitors met, beside what the lab says, in one measurement."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from autoresearch.config.model import Site
from autoresearch.config.secrets import Secrets
from autoresearch.core.measurement import Measurement
from autoresearch.errors import NotMeasuredError
from autoresearch.loops.lighthouse import Lighthouse, Settings
from autoresearch.signals.context import Signals
from autoresearch.signals.lab import crux
from tests.integration.lab import fake


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tools").mkdir()
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").write_text(fake.page())
    for name, value in fake.install(tmp_path / "tools").items():
        monkeypatch.setenv(name, value)
    return tmp_path


def measured(root: Path) -> Measurement:
    given = {"kind": "lighthouse", "pages": ["/"], "presets": ["mobile"], "crux": {"key": "key"}}
    site = Site(url="https://shop.example", source="dist", dist="dist")
    now = dt.datetime(2026, 10, 6, tzinfo=dt.UTC)
    with Signals(root, site, now, Secrets({})) as signals:
        return Lighthouse("lighthouse", Settings.model_validate(given)).measure(signals)


def test_visitors_numbers_are_recorded_of_the_live_site_and_gate_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def visited(site: str, pages: object, key: str) -> object:
        asked.append((site, pages, key))
        return [("/", "mobile", {"lcp": 1303.0, "cls": 0.05})]

    monkeypatch.setattr(crux, "visited", visited)
    field = {m.name: (m.value, m.unit, m.gate) for m in measured(root).metrics if "-field-" in m.name}
    assert field == {"mobile-field-lcp": (1303.0, "ms", False), "mobile-field-cls": (0.05, "", False)}
    assert asked == [("https://shop.example", [("/", "/", "mobile")], "key")]


def test_a_service_that_does_not_answer_leaves_a_gap_and_the_lab_its_numbers(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> object:
        raise NotMeasuredError("the Chrome UX Report answers 429: quota")

    monkeypatch.setattr(crux, "visited", refuse)
    seen = measured(root)
    assert [(skip.subject, skip.reason) for skip in seen.coverage.skipped] == [
        ("CrUX", "the Chrome UX Report answers 429: quota")
    ]
    assert any(metric.name == "mobile-lcp" for metric in seen.metrics)
