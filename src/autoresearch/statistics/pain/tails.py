"""Tails of the beta-binomial and the negative binomial distribution, without scipy.

Both say how often `k` affected sessions (or events) are met by chance, where the rate itself varies from hour to hour.
They are given by their mean and by `variation`, the squared coefficient of variation of that rate (0: binomial and
Poisson), so that the two read alike: a variance of `m (1 - m/n) + variation * m² (1 - 1/n)`, and `m + variation * m²`.
"""

from __future__ import annotations

from math import exp, lgamma, log, sqrt

from autoresearch.statistics.student import incomplete_beta

_SURE = 1e-7
"""A rate nearer to 0 or 1 (as a share), or a smaller variation, is taken for this."""
_WIDE = 250.0
"""Above this standard deviation whole numbers are as good as continuous, and no sum is made."""
_ENOUGH = 1e-13
_FAR = -690.0
"""Logarithm of the smallest probability that is told from 0."""


def beta_binomial_tail(k: int, n: int, mean: float, variation: float) -> float:
    """P(K ≥ k) of `n` sessions with `mean` affected ones expected, 0 < mean < n.

    K is binomial with a rate that is Beta(a, b) (J. G. Skellam, JRSS B 10, 1948). Sums the probabilities from `k` up by
    their ratio; where they are spread wide, the beta distribution of the same mean and variance stands for the share.
    """
    if k <= 0:
        return 1.0
    if k > n:
        return 0.0
    share, a, b = _beta_shape(n, mean, variation)
    spread = sqrt(n * share * (1 - share) * (1 + (n - 1) / (1 + a + b)))
    if spread > _WIDE:
        correlation = 1 / (1 + a + b) + (1 - 1 / (1 + a + b)) / n
        size, x = 1 / correlation - 1, (k - 0.5) / n
        return incomplete_beta((1 - share) * size, share * size, log_odds=log((1 - x) / x))
    term = first = exp(max(_FAR, _log_beta_binomial(k, n, a, b)))
    total = first
    for j in range(k, n):
        ratio = (n - j) * (j + a) / ((j + 1) * (n - j - 1 + b))
        term *= ratio
        total += term
        if ratio < 1 and term < total * _ENOUGH * (1 - ratio):
            break
    return min(1.0, total)


def negative_binomial_tail(k: int, mean: float, variation: float) -> float:
    """P(K ≥ k) of a Poisson count whose mean is Gamma with this mean and squared coefficient of variation.

    By the incomplete beta function I(k, r; m/(m + r)), r = 1/variation (Abramowitz and Stegun 26.5.26).
    """
    if k <= 0:
        return 1.0
    r = 1 / max(variation, 1e-6)
    return incomplete_beta(float(k), r, log_odds=log(mean) - log(r))


def log_beta_binomial(k: int, n: int, mean: float, variation: float) -> float:
    """log P(K = k)."""
    _, a, b = _beta_shape(n, mean, variation)
    return _log_beta_binomial(k, n, a, b)


def log_negative_binomial(k: int, mean: float, variation: float) -> float:
    """log P(K = k)."""
    r = 1 / max(variation, 1e-6)
    choose = lgamma(k + r) - lgamma(k + 1) - lgamma(r)
    return choose + k * (log(mean) - log(mean + r)) + r * (log(r) - log(mean + r))


def _beta_shape(n: int, mean: float, variation: float) -> tuple[float, float, float]:
    """The mean share and both parameters of the beta distribution, whose correlation is `variation * odds`."""
    share = min(max(mean / n, _SURE), 1 - _SURE)
    correlation = min(max(variation * share / (1 - share), _SURE), 1 - 1e-3)
    size = 1 / correlation - 1
    return share, share * size, (1 - share) * size


def _log_beta_binomial(k: int, n: int, a: float, b: float) -> float:
    choose = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return choose + _log_beta(k + a, n - k + b) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
