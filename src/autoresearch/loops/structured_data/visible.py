"""What a visitor can read on a page, as far as markup is held against it. Made only when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import dropwhile, islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

_PRICES = "h1,[class*=price],[class*=Price],[id*=price],[id*=Price]"
_MAX_BYLINE = 80
_MAX_BYLINES = 3
_MAX_LABELS = 2_000
_MAX_TEXT = 1_000_000
_ATTRIBUTE = re.compile(r"""\bcontent\s*+=\s*+(?:"[^"]*+"|'[^']*+')""", re.IGNORECASE)


class Visible:
    """One document, parsed. Nothing in it is changed: others read it next."""

    def __init__(self, html: bytes, tree: LexborHTMLParser) -> None:
        self._html = html
        self._tree = tree

    @cached_property
    def text(self) -> str:
        """All text of the body but that of scripts and styles, whether a style hides it or not; bounded."""
        body = self._tree.body
        if body is None:
            return ""
        return _without(body.text(separator=" ") or "", body.css("script,style"))

    @cached_property
    def title(self) -> str:
        """The page's title."""
        node = self._tree.css_first("title")
        return node.text() if node is not None else ""

    @cached_property
    def labels(self) -> str:
        """What the page's pictures and controls are called."""
        named = self._tree.css("[alt],[aria-label],input[value]")[:_MAX_LABELS]
        return " ".join(each.attributes.get(name) or "" for each in named for name in ("alt", "aria-label", "value"))

    @cached_property
    def source(self) -> str:
        """The document as it is written, without JSON-LD and what `meta` says: a script may show what stands here."""
        written = self._html[: 2 * _MAX_TEXT].decode("utf-8", "replace").replace("\r\n", "\n")
        return _ATTRIBUTE.sub(" ", _without(written, self._tree.css('script[type*="ld+json"]')))

    @cached_property
    def bylines(self) -> tuple[str, ...]:
        """What little stands right below the heading, where a page dates itself; machine-readable dates come first."""
        found: dict[str, None] = {}
        for node in self._below_heading():
            stamps = [stamp for each in node.css("time") if (stamp := each.attributes.get("datetime"))]
            text = _folded(node)
            if len(text) <= _MAX_BYLINE:
                found[" ".join((*(stamp[:_MAX_BYLINE] for stamp in stamps[:3]), text))] = None
        return tuple(found)

    @cached_property
    def prices(self) -> tuple[str, ...]:
        """Texts, after the heading, that the page itself calls a price by class or id."""
        nodes = iter(self._tree.css(_PRICES))
        after = dropwhile(lambda node: node.tag != "h1", nodes)
        texts = (_folded(node) for node in islice(after, 1, _MAX_LABELS))
        return tuple(islice((text for text in texts if text and len(text) <= _MAX_BYLINE), 1))

    def _below_heading(self) -> Iterator[LexborNode]:
        """The next few elements after the only heading, and after the one around it."""
        headings = self._tree.css("h1")
        node = headings[0] if len(headings) == 1 else None
        for _ in range(2):
            following = node.next if node is not None else None
            elements = 0
            while following is not None and elements < _MAX_BYLINES:
                if following.is_element_node:
                    elements += 1
                    yield following
                following = following.next
            node = node.parent if node is not None else None


def _without(text: str, nodes: Iterable[LexborNode]) -> str:
    """A text without that of some nodes, which come in its order, up to the first that it does not have; bounded."""
    parts, start = [], 0
    for node in nodes:
        inner = node.text()
        at = text.find(inner, start)
        if at < 0:
            break
        parts.append(text[start:at])
        start = at + len(inner)
    return "".join((*parts, text[start:]))[:_MAX_TEXT]


def _folded(node: LexborNode) -> str:
    return " ".join((node.text(separator=" ") or "")[: 4 * _MAX_BYLINE].split())
