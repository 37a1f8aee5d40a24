"""The detector on a plain list of numbers, one an hour: to try it, and to score it, on series of one's own.

    alarms([3, 0, 5, ...], exposed=[210, 180, 305, ...])   affected sessions of the exposed ones
    alarms([120, 98, 143, ...])                            counts, or other numbers from 0 on

Nothing here looks ahead: each day is judged by the days before it, hour by hour, and then learned from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

from autoresearch.statistics.pain.detect import Settings, Window, judge
from autoresearch.statistics.pain.history import History, Hours
from autoresearch.statistics.pain.model import fit
from autoresearch.statistics.pain.sums import MIN_DAYS, Kind, Segment

SETTLED = 24
"""Hours after which an hour is learned from, unless it was part of an alarm."""
HELD = 7 * 24
"""Hours of an alarm are learned from only so much later: what stays becomes the usual in the end."""
_LARGE = 1e5
_GRAIN = 1000
"""Numbers that are large, or not whole, are counted in such parts of their mean."""
_ONE: Segment = ("",)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An hour (its place in the list) at whose end the detector alarms."""

    index: int
    window: int
    """Hours, this one being the last."""
    affected: float
    expected: float
    p: float


def alarms(
    values: Sequence[float],
    exposed: Sequence[int] | None = None,
    *,
    settings: Settings | None = None,
    first_hour: int = 0,
) -> list[Alarm]:
    """The hours at which the series is too high to be chance; the first `MIN_DAYS` + 1 days are only learned from.

    `first_hour` is the hour since 1970-01-01 00:00 of `values[0]`, by which days of the week are told. `settings.q` is
    the level of 200 series in an hour, this one's a 200th of it: .01 is at most one false alarm in 20,000 hours. Raises
    `ValueError` for negative numbers, and for lists of different lengths. Time is linear in the length.
    """
    counts, unit = _whole(values)
    kind: Kind = "count"
    if exposed is None:
        exposed = [1] * len(counts)
    else:
        kind, counts, unit = "rate", [round(x) for x in values], 1
        if len(exposed) != len(counts) or any(k > n for k, n in zip(counts, exposed, strict=True)):
            raise ValueError("`exposed` must give for each hour at least as many as are affected")
        if any(k != x for k, x in zip(counts, values, strict=True)):
            raise ValueError("sessions are whole numbers")
    settings = settings or Settings(min_excess=Settings().min_excess if unit == 1 else 0)
    settings = replace(settings, min_excess=settings.min_excess / unit)
    hours = {first_hour + i: pair for i, pair in enumerate(zip(exposed, counts, strict=True))}
    return [
        Alarm(w.end - 1 - first_hour, w.end - w.start, w.affected * unit, w.expected * unit, w.p)
        for w in _judged(hours, kind, settings)
    ]


def _judged(hours: Hours, kind: Kind, settings: Settings) -> list[Window]:
    first, end = min(hours, default=0), max(hours, default=-1) + 1
    history, found = History(), list[Window]()
    learned, held = first, set[int]()
    for start in range(first + 24 * MIN_DAYS + SETTLED, end, 24):
        until, stop = start - SETTLED, min(start + 24, end)
        ripe = {hour for hour in held if hour < until - HELD}
        history = history.add({h: hours[h] for h in range(learned, until) if h not in held or h in ripe})
        history = history.add({hour: hours[hour] for hour in sorted(ripe) if hour < learned})
        held, learned = held - ripe, until
        expected = fit({_ONE: history}, kind, until=until)
        recent = {hour: hours[hour] for hour in range(until, stop)}
        for window in judge(expected, {_ONE: recent}, range(start, stop), settings)[_ONE].alarms:
            found.append(window)
            held.update(range(max(window.start, until), window.end))
    return found


def _whole(values: Sequence[float]) -> tuple[list[int], float]:
    """The values as whole numbers of a unit."""
    if any(not isfinite(x) or x < 0 for x in values):
        raise ValueError("the values must be finite and not negative")
    if all(x < _LARGE and float(x).is_integer() for x in values):
        return [int(x) for x in values], 1
    unit = sum(values) / len(values) / _GRAIN
    return [round(x / unit) for x in values], unit
