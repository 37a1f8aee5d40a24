"""`<script type="application/ld+json">` to items: every block of a page, and what is wrong with its JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin

from autoresearch.loops.structured_data.context import NONE, Context
from autoresearch.loops.structured_data.graph import Draft, Graph, TooMuchError
from autoresearch.loops.structured_data.items import Problem, Ref, Value
from autoresearch.loops.structured_data.vocabulary import short, vocabulary

MAX_SIZE = 2_000_000
"""Characters of JSON-LD that are read of one page."""
MAX_DEPTH = 100
"""Levels of objects and arrays in a block. Real ones have ten."""
_WRAPPING = re.compile(r"\s*(?:(?://|/\*)?\s*(?:<!--|<!\[CDATA\[)\s*(?:\*/)?)|(?:(?://|/\*)?\s*(?:-->|\]\]>)\s*(?:\*/)?)\s*$")
_SURROGATE = re.compile(r"\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\\u[dD][89a-fA-F]\w\w|\\.", re.DOTALL)
_TYPE = re.compile(r'"@?type"\s*:\s*\[?\s*"([^"\\]{1,80})"')
_MEANT = re.compile(r"schema", re.IGNORECASE)
_KEYWORDS = frozenset(("@id", "@type", "@context", "@graph", "@included", "@reverse", "@index", "@language", "@nest"))


class NotJsonError(Exception):
    """A block that is not JSON: the message says what is wrong, and `position` where, counted in characters."""

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.position = position


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
            problems.append(_invalid(text, number, error, "error"))
        except RecursionError:
            raise TooMuchError(f"block {number} is nested deeper than {MAX_DEPTH} levels") from None
        problems += block.problems
        problems += [_invalid(text, number, NotJsonError(each), "warning") for each in block.duplicates]
    return problems


class _Block:
    """One block of a page while it is read."""

    def __init__(self, graph: Graph, name: str, url: str) -> None:
        self._graph = graph
        self._name = name
        self._url = url
        self.problems: list[Problem] = []
        self.duplicates: list[str] = []

    def read(self, text: str) -> None:
        data = self._parsed(text)
        if not isinstance(data, dict | list):
            raise NotJsonError("holds a bare value instead of an object")
        self._top(data, NONE, "", 0)

    def _parsed(self, text: str) -> Any:
        text = _bare(text)
        if not text.strip():
            raise NotJsonError("is empty")
        try:
            return json.loads(text, object_pairs_hook=self._object, parse_constant=_no_constant)
        except json.JSONDecodeError as error:
            raise _explained(text, error) from None
        except ValueError as error:  # `NaN`, or thousands of digits
            raise NotJsonError(str(error).split(";")[0]) from None

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs) and len(self.duplicates) < 1:
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            self.duplicates.append(f"gives {_quoted(twice)} twice in one object: only the last one counts")
        return found

    def _top(self, data: object, context: Context, where: str, depth: int) -> None:
        """Nodes that stand for themselves: the block's own, and those of its `@graph`."""
        if depth > MAX_DEPTH:
            raise RecursionError
        if isinstance(data, list):
            for index, each in enumerate(data):
                self._top(each, context, f"{where}/{index}", depth + 1)
        elif isinstance(data, dict):
            if "@context" in data:
                context = context.extended(data["@context"])
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
        if context.is_schema_org or context.vocabulary is not None:
            return True
        kinds = [each for each in _strings(data.get("@type", data.get("type"))) if each]
        if not kinds and not context.is_partial:
            return False  # nothing that could be read as an item
        if any(":" in (context.name(kind) or "_:") and not kind.startswith("http") for kind in kinds if kind in context.terms):
            return True
        if any(kind in context.terms or (":" in kind and context.terms) for kind in kinds):
            return True
        known = [kind for kind in kinds if short(kind) in vocabulary().classes]
        if context.is_partial and not known:
            return False  # another vocabulary's
        name = short(kinds[0]) if kinds else "?"
        what = "its `@context` is not schema.org's" if context.is_partial else "it has no `@context`"
        self.problems.append(
            Problem(
                "missing-context",
                name[:80],
                f'{_quoted(name)} means nothing, {what}: write `"@context": "https://schema.org"`',
                self._where(""),
                "error",
            )
        )
        return False

    def _where(self, pointer: str) -> str:
        return f"{self._name}: {pointer or '/'}"

    def _node(self, data: dict[str, Any], context: Context, where: str, depth: int) -> Draft | Value:
        """One object: an item, a mere reference to one, or a value in its long form."""
        if depth > MAX_DEPTH:
            raise RecursionError
        if "@context" in data and where and depth:
            context = context.extended(data["@context"])
        named = [(key, name, value) for key, value in data.items() if (name := context.name(key)) is not None]
        keywords = {name: value for _, name, value in named if name[0] == "@"}
        if "@value" in keywords:
            value = keywords["@value"]
            return value if isinstance(value, str | int | float | bool) else None
        identity = keywords.get("@id")
        identity = self._absolute(identity) if isinstance(identity, str) else ""
        if identity and len(named) == 1:
            return Ref(identity)
        draft = self._graph.draft(self._where(where), identity)
        for kind in _strings(keywords.get("@type")):
            if (name := context.name(kind)) is not None:
                draft.types[name] = None
        for key, name, value in named:
            if name[0] != "@":
                self._values(draft, name, value, context, f"{where}/{_escaped(key)}", depth + 1, key in context.maps)
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
                    node = self._node(each, context, f"{where}/@reverse/{_escaped(key)}/{index}", depth + 1)
                    if isinstance(node, Draft):
                        node.is_top = True
                        node.add(name, draft)

    def _values(
        self, draft: Draft, name: str, value: object, context: Context, where: str, depth: int, is_map: bool = False
    ) -> None:
        """Everything that a property leads to, lists within lists included."""
        if depth > MAX_DEPTH:
            raise RecursionError
        if isinstance(value, list):
            for index, each in enumerate(value):
                self._values(draft, name, each, context, f"{where}/{index}", depth + 1)
        elif isinstance(value, dict):
            inner = value.get("@list", value.get("@set"))
            if inner is not None or is_map:
                inner = inner if inner is not None else list(value.values())
                self._values(draft, name, inner, context, where, depth + 1)
            elif (node := self._node(value, context, where, depth)) is not None:
                draft.add(name, node)
        elif isinstance(value, str | int | float | bool):
            draft.add(name, value)

    def _absolute(self, identity: str) -> str:
        if not self._url or ":" in identity[:20] or len(identity) > 2_000:
            return identity
        try:
            return urljoin(self._url, identity)
        except ValueError:
            return identity


