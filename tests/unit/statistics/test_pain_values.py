"""Percentiles of durations, and the detector on plain lists."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from math import cos, pi

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch.errors import StateError
from autoresearch.statistics.pain.detect import Settings
from autoresearch.statistics.pain.series import alarms
from autoresearch.statistics.pain.values import (
    PER_DOUBLING,
    ValueHistory,
    bucket,
    edge,
    histogram,
    quantile,
    values_up,
)

calm = settings(deadline=None, derandomize=True, max_examples=50)
NOW = 24 * 20_000
ONE = ("/checkout",)
hours = st.dictionaries(
    st.integers(NOW, NOW + 24 * 90), st.dictionaries(st.integers(-40, 160), st.integers(1, 50), max_size=4), max_size=8
)


def durations(seed: int, hours: range, *, times: float = 1.0, tail: float = 1.0) -> dict[int, dict[int, int]]:
    """Forty page loads an hour, about 800 ms; one in ten takes `tail` times longer."""
    rng = random.Random(seed)
    return {
        hour: histogram(rng.lognormvariate(6.7, 0.5) * times * (tail if rng.random() < 0.1 else 1) for _ in range(40))
        for hour in hours
    }


PAST = ValueHistory.of(durations(1, range(NOW - 24 * 28, NOW - 24)))


@calm
@given(value=st.floats(1e-2, 1e12))
def test_a_value_lies_in_its_bucket(value: float) -> None:
    number = bucket(value)
    assert edge(number) <= value * (1 + 1e-12)
    assert value < edge(number + 1) * (1 + 1e-12)


@pytest.mark.parametrize("value", [0.0, -5.0, 1e-300, 1e300])
def test_outliers_have_a_bucket_too(value: float) -> None:
    assert histogram([value]) == {bucket(value): 1}


@calm
@given(values=st.lists(st.floats(0.1, 1e9), min_size=1, max_size=60), q=st.sampled_from([0.5, 0.75, 0.95]))
def test_a_quantile_is_as_exact_as_a_bucket(values: list[float], q: float) -> None:
    exact = sorted(values)[max(0, -int(-q * len(values) // 1) - 1)]
    found = quantile(histogram(values), q)
    assert found is not None
    assert exact / 2 ** (1 / PER_DOUBLING) <= found * (1 + 1e-9)
    assert found <= exact * 2 ** (1 / PER_DOUBLING) * (1 + 1e-9)


@calm
@given(a=hours, b=hours, c=hours)
def test_merging_is_associative_and_commutative(
    a: dict[int, dict[int, int]], b: dict[int, dict[int, int]], c: dict[int, dict[int, int]]
) -> None:
    x, y, z = map(ValueHistory.of, (a, b, c))
    assert x + y == y + x
    assert (x + y) + z == x + (y + z)
    assert ValueHistory.from_dict(json.loads(json.dumps(x.as_dict()))) == x


def test_the_counts_are_those_that_went_in() -> None:
    past = durations(2, range(NOW, NOW + 24))
    total: dict[int, int] = {}
    for counts in past.values():
        for number, count in counts.items():
            total[number] = total.get(number, 0) + count
    held = {number: count for number, count in ValueHistory.of(past).counts().items() if count}
    assert held == total


@pytest.mark.parametrize(
    ("times", "tail", "said"), [(1.0, 1.0, "ok"), (1.05, 1.0, "ok"), (1.6, 1.0, "alarm"), (1.0, 6.0, "alarm")]
)
def test_a_percentile_that_rose_is_told(times: float, tail: float, said: str) -> None:
    recent = durations(3, range(NOW - 24, NOW), times=times, tail=tail)
    judged, risen = values_up({ONE: PAST}, {ONE: recent}, NOW, Settings())
    assert judged[ONE].verdict == said
    assert set(risen) == ({ONE} if said == "alarm" else set())
    if tail > 1:
        assert risen[ONE].quantile == 0.95
        assert risen[ONE].now > 1.5 * risen[ONE].usual


def test_clean_days_are_rarely_told_of() -> None:
    told = 0
    for seed in range(100):
        recent = durations(100 + seed, range(NOW - 24, NOW))
        told += values_up({ONE: PAST}, {ONE: recent}, NOW, Settings())[0][ONE].verdict == "alarm"
    assert told == 0


def test_few_values_do_not_suffice() -> None:
    few = ValueHistory.of(durations(4, range(NOW - 30, NOW - 26)))
    recent = {ONE: durations(5, range(NOW - 24, NOW), times=9)}
    assert values_up({ONE: few}, recent, NOW, Settings())[0][ONE].verdict == "insufficient-data"
    assert values_up({ONE: PAST}, {}, NOW, Settings())[0][ONE].verdict == "insufficient-data"


@pytest.mark.parametrize(
    "data",
    [
        7,
        {"x": {}},
        {"1": {"first": 0, "above": []}},
        {"1": {"first": 0, "above": [1]}},
        {"1": {"first": 0, "above": [1, 1, 2, 2]}},
        {"1": {"first": 0, "above": [-1, 1]}},
        {"1": {"first": 10**9, "above": [1, 1]}},
        {"1": {"first": 0, "above": [1, 1] * 10_000}},
    ],
)
def test_state_that_is_no_history_is_told_with_its_place(data: object) -> None:
    with pytest.raises(StateError, match="here"):
        ValueHistory.from_dict(data, "here")


# --- plain series -------------------------------------------------------------------------------------------------


def load(seed: int, n: int, *, noise: float = 0.15) -> list[float]:
    """A day's wave with noise."""
    rng = random.Random(seed)
    return [(100 - 60 * cos(2 * pi * (i - 3) / 24)) * rng.lognormvariate(0, noise) for i in range(n)]


