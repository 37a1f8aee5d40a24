"""Events that a provider counts: its tallies by hour or day, as answers to our questions, kept day by day.

A provider says how many people and how many events there were, by segment. From that come counts, rates, values and
releases. What needs the events themselves (histograms of values, funnels) only some can answer.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from autoresearch.config.events import Events
from autoresearch.errors import NotMeasuredError
from autoresearch.signals.events.histogram import NEGATIVE, index_of
from autoresearch.signals.events.model import (
    NONE,
    OTHER,
    Bucket,
    Condition,
    Count,
    Day,
    Dimension,
    Facts,
    Grain,
    Rate,
    Reached,
    Release,
    Signal,
    Span,
    Values,
)

T = TypeVar("T")
_SETTLES = dt.timedelta(days=3)
"""Providers go on counting for a day or two: an older day is final, and is asked for once."""


@dataclass(frozen=True)
class Tally:
    """One hour or day of one segment. `number`: of one value, where values were asked for."""

    at: dt.datetime
    segment: tuple[str, ...]
    people: int
    events: int
    number: float | None = None


@dataclass(frozen=True)
class Ask:
    """What is asked of one local day."""

    day: dt.date
    dimensions: tuple[str, ...] = ()
    where: Condition | None = None
    grain: Grain = "hour"
    value: str | None = None
    """Tallies by this number too, cut off after its third digit: no bucket's edge has more."""


class Provider(Protocol):
    """What one file per provider says."""

    name: str
    columns: Mapping[str, str]
    """Our name → theirs: what is usual there, and what the config maps besides."""
    people: str
    """Who is counted: sessions, visitors."""

    def identity(self) -> str:
        """What tells its answers from those of another project; without the key."""

    def tallies(self, ask: Ask) -> Iterator[Tally]:
        """The answer. Raises `NotMeasuredError` for what cannot be asked there."""

    def close(self) -> None:
        """End the connection."""


