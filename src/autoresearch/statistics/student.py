"""Student's t distribution, without scipy: importing that takes longer than a small run."""

from __future__ import annotations

from functools import lru_cache
from math import exp, lgamma, log, log1p

_TINY = 1e-300
_PRECISION = 1e-15
_FAR = 1e150


def upper_tail(t: float, df: float) -> float:
    """P(T ≥ t) for Student's t with `df` > 0 degrees of freedom; far tails keep their digits.

    By the regularised incomplete beta function: P(T ≥ |t|) = I(df/2, 1/2; df/(df + t²)) / 2 (Abramowitz and Stegun
    26.7.1). For 1 to 100 degrees of freedom it agrees with `scipy.special.stdtr` to 1e-10 of the value.
    """
    size = abs(t)
    if size < 1 / _FAR:
        return 0.5
    tail = 0.0 if size > _FAR else incomplete_beta(df / 2, 0.5, log_odds=log(df) - 2 * log(size)) / 2
    return tail if t > 0 else 1 - tail


@lru_cache(maxsize=4096)
def critical(alpha: float, df: float) -> float:
    """The t that is exceeded with probability `alpha` (0 < alpha < .5), to 1e-9; by halving, as the tail falls."""
    low, high = 0.0, 1.0
    while upper_tail(high, df) > alpha and high < _FAR:
        low, high = high, 2 * high
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if upper_tail(middle, df) > alpha else (low, middle)
    return high


def incomplete_beta(a: float, b: float, *, log_odds: float) -> float:
    """I(a, b; x), where x/(1 − x) is given by its logarithm so that neither x nor 1 − x loses digits."""
    log_x, log_rest = -log1p(exp(-log_odds)), -log1p(exp(log_odds))
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log_x + b * log_rest)
    if exp(log_x) < (a + 1) / (a + b + 2):
        return front / (a * _continued_fraction(a, b, exp(log_x)))
    return 1 - front / (b * _continued_fraction(b, a, exp(log_rest)))


def _continued_fraction(a: float, b: float, x: float) -> float:
    """1 + d₁/(1 + d₂/(1 + …)) of DLMF 8.17.22, from the front by the modified Lentz method (Thompson, Barnett 1986)."""
    value, c, d = 1.0, 1.0, 0.0
    for step in range(1, 500):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + term * d or _TINY)
        c = 1 + term / c or _TINY
        value *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return value
