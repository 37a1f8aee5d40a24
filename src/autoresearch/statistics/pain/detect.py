"""Is a segment's pain more than chance explains? Tail probabilities of several windows, over all segments at once.

Each hour, each segment is asked by its last 3, 6 and 24 hours: half of the level is for the longest, the others share
the rest. One wild hour is no pain: without what it has more than the second largest, a window must still stand out. Of
all segments those are picked that Benjamini and Hochberg's procedure picks (JRSS B 57, 1995): at q = .01 at most one in
a hundred picked is expected to be chance, however many segments there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from autoresearch.statistics.pain.history import Hours
from autoresearch.statistics.pain.model import Expectation
from autoresearch.statistics.pain.sums import MIN_DAYS, Segment
from autoresearch.statistics.pain.tails import beta_binomial_tail, negative_binomial_tail

Verdict = Literal["alarm", "ok", "insufficient-data"]

MIN_FAMILY = 200
"""Fewer segments are judged as if they were so many: a small shop has no more false alarms than its share."""
SPIKE = 0.1
"""A window's largest hour is lowered to its second largest, and must then still have a tail of ten times the level."""
_LOOK = 2.0
"""Windows that stand out by fewer standard deviations are not worth a tail: it would be above .01."""


@dataclass(frozen=True, slots=True)
class Settings:
    """When an excess is told. The defaults are for sessions with pain; `docs/statistics/pain.md` has the others."""

    q: float = 0.01
    """Share of the alarms that may be chance."""
    windows: tuple[int, ...] = (3, 6, 24)
    """Hours; none is a single one."""
    min_excess: float = 5.0
    """Affected sessions beyond the expected ones; fewer are never told."""
    min_ratio: float = 1.5
    """Affected over expected; less is never told, however sure."""
    seen_at: float = 5.0
    """A segment is `ok` only if so many times the usual, for the longest window, would have been told."""


@dataclass(frozen=True, slots=True)
class Window:
    """The hours from `start` to before `end` of one segment, against what was expected of them."""

    segment: Segment
    start: int
    end: int
    exposed: int
    affected: int
    expected: float
    variation: float
    p: float = 1.0
    """Chance of at least so many affected, corrected for the windows; 1 where nobody looked closer."""

    @property
    def excess(self) -> float:
        """Affected sessions beyond the expected ones."""
        return self.affected - self.expected

    @property
    def ratio(self) -> float | None:
        """Affected over expected; None where none was expected."""
        return self.affected / self.expected if self.expected else None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judged hours say of one segment."""

    verdict: Verdict
    alarms: tuple[Window, ...]
    """The window that speaks most clearly, for each hour with an alarm, in order."""
    reason: str = ""
    """Why the data do not suffice."""


def judge(
    expected: Mapping[Segment, Expectation],
    recent: Mapping[Segment, Hours],
    hours: range,
    settings: Settings = Settings(),
) -> dict[Segment, Judgement]:
    """Judge the hours of the range, one after the other, for every segment of `expected`.

    `recent` holds these hours and, for the windows, those before them that are in no history yet. Hours without an
    entry have no data. No exposure never alarms.
    """
    known = {s: _Track(s, e, recent.get(s, {}), hours, settings) for s, e in expected.items() if e.days >= MIN_DAYS}
    alarms: dict[Segment, list[Window]] = {segment: [] for segment in expected}
    for end in range(hours.start + 1, hours.stop + 1):
        found = [track.clearest(end) for track in known.values()]
        for window in picked([w for w in found if w is not None], len(known), settings.q):
            alarms[window.segment].append(window)
    return {s: _judgement(known.get(s), e, tuple(alarms[s]), hours, settings) for s, e in expected.items()}


def picked(windows: Iterable[Window], family: int, q: float) -> list[Window]:
    """Benjamini and Hochberg's choice among `family` tests, of which only these may have a p below 1."""
    family = max(family, MIN_FAMILY)
    ordered = sorted(windows, key=lambda window: (window.p, window.segment))
    last = 0
    for rank, window in enumerate(ordered, start=1):
        if window.p <= q * rank / family:
            last = rank
    return ordered[:last]


