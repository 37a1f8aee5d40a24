"""Items against schema.org's vocabulary.

How strictly is schema.org's own word, its note on conformance (https://schema.org/docs/datamodel.html#conformance):
"we will often get a text string" where a thing is expected, "even if our schemas don't formally document that", and
"some types such as Role and URL can be used with all properties". So a text passes wherever a thing may stand, an
address and a `Role` pass everywhere, and nothing is said of other vocabularies' types. What remains is a thing where
only another kind of thing, or none, can stand (`wrong-range`), and a text where only a date, a number or one of a list
of names makes sense (`invalid-value`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from autoresearch.loops.structured_data.items import Item, Problem, Ref, Severity, either, every, once, shown
from autoresearch.loops.structured_data.values import (
    OBJECTIONS,
    as_text,
    currency_objection,
    price_objection,
    rating_objection,
)
from autoresearch.loops.structured_data.vocabulary import Vocabulary, close_to, short, vocabulary

_DEMANDS: tuple[tuple[frozenset[str], Callable[[str], str]], ...] = (
    (frozenset(("priceCurrency", "currency")), currency_objection),
    (frozenset(("price", "lowPrice", "highPrice", "minPrice", "maxPrice")), price_objection),
    (frozenset(("ratingValue", "bestRating", "worstRating")), rating_objection),
)
_ACTION_MARKS = ("-input", "-output")
_DROPPED = frozenset(("Date", "DateTime", "Duration", "Float", "Integer", "Number"))
"""Datatypes whose properties search engines drop when the value is none."""
_MEANINGLESS = frozenset(("Thing", "Class", "Property"))
_EVERYTHING = frozenset(("Thing",))
_MAX_EXAMPLES = 3
_MAX_VALUES = 2_000
"""Values of one property that are looked at."""
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s`]+")


def check(items: Iterable[Item]) -> tuple[Problem, ...]:
    """Everything that the vocabulary objects to, each thing once with the number of its places, in the page's order."""
    return check_each(every(items))


def check_each(items: Iterable[Item]) -> tuple[Problem, ...]:
    """The same of items among which are those that stand inside of others, after them."""
    known = vocabulary()
    roles: dict[int, set[str]] = {}
    return once(problem for item in items for problem in _item_problems(item, known, roles))


def _item_problems(item: Item, known: Vocabulary, roles: dict[int, set[str]]) -> Iterator[Problem]:
    """`roles` is what properties lead to the roles that were met: a role repeats the property it stands in for."""
    above = _classes(item, known)
    is_ours = above and known.properties.issuperset(item.properties)  # what a stranger makes up is not kept
    told = _told_by_names if is_ours else _told_by_names.__wrapped__
    shape = told(item.types, above, tuple(item.properties))
    for property_, problem in shape.problems:
        if not (property_ and id(item) in roles and property_ in roles[id(item)]):
            yield replace(problem, where=item.where)
    for (property_, values), expected in zip(item.properties.items(), shape.expected, strict=True):
        if expected is None:
            continue
        for value in values[:_MAX_VALUES]:
            if isinstance(value, Item):
                kinds = _above(value.types, known)
                if "Role" in kinds:
                    roles.setdefault(id(value), set()).add(property_)
                elif kinds.isdisjoint(expected.ranges) and not _fits(value, expected.ranges, known):
                    yield _misplaced(item, f"{shape.name}/{property_}", value, expected)
            elif not expected.takes_any and value is not None:
                text = value.id if isinstance(value, Ref) else as_text(value)
                if not expected.takes(text):
                    yield from _text_problems(item, f"{shape.name}/{property_}", text, expected, known)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the names of an item's types and properties tell; pages of one template have the same."""

    name: str
    problems: tuple[tuple[str, Problem], ...]
    """With the property that a role may stand in for; "" otherwise."""
    expected: tuple[_Expected | None, ...]
    """Of the values of each property; None of a property that is not known."""


