"""How much a pair of runs varies by itself, learned from pairs of the same thing and from all tries since.

A *ratio* is the logarithm of how much better the candidate's score was than the incumbent's, both measured one right
after the other with the same seed: .02 is 2 % better, whichever way the score goes. What drifts (the machine's heat,
its neighbours) moves both runs of a pair, and cancels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import expm1, fsum, log, log1p, sqrt
from statistics import median
from typing import Literal, Self

Better = Literal["lower", "higher"]

CLIP = 1.5
"""Ratios further than this many deviations from the median count as if they lay there (Huber's ψ; Huber, *Annals of
Mathematical Statistics* 35, 1964): a stumble of the machine neither keeps a change nor hides one."""
_CLIPPED = 0.7784
"""What clipping leaves of the variance of normal noise: E min(|z|, 1.5)²."""
_MAD = 1.4826
_LEAST = 1e-6
"""The smallest deviation that is believed; noise that seems to be less was not seen well."""


@dataclass(frozen=True, slots=True)
class Noise:
    """A pair's variance: `squares` / `df`."""

    squares: float
    df: int

    @property
    def sd(self) -> float:
        """A pair's standard deviation."""
        return max(sqrt(self.squares / self.df / _CLIPPED), _LEAST)

    @classmethod
    def of_same(cls, ratios: Sequence[float]) -> Self:
        """From pairs of a thing with itself, whose true ratio is 0. Raises `ValueError` for less than two."""
        if len(ratios) < 2:
            raise ValueError("noise needs two pairs or more")
        robust = max(_MAD * median(map(abs, ratios)), _LEAST)
        squares = fsum(min(abs(ratio), CLIP * robust) ** 2 for ratio in ratios)
        return cls(squares, len(ratios))

    def and_of(self, ratios: Sequence[float]) -> Noise:
        """With the pairs of a try, whose true ratio nobody knows."""
        if len(ratios) < 2:
            return self
        middle = self.mean(ratios)
        squares = fsum(min(abs(ratio - middle), CLIP * self.sd) ** 2 for ratio in ratios)
        return Noise(self.squares + squares, self.df + len(ratios) - 1)

    def mean(self, ratios: Sequence[float]) -> float:
        """The mean, each ratio no further from the median than `CLIP` deviations."""
        middle, reach = median(ratios), CLIP * self.sd
        return fsum(min(max(ratio, middle - reach), middle + reach) for ratio in ratios) / len(ratios)

    def t(self, ratios: Sequence[float], against: float = 0.0) -> float:
        """How many standard errors the mean lies above `against`."""
        return (self.mean(ratios) - against) * sqrt(len(ratios)) / self.sd


def ratio(incumbent: float, candidate: float, better: Better) -> float:
    """Positive where the candidate is better. Raises `ValueError` where a score is not above 0."""
    if not (incumbent > 0 and candidate > 0):
        raise ValueError("noisy scores have to be above 0: their ratios are compared")
    return log(incumbent / candidate) if better == "lower" else log(candidate / incumbent)


def as_gain(ratio: float, better: Better) -> float:
    """The gain as people say it: .02 is 2 % more where higher is better, and 2 % less where lower is."""
    return expm1(ratio) if better == "higher" else -expm1(-ratio)


def as_ratio(gain: float, better: Better) -> float:
    """The log ratio of a gain below 1."""
    return log1p(gain) if better == "higher" else -log1p(-gain)
