"""A built folder is read as a static host would serve it."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from autoresearch.config.model import CrawlLimits, Site
from autoresearch.errors import NotMeasuredError
from autoresearch.signals.site import parser
from autoresearch.signals.site.crawl import crawl
from autoresearch.signals.site.model import Crawl

from .conftest import html


def site(root: Path, files: dict[str, bytes | str], **settings: Any) -> Crawl:
    for name, body in files.items():
        path = root / "dist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
    with ExitStack() as stack:
        return crawl(Site(source="dist", dist="dist", **settings), root, stack=stack, say=lambda _: None)


def test_addresses_are_looked_up_as_hosts_do(tmp_path: Path) -> None:
    links = ("/a", "/a/", "/a.html", "/b", "/b/", "/b/index.html", "/c.pdf", "/C.pdf", "/gone", "/a?q=1")
    crawl = site(tmp_path, {"index.html": html(*links), "a.html": html(), "b/index.html": html(), "c.pdf": b"%PDF"})
    assert list(crawl.pages) == ["/", "/a", "/b"]
    assert [address for address in links if not crawl.responses[address].ok] == ["/C.pdf", "/gone"]
    assert crawl.pages["/b"].file == "dist/b/index.html"
    assert crawl.pages["/b"].url == "/b/"


def test_the_error_page_hidden_files_and_our_own_folder_are_no_pages(tmp_path: Path) -> None:
    files = dict.fromkeys(
        ("index.html", "404.html", ".hidden/x.html", "autoresearch/x.html", "sub/autoresearch/x.html"), html()
    )
    assert list(site(tmp_path, files).pages) == ["/", "/sub/autoresearch/x"]


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.html").write_bytes(html(body="secret"))
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "out.html").symlink_to(tmp_path / "secret.html")
    (tmp_path / "dist" / "up").symlink_to(tmp_path)
    assert list(site(tmp_path, {"index.html": html("/out.html", "/up/secret.html")}).pages) == ["/"]


def test_a_path_cannot_climb_out(tmp_path: Path) -> None:
    (tmp_path / "secret.html").write_bytes(html())
    crawl = site(tmp_path, {"index.html": html("/../secret.html", "/%2e%2e/secret.html", "/..%2fsecret.html")})
    assert list(crawl.pages) == ["/"]
    assert not any(response.ok for address, response in crawl.responses.items() if "secret" in address)


def test_redirects_of_the_host_are_chains(tmp_path: Path) -> None:
    redirects = "# old addresses\n/old /new 301\n/new /a\n/blog/* /posts/:splat 302\n/app/* /index.html 200\n/:id /x\n"
    files = {
        "index.html": html("/old", "/blog/x", "/app/y", "/apps"),
        "a.html": html(),
        "posts/x.html": html(),
        "_redirects": redirects,
    }
    crawl = site(tmp_path, files)
    assert crawl.responses["/old"].hops == ("/new", "/a")
    assert crawl.page("/blog/x") is crawl.pages["/posts/x"]
    assert crawl.responses["/app/y"].ok, "shown under that address: a rewrite, no redirect"
    assert crawl.responses["/apps"].status == 404


@pytest.mark.parametrize("base", ["https://user.github.io/repo", "https://user.github.io/repo/"])
def test_a_site_below_a_path_is_read_from_its_root(tmp_path: Path, base: str) -> None:
    files = {"index.html": html("/repo/a", "/elsewhere", "a#x"), "a.html": html()}
    crawl = site(tmp_path, files, url=base)
    assert [link.target for link in crawl.pages["/"].links] == ["/a", "https://user.github.io/elsewhere", "/a"]
    assert crawl.origin == "https://user.github.io"


def test_the_origin_is_guessed_from_what_pages_call_themselves(tmp_path: Path) -> None:
    def page(path: str, *links: str) -> bytes:
        return html(*links, head=f'<link rel=canonical href="https://docs.example/v1/{path}">')

    crawl = site(tmp_path, {"index.html": page("", "https://docs.example/v1/a.html"), "a.html": page("a.html")})
    assert crawl.origin == "https://docs.example"
    assert crawl.pages["/a"].canonicals == ("/a.html",)
    assert crawl.pages["/a"].depth == 1


@pytest.mark.parametrize("base", ["https://a.example/", "https://user.github.io/repo/"])
@pytest.mark.parametrize("by", ["sitemap", "robots.txt"])
def test_without_canonicals_the_origin_is_what_sitemaps_name(tmp_path: Path, base: str, by: str) -> None:
    name = "sitemap.xml" if by == "sitemap" else "map.xml"
    files = {
        "index.html": html("b/c.html"),
        "b/c.html": html(),
        name: f"<urlset><url><loc>{base}</loc></url><url><loc>{base}b/c.html</loc></url></urlset>",
        "robots.txt": "" if by == "sitemap" else f"Sitemap: {base}map.xml",
    }
    crawl = site(tmp_path, files)
    assert base.startswith(crawl.origin + "/")
    assert list(crawl.sitemaps.entries) == ["/", "/b/c.html"]


def test_names_of_any_bytes_are_addresses(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/dist/caf\xe9.html"))).write_bytes(html())
    crawl = site(tmp_path, {"index.html": html("caf%E9.html", "ü.html"), "ü.html": html()})
    assert list(crawl.pages) == ["/", "/%C3%BC", "/caf%E9"]
    assert all(response.ok for response in crawl.responses.values())
    assert repr(crawl).encode()


def test_a_folder_deeper_than_any_path_is_told(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").write_bytes(html())
    here = os.open(tmp_path / "dist", os.O_RDONLY)
    for _ in range(30):
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    crawl = site(tmp_path, {})
    assert list(crawl.pages) == ["/"]
    assert not crawl.complete
    assert [reason for _, reason in crawl.skipped] == ["the folder cannot be read"]


def test_a_document_that_takes_a_parser_for_ever_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "MAX_SECONDS", 0.2)
    crawl = site(tmp_path, {"index.html": html("/deep"), "deep.html": "<div>" * 100_000})
    assert list(crawl.pages) == ["/"]
    assert crawl.skipped == [("/deep", "it takes the parser longer than 0.2 s")]
    assert not crawl.complete


def test_more_entries_than_anybody_can_visit_are_not_kept(tmp_path: Path) -> None:
    entries = "".join(f"<url><loc>https://a.example/{n}</loc></url>" for n in range(100))
    files = {"index.html": html(), "sitemap.xml": f"<urlset>{entries}</urlset>"}
    crawl = site(tmp_path, files, url="https://a.example", crawl=CrawlLimits(max_pages=10))
    assert len(crawl.sitemaps.entries) == 30
    assert not crawl.complete


def test_sitemaps_and_robots_are_read_from_the_folder(tmp_path: Path) -> None:
    entries = "<urlset><url><loc>https://a.example/x</loc></url><url><loc>relative</loc></url></urlset>"
    files = {
        "index.html": html("/private/y", "/private/z.html"),
        "x.html": html(),
        "private/y.html": html(),
        "private/z.html": html(),
        "robots.txt": "User-agent: *\nDisallow: /private\nSitemap: https://a.example/map.xml\nSitemap: https://a.example/no.xml",
        "map.xml": entries,
    }
    crawl = site(tmp_path, files, url="https://a.example")
    assert list(crawl.sitemaps.entries) == ["/x"]
    assert [name for name, _ in crawl.sitemaps.errors] == ["/map.xml", "/no.xml"]
    assert crawl.disallowed == {"/private/y": "/", "/private/z.html": "/"}


def test_a_page_that_is_too_large_or_unreadable_is_told(tmp_path: Path) -> None:
    crawl = site(tmp_path, {"index.html": html(), "big.html": b"x" * (10 * 1024 * 1024 + 1)})
    assert crawl.skipped == [("/big", "larger than 10 MiB")]
    assert not crawl.complete


def test_past_the_limit_the_look_is_partial(tmp_path: Path) -> None:
    files = {f"p{n}.html": html() for n in range(5)}
    crawl = site(tmp_path, files, crawl=CrawlLimits(max_pages=3))
    assert not crawl.complete
    assert crawl.skipped == [("…", "2 pages past the limit of 3")]


@pytest.mark.parametrize("files", [{}, {"readme.txt": b"x"}, {"404.html": html()}])
def test_a_folder_without_pages_is_not_measured(tmp_path: Path, files: dict[str, bytes]) -> None:
    with pytest.raises(NotMeasuredError, match=r"no such folder|no HTML file"):
        site(tmp_path, dict(files))


def test_the_same_folder_gives_the_same_crawl(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {f"p{n}.html": html(f"/p{(n * 7) % 30}", f"/x{n}") for n in range(30)}
    assert repr(site(tmp_path, files)) == repr(site(tmp_path, files))


PLUGIN = """
def look(body, tree, page):
    if b"<h6>" in body:
        raise ValueError("never on h6")
    return {"size": len(body), "headings": [node.text() for node in tree.css("h2")], "of": page.url}
"""


def test_a_loop_has_more_read_of_each_page_where_it_is_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plugin.py").write_text(PLUGIN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/index.html").write_text("<h2>One</h2><h2>Two</h2>")
    (tmp_path / "dist/odd.html").write_text("<h6>x</h6>")
    with ExitStack() as stack:
        settings, names = Site(source="dist", dist="dist"), ["plugin:look", "plugin:nothing"]
        found = crawl(settings, tmp_path, also=names, stack=stack, say=lambda _: None)
    assert found.pages["/"].facts["plugin:look"] == {"size": 24, "headings": ["One", "Two"], "of": "/"}
    assert found.pages["/odd"].facts == {"plugin:look": None, "plugin:nothing": None}, "what fails is that page's alone"
