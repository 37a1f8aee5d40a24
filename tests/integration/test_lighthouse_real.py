"""The real Lighthouse on a real Chromium: what it says of good pages, and that bad ones stop nothing."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from autoresearch.errors import NotMeasuredError
from autoresearch.signals.lab.tools import find_browser, find_lighthouse
from tests.integration.conftest import Ran, Repository

pytestmark = pytest.mark.heavy

GOOD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>'
    '<meta name="viewport" content="width=device-width"><meta name="description" content="Of a few words.">'
    '<link rel="icon" href="data:,"></head><body><main><h1>A page</h1><p>Of a few words.</p>{}</main></body></html>'
)
NESTED = '{"a":' * 1_000 + f'"{"x" * 5_000_000}"' + "}" * 1_000
PAGES = {
    "/good": GOOD.format(""),
    "/bad": GOOD.format('<img id="pot" src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">'),
    "/away": GOOD.format("<script>location.replace('/good')</script>"),
    "/alert": GOOD.format("<script>alert('stop')</script>"),
    "/hangs": GOOD.format("<script>setTimeout(() => { while (true); }, 50)</script>"),
    "/crashes": GOOD.format('<script src="/crash.js"></script>'),
    "/blank": '<!doctype html><html lang="en"><head><title>Nothing</title></head><body></body></html>',
    "/nested": GOOD.format(f'<script type="application/ld+json">{NESTED}</script>'),
}
HUNG = {"it stopped responding", "it did not answer, or hung: Lighthouse had to be stopped (`page_limit`)"}
SLOW = {"/slow", "/slow.css"}
PAGES["/slow-style"] = PAGES["/good"].replace("</head>", '<link rel="stylesheet" href="/slow.css"></head>')


class Site(ThreadingHTTPServer):
    """Answers the pages; what is slow waits until the test is over."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """A browser that was ended is no error."""


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        if self.path == "/crash.js":
            end_renderers()
        if self.path in SLOW:
            self.server.over.wait(60)
        if self.path == "/moved":
            self.send_response(301)
            self.send_header("Location", "/good")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = PAGES.get(self.path, "" if self.path == "/empty" else "nothing here").encode()
        self.send_response(200 if self.path in PAGES else 404)
        self.send_header("Content-Type", "text/css" if self.path.endswith(".css") else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def end_renderers() -> None:
    """Crash the tabs of the browsers that this test has started."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    for process in parents:
        ancestor = process
        while ancestor in parents and ancestor != os.getpid():
            ancestor = parents[ancestor]
        with suppress(OSError):
            if ancestor == os.getpid() and b"--type=renderer" in Path(f"/proc/{process}/cmdline").read_bytes():
                os.kill(process, signal.SIGKILL)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    try:
        find_lighthouse()
        find_browser()
    except NotMeasuredError as error:
        pytest.skip(str(error))
    with Site() as site:
        thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield site
        site.over.set()
        site.shutdown()
        thread.join()


def run(repository: Repository, site: Site, settings: str) -> Ran:
    repository.config(f"site: {{url: '{site.url}'}}\nloops: {{lighthouse: {settings}}}\n")
    return repository.run(time_limit=600)


def test_pages_that_cannot_be_measured_are_told_and_the_others_are_measured(repository: Repository, site: Site) -> None:
    names = [
        "good",
        "bad",
        "away",
        "moved",
        "alert",
        "hangs",
        "crashes",
        "blank",
        "nested",
        "slow",
        "slow-style",
        "none",
        "empty",
    ]
    pages = ", ".join(f"/{name}" for name in names)
    ran = run(repository, site, f"{{pages: [{pages}], presets: [mobile], runs: 1, max_runs: 1, page_limit: 4s}}")
    assert ran.code == 0, ran.stderr
    (measurement,) = ran.result["measurements"]
    reasons = {skip["subject"]: skip["reason"] for skip in measurement["coverage"]["skipped"]}
    assert reasons.pop("/hangs") in HUNG  # whichever of the two limits comes first
    assert reasons == {
        "/away": "it leads to /good",
        "/moved": "it leads to /good",
        "/alert": "it opens a dialog (alert, confirm or prompt), which stops everything until somebody answers",
        "/crashes": "it crashed its tab",
        "/blank": "it painted nothing in time (`page_limit`)",
        "/slow": "it did not answer, or hung: Lighthouse had to be stopped (`page_limit`)",
        "/slow-style": "it painted nothing in time (`page_limit`)",
        "/none": "it answers 404",
        "/empty": "the browser shows an error page in its place",
    }
    scores = {m["subject"]: m["value"] for m in measurement["metrics"] if m["name"] == "mobile-accessibility"}
    assert scores.keys() == {"/good", "/bad", "/nested"}
    assert scores["/bad"] < scores["/good"] == 100
    (finding,) = (f for f in measurement["findings"] if f["key"] == "image-alt")
    assert (finding["rule"], finding["subject"]) == ("lighthouse/audit-failed", "/bad")
    assert finding["data"]["elements"][0]["selector"] == "body > main > img#pot"
    assert finding["data"]["link"].startswith("https://dequeuniversity.com/rules/axe/")


def test_two_presets_and_runs_beyond_the_first_have_every_timing(repository: Repository, site: Site) -> None:
    ran = run(repository, site, "{pages: [/good], runs: 2, max_runs: 2}")
    assert ran.code == 0, ran.stderr
    (measurement,) = ran.result["measurements"]
    samples = {m["name"]: m["samples"] for m in measurement["metrics"] if m["gate"]}
    timings = ("fcp", "lcp", "tbt", "cls", "si")
    assert samples.keys() == {f"{preset}-{name}" for preset in ("mobile", "desktop") for name in timings}
    assert all(len(values) == 2 for values in samples.values())
    for preset in ("mobile", "desktop"):
        report = repository.root / "autoresearch-output" / "lighthouse" / f"good.{preset}.html"
        text = report.read_text()
        assert all(f'"{category}":{{' in text for category in ("performance", "accessibility", "best-practices", "seo"))
    assert samples["mobile-fcp"] > samples["desktop-fcp"]  # its network and its processor are simulated slower