@lru_cache(maxsize=4_096)
def _told_by_names(types: tuple[str, ...], above: frozenset[str], properties: tuple[str, ...]) -> _Shape:
    known = vocabulary()
    ours = tuple(kind for kind in types if ":" not in kind)
    name = shown(ours[0]) if ours else "?"
    expected = tuple(_expected(each) if each in known.properties else None for each in properties)
    problems = [("", problem) for kind in ours for problem in _type_problems(kind, known)]
    for property_, wanted in zip(properties, expected, strict=True):
        key = f"{name}/{shown(property_)}"
        if wanted is None:
            problems += [("", problem) for problem in _unknown(key, property_, ours, known)]
            continue
        if above and above.isdisjoint(wanted.domains):
            problems.append((property_, _foreign(key, property_, known)))
        if wanted.superseded_by:
            message = f"`{key}` has given way to `{wanted.superseded_by}`"
            problems.append(("", _problem("superseded", key, message, severity="info")))
    return _Shape(name, tuple(problems), expected)


def _classes(item: Item, known: Vocabulary) -> frozenset[str]:
    """Every class that the item belongs to; none where a type is not known: then nothing is certain."""
    types = item.types
    if "additionalType" in item.properties:  # how microdata names a second type
        values = item.properties["additionalType"]
        types += tuple(short(each.id if isinstance(each, Ref) else str(each)) for each in values)
    return _above(types, known) if known.classes.issuperset(types) else frozenset()


def _above(types: tuple[str, ...], known: Vocabulary) -> frozenset[str]:
    """Every class that a thing of these types belongs to."""
    return known.ancestors(types[0]) if len(types) == 1 else frozenset().union(*map(known.ancestors, types))


@dataclass(frozen=True, slots=True)
class _Expected:
    """What a property expects of its item and of its values."""

    domains: frozenset[str]
    superseded_by: str
    ranges: frozenset[str]
    lists: frozenset[str]
    """Enumerations that have names."""
    objection: Callable[[str], str] | None
    """What the property's description demands of a text beyond its ranges, as https://schema.org/price does."""
    takes_text: bool
    """Whether text, or a thing, is expected: then any text will do."""
    takes_any: bool
    """Whether nothing at all can be said of a text."""
    names: frozenset[str]
    """The names of `lists`."""
    objections: tuple[Callable[[str], str], ...]
    """Of the datatypes that are expected."""

    def takes(self, text: str) -> bool:
        """Whether a text is surely fine: what nearly all are."""
        if self.objection is not None:
            return not self.objection(text)
        if self.lists:
            return short(text) in self.names
        return any(not objection(text) for objection in self.objections)


@cache
def _expected(name: str) -> _Expected:
    known = vocabulary()
    ranges = known.ranges(name)
    lists = frozenset(each for each in ranges if known.is_enumeration(each) and known.members([each]))
    objection = next((each for names, each in _DEMANDS if name in names), None)
    takes_text = not ranges or not ranges <= lists | OBJECTIONS.keys()
    kinds = sorted(ranges & OBJECTIONS.keys())
    return _Expected(
        domains=known.domains(name) or _EVERYTHING,
        superseded_by=known.superseded_properties.get(name, ""),
        ranges=ranges,
        lists=lists,
        objection=objection,
        takes_text=takes_text,
        takes_any=takes_text and not lists and objection is None,
        names=frozenset(known.members(lists)),
        objections=tuple(OBJECTIONS[kind] for kind in kinds),
    )


def _unknown(key: str, name: str, types: Iterable[str], known: Vocabulary) -> Iterator[Problem]:
    """A name that is no property of schema.org, unless it is of another vocabulary or a note on an action's input."""
    plain = next((name.removesuffix(mark) for mark in _ACTION_MARKS if name.endswith(mark)), name)
    if ":" not in name and (plain == name or plain not in known.properties):
        meant = known.near_property(plain, types)
        yield _problem("unknown-property", key, f"`{key}`: schema.org has no such property", meant)


