"""A built folder, file by file: every page is there, so nothing has to be found by links."""

from __future__ import annotations

import asyncio
import os
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from autoresearch.config.model import Site
from autoresearch.errors import NotMeasuredError
from autoresearch.signals.site import sitemap
from autoresearch.signals.site.folder import Folder
from autoresearch.signals.site.gather import MAX_BYTES, MAX_SITEMAPS, SAY_EVERY, USUAL_SITEMAPS, Gathered, Say
from autoresearch.signals.site.model import Crawl, Page, Response
from autoresearch.signals.site.origin import infer, mount_of
from autoresearch.signals.site.parser import Parser, UnreadableError
from autoresearch.signals.site.robots import Robots
from autoresearch.signals.site.urls import Place, absolute, identity, normal_path

T = TypeVar("T")
_NOWHERE = "https://site.invalid"
_GUESS_FROM = 100
_BODY = re.compile(rb"</head|<body", re.IGNORECASE)
_AT_ONCE = 32
"""Pages that are in memory."""


class DiskCrawl(Gathered):
    """Raises `NotMeasuredError` where there is no folder, or no page in it."""

    def __init__(self, site: Site, root: Path, seeds: Sequence[str], say: Say, parser: Parser) -> None:
        super().__init__("dist", site.crawl, say)
        self._parser = parser
        self._site = site
        self._seeds = seeds
        self._prefix = "" if Path(site.dist or "") == Path() else Path(site.dist or "").as_posix() + "/"
        path = root / (site.dist or "")
        if not path.is_dir():
            raise NotMeasuredError(f"{path}: there is no such folder", hint="build the site first, or set `site.dist`")
        self._folder = Folder(path)
        if not self._folder.pages:
            raise NotMeasuredError(f"{path}: no HTML file in it", hint="build the site first, or set `site.dist`")

    def run(self) -> Crawl:
        """Read everything, then look up every address that something names."""
        asyncio.run(self._look())
        return self.conclude("/")

    async def _look(self) -> None:
        mount = mount_of(self._site.url) if self._site.url else infer(await self._named()) or infer(self._listed())
        origin, base = mount or (_NOWHERE, "/")
        place = Place(((origin, base),))
        self.crawl.origin = origin if mount else ""
        self.robots = Robots(self._content("/robots.txt", sitemap.MAX_BYTES))
        self._read_sitemaps(place)
        await self._read_pages(place, origin + base.rstrip("/"), mounted=mount is not None)
        self._look_up(self._unproven())

    async def _named(self) -> list[tuple[str, str]]:
        """What pages call themselves."""
        named = await _side_by_side(self._canonical, self._folder.pages[:_GUESS_FROM])
        return [vote for vote in named if vote]

    async def _canonical(self, name: str) -> tuple[str, str] | None:
        """Where a page is, and what its head calls canonical."""
        address = self._folder.address(name)
        with suppress(UnreadableError, OSError):
            head = _BODY.split(self._folder.read(name, MAX_BYTES) or b"", 1)[0]
            page = await self._parser.read(head, _NOWHERE + address, address, Place(()))
            return next(((address, url) for url in page.canonicals[:1] if not url.startswith(_NOWHERE)), None)
        return None

    def _listed(self) -> Iterator[tuple[str, str]]:
        """What robots.txt and the sitemaps call the files that are here: the longest end of a path that is one."""
        robots = Robots(self._content("/robots.txt", sitemap.MAX_BYTES))
        urls = list(robots.sitemaps)
        for name in USUAL_SITEMAPS:
            parsed = sitemap.parse(self._content(name, sitemap.MAX_BYTES) or b"")
            urls += [*parsed.children, *(url for url, _ in parsed.entries)]
        for url in urls[:_GUESS_FROM]:
            steps = normal_path(urlsplit(absolute(_NOWHERE, url) or "").path).split("/")
            ends = ("/" + "/".join(steps[start:]) for start in range(1, len(steps)))
            yield next((end for end in ends if self._folder.find(end)), "/"), url

    def _content(self, address: str, limit: int) -> bytes | None:
        name = address.lstrip("/")
        return self._folder.read(name, limit) if self._folder.find(address) == name else None

    def _read_sitemaps(self, place: Place) -> None:
        named = [place.inward(url) or url for url in self.robots.sitemaps]
        usual = [name for name in USUAL_SITEMAPS if self._folder.find(name) == name[1:]][:1]
        queue = deque(dict.fromkeys([*named, *usual]))
        seen: set[str] = set()
        while queue and len(seen) < MAX_SITEMAPS:
            name = queue.popleft()
            if name in seen or not name.startswith("/"):
                continue
            seen.add(name)
            if (body := self._content(name, sitemap.MAX_BYTES)) is None:
                self.sitemap_error(name, "there is no such file, or it is larger than 50 MiB")
            else:
                self.add_sitemap(name, body, place, queue)
        self.leave_sitemaps(queue)

    async def _read_pages(self, place: Place, base: str, *, mounted: bool) -> None:
        names = self._folder.pages
        for folder in self._folder.unreadable:
            self.cut_off("/" + folder, "the folder cannot be read")
        if len(names) > self.limits.max_pages:
            self.cut_off("…", f"{len(names) - self.limits.max_pages} pages past the limit of {self.limits.max_pages}")

        async def read(name: str) -> Page | None:
            return await self._read_page(name, place, base, mounted=mounted)

        for page in await _side_by_side(read, names[: self.limits.max_pages]):
            if page is not None:
                self.crawl.pages.setdefault(page.subject, page)

    async def _read_page(self, name: str, place: Place, base: str, *, mounted: bool) -> Page | None:
        address = self._folder.address(name)
        subject = identity(address)
        if len(self.statuses) % SAY_EVERY == 0:
            self.say(f"read {len(self.statuses)} pages")
        try:
            body = self._folder.read(name, MAX_BYTES)
            self.statuses[address] = Response(address, 200, content_type="text/html")
            if body is None:
                raise UnreadableError(f"larger than {MAX_BYTES // 1024 // 1024} MiB")
            page = await self._parser.read(body, base + address, address, place, subject=subject, mounted=mounted)
        except OSError as error:
            self.unread(subject, f"cannot be read: {error.strerror or error}")
        except UnreadableError as error:
            self.unread(subject, str(error))
        else:
            page.file = os.fsencode(self._prefix + name).decode("utf-8", "replace")
            return page
        return None

    def _unproven(self) -> set[str]:
        """Root-relative addresses that may well exist outside of the folder, whose address nobody has said.

        None of them is in the folder, while relative ones are: the site moves about by relative links, and its root is
        not the host's.
        """
        from_root, folder = self._parser.from_root, self._folder
        if any(a in self.statuses or folder.find(a) or folder.redirect(a) or folder.rewrite(a) for a in from_root):
            return set()
        pages = self.crawl.pages.values()
        moves = any(link.target in self.statuses for page in pages for link in page.links if link.target != page.url)
        return from_root if moves else set()

    def _look_up(self, unproven: set[str]) -> None:
        pages = self.crawl.pages.values()
        wanted = deque({link.target for page in pages for link in page.links})
        wanted.extend(target for page in pages for target in (*page.canonicals, *(a.target for a in page.alternates)))
        wanted.extend(self.crawl.sitemaps.entries)
        wanted.extend(self._seeds)
        seen: set[str] = set()
        while wanted:
            address = wanted.popleft()
            if address in seen or not address.startswith("/") or address in unproven:
                continue
            seen.add(address)
            if not self.robots.allows(address):
                self.crawl.disallowed[address] = ""
            if address in self.statuses:
                continue
            self.statuses[address] = Response(address, 404)
            if redirect := self._folder.redirect(address):
                self.statuses[address].status, self.locations[address] = redirect
                wanted.append(self.locations[address])
            elif self._folder.find(address) or self._folder.rewrite(address):
                self.statuses[address].status = 200


async def _side_by_side(work: Callable[[str], Awaitable[T]], names: Sequence[str]) -> list[T | None]:
    """What `work` makes of each name, in their order; few are under way at once."""
    outcomes: list[T | None] = [None] * len(names)
    queue = enumerate(names)

    async def take() -> None:
        for place, name in queue:
            outcomes[place] = await work(name)

    await asyncio.gather(*(take() for _ in range(_AT_ONCE)))
    return outcomes
