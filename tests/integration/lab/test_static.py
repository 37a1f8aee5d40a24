"""A built folder, as a browser is served it."""

from __future__ import annotations

import gzip
import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from autoresearch.signals.lab.static import serving
from autoresearch.signals.site.folder import Folder

CSS = "body { color: black }\n" * 100


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name, text in {
        "index.html": "home",
        "about/index.html": "about",
        "404.html": "nothing here",
        "style.css": CSS,
        "_redirects": "/old /about/ 301\n/away https://elsewhere.example/ 302\n/app/* /index.html 200\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path.parent / "outside.txt").write_text("outside")
    return tmp_path


@pytest.fixture
def root(site: Path) -> Iterator[str]:
    with serving(Folder(site), "/repo/") as root:
        yield root


def get(root: str, path: str, *, method: str = "GET", gzipped: bool = False) -> tuple[int, dict[str, str], bytes]:
    parts = urlsplit(root)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 0, timeout=10)
    connection.request(method, path, headers={"Accept-Encoding": "gzip"} if gzipped else {})
    response = connection.getresponse()
    answer = response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    connection.close()
    return answer


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/repo/", 200, b"home"),
        ("/repo/about/", 200, b"about"),
        ("/repo/about/?utm=1", 200, b"about"),
        ("/repo/app/anything", 200, b"home"),
        ("/repo/missing", 404, b"nothing here"),
        ("/repo/../outside.txt", 404, b"nothing here"),
        ("/repo/%2e%2e/outside.txt", 404, b"nothing here"),
        ("/", 404, b""),
        ("/elsewhere/", 404, b""),
    ],
)
def test_pages_are_found_as_hosts_find_them(root: str, path: str, status: int, body: bytes) -> None:
    answer = get(root, path)
    assert (answer[0], answer[2]) == (status, body)


def test_redirects_stay_below_the_base_and_may_lead_away(root: str) -> None:
    assert get(root, "/repo/old")[1]["location"] == "/repo/about/"
    assert get(root, "/repo/away")[1]["location"] == "https://elsewhere.example/"


def test_texts_are_compressed_for_who_can_read_that_and_pictures_are_not(root: str) -> None:
    status, headers, body = get(root, "/repo/style.css", gzipped=True)
    assert (status, headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert gzip.decompress(body).decode() == CSS
    assert len(body) < len(CSS) / 5
    assert "content-encoding" not in get(root, "/repo/style.css")[1]
    assert "content-encoding" not in get(root, "/repo/picture.png", gzipped=True)[1]


def test_a_head_says_how_long_the_body_would_be(root: str) -> None:
    _, headers, body = get(root, "/repo/", method="HEAD")
    assert (headers["content-length"], body) == ("4", b"")
