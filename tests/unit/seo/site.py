"""A small site made by hand: healthy until a test breaks something."""

from __future__ import annotations

import datetime as dt
from array import array
from pathlib import Path
from typing import Any

from autoresearch.config.model import Site as SiteSettings
from autoresearch.config.secrets import Secrets
from autoresearch.core.measurement import Measurement
from autoresearch.loops.seo import Seo, Settings
from autoresearch.signals.context import Signals
from autoresearch.signals.site.model import Crawl, Link, Page, Response, SitemapEntry, anchors_of
from autoresearch.signals.site.urls import identity

NOW = dt.datetime(2026, 10, 5, 6, 0, tzinfo=dt.UTC)
ORIGIN = "https://shop.example"


class Site:
    """Three pages, `/`, `/about/` and `/team/`, that link to each other and say everything right."""

    def __init__(self, *more: str) -> None:
        self.crawl = Crawl(origin=ORIGIN, source="live")
        self.crawl.sitemaps.files.append("/sitemap.xml")
        urls = ["/", "/about/", "/team/", *more]
        for url in urls:
            self.add(url, links=[other for other in urls if other != url])

    def add(self, url: str, links: list[str] | None = None, *, listed: bool = True, **facts: Any) -> Page:
        """A healthy page, but for what `facts` say."""
        subject = identity(url)
        said: dict[str, Any] = {
            "title": f"Title of {subject}",
            "description": f"What {subject} is about.",
            "h1": 1,
            "lang": "en",
            "canonicals": (url,),
            "text_hash": f"hash of {subject}",
            "words": 300,
            "depth": 1,
        }
        page = Page(subject=subject, url=url, **{**said, **facts})
        page.links = tuple(as_link(link) for link in links or ())
        self.crawl.pages[subject] = page
        self.answers(url, 200, seconds=0.1)
        if listed:
            self.lists(url)
        return page

    def __getitem__(self, subject: str) -> Page:
        return self.crawl.pages[subject]

    def answers(self, address: str, status: int, *hops: str, **more: Any) -> None:
        self.crawl.responses[address] = Response(address, status, hops=hops, **more)

    def lists(self, url: str, lastmod: str | None = None) -> None:
        self.crawl.sitemaps.entries[url] = SitemapEntry(url, lastmod, "/sitemap.xml")

    def links(self, subject: str, *links: str) -> None:
        self[subject].links += tuple(as_link(link) for link in links)

    def without(self, address: str) -> None:
        """Nobody links to an address any more."""
        for page in self.crawl.pages.values():
            page.links = tuple(link for link in page.links if link.target != address)

    def measured(self, **settings: Any) -> Measurement:
        signals = Fixed(Path(), SiteSettings(url=ORIGIN), NOW, Secrets({}))
        signals.crawl = self.crawl
        return Seo("seo", Settings(**settings)).measure(signals)

    def findings(self, **settings: Any) -> list[tuple[str, str, str]]:
        """(rule, subject, key) of everything that is found."""
        return [(f.rule.removeprefix("seo/"), f.subject, f.key) for f in self.measured(**settings).findings]

    def message(self, rule: str) -> str:
        return next(f.message for f in self.measured().findings if f.rule == f"seo/{rule}")


class Fixed(Signals):
    """A world whose site has been crawled before."""

    crawl: Crawl
    outside: dict[str, Response]

    def site(self) -> Crawl:
        return self.crawl

    def external(self, addresses: frozenset[str]) -> dict[str, Response]:
        return {address: response for address, response in self.outside.items() if address in addresses}


def as_link(text: str) -> Link:
    target, _, fragment = text.partition("#")
    return Link(target, fragment)


def anchors(*names: str) -> array[int]:
    return anchors_of(names)
