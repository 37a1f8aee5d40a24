"""A site over HTTP: the start page, robots.txt and the sitemaps first, then level by level along the links."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence

from autoresearch.config.model import Site
from autoresearch.errors import NotMeasuredError
from autoresearch.signals.site import sitemap
from autoresearch.signals.site.exchange import Answer
from autoresearch.signals.site.fetch import Fetcher, open_fetcher
from autoresearch.signals.site.frontier import Frontier
from autoresearch.signals.site.gather import MAX_SITEMAPS, SAY_EVERY, USUAL_SITEMAPS, Gathered, Say
from autoresearch.signals.site.model import Crawl, Page, Response
from autoresearch.signals.site.origin import infer, mount_of
from autoresearch.signals.site.page import Reader
from autoresearch.signals.site.robots import Robots
from autoresearch.signals.site.urls import Place, identity, origin_of

_MAX_HOPS = 10
_IMPOSSIBLE = "/autoresearch-asks-for-a-page-that-cannot-exist-7f3a9c"


class HttpCrawl(Gathered):
    """One crawl of one origin, live or served."""

    def __init__(self, site: Site, start: str, seeds: Sequence[str], say: Say) -> None:
        super().__init__(site.source, site.crawl, say)
        self._site = site
        self._start = start
        self._seeds = seeds
        self._frontier = Frontier(site.crawl.max_pages, site.crawl.exclude)
        self._deadline = time.monotonic() + site.crawl.time_limit
        self._fetcher: Fetcher
        self._reader: Reader
        self._root = ""
        self._met: set[str] = set()
        """Addresses that some page has led to: most of a page's links are in its navigation."""

    async def run(self) -> Crawl:
        """Look at the site. Raises `NotMeasuredError` when its start page or its robots.txt cannot be had."""
        async with open_fetcher(self._start, self.limits.requests_per_second) as self._fetcher:
            first = await self._first_answer()
            origin, base = mount_of(self._start)
            self._root = origin + base.rstrip("/")
            await self._read_robots(origin)
            self._reader = Reader(self._place(origin, base, first))
            await self._read_sitemaps()
            address = self._reader.place.inward(self._start) or "/"
            for path in (address, *self.crawl.sitemaps.entries, *self._seeds):
                if path.startswith("/"):
                    self._frontier.add(path, trusted=True)
            await self._walk()
            await self._ask_for_the_impossible()
        return self.conclude(address)

    async def _first_answer(self) -> Answer:
        """The start page, redirects followed: where they lead to another origin, that is the site."""
        url, seen = self._start, set()
        while True:
            answer = await self._fetcher.get(url)
            if answer.location is None:
                break
            seen.add(url)
            url = answer.location
            if url in seen or len(seen) > _MAX_HOPS:
                raise NotMeasuredError(f"{self._start} redirects in a circle", hint="check `site.url`")
            if origin_of(url) != origin_of(self._start):
                self._start = url
        if answer.error:
            raise NotMeasuredError(f"{url}: {answer.error}", hint="check `site.url`, and that the site is up")
        if not 200 <= answer.status < 300:
            raise NotMeasuredError(f"{url}: the start page answers {answer.status}", hint="check `site.url`")
        if not answer.is_html:
            raise NotMeasuredError(f"{url}: the start page is {answer.content_type}, not HTML", hint="check `site.url`")
        return answer

    async def _read_robots(self, origin: str) -> None:
        answer = await self._fetcher.get(origin + "/robots.txt", limit=1 << 20)
        if answer.status >= 500 or answer.status == 429:
            raise NotMeasuredError(
                f"{origin}/robots.txt answers {answer.status}: nobody may crawl then (RFC 9309)", hint="try again later"
            )
        self.robots = Robots(answer.body if answer.status == 200 else None, answer.content_type)
        self._fetcher.delay = min(self.robots.delay, 10.0)

    def _place(self, origin: str, base: str, first: Answer) -> Place:
        """What is the site's own: where we look, and the canonical origin, as configured or as it calls itself."""
        canonical = mount_of(self._site.url) if self._site.url else None
        if self.crawl.source == "live":
            self.crawl.origin = origin
        else:
            page = Reader(Place(())).read(first.body, self._root + "/", "/", "/")
            canonical = canonical or infer(("/", url) for url in page.canonicals[:1])
            self.crawl.origin = canonical[0] if canonical else ""
        mounts = [(origin, base), *([canonical] if canonical else [])]
        return Place(tuple(dict.fromkeys(mounts)))

    async def _read_sitemaps(self) -> None:
        place = self._reader.place
        named = [place.inward(url) or url for url in self.robots.sitemaps]
        queue = deque(dict.fromkeys(named))
        await self._read_queue(queue, named=True)
        for usual in USUAL_SITEMAPS:
            if self.crawl.sitemaps.files or self.crawl.sitemaps.errors:
                break
            await self._read_queue(deque([usual]), named=False)

    async def _read_queue(self, queue: deque[str], *, named: bool) -> None:
        seen: set[str] = set()
        while queue and len(seen) < MAX_SITEMAPS and not self._late():
            name = queue.popleft()
            if name in seen or not name.startswith("/"):
                continue
            answer = await self._fetcher.get(self._root + name, limit=sitemap.MAX_BYTES)
            if answer.location and (moved := self._reader.place.inward(answer.location)):
                queue.append(moved)
            elif answer.status == 200 and (named or not answer.is_html):
                self.add_sitemap(name, answer.body, self._reader.place, queue)
            elif named or seen:
                self.sitemap_error(name, answer.error or f"answers {answer.status}")
            seen.add(name)

    async def _walk(self) -> None:
        while level := self._frontier.level():
            queue = deque(level)
            await asyncio.gather(*(self._work(queue) for _ in range(min(self._fetcher.concurrency, len(queue)))))
            if queue:
                self.crawl.complete = False
                self.unseen.update((address, "out of time") for address in queue)
                break
        if self._frontier.left_out:
            self.crawl.complete = False
            limit = f"{self._frontier.left_out} addresses past the limit of {self.limits.max_pages} pages"
            self.unseen["…"] = limit
        self.unseen.update(self._frontier.trapped)

    async def _work(self, queue: deque[str]) -> None:
        while queue and not self._late():
            await self._visit(queue.popleft())

    def _late(self) -> bool:
        return time.monotonic() > self._deadline

    async def _visit(self, address: str) -> None:
        url = self._root + address
        if not self.robots.allows(url):
            self.crawl.disallowed[address] = ""
            return
        answer = await self._fetcher.get(url, html_only=True)
        self.statuses[address] = Response(
            address, answer.status, answer.error, seconds=answer.seconds, content_type=answer.content_type
        )
        if len(self.statuses) % SAY_EVERY == 0:
            self.say(f"asked {len(self.statuses)} addresses")
        if answer.location is not None:
            target = self._reader.place.inward(answer.location)
            self.locations[address] = target or answer.location
            if target:
                self._frontier.add(target)
        elif answer.status == 0 or answer.status >= 500 or answer.status == 429:
            self.unread(identity(address), answer.error or f"answers {answer.status}")
        elif 200 <= answer.status < 300 and answer.is_html:
            self._take_in(self._reader.read(answer.body, url, identity(address), address, answer.headers))

    def _take_in(self, page: Page) -> None:
        known = self.crawl.pages.get(page.subject)
        if known is None or page.url < known.url:
            self.crawl.pages[page.subject] = page
        targets = {link.target for link in page.links}
        targets.update(page.canonicals, (a.target for a in page.alternates), (page.refresh or "",))
        fresh = targets - self._met
        self._met |= fresh
        for target in sorted(fresh):
            if target.startswith("/"):
                self._frontier.add(target)

    async def _ask_for_the_impossible(self) -> None:
        if self._late() or not self.robots.allows(self._root + _IMPOSSIBLE):
            return
        answer = await self._fetcher.get(self._root + _IMPOSSIBLE)
        if answer.status == 200 and answer.is_html:
            url = self._root + _IMPOSSIBLE
            self.crawl.not_found = self._reader.read(answer.body, url, _IMPOSSIBLE, _IMPOSSIBLE, answer.headers)