def raised(values: Sequence[float], start: int, times: float) -> list[float]:
    return [x * times if i >= start else x for i, x in enumerate(values)]


@pytest.mark.parametrize("whole", [True, False])
def test_a_clean_series_is_quiet_and_a_step_is_seen(whole: bool) -> None:
    series = load(1, 24 * 40)
    stepped = raised(series, 24 * 35, 2.5)
    if whole:
        series, stepped = [round(x) for x in series], [round(x) for x in stepped]
    assert alarms(series) == []
    found = alarms(stepped)
    assert 24 * 35 <= found[0].index < 24 * 35 + 6
    assert found[0].affected > 1.5 * found[0].expected


def test_a_series_with_exposure_is_judged_by_its_rate() -> None:
    rng = random.Random(2)
    exposed = [round(x) for x in raised(load(3, 24 * 30), 24 * 25, 3.0)]
    usual = [sum(rng.random() < 0.04 for _ in range(n)) for n in exposed]
    assert alarms(usual, exposed) == []
    assert alarms(usual)
    sick = [min(n, k * 3) if i >= 24 * 25 else k for i, (k, n) in enumerate(zip(usual, exposed, strict=True))]
    assert alarms(sick, exposed)[0].index >= 24 * 25


def test_the_unit_of_a_series_does_not_matter() -> None:
    series = raised(load(4, 24 * 30), 24 * 25, 2.5)
    assert [a.index for a in alarms(series)] == [a.index for a in alarms([x / 1024 for x in series])]


def test_nothing_is_known_of_the_future() -> None:
    series = raised(load(5, 24 * 30), 24 * 20, 2.5)
    early = alarms(series[: 24 * 22])
    assert [a.index for a in alarms([round(x) for x in series])][: len(early)] == [
        a.index for a in alarms([round(x) for x in series[: 24 * 22]])
    ][: len(early)]


@pytest.mark.parametrize("values", [[], [0.0] * 500, [7.0] * 500, [0.5] * 500, [1e300] * 300])
def test_dull_series_are_quiet(values: list[float]) -> None:
    assert alarms(values) == []


@pytest.mark.parametrize("values", [[-1.0], [float("nan")], [float("inf")]])
def test_what_is_no_count_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="not negative"):
        alarms(values)


def test_more_affected_than_exposed_is_refused() -> None:
    for exposed in ([1], [1, 5, 5]):
        with pytest.raises(ValueError, match="exposed"):
            alarms([2, 3, 4], exposed)
