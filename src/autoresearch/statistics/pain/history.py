"""What is remembered of a segment's hours: sums that can be added, taken back and merged, never the hours themselves.

An hour is a number of hours since 1970-01-01 00:00 *of the clock that people live by* there (DST moves one hour a year
by one slot, which the sums bear). It holds `exposed` sessions, of which `affected` had the pain. Where nothing was
exposed to count by, `exposed` is 1: the hour itself was.

Kept are the totals of the newest `DAYS` days, and for the current and the previous four weeks the totals of the 24
hours of the day and the squares of all hours, which tell how much the rate varies beyond chance (`variation.py`). All
are whole numbers: the order of hours does not matter, not even in the last digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autoresearch.errors import StateError

DAYS = 42
"""Days whose totals are kept: a fortnight to be judged for drifts, and four weeks before it."""
BLOCK = 28
"""Days of a block; whole weeks. Two blocks of hour-of-day sums are kept."""
MAX_COUNT = 10**9
"""More in one hour is refused: no shop has so many sessions, and a square of it has a bound."""

Hours = Mapping[int, tuple[int, int]]
"""Hour → (exposed, affected)."""
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Block:
    """Four weeks: exposed and affected of the 24 hours of the day, and the sums of all hours' squares."""

    slots: tuple[Pair, ...] = ((0, 0),) * 24
    squares: Pair = (0, 0)

    def __add__(self, other: Block) -> Block:
        slots = tuple(_sum(a, b) for a, b in zip(self.slots, other.slots, strict=True))
        return Block(slots, _sum(self.squares, other.squares))


@dataclass(frozen=True, slots=True)
class History:
    """A segment's past as sums. `a + b` is the history of all hours of both; an hour in both counts twice."""

    days: Mapping[int, Pair] = field(default_factory=dict)
    """Day since 1970-01-01 → (exposed, affected)."""
    blocks: Mapping[int, Block] = field(default_factory=dict)
    """By their number since 1970-01-01."""

    @classmethod
    def of(cls, hours: Hours) -> History:
        """The history of these hours. Raises `ValueError` for counts that cannot be."""
        return _changed(cls(), {}, hours)

    def add(self, hours: Hours) -> History:
        """With these hours too, none of which it holds yet."""
        return _changed(self, {}, hours)

    def revise(self, before: Hours, after: Hours) -> History:
        """With hours that were added as `before` and turned out to be `after`: late events, a bot told apart."""
        return _changed(self, before, after)

    def __add__(self, other: History) -> History:
        days, blocks = dict(self.days), dict(self.blocks)
        for day, total in other.days.items():
            days[day] = _sum(days.get(day, (0, 0)), total)
        for number, block in other.blocks.items():
            blocks[number] = blocks[number] + block if number in blocks else block
        return _bounded(days, blocks)

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers for the state, about 1 KB: totals of each day from `first` on; of each block its 24 slots."""
        if not self.days:
            return {}
        first, last = min(self.days), max(self.days)
        totals = [x for day in range(first, last + 1) for x in self.days.get(day, (0, 0))]
        blocks = {
            str(number): [x for pair in (*block.slots, block.squares) for x in pair]
            for number, block in sorted(self.blocks.items())
        }
        return {"first": first, "days": totals, "blocks": blocks}

    @classmethod
    def from_dict(cls, data: Any, where: str = "history") -> History:
        """What `as_dict` gave. Raises `StateError` naming `where`."""
        if data == {}:
            return cls()
        try:
            first, totals = _whole([data["first"]])[0], _whole(data["days"])
            blocks = {int(number): _whole(sums) for number, sums in data["blocks"].items()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _refused(where) from error
        if len(totals) > 2 * DAYS or len(totals) % 2 or any(len(sums) != 2 * 25 for sums in blocks.values()):
            raise _refused(where)
        days = {first + i: pair for i, pair in enumerate(_pairs(totals))}
        return _bounded(days, {n: Block(_pairs(sums[:48]), _pairs(sums[48:])[0]) for n, sums in blocks.items()})


def merged(histories: Iterable[History]) -> History:
    """The sum of all, in any order."""
    total = History()
    for history in histories:
        total += history
    return total


def weekday(day: int) -> int:
    """0 on Mondays."""
    return (day + 3) % 7


def _changed(history: History, before: Hours, after: Hours) -> History:
    """Without the hours `before`, with the hours `after`."""
    days = dict(history.days)
    slots = {number: list(block.slots) for number, block in history.blocks.items()}
    squares = {number: block.squares for number, block in history.blocks.items()}
    for sign, hours in ((-1, before), (1, after)):
        for hour, (n, k) in hours.items():
            if not 0 <= k <= MAX_COUNT or not 0 <= n <= MAX_COUNT or hour < 0:
                raise ValueError(f"hour {hour}: {k} affected of {n} exposed cannot be")
            day, number = hour // 24, hour // 24 // BLOCK
            days[day] = _sum(days.get(day, (0, 0)), (sign * n, sign * k))
            block = slots.setdefault(number, [(0, 0)] * 24)
            block[hour % 24] = _sum(block[hour % 24], (sign * n, sign * k))
            squares[number] = _sum(squares.get(number, (0, 0)), (sign * n * n, sign * k * k))
    return _bounded(days, {number: Block(tuple(slots[number]), squares[number]) for number in slots})


def _sum(a: Pair, b: Pair) -> Pair:
    return (a[0] + b[0], a[1] + b[1])


def _pairs(numbers: list[int]) -> tuple[Pair, ...]:
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _bounded(days: Mapping[int, Pair], blocks: Mapping[int, Block]) -> History:
    """Without what is empty or too old; what is too old now stays so when more is added, so that merging associates."""
    present = [day for day in sorted(days) if days[day] != (0, 0)]
    if not present:
        return History()
    newest = present[-1]
    kept = {day: days[day] for day in present if day > newest - DAYS}
    oldest = newest // BLOCK - 1
    return History(kept, {n: blocks[n] for n in sorted(blocks) if n >= oldest and any(map(any, blocks[n].slots))})


def _whole(numbers: Any) -> list[int]:
    if not isinstance(numbers, list) or not all(type(x) is int and 0 <= x < 10**24 for x in numbers):
        raise TypeError
    return numbers


def _refused(where: str) -> StateError:
    return StateError(f"{where}: not a history of hours", hint="restore it from git, or delete it to start anew")
