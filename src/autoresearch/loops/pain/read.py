"""The measuring half: asks the events, pools what is rare, and hands on counts by segment and hour.

What is remembered already is not asked for again; a series that is new is read with its whole past.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

from autoresearch.errors import NotMeasuredError
from autoresearch.loops.pain.asked import EVENTS, Asked, questions
from autoresearch.loops.pain.cells import Series
from autoresearch.loops.pain.hours import OPEN_HOURS, Clock, shown
from autoresearch.loops.pain.memory import MOST, Memory
from autoresearch.loops.pain.pooling import MIN_SESSIONS, pooled_as
from autoresearch.loops.pain.settings import Settings
from autoresearch.signals.events import where as conditions
from autoresearch.signals.events.histogram import EDGES, NEGATIVE, OVER, UNDER
from autoresearch.signals.events.model import Dimension, EventSource, Facts, Signal, Span
from autoresearch.statistics.pain.history import DAYS, History
from autoresearch.statistics.pain.sums import Segment
from autoresearch.statistics.pain.values import ValueHistory, bucket

MOST_OPEN = 240
"""After a pause of runs, older hours than these are never learned."""

Cells = dict[Segment, dict[int, tuple[int, int]]]


@dataclass(frozen=True)
class _Level:
    """A question by some dimensions."""

    dimensions: Sequence[Dimension]
    since: int
    most: int
    """Segments that may stand alone."""
    found: Mapping[str, Series]
    """Where the answers go."""


@dataclass
class Reader:
    """One reading of all series."""

    source: EventSource
    clock: Clock
    settings: Settings
    dimensions: tuple[str, ...]
    memories: Mapping[str, Memory]
    end: int
    """The hour after the last that is judged."""
    say: Callable[[str], None] = lambda _: None
    skipped: list[tuple[str, str]] = field(default_factory=list)
    facts: Facts | None = None
    seen: dict[int, int] = field(default_factory=dict)
    """Hour → 1, where the source has any event (2 in the hour that a clock shows twice)."""

    def read(self, every: Sequence[Asked]) -> list[Series]:
        """The series that could be read, and `skipped` for the others. Raises `NotMeasuredError` for no events."""
        starts = {each.name: self._start(each) for each in every}
        first = min((self._first(each, starts[each.name]) for each in every), default=self.end - OPEN_HOURS)
        self._look_around(first)
        asked = [each for each in every if self._is_mapped(each)]
        room = MOST // max(len(asked), 1)
        found: list[Series] = []
        for since in sorted({self._first(each, starts[each.name]) for each in asked}):
            group = [each for each in asked if self._first(each, starts[each.name]) == since]
            found += self._group(group, since, starts, room)
        return [series for each in asked for series in found if series.name == each.name]

    def span(self, first: int, end: int | None = None) -> Span:
        """The hours from `first` on."""
        return Span(self.clock.time(first), self.clock.time(self.end if end is None else end))

    def _start(self, each: Asked) -> int:
        memory = self.memories.get(each.name)
        if memory is None or memory.definition != each.definition:
            return self.end - OPEN_HOURS
        return min(max(memory.until, self.end - MOST_OPEN), self.end - 1)

    def _first(self, each: Asked, start: int) -> int:
        return start if self._remembered(each) else self.end - 24 * DAYS

    def _remembered(self, each: Asked) -> Memory | None:
        memory = self.memories.get(each.name)
        return memory if memory is not None and memory.definition == each.definition else None

    def _look_around(self, first: int) -> None:
        for count in self.source.counts(self.span(first)):
            hour = self.clock.hour(count.at)
            self.seen[hour] = self.seen.get(hour, 0) + 1
        if not self.seen:
            raise NotMeasuredError(
                f"there are no events from {shown(first)} to {shown(self.end)}",
                hint="`autoresearch check events` says what is read, and why rows are dropped",
            )
        if (newest := max(self.seen)) < self.end - 24:
            raise NotMeasuredError(
                f"the newest events are of {shown(newest)}: a day without any cannot be judged",
                hint="see whether the export, or the tracking as a whole, has stopped",
            )
        self.facts = self.source.facts(self.span(max(first, self.end - OPEN_HOURS)))
        self.skipped += [("events", f"{n:,} rows do not count: {why}") for why, n in self.facts.dropped.items()]

    def _is_mapped(self, each: Asked) -> bool:
        assert self.facts is not None
        there = {*self.facts.mapped} - {*self.facts.missing}
        needed = {"event"} if each.kind == "silent" else set()
        for where in (each.signal.where, each.signal.of, *(each.signal.steps or ())):
            needed |= conditions.names(where)
        needed |= {each.signal.value} if each.signal.value else set()
        needed |= {"value"} if each.signal.over else set()
        if missing := sorted(needed - there):
            self.skipped.append((each.name, f"the events have no column `{missing[0]}`"))
        return not missing

    def _group(self, group: Sequence[Asked], since: int, starts: Mapping[str, int], room: int) -> list[Series]:
        """Series that are read since the same hour share their questions."""
        found = {each.name: Series(each.name, each.kind, starts[each.name], self.end) for each in group}
        for level in range(len(self.dimensions) + 1):
            names = self.dimensions[:level]
            self.say(f"asking by {', '.join(names) or 'hour'}")
            dimensions = [self._dimension(name, place, group, since) for place, name in enumerate(names)]
            most = max(1, room * 2**level // 2 ** (len(self.dimensions) + 1))
            self._level(group, _Level(dimensions, since, most, found))
        for each in group:
            if each.kind == "silent":
                events = [self._dimension("event", 0, [each], since)]
                self._try([each], partial(self._counts, each, _Level(events, since, room, found)))
        failed = {name for name, _ in self.skipped}
        return [series for name, series in found.items() if name not in failed]

    def _level(self, group: Sequence[Asked], level: _Level) -> None:
        rates = [each for each in group if each.kind == "rate" and each.step is None]
        if rates:
            self._try(rates, partial(self._rates, rates, level))
        for each in group:
            if each.step == 0:
                steps = [other for other in group if other.signal is each.signal]
                self._try(steps, partial(self._funnel, steps, level))
            elif each.kind == "count":
                self._try([each], partial(self._counts, each, level))
            elif each.kind == "values":
                self._try([each], partial(self._values, each, level))

    def _try(self, group: Sequence[Asked], ask: Callable[[], None]) -> None:
        try:
            ask()
        except NotMeasuredError as error:
            self.skipped += [(each.name, error.message) for each in group]

    def _dimension(self, name: str, place: int, group: Sequence[Asked], since: int) -> Dimension:
        """What stands alone: what is followed already, and what is frequent now."""
        top = self.settings.silent.top if name == "event" and self.settings.silent else self.settings.top
        asked = Dimension(name, top=top, minimum=MIN_SESSIONS)
        now = self.source.values(self.span(since), asked)
        if now.distinct > len(now.kept) and not any(subject == name for subject, _ in self.skipped):
            pooled = f"{now.distinct - len(now.kept):,} of {now.distinct:,} values are rare, and are counted together"
            self.skipped.append((name, pooled))
        memories = [memory for each in group if (memory := self._remembered(each))]
        followed = {s[place] for m in memories for s in (*m.histories, *m.values) if len(s) > place}
        return Dimension(name, top=top, minimum=MIN_SESSIONS, keep=tuple(sorted(followed | set(now.kept))))

    def _rates(self, group: Sequence[Asked], level: _Level) -> None:
        signals = [Signal(each.name, *questions(each)) for each in group]
        cells: dict[str, Cells] = {each.name: {} for each in group}
        for rate in self.source.rates(self.span(level.since), signals, level.dimensions):
            affected = min(rate.affected, rate.exposed)
            _add(cells[rate.signal], rate.segment, self.clock.hour(rate.at), rate.exposed, affected)
        for each in group:
            self._take(each, cells[each.name], level)

    def _funnel(self, steps: Sequence[Asked], level: _Level) -> None:
        cells: list[Cells] = [{} for _ in steps]
        asked = list(steps[0].signal.steps or ())
        for reached in self.source.funnel(self.span(level.since), asked, level.dimensions, grain="hour"):
            hour = self.clock.hour(reached.at)
            for into, (here, onward) in zip(cells, pairwise(reached.sessions), strict=True):
                _add(into, reached.segment, hour, here, here - onward)
        for each, read in zip(steps, cells, strict=True):
            self._take(each, read, level)

    def _counts(self, each: Asked, level: _Level) -> None:
        counted: dict[Segment, dict[int, int]] = {}
        where = None if each.name == EVENTS else each.signal.where
        for count in self.source.counts(self.span(level.since), level.dimensions, where=where):
            hours = counted.setdefault(count.segment, {})
            hour = self.clock.hour(count.at)
            hours[hour] = hours.get(hour, 0) + count.events
        for segment in self._followed(each):  # none at all is what silence looks like
            if len(segment) == len(level.dimensions):
                counted.setdefault(segment, {})
        names = pooled_as({s: sum(hours.values()) for s, hours in counted.items()}, self._followed(each), level.most)
        pooled: Cells = {}
        for segment, hours in counted.items():
            for hour in (hour for hour in self.seen if hour >= level.since):
                _add(pooled, names[segment], hour, 0, hours.get(hour, 0))
        by_hour = {s: {h: (self.seen[h], k) for h, (_, k) in hours.items()} for s, hours in pooled.items()}
        self._part(by_hour, level.found[each.name])

    def _values(self, each: Asked, level: _Level) -> None:
        series, negative = level.found[each.name], 0
        read: dict[Segment, dict[int, dict[int, int]]] = {}
        column = each.signal.value or "value"
        for told in self.source.histogram(self.span(level.since), each.signal.where, level.dimensions, value=column):
            if told.index == NEGATIVE:
                negative += told.events
                continue
            counts = read.setdefault(told.segment, {}).setdefault(self.clock.hour(told.at), {})
            number = _middle(told.index)
            counts[number] = counts.get(number, 0) + told.events
        if negative and not level.dimensions:
            self.skipped.append(("events", f"{negative:,} negative values of `{column}` were left out"))
        sizes = {s: sum(sum(counts.values()) for counts in hours.values()) for s, hours in read.items()}
        names = pooled_as(sizes, self._followed(each), level.most)
        pooled: dict[Segment, dict[int, dict[int, int]]] = {}
        for segment, hours in read.items():
            for hour, counts in hours.items():
                into = pooled.setdefault(names[segment], {}).setdefault(hour, {})
                for number, count in counts.items():
                    into[number] = into.get(number, 0) + count
        for segment, hours in pooled.items():
            series.values[segment] = {hour: counts for hour, counts in hours.items() if hour >= series.start}
            past = {hour: counts for hour, counts in hours.items() if hour < series.start}
            series.past_values[segment] = ValueHistory.of(past)

    def _take(self, each: Asked, cells: Cells, level: _Level) -> None:
        """Pool what is rare."""
        sizes = {s: sum(n for n, _ in hours.values()) for s, hours in cells.items()}
        names = pooled_as(sizes, self._followed(each), level.most)
        pooled: Cells = {}
        for segment, hours in cells.items():
            for hour, (n, k) in hours.items():
                _add(pooled, names[segment], hour, n, k)
        self._part(pooled, level.found[each.name])

    def _part(self, cells: Cells, series: Series) -> None:
        """Single hours, and the past before them."""
        for segment, hours in sorted(cells.items()):
            recent = {hour: pair for hour, pair in hours.items() if hour >= series.start}
            if recent:
                series.cells[segment] = recent
            if len(recent) < len(hours):
                series.past[segment] = History.of({h: pair for h, pair in hours.items() if h < series.start})

    def _followed(self, each: Asked) -> Sequence[Segment]:
        memory = self._remembered(each)
        return () if memory is None else tuple({**memory.histories, **memory.values})


def _add(cells: Cells, segment: Segment, hour: int, exposed: int, affected: int) -> None:
    hours = cells.setdefault(segment, {})
    n, k = hours.get(hour, (0, 0))
    hours[hour] = (n + exposed, k + affected)


def _middle(index: int) -> int:
    """The bucket of ours that the middle of one of the source's lies in."""
    if index <= UNDER:
        return bucket(EDGES[0] / 2)
    if index >= OVER:
        return bucket(EDGES[OVER])
    return bucket((EDGES[index] * EDGES[index + 1]) ** 0.5)
