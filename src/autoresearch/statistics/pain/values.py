"""Durations and other values: has the 75th or 95th percentile risen?

Values are counted in logarithmic buckets, four to a doubling. The history knows, for the edge of each bucket, how many
values lay above it, and the squares of these counts by hour. That a percentile has risen means that more of the values
lie above its old place than should: the same question as for pain, with the same answer (`detect.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import floor, log2
from typing import Any

from autoresearch.errors import StateError
from autoresearch.statistics.pain.detect import Judgement, Settings, Window, picked
from autoresearch.statistics.pain.history import BLOCK, MAX_COUNT
from autoresearch.statistics.pain.sums import Segment
from autoresearch.statistics.pain.tails import beta_binomial_tail

PER_DOUBLING = 4
LOWEST, HIGHEST = -40, 160
"""Buckets, from 2⁻¹⁰ to 2⁴⁰ units; what lies beyond is put into the outermost."""
QUANTILES = (0.75, 0.95)
MIN_VALUES = 200
"""With fewer values in the history nothing is expected."""
MIN_RATIO = 1.2
"""A percentile that rose by less is never told."""
WINDOWS = (6, 24)

Histogram = Mapping[int, int]
"""Bucket → count of values."""


def bucket(value: float) -> int:
    """The bucket of a value; 0 and less go into the lowest."""
    if value <= 0:
        return LOWEST
    return min(max(floor(PER_DOUBLING * log2(value)), LOWEST), HIGHEST)


def histogram(values: Iterable[float]) -> dict[int, int]:
    """The values as counts by bucket."""
    counts: dict[int, int] = {}
    for value in values:
        counts[bucket(value)] = counts.get(bucket(value), 0) + 1
    return dict(sorted(counts.items()))


def edge(number: int) -> float:
    """The lower edge of a bucket, in the values' unit."""
    return float(2 ** (number / PER_DOUBLING))


def quantile(counts: Histogram, q: float) -> float | None:
    """The `q` quantile, log-linear within its bucket; None without values."""
    total = sum(counts.values())
    below = 0
    for number, count in sorted(counts.items()):
        if count and below + count >= q * total:
            return edge(number) * 2 ** ((q * total - below) / count / PER_DOUBLING)
        below += count
    return None


