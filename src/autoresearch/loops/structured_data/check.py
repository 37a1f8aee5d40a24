"""Items against schema.org's vocabulary.

How strictly is schema.org's own word, its note on conformance (https://schema.org/docs/datamodel.html#conformance):
"we will often get a text string" where a thing is expected, "even if our schemas don't formally document that", and
"some types such as Role and URL can be used with all properties". So a text passes wherever a thing may stand, an
address and a `Role` pass everywhere, and nothing is said of other vocabularies' types. What remains is a thing where
only another kind of thing, or none, can stand (`wrong-range`), and a text where only a date, a number or one of a list
of names makes sense (`invalid-value`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

from autoresearch.loops.structured_data.items import Item, Problem, Ref, Value, every
from autoresearch.loops.structured_data.values import OBJECTIONS, as_text, currency_objection
from autoresearch.loops.structured_data.vocabulary import Vocabulary, close_to, short, vocabulary

MAX_PROBLEMS = 500
"""Different problems of one page that are told."""
_CURRENCIES = frozenset(("priceCurrency", "currency"))
_ACTION_MARKS = ("-input", "-output")
_DROPPED = frozenset(("Date", "DateTime", "Duration", "Float", "Integer", "Number"))
"""Datatypes whose properties search engines drop when the value is none."""
_MEANINGLESS = frozenset(("Thing", "Class", "Property"))
_MAX_EXAMPLES = 3
Severity = Literal["error", "warning", "info"]


def check(items: Iterable[Item]) -> tuple[Problem, ...]:
    """Everything that the vocabulary objects to, each thing once with the number of its places, in the page's order."""
    known = vocabulary()
    first: dict[tuple[str, str], Problem] = {}
    places: dict[tuple[str, str], int] = {}
    roles: dict[int, set[str]] = {}
    for item in every(items):
        for problem in _item_problems(item, known, roles):
            identity = problem.rule, problem.key
            places[identity] = places.get(identity, 0) + 1
            if len(first) < MAX_PROBLEMS:
                first.setdefault(identity, problem)
    return tuple(
        replace(each, message=f"{each.message} ({count} places)") if (count := places[identity]) > 1 else each
        for identity, each in first.items()
    )


def _item_problems(item: Item, known: Vocabulary, roles: dict[int, set[str]]) -> Iterator[Problem]:
    """`roles` is what properties lead to the roles that were met: a role repeats the property it stands in for."""
    ours = tuple(kind for kind in item.types if ":" not in kind)
    for kind in ours:
        yield from _type_problems(item, kind, known)
    is_certain = len(ours) == len(item.types) and all(kind in known.classes for kind in ours)
    name = ours[0][:80] if ours else "?"
    for property_, values in item.properties.items():
        if ":" in property_:
            continue
        key = f"{name}/{property_[:80]}"
        plain = _without_mark(property_)
        if plain not in known.properties:
            meant = known.near_property(plain, ours)
            yield _problem(item, "unknown-property", key, f"`{key}`: schema.org has no such property", meant)
            continue
        if plain is not property_:
            continue  # a note on the input that an action takes, not a value
        repeated = property_ in roles.get(id(item), ())
        if ours and is_certain and not repeated and not known.belongs(property_, ours):
            yield _foreign(item, key, property_, known)
        if property_ in known.superseded_properties:
            instead = known.superseded_properties[property_]
            yield _problem(item, "superseded", key, f"`{key}` has given way to `{instead}`", severity="info")
        for value in values:
            if isinstance(value, Item) and any("Role" in known.ancestors(kind) for kind in value.types):
                roles.setdefault(id(value), set()).add(property_)
            else:
                yield from _value_problems(item, key, property_, value, known)


def _type_problems(item: Item, kind: str, known: Vocabulary) -> Iterator[Problem]:
    if kind in known.superseded_classes:
        instead = known.superseded_classes[kind]
        yield _problem(item, "superseded", kind, f"`{kind}` has given way to `{instead}`", severity="info")
    elif kind not in known.classes and kind not in known.datatypes:
        what = "a value, not a type" if known.is_value(kind) else "no type of schema.org"
        yield _problem(item, "unknown-type", kind[:80], f"`{kind[:80]}` is {what}", known.near_class(kind))


