"""What to expect of a segment's next hours: a level, the shape of day and week, and how much the rate itself varies.

Each of them is drawn toward the parent segment, as far as the segment's own history says little (empirical Bayes: a
Gamma prior on the ratio to the parent, in the manner of Clayton and Kaldor, Biometrics 43, 1987). The parent of (route,
browser, release) is (route, browser): what changes most often stands last. A new release is thus judged from its first
hour on, by the rate of the releases before it and by how far releases differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from autoresearch.statistics.pain.history import History, Pair, weekday
from autoresearch.statistics.pain.sums import Kind, Segment, Sums, rolled_up, siblings_of, sums_of
from autoresearch.statistics.pain.variation import variations

LEVEL_DAYS = 28
"""The level is that of the newest four weeks."""
WEEK_DAYS = 25
"""From so many days on, days of the week have a shape of their own: four weeks, of which a few days may be missing."""
SHAPE_PRIOR, WEEK_PRIOR = 40.0, 100.0
"""The ratio of an hour or weekday to the parent's is trusted from about so many affected sessions on."""
FREE = 0.1
"""Counts without a parent are trusted so much sooner: no day is flat."""
LEVEL_PRIOR = (0.05, 4.0)
"""Bounds of the squared coefficient of variation of siblings' levels; 1 where there are fewer than three."""
UNKNOWN = 1.0


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a segment's hours look like as long as nothing changes."""

    kind: Kind
    level: float
    """Affected of one exposed session; events an hour."""
    uncertain: float
    """Squared coefficient of variation of `level`, as far as it is not known."""
    hours: tuple[float, ...]
    """24 factors of the level."""
    weekdays: tuple[float, ...]
    """7 factors of the level, Monday first."""
    shape_uncertain: tuple[float, ...]
    """Squared coefficients of variation of `hours`."""
    hourly: float
    """Squared coefficient of variation of the rate from hour to hour, what moves whole days included."""
    daily: float
    """The part of it that all hours of a day share."""
    concentration: float
    """Share of pairs of a day's affected sessions that fall in the same hour; 1/24 where all hours are alike."""
    days: int
    """Days of history behind the level: its own, or the nearest parent's."""

    def rate(self, hour: int) -> float:
        """Expected affected of one exposed session in this hour; events in it."""
        day, slot = divmod(hour, 24)
        rate = self.level * self.hours[slot] * self.weekdays[weekday(day)]
        return min(rate, 1 - 1e-6) if self.kind == "rate" else rate

    def variation(self, means: Mapping[int, float]) -> float:
        """Squared coefficient of variation of the rate of a window, given its hours' means; doubt included."""
        total = sum(means.values())
        if total <= 0:
            return self.hourly + self.uncertain
        own = sum(m * m * (self.hourly - self.daily + self.shape_uncertain[hour % 24]) for hour, m in means.items())
        return own / (total * total) + self.daily + self.uncertain

    def day_rate(self, day: int) -> float:
        """Expected affected of one exposed session on this day; events in an hour of it."""
        rate = self.level * self.weekdays[weekday(day)]
        return min(rate, 1 - 1e-6) if self.kind == "rate" else rate

    def day_variation(self) -> float:
        """Squared coefficient of variation of a day's rate; doubt included."""
        return self.daily + self.concentration * (self.hourly - self.daily) + self.uncertain


def fit(histories: Mapping[Segment, History], kind: Kind, *, until: int, skip: int = 0) -> dict[Segment, Expectation]:
    """The expectation of each segment from hour `until` on, by the `LEVEL_DAYS` before the newest `skip` days.

    Segments without history of their own are listed with an empty one. Time and memory are linear in segments.
    """
    newest = (until - 1) // 24 - skip
    oldest = newest - LEVEL_DAYS
    own = {segment: sums_of(history, oldest, newest) for segment, history in histories.items()}
    sums = rolled_up(own)
    hourly, daily = variations(histories, own, kind)
    typical = max(hourly.values(), default=0.0)
    fitted: dict[Segment, Expectation] = {}
    siblings = siblings_of(sums)
    between: dict[Segment, float] = {}
    for node in sorted(sums, key=lambda node: (len(node), node)):
        parent = fitted.get(node[:-1]) if node else None
        fitted[node] = _node(
            sums[node], parent, kind, hourly.get(node, typical), daily.get(node, 0.0), between.get(node[:-1], UNKNOWN)
        )
        between[node] = _between(fitted[node].level, [sums[child].total() for child in siblings.get(node, ())])
    return {segment: fitted[segment] for segment in histories}


