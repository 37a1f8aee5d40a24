"""A segment's sums beside those of its parents: only exposed and affected add up from segment to segment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from autoresearch.statistics.pain.history import History

Kind = Literal["rate", "count"]
"""Affected sessions of the exposed (beta-binomial), or events an hour (negative binomial)."""
Segment = tuple[str, ...]
"""A value for each dimension, the coarsest first."""

MIN_DAYS = 7
"""With fewer days of history, of the segment or of a parent, nothing is expected."""


@dataclass(frozen=True, slots=True)
class Sums:
    """First moments of a segment or of all below it: they add up, squares would not."""

    days: Mapping[int, tuple[int, int]]
    slots: tuple[tuple[int, int], ...]
    leaves: int = 1
    """Segments that were added up."""

    def total(self) -> tuple[int, int]:
        """Exposed and affected of all days."""
        return sum(n for n, _ in self.days.values()), sum(k for _, k in self.days.values())

    def concentration(self) -> float:
        """Share of pairs of a day's affected sessions that fall in the same hour; 1/24 where all hours are alike."""
        total = sum(k for _, k in self.slots)
        return sum(k * k for _, k in self.slots) / (total * total) if total else 1 / 24


def sums_of(history: History, oldest: int, newest: int) -> Sums:
    """The days after `oldest` up to `newest`, and the hours of the day of all that is remembered."""
    days = {day: total for day, total in history.days.items() if oldest < day <= newest}
    slots = [(0, 0)] * 24
    for block in history.blocks.values():
        slots = [(n + slot[0], k + slot[1]) for (n, k), slot in zip(slots, block.slots, strict=True)]
    return Sums(days, tuple(slots))


def rolled_up(own: Mapping[Segment, Sums]) -> dict[Segment, Sums]:
    """The segments and all their parents up to the root; a parent that is itself given is not added up."""
    sums = dict(own)
    for length in range(max(map(len, own), default=0), 0, -1):
        parents: dict[Segment, list[Sums]] = {}
        for node in [node for node in sums if len(node) == length]:
            parents.setdefault(node[:-1], []).append(sums[node])
        for parent, children in parents.items():
            if parent not in own:
                sums[parent] = _total(children)
    return sums


def _total(children: Sequence[Sums]) -> Sums:
    days: dict[int, list[int]] = {}
    slots = [[0, 0] for _ in range(24)]
    for child in children:
        for day, (n, k) in child.days.items():
            total = days.setdefault(day, [0, 0])
            total[0] += n
            total[1] += k
        for slot, (n, k) in zip(slots, child.slots, strict=True):
            slot[0] += n
            slot[1] += k
    return Sums(
        {day: (n, k) for day, (n, k) in days.items()},
        tuple((n, k) for n, k in slots),
        sum(child.leaves for child in children),
    )


def siblings_of(sums: Iterable[Segment]) -> dict[Segment, list[Segment]]:
    """Parent → its children."""
    found: dict[Segment, list[Segment]] = {}
    for node in sums:
        if node:
            found.setdefault(node[:-1], []).append(node)
    return found
