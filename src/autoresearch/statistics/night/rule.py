"""Is a try better than what it would replace? A sequential screen, then a confirmation by fresh pairs.

The screen is Wald's sequential probability ratio test of "no gain" against "the gain that is looked for" (A. Wald,
*Annals of Mathematical Statistics* 16, 1945), cut off after twelve pairs: no test with its errors needs fewer. What
passes is measured again, and only these fresh pairs say whether it is kept and how much it gained, so that luck in the
screen neither keeps a change nor is claimed for it. The confirmation looks after 5, 10 and 20 pairs; the looks share
one level (Bonferroni), so it holds whatever the screen let pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from autoresearch.statistics.night.noise import Noise
from autoresearch.statistics.student import critical, upper_tail

LOOKS = tuple(range(2, 13))
"""Pairs at which the screen is read."""
PASS, STOP = 1.5, -1.4
"""Log likelihood ratios at which it ends."""
SCREEN_ALPHA = 0.2
"""At most so many useless tries pass the screen."""
APART = 4.0
"""Two pairs that differ by more deviations have met a stumble of the machine: they say nothing yet."""
CONFIRM_LOOKS = ((5, 0.25, 0.3), (10, 0.25, 0.12), (20, 0.5, 0.0))
"""Of the confirmation: after how many pairs; its share of the level; the p value above which it is given up."""
CONFIRM_PAIRS = CONFIRM_LOOKS[-1][0]
"""The most that it takes."""
CONFIRM_ALPHA = 0.01
GUARD_PAIRS = 10
"""Pairs that a guardrail is read from, once: with a look more at will, what is broken would pass in the end."""
INTERVAL = 0.05
"""Two-sided: what is left out of an interval."""

Screened = Literal["more", "pass", "stop"]
Confirmed = Literal["more", "keep", "stop"]


@dataclass(frozen=True, slots=True)
class Gain:
    """What pairs say of a candidate, as log ratios: the mean with its 95 % interval, and how likely by chance."""

    mean: float
    low: float
    high: float
    p: float
    pairs: int


def screen(ratios: Sequence[float], noise: Noise, min_effect: float = 0.0) -> Screened:
    """`more` before the first look and where a look leaves it open.

    It looks for a gain of `min_effect` (a log ratio), but of one deviation at least: smaller ones would take more
    pairs than a night has.
    """
    if len(ratios) not in LOOKS:
        return "more" if len(ratios) < LOOKS[0] else "stop"
    if len(ratios) == 2 and abs(ratios[0] - ratios[1]) > APART * noise.sd:
        return "more"
    found = evidence(ratios, noise, max(min_effect, noise.sd))
    if STOP < found < PASS and len(ratios) < LOOKS[-1]:
        return "more"
    return "pass" if found > 0 else "stop"


def evidence(ratios: Sequence[float], noise: Noise, effect: float) -> float:
    """Log likelihood ratio of a true gain of `effect` against none."""
    return effect * len(ratios) * (noise.mean(ratios) - effect / 2) / noise.sd**2


def gain(ratios: Sequence[float], noise: Noise) -> Gain:
    """The mean of two pairs or more that nothing was chosen by."""
    mean, error, df = noise.estimate(ratios)
    reach = error * critical(INTERVAL / 2, df)
    return Gain(mean, mean - reach, mean + reach, upper_tail(mean / error, df), len(ratios))


def confirm(ratios: Sequence[float], noise: Noise, min_effect: float, alpha: float = CONFIRM_ALPHA) -> Confirmed:
    """Whether fresh pairs show a gain at level `alpha`; `more` between the looks and where a look leaves it open."""
    look = next((look for look in CONFIRM_LOOKS if look[0] == len(ratios)), None)
    if look is None:
        return "more" if len(ratios) < CONFIRM_PAIRS else "stop"
    _, share, hopeless = look
    found = gain(ratios, noise)
    if confirmed(found, min_effect, share * alpha):
        return "keep"
    return "more" if found.p <= hopeless else "stop"


def confirmed(found: Gain, min_effect: float, alpha: float = CONFIRM_ALPHA) -> bool:
    """Whether fresh pairs show a gain, and not one of less than half of `min_effect` (a log ratio)."""
    return found.p <= alpha and found.mean >= min_effect / 2


def harmless(worse_by: Sequence[float], tolerance: float) -> bool:
    """Whether a secondary number is worse by less than `tolerance`, in its own unit: a non-inferiority bound of 95 %.

    `worse_by` are the pairs' differences, positive where the candidate is worse. Numbers that never differ are judged
    as they are.
    """
    n = len(worse_by)
    if not n:
        return False
    mean = sum(worse_by) / n
    squares = sum((each - mean) ** 2 for each in worse_by)
    if n == 1 or not squares:
        return mean <= tolerance
    return mean + critical(0.05, n - 1) * sqrt(squares / (n - 1) / n) <= tolerance


def alpha_for(budget: float, tries: int) -> float:
    """The level of each confirmation for at most `budget` false keeps expected in so many useless tries."""
    return min(CONFIRM_ALPHA, budget / (SCREEN_ALPHA * max(tries, 1)))


def false_keeps(useless: int, alpha: float = CONFIRM_ALPHA) -> float:
    """How many useless tries are kept by chance, at most."""
    return SCREEN_ALPHA * alpha * useless
