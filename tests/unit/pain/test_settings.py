"""What the config may say, and how it is told what it may not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from autoresearch.loops.pain.asked import asked
from autoresearch.loops.pain.hours import Clock, holidays, shown
from autoresearch.loops.pain.presets import PRESETS
from autoresearch.loops.pain.settings import Settings, days_of


def settings(**told: Any) -> Settings:
    return Settings.model_validate({"kind": "pain-watchdog", **told})


def test_without_words_every_preset_is_watched() -> None:
    assert [each.name for each in asked(settings(), ("route",))] == [*PRESETS, "events"]


def test_a_preset_can_be_named_alone_or_changed_in_part() -> None:
    chosen = settings(signals={"rage-clicks": None, "slow-pages": {"over": 4000}}).chosen()
    assert chosen["rage-clicks"].where == PRESETS["rage-clicks"]["where"]
    assert (chosen["slow-pages"].over, chosen["slow-pages"].of) == (4000, PRESETS["slow-pages"]["of"])


def test_a_funnel_is_a_series_for_each_step_but_the_last() -> None:
    steps = [{"event": name} for name in ("view", "cart", "paid")]
    names = [each.name for each in asked(settings(signals={"buy": {"steps": steps}}, silent=False), ())]
    assert names == ["buy-1", "buy-2"]


def test_another_question_has_another_past_and_another_threshold_has_not() -> None:
    def definition(**signal: Any) -> str:
        return asked(settings(signals={"x": {"where": {"event": "a"}, **signal}}), ("route",))[0].definition

    assert definition() != definition(where={"event": "b"})
    assert definition() == definition(min_excess=9)


def test_all_series_together_have_the_false_alarms_of_one() -> None:
    (each, *_) = asked(settings(), ())
    assert each.thresholds(5).q == pytest.approx(each.thresholds(1).q / 5)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"segments": ["session"]}, "singles out"),
        ({"segments": ["route", "route"]}, "each dimension once"),
        ({"signals": {"rage-click": None}}, "did you mean `rage-clicks`"),
        ({"signals": {"x": {"of": {"event": "a"}}}}, "say what it is"),
        ({"signals": {"x": {"steps": [{"event": "a"}]}}}, "at least 2"),
        ({"signals": {"x": {"steps": [{"event": "a"}, {"event": "b"}], "over": 3}}}, "nothing else"),
        ({"holidays": {"Easter": "April"}}, "a day is written"),
        ({"holidays": {"Easter": "2026-04-06..2026-04-03"}}, "ends after it begins"),
        ({"rules": {"pain/rate": "off"}}, "no rule `pain/rate`"),
    ],
)
def test_what_cannot_be_is_refused_in_words(told: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings(**told)


def test_the_hour_that_a_clock_shows_twice_is_one_hour() -> None:
    from zoneinfo import ZoneInfo

    clock = Clock(ZoneInfo("Europe/Berlin"))
    first, second = (dt.datetime(2026, 10, 25, hour, 30, tzinfo=dt.UTC) for hour in (0, 1))
    assert clock.hour(first) == clock.hour(second)
    assert shown(clock.hour(first)) == "2026-10-25 02:00"
    assert clock.time(clock.hour(first)) == first.replace(minute=0)


def test_a_holiday_is_its_days_whole() -> None:
    clock = Clock(dt.UTC)  # type: ignore[arg-type]
    start = clock.hour(dt.datetime(2026, 12, 23, 22, tzinfo=dt.UTC))
    named = holidays({"Christmas": days_of("2026-12-24..2026-12-26")}, range(start, start + 96))
    assert (min(named), max(named)) == (start + 2, start + 2 + 71)
