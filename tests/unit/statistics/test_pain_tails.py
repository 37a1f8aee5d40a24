"""Tails of overdispersed counts, against scipy."""

from __future__ import annotations

from math import exp

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autoresearch.statistics.pain.tails import (
    beta_binomial_tail,
    log_beta_binomial,
    log_negative_binomial,
    negative_binomial_tail,
)

calm = settings(deadline=None, derandomize=True, max_examples=60)
shares = st.floats(0.001, 0.9)
variations = st.floats(1e-4, 3.0)


@calm
@given(n=st.integers(1, 3000), share=shares, variation=variations, data=st.data())
def test_the_beta_binomial_agrees_with_scipy(n: int, share: float, variation: float, data: st.DataObject) -> None:
    from scipy.stats import betabinom

    correlation = variation * share / (1 - share)
    assume(correlation < 0.5)
    k = data.draw(st.integers(0, n))
    size = 1 / correlation - 1
    law = betabinom(n, share * size, (1 - share) * size)
    assume(law.std() < 240)
    assert beta_binomial_tail(k, n, n * share, variation) == pytest.approx(float(law.sf(k - 1)), rel=1e-4, abs=2e-9)
    assert exp(log_beta_binomial(k, n, n * share, variation)) == pytest.approx(float(law.pmf(k)), rel=1e-5, abs=1e-280)


@calm
@given(mean=st.floats(0.01, 2000), variation=variations, times=st.floats(0.1, 6))
def test_the_negative_binomial_agrees_with_scipy(mean: float, variation: float, times: float) -> None:
    from scipy.stats import nbinom

    k, r = int(times * mean), 1 / variation
    law = nbinom(r, r / (r + mean))
    assert negative_binomial_tail(k, mean, variation) == pytest.approx(float(law.sf(k - 1)), rel=1e-6, abs=1e-12)
    assert exp(log_negative_binomial(k, mean, variation)) == pytest.approx(float(law.pmf(k)), rel=1e-6, abs=1e-280)


@pytest.mark.parametrize("k", [21_000, 25_000, 30_000])
def test_many_sessions_are_counted_as_if_continuous(k: int) -> None:
    from scipy.stats import betabinom

    n, share, variation = 1_000_000, 0.02, 0.01
    size = 1 / (variation * share / (1 - share)) - 1
    exact = float(betabinom(n, share * size, (1 - share) * size).sf(k - 1))
    assert beta_binomial_tail(k, n, n * share, variation) == pytest.approx(exact, rel=0.02)


def test_without_variation_they_are_binomial_and_poisson() -> None:
    from scipy.stats import binom, poisson

    assert beta_binomial_tail(9, 200, 4.0, 0.0) == pytest.approx(float(binom(200, 0.02).sf(8)), rel=1e-3)
    assert negative_binomial_tail(9, 4.0, 0.0) == pytest.approx(float(poisson(4).sf(8)), rel=1e-3)


@calm
@given(n=st.integers(1, 10**6), share=st.floats(1e-9, 1 - 1e-9), variation=st.floats(0, 1e6), k=st.integers(-5, 10**6))
def test_no_input_is_too_wild(n: int, share: float, variation: float, k: int) -> None:
    assume(k < 5000 or n * share > 1)
    more, fewer = (beta_binomial_tail(x, n, n * share, variation) for x in (k + 1, k))
    assert 0 <= more <= fewer * (1 + 1e-6) + 1e-12 <= 1 + 1e-5
    assert 0 <= negative_binomial_tail(k, n * share, variation) <= 1
