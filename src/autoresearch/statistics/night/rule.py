"""Is a try better than what it would replace? A sequential screen, then a confirmation by fresh pairs.

The screen looks after 2, 4, 7 and 11 pairs; of useless tries, one in five passes one of its looks, and most end after
two pairs. What passes is measured again by ten fresh pairs, and only these say how much it gained, so that luck in the
screen neither keeps a change nor is claimed for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from autoresearch.statistics.night.noise import Noise
from autoresearch.statistics.student import critical, upper_tail

LOOKS = (2, 4, 7, 11)
"""Pairs at which the screen is read."""
SCREEN_ALPHA = 0.2
_SHARES = (1.0, 1.0, 1.5, 2.0)
FUTILE = (0.3, 0.8, 1.0)
"""Under this t, the screen ends at its first, second and third look."""
APART = 4.0
"""Two pairs that differ by more deviations have met a stumble of the machine: they say nothing yet."""
CONFIRM_PAIRS = 10
CONFIRM_ALPHA = 0.01
INTERVAL = 0.05
"""Two-sided: what is left out of an interval."""

Screened = Literal["more", "pass", "stop"]


@dataclass(frozen=True, slots=True)
class Gain:
    """What pairs say of a candidate, as log ratios: the mean with its 95 % interval, and how likely by chance."""

    mean: float
    low: float
    high: float
    p: float
    pairs: int


def screen(ratios: Sequence[float], noise: Noise) -> Screened:
    """`more` between the looks and where a look leaves it open."""
    if len(ratios) not in LOOKS:
        return "more" if len(ratios) < LOOKS[-1] else "stop"
    look = LOOKS.index(len(ratios))
    if look == 0 and abs(ratios[0] - ratios[1]) > APART * noise.sd:
        return "more"
    t = noise.t(ratios)
    if t >= critical(SCREEN_ALPHA * _SHARES[look] / sum(_SHARES), noise.df):
        return "pass"
    return "stop" if look == len(FUTILE) or t < FUTILE[look] else "more"


def gain(ratios: Sequence[float], noise: Noise) -> Gain:
    """The mean of pairs that nothing was chosen by."""
    mean, error = noise.mean(ratios), noise.sd / sqrt(len(ratios))
    reach = error * critical(INTERVAL / 2, noise.df)
    return Gain(mean, mean - reach, mean + reach, upper_tail(mean / error, noise.df), len(ratios))


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
