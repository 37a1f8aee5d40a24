"""A built folder, served as a static host would: index files, `_redirects`, the error page, compressed texts."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from autoresearch.signals.site.folder import Folder

_TYPES = {
    "html": "text/html; charset=utf-8",
    "htm": "text/html; charset=utf-8",
    "xhtml": "application/xhtml+xml",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "json": "application/json",
    "webmanifest": "application/manifest+json",
    "xml": "application/xml",
    "txt": "text/plain; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "ico": "image/x-icon",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "ttf": "font/ttf",
    "otf": "font/otf",
    "wasm": "application/wasm",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "pdf": "application/pdf",
}
_COMPRESSED = {"html", "htm", "xhtml", "css", "js", "mjs", "json", "webmanifest", "xml", "txt", "svg", "wasm"}
_LARGEST = 100_000_000
_KEPT = 200
"""Files that stay in memory, compressed: the pages of a run are asked for again and again."""
_ERROR_PAGES = ("/404.html", "/404/index.html")


@contextmanager
def serving(folder: Folder, base: str = "/") -> Iterator[str]:
    """Serve `folder` on a free port of the loopback interface; yields the address of its root, `base` included."""
    content = lru_cache(_KEPT)(lambda name: _content(folder, name))

    class Handler(_Handler):
        pass

    Handler.folder, Handler.base, Handler.content = folder, base, staticmethod(content)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}{base}"
        finally:
            server.shutdown()
            thread.join()


def _content(folder: Folder, name: str) -> tuple[bytes, bytes | None] | None:
    """A file as it is, and compressed where hosts compress; None where it cannot be had."""
    with suppress(OSError):
        body = folder.read(name, _LARGEST)
        if body is None:
            return None
        packed = gzip.compress(body, compresslevel=6, mtime=0) if _ending(name) in _COMPRESSED else None
        return body, packed if packed is not None and len(packed) < len(body) else None
    return None


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD; says nothing on standard error."""

    protocol_version = "HTTP/1.1"
    folder: Folder
    base: str
    content: staticmethod[[str], tuple[bytes, bytes | None] | None]

    def do_GET(self) -> None:
        """Answer with the file, a redirect, or the error page."""
        path = self._path()
        if path is None:
            self._send(HTTPStatus.NOT_FOUND, None)
        elif redirect := self.folder.redirect(path):
            status, target = redirect
            own = target.startswith("/") and not target.startswith("//")
            self._send(status, None, location=self.base + target[1:] if own else target)
        elif name := self.folder.find(path) or self.folder.rewrite(path):
            self._send(HTTPStatus.OK, name)
        else:
            error_page = next((found for page in _ERROR_PAGES if (found := self.folder.find(page))), None)
            self._send(HTTPStatus.NOT_FOUND, error_page)

    do_HEAD = do_GET  # noqa: N815  as http.server asks for it

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the base class's own name
        """Nothing: what was asked for is in Lighthouse's report."""

    def _path(self) -> str | None:
        path = urlsplit(self.path).path if self.path.startswith("/") else ""
        return "/" + path[len(self.base) :] if path.startswith(self.base) else None

    def _send(self, status: int, name: str | None, *, location: str | None = None) -> None:
        body, packed = (self.content(name) if name else None) or (b"", None)
        accepted = packed is not None and "gzip" in (self.headers.get("Accept-Encoding") or "")
        sent = packed if accepted and packed is not None else body
        self.send_response(status)
        if location:
            self.send_header("Location", "".join(c for c in location if c.isprintable()).replace(" ", "%20"))
        if name:
            self.send_header("Content-Type", _TYPES.get(_ending(name), "application/octet-stream"))
        if accepted:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        if self.command != "HEAD":
            with suppress(ConnectionError):
                self.wfile.write(sent)
