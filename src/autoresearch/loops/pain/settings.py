"""`loops.pain-watchdog` of the config: which pains, in which segments, on which days not."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from autoresearch.config.base import Section
from autoresearch.config.events import Where
from autoresearch.config.load import suggestion
from autoresearch.config.model import LoopSettings, Rung
from autoresearch.core.measurement import Severity
from autoresearch.loops.pain.presets import PRESETS
from autoresearch.loops.pain.rules import KIND, RULES
from autoresearch.statistics.pain.causes import MAX_DIMENSIONS

PERSONAL = ("time", "session", "user", "event_id", "user_agent", "received", "value")
"""Columns that are no dimension: they single out somebody, or are no names at all."""
SEGMENTS = ("route", "country", "browser", "release")
"""The dimensions when the config names none: those of them that are mapped."""
MAX_SIGNALS = 20


class Signal(Section):
    """One kind of pain: a share of sessions, a number an hour, a funnel, or a duration."""

    where: Where | None = Field(default=None, description="events that are the pain, or that carry the value")
    of: Where | None = Field(default=None, description="the sessions that could be hurt: those with such an event")
    over: float | None = Field(default=None, gt=0, description="pain is a `value` of at least this; `of` says of which")
    steps: tuple[Where, ...] | None = Field(default=None, min_length=2, max_length=10, description="a funnel, in order")
    value: str | None = Field(default=None, description="a column of numbers whose percentiles are watched")
    per: Literal["session", "hour"] = Field(
        default="session", description="hour: plain counts, when sessions say little"
    )
    min_excess: float = Field(default=5.0, ge=1, description="affected beyond the expected; fewer are never told")
    min_ratio: float | None = Field(default=None, gt=1, description="times the usual; less is never told")

    @model_validator(mode="after")
    def _is_one_kind(self) -> Signal:
        if self.steps is not None:
            if self.where or self.of or self.over or self.value:
                raise ValueError("a funnel has `steps` and nothing else")
        elif self.over is not None:
            if self.where or self.value or not self.of:
                raise ValueError("`over` goes with `of`: which events have the value")
        elif self.where is None and self.value is None:
            raise ValueError("say what it is: `where`, `of` with `over`, `value`, or `steps`")
        return self


class Change(Section):
    """What may explain a pain: a flag, a campaign, a deploy that no tag tells of."""

    at: dt.datetime
    what: str = Field(min_length=1, max_length=200)


class Silence(Section):
    """Which events are missed when they stop."""

    top: int = Field(default=30, ge=1, le=200, description="the most frequent events")
    ignore: tuple[str, ...] = Field(default=(), description="events that come and go")


SignalName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)(?:\s*\.\.\s*(\d{4}-\d\d-\d\d))?")


class Settings(LoopSettings):
    """All of it has a default: the presets whose events occur, in the segments whose columns are mapped."""

    kind: str = KIND
    rung: Rung = "event"
    segments: tuple[str, ...] | None = Field(
        default=None, max_length=4, description="dimensions, the one that changes most often last"
    )
    top: int = Field(default=30, ge=1, le=200, description="values of a dimension that stand alone")
    signals: dict[SignalName, Signal] = Field(
        default_factory=dict, description="name → what it is; the name of a preset is enough", max_length=MAX_SIGNALS
    )
    silent: Silence | Literal[False] = Silence()
    holidays: dict[str, str] = Field(
        default_factory=dict, description="name → day or days: 2026-12-24..2026-12-26; not learned from"
    )
    changes: tuple[Change, ...] = Field(default=(), max_length=100, description="flags, campaigns, deploys")
    change_events: Where | None = Field(default=None, description="events that tell of a deploy or a flag")

    @field_validator("signals", mode="before")
    @classmethod
    def _from_presets(cls, signals: Any) -> Any:
        if not isinstance(signals, dict):
            return signals
        return {name: _with_preset(str(name), said) for name, said in signals.items()}

    @field_validator("segments")
    @classmethod
    def _are_nobodys(cls, segments: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name in segments or ():
            if name in PERSONAL:
                raise ValueError(f"`{name}` is no segment: it singles out a person or an event")
        if segments is not None and (len(set(segments)) < len(segments) or len(segments) > MAX_DIMENSIONS):
            raise ValueError("each dimension once")
        return segments

    @field_validator("holidays")
    @classmethod
    def _are_days(cls, holidays: dict[str, str]) -> dict[str, str]:
        for said in holidays.values():
            first, last = days_of(said)
            if not 0 <= (last - first).days <= 31:
                raise ValueError(f"{said}: a holiday ends after it begins, and within a month")
        return holidays

    @field_validator("rules")
    @classmethod
    def _rules_exist(cls, rules: dict[str, Severity | str]) -> dict[str, Severity | str]:
        known = [rule.id for rule in RULES]
        for name in rules:
            if name not in known:
                raise ValueError(f"no rule `{name}`{suggestion(name, known)}")
        return rules

    def chosen(self) -> dict[str, Signal]:
        """The signals by name: those of the config, or all presets."""
        return self.signals or {name: Signal.model_validate(dict(preset)) for name, preset in PRESETS.items()}


def days_of(said: str) -> tuple[dt.date, dt.date]:
    """The first and the last day of a holiday. Raises `ValueError`."""
    match = _DAYS.fullmatch(said.strip())
    if not match:
        raise ValueError(f"{said}: a day is written 2026-12-24, several 2026-12-24..2026-12-26")
    return dt.date.fromisoformat(match[1]), dt.date.fromisoformat(match[2] or match[1])


def _with_preset(name: str, said: Any) -> Any:
    """What the config says, laid over the preset of that name."""
    if name not in PRESETS:
        if said is None or said == {}:
            raise ValueError(f"`{name}` is no preset{suggestion(name, PRESETS)}; say what it is")
        return said
    preset = PRESETS[name]
    if said is None:
        return dict(preset)
    if not isinstance(said, dict):
        return said
    whole = {"where", "steps", "value", "over"} & said.keys() - preset.keys()
    return said if whole else {**preset, **said}
