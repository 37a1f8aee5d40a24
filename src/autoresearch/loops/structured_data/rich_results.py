"""Items against what Google asks for before it shows a rich result: the table is `rich_results.toml`.

A search engine looks at what a page is about, not at everything that it mentions: so do these rules. They take the
items that stand for themselves, and those that a page names as its main thing, its video, its reviews. A
`LocalBusiness` inside of an article, as its publisher, is asked for nothing, and neither are the products of a list.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from autoresearch.loops.structured_data.items import Item, Problem, Severity, either, once, shown
from autoresearch.loops.structured_data.vocabulary import vocabulary

DOCUMENTATION = "https://developers.google.com/search/docs/appearance/structured-data/"
_TABLE = Path(__file__).with_name("rich_results.toml")
_ENTRANCES = ("mainEntity", "video", "review", "reviews", "aggregateRating")
"""Properties whose things are looked at like those that stand for themselves."""
_MAX_CANDIDATES = 5_000
_MAX_PART = 2_000
_MAX_NAMES = 4
_NESTED = "@nested"


@dataclass(frozen=True, slots=True)
class Need:
    """Paths, one of which has to lead to something."""

    name: str
    """As the table has it: `price|priceSpecification.price`."""
    paths: tuple[tuple[str, ...], ...]
    exact: bool
    """Whether a text in the middle of a path will not do."""

    within: str
    """The property that all paths go through, if they do; "" otherwise."""

    def is_met(self, item: Item, *, is_nested: bool) -> bool:
        """Whether the item has one of them, or lacks the very thing that they are about: that is a need of its own."""
        if self.leads(item) or (self.within and not _leads(item, (self.within,), exact=False)):
            return True
        return is_nested and any(path[0] == _NESTED for path in self.paths)

    def leads(self, item: Item) -> bool:
        """Whether the item has one of them."""
        for path in self.paths:  # noqa: SIM110  this loop is run hundreds of times a page
            if _leads(item, path, self.exact):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Part:
    """What is asked of the things that a path leads to, of some types."""

    at: tuple[str, ...]
    types: frozenset[str]
    but: frozenset[str]
    required: tuple[Need, ...]
    recommended: tuple[Need, ...]
    but_last: tuple[Need, ...]

    def kind_of(self, item: Item) -> str:
        """The item's type that this is for; "" when it has none."""
        for kind in item.types:
            if _is_for(kind, self.types, self.but):
                return kind
        return ""


@dataclass(frozen=True, slots=True, eq=False)
class RichResult:
    """One rich result: the item's own needs come first, then those of its parts."""

    name: str
    page: str
    """Its documentation."""
    read: str
    """The day on which that was read."""
    retired: bool
    severity: Severity
    """Of what is required."""
    when: Need | None
    value: str
    """What `when` has to lead to; "" for anything."""
    parts: tuple[Part, ...]

    def applies(self, item: Item) -> bool:
        """Whether an item of the right type means this result."""
        if self.when is None:
            return True
        if self.value:
            return any(_reached_value(item, path, self.value) for path in self.when.paths)
        return self.when.leads(item)


def rich_results(items: Iterable[Item]) -> tuple[Problem, ...]:
    """What the items of a page lack, each thing once with the number of its places, in the page's order."""
    return once(
        problem
        for item, is_nested in _candidates(items)
        for result in _results_for(item.types)
        if result.applies(item)
        for problem in _lacks(item, result, is_nested=is_nested)
    )


@cache
def table() -> tuple[RichResult, ...]:
    """Every entry of the table, in its order."""
    return tuple(_result(entry) for entry in tomllib.loads(_TABLE.read_text(encoding="utf-8"))["result"])


def _candidates(items: Iterable[Item]) -> Iterator[tuple[Item, bool]]:
    """What is looked at, and whether it stands within another thing. What is reviewed elsewhere on the page is not."""
    own = list(items)[:_MAX_CANDIDATES]
    reviewed = {id(each) for item in own for each in item.properties.get("itemReviewed", ())}
    seen: set[int] = set()
    waiting = [(item, False) for item in reversed(own) if id(item) not in reviewed]
    while waiting and len(seen) < _MAX_CANDIDATES:
        item, is_nested = waiting.pop()
        if id(item) not in seen:
            seen.add(id(item))
            yield item, is_nested
            inner = [each for name in _ENTRANCES for each in item.properties.get(name, ()) if isinstance(each, Item)]
            waiting.extend((each, True) for each in reversed(inner))


