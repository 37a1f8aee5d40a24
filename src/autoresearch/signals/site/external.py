"""Links to other sites: asked politely, never on a private network, never crawled."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from autoresearch.config.model import CrawlLimits
from autoresearch.signals.site.exchange import Answer
from autoresearch.signals.site.fetch import Fetcher, open_fetcher
from autoresearch.signals.site.model import Response

_PACE = 2.0
_MAX_HOPS = 10
_HOSTS_AT_ONCE = 16
_NO_HEAD = {400, 403, 404, 405, 406, 410, 429, 500, 501, 503}
"""Servers that mistreat HEAD answer so; the same question is then put with GET."""


def check(addresses: Sequence[str], *, limits: CrawlLimits, say: Callable[[str], None]) -> dict[str, Response]:
    """What each address answers in the end, by address. An answer that proves nothing (a timeout, a refused robot)
    has `status` 0 or its 4xx/5xx, and `error` where there was none: the caller decides what counts as broken."""
    return asyncio.run(_check(addresses, limits, say))


async def _check(addresses: Sequence[str], limits: CrawlLimits, say: Callable[[str], None]) -> dict[str, Response]:
    by_host: dict[str, list[str]] = defaultdict(list)
    for address in sorted(set(addresses)):
        by_host[urlsplit(address).hostname or ""].append(address)
    found: dict[str, Response] = {}
    room = asyncio.Semaphore(_HOSTS_AT_ONCE)
    deadline = asyncio.get_running_loop().time() + limits.time_limit

    async def host(fetcher: Fetcher, urls: list[str]) -> None:
        async with room:
            for url in urls:
                late = asyncio.get_running_loop().time() > deadline
                found[url] = Response(url, 0, error="not asked: out of time") if late else await _follow(fetcher, url)
                say(f"asked {len(found)} of {len(addresses)} external links")

    async with open_fetcher(None, limits.requests_per_second or _PACE) as fetcher:
        await asyncio.gather(*(host(fetcher, urls) for urls in by_host.values()))
    return dict(sorted(found.items()))


async def _follow(fetcher: Fetcher, url: str) -> Response:
    hops: list[str] = []
    here = url
    while len(hops) <= _MAX_HOPS:
        answer = await _ask(fetcher, here)
        if answer.location is None:
            return Response(url, answer.status, error=answer.error, hops=tuple(hops), content_type=answer.content_type)
        here = answer.location
        if here in hops or here == url:
            break
        hops.append(here)
    return Response(url, 0, error="redirects in a circle", hops=tuple(hops), loop=True)


async def _ask(fetcher: Fetcher, url: str) -> Answer:
    answer = await fetcher.get(url, method="HEAD")
    return await fetcher.get(url, limit=1 << 20, html_only=True) if answer.status in _NO_HEAD else answer
