"""What a page's structured data is, whatever syntax it was written in, and what can be wrong with it.

Plain values only: they are made inside the crawl's parse workers, where importing pydantic costs more than the work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, TypeAlias

Syntax = Literal["json-ld", "microdata", "rdfa"]
Severity = Literal["error", "warning", "info"]
MAX_PROBLEMS = 500
"""Different problems of one kind of check that are told of one page."""
_MAX_PLACES = 20_000
_MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class Ref:
    """`{"@id": …}` that leads to no item of the page."""

    id: str


@dataclass(slots=True, eq=False)  # not frozen: that would double the time to make one
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
    severity: Severity


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
            waiting += [value for values in item.properties.values() for value in values if type(value) is Item][::-1]


def forget(items: Iterable[Item]) -> None:
    """Cut what leads from one to another: the parser's process does not look for circles among what it has left."""
    for item in items:
        if isinstance(item.properties, dict):
            item.properties.clear()


def once(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each problem once, with the number of its places, in the order met; bounded."""
    first: dict[tuple[str, str], Problem] = {}
    places: dict[tuple[str, str], int] = {}
    for problem in islice(problems, _MAX_PLACES):
        identity = problem.rule, problem.key
        if identity in first or len(first) < MAX_PROBLEMS:
            first.setdefault(identity, problem)
            places[identity] = places.get(identity, 0) + 1
    return tuple(
        replace(each, message=f"{each.message} ({count} places)") if (count := places[identity]) > 1 else each
        for identity, each in first.items()
    )


def shown(name: str) -> str:
    """A name from a page as it may stand between backticks."""
    return " ".join(name[:_MAX_NAME].split()).replace("`", "'")


def either(names: Iterable[str]) -> str:
    """Names in backticks: a, b or c."""
    *others, last = (f"`{each}`" for each in names)
    return f"{', '.join(others)} or {last}" if others else last
