"""What a crawl brings home: facts about pages, never the pages themselves.

A crawl of 50,000 pages must stay under 400 MB, so a page keeps what some rule needs and shares every repeated string.
All addresses of the site itself are *paths* (`/a?b=c`), so that a preview, a folder on disk and the live site speak of
the same things; addresses of other origins stay absolute.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal
from zlib import crc32

Source = Literal["live", "dist", "serve", "preview"]
PREVIEW: Source = "preview"
"""A copy that somebody deployed, looked at in the site's place."""


_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(slots=True, frozen=True)
class Link:
    """An `<a href>` or `<area href>`: where it leads (fragment split off) and with which fragment, percent-decoded."""

    target: str
    fragment: str = ""
    nofollow: bool = False


@dataclass(slots=True, frozen=True)
class Alternate:
    """A `<link rel=alternate hreflang>`: the language as written and its target (path, or URL of another origin)."""

    lang: str
    target: str


@dataclass(slots=True)
class Response:
    """What one address answered. `status` 0: nothing usable, and `error` says why (a DNS failure, a timeout, …)."""

    url: str
    status: int
    error: str = ""
    hops: tuple[str, ...] = ()
    """Every address after `url` that redirects led to, in order; the last one gave `status`."""
    loop: bool = False
    """Whether the hops came back to an address that they had already visited, or were too many to follow."""
    seconds: float = 0.0
    """Time to the complete body; 0 for a folder on disk."""
    content_type: str = ""

    @property
    def ok(self) -> bool:
        """Whether a visitor would get something: 2xx in the end."""
        return 200 <= self.status < 300


@dataclass(slots=True)
class Page:
    """The facts of one HTML document that answered 200."""

    subject: str
    """Its identity: `/x`, `/x/`, `/x.html` and `/x/index.html` are one page (`urls.identity`)."""
    url: str
    """The path (and query) that it was read from, after redirects."""
    file: str | None = None
    """For a folder on disk: the file, relative to the repository's root."""
    title: str | None = None
    description: str | None = None
    h1: int = 0
    lang: str | None = None
    canonicals: tuple[str, ...] = ()
    """Targets of `<link rel=canonical>` and of the HTTP `Link` header: paths, or URLs of other origins."""
    alternates: tuple[Alternate, ...] = ()
    noindex: bool = False
    """By `<meta name=robots|googlebot>` or the `X-Robots-Tag` header (`none` counts)."""
    refresh: str | None = None
    """Target of a `<meta http-equiv=refresh>`: "" when it only reloads itself."""
    links: tuple[Link, ...] = ()
    """In document order, each distinct (target, fragment) once."""
    insecure: tuple[str, ...] = ()
    """`http:` addresses of scripts, styles, images, frames, media and form actions."""
    anchors: array[int] = field(default_factory=lambda: array("I"))
    """`anchors_of` every `id` and `<a name>`: fragments are looked up, never listed."""
    text_hash: str = ""
    """Hex digest of the visible text of the main content, white space folded: what `lastmod` should follow."""
    words: int = 0
    """Number of words in the first 1,200 characters of that text: enough to tell an empty page."""
    facts: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    """What loops had read besides (`Signals.read_also`): `module:function` → what it made of the document."""
    depth: int = 0
    """Clicks from the start page over internal links; -1 where no link leads."""

    def has_anchor(self, fragment: str) -> bool:
        """Whether `#fragment` leads somewhere on this page ("" and "top" always do, text fragments too)."""
        if fragment in {"", "top"} or fragment.startswith(":~:"):
            return True
        wanted = _checksum(fragment)
        place = bisect_left(self.anchors, wanted)
        return place < len(self.anchors) and self.anchors[place] == wanted


def anchors_of(names: Iterable[str]) -> array[int]:
    """Checksums of names, sorted, four bytes each."""
    return array("I", sorted({_checksum(name) for name in names}))


def _checksum(name: str) -> int:
    return crc32(name.encode("utf-8", "replace"))


@dataclass(slots=True, frozen=True)
class SitemapEntry:
    """A `<url>` of a sitemap: the path it names, its `lastmod` as written, and which sitemap listed it."""

    url: str
    lastmod: str | None
    sitemap: str


@dataclass(slots=True)
class Sitemaps:
    """Every sitemap that robots.txt, `/sitemap.xml` or an index named."""

    files: list[str] = field(default_factory=list)
    """Paths (or URLs) of the sitemaps that were read and understood."""
    entries: dict[str, SitemapEntry] = field(default_factory=dict)
    """By address as listed (path and query, or the absolute URL of another origin)."""
    errors: list[tuple[str, str]] = field(default_factory=list)
    """(sitemap, what is wrong with it), one for each broken sitemap or entry kind; bounded."""
    hreflang: bool = False
    """Whether entries name their translations (`xhtml:link`): then pages need not."""


@dataclass(slots=True)
class Crawl:
    """One look at one site. `complete` is false when a limit, a trap or an error kept pages from being seen."""

    origin: str
    """The canonical origin (`https://shop.example`), without a trailing slash; "" where no one named it."""
    source: Source
    start: str = "/"
    responses: dict[str, Response] = field(default_factory=dict)
    """By address asked for: every internal one, and external ones when they were to be checked."""
    pages: dict[str, Page] = field(default_factory=dict)
    """By subject."""
    sitemaps: Sitemaps = field(default_factory=Sitemaps)
    robots_txt: str | None = None
    """The text of robots.txt; None where there is none (or HTML instead)."""
    disallowed: dict[str, str] = field(default_factory=dict)
    """Internal address that robots.txt forbids us → a page that links to it ("" when only a sitemap does)."""
    not_found: Page | None = None
    """What a random address that cannot exist showed, if it answered 200: the fingerprint of a soft 404."""
    complete: bool = True
    nearly_complete: bool = False
    """Whether nothing is missing but what a few pages hold (at most one in twenty) that are there and cannot be read.
    What the others say of themselves stands, and so does what sitemaps say; who links to whom does not."""
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """(subject, reason) of what was not looked at; bounded, the last one counts the rest."""

    def page(self, address: str) -> Page | None:
        """The page behind an internal address, however it is spelled, redirects followed; None when it has none."""
        from autoresearch.signals.site.urls import identity

        response = self.responses.get(address)
        if response is not None and response.hops:
            address = response.hops[-1]
        return self.pages.get(identity(address))
