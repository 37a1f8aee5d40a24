"""In the morning: what did the night gain as a whole, and does each kept change still hold on top of the others?"""

from __future__ import annotations

from autoresearch.statistics.night.rule import Gain

FRESH_PAIRS = 20
"""Pairs of the night's tip with the commit that it began at; the claim is theirs."""
ABLATION_PAIRS = 10
"""Pairs of the tip with the tip without one kept change."""
_HOLDS = 0.2


def proven(found: Gain) -> bool:
    """Whether fresh pairs show a gain: the whole interval lies above 0."""
    return found.low > 0


def holds(found: Gain) -> bool:
    """Whether a change that was kept and confirmed still helps, by pairs of the tip with the tip without it.

    It has earned its place once, so that four times in five by chance is enough here.
    """
    return found.p <= _HOLDS
