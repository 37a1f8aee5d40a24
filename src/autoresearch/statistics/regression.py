"""Did a noisy number really change? A robust t test against history, then reruns at the same commit.

Two questions, asked in this order (`docs/adr/0002-robust-t-with-reruns.md`, `docs/benchmarks.md`):

1. `screen`: does this run look unlike the history? Cheap and jumpy: of a hundred clean runs about four look
   worse, and as many better; up to twice that where the noise has outliers.
2. `confirm`: do at least three more readings at the same commit say so too? Only that is a regression.

Values are compared on a log scale, where noise is about as large for a number as for its double, by medians and a
winsorised spread, which single outliers hardly move (R. Wilcox, *Introduction to Robust Estimation and Hypothesis
Testing*, 2012, ch. 3). A prior of 2 % noise keeps a short or silent history from looking exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import fsum, isfinite, log, pi, sqrt
from statistics import NormalDist
from typing import Literal

from autoresearch.statistics.student import upper_tail

Direction = Literal["lower", "higher"]
Verdict = Literal["worse", "better", "same", "too-little-data"]
Confirmation = Literal["confirmed", "refuted", "undecided"]

REFERENCE_RUNS = 50
"""The newest runs of the history that are compared with."""
MIN_REFERENCE = 5
"""With fewer runs before it, a value is not judged: false alarms would pass 5 in 1,000 even after reruns."""
RECENT_RUNS = (1, 2, 3, 5)
"""A change may take a few runs to show: medians of the newest one, two, three and five runs are tested."""
SCREEN_ALPHA = 0.03
"""One-sided level of each test of `screen`."""
CONFIRM_ALPHA = 0.05
"""One-sided level of the test of `confirm`."""
MIN_RERUNS = 3
MIN_EFFECT = 0.01
"""A smaller relative change is never reported, however sure it is."""
PRIOR_SD, PRIOR_DF = 0.02, 4
"""Noise expected before anything was seen: 2 %, trusted like four degrees of freedom."""
WINSORISED = 0.1
"""The share of the reference, at each end, that is pulled in before its spread is taken."""

_LOG_FROM = 0.01
"""Share of the typical value where the log scale is continued by its tangent, so that 0 and below have a place."""
_ZERO_RESOLUTION = 0.001
"""Smallest change that counts against a history of nothing but zeros, in the metric's unit, if none is given."""
_BOUND = 1e100


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a metric's noise is about as large everywhere: increasing over all numbers, in shares of `unit`."""

    kind: Literal["log", "linear"]
    unit: float
    """The typical size of a value, in the metric's unit; positive."""

    @classmethod
    def of(cls, reference: Sequence[float], resolution: float) -> Scale:
        """The log scale for a positive history; where it has zeros or negative values, the linear one.

        The unit of the linear scale is the median size, the mean size where most values are 0, and where all are, so
        large that `resolution` is just the smallest effect.
        """
        sizes = sorted(abs(x) for x in reference)
        unit = sizes[len(sizes) // 2]
        if min(reference) > 0:
            return cls("log", unit)
        smallest = (resolution or _ZERO_RESOLUTION) / MIN_EFFECT
        return cls("linear", unit or fsum(size / len(sizes) for size in sizes) or smallest)

    def place(self, x: float) -> float:
        """Where `x`, in the metric's unit, lies on the scale."""
        share = x / self.unit
        if not -_BOUND < share < _BOUND:
            share = _BOUND if share > 0 else -_BOUND
        if self.kind == "linear":
            return share
        if share < _LOG_FROM:
            return log(_LOG_FROM) + share / _LOG_FROM - 1
        return log(share)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a value is compared with: the centre and spread of `n` earlier runs on `scale`."""

    scale: Scale
    center: float
    spread: float
    """Standard deviation of one run."""
    df: float
    """Degrees of freedom of `spread`, the prior's included."""
    n: int
    median: float
    """In the metric's unit."""

    @classmethod
    def of(cls, values: Sequence[float], places: Sequence[float], scale: Scale) -> Reference:
        """Median and winsorised spread, with the prior, of two or more values and their places on `scale`.

        The spread is the root of twice the semivariance about the median, of the wider side: where one reading in
        five comes from a slower mode, or most are 0, the variance of both sides would make the rare ones look
        unheard of. Where the median is 0 nothing is pulled in: the others are the noise itself.
        """
        n, median, y = len(values), median_of(values), sorted(places)
        cut, center = round(WINSORISED * n) if median else 0, median_of(y)
        off = [x - center for x in [y[cut]] * cut + y[cut : n - cut] + [y[n - 1 - cut]] * cut]
        squares = 2 * max(fsum([x * x for x in off if x > 0]), fsum([x * x for x in off if x < 0]))
        df = n - 1 - 2 * cut
        variance = squares / (n - 1) * _winsorised_gain(n, cut)
        spread = sqrt((PRIOR_DF * PRIOR_SD**2 + df * variance) / (PRIOR_DF + df))
        return cls(scale, center, spread, PRIOR_DF + df, n, median)

    def distance(self, values: Sequence[float]) -> float:
        """How far the median of `values` lies from the centre, on the scale."""
        return median_of([self.scale.place(x) for x in values]) - self.center

    def t(self, distance: float, variance: float) -> float:
        """`distance` from the centre in standard errors, for an estimate whose variance is so many runs' variances."""
        return distance / (self.spread * sqrt(variance + variance_of_median(self.n)))


@dataclass(frozen=True, slots=True)
class Screening:
    """How the newest value stands to its history.

    `effect` and `t` have the sign of the change in the numbers, whichever way is better: +0.12 is 12 % larger.
    """

    verdict: Verdict
    effect: float | None
    """Relative change of the median of `window` runs against the reference's; None where that is 0."""
    t: float
    p: float
    """Chance that noise alone moves this median at least so far in this direction; not corrected for the windows."""
    window: int
    """How many of the newest runs show it most clearly; 1 where nothing shows."""
    reference: float
    """Median of the reference in the metric's unit; the value itself where there is no history."""
    n: int
    """Runs in the reference."""
    against: Reference | None = None
    """What reruns are compared with; None where there was too little data."""
    resolution: float = 0.0

    def as_evidence(self) -> dict[str, object]:
        """The numbers to show and store, to four digits: libraries' last bits differ between machines."""
        effect = None if self.effect is None else _short(self.effect)
        evidence: dict[str, object] = {"effect": effect, "t": _short(self.t), "p": _short(self.p)}
        return {**(evidence if self.against else {}), "window": self.window, "n": self.n}


def screen(
    history: Sequence[float], value: float, *, better: Direction, resolution: float = 0.0, alpha: float = SCREEN_ALPHA
) -> Screening:
    """Compare `value`, this run's, with the metric's `history`, oldest first, since its last accepted level.

    `resolution` is the smallest change that matters, in the metric's unit, besides the relative floor of 1 %. `alpha`
    is one-sided, for each window; lower it where many metrics are looked at in one run. What is found is a suspicion:
    `confirm` it. A window counts only if the newest value lies on that side as well, so that yesterday's
    outlier does not speak today. Fewer than `MIN_REFERENCE` runs are `too-little-data`, which is not `same`.

    Raises `ValueError` for values that are not finite: they would pass every comparison.
    """
    values = _finite([*history, value])[-REFERENCE_RUNS - 1 :]
    before = values[:-1]
    if len(before) < MIN_REFERENCE:
        median = median_of(before or values)
        return Screening("too-little-data", None, 0.0, 1.0, 1, median, len(before), resolution=resolution)
    scale = Scale.of(before, resolution)
    places = [scale.place(x) for x in values]
    windows = [window for window in RECENT_RUNS if len(values) - window >= MIN_REFERENCE]
    references = [Reference.of(values[:-window], places[:-window], scale) for window in windows]
    looks = [
        _look(values[-window:], reference, better, resolution, alpha)
        for window, reference in zip(windows, references, strict=True)
    ]
    changed = [look for look in looks if look.verdict != "same"]
    return min(changed, key=lambda look: (look.p, look.verdict == "better"), default=looks[0])


def _look(
    recent: Sequence[float], reference: Reference, better: Direction, resolution: float, alpha: float
) -> Screening:
    """Test the median of the newest runs, whose last is this one, against all before them."""
    window = len(recent)
    distance = reference.distance(recent)
    t = reference.t(distance, variance_of_median(window))
    p = upper_tail(abs(t), reference.df)
    moved = _moved(recent, reference, resolution)
    verdict: Verdict = "same"
    if p < alpha and moved and moved == _moved(recent[-1:], reference, resolution):
        verdict = "worse" if (moved > 0) == (better == "lower") else "better"
    effect = effect_of(median_of(recent), reference.median)
    return Screening(verdict, effect, t, p, window, reference.median, reference.n, reference, resolution)


def confirm(screening: Screening, reruns: Sequence[float], *, alpha: float = CONFIRM_ALPHA) -> Confirmation:
    """Decide a suspicion by the median of `reruns`: more readings of the metric at the same commit.

    It is confirmed when the reruns' median is as far from the reference, on the suspected side, as one run hardly
    ever is. However many they are, the reruns count as *one* run: they share the runner and the hour, so the noise
    between runs does not average out over them. The reading that raised the suspicion is not among them; it was
    picked for being extreme. `undecided` with fewer than `MIN_RERUNS` reruns, and where nothing is suspected.
    """
    reference = screening.against
    if screening.verdict not in {"worse", "better"} or reference is None or len(_finite(reruns)) < MIN_RERUNS:
        return "undecided"
    side = 1 if screening.t > 0 else -1
    distance = reference.distance(reruns)
    sure = upper_tail(side * reference.t(distance, variance=1.0), reference.df) < alpha
    return "confirmed" if sure and _moved(reruns, reference, screening.resolution) == side else "refuted"


def spread_of(history: Sequence[float]) -> float | None:
    """One run's standard deviation on the metric's scale; None with fewer than `MIN_REFERENCE` runs."""
    values = _finite(history)[-REFERENCE_RUNS:]
    if len(values) < MIN_REFERENCE:
        return None
    scale = Scale.of(values, 0.0)
    return Reference.of(values, [scale.place(x) for x in values], scale).spread


def _moved(values: Sequence[float], reference: Reference, resolution: float) -> int:
    """Which way the median of `values` lies from the reference: 1, −1, or 0 when it is within what matters."""
    distance = reference.distance(values)
    smallest = log(1 + MIN_EFFECT) if reference.scale.kind == "log" else MIN_EFFECT
    if abs(distance) < smallest or abs(median_of(values) - reference.median) < resolution:
        return 0
    return 1 if distance > 0 else -1


def effect_of(recent: float, median: float) -> float | None:
    """The relative change from `median` to `recent`; None from 0."""
    return max(-_BOUND, min(_BOUND, (recent - median) / abs(median))) if median else None


def variance_of_median(n: int) -> float:
    """Variance of the median of `n` Gaussian values, in variances of one.

    π/2n for large n; exact for 1 and within 2 % for other odd n; too large by up to a fifth for even ones.
    """
    return pi / (2 * n + pi - 2)


@lru_cache(maxsize=256)
def _winsorised_gain(n: int, cut: int) -> float:
    """What the variance of `n` Gaussian values with `cut` winsorised at each end is to be multiplied by."""
    if not cut:
        return 1.0
    normal, share = NormalDist(), cut / n
    z = normal.inv_cdf(1 - share)
    return 1 / (1 - 2 * share - 2 * z * normal.pdf(z) + 2 * share * z * z)


def median_of(values: Iterable[float]) -> float:
    """The median, also where the sum of two values would overflow."""
    ordered = sorted(values)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return low if low == high else low / 2 + high / 2


def _finite(values: Sequence[float]) -> Sequence[float]:
    if not all(map(isfinite, values)):
        raise ValueError("a metric's value is not a finite number")
    return values


def _short(x: float) -> float:
    return float(f"{x:.4g}")
