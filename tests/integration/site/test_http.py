"""A crawl over HTTP: everything that is linked is seen once, and no server can make it fall over."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autoresearch.config.model import CrawlLimits
from autoresearch.errors import NotMeasuredError
from autoresearch.signals.site import exchange, fetch, parser

from .conftest import Server, html

TEXT = {"Content-Type": "text/plain"}
XML = {"Content-Type": "application/xml"}


def urlset(server: Server, *paths: str) -> bytes:
    entries = "".join(f"<url><loc>{server.url}{path}</loc><lastmod>2026-01-01</lastmod></url>" for path in paths)
    return (
        f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'.encode()
    )


def test_links_and_sitemaps_are_followed_and_each_address_is_asked_once(server: Server) -> None:
    server.page("/", "/a", "/a#part", "b/", "/gone", "https://other.example/")
    server.page("/a", "/")
    server.page("/b/", "../a")
    server.page("/only-listed")
    server.answers["/sitemap.xml"] = (200, XML, urlset(server, "/", "/only-listed"))
    crawl = server.crawl()
    assert list(crawl.pages) == ["/", "/a", "/b", "/only-listed"]
    assert crawl.responses["/gone"].status == 404
    assert {page.subject: page.depth for page in crawl.pages.values()} == {"/": 0, "/a": 1, "/b": 1, "/only-listed": -1}
    assert len(server.asked) == len(set(server.asked)) + 1, "the start page is looked at before robots.txt is known"
    assert crawl.complete


def test_the_crawl_does_not_depend_on_who_answers_first(server: Server) -> None:
    server.page("/", *(f"/p{n}" for n in range(40)))
    for n in range(40):
        server.page(f"/p{n}", f"/p{(n * 7) % 40}", f"/q{n}", "/p1/", "/p1.html")
    first, second = server.crawl(), server.crawl()
    for crawl in (first, second):
        for response in crawl.responses.values():
            response.seconds = 0.0
    assert repr(first) == repr(second)


def test_redirects_are_kept_as_chains(server: Server) -> None:
    server.page("/", "/one", "/away", "/round")
    server.answers["/one"] = (301, {"Location": "/two"}, b"")
    server.answers["/two"] = (302, {"Location": "/three"}, b"")
    server.page("/three")
    server.answers["/away"] = (301, {"Location": "https://other.example/x"}, b"")
    server.answers["/round"] = (302, {"Location": "/again"}, b"")
    server.answers["/again"] = (302, {"Location": "/round"}, b"")
    crawl = server.crawl()
    assert (crawl.responses["/one"].status, crawl.responses["/one"].hops) == (200, ("/two", "/three"))
    assert crawl.responses["/away"].hops == ("https://other.example/x",)
    assert crawl.responses["/round"].loop
    assert crawl.page("/one") is crawl.pages["/three"]


def test_endless_redirects_end(server: Server) -> None:
    server.page("/", "/r/0")
    server.default = lambda path: (
        (302, {"Location": f"/r/{int(path[3:]) + 1}"}, b"") if path.startswith("/r/") else (404, {}, b"")
    )
    crawl = server.crawl()
    assert crawl.responses["/r/0"].loop
    assert not crawl.responses["/r/1"].loop, "ten redirects are followed"
    assert len([path for path in server.asked if path.startswith("/r/")]) == 11
    assert crawl.skipped == [("/r/11", "behind more than 10 redirects")]


def test_a_redirect_is_read_as_browsers_read_it(server: Server) -> None:
    server.page("/", "/a", "/b")
    server.answers["/a"] = (302, {"Location": "/café".encode().decode("latin-1")}, b"")
    server.answers["/b"] = (302, {"Location": "http://127.0.0.1:99999/"}, b"")
    server.answers["/caf%C3%A9"] = html()
    crawl = server.crawl()
    assert crawl.page("/a") is crawl.pages["/caf%C3%A9"]
    assert crawl.responses["/b"].error == "redirects without a usable Location"


def test_a_location_without_a_redirect_is_ignored(server: Server) -> None:
    server.answers["/"] = (200, {"Content-Type": "text/html", "Location": "/elsewhere"}, html("/a"))
    server.page("/a")
    assert list(server.crawl().pages) == ["/", "/a"]


def test_a_start_that_leads_to_another_site_is_not_measured(server: Server) -> None:
    server.answers["/"] = (302, {"Location": "https://login.example/?next=x"}, b"")
    with pytest.raises(NotMeasuredError, match="redirects to another site"):
        server.crawl()


def test_another_port_of_this_machine_is_not_asked(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        away = f"http://127.0.0.1:{other.getsockname()[1]}/"
        server.page("/", "/leaves", away)
        server.answers["/leaves"] = (302, {"Location": away}, b"")
        server.answers["/robots.txt"] = (200, TEXT, f"Sitemap: {away}map.xml".encode())
        crawl = server.crawl()
        other.setblocking(False)
        with pytest.raises(BlockingIOError):
            other.accept()
    assert crawl.responses["/leaves"].hops == (away,)
    assert "private address" in dict(crawl.sitemaps.errors)[f"{away}map.xml"]


def test_robots_txt_is_obeyed_and_tells_what_it_forbids(server: Server) -> None:
    server.answers["/robots.txt"] = (
        200,
        TEXT,
        f"User-agent: *\nDisallow: /private\nSitemap: {server.url}/map.txt".encode(),
    )
    server.answers["/map.txt"] = (200, TEXT, f"{server.url}/listed\n".encode())
    server.page("/", "/private/x")
    server.page("/listed")
    crawl = server.crawl()
    assert "/private/x" not in server.asked
    assert crawl.disallowed == {"/private/x": "/"}
    assert "/listed" in crawl.pages


def test_a_robots_txt_of_html_forbids_nothing(server: Server) -> None:
    server.answers["/robots.txt"] = html(body="User-agent: *\nDisallow: /")
    server.page("/", "/a")
    server.page("/a")
    crawl = server.crawl()
    assert list(crawl.pages) == ["/", "/a"]
    assert crawl.robots_txt is None


def test_a_copy_on_this_machine_needs_no_delay(server: Server) -> None:
    server.answers["/robots.txt"] = (200, TEXT, b"User-agent: *\nCrawl-delay: 10")
    server.page("/", *(f"/p{n}" for n in range(20)))
    server.default = lambda path: html()
    assert server.crawl(crawl=CrawlLimits(time_limit=60)).complete, "with the delay, it would take 200 s"


def test_a_robots_txt_that_fails_forbids_everything(server: Server) -> None:
    server.page("/")
    server.answers["/robots.txt"] = (503, {}, b"")
    with pytest.raises(NotMeasuredError, match="RFC 9309"):
        server.crawl()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, {}, b"no"), "the start page answers 404"),
        ((500, {}, b"no"), "the start page answers 500"),
        ((200, TEXT, b"hello"), "is text/plain, not HTML"),
        ((302, {"Location": "/"}, b""), "redirects in a circle"),
        ((302, {"Location": "http://10.0.0.1/"}, b""), "private address"),
        ((302, {}, b""), "redirects without a usable Location"),
    ],
)
def test_a_start_page_that_is_none_is_not_measured(server: Server, answer: Any, words: str) -> None:
    server.answers["/"] = answer
    with pytest.raises(NotMeasuredError, match=words):
        server.crawl()


def test_nobody_listening_is_not_measured(server: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NotMeasuredError, match="connection"):
        server.crawl(at=f"@127.0.0.1:{port}/")


def test_a_bad_certificate_is_not_measured(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Server() as secure:
        secure.socket = context.wrap_socket(secure.socket, server_side=True)
        secure.handle_error = lambda *_: None  # type: ignore[method-assign]
        threading.Thread(target=secure.serve_forever, daemon=True).start()
        try:
            with pytest.raises(NotMeasuredError, match="TLS"):
                secure_crawl(secure)
        finally:
            secure.shutdown()


def secure_crawl(secure: Server) -> object:
    from contextlib import ExitStack

    from autoresearch.config.model import Site
    from autoresearch.signals.site.crawl import crawl

    site = Site(url=f"https://127.0.0.1:{secure.server_address[1]}/")
    return crawl(site, Path(), stack=ExitStack(), say=lambda _: None)


def test_an_empty_site_is_one_page(server: Server) -> None:
    server.answers["/"] = b""
    assert list(server.crawl().pages) == ["/"]


def _bomb() -> bytes:
    return gzip.compress(b"\0" * 60_000_000)


HOSTILE: dict[str, Any] = {
    "50 MB": lambda: (200, {"Content-Type": "text/html"}, b"x" * 50_000_000),
    "gzip bomb": lambda: (200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, _bomb()),
    "claims to be endless": lambda: (200, {"Content-Type": "text/html", "Content-Length": "99999999999"}, b"x"),
    "broken gzip": lambda: (200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, b"\x1f\x8bnonsense"),
    "server error": lambda: (500, {}, b""),
    "rate limit": lambda: (429, {"Retry-After": "0"}, b""),
    "header of 400 kB": lambda: (200, {"Content-Type": "text/html", "X": "x" * 400_000}, b""),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_page_that_cannot_be_read_is_told_and_the_rest_is_seen(
    server: Server, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "MAX_SECONDS", 5.0)
    server.page("/", "/bad", "/good")
    server.answers["/bad"] = HOSTILE[kind]()
    server.page("/good")
    crawl = server.crawl()
    assert list(crawl.pages) == ["/", "/good"]
    assert [subject for subject, reason in crawl.skipped if reason] == ["/bad"]


@pytest.mark.parametrize(
    ("pages", "failing", "limit", "nearly"),
    [(39, 2, 1000, True), (39, 3, 1000, False), (39, 0, 1000, False), (39, 2, 20, False)],
)
def test_a_few_pages_that_fail_are_told_from_a_server_in_trouble(
    server: Server, pages: int, failing: int, limit: int, nearly: bool
) -> None:
    server.page("/", *(f"/p{n}" for n in range(pages)), *(f"/bad{n}" for n in range(failing)))
    server.default = lambda path: (503, {}, b"") if path.startswith("/bad") else html()
    crawl = server.crawl(crawl=CrawlLimits(max_pages=limit))
    assert crawl.nearly_complete is nearly
    assert crawl.complete is (failing == 0)


def test_a_server_that_hangs_up_or_dawdles_is_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_SECONDS", 0.3)
    release = threading.Event()

    def hang_up(handler: Any) -> None:
        handler.connection.shutdown(socket.SHUT_RDWR)
        handler.close_connection = True

    def dawdle(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\n<html>")
        handler.wfile.flush()
        release.wait(20)
        handler.close_connection = True

    server.page("/", "/hangs-up", "/dawdles")
    server.answers |= {"/hangs-up": hang_up, "/dawdles": dawdle}
    try:
        crawl = server.crawl()
    finally:
        release.set()
    reasons = dict(crawl.skipped)
    assert "connection" in reasons["/hangs-up"]
    assert "no complete answer within" in reasons["/dawdles"]


def test_a_passing_fault_is_asked_again(server: Server) -> None:
    answers = iter([(503, {}, b""), (503, {}, b""), html()])
    server.page("/", "/flaky")
    server.answers["/flaky"] = lambda handler: next(answers)
    assert server.crawl().responses["/flaky"].status == 200


def test_invalid_utf_8_is_read_as_well_as_it_can_be(server: Server) -> None:
    server.answers["/"] = b"<title>caf\xe9 \xff\xfe</title><a href='/a%ff\xe9'>x</a>"
    server.default = lambda path: html()
    crawl = server.crawl()
    assert (crawl.pages["/"].title or "").startswith("caf")
    assert len(crawl.pages) == 2


@pytest.mark.parametrize(
    ("link", "asked"),
    [
        ("mailto:a@b.c", 0),
        ("javascript:x()", 0),
        ("http://[::1", 0),
        ("x" * 100_000, 0),
        ("//", 0),
        ("?q=1", 1),
        ("/ü ö", 1),
    ],
)
def test_strange_links_are_followed_or_left_alone(server: Server, link: str, asked: int) -> None:
    server.page("/", link)
    server.default = lambda path: html()
    assert len(server.crawl().pages) == 1 + asked


@pytest.mark.parametrize(
    "trap",
    [
        lambda path: html(f"?n={int(path.rpartition('=')[2].strip('/') or 0) + 1}"),
        lambda path: html(path.rstrip("/") + "/deeper/"),
        lambda path: html(path.rstrip("/") + "/a/b/"),
        lambda path: html(f"/?PHPSESSID={len(path)}x"),
        lambda path: html("/cal/2026/1", _next_month(path)),
    ],
    ids=["queries", "growing path", "repeating path", "sessions", "calendar"],
)
def test_a_trap_ends_by_itself_and_is_told(server: Server, trap: Callable[[str], bytes]) -> None:
    server.default = lambda path: (404, {}, b"") if "robots" in path or "sitemap" in path else trap(path)
    crawl = server.crawl()
    assert len(server.asked) < 1_200
    assert crawl.skipped


def _next_month(path: str) -> str:
    year, month = (int(part) for part in path.split("/")[2:4]) if path.startswith("/cal/") else (2026, 1)
    return f"/cal/{year + month // 12}/{month % 12 + 1}"


def test_which_addresses_are_a_trap_does_not_depend_on_who_answers_first(server: Server) -> None:
    turn = threading.Barrier(2, timeout=20)

    def both_at_once(*links: str) -> Callable[[Any], bytes]:
        def answer(handler: Any) -> bytes:
            turn.wait()
            return html(*links)

        return answer

    server.page("/", "/one", "/other")
    server.answers["/one"] = both_at_once("/list?b=2&a=1", *(f"/q?n={n}" for n in range(0, 400, 2)))
    server.answers["/other"] = both_at_once("/list?a=1&b=2", *(f"/q?n={n}" for n in range(1, 400, 2)))
    server.default = lambda path: html() if "?" in path else (404, {}, b"")
    first, *others = (server.crawl() for _ in range(3))
    assert "/list?a=1&b=2" in first.responses
    assert all((c.skipped, c.responses.keys()) == (first.skipped, first.responses.keys()) for c in others)


def test_a_document_that_takes_a_parser_for_ever_is_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "MAX_SECONDS", 0.2)
    server.page("/", "/deep")
    server.answers["/deep"] = b"<div>" * 100_000
    crawl = server.crawl()
    assert list(crawl.pages) == ["/"]
    assert crawl.skipped == [("/deep", "it takes the parser longer than 0.2 s")]
    assert not crawl.complete


def test_a_sitemap_of_another_host_is_read_where_robots_txt_names_it(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "refused", lambda host, own: None)
    monkeypatch.setattr(exchange, "is_public", lambda address: True)
    elsewhere = f"http://localhost:{server.server_address[1]}/map.xml"
    server.page("/")
    server.page("/only-listed")
    server.answers["/robots.txt"] = (200, TEXT, f"Sitemap: {elsewhere}".encode())
    server.answers["/map.xml"] = (200, XML, urlset(server, "/only-listed"))
    assert "/only-listed" in server.crawl().pages


def test_past_the_page_limit_the_crawl_is_partial_and_says_so(server: Server) -> None:
    server.page("/", *(f"/p{n}" for n in range(30)))
    server.default = lambda path: html()
    crawl = server.crawl(crawl=CrawlLimits(max_pages=10))
    assert len(crawl.pages) == 10
    assert not crawl.complete
    assert any("past the limit of 10" in reason for _, reason in crawl.skipped)


def test_excluded_paths_are_never_asked(server: Server) -> None:
    server.page("/", "/search?q=1", "/a")
    server.page("/a")
    server.crawl(crawl=CrawlLimits(exclude=("/search*",)))
    assert "/search?q=1" not in server.asked


def test_a_sitemap_index_gzip_and_feeds_are_understood(server: Server) -> None:
    listed = "".join(f"<sitemap><loc>{server.url}/{name}</loc></sitemap>" for name in ("a.xml.gz", "feed"))
    index = f"<sitemapindex>{listed}</sitemapindex>"
    server.page("/")
    server.answers["/sitemap.xml"] = (200, XML, index.encode())
    server.answers["/a.xml.gz"] = (200, {"Content-Type": "application/gzip"}, gzip.compress(urlset(server, "/a")))
    server.answers["/feed"] = (
        200,
        XML,
        f"<rss><channel><link>{server.url}/</link><item><link>{server.url}/b</link></item></channel></rss>".encode(),
    )
    server.default = lambda path: html() if path in {"/a", "/b"} else (404, {}, b"")
    crawl = server.crawl()
    assert {"/a", "/b"} <= crawl.sitemaps.entries.keys()
    assert {"/a", "/b"} <= crawl.pages.keys()


def test_the_canonical_origin_of_a_preview_is_the_site_itself(server: Server) -> None:
    server.page("/", "https://shop.example/a", head='<link rel=canonical href="https://shop.example/">')
    server.page("/a")
    command = f"echo {server.url}/; exec sleep 60"
    from contextlib import ExitStack

    from autoresearch.config.model import Site
    from autoresearch.signals.site.crawl import crawl as look

    with ExitStack() as stack:
        crawl = look(Site(source="serve", serve=command), Path(), stack=stack, say=lambda _: None)
    assert list(crawl.pages) == ["/", "/a"]
    assert crawl.origin == "https://shop.example"
    assert crawl.pages["/"].canonicals == ("/",)


def test_the_origin_of_a_copy_without_canonicals_is_in_its_robots_txt(server: Server) -> None:
    from contextlib import ExitStack

    from autoresearch.config.model import Site
    from autoresearch.signals.site.crawl import crawl as look

    server.page("/", "https://shop.example/a")
    server.page("/a")
    server.answers["/robots.txt"] = (200, TEXT, b"Sitemap: https://shop.example/map.txt")
    server.answers["/map.txt"] = (200, TEXT, b"https://shop.example/\nhttps://shop.example/a\n")
    with ExitStack() as stack:
        site = Site(source="serve", serve=f"echo {server.url}/; exec sleep 60")
        crawl = look(site, Path(), stack=stack, say=lambda _: None)
    assert crawl.origin == "https://shop.example"
    assert list(crawl.sitemaps.entries) == ["/", "/a"]


def test_a_deflate_answer_is_read(server: Server) -> None:
    body = zlib.compress(html("/a"))
    server.answers["/"] = (200, {"Content-Type": "text/html", "Content-Encoding": "deflate"}, body)
    server.page("/a")
    assert list(server.crawl().pages) == ["/", "/a"]
