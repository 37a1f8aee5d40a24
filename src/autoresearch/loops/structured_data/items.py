"""What a page's structured data is, whatever syntax it was written in, and what can be wrong with it.

Plain values only: they are made inside the crawl's parse workers, where importing pydantic costs more than the work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Syntax = Literal["json-ld", "microdata", "rdfa"]


@dataclass(frozen=True, slots=True)
class Ref:
    """`{"@id": …}` that leads to no item of the page."""

    id: str


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One thing that the page describes. Compared by identity: items may refer to one another in circles."""

    types: tuple[str, ...]
    """schema.org names without prefix (`Product`); others as full IRI; empty where the page gives no type."""
    properties: Mapping[str, tuple[Value, ...]]
    """Values by property, in the page's order; schema.org names without prefix (`offers`), others as full IRI."""
    where: str
    """Where in the page: `block 2: /@graph/0/offers` (a JSON pointer) or `microdata 1: offers`."""
    syntax: Syntax
    id: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, before it is a finding of a page."""

    rule: str
    key: str
    """What tells two of one rule on one page apart, whatever the order of the blocks: `Product/colour`."""
    message: str
    """One sentence, names in backticks."""
    where: str
    severity: Literal["error", "warning", "info"]


Value: TypeAlias = str | int | float | bool | Item | Ref | None


def every(items: Iterable[Item]) -> Iterator[Item]:
    """Each item once, nested ones after the item that first leads to them; circles end. In the page's order."""
    seen: set[int] = set()
    waiting: list[Item] = list(items)[::-1]
    while waiting:
        item = waiting.pop()
        if id(item) not in seen:
            seen.add(id(item))
            yield item
            nested = [value for values in item.properties.values() for value in values if isinstance(value, Item)]
            waiting.extend(reversed(nested))
