"""Slow drifts: a likelihood-ratio CUSUM over days, for what no single day gives away.

Each day of the last fortnight is weighed: how much more likely are its counts if the odds had doubled than if they
were those of the four weeks before? The sum of the logarithms, never below 0 and moved by at most 3 a day, alarms at ln
20,000 (E. S. Page, Biometrika 41, 1954; a threshold of ln A is passed by chance at most once in A days: G. Lorden,
Annals of Mathematical Statistics 42, 1971).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log

from autoresearch.statistics.pain.detect import Judgement, Settings, Window
from autoresearch.statistics.pain.history import History, Hours
from autoresearch.statistics.pain.model import Expectation, fit
from autoresearch.statistics.pain.sums import MIN_DAYS, Kind, Segment
from autoresearch.statistics.pain.tails import log_beta_binomial, log_negative_binomial

DRIFT_DAYS = 14
"""Days that are weighed."""
THRESHOLD = log(20_000)
CLIP = 3.0
"""One odd day says no more than this."""
ODDS = 2.0
"""The change that is looked for; smaller ones, down to about 1.4 times, add up as well."""
_LEAST_DAY = 18
"""A day with fewer hours of data is not weighed, unless sessions count what was exposed."""


@dataclass(slots=True)
class _Run:
    """Since the sum was last 0."""

    value: float = 0.0
    start: int = 0
    exposed: int = 0
    affected: int = 0
    expected: float = 0.0


def drifts(
    histories: Mapping[Segment, History], recent: Mapping[Segment, Hours], kind: Kind, until: int, settings: Settings
) -> dict[Segment, Judgement]:
    """Judge the `DRIFT_DAYS` whole days before hour `until` of each segment.

    `recent` has the hours that are in no history yet. `Window.p` is exp(-sum), a bound for the chance of a day.
    """
    expectations = fit(histories, kind, until=until, skip=DRIFT_DAYS)
    judged = {}
    for segment, expectation in expectations.items():
        if expectation.days < MIN_DAYS:
            reason = f"{expectation.days} days before the last {DRIFT_DAYS}; {MIN_DAYS} are needed"
            judged[segment] = Judgement("insufficient-data", (), reason)
            continue
        days = _days(histories[segment], recent.get(segment, {}), until)
        judged[segment] = _judged(segment, expectation, days, until, settings)
    return judged


def _days(history: History, recent: Hours, until: int) -> dict[int, tuple[int, int]]:
    first, end = until // 24 - DRIFT_DAYS, until // 24
    days = {day: total for day, total in history.days.items() if first <= day < end}
    for hour, (n, k) in recent.items():
        if first <= hour // 24 < end:
            had = days.get(hour // 24, (0, 0))
            days[hour // 24] = (had[0] + n, had[1] + k)
    return dict(sorted(days.items()))


def _judged(
    segment: Segment, expectation: Expectation, days: Mapping[int, tuple[int, int]], until: int, settings: Settings
) -> Judgement:
    run, due = _Run(), 0.0
    for day, (n, counted) in days.items():
        k = counted if expectation.kind == "count" else min(counted, n)
        mean = n * expectation.day_rate(day)
        if mean <= 0 or (expectation.kind == "count" and n < _LEAST_DAY):
            continue
        due += mean
        step = increment(expectation, n, k, mean)
        if run.value + step <= 0:
            run = _Run()
            continue
        start = run.start if run.value else day
        run = _Run(run.value + step, start, run.exposed + n, run.affected + k, run.expected + mean)
    if not due:
        return Judgement("insufficient-data", (), "nothing was exposed")
    enough = run.affected - run.expected >= settings.min_excess
    if run.value < THRESHOLD or not enough or run.affected < settings.min_ratio * run.expected:
        if (settings.seen_at - 1) * due < settings.min_excess:
            return Judgement("insufficient-data", (), f"{settings.seen_at:g} times the usual would not be told")
        return Judgement("ok", ())
    chance = exp(-run.value)
    end = until // 24 * 24
    variation = expectation.day_variation()
    window = Window(segment, run.start * 24, end, run.exposed, run.affected, run.expected, variation, chance)
    return Judgement("alarm", (window,))


def increment(expectation: Expectation, n: int, k: int, mean: float) -> float:
    """log of the likelihood of `k` of `n` at doubled odds over that at the usual ones, within ±`CLIP`."""
    variation = expectation.day_variation()
    if expectation.kind == "count":
        ratio = log_negative_binomial(k, ODDS * mean, variation) - log_negative_binomial(k, mean, variation)
    else:
        share = mean / n
        doubled = ODDS * share / (1 - share + ODDS * share)
        # the same correlation of sessions on both sides: the variation belongs to the odds
        odds = share / (1 - share)
        other = variation * odds / (doubled / (1 - doubled))
        ratio = log_beta_binomial(k, n, n * doubled, other) - log_beta_binomial(k, n, mean, variation)
    return max(-CLIP, min(CLIP, ratio))
