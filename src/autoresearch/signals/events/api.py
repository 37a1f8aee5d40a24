"""Asking a provider: JSON over HTTPS, patient with busy servers, bounded, and silent about keys."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from autoresearch.errors import NotMeasuredError
from autoresearch.signals.events.engine import told

if TYPE_CHECKING:
    import httpx

TRIES = 5
LONGEST_WAIT = 120.0
"""Seconds that one answer is waited for before the next try; a server that wants more is not asked again."""
_MAX_BYTES = 100_000_000
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Api:
    """One provider's API. Everything that goes wrong is a `NotMeasuredError`, without the key that was sent."""

    def __init__(
        self,
        name: str,
        host: str,
        key: str,
        *,
        time_limit: float,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self.name = name
        self._base = _address(name, host)
        self._key = key
        self._limit = time_limit
        self._sleep = sleep
        self._now = now
        self._client: httpx.Client | None = None

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer's object."""
        problem = ""
        for attempt in range(1, TRIES + 1):
            wait, problem, answer = self._once(path, body, attempt)
            if answer is not None:
                return answer
            if wait > LONGEST_WAIT:
                break
            if attempt < TRIES:
                self._sleep(wait)
        raise NotMeasuredError(f"{self.name}: {problem}", hint="try later; what was read before is kept")

    def close(self) -> None:
        """End the connection."""
        if self._client is not None:
            self._client.close()

    def _once(self, path: str, body: Mapping[str, Any], attempt: int) -> tuple[float, str, dict[str, Any] | None]:
        """How long to wait before the next try, why that is needed, and the answer when there is one."""
        import httpx

        patience = 2.0**attempt
        try:
            with self._http().stream("POST", self._base + path, json=body) as response:
                content = self._read(response)
        except httpx.TransportError as error:
            return patience, f"no whole answer: {self._without_key(told(error)) or type(error).__name__}", None
        if response.status_code == 429 or response.status_code >= 500:
            wait = self._asked_to_wait(response.headers.get("retry-after")) or patience
            return wait, f"answers {response.status_code}{self._words(content)}", None
        if response.status_code != 200:
            raise self._refusal(response.status_code, content)
        answer = _json(content)
        if answer is None:
            return patience, f"answers something that is no JSON: {_start(content)}", None
        return 0.0, "", answer

    def _http(self) -> httpx.Client:
        import httpx

        if self._client is None:
            headers = {"Authorization": f"Bearer {self._key}", "User-Agent": "autoresearch"}
            self._client = httpx.Client(headers=headers, timeout=self._limit, follow_redirects=False)
        return self._client

    def _read(self, response: httpx.Response) -> bytes:
        content = bytearray()
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > _MAX_BYTES:
                raise NotMeasuredError(f"{self.name}: an answer of more than {_MAX_BYTES // 1_000_000} MB")
        return bytes(content)

    def _refusal(self, status: int, content: bytes) -> NotMeasuredError:
        hints = {
            401: "is the key right, and has it not expired?",
            403: "the key may not read this: which rights it needs stands in docs/signals",
            404: "check the project, site or property",
        }
        return NotMeasuredError(f"{self.name}: answers {status}{self._words(content)}", hint=hints.get(status, ""))

    def _words(self, content: bytes) -> str:
        """What the server says of an error, in whichever field it says so."""
        answer = _json(content) or {}
        error = answer.get("error", answer.get("detail", answer.get("message")))
        if isinstance(error, Mapping):
            error = error.get("message")
        words = told(ValueError(error)) if isinstance(error, str) else ""
        return f": {self._without_key(words)}" if words else ""

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "***") if len(self._key) > 2 else text

    def _asked_to_wait(self, text: str | None) -> float | None:
        """Seconds of a Retry-After header, which has seconds or a date (RFC 9110, 10.2.3)."""
        if not text:
            return None
        if text.strip().isdecimal():
            return float(text)
        try:
            return max(0.0, (parsedate_to_datetime(text) - self._now()).total_seconds())
        except (TypeError, ValueError):
            return None


def _address(name: str, host: str) -> str:
    """The API's root. A key goes over an encrypted connection, or to this machine."""
    parts = urlsplit(host)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise NotMeasuredError(f"{name}: {host} is no https:// address", hint="a key is not sent in the open")
    return host.rstrip("/")


def _json(content: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _start(content: bytes) -> str:
    return told(ValueError(content[:80].decode("utf-8", "replace"))) or "nothing"
