"""Microdata to items, as the HTML standard has it (https://html.spec.whatwg.org/multipage/microdata.html).

One difference: `content` counts on every element, not on `meta` alone. schema.org's examples and Google's read it so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from autoresearch.loops.structured_data.graph import Draft, Graph, TooMuchError
from autoresearch.loops.structured_data.items import Problem
from autoresearch.loops.structured_data.vocabulary import short, vocabulary

MAX_VISITED = 200_000
"""Elements that are looked at: `itemref` may lead to the same ones again and again."""
MAX_TEXT = 2_000_000
"""Characters of text that are read: elements within elements hold the same text again and again."""
_SOURCES = {
    **dict.fromkeys(("audio", "embed", "iframe", "img", "source", "track", "video"), "src"),
    **dict.fromkeys(("a", "area", "link"), "href"),
    "object": "data",
}
_VALUES = {"data": "value", "meter": "value", "time": "datetime"}


def read_microdata(tree: LexborHTMLParser, graph: Graph) -> list[Problem]:
    """Put the page's microdata into `graph`. Raises TooMuchError."""
    return _Reader(tree, graph).read()


class _Reader:
    """What is known while a page is read."""

    def __init__(self, tree: LexborHTMLParser, graph: Graph) -> None:
        self._tree = tree
        self._graph = graph
        self._drafts: dict[int, Draft] = {}
        self._prefixes: dict[int, str] = {}
        self._top = 0
        self._texts = Texts("microdata")
        self._visited = 0
        self._ids: dict[str, Any] | None = None
        self.problems: list[Problem] = []

    def read(self) -> list[Problem]:
        for scope in self._tree.css("[itemscope]"):
            draft = self._draft(scope, "")
            draft.is_top = scope.attributes.get("itemprop") is None
            self._properties(scope, draft)
        return self.problems

    def _draft(self, scope: Any, path: str) -> Draft:
        """The item of an element with `itemscope`; whoever gets there first says where it is."""
        draft = self._drafts.get(scope.mem_id)
        if draft is None:
            if not path:
                self._top += 1
                path = f"microdata {self._top}:"
            attributes = scope.attributes
            draft = self._drafts[scope.mem_id] = self._graph.draft(path)
            draft.id = (attributes.get("itemid") or "").strip()
            kinds = (attributes.get("itemtype") or "").split()
            draft.types.update(dict.fromkeys(self._type(kind, draft.where) for kind in kinds))
            self._prefixes[scope.mem_id] = _prefix(next(iter(draft.types), None))
        return draft

    def _type(self, kind: str, where: str) -> str:
        name = short(kind)
        if name == kind and name in vocabulary().classes:
            self.problems.append(bare_type(name, "itemtype", where))
        return name if name != kind or ":" in kind else "_:" + name

    def _properties(self, scope: Any, draft: Draft) -> None:
        prefix = self._prefixes[scope.mem_id]
        for node in self._parts(scope):
            attributes = node.attributes
            value: Draft | str | None = None
            for word in (attributes.get("itemprop") or "").split():
                name = short(word) if ":" in word else prefix + word
                if value is None:
                    value = self._value(node, attributes, inside(draft.where, word))
                draft.add(name, value)

    def _value(self, node: Any, attributes: dict[str, str | None], path: str) -> Draft | str:
        if "itemscope" in attributes:
            return self._draft(node, path)
        content = attributes.get("content")
        if content is not None:
            return content.strip()
        tag = str(node.tag)
        if tag in _SOURCES:
            return (attributes.get(_SOURCES[tag]) or "").strip()
        given = attributes.get(_VALUES[tag]) if tag in _VALUES else None
        return given.strip() if given is not None else self._texts.of(node)

    def _parts(self, scope: Any) -> Iterator[Any]:
        """Elements with `itemprop` that belong to the item of `scope`: its own, and those that `itemref` names."""
        waiting = list(scope.iter())[::-1]
        for name in dict.fromkeys((scope.attributes.get("itemref") or "").split()):
            if (node := self._by_id(name)) is not None and node.mem_id != scope.mem_id:
                waiting.insert(0, node)
        while waiting:
            self._visited += 1
            if self._visited > MAX_VISITED:
                raise TooMuchError(f"more than {MAX_VISITED:,} elements of microdata")
            node = waiting.pop()
            attributes = node.attributes
            if "itemprop" in attributes:
                yield node
            if "itemscope" not in attributes:
                waiting.extend(list(node.iter())[::-1])

    def _by_id(self, name: str) -> Any:
        if self._ids is None:
            self._ids = {}
            for node in self._tree.css("[id]"):
                self._ids.setdefault(node.attributes.get("id") or "", node)
        return self._ids.get(name)


class Texts:
    """Texts of elements with blanks folded; all together they have a limit."""

    def __init__(self, syntax: str) -> None:
        self._left = MAX_TEXT
        self._syntax = syntax

    def of(self, node: Any) -> str:
        """The text of an element. Raises TooMuchError."""
        text = node.text()
        self._left -= len(text)
        if self._left < 0:
            raise TooMuchError(f"more than {MAX_TEXT:,} characters of text in {self._syntax}")
        return " ".join(text.split())


def inside(where: str, name: str) -> str:
    """Where the item is that a property of the item at `where` leads to."""
    return f"{where}{' ' if where.endswith(':') else '/'}{name[:80]}"


def bare_type(name: str, attribute: str, where: str) -> Problem:
    """A type of schema.org that does not say so."""
    return Problem(
        "missing-context",
        name,
        f'`{attribute}="{name}"` means nothing without schema.org: write `https://schema.org/{name}`',
        where.rstrip(":"),
        "error",
    )


def _prefix(kind: str | None) -> str:
    """What bare property names belong to: schema.org's get none; those of an item without a type are local."""
    if kind is None or kind.startswith("_:"):
        return "_:"
    if ":" not in kind:
        return ""
    return kind[: max(kind.rfind("/"), kind.rfind("#")) + 1]
