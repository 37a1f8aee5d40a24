"""An HTML document to the facts that rules need. Pure, and the crawl's hot path: one pass over one selection."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from autoresearch.signals.site.encoding import as_utf8
from autoresearch.signals.site.model import Alternate, Link, Page, anchors_of
from autoresearch.signals.site.urls import MAX_LENGTH, Place, absolute, fragment_of

_TELLING = "html,base[href],title,h1,link[rel],meta,main,a,area,[id]"
_NODES = f":is({_TELLING})"  # each node once
_NODES_AND_LOADS = f":is({_TELLING},[src^='http:'],[data^='http:'],[action^='http:'])"
_NO_CONTENT = ["script", "style", "nav", "header", "footer", "aside", "noscript", "template", "svg"]
_NO_CONTENT_SELECTOR = ",".join(_NO_CONTENT)
_REFRESH = re.compile(r"\s*+\d*+\.?\d*+\s*+(?:[;,]\s*+(?:url\s*+=\s*+)?+['\"]?([^'\"]*+)['\"]?\s*+)?$", re.IGNORECASE)
_LINK_HEADER = re.compile(r"<([^>]*)>\s*((?:;[^,<]*)*)")
_MAX_TEXT = 500
_COUNTED = 1_200
_SPACE = b" \t\n\r\f\v"
_MAX_LINKS = 20_000
_MAX_ALTERNATES = 1_000
_MAX_REMEMBERED = 500_000
_FROM_EVERYWHERE = ("/", "https://", "http://")
Attributes = dict[str, str | None]
_SKIPPED_SCHEMES = ("mailto:", "tel:", "javascript:", "data:", "blob:", "sms:", "about:", "ftp:", "file:")


@dataclass
class Reader:
    """Turns documents of one site into pages; shares every repeated link and text between them."""

    place: Place
    also: Mapping[str, Callable[[bytes, Any, Page], Any]] = field(default_factory=dict)
    """What is to be read besides, by name: called with the body in UTF-8, its tree, and the page so far."""
    _links: dict[Link, Link] = field(default_factory=dict)
    _everywhere: dict[str, Link | None] = field(default_factory=dict)
    """What a root-relative or absolute reference leads to: the same from every page."""
    _nearby: dict[str, Link | None] = field(default_factory=dict)
    """What a relative reference leads to from one folder, of the folder that was read last."""
    _folder: str = ""

    def read(self, body: bytes, url: str, subject: str, path: str, headers: Mapping[str, str] | None = None) -> Page:
        """The facts of a document. `url` is absolute, `path` the same inside the site, `headers` in lower case."""
        headers = headers or {}
        body = as_utf8(body, headers.get("content-type", ""))
        tree = LexborHTMLParser(body)
        page = Page(subject=subject, url=path)
        if self.also:
            page.facts = {name: _told_by(look, body, tree, page) for name, look in self.also.items()}
        seen = _Seen(self, page, url)
        seen.all(tree.css(_NODES_AND_LOADS if b"http:" in body else _NODES))
        _from_headers(page, headers, lambda href: self.target(url, href))
        _content(page, seen.mains[0] if len(seen.mains) == 1 else tree.body)
        return page

    def target(self, base: str, href: str) -> str | None:
        """Where a reference leads: a path of the site, an URL of another origin, or None for no request at all."""
        reference = href[: MAX_LENGTH + 1].partition("#")[0].strip()
        if len(reference) > MAX_LENGTH:
            return None
        if (path := self.place.quick(reference)) is not None and (reference[0] != "/" or self.place.owns(base)):
            return path
        if reference[:11].lower().startswith(_SKIPPED_SCHEMES):
            return None
        if "\\" in reference:  # browsers read it as a slash
            path, mark, query = reference.partition("?")
            reference = path.replace("\\", "/") + mark + query
        url = absolute(base, reference)
        return None if url is None else (self.place.inward(url) or url)

    def link(self, base: str, href: str, *, nofollow: bool) -> Link | None:
        """The link that an `href` makes, one object for all equal ones: a site's navigation is on every page."""
        target = self.target(base, href)
        if target is None:
            return None
        return self.share(Link(target, fragment_of(href), nofollow))

    def share(self, link: Link) -> Link:
        """The one object for all links that are equal to this one."""
        return self._links.setdefault(link, link)

    def memories(self, base: str) -> tuple[dict[str, Link | None], dict[str, Link | None]]:
        """Where outcomes of an `href` are remembered: of root-relative and absolute ones, and relative to `base`."""
        if not self.place.owns(base):  # `<base href="https://cdn.example/">`
            return {}, {}
        folder = base[: base.rfind("/")]
        if folder != self._folder:
            self._folder, self._nearby = folder, {}
        for memory in (self._everywhere, self._nearby):
            if len(memory) > _MAX_REMEMBERED:
                memory.clear()
        return self._everywhere, self._nearby