def learnable(recent: Hours, until: int, alarms: Iterable[Window]) -> dict[int, tuple[int, int]]:
    """The hours before `until` that belong in the history: those that no alarm covers, lest pain become the usual."""
    covered = {hour for window in alarms for hour in range(window.start, window.end)}
    return {hour: pair for hour, pair in sorted(recent.items()) if hour < until and hour not in covered}


def tail(expectation: Expectation, window: Window) -> float:
    """P(at least so many affected) if nothing changed."""
    if window.expected <= 0:
        return 0.0 if window.affected else 1.0
    if expectation.kind == "count":
        return negative_binomial_tail(window.affected, window.expected, window.variation)
    return beta_binomial_tail(window.affected, window.exposed, window.expected, window.variation)


class _Track:
    """One segment's recent hours, ready for windows."""

    def __init__(self, segment: Segment, expectation: Expectation, recent: Hours, hours: range, settings: Settings):
        self.segment, self.expectation, self.settings = segment, expectation, settings
        self.first = hours.start - max(settings.windows) + 1
        self.hours: list[tuple[int, int, float]] = []
        self.sums: list[tuple[int, int, float]] = [(0, 0, 0.0)]
        n, k, mean = 0, 0, 0.0
        for hour in range(self.first, hours.stop):
            exposed, affected = recent.get(hour, (0, 0))
            if expectation.kind == "rate":
                affected = min(affected, exposed)
            m = exposed * expectation.rate(hour)
            self.hours.append((exposed, affected, m))
            n, k, mean = n + exposed, k + affected, mean + m
            self.sums.append((n, k, mean))

    def window(self, end: int, length: int) -> Window:
        """The window of `length` hours that ends before `end`."""
        start, last = max(end - length - self.first, 0), end - self.first
        n, k, mean = (after - before for after, before in zip(self.sums[last], self.sums[start], strict=True))
        means = {self.first + i: self.hours[i][2] for i in range(start, last)}
        return Window(
            self.segment, end - length, end, int(n), int(k), max(mean, 0.0), self.expectation.variation(means)
        )

    def clearest(self, end: int) -> Window | None:
        """The window with the smallest tail, if any stands out enough to be told."""
        best: Window | None = None
        windows = self.settings.windows
        for length in windows:
            if not self._worth_a_look(end, length):
                continue
            window = self.window(end, length)
            if not stands_out(window, self.settings):
                continue
            tests = 1 if len(windows) == 1 else 2 if length == max(windows) else 2 * (len(windows) - 1)
            p = min(1.0, tests * self._tail(window))
            if best is None or p < best.p:
                best = replace(window, p=p)
        return best

    def _worth_a_look(self, end: int, length: int) -> bool:
        last = end - self.first
        _, k, mean = (a - b for a, b in zip(self.sums[last], self.sums[max(last - length, 0)], strict=True))
        return k - mean >= self.settings.min_excess and k >= self.settings.min_ratio * mean

    def _tail(self, window: Window) -> float:
        """The tail of the window; ten times more is demanded of it than with its largest hour winsorised."""
        excesses = sorted(k - m for _, k, m in self.hours[max(window.start - self.first, 0) : window.end - self.first])
        spike = excesses[-1] - (excesses[-2] if len(excesses) > 1 else 0.0)
        calm = replace(window, affected=int(window.affected - spike))
        return max(tail(self.expectation, window), SPIKE * tail(self.expectation, calm))


def stands_out(window: Window, settings: Settings) -> bool:
    """Whether the excess matters, and is more than `_LOOK` standard deviations."""
    excess = window.excess
    if excess < settings.min_excess or window.affected < settings.min_ratio * window.expected:
        return False
    return excess * excess > _LOOK * _LOOK * window.expected * (1 + window.variation * window.expected)


def _judgement(
    track: _Track | None, expectation: Expectation, alarms: tuple[Window, ...], hours: range, settings: Settings
) -> Judgement:
    if track is None:
        return Judgement("insufficient-data", (), f"{expectation.days} days of history; {MIN_DAYS} are needed")
    if alarms:
        return Judgement("alarm", alarms)
    window = track.window(hours.stop, max(settings.windows))
    if not window.exposed:
        return Judgement("insufficient-data", (), "nothing was exposed")
    if (settings.seen_at - 1) * window.expected < settings.min_excess:
        return Judgement("insufficient-data", (), f"{settings.seen_at:g} times the usual would not be told")
    return Judgement("ok", ())
