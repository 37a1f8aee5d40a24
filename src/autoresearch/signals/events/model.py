"""Questions about events, and their answers. Nothing here names a person: sessions are counted, never listed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

Condition = Mapping[str, Any]
"""What `config.events.check_where` accepts."""
Grain = Literal["hour", "day"]

OTHER = "(other)"
"""All values of a dimension that are too rare to stand alone."""
NONE = "(none)"
"""Events that do not have the dimension."""


@dataclass(frozen=True)
class Span:
    """A half-open range of time, both ends aware."""

    start: dt.datetime
    end: dt.datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None or self.end <= self.start:
            raise ValueError("a span starts before it ends, and both ends know their zone")


@dataclass(frozen=True)
class Dimension:
    """A column that segments are made of."""

    name: str
    top: int = 50
    """So many values stand alone, the ones with the most sessions; the rest is pooled as `(other)`."""
    minimum: int = 10
    """A value with fewer sessions is pooled too: a segment must not single anybody out."""
    keep: tuple[str, ...] | None = None
    """The values that stand alone, where they are known already: segments that are followed keep their names."""


@dataclass(frozen=True)
class Signal:
    """Which sessions could have been hurt, and which were."""

    name: str
    affected: Condition
    exposed: Condition | None = None
    """None: every session that did anything, and the event must happen in the segment itself. A condition: the
    sessions that meet it; they count in the segments where they met it, wherever the affected event follows."""


class Rate(NamedTuple):
    """One hour or day of one segment. There may be a million: these are tuples, in the order that they sort by."""

    signal: str
    at: dt.datetime
    """The start of the hour or of the local day, in UTC."""
    segment: tuple[str, ...]
    exposed: int
    """Sessions; events where there is no session column."""
    affected: int
    events: int
    """Events that met `affected`."""


class Count(NamedTuple):
    """Events, of one hour or day of one segment."""

    at: dt.datetime
    segment: tuple[str, ...]
    events: int


@dataclass(frozen=True, order=True)
class Bucket:
    """Events whose value lies in one bucket (`histogram.Histogram`)."""

    at: dt.datetime
    segment: tuple[str, ...]
    index: int
    events: int


class Reached(NamedTuple):
    """Sessions of one segment that entered a funnel in one hour or day, and how far they came."""

    at: dt.datetime
    segment: tuple[str, ...]
    sessions: tuple[int, ...]
    """For each step, the sessions that reached it; they never grow."""


@dataclass(frozen=True)
class Release:
    """When a release was seen."""

    name: str
    first: dt.datetime
    last: dt.datetime
    events: int


@dataclass(frozen=True)
class Values:
    """How a dimension is divided: what stands alone, and what is pooled."""

    name: str
    kept: tuple[str, ...]
    distinct: int
    pooled_sessions: int
    """Sessions (events without a session column) that any pooled value was seen in."""


@dataclass(frozen=True)
class Day:
    """One local day of the source; None: rows without a usable time."""

    day: dt.date | None
    events: int
    sessions: int
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Reason → rows that do not count."""


@dataclass(frozen=True)
class Facts:
    """What was read: the coverage of every answer about the same span."""

    source: str
    mapped: Mapping[str, str]
    """Our name → name in the source."""
    missing: tuple[str, ...]
    """Mapped columns that the source does not have."""
    days: tuple[Day, ...]
    notes: tuple[str, ...] = ()
    """What could not be counted or judged, in words."""

    @property
    def rows(self) -> int:
        """All rows that were read."""
        return self.events + sum(self.dropped.values())

    @property
    def events(self) -> int:
        """Rows that count."""
        return sum(day.events for day in self.days)

    @property
    def dropped(self) -> dict[str, int]:
        """Reason → rows, most frequent first."""
        totals: dict[str, int] = {}
        for day in self.days:
            for reason, count in day.dropped.items():
                totals[reason] = totals.get(reason, 0) + count
        return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))


class EventSource(Protocol):
    """Answers questions about events. Any may raise `NotMeasuredError`: a source need not be able to answer all."""

    def facts(self, span: Span) -> Facts:
        """Totals of each day, and what was left out and why."""

    def values(self, span: Span, dimension: Dimension) -> Values:
        """Which values of a dimension stand alone."""

    def rates(
        self, span: Span, signals: Sequence[Signal], dimensions: Sequence[Dimension] = (), grain: Grain = "hour"
    ) -> list[Rate]:
        """Exposed and affected sessions; a session counts once in each segment, when it was first exposed there."""

    def counts(
        self,
        span: Span,
        dimensions: Sequence[Dimension] = (),
        grain: Grain = "hour",
        where: Condition | None = None,
    ) -> list[Count]:
        """Events."""

    def histogram(
        self,
        span: Span,
        where: Condition | None = None,
        dimensions: Sequence[Dimension] = (),
        grain: Grain = "hour",
        value: str = "value",
    ) -> list[Bucket]:
        """How a number is distributed."""

    def funnel(
        self,
        span: Span,
        steps: Sequence[Condition],
        dimensions: Sequence[Dimension] = (),
        grain: Grain = "day",
    ) -> list[Reached]:
        """How many sessions come how far, in the order of the steps; they count where they took the first."""

    def releases(self, span: Span) -> list[Release]:
        """When each release was first and last seen, in order of the first."""

    def close(self) -> None:
        """End the connection."""
