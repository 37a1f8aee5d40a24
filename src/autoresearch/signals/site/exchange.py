"""One exchange with a server: what is asked, what comes back, and when we hang up.

libcurl does the talking (`docs/adr/0006-libcurl.md`); every connection passes `Exchange.open_socket`, after DNS and
before a byte is sent.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import certifi
import pycurl

from autoresearch import __version__
from autoresearch.signals.site.guard import is_public
from autoresearch.signals.site.urls import MAX_LENGTH

MAX_SECONDS = 30.0
_ENCODED = re.compile(r"[!-~]+")
_REDIRECTS = {301, 302, 303, 307, 308}
_AGENT = f"autoresearch/{__version__} (site monitor)"
_HEADERS = ["Accept: text/html,application/xhtml+xml,*/*;q=0.8"]
_TLS = {
    pycurl.E_SSL_CONNECT_ERROR,
    pycurl.E_PEER_FAILED_VERIFICATION,
    pycurl.E_SSL_CERTPROBLEM,
    pycurl.E_SSL_CIPHER,
    pycurl.E_SSL_CACERT_BADFILE,
    pycurl.E_SSL_ISSUER_ERROR,
}
_CONNECTION = {
    pycurl.E_COULDNT_CONNECT,
    pycurl.E_GOT_NOTHING,
    pycurl.E_SEND_ERROR,
    pycurl.E_RECV_ERROR,
    pycurl.E_PARTIAL_FILE,
}


@dataclass(slots=True)
class Answer:
    """What one address said, redirects not followed. `status` 0: nothing usable, and `error` says why."""

    status: int = 0
    body: bytes = b""
    location: str | None = None
    """The absolute target of a redirect."""
    error: str = ""
    seconds: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case; repeated ones joined by commas."""

    @property
    def content_type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_html(self) -> bool:
        """Whether the body is a document; one without a type is taken at its word."""
        kind = self.content_type
        return kind in {"text/html", "application/xhtml+xml"} or (not kind and self.body.lstrip()[:1] == b"<")


class Exchange:
    """One request and what comes back, within its limits: bytes, and whether the host may be `private`."""

    def __init__(self, method: str, limit: int, html_only: bool, *, private: bool) -> None:
        self._method = method
        self._limit = limit
        self._html_only = html_only
        self._private = private
        self._head = BytesIO()
        self._body = BytesIO()
        self._unwanted = False
        self._refused = ""

    def prepare(self, curl: pycurl.Curl, url: str) -> None:
        """Set a handle up for this request."""
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.NOBODY, self._method == "HEAD")
        curl.setopt(pycurl.TIMEOUT_MS, int(MAX_SECONDS * 1000))
        curl.setopt(pycurl.HEADERFUNCTION, self._head.write)
        curl.setopt(pycurl.WRITEFUNCTION, self._write)
        curl.setopt(pycurl.OPENSOCKETFUNCTION, self.open_socket)

    def open_socket(self, purpose: int, address: Any) -> Any:
        """Open a connection, but for a private address that the user did not name."""
        del purpose
        family, kind, protocol, where = address
        if not self._private and not is_public(str(where[0])):
            self._refused = str(where[0])
            return pycurl.SOCKET_BAD
        return _Opened(socket.socket(family, kind, protocol).detach())

    def explain(self, code: int, message: str) -> str:
        """What went wrong, in words whose first one says of which kind; "" where we hung up ourselves."""
        if self._unwanted:
            return ""
        if self._refused:
            return f"not asked: it leads to {self._refused}, a private address"
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return f"no complete answer within {MAX_SECONDS:g} s"
        if code == pycurl.E_WRITE_ERROR and self._body.tell() > self._limit:
            return f"larger than {self._limit // 1024 // 1024} MiB"
        kind = "TLS" if code in _TLS else "DNS" if code == pycurl.E_COULDNT_RESOLVE_HOST else "unreadable answer"
        return f"{'connection' if code in _CONNECTION else kind}: {message}"[:300]

    def answer(self, url: str, status: int, error: str) -> Answer:
        """All that came; nothing but the reason where it is no answer."""
        if error:
            return Answer(error=error)
        answer = Answer(status, self._body.getvalue(), headers=self._headers)
        if answer.status in _REDIRECTS:
            answer.location = _location(url, self._headers.get("location", ""))
            if answer.location is None:
                answer.error = "redirects without a usable Location"
        return answer

    @cached_property
    def _headers(self) -> dict[str, str]:
        """The headers of the last answer, without the informational ones before it."""
        head = self._head.getvalue().decode("latin-1").rstrip("\r\n")
        headers: dict[str, str] = {}
        for line in head[max(0, head.rfind("\r\n\r\nHTTP/")) :].split("\r\n"):
            name, mark, value = line.partition(":")
            if mark and not line.startswith("HTTP/"):
                name, value = name.strip().lower(), value.strip()
                headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return headers

    @property
    def _redirects(self) -> bool:
        status = self._head.getvalue().rpartition(b"\r\n\r\nHTTP/")[2].split(b" ", 2)[1:2]
        return bool(status) and status[0].isdigit() and int(status[0]) in _REDIRECTS

    def _write(self, chunk: bytes) -> int:
        """Take a part of the body; -1 hangs up."""
        if not self._body.tell():
            kind = self._headers.get("content-type", "").partition(";")[0].strip().lower()
            html = kind in {"", "text/html", "application/xhtml+xml"}
            self._unwanted = self._redirects or (self._html_only and not html)
        if self._unwanted:
            return -1
        self._body.write(chunk)
        return len(chunk) if self._body.tell() <= self._limit else -1


class _Opened:
    """A socket's descriptor for libcurl, which takes a copy of it: ours is closed when this is dropped."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def __del__(self) -> None:
        os.close(self._descriptor)


def new_handle() -> pycurl.Curl:
    """A handle with what all requests share. No proxy: what it connects to could not be checked."""
    curl = pycurl.Curl()
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.PROXY, "")
    curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    curl.setopt(pycurl.USERAGENT, _AGENT)
    curl.setopt(pycurl.HTTPHEADER, _HEADERS)
    curl.setopt(pycurl.ACCEPT_ENCODING, "gzip, deflate")
    curl.setopt(pycurl.CAINFO, _certificates())
    return curl


@lru_cache(maxsize=1)
def _certificates() -> str:
    """The system's bundle, or the one that `SSL_CERT_FILE` names; Mozilla's where there is none."""
    return ssl.get_default_verify_paths().cafile or certifi.where()


def encoded(url: str) -> str:
    """An address in ASCII, as it goes over the wire. Raises `UnicodeError` for a host that cannot be a name."""
    if _ENCODED.fullmatch(url):
        return url
    parts = urlsplit(url)
    host = parts.netloc.encode("idna").decode("ascii")
    rest = quote(parts._replace(scheme="", netloc="").geturl(), safe="%/:=&?~+!$,;'@()*[]")
    return f"{parts.scheme}://{host}{rest}"


def _location(url: str, location: str) -> str | None:
    if not location or len(location) > MAX_LENGTH:
        return None
    try:
        location = location.encode("latin-1").decode("utf-8", "replace")  # as browsers read it
        target = urljoin(url, location)
        parts = urlsplit(target)
        return target.partition("#")[0] if parts.hostname and parts.port != 0 else None  # a bad port is a ValueError
    except ValueError:
        return None
