"""How much the rate itself varies from hour to hour and from day to day, beyond what chance does to counts.

Both are squared coefficients of variation. Estimates of single segments are drawn toward the mean of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum

from autoresearch.statistics.pain.history import History
from autoresearch.statistics.pain.sums import MIN_DAYS, Kind, Segment, Sums

_ONE_DAY = 0.75
"""Where more of a slot's pairs of sessions are of the same hour, it has but one day (two have a half)."""


def variations(
    histories: Mapping[Segment, History], own: Mapping[Segment, Sums], kind: Kind
) -> tuple[dict[Segment, float], dict[Segment, float]]:
    """The variation from hour to hour and from day to day of each segment, drawn toward all segments'.

    They are pooled as what does not depend on the rate: a correlation of sessions (`variation * odds`) for rates.
    """
    odds = {segment: _odds(sums, kind) for segment, sums in own.items()}
    hourly = _pooled({s: _hourly(h, kind) for s, h in histories.items()}, odds)
    days = {}
    for segment, sums in own.items():
        days[segment] = _daily(sums, hourly[segment], kind)
    daily = _pooled(days, odds)
    return hourly, {segment: min(x, hourly[segment]) for segment, x in daily.items()}


def _odds(sums: Sums, kind: Kind) -> float:
    if kind == "count":
        return 1.0
    exposed, affected = sums.total()
    return (affected + 0.5) / (max(exposed - affected, 0) + 0.5)


def _hourly(history: History, kind: Kind) -> tuple[float, float]:
    """(estimate, its variance) by factorial moments.

    Two sessions of one hour share its rate, sessions of the same hour on different days do not: the mean product of
    the former over that of the latter is 1 + variation. Squares are known over all hours of the day together; each
    slot has its part of them by the square of its total.
    """
    above, weight, seen = 0.0, 0.0, 0
    for block in history.blocks.values():
        (nn, kk), slots = block.squares, [(n, k) for n, k in block.slots if n]
        total, affected = (sum(slot[i] for slot in slots) for i in (0, 1))
        n_part = (nn - total) / sum(n * n for n, _ in slots)
        k_part = (kk - affected) / (sum(k * k for _, k in slots) or 1)
        if n_part > _ONE_DAY:
            continue
        above += kk - affected
        for n, k in slots:
            pairs = n * n * n_part + (n if kind == "count" else 0)
            across = n * n * (1 - n_part) - n
            if across > 0:
                above -= (k * k * (1 - k_part) - k) / across * pairs
                weight += (k / n) ** 2 * pairs
                seen += 1
    if weight <= 0:
        return 0.0, float("inf")
    estimate = above / weight
    return estimate, 2 / weight + 8 * estimate**2 / (28 * max(seen, 1))


def _daily(sums: Sums, hourly: float, kind: Kind) -> tuple[float, float]:
    """(estimate, its variance) of what the hours of a day share, by Pearson's statistic of the daily totals."""
    exposed, affected = sums.total()
    if len(sums.days) < MIN_DAYS or not affected:
        return 0.0, float("inf")
    rate = affected / exposed
    rest = 1 - rate if kind == "rate" else 1.0
    pearson, weight = 0.0, 0.0
    for n, k in sums.days.values():
        if n:
            pearson += (k - n * rate) ** 2 / (n * rate * max(rest, 1e-9))
            weight += n * rate / max(rest, 1e-9) * (1 - n / exposed)
    degrees = len(sums.days) - 1
    total = (pearson - degrees) / weight if weight else 0.0
    within = sums.concentration()
    estimate = (total - within * hourly) / (1 - within) if within < 1 else 0.0
    mean = weight / len(sums.days)
    return estimate, (2 / (mean * mean) + 4 * (total * total)) / len(sums.days)


def _pooled(estimates: Mapping[Segment, tuple[float, float]], odds: Mapping[Segment, float]) -> dict[Segment, float]:
    """Each estimate drawn toward the mean of all, which it may lie from by about the mean itself."""
    scaled = {s: (x * odds[s], v * odds[s] ** 2) for s, (x, v) in estimates.items()}
    known = [(x, v) for x, v in scaled.values() if v < float("inf")]
    if not known:
        return dict.fromkeys(estimates, 0.0)
    mean = max(0.0, _weighted(known, 0.0))
    mean = max(0.0, _weighted(known, mean * mean))
    pooled = {}
    for segment, (x, v) in scaled.items():
        trust = mean * mean / (mean * mean + v) if mean else 0.0
        pooled[segment] = max(0.0, mean + (trust * (x - mean) if trust else 0.0)) / odds[segment]
    return pooled


def _weighted(known: Sequence[tuple[float, float]], extra: float) -> float:
    weights = [1 / (v + extra + 1e-300) for _, v in known]
    return fsum(w * x for w, (x, _) in zip(weights, known, strict=True)) / fsum(weights)
