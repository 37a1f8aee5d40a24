"""Events that stopped: how surprising is it that nothing came since the last one?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import exp

from autoresearch.statistics.pain.detect import Judgement, Settings, Window, picked
from autoresearch.statistics.pain.history import Hours
from autoresearch.statistics.pain.model import Expectation
from autoresearch.statistics.pain.sums import MIN_DAYS, Segment
from autoresearch.statistics.pain.tails import log_beta_binomial, log_negative_binomial

MIN_EXPECTED = 10.0
"""A silence in which fewer events were due is never told."""


def silences(
    expected: Mapping[Segment, Expectation], recent: Mapping[Segment, Hours], hours: range, settings: Settings
) -> dict[Segment, Judgement]:
    """Judge for each segment the hours of the range after its last event ("affected" here: the event came).

    Hours without an entry have no data and count for nothing; where sessions are exposed, hours without any do so too.
    The probability of zero is taken over the whole silence, whose length is chance's choice: it needs no correction.
    """
    judged: dict[Segment, Judgement] = {}
    found: list[Window] = []
    family = 0
    for segment, expectation in expected.items():
        if expectation.days < MIN_DAYS:
            reason = f"{expectation.days} days of history; {MIN_DAYS} are needed"
            judged[segment] = Judgement("insufficient-data", (), reason)
            continue
        family += 1
        window = _silence(segment, expectation, recent.get(segment, {}), hours)
        if window.expected >= MIN_EXPECTED:
            found.append(replace(window, p=probability_of_none(expectation, window)))
        elif not window.exposed and not any(hour in recent.get(segment, {}) for hour in hours):
            judged[segment] = Judgement("insufficient-data", (), "no data")
        elif expectation.level * 24 * _exposure(recent.get(segment, {}), hours) < MIN_EXPECTED:
            judged[segment] = Judgement("insufficient-data", (), "too few events are due in a day")
    for window in picked(found, family, settings.q):
        judged[window.segment] = Judgement("alarm", (window,))
    return {segment: judged.get(segment, Judgement("ok", ())) for segment in expected}


def probability_of_none(expectation: Expectation, window: Window) -> float:
    """P(no event in the window) if nothing changed."""
    if expectation.kind == "count":
        return exp(log_negative_binomial(0, window.expected, window.variation))
    return exp(log_beta_binomial(0, window.exposed, window.expected, window.variation))


def _silence(segment: Segment, expectation: Expectation, recent: Hours, hours: range) -> Window:
    start = hours.stop
    while start > hours.start and recent.get(start - 1, (0, 0))[1] == 0:
        start -= 1
    silent = {hour: recent[hour][0] for hour in range(start, hours.stop) if hour in recent}
    means = {hour: n * expectation.rate(hour) for hour, n in silent.items()}
    variation = expectation.variation(means)
    return Window(segment, start, hours.stop, sum(silent.values()), 0, sum(means.values()), variation)


def _exposure(recent: Hours, hours: range) -> float:
    seen = [recent[hour][0] for hour in hours if hour in recent]
    return sum(seen) / len(seen) if seen else 0.0
