"""Requests, politely and within limits: each host at its own pace, asked again where that may help."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pycurl

from autoresearch.signals.site.exchange import Answer, Exchange, encoded, new_handle
from autoresearch.signals.site.gather import MAX_BYTES
from autoresearch.signals.site.guard import is_loopback, is_public, refused
from autoresearch.signals.site.transfers import Transfers, open_transfers
from autoresearch.signals.site.urls import is_same_site

RETRIES = 2
BACKOFF = 0.5
"""Seconds before the first retry; doubled for each further one."""
_MAX_RETRY_AFTER = 10.0
_CONCURRENCY_LOCAL = 32
_CONCURRENCY_PUBLIC = 8
_DEFAULT_PACE = 10.0
_MAX_REMEMBERED = 10_000
_RETRY = {429, 500, 502, 503, 504}


class Fetcher:
    """Requests to one host, or to many: each host at its own pace."""

    def __init__(self, transfers: Transfers, own: str | None, pace: float | None) -> None:
        self._transfers = transfers
        self._idle: list[pycurl.Curl] = []
        self._own = own
        self._pace = pace
        self._next: dict[str, float] = {}
        self._hosts: dict[str, tuple[str | None, bool]] = {}
        self.local = own is not None and is_loopback(urlsplit(own).hostname or "")
        self.delay = 0.0
        """Seconds between two requests that robots.txt asks for; a configured pace goes before it."""

    @property
    def concurrency(self) -> int:
        """How many requests may be under way."""
        return _CONCURRENCY_LOCAL if self.local else _CONCURRENCY_PUBLIC

    async def get(self, url: str, *, method: str = "GET", limit: int = MAX_BYTES, html_only: bool = False) -> Answer:
        """Ask, and ask again where that may help. Never raises for what a server does."""
        host, own = self._host(url)
        if why := refused(host, host if own else None):
            return Answer(error=f"not asked: {why}")
        answer = Answer()
        for attempt in range(RETRIES + 1):
            await self._wait_for_turn(host or "")
            answer = await self._once(url, Exchange(method, limit, html_only, private=own))
            again = answer.status in _RETRY or (answer.status == 0 and answer.error.startswith(("connection", "DNS")))
            if not again or attempt == RETRIES:
                break
            await asyncio.sleep(min(_retry_after(answer) or BACKOFF * 2**attempt, _MAX_RETRY_AFTER))
        return answer

    def _host(self, url: str) -> tuple[str | None, bool]:
        """The host of a URL, and whether it is the private one that the user named, on its own port."""
        end = url.find("/", len("https://"))
        origin = url if end < 0 else url[:end]
        if origin not in self._hosts:
            if len(self._hosts) >= _MAX_REMEMBERED:
                self._hosts.clear()
            self._hosts[origin] = urlsplit(origin).hostname, self._own is not None and is_same_site(self._own, origin)
        return self._hosts[origin]

    async def _wait_for_turn(self, host: str) -> None:
        if self.local and not self._pace:  # a served copy of the site may keep the robots.txt of the real one
            return
        gap = 1 / self._pace if self._pace else max(1 / _DEFAULT_PACE, self.delay)
        now = time.monotonic()
        turn = max(now, self._next.get(host, now))
        self._next[host] = turn + gap
        if turn > now:
            await asyncio.sleep(turn - now)

    async def _once(self, url: str, exchange: Exchange) -> Answer:
        began = time.monotonic()
        try:
            curl = self._idle.pop() if self._idle else new_handle()
            exchange.prepare(curl, encoded(url))
            await self._transfers.perform(curl)
            error = ""
        except pycurl.error as failure:
            error = exchange.explain(*failure.args)
        except UnicodeError as failure:
            return Answer(error=f"not an address: {failure}"[:300])
        answer = exchange.answer(url, curl.getinfo(pycurl.RESPONSE_CODE), error)
        answer.seconds = time.monotonic() - began
        self._idle.append(curl)
        return answer


@asynccontextmanager
async def open_fetcher(start: str | None, pace: float | None) -> AsyncIterator[Fetcher]:
    """A fetcher that may reach what is public, and besides it the private origin of `start`, if it is one."""
    host = urlsplit(start).hostname if start else None
    own = start if host and await _is_private(host) else None
    async with open_transfers() as transfers:
        yield Fetcher(transfers, own, pace)


async def _is_private(host: str) -> bool:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return not all(is_public(str(entry[4][0])) for entry in found)


def _retry_after(answer: Answer) -> float | None:
    value = answer.headers.get("retry-after", "")
    return float(value) if value.isdigit() else None
