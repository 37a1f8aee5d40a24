"""The crawl as the rules look at it: where each address leads, who links there, which pages count.

Everything is computed in one walk over all links, so that 50,000 pages with 50 links each stay cheap; inverted
indices exist only for addresses with a problem.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from functools import cached_property

from autoresearch.signals.site.model import Crawl, Page, Response
from autoresearch.signals.site.urls import identity

_NOT_PROVEN = {401, 408, 425, 429}
"""Asks for a login, or for patience: says nothing about the page."""
_ERROR_PAGE = re.compile(r"/(?:[45]\d\d|50x|_?not[-_]found|_error)$", re.IGNORECASE)


def is_error(status: int) -> bool:
    """Whether a status proves that visitors get no page."""
    return status >= 400 and status not in _NOT_PROVEN


def is_error_page(subject: str) -> bool:
    """Whether an address is, by convention, what a server shows instead of a missing page (`/404.html`)."""
    return _ERROR_PAGE.search(subject) is not None


class View:
    """One crawl, indexed for the rules. Builds in time linear in the number of links."""

    def __init__(self, crawl: Crawl) -> None:
        self.crawl = crawl
        self.met: list[Page] = []
        """Every page in the order in which a reader meets them: breadth first from the start page, then the rest."""
        self.linked: set[str] = set()
        """Subjects that some other page links to."""
        self.users: dict[str, list[Page]] = {a: [] for a, r in crawl.responses.items() if _is_trouble(r)}
        """Address that fails or redirects more than once → the pages that link to it, in the order met."""
        self._landing: dict[str, Page | None] = {}
        self._settled: set[str] = set()
        """Addresses that a further link says nothing new about."""
        self._walk()

    def page(self, address: str) -> Page | None:
        """The page that an address leads to; None when it fails, is no page, was not asked, or is not the site's."""
        try:
            return self._landing[address]
        except KeyError:
            page = self._landing[address] = self._lands(address)
            return page

    def failure(self, address: str) -> Response | None:
        """The answer that proves an address broken, or None."""
        response = self.crawl.responses.get(address)
        return response if response is not None and is_error(response.status) and not response.loop else None

    @cached_property
    def start(self) -> Page | None:
        """The start page."""
        return self.page(self.crawl.start)

    @cached_property
    def listed(self) -> dict[str, str | None]:
        """Subject → `lastmod` of its first sitemap entry."""
        listed: dict[str, str | None] = {}
        for entry in self.crawl.sitemaps.entries.values():
            if entry.url.startswith("/"):
                listed.setdefault(identity(entry.url), entry.lastmod)
        return listed

    @cached_property
    def documents(self) -> list[Page]:
        """Pages that visitors are meant to read: no error pages, no redirects by meta refresh, no bare fragments."""
        return [
            page
            for page in self.met
            if not page.refresh and not is_error_page(page.subject) and not self._is_fragment(page)
        ]

    @cached_property
    def indexable(self) -> list[Page]:
        """Documents that a search engine may list under their own address."""
        blocked = {identity(address) for address in self.crawl.disallowed}
        return [
            page
            for page in self.documents
            if not page.noindex and page.subject not in blocked and self.is_canonical(page)
        ]

    def is_canonical(self, page: Page) -> bool:
        """Whether a page names no other page as its canonical."""
        return all(self.is_same(page, canonical) for canonical in page.canonicals)

    def is_same(self, page: Page, address: str) -> bool:
        """Whether an address speaks of that page. Without a known origin every absolute address might."""
        if not address.startswith("/"):
            return not self.crawl.origin
        return identity(address) == page.subject or self.page(address) is page

    def _is_fragment(self, page: Page) -> bool:
        """A file that is part of no site: an include, a verification file."""
        return not page.title and page.subject not in self.linked and page.subject not in self.listed

    def _lands(self, address: str) -> Page | None:
        if not address.startswith("/"):
            return None
        response = self.crawl.responses.get(address)
        return None if response is not None and not response.ok else self.crawl.page(address)

    def _walk(self) -> None:
        seen: set[str] = set()
        for root in self._roots():
            if root.subject not in seen:
                seen.add(root.subject)
                queue = deque([root])
                while queue:
                    page = queue.popleft()
                    self.met.append(page)
                    for target in self._newly_linked(page):
                        if target.subject not in seen:
                            seen.add(target.subject)
                            queue.append(target)

    def _roots(self) -> Iterator[Page]:
        if self.start is not None:
            yield self.start
        yield from (self.crawl.pages[subject] for subject in sorted(self.crawl.pages))

    def _newly_linked(self, page: Page) -> Iterator[Page]:
        """The pages that `page` is the first to link to; on the way, who uses the addresses with a problem."""
        settled = self._settled
        for link in page.links:
            if link.target not in settled:  # one look-up for nearly all of millions of links
                yield from self._take(page, link.target)
        if page.refresh:
            yield from self._take(page, page.refresh)

    def _take(self, page: Page, address: str) -> Iterator[Page]:
        users = self.users.get(address)
        if users is not None and (not users or users[-1] is not page):
            users.append(page)
        target = self.page(address)
        if target is not None and target.subject not in self.linked and target is not page:
            self.linked.add(target.subject)
            yield target
        if users is None and (target is None or target.subject in self.linked):
            self._settled.add(address)


def _is_trouble(response: Response) -> bool:
    return is_error(response.status) or response.loop or len(response.hops) > 1
