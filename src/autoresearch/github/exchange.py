"""One request to GitHub and its answer, over PyGithub's requester. Imported late: PyGithub takes its time.

PyGithub brings the token's header, the base address and the API's version. Its own retries repeat a POST as well,
and its connections read answers of any size, so both are ours: one connection class here, the retries in `hub.py`.
"""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import github
import requests
from github.Requester import HTTPRequestsConnectionClass, Requester, RequestsResponse
from requests.exceptions import ConnectTimeout, ProxyError, SSLError
from urllib3.exceptions import MaxRetryError, NewConnectionError

from autoresearch import __version__
from autoresearch.core.plain import plain
from autoresearch.errors import PublishError
from autoresearch.github.errors import TooLarge

API_VERSION = "2022-11-28"
_CONNECT_SECONDS = 10.0
_HOPS = 5
_CHUNK = 1 << 16


class LostError(Exception):
    """No answer came. `sent`: the request may have arrived; `final`: trying again would not help."""

    def __init__(self, why: str, *, sent: bool, final: bool = False) -> None:
        super().__init__(why)
        self.sent = sent
        self.final = final


class Answer(RequestsResponse):
    """What came back, whole and within its limit."""

    def __init__(self, response: requests.Response, content: bytes) -> None:
        super().__init__(response)
        self.content = content

    def read(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    @property
    def ok(self) -> bool:
        """Whether GitHub did what it was asked to."""
        return 200 <= self.status < 300

    def header(self, name: str) -> str:
        """A header's value, or nothing."""
        return str(self.headers.get(name, ""))

    def data(self) -> Any:
        """The body as JSON, None where there is none. Raises `ValueError` for anything else."""
        try:
            return json.loads(self.content) if self.content.strip() else None
        except RecursionError as error:
            raise ValueError("nested too deep") from error

    @property
    def is_json(self) -> bool:
        """Whether the body is what GitHub's API answers with; 204 has none."""
        try:
            return self.data() is not None or self.status == 204
        except ValueError:
            return False

    def message(self) -> str:
        """GitHub's own words for an error, as one harmless line."""
        try:
            data = self.data()
        except ValueError:
            return ""
        return plain(" ".join(_words(data))) if isinstance(data, dict) else ""

    @property
    def is_rate_limited(self) -> bool:
        """Whether GitHub did nothing at all because there were too many requests."""
        if self.status == 429:
            return True
        return self.status == 403 and ("retry-after" in self.headers or Requester.isRateLimitError(self.message()))


class Exchange:
    """Sends one request at a time."""

    def __init__(self, token: str, api_url: str, *, timeout: float) -> None:
        client = github.Github(
            auth=github.Auth.Token(token),
            base_url=api_url,
            user_agent=f"autoresearch/{__version__}",
            api_version=API_VERSION,
            seconds_between_requests=None,
            seconds_between_writes=None,
            retry=None,
        )
        self._requester = client.requester
        self._api = urlsplit(api_url)
        self._timeout = timeout
        self._connection = _Connection(self._api, timeout)

    def send(
        self, verb: str, path: str, query: dict[str, Any], body: Any, *, limit: int, fresh: bool, away: bool
    ) -> Answer:
        """The answer, whatever its status. Raises `LostError`, and `TooLarge` past `limit` bytes.

        `fresh` takes a new connection: an old one that the server has just closed leaves in doubt whether a request
        arrived. `away` follows a redirect to another host, where the token does not go.
        """
        connection = _Connection(self._api, self._timeout) if fresh else self._connection
        connection.limit, connection.away = limit, away
        try:
            self._requester.requestJson(verb, path, query, {"Accept": "application/vnd.github+json"}, body, connection)
        except requests.RequestException as error:
            raise _lost(error) from None  # its text may quote headers
        finally:
            if fresh:
                connection.close()
        return connection.answer

    def viewer(self) -> str:
        """The login that the token belongs to; empty where GraphQL does not answer."""
        try:
            answer = self.send(
                "POST",
                self._requester.graphql_url,
                {},
                {"query": "query { viewer { login } }"},
                limit=1 << 20,
                fresh=False,
                away=False,
            )
            login = answer.data()["data"]["viewer"]["login"] if answer.ok else ""
        except (LostError, TooLarge, ValueError, KeyError, TypeError):
            return ""
        return str(login)


class _Session(requests.Session):
    """Leaves redirects alone: requests would read the whole of one, and look at where it leads, before we do."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere."""


class _Connection(HTTPRequestsConnectionClass):
    """PyGithub's connection, with redirects that do not leak and answers that have an end."""

    answer: Answer
    limit = 0
    away = False

    def __init__(self, api: SplitResult, timeout: float) -> None:
        super().__init__(api.netloc, retry=0)
        self.session = _Session()
        self.session.auth = Requester.noopAuth  # no .netrc
        self.base = f"{api.scheme}://{api.netloc}"
        self.seconds = timeout

    def getresponse(self) -> Answer:
        """Send what `request` noted."""
        url, headers = f"{self.base}{self.url}", self.headers
        for _ in range(_HOPS):
            with self._send(url, headers) as response:
                target = response.headers.get("location", "")
                if not (300 <= response.status_code < 400 and target):
                    self.answer = Answer(response, self._content(response))
                    return self.answer
                url = self._target(url, target)
                if _origin(url) != _origin(self.base):
                    headers = {"User-Agent": headers["User-Agent"]}
        raise LostError("GitHub redirects in a circle", sent=False, final=True)

    def _send(self, url: str, headers: dict[str, str]) -> requests.Response:
        response = self.session.request(
            self.verb,
            url,
            headers=headers,
            data=self.input,
            timeout=(_CONNECT_SECONDS, self.seconds),
            verify=self.verify,
            allow_redirects=False,
            stream=True,
        )
        if self.verb == "GET" and response.status_code == 202:
            response.status_code = 503  # not ready yet: PyGithub would ask without end
        return response

    def _target(self, url: str, location: str) -> str:
        try:
            target = urljoin(url, location)
            _origin(target)
        except ValueError:
            raise LostError("GitHub redirects to what is no address", sent=False, final=True) from None
        if _origin(target) == _origin(self.base):
            return target
        if not (self.away and self.verb == "GET"):
            raise LostError("GitHub redirects to another host: is the API's address right?", sent=False, final=True)
        if urlsplit(target).scheme not in ("https", urlsplit(self.base).scheme):
            raise LostError("GitHub redirects to an address that is not https", sent=False, final=True)
        return target

    def _content(self, response: requests.Response) -> bytes:
        content = bytearray()
        end = time.monotonic() + 10 * self.seconds
        for chunk in response.iter_content(_CHUNK):
            content += chunk
            if len(content) > self.limit:
                raise TooLarge(f"GitHub's answer is larger than {self.limit:,} bytes", status=response.status_code)
            if time.monotonic() > end:
                raise LostError("GitHub's answer takes too long", sent=True)
        return bytes(content)


def check_token(token: str) -> str:
    """A token that can be sent: no library gets to quote a broken one in an error. Raises `PublishError`."""
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise PublishError(
            "the GitHub token is not one",
            hint="pass the token itself, on one line: `github-token: ${{ github.token }}`",
        )
    return token


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port: who gets the token."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _lost(error: requests.RequestException) -> LostError:
    if isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return LostError("its certificate is not one that is trusted here", sent=False, final=True)
    if isinstance(error, ConnectTimeout | ProxyError) or _is_refused(error):
        return LostError("no connection to it", sent=False)
    if isinstance(error, requests.Timeout):
        return LostError("it did not answer in time", sent=True)
    return LostError("the connection broke", sent=True)


def _is_refused(error: requests.RequestException) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _words(data: dict[str, Any]) -> list[str]:
    """The message, and what GitHub says is wrong with single fields."""
    errors = data.get("errors")
    items = errors if isinstance(errors, list) else [errors]
    details = [item.get("message") or item.get("code") if isinstance(item, dict) else item for item in items[:5]]
    return [word for word in (data.get("message"), *details) if isinstance(word, str)]
