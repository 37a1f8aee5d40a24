"""A pain: what a cause explains, where, since when; and the hours that show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log

from autoresearch.statistics.pain.causes import Description, covers
from autoresearch.statistics.pain.detect import Window
from autoresearch.statistics.pain.history import Hours
from autoresearch.statistics.pain.model import Expectation
from autoresearch.statistics.pain.sums import Segment


@dataclass(frozen=True)
class Point:
    """An hour, or the day that begins with it, of all segments that a description covers."""

    hour: int
    exposed: int
    affected: int
    expected: float


@dataclass(frozen=True)
class Pain:
    """What is told of one cause."""

    rule: str
    where: Description
    began: int
    seen: int
    """The hour before which it was last seen."""
    exposed: int
    affected: int
    expected: float
    variation: float
    trace: tuple[Point, ...] = ()
    quantile: float = 0.0
    """Of values: which one rose, from what to what."""
    before: float = 0.0
    after: float = 0.0

    @property
    def excess(self) -> float:
        """Affected beyond the expected."""
        return self.affected - self.expected

    @property
    def ratio(self) -> float:
        """Affected over expected; where hardly any were expected, at least over a half."""
        return self.affected / max(self.expected, 0.5)

    @property
    def usual(self) -> float:
        """What was expected of one exposed session, or of one hour."""
        return self.expected / self.exposed if self.exposed else 0.0


def trace(
    where: Description, expected: Mapping[Segment, Expectation], recent: Mapping[Segment, Hours], hours: range
) -> tuple[Point, ...]:
    """Hour by hour what a description covers: its own level's sessions where there is one, else those of its parts."""
    points: dict[int, list[float]] = {}
    for segment in parts(where, recent):
        if segment not in expected:
            continue
        for hour in hours:
            if hour in recent[segment]:
                n, k = recent[segment][hour]
                had = points.setdefault(hour, [0, 0, 0.0])
                points[hour] = [had[0] + n, had[1] + k, had[2] + n * expected[segment].rate(hour)]
    return tuple(Point(hour, int(n), int(k), mean) for hour, (n, k, mean) in sorted(points.items()))


def variation(
    where: Description, expected: Mapping[Segment, Expectation], recent: Mapping[Segment, Hours], hours: range
) -> float:
    """Squared coefficient of variation of the rate in these hours; parts are taken to vary together."""
    found: list[tuple[float, float]] = []
    for segment in parts(where, recent):
        if segment in expected:
            e, cells = expected[segment], recent[segment]
            means = {hour: cells[hour][0] * e.rate(hour) for hour in hours if hour in cells}
            found.append((sum(means.values()), e.variation(means)))
    total = sum(mean for mean, _ in found)
    return sum(mean * v for mean, v in found) / total if total else 0.0


def parts(where: Description, segments: Iterable[Segment]) -> list[Segment]:
    """The segment that a description names, if it is one; else all of the finest level that it covers."""
    named = tuple(value for value in where if value is not None)
    every = list(segments)
    if where[: len(named)] == named and named in every:
        return [named]
    return [segment for segment in every if len(segment) == len(where) and covers(where, segment)]


def onset(points: Iterable[Point], window: Window) -> int:
    """Since when: the beginning that makes the hours up to the window's end least likely as the usual ones."""
    best, since = 0.0, window.start
    affected = expected = 0.0
    for point in sorted(points, key=lambda p: -p.hour):
        if point.hour >= window.end:
            continue
        affected, expected = affected + point.affected, expected + point.expected
        if affected > expected > 0:
            evidence = affected * log(affected / expected) - affected + expected
            if evidence > best:
                best, since = evidence, point.hour
    return since


def since(points: Iterable[Point], began: int, end: int) -> tuple[int, int, float]:
    """Exposed, affected and expected from `began` to before `end`."""
    inside = [p for p in points if began <= p.hour < end]
    return sum(p.exposed for p in inside), sum(p.affected for p in inside), sum(p.expected for p in inside)