class _Seen:
    """What the nodes of one document say, in document order."""

    def __init__(self, reader: Reader, page: Page, url: str) -> None:
        self._reader = reader
        self._page = page
        self._url = url
        self._base = url
        self._references: list[Attributes] = []
        self.mains: list[Any] = []
        self._canonicals: list[str] = []
        self._alternates: list[Alternate] = []
        self._insecure: dict[str, None] = {}

    def all(self, nodes: Iterable[Any]) -> None:
        """Take every node for what it says. The loops are what a crawl spends most of its own time in."""
        names: dict[str, None] = {}
        for node in nodes:
            attributes = node.attributes
            if name := attributes.get("id"):
                names[name] = None
            tag = str(node.tag)
            if tag in _LINKS:
                self._references.append(attributes)
                if tag == "a" and (name := attributes.get("name")):
                    names[name] = None
            elif handler := _HANDLERS.get(tag):
                handler(self, attributes, node)
            elif tag in _LOADS:
                self.loads(attributes.get(_LOADS[tag]) or "")
        page = self._page
        page.anchors = anchors_of(names)
        page.canonicals = tuple(dict.fromkeys(self._canonicals))
        page.alternates = tuple(dict.fromkeys(self._alternates))
        page.insecure = tuple(self._insecure)
        page.links = self._links()

    def _links(self) -> tuple[Link, ...]:
        """Every link once, in document order; the first `base` counts for all, wherever it is."""
        links: dict[int, Link] = {}  # by identity: equal links are one object
        reader, base, own = self._reader, self._base, self._page.url
        everywhere, nearby = reader.memories(base)
        for attributes in self._references:
            href = attributes.get("href") or attributes.get("xlink:href")
            if not href or len(href) > MAX_LENGTH:
                continue
            if href[0] <= " ":
                href = href.strip() or "#"
            if href[0] == "#" and base is self._url:
                own_link = reader.share(Link(own, fragment_of(href)))
                links[id(own_link)] = own_link
                continue
            nofollow = "rel" in attributes and "nofollow" in (attributes["rel"] or "").lower().split()
            memory = everywhere if href.startswith(_FROM_EVERYWHERE) else nearby
            key = "\0" + href if nofollow else href
            if key not in memory or href[0] in "?#":  # those lead on from the page, not from its folder
                memory[key] = reader.link(base, href, nofollow=nofollow)
            if (link := memory[key]) is not None:
                links[id(link)] = link
        return tuple(islice(links.values(), _MAX_LINKS))

    def link(self, attributes: Attributes, node: Any) -> None:
        del node
        rel = (attributes.get("rel") or "").lower().split()
        href = (attributes.get("href") or "").strip()
        if not href:
            return
        if "stylesheet" in rel:
            self.loads(href)
        if "canonical" in rel and len(self._canonicals) < _MAX_ALTERNATES:
            target = self._reader.target(self._base, href)
            self._canonicals.extend([target] if target else [])
        if "alternate" in rel and (lang := attributes.get("hreflang")) and len(self._alternates) < _MAX_ALTERNATES:
            target = self._reader.target(self._base, href) or href[:MAX_LENGTH]
            self._alternates.append(Alternate(lang.strip()[:_MAX_TEXT], target))

    def meta(self, attributes: Attributes, node: Any) -> None:
        del node
        content = (attributes.get("content") or "")[: _MAX_TEXT * 4]
        name = (attributes.get("name") or "").strip().lower()
        if name == "description" and self._page.description is None:
            self._page.description = _folded(content)
        elif name in {"robots", "googlebot"}:
            self._page.noindex |= _says_noindex(content)
        elif (attributes.get("http-equiv") or "").strip().lower() == "refresh" and (match := _REFRESH.match(content)):
            href = (match[1] or "").strip()
            self._page.refresh = (self._reader.target(self._base, href) or href) if href else ""

    def title(self, attributes: Attributes, node: Any) -> None:
        del attributes
        parent = node.parent
        if self._page.title is None and parent is not None and parent.tag in {"head", "body", "html"}:
            self._page.title = _folded(node.text())

    def heading(self, attributes: Attributes, node: Any) -> None:
        del attributes, node
        self._page.h1 += 1

    def html(self, attributes: Attributes, node: Any) -> None:
        del node
        self._page.lang = (attributes.get("lang") or "").strip()[:_MAX_TEXT] or None

    def base(self, attributes: Attributes, node: Any) -> None:
        del node
        if self._base is self._url:  # the first one counts
            self._base = absolute(self._url, attributes.get("href") or "") or self._url

    def main(self, attributes: Attributes, node: Any) -> None:
        del attributes
        self.mains.append(node)

    def loads(self, address: str) -> None:
        """Note what a browser would load, or send, by itself and without encryption."""
        if address[:5].lower() == "http:" and len(self._insecure) < _MAX_TEXT:
            self._insecure[address[:MAX_LENGTH]] = None


