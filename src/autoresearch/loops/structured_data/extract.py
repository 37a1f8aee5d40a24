"""A document to the items that it describes, in all three syntaxes. Pure; part of the crawl's hot path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

from autoresearch.loops.structured_data.graph import Graph, TooMuchError
from autoresearch.loops.structured_data.items import Item, Problem, Syntax
from autoresearch.loops.structured_data.jsonld import read_blocks
from autoresearch.loops.structured_data.microdata import read_microdata
from autoresearch.loops.structured_data.rdfa import read_rdfa

_TYPE = "application/ld+json"
_MARKUP: tuple[tuple[Syntax, bytes, Callable[[LexborHTMLParser, Graph], list[Problem]]], ...] = (
    ("microdata", b"itemscope", read_microdata),
    ("rdfa", b"typeof", read_rdfa),
)


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a page describes, and what is wrong with how it is written."""

    items: tuple[Item, ...] = ()
    """Items that stand for themselves, in the page's order: JSON-LD, microdata, RDFa. `every` leads to the nested."""
    problems: tuple[Problem, ...] = ()
    unread: tuple[str, ...] = ()
    """What was given up, and why: `more than 2,000,000 characters of JSON-LD`. What it says is not in `items`."""


def extract(html: bytes, tree: LexborHTMLParser, url: str = "") -> Extracted:
    """Read a document that is parsed already; `html` is the same in UTF-8, `url` what relative ids start from.

    Removing elements from `tree` comes after this: scripts hold what is looked for.
    """
    items: list[Item] = []
    problems: list[Problem] = []
    unread: list[str] = []
    small = html.lower()
    if b"json" in small:  # the plus sign may be written as an entity
        texts = [node.text() for node in tree.css("script[type]") if _is_json_ld(node.attributes.get("type"))]
        graph = Graph("json-ld")
        try:
            problems += read_blocks(texts, graph, url)
            items += graph.items()
        except TooMuchError as error:
            unread.append(str(error))
        graph.forget()
    for syntax, mark, read in _MARKUP:
        if mark in small:
            graph = Graph(syntax)
            try:
                problems += read(tree, graph)
                items += graph.items()
            except TooMuchError as error:
                unread.append(str(error))
            graph.forget()
    return Extracted(tuple(items), tuple(problems), tuple(unread))


def _is_json_ld(kind: str | None) -> bool:
    return (kind or "").partition(";")[0].strip().lower() == _TYPE