class ProviderEvents:
    """An `EventSource` over a provider."""

    def __init__(self, provider: Provider, settings: Events, now: dt.datetime, cache: Path | None = None) -> None:
        self._provider = provider
        self._settings = settings
        self._zone = ZoneInfo(settings.time_zone)
        self._now = now
        self._cache = cache if cache is not None else _cache_folder()
        self._known: dict[tuple[Span, Dimension], Values] = {}

    def facts(self, span: Span) -> Facts:
        """Totals of each day; what the provider dropped by itself it does not tell."""
        days = [
            Day(tally.at.astimezone(self._zone).date(), tally.events, tally.people)
            for tally in self._tallies(span, (), None, "day")
        ]
        notes = [
            f"{self._provider.people} are counted",
            f"{self._provider.name} leaves bots and repetitions out by its own rules",
        ]
        if self._settings.test_traffic is None:
            notes.append("test traffic counts: `events.test_traffic` names none")
        return Facts(self._provider.name, dict(self._provider.columns), (), tuple(days), tuple(notes))

    def values(self, span: Span, dimension: Dimension) -> Values:
        """Which values stand alone."""
        if (span, dimension) not in self._known:
            sizes: dict[str, int] = defaultdict(int)
            for tally in self._tallies(span, (dimension.name,), None, "day"):
                sizes[tally.segment[0]] += tally.people
            ranked = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
            kept = [(v, n) for v, n in ranked if n >= dimension.minimum and v != OTHER][: dimension.top]
            pooled = sum(sizes.values()) - sum(n for _, n in kept)
            self._known[span, dimension] = Values(dimension.name, tuple(v for v, _ in kept), len(sizes), pooled)
        return self._known[span, dimension]

    def rates(
        self, span: Span, signals: Sequence[Signal], dimensions: Sequence[Dimension] = (), grain: Grain = "hour"
    ) -> list[Rate]:
        """People who were exposed, and who were affected, in each hour in which they were.

        A provider cannot say who of the affected was exposed first, so there are never more affected than exposed.
        """
        found: list[Rate] = []
        for signal in signals:
            exposed = self._pooled(span, dimensions, signal.exposed, grain)
            hurt = self._pooled(span, dimensions, signal.affected, grain)
            for (at, segment), (people, _) in sorted(exposed.items()):
                affected, events = hurt.get((at, segment), (0, 0))
                found.append(Rate(signal.name, at, segment, people, min(affected, people), events))
        return sorted(found, key=lambda rate: (rate.signal, rate.at, rate.segment))

    def counts(
        self, span: Span, dimensions: Sequence[Dimension] = (), grain: Grain = "hour", where: Condition | None = None
    ) -> list[Count]:
        """Events."""
        cells = self._pooled(span, dimensions, where, grain)
        return [Count(at, segment, events) for (at, segment), (_, events) in sorted(cells.items())]

    def histogram(
        self,
        span: Span,
        where: Condition | None = None,
        dimensions: Sequence[Dimension] = (),
        grain: Grain = "hour",
        value: str = "value",
    ) -> list[Bucket]:
        """How a number is distributed, where the provider can count by numbers."""
        kept = self._kept(span, dimensions)
        cells: dict[tuple[dt.datetime, tuple[str, ...], int], int] = defaultdict(int)
        for tally in self._tallies(span, _names(dimensions), where, grain, value):
            if tally.number is not None:
                index = NEGATIVE if tally.number < 0 else index_of(tally.number)
                cells[tally.at, _named(tally.segment, kept), index] += tally.events
        return [Bucket(at, segment, index, events) for (at, segment, index), events in sorted(cells.items())]

    def funnel(
        self, span: Span, steps: Sequence[Condition], dimensions: Sequence[Dimension] = (), grain: Grain = "day"
    ) -> list[Reached]:
        """Not by a provider's tallies: they do not follow anybody."""
        del span, steps, dimensions, grain
        raise NotMeasuredError(
            f"{self._provider.name} cannot be asked for the order of steps",
            hint="name each step as a signal with `exposed`, or export the events to files",
        )

    def releases(self, span: Span) -> list[Release]:
        """When each release was first and last seen, to the hour."""
        seen: dict[str, list[Tally]] = defaultdict(list)
        for tally in self._tallies(span, ("release",), None, "hour"):
            if tally.segment[0] != NONE:
                seen[tally.segment[0]].append(tally)
        found = [
            Release(name, min(t.at for t in tallies), max(t.at for t in tallies), sum(t.events for t in tallies))
            for name, tallies in seen.items()
        ]
        return sorted(found, key=lambda release: (release.first, release.name))

    def close(self) -> None:
        """End the connection."""
        self._provider.close()

    def _pooled(
        self, span: Span, dimensions: Sequence[Dimension], where: Condition | None, grain: Grain
    ) -> dict[tuple[dt.datetime, tuple[str, ...]], tuple[int, int]]:
        """People and events, with rare values as `(other)`."""
        kept = self._kept(span, dimensions)
        cells: dict[tuple[dt.datetime, tuple[str, ...]], tuple[int, int]] = {}
        for tally in self._tallies(span, _names(dimensions), where, grain):
            key = tally.at, _named(tally.segment, kept)
            people, events = cells.get(key, (0, 0))
            cells[key] = people + tally.people, events + tally.events
        return cells

    def _kept(self, span: Span, dimensions: Sequence[Dimension]) -> list[frozenset[str]]:
        return [frozenset(each.keep if each.keep is not None else self.values(span, each).kept) for each in dimensions]

    def _tallies(
        self,
        span: Span,
        names: tuple[str, ...],
        where: Condition | None,
        grain: Grain,
        value: str | None = None,
    ) -> Iterator[Tally]:
        """Of every local day that the span touches, those that lie in it."""
        self._require(names)
        condition = _and_not(where, self._settings.test_traffic)
        day, last = (
            moment.astimezone(self._zone).date() for moment in (span.start, span.end - dt.timedelta(seconds=1))
        )
        while day <= last:
            for tally in self._day(Ask(day, names, condition, grain, value)):
                if grain == "day" or span.start <= tally.at < span.end:
                    yield tally
            day += dt.timedelta(days=1)

    def _require(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self._provider.columns:
                known = ", ".join(sorted(self._provider.columns))
                raise NotMeasuredError(
                    f"{self._provider.name} has no column `{name}`: known are {known}",
                    hint=f"map it in `events.columns`: `{name}: name_over_there`",
                )

    def _day(self, ask: Ask) -> list[Tally]:
        end = dt.datetime.combine(ask.day + dt.timedelta(days=1), dt.time(), self._zone)
        if end + _SETTLES > self._now:
            return list(self._provider.tallies(ask))
        text = json.dumps(
            [self._provider.identity(), self._settings.time_zone, asdict(ask)], default=str, sort_keys=True
        )
        file = self._cache / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
        return _remembered(file, lambda: list(self._provider.tallies(ask)))


def fold(
    where: Condition,
    leaf: Callable[[str, str, Any], T],
    all_of: Callable[[list[T]], T],
    any_of: Callable[[list[T]], T],
    none_of: Callable[[T], T],
) -> T:
    """A condition in somebody else's terms: `leaf` takes column, operator and operand."""

    def part(name: str, wanted: Any) -> T:
        if name in {"all", "any", "none"}:
            parts = [fold(each, leaf, all_of, any_of, none_of) for each in wanted]
            return all_of(parts) if name == "all" else any_of(parts) if name == "any" else none_of(any_of(parts))
        tests = wanted if isinstance(wanted, Mapping) else {"in" if isinstance(wanted, list | tuple) else "=": wanted}
        return all_of([leaf(name, operator, operand) for operator, operand in tests.items()])

    return all_of([part(name, wanted) for name, wanted in where.items()])


def listed(operand: Any) -> list[str]:
    """One value or several, as texts."""
    values = operand if isinstance(operand, list | tuple) else [operand]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in values]


def _and_not(where: Condition | None, unwanted: Condition | None) -> Condition | None:
    if unwanted is None:
        return where
    return {"all": [*([where] if where else []), {"none": [unwanted]}]}


def _names(dimensions: Sequence[Dimension]) -> tuple[str, ...]:
    return tuple(dimension.name for dimension in dimensions)


def _named(segment: tuple[str, ...], kept: Sequence[frozenset[str]]) -> tuple[str, ...]:
    return tuple(value if value in alone else OTHER for value, alone in zip(segment, kept, strict=True))


def _cache_folder() -> Path:
    base = os.environ.get("AUTORESEARCH_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "autoresearch" / "events"


def _remembered(file: Path, ask: Callable[[], list[Tally]]) -> list[Tally]:
    """The answer, from the file or to it. What cannot be read is asked for again; what cannot be written is lost."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        rows = json.loads(file.read_text(encoding="utf-8"))
        return [
            Tally(dt.datetime.fromisoformat(at), tuple(map(str, segment)), int(people), int(events), number)
            for at, segment, people, events, number in rows
        ]
    tallies = ask()
    rows = [[t.at.isoformat(), t.segment, t.people, t.events, t.number] for t in tallies]
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = file.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(rows), encoding="utf-8")
        part.replace(file)
    return tallies
