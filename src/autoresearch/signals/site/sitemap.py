"""Sitemaps of every kind that sitemaps.org/protocol knows: urlset, index, RSS, Atom, plain text, gzip."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_BYTES = 50 * 1024 * 1024
"""Uncompressed, by the protocol."""
MAX_ENTRIES = 50_000
_ROOTS = {"urlset", "sitemapindex", "rss", "feed", "RDF"}
_ITEMS = {"url", "sitemap", "item", "entry"}
_MAX_DEPTH = 50
_MAX_DATE = 100


@dataclass
class Parsed:
    """What one sitemap says: addresses with their `lastmod`, other sitemaps, and what is wrong with it."""

    entries: list[tuple[str, str | None]] = field(default_factory=list)
    children: list[str] = field(default_factory=list)
    problem: str | None = None
    hreflang: bool = False
    """Whether some entry names its translations."""


def parse(body: bytes) -> Parsed:
    """Read a sitemap; whatever is wrong with it is its `problem`, never an exception."""
    parsed = Parsed()
    try:
        body = _unpacked(body)
        if body.lstrip()[:1] == b"<":
            _read_xml(body, parsed)
        else:
            _read_text(body, parsed)
    except ValueError as error:
        parsed.problem = str(error)
    if len(parsed.entries) > MAX_ENTRIES:
        parsed.problem = f"more than {MAX_ENTRIES:,} addresses in one file"
        del parsed.entries[MAX_ENTRIES:]
    if not (parsed.entries or parsed.children or parsed.problem):
        parsed.problem = "names no address"
    return parsed


def _unpacked(body: bytes) -> bytes:
    if body[:2] != b"\x1f\x8b":
        return body
    try:
        inflater = zlib.decompressobj(wbits=31)
        text = inflater.decompress(body, MAX_BYTES + 1)
    except zlib.error as error:
        raise ValueError(f"not valid gzip: {error}") from error
    if len(text) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES // 1024 // 1024} MiB uncompressed")
    return text


def _read_text(body: bytes, parsed: Parsed) -> None:
    lines = [line.strip() for line in body.decode("utf-8-sig", "replace").splitlines()]
    urls = [line for line in lines if line]
    if bad := next((line for line in urls if not line.startswith(("http://", "https://"))), None):
        raise ValueError(f"neither XML nor a list of addresses: {bad[:80]!r}")
    parsed.entries.extend((url, None) for url in urls[: MAX_ENTRIES + 1])


def _read_xml(body: bytes, parsed: Parsed) -> None:
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException

    try:
        for kind, loc, lastmod in _elements(body, parsed):
            if kind == "sitemap":
                parsed.children.append(loc)
            else:
                parsed.entries.append((loc, lastmod))
            if len(parsed.entries) > MAX_ENTRIES or len(parsed.children) > MAX_ENTRIES:
                return
    except DefusedXmlException as error:
        raise ValueError(f"XML entities and document types are refused ({type(error).__name__})") from error
    except ParseError as error:
        raise ValueError(f"not well-formed XML: {error}") from error


def _elements(body: bytes, parsed: Parsed) -> Iterator[tuple[str, str, str | None]]:
    """(`url` or `sitemap`, address, lastmod), one at a time; an element is dropped as soon as it was read."""
    from defusedxml.ElementTree import iterparse

    opened: list[Element] = []
    loc, lastmod = "", None
    for event, element in iterparse(io.BytesIO(body), events=("start", "end"), forbid_dtd=True):
        tag = element.tag.rpartition("}")[2]
        if event == "start":
            _check(tag, len(opened))
            opened.append(element)
            if tag in _ITEMS:
                loc, lastmod = "", None
            continue
        opened.pop()
        text = (element.text or "").strip()
        if tag == "link" and element.get("hreflang"):
            parsed.hreflang = True
        elif tag == "loc" or (tag == "link" and text):
            loc = loc or text
        elif tag == "link" and element.get("rel", "alternate") == "alternate" and element.get("href"):
            loc = loc or element.get("href", "")
        elif tag in {"lastmod", "updated", "pubDate"} and text:
            lastmod = text[:_MAX_DATE]
        elif tag in _ITEMS and loc:
            yield ("sitemap" if tag == "sitemap" else "url"), loc, lastmod
        if opened:
            opened[-1].clear()


def _check(tag: str, depth: int) -> None:
    if depth == 0 and tag not in _ROOTS:
        raise ValueError(f"the root element is <{tag[:40]}>, not <urlset> or <sitemapindex>")
    if depth > _MAX_DEPTH:
        raise ValueError("its elements are nested too deeply")
