"""One finding for one cause: the smallest description of segments that explains the excess.

Pain in one browser raises the counts of its countries, releases and routes alike. All descriptions of the alarmed
segments (each dimension named or left open) are scored by the affected sessions that they explain and by how
surprising these are (Adtributor: R. Bhagwan et al., NSDI 2014), in one number: the log-likelihood ratio of a common
ratio against the usual, `k log(k/e) - (k - e)`, of the expectation-based Poisson scan (D. B. Neill, International
Journal of Forecasting 25, 2009). Healthy segments in a description dilute it; each dimension that is named costs as
much as the choice of its value (minimum description length). What one cause covers is taken out before the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import log, sqrt

from autoresearch.statistics.pain.sums import Segment

Description = tuple[str | None, ...]
"""A value for each dimension that is named; None stands for any."""

MAX_DIMENSIONS = 6
"""Descriptions double with each dimension."""
EXPLAINED = 0.67
"""A shorter description keeps at least so much of the evidence of the best one."""
ALIKE = 1 / 3
"""So much of the alarmed segments' excess, in proportion, must the others in a description have: else it says more than
is known, as "everything" would of a dozen sick segments among a hundred."""
MIN_GAIN = 3.0
"""A dimension is named only if that makes the data at least e³ = 20 times more likely."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a segment's window holds."""

    segment: Segment
    exposed: int
    affected: int
    expected: float
    variation: float = 0.0
    alarmed: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """A description, and what it explains."""

    where: Description
    exposed: int
    affected: int
    expected: float
    explains: float
    """Its share of the excess of all alarmed segments that are left to explain, at most 1."""
    evidence: float
    """Log-likelihood ratio of a common ratio against the usual."""
    alarmed: tuple[Segment, ...]
    """The alarmed segments that it covers."""

    @property
    def excess(self) -> float:
        """Affected sessions beyond the expected ones."""
        return self.affected - self.expected

    @property
    def ratio(self) -> float | None:
        """Affected over expected; None where none was expected."""
        return self.affected / self.expected if self.expected else None

    def named(self, dimensions: Sequence[str]) -> dict[str, str]:
        """Dimension → value, of those that are named."""
        return {dimension: value for dimension, value in zip(dimensions, self.where, strict=True) if value is not None}


@dataclass(slots=True)
class _Sum:
    exposed: int = 0
    affected: int = 0
    expected: float = 0.0
    spread: float = 0.0
    alarmed: int = 0
    due: float = 0.0
    """Affected, and expected, of the alarmed segments alone."""

    def alike(self) -> bool:
        """Whether the segments that did not alarm have a good part of the excess too, give or take chance."""
        rest, quiet = self.affected - self.alarmed, self.expected - self.due
        ratio = self.alarmed / self.due if self.due else 1.0
        wanted = max(0.0, quiet) * (1 + ALIKE * (ratio - 1))
        return rest + 2 * sqrt(wanted) >= wanted

    def add(self, cell: Cell) -> None:
        self.exposed += cell.exposed
        self.affected += cell.affected
        self.expected += cell.expected
        self.spread += cell.variation * cell.expected * cell.expected
        if cell.alarmed:
            self.alarmed += cell.affected
            self.due += cell.expected


def causes(cells: Iterable[Cell], *, limit: int = 20) -> list[Cause]:
    """The causes of the alarmed cells, one after the other; each alarmed cell is covered by one, until `limit` is met.

    All segments name the same dimensions, at most `MAX_DIMENSIONS` (`ValueError`).
    """
    left = sorted(cells, key=lambda cell: cell.segment)
    if len({len(cell.segment) for cell in left}) > 1 or any(len(cell.segment) > MAX_DIMENSIONS for cell in left):
        raise ValueError(f"segments must all have the same dimensions, at most {MAX_DIMENSIONS}")
    price = _prices(left)
    found: list[Cause] = []
    while len(found) < limit and any(cell.alarmed for cell in left):
        best = _best(left, price)
        found.append(best)
        left = [cell for cell in left if not covers(best.where, cell.segment)]
    return found


def covers(where: Description, segment: Segment) -> bool:
    """Whether a segment fits a description."""
    return all(want is None or want == value for want, value in zip(where, segment, strict=True))


def _prices(cells: Sequence[Cell]) -> list[float]:
    """What it costs to name each dimension."""
    values = zip(*(cell.segment for cell in cells), strict=True)
    return [MIN_GAIN + log(len(set(column))) for column in values]


def _best(cells: Sequence[Cell], price: Sequence[float]) -> Cause:
    alarmed = [cell for cell in cells if cell.alarmed]
    wanted = {where for cell in alarmed for where in _descriptions(cell.segment)}
    sums: dict[Description, _Sum] = {where: _Sum() for where in wanted}
    for cell in cells:
        for where in _descriptions(cell.segment):
            if where in wanted:
                sums[where].add(cell)
    evidence = {where: _evidence(sums[where]) for where in wanted}
    fitting = [where for where in wanted if sums[where].alike()]
    enough = EXPLAINED * max(evidence[where] for where in fitting)
    best = max(
        (where for where in fitting if evidence[where] >= enough),
        key=lambda where: (evidence[where] - _cost(where, price), *_order(where)),
    )
    total = sum(max(0.0, cell.affected - cell.expected) for cell in alarmed)
    inside = tuple(cell.segment for cell in alarmed if covers(best, cell.segment))
    excess = sum(max(0.0, c.affected - c.expected) for c in alarmed if covers(best, c.segment))
    s = sums[best]
    share = excess / total if total else 0.0
    return Cause(best, s.exposed, s.affected, s.expected, share, evidence[best], inside)


def _descriptions(segment: Segment) -> Iterator[Description]:
    return product(*((value, None) for value in segment))


def _evidence(s: _Sum) -> float:
    """The scan statistic, on the scale of independent sessions."""
    if s.affected <= s.expected:
        return 0.0
    expected = max(s.expected, 0.5)
    inflation = 1 + s.spread / expected
    return max(0.0, s.affected * log(max(s.affected / expected, 1.0)) - s.affected + expected) / inflation


def _cost(where: Description, price: Sequence[float]) -> float:
    return sum(p for p, value in zip(price, where, strict=True) if value is not None)


def _order(where: Description) -> tuple[int, tuple[str, ...]]:
    """Among equals: fewer names first, then by name."""
    return sum(value is None for value in where), tuple(value or "" for value in where)
