"""Before the night: is the score exact, or can a gain be seen through its noise?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from autoresearch.statistics.night.noise import Noise
from autoresearch.statistics.night.rule import CONFIRM_LOOKS, CONFIRM_PAIRS, LOOKS, confirm, screen

SAME_PAIRS = 12
"""Pairs of the base with itself."""
LEAST_POWER = 0.5
_IDENTICAL = 3
_TRIALS = 600


def classify(scores: Sequence[float]) -> Literal["exact", "noisy"]:
    """Exact: three runs or more of one thing, in clean checkouts, that give the same number."""
    return "exact" if len(scores) >= _IDENTICAL and len(set(scores)) == 1 else "noisy"


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the night could see."""

    noise: Noise
    min_effect: float
    """A log ratio, like the next two."""
    power: float
    """How often a gain of `min_effect` would be kept."""
    visible: float
    """The smallest gain that would be kept every second time."""
    needed_sd: float
    """A pair's deviation with which `min_effect` would be kept every second time."""

    @property
    def refused(self) -> bool:
        """Whether the night is not worth its time."""
        return self.power < LEAST_POWER


def calibrate(ratios: Sequence[float], min_effect: float, normal: Callable[[], float]) -> Calibration:
    """From pairs of the base with itself; `min_effect` is a log ratio, `normal` draws from N(0, 1).

    The powers are those of the rule itself, by simulation: accurate to about two points.
    """
    noise = Noise.of_same(ratios)
    tries = [[normal() for _ in range(LOOKS[-1] + CONFIRM_PAIRS)] for _ in range(_TRIALS)]
    visible = _visible(noise, tries)
    return Calibration(
        noise=noise,
        min_effect=min_effect,
        power=power(min_effect, noise, tries, min_effect=min_effect),
        visible=visible,
        needed_sd=noise.sd * min_effect / visible,
    )


def power(effect: float, noise: Noise, tries: Sequence[Sequence[float]], *, min_effect: float = 0.0) -> float:
    """How often a try with this true effect (a log ratio) passes the screen and is confirmed.

    `tries` are the standard normal deviations of each one's pairs, those of the screen first.
    """
    kept = 0
    for deviations in tries:
        ratios = [effect + noise.sd * each for each in deviations]
        screened = (screen(ratios[:pairs], noise, min_effect) for pairs in LOOKS)
        if next(said for said in screened if said != "more") == "pass":
            fresh = ratios[LOOKS[-1] :]
            told = (confirm(fresh[:pairs], noise, min_effect) for pairs, _, _ in CONFIRM_LOOKS)
            kept += next(said for said in told if said != "more") == "keep"
    return kept / len(tries)


def _visible(noise: Noise, tries: Sequence[Sequence[float]]) -> float:
    """The effect that is kept every second time, by halving."""
    low, high = 0.0, 4 * noise.sd
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle, noise, tries) >= LEAST_POWER else (middle, high)
    return high
