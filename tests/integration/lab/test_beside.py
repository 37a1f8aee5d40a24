"""What real visitors met, beside what the lab says, in one measurement."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from autoresearch.config.events import Events
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


def measured(root: Path, events: Events | None = None, **more: Any) -> Measurement:
    given = {"kind": "lighthouse", "pages": ["/"], "presets": ["mobile"], **(more or {"crux": {"key": "key"}})}
    site = Site(url="https://shop.example", source="dist", dist="dist")
    now = dt.datetime(2026, 10, 6, tzinfo=dt.UTC)
    with Signals(root, site, now, Secrets({}), event_settings=events) as signals:
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


VITALS = {"lcp": {"event": "LCP"}, "cls": {"event": "CLS"}, "inp": {"event": "INP"}}


def record(root: Path) -> Events:
    """A hundred visits of `/`, the slowest quarter at 4 s; one of another page, and none that knows its INP."""
    lines = ["time,session,event,route,value"]
    for number in range(100):
        at = f"2026-10-0{1 + number % 5}T12:00:{number % 60:02}Z"
        lines.append(f"{at},s{number},LCP,/,{4000 if number >= 75 else 1800}")
        lines.append(f"{at},s{number},CLS,/,0.05")
    lines.append("2026-10-01T12:00:00Z,other,LCP,/about,9000")
    (root / "events.csv").write_text("\n".join(lines) + "\n")
    columns = {name: name for name in ("time", "session", "event", "route", "value")}
    return Events.model_validate({"source": "events.csv", "columns": columns})


def test_the_sites_own_web_vitals_are_recorded_and_gate_nothing(root: Path) -> None:
    seen = measured(root, record(root), web_vitals=VITALS)
    visitors = {m.name: m for m in seen.metrics if m.name.startswith("visitors-")}
    assert visitors.keys() == {"visitors-lcp", "visitors-cls"}
    assert visitors["visitors-lcp"].value == pytest.approx(1800, rel=0.06)
    assert visitors["visitors-cls"].value == pytest.approx(0.05, rel=0.06)
    assert not any(metric.gate for metric in visitors.values())
    assert seen.coverage.skipped == ()


def test_a_page_with_few_visits_is_not_spoken_of(root: Path) -> None:
    seen = measured(root, record(root), web_vitals={**VITALS, "least": 101})
    assert not [metric for metric in seen.metrics if metric.name.startswith("visitors-")]


def test_web_vitals_without_events_are_a_gap(root: Path) -> None:
    (gap,) = measured(root, None, web_vitals=VITALS).coverage.skipped
    assert (gap.subject, gap.reason) == ("web vitals", "there are no events to look at")
