"""Look at a site once: over HTTP level by level, or a built folder file by file."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from autoresearch.config.model import CrawlLimits, Site
from autoresearch.errors import NotMeasuredError
from autoresearch.signals.site import sitemap
from autoresearch.signals.site.fetch import MAX_BYTES, Answer, Fetcher, open_fetcher
from autoresearch.signals.site.folder import Folder
from autoresearch.signals.site.frontier import Frontier
from autoresearch.signals.site.model import Crawl, Page, Response, SitemapEntry, Source
from autoresearch.signals.site.origin import infer, mount_of
from autoresearch.signals.site.page import Reader
from autoresearch.signals.site.robots import Robots
from autoresearch.signals.site.serve import serve
from autoresearch.signals.site.urls import Place, absolute, identity, origin_of

Say = Callable[[str], None]

_MAX_HOPS = 10
_MAX_SITEMAPS = 1_000
_MAX_SKIPPED = 1_000
_IMPOSSIBLE = "/autoresearch-asks-for-a-page-that-cannot-exist-7f3a9c"
_USUAL_SITEMAPS = ("/sitemap.xml", "/sitemap-index.xml", "/sitemap_index.xml")
_SAY_EVERY = 200


def crawl(site: Site, root: Path, *, seeds: Sequence[str] = (), stack: ExitStack, say: Say) -> Crawl:
    """Look at the configured source. `seeds` are paths that earlier runs saw: asked for, but no way to them counts.

    Raises `NotMeasuredError` when there is nothing to look at.
    """
    if site.source == "dist":
        return _FolderCrawl(site, root / (site.dist or ""), root, say).run()
    start = site.url or "" if site.source == "live" else serve(site.serve or "", root, stack=stack, say=say)
    return asyncio.run(_HttpCrawl(site, start, site.source, seeds, say).run())


class _Gathered:
    """What both ways of looking collect, and how it becomes a `Crawl`."""

    def __init__(self, source: Source, limits: CrawlLimits, say: Say) -> None:
        self.limits = limits
        self.say = say
        self.crawl = Crawl(origin="", source=source)
        self.statuses: dict[str, Response] = {}
        self.locations: dict[str, str] = {}
        self.robots = Robots(None)
        self.unseen: dict[str, str] = {}

    def conclude(self, start: str) -> Crawl:
        crawl = self.crawl
        crawl.start = start
        crawl.robots_txt = self.robots.text
        crawl.responses = {address: self._chain(address) for address in sorted(self.statuses)}
        crawl.pages = dict(sorted(crawl.pages.items()))
        crawl.sitemaps.entries = dict(sorted(crawl.sitemaps.entries.items()))
        crawl.disallowed = dict(sorted(crawl.disallowed.items()))
        skipped = sorted(self.unseen.items())
        crawl.skipped = skipped[:_MAX_SKIPPED]
        if len(skipped) > _MAX_SKIPPED:
            crawl.skipped.append(("…", f"and {len(skipped) - _MAX_SKIPPED} more"))
            crawl.complete = False
        _measure_depth(crawl)
        return crawl

    def _chain(self, address: str) -> Response:
        """The answer of an address with every redirect that was met on the way."""
        response = self.statuses[address]
        if address not in self.locations:
            return response
        hops: list[str] = []
        here = address
        while here in self.locations and len(hops) <= _MAX_HOPS:
            here = self.locations[here]
            if here in hops or here == address:
                return Response(address, response.status, error="redirects in a circle", hops=(*hops, here), loop=True)
            hops.append(here)
        if here in self.locations:
            return Response(address, response.status, error="too many redirects", hops=tuple(hops), loop=True)
        last = self.statuses.get(here)
        status = last.status if last else response.status
        error = last.error if last else ""
        return Response(address, status, error=error, hops=tuple(hops), seconds=response.seconds)

    def add_sitemap(self, name: str, body: bytes, place: Place, queue: deque[str]) -> None:
        parsed = sitemap.parse(body)
        sitemaps = self.crawl.sitemaps
        if parsed.problem:
            sitemaps.errors.append((name, parsed.problem))
        if not (parsed.entries or parsed.children):
            return
        sitemaps.files.append(name)
        for child in parsed.children:
            if (url := absolute("https://relative.invalid", child)) is not None:
                queue.append(place.inward(url) or url)
        for loc, lastmod in parsed.entries:
            url = absolute("https://relative.invalid/", loc) if "://" in loc else None
            if url is None:
                sitemaps.errors.append((name, f"not an absolute address: {loc[:100]}"))
                continue
            address = place.inward(url) or url
            sitemaps.entries.setdefault(address, SitemapEntry(address, lastmod, name))


def _measure_depth(crawl: Crawl) -> None:
    """Clicks from the start page, breadth first over the links that were found."""
    for page in crawl.pages.values():
        page.depth = -1
    first = crawl.page(crawl.start)
    level = [first] if first else []
    depth = 0
    while level:
        for page in level:
            page.depth = depth
        depth += 1
        following: dict[str, Page] = {}
        for page in level:
            for link in page.links:
                if (found := crawl.page(link.target)) is not None and found.depth < 0:
                    following[found.subject] = found
        level = list(following.values())


class _FolderCrawl(_Gathered):
    def __init__(self, site: Site, folder: Path, root: Path, say: Say) -> None:
        super().__init__("dist", site.crawl, say)
        if not folder.is_dir():
            raise NotMeasuredError(f"{site.dist}: there is no such folder", hint="build the site first, or set `site.dist`")
        self._site = site
        self._root = root
        self._folder = Folder(folder)
        if not self._folder.pages:
            raise NotMeasuredError(f"{site.dist}: no HTML file in it", hint="build the site first, or set `site.dist`")

    def run(self) -> Crawl:
        names = self._folder.pages
        mount = mount_of(self._site.url) if self._site.url else self._guess(names)
        origin, base = mount or ("https://site.invalid", "/")
        place = Place(((origin, base),))
        self.crawl.origin = origin if mount else ""
        self.robots = Robots(self._bytes("robots.txt"))
        self._read_sitemaps(place)
        self._read_pages(names, Reader(place), origin + base.rstrip("/"))
        self._look_up_links()
        return self.conclude("/")

    def _bytes(self, name: str) -> bytes | None:
        found = self._folder.find("/" + name)
        return self._folder.read(found, sitemap.MAX_BYTES) if found == name else None

    def _guess(self, names: Sequence[str]) -> tuple[str, str] | None:
        def named() -> Iterator[tuple[str, str]]:
            nowhere = Reader(Place(()))
            for name in names[:200]:
                body = self._folder.read(name, MAX_BYTES) or b""
                address = self._folder.address(name)
                page = nowhere.read(body, "https://site.invalid" + address, identity(address), address)
                if page.canonicals and not page.canonicals[0].startswith("https://site.invalid"):
                    yield address, page.canonicals[0]

        def listed() -> Iterator[tuple[str, str]]:
            for loc, _ in sitemap.parse(self._bytes("sitemap.xml") or b"<urlset/>").entries[:50]:
                yield "/", loc.rsplit("/", 1)[0] if False else loc

        return infer(named())

    def _read_sitemaps(self, place: Place) -> None:
        named = [place.inward(url) or url for url in self.robots.sitemaps]
        usual = [name for name in _USUAL_SITEMAPS if self._folder.find(name)][:1]
        queue = deque(dict.fromkeys([*named, *usual]))
        seen: set[str] = set()
        while queue and len(seen) < _MAX_SITEMAPS:
            name = queue.popleft()
            if name in seen or not name.startswith("/"):
                continue
            seen.add(name)
            found = self._folder.find(name)
            body = self._folder.read(found, sitemap.MAX_BYTES) if found else None
            if body is None:
                self.crawl.sitemaps.errors.append((name, "larger than 50 MiB" if found else "there is no such file"))
                continue
            self.add_sitemap(name, body, place, queue)

    def _read_pages(self, names: Sequence[str], reader: Reader, base: str) -> None:
        for number, name in enumerate(names):
            address = self._folder.address(name)
            if number % _SAY_EVERY == 0:
                self.say(f"read {number} of {len(names)} pages")
            if number >= self.limits.max_pages:
                self.crawl.complete = False
                self.unseen[address] = f"past the limit of {self.limits.max_pages} pages"
                break
            try:
                body = self._folder.read(name, MAX_BYTES)
            except OSError as error:
                self.unseen[identity(address)] = f"cannot be read: {error.strerror or error}"
                continue
            if body is None:
                self.unseen[identity(address)] = f"larger than {MAX_BYTES // 1024 // 1024} MiB"
                continue
            page = reader.read(body, base + address, identity(address), address)
            page.file = (self._folder.root / name).relative_to(self._root).as_posix()
            self.statuses[address] = Response(address, 200, content_type="text/html")
            self.crawl.pages.setdefault(page.subject, page)

    def _look_up_links(self) -> None:
        wanted = deque(
            target
            for page in self.crawl.pages.values()
            for target in (*(l.target for l in page.links), *page.canonicals, *(a.target for a in page.alternates))
        )
        wanted.extend(self.crawl.sitemaps.entries)
        while wanted:
            address = wanted.popleft()
            if not address.startswith("/") or address in self.statuses:
                continue
            if not self.robots.allows(address):
                self.crawl.disallowed.setdefault(address, "")
            if redirect := self._folder.redirect(address):
                status, target = redirect
                self.statuses[address] = Response(address, status)
                self.locations[address] = target
                wanted.append(target)
            elif found := self._folder.find(address):
                kind = "text/html" if found in self._html else ""
                self.statuses[address] = Response(address, 200, content_type=kind)
            else:
                self.statuses[address] = Response(address, 404)