def _misplaced(item: Item, key: str, value: Item, expected: _Expected) -> Problem:
    """A thing of a kind that the property does not lead to."""
    kinds = " and ".join(f"`{shown(kind)}`" for kind in value.types[:_MAX_EXAMPLES])
    message = f"`{key}` is of type {kinds} instead of {either(sorted(expected.ranges))}"
    return _problem("wrong-range", key, message, where=item.where)


def _type_problems(kind: str, known: Vocabulary) -> Iterator[Problem]:
    if kind in known.superseded_classes:
        instead = known.superseded_classes[kind]
        yield _problem("superseded", kind, f"`{kind}` has given way to `{instead}`", severity="info")
    elif kind not in known.classes and kind not in known.datatypes:
        what = "a value, not a type" if known.is_value(kind) else "no type of schema.org"
        name = shown(kind)
        message = f"`{name}` is {what}" if name else "a type is empty"
        yield _problem("unknown-type", name, message, known.near_class(kind))


def _foreign(key: str, name: str, known: Vocabulary) -> Problem:
    """A property of other types than those of the item."""
    owners = [f"`{each}`" for each in sorted(known.domains(name))]
    listed = ", ".join(owners[:_MAX_EXAMPLES]) + (" and others" if len(owners) > _MAX_EXAMPLES else "")
    return _problem("unknown-property", key, f"`{key}`: this type has no such property; it belongs to {listed}")


def _fits(value: Item, ranges: frozenset[str], known: Vocabulary) -> bool:
    """Whether a thing may stand here although none of its types is expected.

    An address that leads to a thing is an address; a `Thing` may be anything; of unknown types nothing can be said.
    """
    if not (value.types and ranges) or ranges & _MEANINGLESS or (value.id and "URL" in ranges):
        return True
    wider = frozenset().union(*map(known.ancestors, ranges))
    return any(kind not in known.classes or kind in wider for kind in value.types)


def _text_problems(item: Item, key: str, text: str, expected: _Expected, known: Vocabulary) -> Iterator[Problem]:
    """A text where something else than just any text is expected."""
    if expected.objection is not None:
        if objection := expected.objection(text):
            yield _problem("invalid-value", key, f"`{key}`: {objection}", where=item.where, severity="error")
        return
    lists, name = expected.lists, short(text)
    if lists and name != text:
        if not known.is_member(name, lists) and not (name in known.classes and known.is_a(name, expected.ranges)):
            yield _not_listed(item, key, name, lists, known)
        return
    if expected.takes_text or any(not objection(text) for objection in expected.objections):
        return
    if lists and (_ADDRESS.fullmatch(text) or known.is_member(text, lists)):  # lists may go on elsewhere
        return
    if lists:
        yield _not_listed(item, key, text, lists, known)
    else:
        kind = min(expected.ranges)
        objection = OBJECTIONS[kind](text)
        severity: Severity = "error" if kind in _DROPPED else "warning"
        yield _problem("invalid-value", key, f"`{key}`: {objection}", where=item.where, severity=severity)


def _not_listed(item: Item, key: str, name: str, lists: Iterable[str], known: Vocabulary) -> Problem:
    """A text that is not one of the names of an enumeration."""
    names = known.members(lists)
    some = ", ".join(f"`{each}`" for each in names[:_MAX_EXAMPLES]) + (", …" if len(names) > _MAX_EXAMPLES else "")
    given = f"`{shown(name)}`" if name.strip() else "an empty text"
    message = f"`{key}`: {given} is no {either(sorted(lists))}: {some}"
    return _problem("invalid-value", key, message, close_to(name, names), where=item.where, severity="error")


def _problem(
    rule: str, key: str, message: str, meant: str = "", *, where: str = "", severity: Severity = "warning"
) -> Problem:
    return Problem(rule, key, f"{message}; did you mean `{meant}`?" if meant else message, where, severity)
