"""schema.org's types and properties, and how they relate: the table of `scripts/vocabulary`, read once.

schema.org's own conformance note (https://schema.org/docs/datamodel.html) is what decides how strictly it is applied:
see `check.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("vocabulary.json")
_ORIGINS = ("https://schema.org/", "http://schema.org/", "https://www.schema.org/", "http://www.schema.org/")
_LONGEST_SUGGESTED = 50


def short(iri: str) -> str:
    """The name of a schema.org term without the origin, which may be written in four ways; others as they are."""
    if iri[:4].lower() != "http":
        return iri
    head = iri[:23].lower()
    for origin in _ORIGINS:
        if head.startswith(origin):
            name = iri[len(origin) :]
            return name if name.isalnum() or name.replace("_", "").replace("-", "").isalnum() else iri
    return iri


class Vocabulary:
    """One release of schema.org. Names are without prefix; what is not of schema.org is not known."""

    def __init__(self, table: Mapping[str, Mapping[str, list[str]]], members: Mapping[str, str], release: str) -> None:
        self.release = release
        self.datatypes = frozenset(table["datatypes"])
        self._parents = {**table["datatypes"], **{name: _at(row, 0).split() for name, row in table["classes"].items()}}
        self.classes = frozenset(table["classes"])
        self._properties = table["properties"]
        self.properties = frozenset(table["properties"])
        self.superseded_classes = {name: row[1] for name, row in table["classes"].items() if _at(row, 1)}
        self.superseded_properties = {name: row[2] for name, row in table["properties"].items() if _at(row, 2)}
        self._members: dict[str, set[str]] = {}
        for enumeration, names in members.items():
            for name in names.split():
                self._members.setdefault(name, set()).add(enumeration)
        self._listed: dict[frozenset[str], list[str]] = {}
        self._ancestors: dict[str, frozenset[str]] = {}
        self._domains: dict[str, frozenset[str]] = {}
        self._ranges: dict[str, frozenset[str]] = {}
        self._near: dict[bool, dict[str, list[str]]] = {}

    def ancestors(self, name: str) -> frozenset[str]:
        """The class or datatype itself and everything above it; empty when it is not known."""
        known = self._ancestors.get(name)
        if known is None:
            if name not in self._parents:
                return frozenset()
            found, waiting = {name}, [name]
            while waiting:
                fresh = [parent for parent in self._parents[waiting.pop()] if parent not in found]
                found.update(fresh)
                waiting += fresh
            known = self._ancestors[name] = frozenset(found)
        return known

    def is_a(self, name: str, wanted: Iterable[str]) -> bool:
        """Whether a class is one of those wanted, or below one of them."""
        return not self.ancestors(name).isdisjoint(wanted)

    def domains(self, name: str) -> frozenset[str]:
        """Classes that a property belongs to, without their subclasses."""
        known = self._domains.get(name)
        if known is None:
            known = self._domains[name] = frozenset(_at(self._properties[name], 0).split())
        return known

    def ranges(self, name: str) -> frozenset[str]:
        """Classes and datatypes that a property leads to, without their subclasses."""
        known = self._ranges.get(name)
        if known is None:
            known = self._ranges[name] = frozenset(_at(self._properties[name], 1).split())
        return known

    def belongs(self, name: str, types: Iterable[str]) -> bool:
        """Whether a property is one of any of the types, or of a class above."""
        domains = self.domains(name)
        return not domains or any(self.is_a(kind, domains) for kind in types)

    def is_enumeration(self, name: str) -> bool:
        """Whether the class is a list of named values, such as `ItemAvailability`."""
        return "Enumeration" in self.ancestors(name)

    def is_member(self, name: str, enumerations: Iterable[str]) -> bool:
        """Whether `InStock` is a value of one of the enumerations, or of one below; a subclass counts as a value."""
        wanted = frozenset(enumerations)
        kinds = self._members.get(name, ())
        return any(self.is_a(kind, wanted) for kind in kinds) or (name not in wanted and self.is_a(name, wanted))

    def is_value(self, name: str) -> bool:
        """Whether the name is a value of any enumeration."""
        return name in self._members

    def members(self, enumerations: Iterable[str]) -> list[str]:
        """Every value of the enumerations and of those below, in order."""
        wanted = frozenset(enumerations)
        found = self._listed.get(wanted)
        if found is None:
            kinds = self._members.items()
            found = sorted(name for name, above in kinds if any(self.is_a(kind, wanted) for kind in above))
            self._listed[wanted] = found
        return found

    def near_class(self, name: str) -> str:
        """The class that was probably meant; "" when none is close."""
        return next(iter(self._close(name, True)), "")

    def near_property(self, name: str, types: Iterable[str]) -> str:
        """The property that was probably meant, one of the given types before others; "" when none is close."""
        close = sorted(self._close(name, False), key=self.superseded_properties.__contains__)
        kinds = tuple(types)
        return next((each for each in close if self.belongs(each, kinds)), close[0] if close else "")

    def _close(self, name: str, is_class: bool) -> list[str]:
        """Names that differ in case, dashes, or one letter (two that stand next to each other), nearest first."""
        if len(name) > _LONGEST_SUGGESTED:
            return []
        if is_class not in self._near:
            self._near[is_class] = _index(self.classes if is_class else self.properties)
        index, plain = self._near[is_class], _plain(name)
        found = dict.fromkeys(each for key in (plain, *_shortened(plain)) for each in index.get(key, ()))
        return sorted(found, key=lambda each: (_plain(each) != plain, abs(len(each) - len(name)), each))


def close_to(name: str, names: Iterable[str]) -> str:
    """The one of the names that differs from `name` in case, dashes or one letter; "" when there is none."""
    if len(name) > _LONGEST_SUGGESTED:
        return ""
    plain = _plain(name)
    keys = {plain, *_shortened(plain)}
    return next((each for each in names if not keys.isdisjoint({_plain(each), *_shortened(_plain(each))})), "")


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary that comes with this version."""
    table = json.loads(_TABLE.read_bytes())
    return Vocabulary(table, table["members"], table["release"])


def _at(row: list[str], index: int) -> str:
    return row[index] if index < len(row) else ""


def _plain(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "").replace(" ", "")


def _shortened(plain: str) -> list[str]:
    """All spellings with one letter left out: two names that share one are one slip apart."""
    return [plain[:at] + plain[at + 1 :] for at in range(len(plain))] if len(plain) > 3 else []


def _index(names: Iterable[str]) -> dict[str, list[str]]:
    index: dict[str, list[str]] = {}
    for name in sorted(names):
        plain = _plain(name)
        for key in dict.fromkeys((plain, *_shortened(plain))):
            index.setdefault(key, []).append(name)
    return index
