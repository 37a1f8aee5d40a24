"""A built folder, file by file: every page is there, so nothing has to be found by links."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from autoresearch.config.model import Site
from autoresearch.errors import NotMeasuredError
from autoresearch.signals.site import sitemap
from autoresearch.signals.site.folder import Folder
from autoresearch.signals.site.gather import MAX_BYTES, MAX_SITEMAPS, SAY_EVERY, USUAL_SITEMAPS, Gathered, Say
from autoresearch.signals.site.model import Crawl, Response
from autoresearch.signals.site.mount import UnmountedReader
from autoresearch.signals.site.origin import infer, mount_of
from autoresearch.signals.site.page import Reader, UnreadableError
from autoresearch.signals.site.robots import Robots
from autoresearch.signals.site.urls import Place, absolute, identity, normal_path

_NOWHERE = "https://site.invalid"
_GUESS_FROM = 100


class DiskCrawl(Gathered):
    """Raises `NotMeasuredError` where there is no folder, or no page in it."""

    def __init__(self, site: Site, root: Path, seeds: Sequence[str], say: Say) -> None:
        super().__init__("dist", site.crawl, say)
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
        mount = mount_of(self._site.url) if self._site.url else infer(self._named()) or infer(self._listed())
        origin, base = mount or (_NOWHERE, "/")
        place = Place(((origin, base),))
        self.crawl.origin = origin if mount else ""
        self.robots = Robots(self._content("/robots.txt", sitemap.MAX_BYTES))
        self._read_sitemaps(place)
        reader = Reader(place) if mount else UnmountedReader(place)
        self._read_pages(reader, origin + base.rstrip("/"))
        self._look_up(self._unproven(reader))
        return self.conclude("/")

    def _named(self) -> Iterator[tuple[str, str]]:
        """What pages call themselves."""
        reader = Reader(Place(()))
        for name in islice(self._folder.pages, _GUESS_FROM):
            address = self._folder.address(name)
            with suppress(UnreadableError, OSError):
                page = reader.read(self._folder.read(name, MAX_BYTES) or b"", _NOWHERE + address, address, address)
                yield from ((address, url) for url in page.canonicals[:1] if not url.startswith(_NOWHERE))

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

    def _read_pages(self, reader: Reader, base: str) -> None:
        names = self._folder.pages
        for folder in self._folder.unreadable:
            self.unread("/" + folder, "the folder cannot be read")
        if len(names) > self.limits.max_pages:
            self.crawl.complete = False
            self.unseen["…"] = f"{len(names) - self.limits.max_pages} pages past the limit of {self.limits.max_pages}"
        for number, name in enumerate(names[: self.limits.max_pages]):
            if number % SAY_EVERY == 0:
                self.say(f"read {number} of {len(names)} pages")
            address = self._folder.address(name)
            try:
                body = self._folder.read(name, MAX_BYTES)
            except OSError as error:
                self.unread(identity(address), f"cannot be read: {error.strerror or error}")
                continue
            self.statuses[address] = Response(address, 200, content_type="text/html")
            if body is None:
                self.unread(identity(address), f"larger than {MAX_BYTES // 1024 // 1024} MiB")
                continue
            try:
                page = reader.read(body, base + address, identity(address), address)
            except UnreadableError as error:
                self.unread(identity(address), str(error))
                continue
            page.file = os.fsencode(self._prefix + name).decode("utf-8", "replace")
            self.crawl.pages.setdefault(page.subject, page)

    def _unproven(self, reader: Reader) -> set[str]:
        """Addresses that may well exist outside of the folder."""
        if not isinstance(reader, UnmountedReader):
            return set()
        folder = self._folder
        there = (a for a in reader.from_root if folder.find(a) or folder.redirect(a) or folder.rewrite(a))
        return reader.unproven(self.crawl.pages.values(), {*self.statuses, *there})

    def _look_up(self, unproven: set[str]) -> None:
        wanted = deque(
            target
            for page in self.crawl.pages.values()
            for target in (
                *(link.target for link in page.links),
                *page.canonicals,
                *(a.target for a in page.alternates),
            )
        )
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
