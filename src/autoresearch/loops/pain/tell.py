"""Pains in words, with the hours that show them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from autoresearch.core.measurement import SITE, Scalar
from autoresearch.core.plain import plain
from autoresearch.loops.pain.asked import EVENTS
from autoresearch.loops.pain.hours import shown, time_of_day
from autoresearch.loops.pain.pain import Pain, Point
from autoresearch.loops.pain.rules import DRIFT_UP, FUNNEL_DROP, SILENT, VALUE_UP
from autoresearch.statistics.pain.causes import Description

_BEFORE, _AFTER = 24, 3
"""Hours around a beginning, which is an estimate, in which a change is worth mentioning."""
_MOST_CHANGES = 2
_BAR, _BARS = 4, 12
"""Hours of a bar of a chart, and how many bars: more, and the labels overlap."""
_VALUE = 80


def subject_of(where: Description, dimensions: Sequence[str]) -> str:
    """The route, where one is named; else the site."""
    route = dict(zip(dimensions, where, strict=False)).get("route")
    is_path = route is not None and route.startswith("/") and plain(route, _VALUE) == route
    return route if route is not None and is_path else SITE


def key_of(series: str, where: Description, dimensions: Sequence[str]) -> str:
    """The series and whatever else is named."""
    if series == EVENTS:
        return f"event {plain(str(where[0]), _VALUE)}"
    named = _named(where, dimensions, without=subject_of(where, dimensions))
    return f"{series}: {named}" if named else series


def message(
    series: str, pain: Pain, dimensions: Sequence[str], changes: Mapping[str, Scalar], *, events: bool = False
) -> str:
    """One line: how much, where, since when, and what changed just before. `events`: there are no sessions."""
    told = _how_much(series, pain, "events" if events else "sessions")
    where = "" if series == EVENTS else _named(pain.where, dimensions)
    before = "; ".join(what_changed(pain, changes))
    return "".join(
        [
            told,
            f", in {where}" if where else "",
            f", since {shown(pain.began)}",
            f"; changed about then: {before}" if before else "",
        ]
    )


def what_changed(pain: Pain, changes: Mapping[str, Scalar]) -> list[str]:
    """What came just before a pain, first what its description names, then the nearest."""
    near = []
    for what, time in changes.items():
        hour = _hour(time)
        if hour is not None and pain.began - _BEFORE <= hour <= pain.began + _AFTER:
            named = any(value in what.split() for value in pain.where if value)
            near.append((not named, abs(hour - pain.began), f"{plain(what, _VALUE)} ({str(time)[:16]})"))
    return [text for _, _, text in sorted(near)[:_MOST_CHANGES]]


def data(series: str, pain: Pain, dimensions: Sequence[str]) -> dict[str, Any]:
    """The numbers behind the words, and a small chart."""
    named = {d: plain(v, _VALUE) for d, v in zip(dimensions, pain.where, strict=False) if v is not None}
    return {
        "signal": series,
        "where": named,
        "since": shown(pain.began),
        "exposed": pain.exposed,
        "affected": pain.affected,
        "expected": round(pain.expected, 1),
        "ratio": round(pain.ratio, 2),
        "chart": chart(series, pain),
    }


def chart(series: str, pain: Pain) -> dict[str, Any]:
    """Bars of what was, and a line of what was expected: of four hours each, or of days."""
    width, most = (24, 28) if pain.rule == DRIFT_UP else (_BAR, _BARS)
    points: dict[int, list[Point]] = defaultdict(list)
    for point in pain.trace:
        points[point.hour // width * width].append(point)
    begins = range(min(points), max(points) + 1, width)[-most:] if points else range(0)
    what = "events" if pain.rule == SILENT else "affected"
    days = f", from {shown(begins[0])[5:10]}" if pain.rule == DRIFT_UP and begins else ""
    return {
        "title": f"{_name(series, pain)}: {what} (bars), expected (line){days}",
        "labels": [shown(hour)[8:10] if days else time_of_day(hour) for hour in begins],
        "bars": [sum(p.affected for p in points[hour]) for hour in begins],
        "line": [round(sum(p.expected for p in points[hour]), 1) for hour in begins],
    }


def _how_much(series: str, pain: Pain, unit: str) -> str:
    if pain.rule == SILENT:
        return f"{plain(str(pain.where[0]), _VALUE)}: none came, {pain.expected:,.0f} were due by {shown(pain.seen)}"
    if pain.rule == VALUE_UP:
        risen = f"p{100 * pain.quantile:.0f} {pain.after:,.4g} instead of {pain.before:,.4g}"
        return f"{series}: {risen} ({pain.affected:,} of {pain.exposed:,} above; {pain.expected:,.0f} expected)"
    if pain.rule == FUNNEL_DROP:
        now, usual = 1 - pain.affected / pain.exposed, 1 - pain.usual
        return f"{series}: {now:.0%} go on instead of {usual:.0%}, {pain.excess:,.0f} {unit} fewer than expected"
    of = f" of {pain.exposed:,}" if unit == "sessions" else ""
    numbers = f"{pain.affected:,}{of}; {pain.expected:,.0f} expected"
    return f"{series}: {pain.ratio:.1f}× the usual, {pain.excess:,.0f} {unit} more than expected ({numbers})"


def _named(where: Description, dimensions: Sequence[str], *, without: str = "") -> str:
    pairs = zip(dimensions, where, strict=False)
    return ", ".join(
        f"{d} {plain(v, _VALUE)}" for d, v in pairs if v is not None and not (d == "route" and v == without)
    )


def _hour(time: Scalar) -> int | None:
    try:
        passed = dt.datetime.fromisoformat(str(time)) - dt.datetime(1970, 1, 1)
    except (ValueError, TypeError, OverflowError):
        return None
    return passed // dt.timedelta(hours=1)


def _name(series: str, pain: Pain) -> str:
    return plain(str(pain.where[0]), _VALUE) if pain.rule == SILENT else series
