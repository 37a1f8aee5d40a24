"""`<script type="application/ld+json">` to items: every block of a page, and what is wrong with its JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal
from urllib.parse import urljoin

from autoresearch.loops.structured_data.context import NONE, SCHEMA_ORG, Context
from autoresearch.loops.structured_data.graph import Draft, Graph, TooMuchError
from autoresearch.loops.structured_data.items import Problem, Ref, Value, shown
from autoresearch.loops.structured_data.jsontext import NotJsonError, parse
from autoresearch.loops.structured_data.vocabulary import short, vocabulary

MAX_SIZE = 2_000_000
"""Characters of JSON-LD that are read of one page."""
MAX_DEPTH = 100
"""Levels of objects and arrays in a block. Real ones have ten."""
_SCALARS = (str, int, float, bool)
_REFERENCE = frozenset(("@id", "@context"))
_ORDINARY = frozenset(("@id", "@type", "@context", "@graph"))
_TYPE = re.compile(r'"@?type"\s*:\s*\[?\s*"([^"\\]{1,80})"')


def read_blocks(texts: Iterable[str], graph: Graph, url: str = "") -> list[Problem]:
    """Put what the blocks of a page say into `graph`. Raises TooMuchError for what is more than a page says."""
    problems: list[Problem] = []
    size = 0
    for number, text in enumerate(texts, 1):
        size += len(text)
        if size > MAX_SIZE:
            raise TooMuchError(f"more than {MAX_SIZE:,} characters of JSON-LD")
        block = _Block(graph, f"block {number}", url)
        try:
            block.read(text)
        except NotJsonError as error:
            problems.append(_invalid(text, number, error, "error" if text.strip() else "warning"))
        except RecursionError:
            raise TooMuchError(f"block {number} is nested deeper than {MAX_DEPTH} levels") from None
        problems += block.problems
        if block.remark:
            problems.append(_invalid(text, number, NotJsonError(block.remark), "warning"))
    return problems


class _Block:
    """One block of a page while it is read."""

    def __init__(self, graph: Graph, name: str, url: str) -> None:
        self._graph = graph
        self._name = name
        self._url = url
        self.problems: list[Problem] = []
        self.remark = ""

    def read(self, text: str) -> None:
        """Raises NotJsonError, TooMuchError, RecursionError."""
        data, self.remark = parse(text)
        if not isinstance(data, dict | list):
            raise NotJsonError("holds a bare value instead of an object")
        self._top(data, NONE, "", 0)

    def _top(self, data: object, context: Context, where: str, depth: int) -> None:
        """Nodes that stand for themselves: the block's own, and those of its `@graph`."""
        if depth > MAX_DEPTH:
            raise RecursionError
        if isinstance(data, list):
            for index, each in enumerate(data):
                self._top(each, context, f"{where}/{index}", depth + 1)
        elif isinstance(data, dict):
            context = _inside(data, context)
            if "@graph" in data:
                self._top(data["@graph"], context, f"{where}/@graph", depth + 1)
                if not data.keys() - {"@graph", "@context", "@id"}:
                    return
            if self._is_understood(data, context):
                node = self._node(data, context, where, depth)
                if isinstance(node, Draft):
                    node.is_top = True

    def _is_understood(self, data: dict[str, Any], context: Context) -> bool:
        """Whether names mean something here; where schema.org was surely meant, that is a problem."""
        if context.vocabulary is not None or context.terms:
            return True
        given = _strings(data.get("@type", data.get("type")))
        if given and all(":" in each or each[:1] == "@" for each in (*given, *data)):
            return True  # full addresses need no context
        kinds = [short(each) for each in given]
        known = [kind for kind in kinds if kind in vocabulary().classes]
        if not known and (context.is_partial or not data.keys() - {"@context", "@graph"}):
            return False  # another vocabulary's, or nothing
        name = shown((known or kinds or [""])[0])
        what = "its `@context` is not schema.org's" if context.is_partial else "there is no `@context`"
        means = f"{f'`{name}`' if name else 'this'} means nothing here, {what}"
        foreign = context.is_partial and "schema" not in str(data.get("@context"))[:500].lower()
        self.problems.append(
            Problem(
                "missing-context",
                name,
                f'{means}: write `"@context": "https://schema.org"`',
                f"{self._name}: /",
                "warning" if foreign else "error",
            )
        )
        return False

    def _node(self, data: dict[str, Any], context: Context, where: str, depth: int) -> Draft | Value:
        """One object: an item, a mere reference to one, or a value in its long form."""
        if depth > MAX_DEPTH:
            raise RecursionError
        keywords, named = _told_apart(data, context)
        if "@value" in keywords:
            value = keywords["@value"]
            return value if isinstance(value, _SCALARS) else None
        identity = keywords.get("@id")
        identity = self._absolute(identity) if isinstance(identity, str) else ""
        if identity and not named and keywords.keys() <= _REFERENCE:
            return Ref(identity)
        draft = self._graph.draft(f"{self._name}: {where or '/'}", identity)
        for kind in _strings(keywords.get("@type")):
            if (name := context.name(kind)) is not None:
                draft.types[name] = None
        for key, name, value in named:
            if isinstance(value, _SCALARS):
                draft.properties.setdefault(name, []).append(value)
            elif value is not None:
                inside = f"{where}/{_escaped(key)}"
                self._values(draft, name, value, context, inside, depth + 1, is_map=key in context.maps)
        if not keywords.keys() <= _ORDINARY:
            self._others(draft, keywords, context, where, depth)
        return draft

    def _others(self, draft: Draft, keywords: dict[str, Any], context: Context, where: str, depth: int) -> None:
        if "@included" in keywords:
            self._top(keywords["@included"], context, f"{where}/@included", depth + 1)
        reverse = keywords.get("@reverse")
        for key, value in reverse.items() if isinstance(reverse, dict) else ():
            name = context.name(key)
            for index, each in enumerate(value if isinstance(value, list) else [value]):
                if name and name[0] != "@" and isinstance(each, dict):
                    node = self._node(
                        each, _inside(each, context), f"{where}/@reverse/{_escaped(key)}/{index}", depth + 1
                    )
                    if isinstance(node, Draft):
                        node.is_top = True
                        node.add(name, draft)

    def _values(
        self, draft: Draft, name: str, value: object, context: Context, where: str, depth: int, *, is_map: bool = False
    ) -> None:
        """Everything that a property leads to, lists within lists included."""
        if depth > MAX_DEPTH:
            raise RecursionError
        if isinstance(value, list):
            for index, each in enumerate(value):
                if isinstance(each, _SCALARS):
                    draft.properties.setdefault(name, []).append(each)
                else:
                    self._values(draft, name, each, context, f"{where}/{index}", depth + 1)
        elif isinstance(value, dict):
            inner = value.get("@list", value.get("@set"))
            if inner is not None or is_map:
                inner = inner if inner is not None else list(value.values())
                self._values(draft, name, inner, context, where, depth + 1)
            elif (node := self._node(value, _inside(value, context), where, depth)) is not None:
                draft.add(name, node)
        elif isinstance(value, _SCALARS):
            draft.add(name, value)

    def _absolute(self, identity: str) -> str:
        if not self._url or ":" in identity[:20] or len(identity) > 2_000:
            return identity
        try:
            return urljoin(self._url, identity)
        except ValueError:
            return identity


