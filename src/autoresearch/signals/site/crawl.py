"""Look at a site once, from wherever it can be seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from autoresearch.config.model import Site
from autoresearch.signals.site.gather import Say
from autoresearch.signals.site.model import PREVIEW, Crawl
from autoresearch.signals.site.parser import open_parser

_FOR_A_FOLDER = 2
"""Parsers: over HTTP there is other work to do meanwhile, and one is enough."""


def crawl(
    site: Site,
    root: Path,
    *,
    seeds: Sequence[str] = (),
    also: Sequence[str] = (),
    at: str | None = None,
    served: Callable[[], str] | None = None,
    stack: ExitStack,
    say: Say,
) -> Crawl:
    """Look at the configured source, or at a preview of it: `at`.

    `seeds` are paths that earlier runs saw: they are asked for, but count as no way. `also`: what
    is to be read of each document besides (`Page.facts`). `served` says where the command's site is, if that runs for
    others too; else it is started here, and `stack` ends it.

    Raises `NotMeasuredError` when there is nothing to look at.
    """
    source = PREVIEW if at else site.source
    with open_parser(_FOR_A_FOLDER if source == "dist" else 1, tuple(also)) as parser:
        if source == "dist":
            from autoresearch.signals.site.disk import DiskCrawl

            return DiskCrawl(site, root, seeds, say, parser).run()

        from autoresearch.signals.site.http import HttpCrawl
        from autoresearch.signals.site.serve import serve

        start = at or site.url or ""
        if source == "serve":
            start = served() if served else serve(site.serve or "", root, stack=stack, say=say)
        return HttpCrawl(site, source, start, seeds, say, parser).run()
