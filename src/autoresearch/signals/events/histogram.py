"""Histograms that can be added up: fixed logarithmic buckets, the same in every engine and on every day.

Edges are the R40 series of preferred numbers (ISO 3): forty a decade, about 6 % apart, exact as decimals. Engines
compare with them and compute no logarithm, so that no two of them round differently. The usual budgets of web vitals
(100, 200, 500, 800, 1,800, 2,500, 4,000; 0.1, 0.25) are edges, so shares over a budget are exact.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping

from sqlglot import exp

_R40 = (
    100, 106, 112, 118, 125, 132, 140, 150, 160, 170, 180, 190, 200, 212, 224, 236, 250, 265, 280, 300, 315, 335, 355,
    375, 400, 425, 450, 475, 500, 530, 560, 600, 630, 670, 710, 750, 800, 850, 900, 950,
)  # fmt: skip
_DECADES = range(-3, 7)
EDGES: tuple[float, ...] = (*(float(f"{step}e{power - 2}") for power in _DECADES for step in _R40), 1e7)
"""Lower ends of the buckets 0 … 399 (0.001 to 10,000,000), and the end of the last."""
OVER = len(EDGES) - 1
"""Everything from the last edge on."""
UNDER = -1
"""From 0 to the first edge."""
NEGATIVE = -2
"""No duration: told, and left out of quantiles."""


def bucket_index(value: exp.Expr) -> exp.Expr:
    """The index of a number's bucket: nine comparisons, in halves."""
    return (
        exp.Case()
        .when(exp.LT(this=value.copy(), expression=_edge(0.0)), exp.Literal.number(NEGATIVE))
        .else_(_halve(value, UNDER, OVER))
    )


def _halve(value: exp.Expr, low: int, high: int) -> exp.Expr:
    if low == high:
        return exp.Literal.number(low) if low >= 0 else exp.Neg(this=exp.Literal.number(-low))
    middle = (low + high) // 2
    below = exp.LT(this=value.copy(), expression=_edge(EDGES[middle + 1]))
    return (
        exp.Case()
        .when(below, _halve(value, low, middle), copy=False)
        .else_(_halve(value, middle + 1, high), copy=False)
    )


def _edge(value: float) -> exp.Expr:
    return exp.cast(exp.Literal.string(repr(value)), exp.DataType.Type.DOUBLE)


def index_of(value: float) -> int:
    """The bucket of one number that is not negative."""
    return UNDER if value < EDGES[0] else bisect_right(EDGES, value) - 1


def merged(parts: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """Bucket → events, of several histograms together."""
    total: dict[int, int] = {}
    for part in parts:
        for index, count in part.items():
            total[index] = total.get(index, 0) + count
    return dict(sorted(total.items()))


def quantile(histogram: Mapping[int, int], share: float) -> float | None:
    """The value that a share (0 … 1) of the events does not exceed, at most 3 % off; None without events.

    Within a bucket, values are taken as evenly spread over the logarithm. Beyond the last edge nothing is known but
    the edge itself.
    """
    counts = sorted((index, count) for index, count in histogram.items() if index >= UNDER and count > 0)
    wanted = share * sum(count for _, count in counts)
    for index, count in counts:
        if wanted <= count:
            return _inside(index, wanted / count)
        wanted -= count
    return _inside(counts[-1][0], 1.0) if counts else None


def _inside(index: int, share: float) -> float:
    if index == UNDER:
        return EDGES[0] * share
    if index >= OVER:
        return EDGES[OVER]
    low, high = EDGES[index], EDGES[index + 1]
    return float(low * (high / low) ** share)


def share_over(histogram: Mapping[int, int], budget: float) -> float | None:
    """The share of events at or over a budget, exact where the budget is an edge; None without events."""
    counts = {index: count for index, count in histogram.items() if index >= UNDER}
    total = sum(counts.values())
    if not total:
        return None
    first = bisect_left(EDGES, budget)  # buckets below `first` lie below the budget, whole or in part
    return sum(count for index, count in counts.items() if index >= first) / total