_HANDLERS: dict[str, Callable[[_Seen, Attributes, Any], None]] = {
    "link": _Seen.link,
    "meta": _Seen.meta,
    "title": _Seen.title,
    "h1": _Seen.heading,
    "html": _Seen.html,
    "base": _Seen.base,
    "main": _Seen.main,
}
_LINKS = {"a", "area"}
_LOADS = {
    **dict.fromkeys(("script", "img", "iframe", "source", "video", "audio", "embed"), "src"),
    "object": "data",
    "form": "action",
}


def _told_by(look: Callable[[bytes, Any, Page], Any], body: bytes, tree: Any, page: Page) -> Any:
    """What a loop's function made of the document; None where it failed on it: that is this page's and this loop's."""
    try:
        return look(body, tree, page)
    except Exception:  # noqa: BLE001  may be a third party's
        return None


def _content(page: Page, node: Any) -> None:
    """Hash and count the words of the main content: what a reader came for, without navigation and scripts."""
    if node is None:
        return
    if node.css_first(_NO_CONTENT_SELECTOR) is not None:
        node.strip_tags(_NO_CONTENT)
    text = node.text_lexbor() or ""
    counted = text if len(text) > _COUNTED else node.text(separator=" ")  # slower, and exact where it matters
    page.words = len(counted[:_COUNTED].split())
    page.text_hash = blake2b(text.encode("utf-8", "replace").translate(None, _SPACE), digest_size=8).hexdigest()


def _from_headers(page: Page, headers: Mapping[str, str], target: Callable[[str], str | None]) -> None:
    if "x-robots-tag" in headers:
        page.noindex |= _says_noindex(headers["x-robots-tag"])
    for href, parameters in _LINK_HEADER.findall(headers.get("link", "")[:MAX_LENGTH]):
        if re.search(r'rel\s*=\s*"?[^";]*\bcanonical\b', parameters, re.IGNORECASE) and (to := target(href)):
            page.canonicals = tuple(dict.fromkeys((*page.canonicals, to)))


def _says_noindex(content: str) -> bool:
    """`noindex` or `none`, for all crawlers or for Google's (`googlebot: noindex` in a header)."""
    for part in content.lower().split(","):
        agent, mark, rule = part.rpartition(":")
        if mark and agent.strip() not in {"googlebot", "robots"}:
            continue
        if rule.strip() in {"noindex", "none"}:
            return True
    return False


def _folded(text: str) -> str:
    return " ".join(text[: _MAX_TEXT * 4].split())[:_MAX_TEXT]
