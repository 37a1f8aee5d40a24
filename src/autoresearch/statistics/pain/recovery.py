"""Is the pain over? Silence is no evidence: as many sessions as would have shown it must have gone well."""

from __future__ import annotations

from math import sqrt
from typing import Literal

from autoresearch.statistics.pain.detect import Settings, Window, tail
from autoresearch.statistics.pain.history import Hours
from autoresearch.statistics.pain.model import Expectation
from autoresearch.statistics.pain.sums import MIN_DAYS, Segment

Recovery = Literal["recovered", "persists", "insufficient-data"]

ALPHA = 0.01
"""Level at which the pain is ruled out, and at which it is still seen."""


def recovery(
    segment: Segment, expectation: Expectation, recent: Hours, hours: range, ratio: float, settings: Settings
) -> tuple[Recovery, Window]:
    """What `hours` say of a pain that was `ratio` times the usual, and the numbers that say it.

    Recovered: less than `min_ratio`, and so few affected would be rare (`ALPHA`) even if half of the pain, on a log
    scale, had stayed. Persists: so many would be rare if it had gone. Else the data do not suffice yet.
    """
    seen = {hour: recent[hour] for hour in hours if hour in recent}
    means = {hour: n * expectation.rate(hour) for hour, (n, _) in seen.items()}
    exposed, affected = sum(n for n, _ in seen.values()), sum(k for _, k in seen.values())
    affected = affected if expectation.kind == "count" else min(affected, exposed)
    mean, variation = sum(means.values()), expectation.variation(means)
    usual = Window(segment, hours.start, hours.stop, exposed, affected, mean, variation)
    if not exposed or mean <= 0 or expectation.days < MIN_DAYS:
        return "insufficient-data", usual
    painful = mean * sqrt(max(ratio, settings.min_ratio))
    if expectation.kind == "rate":
        painful = min(painful, exposed - (exposed - mean) / 2)
    half = Window(segment, hours.start, hours.stop, exposed, affected + 1, painful, variation)
    if affected < settings.min_ratio * mean and 1 - tail(expectation, half) < ALPHA:
        return "recovered", usual
    return ("persists" if tail(expectation, usual) < ALPHA else "insufficient-data"), usual
