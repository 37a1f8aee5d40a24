"""A site on loopback whose every answer is written down in the test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from autoresearch.config.model import Site
from autoresearch.signals.site import fetch
from autoresearch.signals.site.crawl import crawl
from autoresearch.signals.site.model import Crawl

Answer = tuple[int, dict[str, str], bytes]


def html(*links: str, head: str = "", body: str = "") -> bytes:
    anchors = "".join(f'<a href="{link}">{link}</a>' for link in links)
    return (
        f"<!doctype html><html lang=en><head><title>t</title>{head}</head><body>{anchors}{body}</body></html>".encode()
    )


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.default: Callable[[str], Any] = lambda path: (404, {}, b"no")
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def page(self, path: str, *links: str, **more: str) -> None:
        self.answers[path] = html(*links, **more)

    def crawl(self, **site: Any) -> Crawl:
        with ExitStack() as stack:
            return crawl(Site(url=self.url + site.pop("at", "/"), **site), Path(), stack=stack, say=lambda _: None)


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        answer = self.server.answers.get(self.path)
        if answer is None:
            answer = self.server.default(self.path)
        if callable(answer):
            answer = answer(self)
            if answer is None:
                return
        if isinstance(answer, bytes):
            answer = (200, {"Content-Type": "text/html; charset=utf-8"}, answer)
        status, headers, body = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(fetch, "BACKOFF", 0.001)
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()
