"""A site over HTTP: the start page, robots.txt and the sitemaps first, then level by level along the links."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from autoresearch.config.model import Site
from autoresearch.errors import NotMeasuredError
from autoresearch.signals.site import sitemap
from autoresearch.signals.site.exchange import Answer
from autoresearch.signals.site.fetch import Fetcher, open_fetcher
from autoresearch.signals.site.frontier import Frontier
from autoresearch.signals.site.gather import MAX_HOPS, MAX_SITEMAPS, SAY_EVERY, USUAL_SITEMAPS, Gathered, Say
from autoresearch.signals.site.guard import is_public
from autoresearch.signals.site.model import PREVIEW, Crawl, Page, Response, Source
from autoresearch.signals.site.origin import infer, mount_of
from autoresearch.signals.site.parser import Parser, UnreadableError
from autoresearch.signals.site.robots import Robots
from autoresearch.signals.site.urls import Place, identity, is_same_site, origin_of

_ROBOTS_TAG = "x-robots-tag"
_ENDINGS = ("", ".html", "/")
"""How the address of one page may be spelled (`identity`); servers know some of them."""
_NOT_THERE = frozenset({404, 410})
_IMPOSSIBLE = "/autoresearch-asks-for-a-page-that-cannot-exist-7f3a9c"


class HttpCrawl(Gathered):
    """One crawl of one origin: live, served, or a preview."""

    def __init__(self, site: Site, source: Source, start: str, seeds: Sequence[str], say: Say, parser: Parser) -> None:
        super().__init__(source, site.crawl, say)
        self._site = site
        self._parser = parser
        self._start = start
        self._seeds = seeds
        self._frontier = Frontier(site.crawl.max_pages, site.crawl.exclude)
        self._deadline = time.monotonic() + site.crawl.time_limit
        self._fetcher: Fetcher
        self._place = Place(())
        self._root = ""
        self._is_hidden = False
        """Whether the host asks search engines to leave the whole copy alone: that says nothing of the site."""
        self._hops: dict[str, int] = {}
        """How many redirects led to an address, at least."""
        self._met: set[str] = set()
        """Addresses that some page has led to: most of a page's links are in its navigation."""

    def run(self) -> Crawl:
        """Look at the site. Raises `NotMeasuredError` when its start page or its robots.txt cannot be had."""
        asyncio.run(self._look())
        return self.conclude(self._place.inward(self._start) or "/")

    async def _look(self) -> None:
        async with open_fetcher(self._start, self.limits.requests_per_second) as self._fetcher:
            first = await self._first_answer()
            origin, base = mount_of(self._start)
            self._root = origin + base.rstrip("/")
            self._is_hidden = self.crawl.source == PREVIEW and _ROBOTS_TAG in first.headers
            await self._read_robots(origin)
            self._place = await self._own(origin, base, first)
            await self._read_sitemaps()
            for path in (self._place.inward(self._start) or "/", *self.crawl.sitemaps.entries):
                if path.startswith("/"):
                    self._frontier.add(path, trusted=True)
            await self._walk()
            await self._ask_for_seeds()
            await self._ask_for_the_impossible()

    async def _first_answer(self) -> Answer:
        """The start page, redirects followed: where they lead to another origin, that is the site."""
        url, seen = self._start, set()
        while True:
            answer = await self._fetcher.get(url)
            if answer.location is None:
                break
            seen.add(url)
            url = answer.location
            if url in seen or len(seen) > MAX_HOPS:
                raise NotMeasuredError(f"{self._start} redirects in a circle", hint="check `site.url`")
            if is_public(urlsplit(url).hostname or "") and not is_same_site(self._start, url):
                raise NotMeasuredError(
                    f"{self._start} redirects to another site, {url}",
                    hint="set `site.url` to where the site is, or make this address open to visitors",
                )
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

    async def _own(self, origin: str, base: str, first: Answer) -> Place:
        """What is the site's own: where we look, and the canonical origin, as configured or as it calls itself."""
        canonical = mount_of(self._site.url) if self._site.url else None
        if self.crawl.source == "live":
            self.crawl.origin = origin
        else:
            canonical = canonical or infer(await self._named(first, base))
            self.crawl.origin = canonical[0] if canonical else ""
        mounts = [(origin, base), *([canonical] if canonical else [])]
        return Place(tuple(dict.fromkeys(mounts)))

    async def _named(self, first: Answer, base: str) -> list[tuple[str, str]]:
        """What a served copy calls itself: its start page's canonical, else where robots.txt says its sitemaps are."""
        with suppress(UnreadableError):
            page = await self._parser.read(first.body, self._root + "/", "/", Place(()))
            if page.canonicals:
                return [("/", page.canonicals[0])]
        return [(urlsplit(url).path.removeprefix(base.rstrip("/")), url) for url in self.robots.sitemaps]

    async def _read_sitemaps(self) -> None:
        named = [self._place.inward(url) or url for url in self.robots.sitemaps]
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
            if name in seen or not (name.startswith("/") or self.crawl.source == "live"):
                continue  # a copy is served here: what other origins hold belongs to the real site
            url = self._root + name if name.startswith("/") else name
            answer = await self._fetcher.get(url, limit=sitemap.MAX_BYTES)
            if answer.location:
                queue.append(self._place.inward(answer.location) or answer.location)
            elif answer.status == 200 and (named or not answer.is_html):
                self.add_sitemap(name, answer.body, self._place, queue)
            elif named or seen:
                self.sitemap_error(name, answer.error or f"answers {answer.status}")
            seen.add(name)
        self.leave_sitemaps(queue)

    async def _walk(self) -> None:
        while level := self._frontier.level():
            queue = deque(level)
            await asyncio.gather(*(self._work(queue) for _ in range(min(self._fetcher.concurrency, len(queue)))))
            if queue:
                for address in queue:
                    self.cut_off(address, "out of time")
                break
        if self._frontier.left_out:
            limit = f"{self._frontier.left_out} addresses past the limit of {self.limits.max_pages} pages"
            self.cut_off("…", limit)
        self.unseen.update(self._frontier.trapped)
        far = (target for target, hops in self._hops.items() if hops > MAX_HOPS and target not in self.statuses)
        self.unseen.update((identity(target), f"behind more than {MAX_HOPS} redirects") for target in far)

    async def _ask_for_seeds(self) -> None:
        """Ask for what nothing led to, in every spelling of the same page: only where all fail, it is gone."""
        for ending in _ENDINGS:
            settled = {identity(a) for a, response in self.statuses.items() if response.status not in _NOT_THERE}
            settled.update(map(identity, self.crawl.disallowed))
            for seed in self._seeds:
                if identity(seed) not in settled and not (ending and seed.endswith("/")):
                    self._frontier.add(seed + ending, trusted=True)
            await self._walk()

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
            target = self._place.inward(answer.location)
            self.locations[address] = target or answer.location
            if target:
                self._redirected(address, target)
        elif answer.status == 0 or answer.status >= 500 or answer.status == 429:
            self.unread(identity(address), answer.error or f"answers {answer.status}")
        elif 200 <= answer.status < 300 and answer.is_html:
            try:
                self._take_in(await self._read(answer, url, address))
            except UnreadableError as error:
                self.unread(identity(address), str(error))

    async def _read(self, answer: Answer, url: str, address: str) -> Page:
        subject = identity(address)
        headers = {k: v for k, v in answer.headers.items() if k != _ROBOTS_TAG or not self._is_hidden}
        return await self._parser.read(answer.body, url, address, self._place, subject=subject, headers=headers)

    def _redirected(self, address: str, target: str) -> None:
        hops = min(self._hops.get(address, 0) + 1, self._hops.get(target, MAX_HOPS + 1))
        self._hops[target] = hops
        if hops <= MAX_HOPS:
            self._frontier.add(target)

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
            with suppress(UnreadableError):
                self.crawl.not_found = await self._read(answer, self._root + _IMPOSSIBLE, _IMPOSSIBLE)
