"""What one run read, as the plain texts of a measurement: hours of counts, of histograms, and the past as sums.

A series is one thing that is judged: a signal, or a step of a funnel. Its segments are at several levels: the whole
site, each value of the first dimension, and so on down to all dimensions. Nothing here names a person.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from autoresearch.core.measurement import Scalar
from autoresearch.errors import NotMeasuredError
from autoresearch.statistics.pain.history import MAX_COUNT, History, Hours
from autoresearch.statistics.pain.sums import Segment
from autoresearch.statistics.pain.values import HIGHEST, LOWEST, Histogram, ValueHistory

Kind = Literal["rate", "count", "values", "silent"]
Observations = Mapping[str, Mapping[str, Scalar]]

ABOUT, CHANGES = "about", "changes"
"""Subjects of what is true of all series, and of what changed."""
_NONE = "-"


@dataclass
class Series:
    """What was read of one thing."""

    name: str
    kind: Kind
    start: int
    """The first hour that was asked for, as single hours."""
    end: int
    """The hour after the last."""
    cells: dict[Segment, Hours] = field(default_factory=dict)
    values: dict[Segment, Mapping[int, Histogram]] = field(default_factory=dict)
    past: dict[Segment, History] = field(default_factory=dict)
    """What came before `start`, where nothing is remembered yet."""
    past_values: dict[Segment, ValueHistory] = field(default_factory=dict)


def written(series: Series) -> dict[str, dict[str, Scalar]]:
    """Subject → texts."""
    told: dict[str, dict[str, Scalar]] = {series.name: {"kind": series.kind, "start": series.start, "end": series.end}}
    for segment in sorted({*series.cells, *series.values, *series.past, *series.past_values}):
        facts: dict[str, Scalar] = {}
        if hours := series.cells.get(segment):
            facts["hours"] = _joined({h: f"{n}/{k}" for h, (n, k) in hours.items()}, series.start, series.end)
        if histograms := series.values.get(segment):
            texts = {h: ",".join(f"{b}:{c}" for b, c in sorted(counts.items())) for h, counts in histograms.items()}
            facts["values"] = _joined(texts, series.start, series.end)
        past = series.past.get(segment) or series.past_values.get(segment)
        if past is not None and (sums := past.as_dict()):
            facts["past"] = json.dumps(sums, separators=(",", ":"))
        told[subject(series.name, segment)] = facts
    return told


def subject(series: str, segment: Segment) -> str:
    """`rage-clicks ["/checkout", "Safari 19"]`."""
    return f"{series} {json.dumps(segment, ensure_ascii=False)}"


def read(observations: Observations) -> dict[str, Series]:
    """The series by name. Raises `NotMeasuredError`: a result may come from anywhere."""
    try:
        found = {
            name: Series(name, _kind(facts["kind"]), _hour(facts["start"]), _hour(facts["end"]))
            for name, facts in observations.items()
            if " " not in name and name not in {ABOUT, CHANGES}
        }
        for name, facts in observations.items():
            series, _, segment = name.partition(" ")
            if segment:
                _fill(found[series], segment_of(segment), facts)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotMeasuredError("the result's observations are not those of a pain-watchdog") from error
    return found


def segment_of(text: str) -> Segment:
    """What `subject` or the state wrote. Raises `ValueError`."""
    values = json.loads(text)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(text[:80])
    return tuple(values)


def _fill(series: Series, segment: Segment, facts: Mapping[str, Scalar]) -> None:
    if "hours" in facts:
        series.cells[segment] = {h: _pair(text) for h, text in _split(facts["hours"], series)}
    if "values" in facts:
        series.values[segment] = {h: _histogram(text) for h, text in _split(facts["values"], series)}
    if "past" in facts:
        data = json.loads(str(facts["past"]))
        if series.kind == "values":
            series.past_values[segment] = ValueHistory.from_dict(data, "the result")
        else:
            series.past[segment] = History.from_dict(data, "the result")


def _joined(texts: Mapping[int, str], start: int, end: int) -> str:
    return " ".join(texts.get(hour, _NONE) for hour in range(start, end))


def _split(text: Scalar, series: Series) -> list[tuple[int, str]]:
    parts = str(text).split(" ")
    if len(parts) != series.end - series.start:
        raise ValueError("not the hours that it says")
    return [(series.start + i, part) for i, part in enumerate(parts) if part != _NONE]


def _pair(text: str) -> tuple[int, int]:
    n, k = text.split("/")
    return _count(n), _count(k)


def _histogram(text: str) -> dict[int, int]:
    pairs = (pair.split(":") for pair in text.split(",") if pair)
    counts = {int(b): _count(c) for b, c in pairs}
    if any(not LOWEST <= b <= HIGHEST for b in counts):
        raise ValueError(text[:80])
    return counts


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > len(str(MAX_COUNT)) or int(text) > MAX_COUNT:
        raise ValueError(text[:80])
    return int(text)


def _hour(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 10**8:
        raise TypeError
    return value


def _kind(value: Any) -> Kind:
    if value not in ("rate", "count", "values", "silent"):
        raise ValueError(str(value)[:80])
    kind: Kind = value
    return kind


__all__ = ["ABOUT", "CHANGES", "Kind", "Observations", "Series", "read", "segment_of", "subject", "written"]