def _invalid(text: str, number: int, error: NotJsonError, severity: Literal["error", "warning"]) -> Problem:
    kind = _TYPE.search(text, 0, 100_000)
    where = f"block {number}"
    message = f"Block {number} {error}"
    if (at := error.position) is not None:
        where += f", line {text.count(chr(10), 0, at) + 1}, column {at - text.rfind(chr(10), 0, at)}"
        message = f"{where.capitalize()}: {error}"
    return Problem("invalid-json", short(kind[1]) if kind else "", message, where, severity)


def _told_apart(data: dict[str, Any], context: Context) -> tuple[dict[str, Any], list[tuple[str, str, Any]]]:
    """Keywords by name, and the properties with their key, name and value; without what means nothing."""
    keywords: dict[str, Any] = {}
    named: list[tuple[str, str, Any]] = []
    usual = vocabulary().properties if context is SCHEMA_ORG else frozenset()
    for key, value in data.items():
        if key in usual:
            named.append((key, key, value))
        elif (name := context.name(key)) and name[0] != "@":
            named.append((key, name, value))
        elif name:
            keywords[name] = value
    return keywords, named


def _inside(data: dict[str, Any], context: Context) -> Context:
    return context.extended(data["@context"]) if "@context" in data else context


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _escaped(key: str) -> str:
    return key if key.isalpha() and len(key) <= 80 else key[:80].replace("~", "~0").replace("/", "~1")
