"""How much a pair of runs varies by itself, learned from pairs of the same thing and from all tries since.

A *ratio* is the logarithm of how much better the candidate's score was than the incumbent's, both measured one right
after the other with the same seed: .02 is 2 % better, whichever way the score goes. What drifts (the machine's heat,
its neighbours) moves both runs of a pair, and cancels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import expm1, fsum, isfinite, log, log1p, sqrt
from statistics import median, variance
from typing import Literal, Self

from autoresearch.statistics.student import incomplete_beta

Better = Literal["lower", "higher"]

CLIP = 1.5
"""Ratios further than this many deviations from the median count as if they lay there (Huber's ψ; Huber, *Annals of
Mathematical Statistics* 35, 1964): a stumble of the machine neither keeps a change nor hides one."""
MEMORY = 200
"""Degrees of freedom that are remembered, so that the deviation follows a machine that changes."""
TRUST = 6
"""Degrees of freedom, at most, that other pairs have beside a candidate's own: it may be less steady than the base."""
CHANGED = 0.01
"""Pairs that vary more than others by a chance below this are judged by themselves alone (F test)."""
CHANGED_PAIRS = 5
"""Fewer are not asked."""
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
        """With the pairs of a try, whose true ratio nobody knows; they alone count where the noise has changed."""
        if len(ratios) < 2:
            return self
        if self.grew(ratios):
            return Noise(self._own(ratios)[1], len(ratios) - 1)
        middle = self.mean(ratios)
        squares = self.squares + fsum(min(abs(ratio - middle), CLIP * self.sd) ** 2 for ratio in ratios)
        df = self.df + len(ratios) - 1
        return Noise(squares, df) if df <= MEMORY else Noise(squares * MEMORY / df, MEMORY)

    def grew(self, ratios: Sequence[float]) -> bool:
        """Whether these pairs vary more than noise explains: the machine or the candidate is less steady than before.

        The F test of two variances, stumbles aside.
        """
        df = len(ratios) - 1
        if df + 1 < CHANGED_PAIRS:
            return False
        share = max(self._own(ratios)[1] / df, _LEAST**2) / max(self.squares / self.df, _LEAST**2)
        return share > 1 and incomplete_beta(self.df / 2, df / 2, log_odds=log(self.df / (df * share))) < CHANGED

    def estimate(self, ratios: Sequence[float]) -> tuple[float, float, int]:
        """The true ratio behind two pairs or more, its standard error, and the error's degrees of freedom."""
        n = len(ratios)
        if self.grew(ratios):
            return fsum(ratios) / n, sqrt(variance(ratios) / n), n - 1
        center, squares = self._own(ratios)
        before = min(self.df, TRUST)
        df = before + n - 1
        spread = (squares + before * self.squares / self.df) / df / _CLIPPED
        return center, max(sqrt(spread), _LEAST) / sqrt(n), df

    def _own(self, ratios: Sequence[float]) -> tuple[float, float]:
        """Mean and squares of pairs that may vary more than others: clipped by the larger of both deviations."""
        middle = median(ratios)
        reach = CLIP * max(self.sd, _MAD * median(abs(ratio - middle) for ratio in ratios))
        clipped = [min(max(ratio, middle - reach), middle + reach) for ratio in ratios]
        center = fsum(clipped) / len(clipped)
        return center, fsum((ratio - center) ** 2 for ratio in clipped)

    def mean(self, ratios: Sequence[float]) -> float:
        """The mean, each ratio no further from the median than `CLIP` deviations."""
        middle, reach = median(ratios), CLIP * self.sd
        return fsum(min(max(ratio, middle - reach), middle + reach) for ratio in ratios) / len(ratios)


def ratio(incumbent: float, candidate: float, better: Better) -> float:
    """Positive where the candidate is better. Raises `ValueError` where a score is no number above 0."""
    if not (incumbent > 0 and candidate > 0 and isfinite(incumbent) and isfinite(candidate)):
        raise ValueError("noisy scores have to be numbers above 0: their ratios are compared")
    return log(incumbent / candidate) if better == "lower" else log(candidate / incumbent)


def as_gain(ratio: float, better: Better) -> float:
    """The gain as people say it: .02 is 2 % more where higher is better, and 2 % less where lower is."""
    return expm1(ratio) if better == "higher" else -expm1(-ratio)


def as_ratio(gain: float, better: Better) -> float:
    """The log ratio of a gain below 1."""
    return log1p(gain) if better == "higher" else -log1p(-gain)
