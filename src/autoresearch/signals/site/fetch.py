"""One request at a time, politely and within limits; redirects are told, not followed."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

from autoresearch import __version__
from autoresearch.signals.site.gather import MAX_BYTES
from autoresearch.signals.site.guard import connector_options, is_loopback, is_public, refused
from autoresearch.signals.site.urls import MAX_LENGTH

MAX_SECONDS = 30.0
RETRIES = 2
BACKOFF = 0.5
"""Seconds before the first retry; doubled for each further one."""
_MAX_RETRY_AFTER = 10.0
_CONCURRENCY_LOCAL = 32
_CONCURRENCY_PUBLIC = 8
_DEFAULT_PACE = 10.0
_ENCODED = re.compile(r"[!-~]+")
_RETRY = {429, 500, 502, 503, 504}
_REDIRECTS = {301, 302, 303, 307, 308}
USER_AGENT = f"autoresearch/{__version__} (site monitor)"
_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate",
}


@dataclass(slots=True)
class Answer:
    """What one address said, redirects not followed. `status` 0: nothing, and `error` says why."""

    status: int = 0
    body: bytes = b""
    location: str | None = None
    """The absolute target of a redirect."""
    error: str = ""
    seconds: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    """Case does not matter in its names."""

    @property
    def content_type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_html(self) -> bool:
        """Whether the body is a document; one without a type is taken at its word."""
        kind = self.content_type
        return kind in {"text/html", "application/xhtml+xml"} or (not kind and self.body.lstrip()[:1] == b"<")


class Fetcher:
    """Requests to one host, or to many: each host at its own pace."""

    def __init__(self, session: aiohttp.ClientSession, own_host: str | None, pace: float | None) -> None:
        self._session = session
        self._own_host = own_host
        self._pace = pace
        self._next: dict[str, float] = {}
        self.local = own_host is not None and is_loopback(own_host)
        self.delay = 0.0
        """Seconds between two requests that robots.txt asks for."""

    @property
    def concurrency(self) -> int:
        """How many requests may be under way."""
        return _CONCURRENCY_LOCAL if self.local else _CONCURRENCY_PUBLIC

    async def get(self, url: str, *, method: str = "GET", limit: int = MAX_BYTES, html_only: bool = False) -> Answer:
        """Ask, and ask again where that may help. Never raises for what a server does."""
        host = _host(url)
        if why := refused(host, self._own_host):
            return Answer(error=f"not asked: {why}")
        answer = Answer()
        for attempt in range(RETRIES + 1):
            await self._wait_for_turn(host or "")
            answer = await self._once(url, method, limit, html_only)
            again = answer.status in _RETRY or (answer.status == 0 and answer.error.startswith("connection"))
            if not again or attempt == RETRIES:
                break
            await asyncio.sleep(min(_retry_after(answer) or BACKOFF * 2**attempt, _MAX_RETRY_AFTER))
        return answer

    async def _wait_for_turn(self, host: str) -> None:
        gap = 1 / self._pace if self._pace else 0.0 if self.local else 1 / _DEFAULT_PACE
        gap = max(gap, self.delay)
        if not gap:
            return
        now = time.monotonic()
        turn = max(now, self._next.get(host, now))
        self._next[host] = turn + gap
        if turn > now:
            await asyncio.sleep(turn - now)

    async def _once(self, url: str, method: str, limit: int, html_only: bool) -> Answer:
        began = time.monotonic()
        try:
            address = URL(url, encoded=_ENCODED.fullmatch(url) is not None)
            async with self._session.request(method, address, allow_redirects=False) as response:
                headers = response.headers
                answer = Answer(response.status, headers=headers)
                if response.status in _REDIRECTS:
                    answer.location = _location(url, headers.get("location", ""))
                    if answer.location is None:
                        answer.error = "redirects without a usable Location"
                elif method == "GET" and (not html_only or answer.is_html or not answer.content_type):
                    answer.body = await _read(response, limit)
        except _TooLargeError:
            answer = Answer(error=f"larger than {limit // 1024 // 1024} MiB")
        except TimeoutError:
            answer = Answer(error=f"no complete answer within {MAX_SECONDS:g} s")
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError, ssl.SSLError) as error:
            answer = Answer(error=f"TLS: {error}"[:300])
        except aiohttp.ClientConnectorDNSError as error:
            answer = Answer(error=f"DNS: {error.host}: {error.os_error}"[:300])
        except (aiohttp.ClientConnectionError, OSError) as error:
            answer = Answer(error=f"connection: {error or type(error).__name__}"[:300])
        except (aiohttp.ClientError, ValueError, UnicodeError) as error:
            answer = Answer(error=f"unreadable answer: {error or type(error).__name__}"[:300])
        answer.seconds = time.monotonic() - began
        return answer


class _TooLargeError(Exception):
    pass


@asynccontextmanager
async def open_fetcher(start: str | None, pace: float | None) -> AsyncIterator[Fetcher]:
    """A fetcher that may reach what is public, and besides it the private host of `start`, if it is one."""
    host = urlsplit(start).hostname if start else None
    own_host = host if host and await _is_private(host) else None
    connector = aiohttp.TCPConnector(
        limit=_CONCURRENCY_LOCAL * 2, limit_per_host=_CONCURRENCY_LOCAL, **connector_options(own_host)
    )
    timeout = aiohttp.ClientTimeout(total=MAX_SECONDS)
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        headers=_HEADERS,
        cookie_jar=aiohttp.DummyCookieJar(),
        max_line_size=16_384,
    ) as session:
        yield Fetcher(session, own_host, pace)


async def _is_private(host: str) -> bool:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return not all(is_public(str(entry[4][0])) for entry in found)


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    if (length := response.content_length) is not None and length > limit:
        raise _TooLargeError
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > limit:
            raise _TooLargeError
        chunks.append(chunk)
    return b"".join(chunks)


def _location(url: str, location: str) -> str | None:
    if not location or len(location) > MAX_LENGTH:
        return None
    try:
        target = urljoin(url, location)
        return target.partition("#")[0] if urlsplit(target).hostname else None
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _host_of_origin(origin: str) -> str | None:
    return urlsplit(origin).hostname


def _host(url: str) -> str | None:
    end = url.find("/", len("https://"))
    return _host_of_origin(url if end < 0 else url[:end])


def _retry_after(answer: Answer) -> float | None:
    value = answer.headers.get("retry-after", "")
    return float(value) if value.isdigit() else None
