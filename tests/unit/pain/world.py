"""A shop as counts by the hour, behind the protocol of the events: what a source would answer, without any events."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autoresearch.config.events import Events
from autoresearch.config.secrets import Secrets
from autoresearch.core.baseline import Baseline, Known, Stamp
from autoresearch.core.measurement import Finding, Measurement, fingerprint
from autoresearch.errors import NotMeasuredError
from autoresearch.loops.pain.loop import PainWatchdog
from autoresearch.loops.pain.settings import Settings
from autoresearch.signals.context import Signals
from autoresearch.signals.events.histogram import EDGES
from autoresearch.signals.events.model import (
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

FIRST = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
"""A Monday; the clocks of the tests' zone, UTC, do not change."""
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
SEGMENTS = {("/checkout", "Safari"): 20, ("/checkout", "Chrome"): 40, ("/", "Safari"): 60, ("/", "Chrome"): 120}
"""Sessions an hour of the day's middle."""
COLUMNS = {
    "time": "ts",
    "session": "s",
    "event": "name",
    "route": "path",
    "browser": "ua",
    "release": "v",
    "value": "ms",
}

Share = Callable[[dt.datetime, tuple[str, ...]], float]


def usually(share: float) -> Share:
    return lambda time, segment: share


@dataclass
class World:
    """Sessions by hour and segment; shares of them in pain, by the signal's event."""

    shares: Mapping[str, Share] = field(default_factory=lambda: {"pain": usually(0.03)})
    """Event → the share of a segment's sessions that has it."""
    segments: Mapping[tuple[str, ...], float] = field(default_factory=lambda: dict(SEGMENTS))
    traffic: Callable[[dt.datetime], float] = lambda time: 1.0
    seconds: Callable[[dt.datetime, tuple[str, ...]], float] = lambda time, segment: 1.0
    """Median of the durations that page views have."""
    dimensions: tuple[str, ...] = ("route", "browser")
    released: tuple[Release, ...] = ()
    missing: tuple[str, ...] = ()
    distinct: int = 0
    """Routes that are rare."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    seed: int = 1

    def hours(self, span: Span) -> Iterator[tuple[dt.datetime, dict[tuple[str, ...], tuple[int, dict[str, int]]]]]:
        """Each hour with its segments: sessions, and those of them with each event."""
        time = max(span.start, FIRST)
        while time < span.end:
            yield time, self._hour(time)
            time += HOUR

    def _hour(self, time: dt.datetime) -> dict[tuple[str, ...], tuple[int, dict[str, int]]]:
        chance = random.Random(f"{self.seed} {time.isoformat()}")
        daytime = 0.2 + 0.8 * (8 <= time.hour < 22)
        found = {}
        for segment, volume in self.segments.items():
            sessions = poisson(volume * daytime * self.traffic(time), chance)
            events = {name: binomial(sessions, share(time, segment), chance) for name, share in self.shares.items()}
            if sessions:
                found[segment] = sessions, events
        return found


@dataclass
class Source:
    """What a world answers."""

    world: World
    asked: list[str] = field(default_factory=list)

    def facts(self, span: Span) -> Facts:
        days = (Day(span.start.date(), 1, 1, self.world.dropped),)
        return Facts("a world", COLUMNS, self.world.missing, days)

    def values(self, span: Span, dimension: Dimension) -> Values:
        if dimension.name == "event":
            return Values("event", tuple(self.world.shares), len(self.world.shares), 0)
        place = self.world.dimensions.index(dimension.name)
        kept = tuple(sorted({segment[place] for segment in self.world.segments}))
        return Values(dimension.name, kept, len(kept) + self.world.distinct, self.world.distinct)

    def rates(
        self, span: Span, signals: Sequence[Signal], dimensions: Sequence[Dimension] = (), grain: Grain = "hour"
    ) -> list[Rate]:
        self.asked.append(f"rates {span.start:%m-%d}")
        found = []
        for time, segments in self.world.hours(span):
            for signal in signals:
                counted: dict[tuple[str, ...], list[int]] = {}
                for segment, (n, events) in segments.items():
                    k = events.get(str(signal.affected.get("event")), 0)
                    had = counted.setdefault(segment[: len(dimensions)], [0, 0])
                    had[0], had[1] = had[0] + n, had[1] + k
                found += [Rate(signal.name, time, segment, n, k, k) for segment, (n, k) in counted.items()]
        return found

    def counts(
        self,
        span: Span,
        dimensions: Sequence[Dimension] = (),
        grain: Grain = "hour",
        where: Condition | None = None,
    ) -> list[Count]:
        found = []
        for time, segments in self.world.hours(span):
            total = sum(n for n, _ in segments.values())
            if where is None and not dimensions and total:
                found.append(Count(time, (), total))
            elif [d.name for d in dimensions] == ["event"]:
                totals = {name: sum(events[name] for _, events in segments.values()) for name in self.world.shares}
                found += [Count(time, (name,), count) for name, count in totals.items() if count]
        return found

    def histogram(
        self,
        span: Span,
        where: Condition | None = None,
        dimensions: Sequence[Dimension] = (),
        grain: Grain = "hour",
        value: str = "value",
    ) -> list[Bucket]:
        found = []
        for time, segments in self.world.hours(span):
            counted: dict[tuple[tuple[str, ...], int], int] = {}
            chance = random.Random(f"{time}")
            for segment, (n, _) in segments.items():
                for _ in range(n):
                    took = self.world.seconds(time, segment) * chance.lognormvariate(0, 0.4)
                    index = -2 if took < 0 else next(i for i in range(400) if EDGES[i + 1] > took)
                    key = segment[: len(dimensions)], index
                    counted[key] = counted.get(key, 0) + 1
            found += [Bucket(time, segment, index, n) for (segment, index), n in counted.items()]
        return found

    def funnel(
        self,
        span: Span,
        steps: Sequence[Condition],
        dimensions: Sequence[Dimension] = (),
        grain: Grain = "day",
    ) -> list[Reached]:
        found = []
        for time, segments in self.world.hours(span):
            counted: dict[tuple[str, ...], list[int]] = {}
            for segment, (n, events) in segments.items():
                had = counted.setdefault(segment[: len(dimensions)], [0, 0])
                had[0], had[1] = had[0] + n, had[1] + events["paid"]
            found += [Reached(time, segment, tuple(counts)) for segment, counts in counted.items()]
        return found

    def releases(self, span: Span) -> list[Release]:
        return list(self.world.released)

    def close(self) -> None:
        pass


@dataclass
class Watch:
    """Night after night, as runs do it."""

    world: World
    settings: Mapping[str, Any] = field(default_factory=lambda: {"signals": {"pain": {"where": {"event": "pain"}}}})
    baseline: Baseline = field(default_factory=lambda: Baseline(loop="pain-watchdog"))
    found: dict[tuple[str, str, str], Finding] = field(default_factory=dict)
    over: dict[tuple[str, str, str], str] = field(default_factory=dict)
    measured: Measurement | None = None
    asked: list[str] = field(default_factory=list)

    @property
    def loop(self) -> PainWatchdog:
        segments = {"segments": self.world.dimensions, "silent": False}
        return PainWatchdog(
            "pain-watchdog", Settings.model_validate({"kind": "pain-watchdog", **segments, **self.settings})
        )

    def measure(self, now: dt.datetime) -> Measurement:
        source = Source(self.world)
        signals = Signals(Path("/nowhere"), None, now, Secrets({}), event_settings=Events(source="x", columns=COLUMNS))
        signals._cache["events"] = source
        signals.recall("pain-watchdog", self.baseline.memory)
        measured = self.loop.measure(signals)
        self.asked = source.asked
        return measured

    def night(self, now: dt.datetime) -> dict[tuple[str, str, str], Finding]:
        """What a run at that time finds; without word of too little data."""
        loop, self.measured = self.loop, self.measure(now)
        judged = loop.judge(self.measured, self.baseline)
        self.over = dict(loop.recovered(self.measured, self.baseline))
        self.found = {f.identity: f for f in judged}
        memory = dict(loop.remember(self.measured, self.baseline))
        self.baseline = self.baseline.model_copy(update={"memory": memory})
        return {key: f for key, f in self.found.items() if f.rule != "pain/insufficient-data"}

    def nights(self, first: int, last: int) -> list[dict[tuple[str, str, str], Finding]]:
        """Those at six in the morning of days since `FIRST`, both included."""
        return [self.night(FIRST + day * DAY + 6 * HOUR) for day in range(first, last + 1)]

    def accept(self, identity: tuple[str, str, str]) -> None:
        """As `--accept` would note it."""
        finding, stamp = self.found[identity], Stamp(run="1", at="2026-04-01T00:00:00Z")
        known = Known(
            rule=finding.rule,
            subject=finding.subject,
            key=finding.key,
            severity=finding.severity,
            message=finding.message,
            first_seen=stamp,
            last_seen=stamp,
            accepted={"because": "so it is", "at": stamp.at},  # type: ignore[arg-type]
        )
        self.baseline = self.baseline.model_copy(update={"known": {fingerprint("pain-watchdog", *identity): known}})


def sick(since: dt.datetime, until: dt.datetime, times: float, *where: str, usual: float = 0.03) -> Share:
    """A share that is some times the usual from one hour to another, in segments that have all these values."""

    def share(time: dt.datetime, segment: tuple[str, ...]) -> float:
        is_sick = since <= time < until and set(where) <= set(segment)
        return usual * times if is_sick else usual

    return share


def poisson(mean: float, chance: random.Random) -> int:
    if mean > 50:
        return max(0, round(chance.gauss(mean, mean**0.5)))
    count, left = -1, mean
    while left >= 0:
        left -= chance.expovariate(1)
        count += 1
    return count


def binomial(n: int, p: float, chance: random.Random) -> int:
    return sum(chance.random() < p for _ in range(n))


__all__ = ["DAY", "FIRST", "HOUR", "NotMeasuredError", "Source", "Watch", "World", "sick", "usually"]
