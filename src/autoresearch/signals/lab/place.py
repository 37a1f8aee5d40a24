"""Where a browser finds the site: the live one, a preview, a served command, or the built folder, served by us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from autoresearch.errors import NotMeasuredError
from autoresearch.signals.context import Signals
from autoresearch.signals.lab.static import serving
from autoresearch.signals.site.folder import Folder
from autoresearch.signals.site.model import PREVIEW, Source
from autoresearch.signals.site.origin import mount_of
from autoresearch.signals.site.urls import Place as Mounts
from autoresearch.signals.site.urls import identity


@dataclass(frozen=True)
class Place:
    """The address of the site's root, ending in a slash, and what kind of source that is."""

    root: str
    source: Source
    folder: Folder | None = None

    def url(self, path: str) -> str:
        """The absolute address of a path of the site; of a folder's page, the one that a host shows it under."""
        if self.folder is not None and (name := self.folder.find(path)):
            path = self.folder.address(name)
        return self.root + path.removeprefix("/")

    def subject(self, url: str) -> str | None:
        """The page that an absolute address is, as findings name it; None for another site's."""
        origin, base = mount_of(self.root)
        path = Mounts(((origin, base),)).inward(url)
        return None if path is None else identity(path)


@contextmanager
def open_place(signals: Signals) -> Iterator[Place]:
    """The place to look at, for as long as the context lasts. Raises `NotMeasuredError` where there is none."""
    with ExitStack() as stack:
        yield _place(signals, stack)


def _place(signals: Signals, stack: ExitStack) -> Place:
    site = signals.site_settings
    if signals.look_at is not None:
        return Place(_root(signals.look_at), PREVIEW)
    if site is None:
        raise NotMeasuredError("no site is configured", hint="add `site: {source: dist, dist: dist/}` to the config")
    site = signals.secrets.resolved(site)
    if site.source == "serve":
        return Place(_root(signals.served()), "serve")
    if site.source == "live":
        return Place(_root(site.url or ""), "live")
    path = signals.root / (site.dist or "")
    if not path.is_dir():
        raise NotMeasuredError(f"{path}: there is no such folder", hint="build the site first, or set `site.dist`")
    folder, base = Folder(Path(path)), mount_of(site.url)[1] if site.url else "/"
    return Place(stack.enter_context(serving(folder, base)), "dist", folder)


def _root(url: str) -> str:
    origin, base = mount_of(url)
    return (origin or url.rstrip("/")) + base if urlsplit(url).scheme else url