def _lacks(item: Item, result: RichResult, *, is_nested: bool) -> Iterator[Problem]:
    own = result.parts[0].kind_of(item)
    for part in result.parts:
        reached = [each for each in _reached(item, part.at) if part.kind_of(each)]
        for each in reached:
            needs = part.required if each is reached[-1] else (*part.required, *part.but_last)
            for need in needs:
                if not need.is_met(each, is_nested=is_nested):
                    yield _missing(own, part, need, each, result, is_required=True)
            for need in part.recommended:
                if not need.is_met(each, is_nested=is_nested):
                    yield _missing(own, part, need, each, result, is_required=False)


def _missing(own: str, part: Part, need: Need, item: Item, result: RichResult, *, is_required: bool) -> Problem:
    path = ".".join(part.at)
    whole = f"{shown(own)}.{path}" if path else shown(own)
    names = [name for name in need.name.split("|") if name != _NESTED]
    few = f"{', '.join(f'`{each}`' for each in names[:_MAX_NAMES])}, …" if len(names) > _MAX_NAMES else either(names)
    asks = "asked" if result.retired else "asks"
    what = f"Google {asks} for it" if is_required else f"Google {'recommended' if result.retired else 'recommends'} it"
    severity: Severity = "info" if result.retired or not is_required else result.severity
    return Problem(
        "missing-required" if is_required else "missing-recommended",
        f"{shown(own)}/{path + '.' if path else ''}{need.name.partition('|')[0]}",
        f"`{whole}` has no {few}: {what} ({result.name})",
        item.where,
        severity,
    )


def _reached(item: Item, path: tuple[str, ...]) -> list[Item]:
    reached = [item]
    for name in path:
        values = (each for one in reached for each in one.properties.get(name, ()))
        reached = list({id(each): each for each in values if isinstance(each, Item)}.values())[:_MAX_PART]
    return reached


def _leads(item: Item, path: tuple[str, ...], exact: bool) -> bool:
    """Whether a path leads to something. What is no item cannot be looked into: unless `exact`, it will do."""
    name = path[0]
    if name not in item.properties:
        return name == "@id" and bool(item.id)
    for value in item.properties[name]:
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        if len(path) == 1 or (_leads(value, path[1:], exact) if isinstance(value, Item) else not exact):
            return True
    return False


def _reached_value(item: Item, path: tuple[str, ...], wanted: str) -> bool:
    values = (each for one in _reached(item, path[:-1]) for each in one.properties.get(path[-1], ()))
    return any(isinstance(each, str) and each.strip().casefold() == wanted.casefold() for each in values)


@cache
def _results_of(kind: str) -> tuple[RichResult, ...]:
    return tuple(each for each in table() if _is_for(kind, each.parts[0].types, each.parts[0].but))


def _results_for(types: tuple[str, ...]) -> Iterable[RichResult]:
    known = [kind for kind in types if kind in vocabulary().classes]
    return _results_of(known[0]) if len(known) == 1 else dict.fromkeys(r for kind in known for r in _results_of(kind))


@lru_cache(maxsize=4_096)
def _is_for(kind: str, types: frozenset[str], but: frozenset[str]) -> bool:
    above = vocabulary().ancestors(kind)
    return not above.isdisjoint(types) and above.isdisjoint(but)


def _result(entry: Mapping[str, Any]) -> RichResult:
    when, _, value = str(entry.get("when", "")).partition("=")
    return RichResult(
        name=entry["name"],
        page=DOCUMENTATION + entry["page"],
        read=entry["read"].isoformat(),
        retired=entry.get("retired", False),
        severity=entry.get("severity", "error"),
        when=_need(when) if when else None,
        value=value,
        parts=(_part(entry), *map(_part, entry.get("part", ()))),
    )


def _part(entry: Mapping[str, Any]) -> Part:
    return Part(
        at=tuple(str(entry.get("at", "")).split(".")) if entry.get("at") else (),
        types=frozenset(entry["types"]),
        but=frozenset(entry.get("except", ())),
        required=tuple(map(_need, entry.get("required", ()))),
        recommended=tuple(map(_need, entry.get("recommended", ()))),
        but_last=tuple(map(_need, entry.get("but_last", ()))),
    )


def _need(text: str) -> Need:
    name = text.replace("!", "")
    paths = tuple(tuple(path.split(".")) for path in name.split("|"))
    first = paths[0][0]
    within = first if all(len(path) > 1 and path[0] == first for path in paths) else ""
    return Need(name, paths, exact="!" in text, within=within)