def _foreign(item: Item, key: str, name: str, known: Vocabulary) -> Problem:
    """A property of other types than those of the item."""
    owners = [f"`{each}`" for each in sorted(known.domains(name))]
    listed = ", ".join(owners[:_MAX_EXAMPLES]) + (" and others" if len(owners) > _MAX_EXAMPLES else "")
    return _problem(item, "unknown-property", key, f"`{key}`: this type has no such property; it belongs to {listed}")


def _value_problems(item: Item, key: str, name: str, value: Value, known: Vocabulary) -> Iterator[Problem]:
    ranges = known.ranges(name)
    if not ranges or value is None:
        return
    if isinstance(value, Item):
        if not _fits(value, ranges, known):
            kinds = " and ".join(f"`{kind}`" for kind in value.types)
            yield _problem(item, "wrong-range", key, f"`{key}` is of type {kinds} instead of {_either(ranges)}")
        return
    text = value.id if isinstance(value, Ref) else as_text(value)
    if name in _CURRENCIES:
        if objection := currency_objection(text):
            yield _problem(item, "invalid-value", key, f"`{key}`: {objection}", severity="error")
        return
    yield from _text_problems(item, key, text, ranges, known)


def _fits(value: Item, ranges: frozenset[str], known: Vocabulary) -> bool:
    """Whether a thing may stand here. One of several types is enough; of unknown types nothing can be said."""
    if not value.types or ranges & _MEANINGLESS:
        return True
    return any(kind not in known.classes or known.is_a(kind, ranges) for kind in value.types)


def _text_problems(item: Item, key: str, text: str, ranges: frozenset[str], known: Vocabulary) -> Iterator[Problem]:
    """A text where `ranges` are expected: it passes wherever text or a thing may stand."""
    lists = {each for each in ranges if known.is_enumeration(each) and known.members([each])}
    name = short(text)
    if lists and name != text:
        if not known.is_member(name, lists) and not (name in known.classes and known.is_a(name, ranges)):
            yield _not_listed(item, key, name, lists, known)
        return
    if not ranges <= lists | OBJECTIONS.keys():
        return
    if lists and (":" in text or known.is_member(text, lists)):  # lists may be continued elsewhere
        return
    objections = {kind: OBJECTIONS[kind](text) for kind in sorted(ranges - lists)}
    if not all(objections.values()):
        return
    if lists:
        yield _not_listed(item, key, text, lists, known)
    else:
        kind, objection = next(iter(objections.items()))
        severity: Severity = "error" if kind in _DROPPED else "warning"
        yield _problem(item, "invalid-value", key, f"`{key}`: {objection}", severity=severity)


def _not_listed(item: Item, key: str, name: str, lists: Iterable[str], known: Vocabulary) -> Problem:
    """A text that is not one of the names of an enumeration."""
    names = known.members(lists)
    shown = " ".join(name[:80].split()).replace("`", "'")
    some = ", ".join(f"`{each}`" for each in names[:_MAX_EXAMPLES]) + (", …" if len(names) > _MAX_EXAMPLES else "")
    message = f"`{key}`: `{shown}` is no {_either(lists)}: {some}"
    return _problem(item, "invalid-value", key, message, close_to(name, names), severity="error")


def _problem(
    item: Item, rule: str, key: str, message: str, meant: str = "", *, severity: Severity = "warning"
) -> Problem:
    return Problem(rule, key, f"{message}; did you mean `{meant}`?" if meant else message, item.where, severity)


def _either(names: Iterable[str]) -> str:
    *others, last = (f"`{each}`" for each in sorted(names))
    return f"{', '.join(others)} or {last}" if others else last


def _without_mark(name: str) -> str:
    """`query` of `query-input`: https://schema.org/docs/actions.html lets every property be asked for."""
    return next((name.removesuffix(mark) for mark in _ACTION_MARKS if name.endswith(mark)), name)
