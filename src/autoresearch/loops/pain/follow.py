"""Pains from run to run: what is new, what goes on, what is over, and by which evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from autoresearch.loops.pain.hours import shown
from autoresearch.loops.pain.judging import compatible
from autoresearch.loops.pain.memory import Open
from autoresearch.loops.pain.pain import Pain, Point, since
from autoresearch.loops.pain.rules import DRIFT_UP, SILENT
from autoresearch.statistics.pain.causes import Description
from autoresearch.statistics.pain.detect import Settings
from autoresearch.statistics.pain.model import Expectation
from autoresearch.statistics.pain.recovery import recovery
from autoresearch.statistics.pain.sums import MIN_DAYS, Kind

_LEFT = 10
"""With fewer exposed sessions in the hours since, a release has left: what came after it is asked."""
_FORGET = 14 * 24
"""Hours after which a pain that nobody can meet any more is over."""

Trace = Callable[[Description], tuple[Sequence[Point], float]]
"""What a description covers, hour by hour, and the squared coefficient of variation of the rate of such hours."""


@dataclass(frozen=True)
class Followed:
    """A pain that is open, and what this run saw of it."""

    open: Open
    pain: Pain | None
    """None where nothing new was seen, and nothing that says it is over."""


def follow(
    known: Sequence[Open], pains: Sequence[Pain], judged: int, told: Callable[[Pain], Open], dimensions: Sequence[str]
) -> tuple[list[Followed], list[Open]]:
    """(what is seen now, known pains that were not). A pain whose hours were all judged before is no news."""
    left = list(known)
    found: list[Followed] = []
    for pain in pains:
        if pain.seen <= judged:
            continue
        mine = next((o for o in left if compatible(o.where, pain.where)), None)
        if mine is None:
            where = _but_release(pain.where, dimensions)
            mine = next((o for o in left if compatible(_but_release(o.where, dimensions), where)), None)
        if mine is None:
            found.append(Followed(told(pain), pain))
            continue
        left.remove(mine)
        news = told(pain)
        found.append(
            Followed(
                replace(
                    mine,
                    where=_wider(mine.where, pain.where, dimensions),
                    seen=pain.seen,
                    ratio=news.ratio,
                    message=news.message,
                ),
                pain,
            )
        )
    return found, left


def is_over(
    pain: Open, trace: Trace, end: int, kind: Kind, settings: Settings, dimensions: Sequence[str]
) -> str | None:
    """The evidence that a pain is over; None while there is none."""
    every, variation = trace(pain.where)
    points = [p for p in every if pain.seen <= p.hour < end]
    if sum(p.exposed for p in points) < _LEFT and pain.rule != SILENT:
        every, variation = trace(_but_release(pain.where, dimensions))
        points = [p for p in every if pain.seen <= p.hour < end]
    exposed, affected, mean = since(points, pain.seen, end)
    if pain.rule == SILENT:
        return f"{affected:,} events came since {shown(pain.seen)}" if affected else None
    if not exposed:
        gone = f"nobody was exposed since {shown(pain.seen)}"
        return gone if end - pain.seen > _FORGET else None
    level = pain.usual if pain.rule == DRIFT_UP or mean <= 0 else mean / exposed
    flat = _flat(kind, level, variation)
    hours = {p.hour: (p.exposed, p.affected) for p in points}
    verdict, window = recovery(("",), flat, hours, range(pain.seen, end), pain.ratio, settings)
    if verdict != "recovered":
        return None
    return (
        f"{affected:,} affected of {exposed:,} since {shown(pain.seen)}, {window.expected:,.0f} are usual; "
        f"{window.expected * max(pain.ratio, settings.min_ratio):,.0f} would be as bad as it was"
    )


def _flat(kind: Kind, level: float, variation: float) -> Expectation:
    """What is usual, without a shape: the hours' own is in the level already."""
    return Expectation(
        kind=kind,
        level=level,
        uncertain=0.0,
        hours=(1.0,) * 24,
        weekdays=(1.0,) * 7,
        shape_uncertain=(0.0,) * 24,
        hourly=variation,
        daily=variation,
        concentration=1 / 24,
        days=MIN_DAYS,
    )


def _but_release(where: Description, dimensions: Sequence[str]) -> Description:
    return tuple(None if name == "release" else value for name, value in zip(dimensions, where, strict=True))


def _wider(a: Description, b: Description, dimensions: Sequence[str]) -> Description:
    """What both have in common; of two releases the later word counts."""
    common = zip(dimensions, a, b, strict=True)
    return tuple(y if x == y or (name == "release" and x and y) else None for name, x, y in common)


__all__ = ["Followed", "Trace", "follow", "is_over"]
