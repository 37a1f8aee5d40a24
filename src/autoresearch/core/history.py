"""A bounded history: the newest runs whole, older ones thinned to one a week."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from autoresearch.core.baseline import HISTORY_LIMIT, Entry

_RECENT = 150


def thin(history: Iterable[Entry]) -> tuple[Entry, ...]:
    """At most 200 runs in order of time: the newest 150, and of the older ones the last of each week.

    A set operation over run ids: thinning a union again, or twice, gives the same.
    """
    ordered = sorted({entry.run: entry for entry in history}.values(), key=lambda entry: entry.order)
    if len(ordered) <= HISTORY_LIMIT:
        return tuple(ordered)
    older, recent = ordered[:-_RECENT], ordered[-_RECENT:]
    weekly = {_week(entry.at): entry for entry in older}
    kept = sorted(weekly.values(), key=lambda entry: entry.order)
    return tuple([*kept, *recent][-HISTORY_LIMIT:])


def _week(at: str) -> tuple[int, int]:
    year, week, _ = dt.datetime.fromisoformat(at).isocalendar()
    return year, week
