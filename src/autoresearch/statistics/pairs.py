"""Did a noisy number change between two revisions? Interleaved pairs of readings, and a robust paired t test.

Base and head are measured in turns on one machine, so what drifts (its heat, its neighbours) moves both readings of a
pair alike, and the difference of logarithms keeps only what the change did. No history is needed; where there is one,
its spread is what a pair's difference is expected to vary by (`docs/adr/0009-base-and-head.md`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from typing import Literal

from autoresearch.statistics.regression import (
    MIN_EFFECT,
    PRIOR_DF,
    PRIOR_SD,
    Direction,
    Scale,
    effect_of,
    median_of,
    variance_of_median,
)
from autoresearch.statistics.student import upper_tail

MIN_PAIRS = 5
"""With fewer, nothing is decided."""
ALPHA = 0.01
"""One-sided."""

PairedVerdict = Literal["worse", "better", "same", "undecided"]


@dataclass(frozen=True, slots=True)
class Paired:
    """What the pairs say. `effect` is relative, with the sign of the change in the numbers; None from 0."""

    verdict: PairedVerdict
    effect: float | None
    t: float
    p: float
    n: int
    before: float
    """Median at the base, in the metric's unit."""

    def as_evidence(self) -> dict[str, object]:
        """The numbers to show and store, to four digits."""
        effect = None if self.effect is None else float(f"{self.effect:.4g}")
        return {"effect": effect, "t": float(f"{self.t:.4g}"), "p": float(f"{self.p:.4g}"), "pairs": self.n}


def looks_changed(base: float, head: float, *, resolution: float = 0.0) -> bool:
    """Whether two single readings differ by more than what never matters: then pairs are worth their time."""
    scale = Scale.of([base], resolution)
    return abs(scale.place(head) - scale.place(base)) >= MIN_EFFECT and abs(head - base) >= resolution


def decide(
    base: Sequence[float],
    head: Sequence[float],
    *,
    better: Direction,
    spread: float = PRIOR_SD,
    resolution: float = 0.0,
) -> Paired:
    """Test the median difference of the pairs `(base[i], head[i])`; `spread` is one reading's expected deviation.

    The readings that raised the suspicion are not among them: they were picked for being apart.
    """
    n = min(len(base), len(head))
    before = median_of(base) if base else 0.0
    if n < MIN_PAIRS:
        return Paired("undecided", None, 0.0, 1.0, n, before)
    scale = Scale.of([*base[:n], *head[:n]], resolution)
    off = [scale.place(y) - scale.place(x) for x, y in zip(base[:n], head[:n], strict=True)]
    center = median_of(off)
    squares = fsum((x - center) ** 2 for x in off)
    df = PRIOR_DF + n - 1
    sd = sqrt((PRIOR_DF * 2 * spread**2 + squares) / df)
    t = center / (sd * sqrt(variance_of_median(n)))
    p = upper_tail(abs(t), df)
    after = median_of(head)
    matters = abs(center) >= MIN_EFFECT and abs(after - before) >= resolution
    verdict: PairedVerdict = "same"
    if p < ALPHA and matters:
        verdict = "worse" if (center > 0) == (better == "lower") else "better"
    return Paired(verdict, effect_of(after, before), t, p, n, before)