def _bare(text: str) -> str:
    """The JSON alone. What wraps it becomes blanks, so that lines and columns stay what they are."""
    if "\ufeff" in text[:2]:
        text = text.replace("\ufeff", " ", 1)
    if "<!" in text[:200] or "-->" in text[-200:] or "]]>" in text[-200:]:
        start, end = _OPENING.match(text), _CLOSING.search(text, max(0, len(text) - 200))
        if start:
            text = _blank(text[: start.end()]) + text[start.end() :]
        if end:
            text = text[: end.start()] + _blank(text[end.start() :])
    if "\\ud" in text or "\\uD" in text:
        text = _SURROGATE.sub(lambda found: "\\ufffd" if len(found[0]) == 6 else found[0], text)  # noqa: PLR2004
    return text


_OPENING = re.compile(r"\s*(?:(?://|/\*)?\s*(?:<!--|<!\[CDATA\[)\s*(?:\*/|//(?=\s))?\s*)+")
_CLOSING = re.compile(r"(?:(?://|/\*)?[ \t]*(?:-->|\]\]>)\s*(?:\*/)?\s*)+$")


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _no_constant(name: str) -> None:
    raise ValueError(f"`{name}` is not JSON")


def _explained(text: str, error: json.JSONDecodeError) -> NotJsonError:
    """The parser's objection, or the slip behind it where it is one of the usual ones."""
    at, found = error.pos, text[error.pos : error.pos + 1]
    before = text[:at].rstrip()
    if found in {"}", "]"} and found and before.endswith(","):
        return NotJsonError(f"a comma too many before `{found}`", len(before) - 1)
    if found == "," and text[at + 1 :].lstrip()[:1] in {"}", "]"}:  # how newer parsers point at the same
        return NotJsonError(f"a comma too many before `{text[at + 1 :].lstrip()[0]}`", at)
    if found and found in "“”„«»‘’'":
        return NotJsonError(f"`{found}` where a straight double quotation mark belongs", at)
    if text.startswith(("&quot;", "&#34;", "&#x22;"), at):
        return NotJsonError("HTML's `&quot;`, which means nothing inside of a script: write quotation marks", at)
    if text.startswith(("{{", "<%", "<?", "${"), at) or (text.startswith("{", at) and text.startswith("{", at - 1)):
        return NotJsonError("a template that was not filled in", at)
    if text.startswith(("//", "/*"), at):
        return NotJsonError("a comment, which JSON has not", at)
    if "control character" in error.msg:
        return NotJsonError("a line break or another control character inside of a text: write `\\n`", at)
    if "Extra data" in error.msg:
        return NotJsonError("more after the end of the first object: put them in an array", at)
    return NotJsonError(error.msg[:1].lower() + error.msg[1:], at)


def _invalid(text: str, number: int, error: NotJsonError, severity: str) -> Problem:
    line = text.count("\n", 0, error.position) + 1
    column = error.position - (text.rfind("\n", 0, error.position) + 1) + 1
    kind = _TYPE.search(text, 0, 100_000)
    name = f"block {number}"
    at = f", line {line}, column {column}" if error.position or severity == "error" else ""
    return Problem(
        "invalid-json",
        short(kind[1]) if kind else "",
        f"{name.capitalize()}{at}: {error}",
        name + at,
        "error" if severity == "error" else "warning",
    )


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _escaped(key: str) -> str:
    return key[:80].replace("~", "~0").replace("/", "~1")


def _quoted(name: str) -> str:
    return "`" + name[:80].replace("`", "'") + "`"
