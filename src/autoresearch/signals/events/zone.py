"""Time zones as arithmetic: offsets are looked up here once, and every engine only adds seconds.

Engines disagree about hours that happen twice (Spark takes the first, PostgreSQL the second) and bring databases of
different age. A span has few transitions, so they are written into the question.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from sqlglot import exp

_STEP = dt.timedelta(hours=6)
_SECOND = dt.timedelta(seconds=1)


def transitions(zone: ZoneInfo, start: dt.datetime, end: dt.datetime) -> list[tuple[dt.datetime | None, int]]:
    """When an offset begins (naive UTC; None: at or before `start`) and its seconds east of UTC, in order."""
    found: list[tuple[dt.datetime | None, int]] = [(None, _offset(zone, start))]
    here = start
    while here < end:
        there = min(here + _STEP, end)
        if _offset(zone, there) != found[-1][1]:
            moment = _between(zone, here, there)
            found.append((moment.replace(tzinfo=None), _offset(zone, moment)))
        here = there
    return found


def to_local(time: exp.Expr, zone: ZoneInfo, start: dt.datetime, end: dt.datetime) -> exp.Expr:
    """Naive UTC → the zone's wall clock."""
    return _piecewise(time, [(since, offset) for since, offset in transitions(zone, start, end)])


def to_utc(time: exp.Expr, zone: ZoneInfo, start: dt.datetime, end: dt.datetime) -> exp.Expr:
    """The zone's wall clock → naive UTC. An hour that happens twice is the second one (winter time).

    A time that the clock skipped is read by the clock before: 02:30 of a spring night is 03:30.
    """
    pieces = [
        (since and since + dt.timedelta(seconds=offset), -offset) for since, offset in transitions(zone, start, end)
    ]
    return _piecewise(time, pieces)


def _piecewise(time: exp.Expr, pieces: list[tuple[dt.datetime | None, int]]) -> exp.Expr:
    """`time` plus the seconds of the last piece that has begun."""
    whole = exp.Case()
    for since, seconds in reversed(pieces[1:]):
        assert since is not None
        whole = whole.when(exp.GTE(this=time.copy(), expression=moment(since)), plus(time, seconds), copy=False)
    first = plus(time, pieces[0][1])
    return whole.else_(first, copy=False) if len(pieces) > 1 else first


def plus(time: exp.Expr, seconds: int) -> exp.Expr:
    """A time moved by whole seconds."""
    if seconds == 0:
        return time.copy()
    interval = exp.Interval(this=exp.Literal.string(str(abs(seconds))), unit=exp.var("SECOND"))
    kind: Callable[..., Any] = exp.Add if seconds > 0 else exp.Sub
    moved: exp.Expr = kind(this=time.copy(), expression=interval)
    return moved


def moment(time: dt.datetime) -> exp.Expr:
    """A literal of a naive UTC time."""
    return exp.cast(exp.Literal.string(time.isoformat(" ")), exp.DataType.Type.TIMESTAMP)


def naive(time: dt.datetime) -> dt.datetime:
    """An aware time in UTC, without saying so."""
    return time.astimezone(dt.UTC).replace(tzinfo=None)


def _offset(zone: ZoneInfo, time: dt.datetime) -> int:
    offset = time.astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _between(zone: ZoneInfo, low: dt.datetime, high: dt.datetime) -> dt.datetime:
    """The first second of a new offset."""
    old = _offset(zone, low)
    low, high = low.replace(microsecond=0), high.replace(microsecond=0)
    while high - low > _SECOND:
        middle = low + dt.timedelta(seconds=(high - low) // _SECOND // 2)
        low, high = (middle, high) if _offset(zone, middle) == old else (low, middle)
    return high
