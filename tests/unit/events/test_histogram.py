"""Histograms that add up: buckets are exact where budgets lie, and quantiles are near the truth."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.signals.events.histogram import EDGES, NEGATIVE, OVER, UNDER, merged, quantile, share_over

VALUES = st.lists(st.floats(0.001, 9_999_999), min_size=1, max_size=200)


def histogram(values: list[float]) -> Counter[int]:
    return Counter(bisect_right(EDGES, value) - 1 for value in values)


@given(VALUES, st.sampled_from([0.5, 0.75, 0.95]))
def test_a_quantile_is_at_most_a_bucket_away_from_the_true_one(values: list[float], share: float) -> None:
    ordered = sorted(values)
    true = ordered[max(0, -int(-share * len(ordered) // 1) - 1)]
    found = quantile(histogram(values), share)
    assert found is not None
    assert true / 1.07 <= found <= true * 1.07


@given(VALUES, VALUES)
def test_histograms_of_two_days_are_that_of_both(one: list[float], other: list[float]) -> None:
    assert merged([histogram(one), histogram(other)]) == dict(sorted(histogram(one + other).items()))


@pytest.mark.parametrize("budget", [100, 200, 500, 800, 1_800, 2_500, 4_000, 0.1, 0.25])
def test_the_share_over_a_usual_budget_is_exact(budget: float) -> None:
    values = [budget * factor for factor in (0.5, 0.99, 0.999, 1, 1.001, 1.5, 8)]
    assert share_over(histogram(values), budget) == 4 / 7


def test_what_is_no_duration_is_in_no_quantile() -> None:
    assert quantile({NEGATIVE: 5}, 0.5) is None
    assert share_over({NEGATIVE: 5}, 100) is None
    assert quantile({NEGATIVE: 5, 40: 1}, 0.99) == pytest.approx(EDGES[40], rel=0.07)


def test_beyond_the_edges_nothing_is_made_up() -> None:
    assert quantile({OVER: 3}, 0.5) == EDGES[-1]
    assert 0 <= (quantile({UNDER: 3}, 0.5) or -1) <= EDGES[0]
    assert quantile({}, 0.5) is None
