"""Hours by the clock that visitors live by, as numbers since 1970-01-01 00:00 of that clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

GRACE = dt.timedelta(hours=1)
"""An hour is judged once it has been over for so long: what happens in a session takes its time."""
OPEN_HOURS = 72
"""Hours that are in no sum yet: the last day is judged for the first time, windows reach back a day before, and what is
then learned was judged whole."""

_EPOCH = dt.datetime(1970, 1, 1)
_HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Clock:
    """The clock of a time zone."""

    zone: ZoneInfo
    _known: dict[dt.datetime, int] = field(default_factory=dict, compare=False, repr=False)

    def hour(self, time: dt.datetime) -> int:
        """The hour that an aware time lies in. The hour that a clock shows twice is one hour."""
        if time not in self._known:
            self._known[time] = self._hour(time)
        return self._known[time]

    def _hour(self, time: dt.datetime) -> int:
        return (time.astimezone(self.zone).replace(tzinfo=None) - _EPOCH) // _HOUR

    def time(self, hour: int) -> dt.datetime:
        """When an hour begins; the first time, where the clock shows it twice."""
        return (_EPOCH + hour * _HOUR).replace(tzinfo=self.zone).astimezone(dt.UTC)


def shown(hour: int) -> str:
    """`2026-10-05 14:00`."""
    return f"{_EPOCH + hour * _HOUR:%Y-%m-%d %H:%M}"


def time_of_day(hour: int) -> str:
    """`05 14h`: a label of a chart."""
    return f"{_EPOCH + hour * _HOUR:%d %H}h"


def holidays(days: Mapping[str, tuple[dt.date, dt.date]], hours: Iterable[int]) -> dict[int, str]:
    """Hour → the holiday that it is part of."""
    spans = [
        (24 * (first - _EPOCH.date()).days, 24 * ((last - _EPOCH.date()).days + 1), name)
        for name, (first, last) in sorted(days.items())
    ]
    return {hour: name for hour in hours for start, end, name in spans if start <= hour < end}
