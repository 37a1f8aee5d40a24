"""What a crawl collects on its way, over HTTP or from disk, and how that becomes a `Crawl`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection

from autoresearch.config.model import CrawlLimits
from autoresearch.signals.site import sitemap
from autoresearch.signals.site.model import Crawl, Response, SitemapEntry, Source
from autoresearch.signals.site.robots import Robots
from autoresearch.signals.site.urls import Place, absolute

Say = Callable[[str], None]

MAX_HOPS = 10
"""Redirects of one chain that are followed."""
_MAX_SKIPPED = 1_000
_MAX_ERRORS = 100
_FEW = 0.05
"""Of all pages: when more cannot be read, the server is in trouble, and not a page."""
_MAX_LISTED = 3
"""Sitemap entries that are taken in, for each page that may be looked at."""
USUAL_SITEMAPS = ("/sitemap.xml", "/sitemap-index.xml", "/sitemap_index.xml")
"""Where sitemaps lie when robots.txt does not say."""
MAX_SITEMAPS = 1_000
MAX_BYTES = 10 * 1024 * 1024
"""A larger page is not looked at."""
SAY_EVERY = 200
"""Pages between two lines of progress."""


class Gathered:
    """What both ways of looking collect, and how it becomes a `Crawl`."""

    def __init__(self, source: Source, limits: CrawlLimits, say: Say) -> None:
        self.limits = limits
        self.say = say
        self.crawl = Crawl(origin="", source=source)
        self.statuses: dict[str, Response] = {}
        self.locations: dict[str, str] = {}
        self.robots = Robots(None)
        self.unseen: dict[str, str] = {}
        self._unread: set[str] = set()

    def unread(self, subject: str, reason: str) -> None:
        """A page that is there and could not be read: what it links to is unknown, so the site as a whole is too."""
        self.unseen[subject] = reason
        self._unread.add(subject)

    def cut_off(self, subject: str, reason: str) -> None:
        """Something that may hold any number of pages was not looked at."""
        self.unseen[subject] = reason
        self.crawl.complete = False

    def conclude(self, start: str) -> Crawl:
        """Everything in one order, redirects as chains, depth measured."""
        crawl = self.crawl
        crawl.start = start
        crawl.robots_txt = self.robots.text
        crawl.responses = {address: self._chain(address) for address in sorted(self.statuses)}
        crawl.pages = dict(sorted(crawl.pages.items()))
        crawl.sitemaps.entries = dict(sorted(crawl.sitemaps.entries.items()))
        crawl.disallowed = self._linked_from()
        skipped = sorted(self.unseen.items())
        crawl.skipped = skipped[:_MAX_SKIPPED]
        if len(skipped) > _MAX_SKIPPED:
            crawl.skipped.append(("…", f"and {len(skipped) - _MAX_SKIPPED} more"))
            crawl.complete = False
        if self._unread:
            crawl.nearly_complete = crawl.complete and len(self._unread) <= _FEW * len(crawl.pages)
            crawl.complete = False
        _measure_depth(crawl)
        return crawl

    def _linked_from(self) -> dict[str, str]:
        """Each forbidden address with the first page, in order, that links to it."""
        linked = dict.fromkeys(sorted(self.crawl.disallowed), "")
        if not linked:
            return linked
        for page in self.crawl.pages.values():
            for link in page.links:
                if linked.get(link.target) == "":
                    linked[link.target] = page.subject
        return linked

    def _chain(self, address: str) -> Response:
        """The answer of an address with every redirect that was met on the way."""
        response = self.statuses[address]
        if address not in self.locations:
            return response
        hops: list[str] = []
        here = address
        while here in self.locations and len(hops) <= MAX_HOPS:
            here = self.locations[here]
            if here in hops or here == address:
                return Response(address, response.status, error="redirects in a circle", hops=(*hops, here), loop=True)
            hops.append(here)
        if len(hops) > MAX_HOPS:
            return Response(address, response.status, error="too many redirects", hops=tuple(hops), loop=True)
        last = self.statuses.get(here)
        status = last.status if last else response.status
        error = last.error if last else ""
        return Response(address, status, error=error, hops=tuple(hops), seconds=response.seconds)

    def sitemap_error(self, name: str, problem: str) -> None:
        """Note what is wrong with a sitemap, once and within bounds."""
        errors = self.crawl.sitemaps.errors
        if len(errors) < _MAX_ERRORS and (name, problem) not in errors:
            errors.append((name, problem))

    def leave_sitemaps(self, queue: Collection[str]) -> None:
        """Tell that sitemaps were left unread: then nobody knows which pages are not listed."""
        if queue:
            self.cut_off(min(queue), f"not read, and {len(queue) - 1} more: too many sitemaps, or out of time")

    def add_sitemap(self, name: str, body: bytes, place: Place, queue: deque[str]) -> None:
        """Take in a sitemap; the sitemaps that it names join the queue."""
        parsed = sitemap.parse(body)
        sitemaps = self.crawl.sitemaps
        sitemaps.hreflang |= parsed.hreflang
        if parsed.problem:
            self.sitemap_error(name, parsed.problem)
        if not (parsed.entries or parsed.children):
            return
        sitemaps.files.append(name)
        for child in parsed.children[:MAX_SITEMAPS]:
            if (url := absolute("https://relative.invalid", child)) is not None:
                queue.append(place.inward(url) or url)
        for loc, lastmod in parsed.entries:
            address = _listed(loc, place)
            if address is None:
                self.sitemap_error(name, f"not an absolute address: {loc[:100]}")
                continue
            if len(sitemaps.entries) >= self.limits.max_pages * _MAX_LISTED:
                self.cut_off(name, "lists more addresses than the page limit lets anybody visit")
                return
            sitemaps.entries.setdefault(address, SitemapEntry(address, lastmod, name))


def _listed(loc: str, place: Place) -> str | None:
    """The address that an entry names; None where it is not an absolute one."""
    if "://" not in loc:
        return None
    if (address := place.quick(loc)) is not None:
        return address
    url = absolute("https://relative.invalid/", loc)
    return None if url is None else place.inward(url) or url


def _measure_depth(crawl: Crawl) -> None:
    """Clicks from the start page, breadth first over the links that were found."""
    for page in crawl.pages.values():
        page.depth = -1
    first = crawl.page(crawl.start)
    level = [first] if first else []
    seen: set[str] = set()
    depth = 0
    while level:
        for page in level:
            page.depth = depth
        depth += 1
        targets = {link.target: None for page in level for link in page.links if link.target not in seen}
        seen.update(targets)
        following = (crawl.page(target) for target in targets)
        level = list({page.subject: page for page in following if page is not None and page.depth < 0}.values())