# --- shrinkage ----------------------------------------------------------------------------------------------------


def _node(
    sums: Sums, parent: Expectation | None, kind: Kind, hourly: float, daily: float, between: float
) -> Expectation:
    exposed, affected = sums.total()
    days = len(sums.days)
    base = parent.level if parent else (affected + 0.5) / (exposed + 1)
    expected = base * exposed
    # Var(K) / E(K) of the whole history: chance, what hours share, what days share
    inflation = 1 + expected / max(days, 1) * ((hourly - daily) / 24 + daily) / max(sums.leaves, 1)
    prior = 1 / between if parent else 0.5
    level = base * (prior + affected / inflation) / (prior + expected / inflation) if exposed else base
    free = FREE if kind == "count" and parent is None else 1.0
    hours, doubts = _hours(sums, parent, inflation, SHAPE_PRIOR * free)
    weekdays, doubt = _weekdays(sums, parent, inflation, WEEK_PRIOR * free)
    return Expectation(
        kind=kind,
        level=level,
        uncertain=1 / (prior + affected / inflation) + doubt,
        hours=hours,
        weekdays=weekdays,
        shape_uncertain=doubts,
        hourly=hourly,
        daily=daily,
        concentration=sums.concentration(),
        days=max(days, parent.days if parent else 0),
    )


def _hours(
    sums: Sums, parent: Expectation | None, inflation: float, prior: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Factors of the 24 hours with a mean of 1 over exposure, and their doubt."""
    shape = parent.hours if parent else (1.0,) * 24
    if not any(k for _, k in sums.slots):
        return shape, parent.shape_uncertain if parent else (1 / prior,) * 24
    return _shrunk(sums.slots, shape, inflation, prior), tuple(1 / (prior + k / inflation) for _, k in sums.slots)


def _weekdays(
    sums: Sums, parent: Expectation | None, inflation: float, prior: float
) -> tuple[tuple[float, ...], float]:
    """Factors of the seven days with a mean of 1 over exposure, and their doubt; the parent's until four weeks."""
    shape = parent.weekdays if parent else (1.0,) * 7
    if len(sums.days) < WEEK_DAYS:
        return shape, 0.0
    week = [(0, 0)] * 7
    for day, (n, k) in sums.days.items():
        had = week[weekday(day)]
        week[weekday(day)] = (had[0] + n, had[1] + k)
    affected = sum(k for _, k in week)
    return (_shrunk(week, shape, inflation, prior) if affected else shape), 1 / (prior + affected / 7 / inflation)


def _shrunk(seen: Sequence[Pair], shape: Sequence[float], inflation: float, prior: float) -> tuple[float, ...]:
    """What (exposed, affected) say of the factors, drawn toward `shape`; the mean over exposure is 1."""
    weight = sum(n * f for (n, _), f in zip(seen, shape, strict=True))
    if not weight:
        return tuple(shape)
    base = sum(k for _, k in seen) / weight
    factors = [
        f * (prior + k / inflation) / (prior + base * n * f / inflation) for (n, k), f in zip(seen, shape, strict=True)
    ]
    mean = sum(n * f for (n, _), f in zip(seen, factors, strict=True)) / sum(n for n, _ in seen)
    return tuple(f / mean for f in factors)


def _between(level: float, siblings: Sequence[tuple[int, int]]) -> float:
    """Squared coefficient of variation of the siblings' levels about the parent's, by moments."""
    pairs = [(level * n, k) for n, k in siblings if n]
    if len(pairs) < 3:
        return UNKNOWN
    excess = fsum((k - e) ** 2 - e for e, k in pairs)
    return min(max(excess / (fsum(e * e for e, _ in pairs) or 1.0), LEVEL_PRIOR[0]), LEVEL_PRIOR[1])
