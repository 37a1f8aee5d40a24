"""What is read of one page, in the process that parses it: types and problems as plain values, not the items."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser

from autoresearch.loops.structured_data.check import check_each
from autoresearch.loops.structured_data.extract import extract
from autoresearch.loops.structured_data.items import Item, Problem, every, forget
from autoresearch.loops.structured_data.mismatch import mismatches
from autoresearch.loops.structured_data.rich_results import rich_results
from autoresearch.loops.structured_data.visible import Visible
from autoresearch.loops.structured_data.vocabulary import vocabulary
from autoresearch.signals.site.model import Page

LOOK = f"{__name__}:look"
_MAX_PROBLEMS = 1_000


class Seen(NamedTuple):
    """What a page says, in values that go between processes."""

    items: int
    types: tuple[str, ...]
    """Those of schema.org that stand for themselves, in alphabetical order."""
    inside: tuple[str, ...]
    """Those of other things in them."""
    problems: tuple[tuple[str, str, str, str, str], ...]
    """The fields of each `Problem`."""
    unread: tuple[str, ...]
    """What was given up, and why."""


def look(body: bytes, tree: LexborHTMLParser, page: Page) -> tuple[object, ...] | None:
    """Everything that is to be said of a page's structured data, as the fields of `Seen`; None where it has none."""
    try:
        seen = see(body, tree, page.url)
    except Exception as error:  # noqa: BLE001  a page that no one thought of is told, and the others are read
        seen = Seen(0, (), (), (), (f"structured data that cannot be read ({type(error).__name__})",))
    return tuple(seen) if seen is not None else None


def see(body: bytes, tree: LexborHTMLParser, url: str) -> Seen | None:
    """The same, unprotected."""
    extracted = extract(body, tree, url)
    if not (extracted.items or extracted.problems or extracted.unread):
        return None
    items = list(every(extracted.items))
    problems: list[Problem] = [*extracted.problems, *check_each(items), *rich_results(extracted.items)]
    problems += mismatches(extracted.items, Visible(body, tree))
    types = _types(extracted.items)
    seen = Seen(
        items=len(items),
        types=tuple(sorted(types)),
        inside=tuple(sorted(_types(items) - types)),
        problems=tuple((p.rule, p.key, p.message, p.where, p.severity) for p in problems[:_MAX_PROBLEMS]),
        unread=extracted.unread,
    )
    forget(items)
    return seen


def _types(items: Iterable[Item]) -> set[str]:
    known = vocabulary().classes
    return {kind for item in items for kind in item.types if kind in known}