@dataclass(frozen=True, slots=True)
class ValueHistory:
    """The past of a segment's values as sums; `a + b` holds the hours of both."""

    blocks: Mapping[int, Mapping[int, tuple[int, int]]] = field(default_factory=dict)
    """Number of the four weeks → edge → (values above it, sum of their squares by hour).

    The edges reach from the lowest bucket that has a value to the highest."""

    @classmethod
    def of(cls, hours: Mapping[int, Histogram]) -> ValueHistory:
        """The history of hours, each a histogram."""
        by_block: dict[int, list[dict[int, int]]] = {}
        for hour, counts in hours.items():
            if hour < 0 or any(not 0 <= count <= MAX_COUNT for count in counts.values()):
                raise ValueError(f"hour {hour}: a histogram holds counts from 0 to {MAX_COUNT}")
            if held := {number: count for number, count in counts.items() if count}:
                by_block.setdefault(hour // (24 * BLOCK), []).append(held)
        newest = max(by_block, default=0)
        return cls({number: _edges_of(by_block[number]) for number in sorted(by_block) if number >= newest - 1})

    def __add__(self, other: ValueHistory) -> ValueHistory:
        blocks = dict(self.blocks)
        for number, theirs in other.blocks.items():
            blocks[number] = _joined(blocks[number], theirs) if number in blocks else theirs
        newest = max(blocks, default=0)
        return ValueHistory({number: blocks[number] for number in sorted(blocks) if number >= newest - 1})

    def total(self) -> dict[int, tuple[int, int]]:
        """Both blocks as one."""
        joined: dict[int, tuple[int, int]] = {}
        for edges in self.blocks.values():
            joined = _joined(joined, edges) if joined else dict(edges)
        return joined

    def counts(self) -> dict[int, int]:
        """The histogram of all values."""
        above = {number: n for number, (n, _) in self.total().items()}
        return {number: n - above.get(number + 1, 0) for number, n in above.items()}

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers for the state."""
        return {
            str(number): {"first": min(edges), "above": [x for pair in edges.values() for x in pair]}
            for number, edges in self.blocks.items()
        }

    @classmethod
    def from_dict(cls, data: Any, where: str = "values") -> ValueHistory:
        """What `as_dict` gave. Raises `StateError` naming `where`."""
        try:
            return cls({int(number): _edges(block["first"], block["above"]) for number, block in sorted(data.items())})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise StateError(
                f"{where}: not a history of values", hint="restore it from git, or delete it to start anew"
            ) from error


@dataclass(frozen=True, slots=True)
class Risen:
    """A percentile that rose: the window counts values above the percentile's old place as affected."""

    quantile: float
    usual: float
    now: float
    window: Window


def values_up(
    histories: Mapping[Segment, ValueHistory],
    recent: Mapping[Segment, Mapping[int, Histogram]],
    now: int,
    settings: Settings,
) -> tuple[dict[Segment, Judgement], dict[Segment, Risen]]:
    """Judge the last 6 and 24 hours before hour `now` of each segment; `min_ratio` of the settings is `MIN_RATIO` here.

    The second mapping holds what rose, for the segments in alarm.
    """
    judged: dict[Segment, Judgement] = {}
    found: dict[Segment, Risen] = {}
    for segment, history in histories.items():
        counts = history.counts()
        if sum(counts.values()) < MIN_VALUES:
            judged[segment] = Judgement("insufficient-data", (), f"fewer than {MIN_VALUES} values before")
            continue
        hours = recent.get(segment, {})
        if not sum(_gathered(hours, now - max(WINDOWS), now).values()):
            judged[segment] = Judgement("insufficient-data", (), "no values")
            continue
        judged[segment] = Judgement("ok", ())
        risen = _clearest(segment, history, hours, now, settings)
        if risen:
            found[segment] = risen
    family = sum(judgement.verdict == "ok" for judgement in judged.values())
    alarms = {w.segment for w in picked([risen.window for risen in found.values()], family, settings.q)}
    for segment in alarms:
        judged[segment] = Judgement("alarm", (found[segment].window,))
    return judged, {segment: found[segment] for segment in histories if segment in alarms}


def above_usual(history: ValueHistory, counts: Histogram, q: float) -> tuple[int, float, float]:
    """(values above the old place of the `q` quantile, how many should be, that place).

    Raises `ValueError` for an empty history.
    """
    edges = history.total()
    if not edges:
        raise ValueError("a history without values has no quantiles")
    place = _place(edges, q)
    affected = sum(count for number, count in counts.items() if number >= place)
    return affected, sum(counts.values()) * edges[place][0] / edges[min(edges)][0], edge(place)


def _place(edges: Mapping[int, tuple[int, int]], q: float) -> int:
    total = edges[min(edges)][0]
    return next((number for number in sorted(edges) if edges[number][0] <= (1 - q) * total), max(edges))


def _clearest(
    segment: Segment, history: ValueHistory, hours: Mapping[int, Histogram], now: int, settings: Settings
) -> Risen | None:
    edges, usual = history.total(), history.counts()
    total, squares = edges[min(edges)]
    tests, best = len(WINDOWS) * len(QUANTILES), None
    for length in WINDOWS:
        counts = _gathered(hours, now - length, now)
        n = sum(counts.values())
        for q in QUANTILES:
            place = _place(edges, q)
            before, after = quantile(usual, q), quantile(counts, q)
            affected = sum(count for number, count in counts.items() if number >= place)
            expected = n * edges[place][0] / total
            if not before or not after or after < MIN_RATIO * before or affected - expected < settings.min_excess:
                continue
            variation = _variation(edges[place], (total, squares)) + 1 / edges[place][0]
            p = min(1.0, tests * beta_binomial_tail(affected, n, expected, variation))
            if best is None or p < best.window.p:
                window = Window(segment, now - length, now, n, affected, expected, variation, p)
                best = Risen(q, before, after, window)
    return best


def _variation(above: tuple[int, int], total: tuple[int, int]) -> float:
    """Squared coefficient of variation of the share above an edge, by factorial moments; hours of a day included."""
    (k, kk), (n, nn) = above, total
    across, pairs = n * n - nn, nn - n
    product = (k * k - kk) / across if across > 0 else 0.0
    return max(0.0, (kk - k) / pairs / product - 1) if pairs > 0 and product > 0 else 1.0


def _gathered(hours: Mapping[int, Histogram], start: int, end: int) -> dict[int, int]:
    total: dict[int, int] = {}
    for hour in range(start, end):
        for number, count in hours.get(hour, {}).items():
            total[number] = total.get(number, 0) + count
    return total


def _edges_of(hours: Sequence[Histogram]) -> dict[int, tuple[int, int]]:
    """Edge → values above it in all hours, and the sum of their squares by hour."""
    first, last = min(map(min, hours)), max(map(max, hours))
    totals, squares = [0] * (last - first + 1), [0] * (last - first + 1)
    for counts in hours:
        above = 0
        for number in range(last, first - 1, -1):
            above += counts.get(number, 0)
            totals[number - first] += above
            squares[number - first] += above * above
    return {first + i: pair for i, pair in enumerate(zip(totals, squares, strict=True))}


def _joined(a: Mapping[int, tuple[int, int]], b: Mapping[int, tuple[int, int]]) -> dict[int, tuple[int, int]]:
    first, last = min(*a, *b), max(*a, *b)
    return {
        number: (_above(a, number)[0] + _above(b, number)[0], _above(a, number)[1] + _above(b, number)[1])
        for number in range(first, last + 1)
    }


def _above(edges: Mapping[int, tuple[int, int]], number: int) -> tuple[int, int]:
    """Below its first edge a history has all its values, above its last one none."""
    first = min(edges)
    return edges[first] if number < first else edges.get(number, (0, 0))


def _edges(first: Any, above: Any) -> dict[int, tuple[int, int]]:
    if type(first) is not int or not LOWEST <= first <= HIGHEST or not isinstance(above, list):
        raise TypeError
    if not above or len(above) % 2 or first + len(above) // 2 - 1 > HIGHEST:
        raise ValueError
    if not all(type(x) is int and 0 <= x < 10**24 for x in above):
        raise TypeError
    pairs = [(above[i], above[i + 1]) for i in range(0, len(above), 2)]
    if any(low[0] < high[0] for low, high in pairwise(pairs)):
        raise ValueError
    return {first + i: pair for i, pair in enumerate(pairs)}
