"""Every call to GitHub goes through here: plain data in and out, counted, spaced, bounded, and retried with care."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

from autoresearch.core.plain import plain
from autoresearch.errors import PublishError
from autoresearch.github.errors import GitHubError, Invalid, Unavailable
from autoresearch.github.refusal import backoff, refusal, seconds_until_retry, unreachable

if TYPE_CHECKING:
    from autoresearch.github.exchange import Answer, Exchange

ACTIONS_BOT = "github-actions[bot]"
"""Whom a workflow's own token writes as."""
TRIES = 4
LONGEST_WAIT = 180.0
"""Seconds that one call waits in all: a job costs money while it sleeps."""
_ANSWER_BYTES = 64 << 20
_PAGES = 300
_TIMEOUT = 30.0

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")


class Hub:
    """The API of one repository.

    Paths are what follows `/repos/OWNER/NAME`, as plain text: they are quoted here. Raises `GitHubError` (see
    `errors.py`), whose text never has the token in it. Not for several threads.
    """

    def __init__(
        self,
        exchange: Exchange,
        repository: str,
        server_url: str,
        *,
        pace: float,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
    ) -> None:
        self.repository = repository
        self.server_url = server_url
        self.reads = 0
        self.writes = 0
        self._exchange = exchange
        self._pace = pace
        self._sleep = sleep
        self._clock = clock
        self._last_write = -math.inf
        self._login: str | None = None

    def read(self, path: str, **query: str | int) -> Any:
        """The JSON at a path."""
        return self._call("GET", path, query).data()

    def pages(self, path: str, **query: str | int) -> Iterator[dict[str, Any]]:
        """Every item of every page, as they come, out of the list or of the one list in the object."""
        following: dict[str, Any] = {"per_page": 100} | query
        for _ in range(_PAGES):
            answer = self._call("GET", path, following)
            yield from self._items(answer, path)
            if not (following := _next_page(answer.header("link"))):
                return
        raise Invalid(f"GitHub has more than {_PAGES} pages at {self._name(path)}: the rest is not read")

    def write(self, verb: str, path: str, body: dict[str, Any] | None = None, *, again: bool = True) -> Any:
        """POST, PATCH, PUT or DELETE; the JSON that came back, or None.

        `again=False` is for what must not happen twice (GitHub's creates): when nobody knows whether the request
        arrived it is not repeated, and `Unavailable` has `maybe_done`.
        """
        answer = self._call(verb, path, {}, body, again=again)
        return answer.data() if answer.ok else None

    def download(self, path: str, limit: int) -> bytes:
        """The file behind a path, through a redirect to which the token does not go. Raises `TooLarge`."""
        return self._call("GET", path, {}, limit=limit, away=True).content

    def login(self) -> str:
        """Whom the token writes as: a person, or an App's `name[bot]`; empty where GitHub does not say. Asked once.

        REST tells only persons (`/user`); GraphQL's viewer is also known to the tokens of workflows and Apps.
        """
        if self._login is None:
            self.reads += 1
            self._login = self._exchange.viewer()
        return self._login

    def _call(
        self,
        verb: str,
        path: str,
        query: dict[str, Any],
        body: dict[str, Any] | None = None,
        *,
        again: bool = True,
        limit: int | None = None,
        away: bool = False,
    ) -> Answer:
        from autoresearch.github.exchange import LostError

        url, limit = self._url(path), _ANSWER_BYTES if limit is None else limit
        waited, maybe_done = 0.0, False
        for attempt in range(1, TRIES + 1):
            self._count(verb)
            try:
                answer = self._exchange.send(verb, url, query, body, limit=limit, fresh=not again, away=away)
            except LostError as lost:
                maybe_done |= lost.sent and verb != "GET"
                error: GitHubError = unreachable(verb, self._name(path), str(lost))
                wait = None if lost.final or (lost.sent and not again) else backoff(attempt)
            else:
                if answer.ok and (away or answer.is_json):
                    return answer
                if maybe_done and verb == "DELETE" and answer.status in (404, 410, 422):
                    return answer  # an earlier try did it
                in_doubt = answer.ok or answer.status >= 500
                maybe_done |= in_doubt and verb != "GET"
                error = refusal(verb, path, self._name(path), answer)
                wait = None if in_doubt and not again else seconds_until_retry(answer, attempt)
            if isinstance(error, Unavailable):
                error.maybe_done = maybe_done
            if wait is None or attempt == TRIES or waited + wait > LONGEST_WAIT:
                raise error
            self._sleep(wait)
            waited += wait
        raise AssertionError("unreachable")

    def _url(self, path: str) -> str:
        if any(part in (".", "..") for part in path.split("/")):
            raise Invalid(f"{plain(path)} is not a path of GitHub's API")
        return f"/repos/{self.repository}{quote(path)}"

    def _count(self, verb: str) -> None:
        if verb == "GET":
            self.reads += 1
            return
        self.writes += 1
        if (early := self._last_write + self._pace - self._clock()) > 0:
            self._sleep(early)
        self._last_write = self._clock()

    def _name(self, path: str) -> str:
        return plain(f"/repos/{self.repository}{path}", 200)

    def _items(self, answer: Answer, path: str) -> list[dict[str, Any]]:
        data = answer.data()
        if isinstance(data, dict):
            data = next((value for value in data.values() if isinstance(value, list)), None)
        if not isinstance(data, list):
            raise Unavailable(f"GitHub's answer at {self._name(path)} is no list", status=answer.status)
        return [item for item in data if isinstance(item, dict)]


def connect(
    repository: str,
    token: str,
    api_url: str,
    server_url: str = "https://github.com",
    *,
    pace: float = 1.0,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    timeout: float = _TIMEOUT,
) -> Hub:
    """The hub of `owner/name`; `pace` is the seconds between two writes. No call is made yet. Raises `PublishError`."""
    from autoresearch.github.exchange import Exchange, check_token

    if not _REPOSITORY.fullmatch(repository):
        raise PublishError(f"{plain(repository)!r} is no repository of GitHub's", hint="it is named OWNER/NAME")
    if urlsplit(api_url).scheme not in ("http", "https") or not urlsplit(api_url).hostname:
        raise PublishError(f"{plain(api_url)!r} is no address of GitHub's API", hint="such as https://api.github.com")
    exchange = Exchange(check_token(token), api_url.rstrip("/"), timeout=timeout)
    return Hub(exchange, repository, server_url.rstrip("/"), pace=pace, sleep=sleep, clock=clock)


def _next_page(link: str) -> dict[str, str]:
    """The query of the following page; its host and path are not followed."""
    for part in link.split(","):
        url, _, rest = part.partition(";")
        if 'rel="next"' in rest:
            return dict(parse_qsl(urlsplit(url.strip().strip("<>")).query))
    return {}
