"""Sitemaps: every kind is read, and none can do harm."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.signals.site.sitemap import parse

URLSET = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'
ENTITIES = (
    '<!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(8))
    + "]>"
)


def entry(loc: str, lastmod: str = "") -> str:
    return f"<url><loc>{loc}</loc>{f'<lastmod>{lastmod}</lastmod>' if lastmod else ''}</url>"


def test_entries_come_with_their_own_lastmod() -> None:
    parsed = parse(URLSET.format(entry("https://a.example/", "2026-01-01") + entry("https://a.example/b")).encode())
    assert parsed.entries == [("https://a.example/", "2026-01-01"), ("https://a.example/b", None)]
    assert parsed.problem is None


def test_an_index_names_sitemaps() -> None:
    parsed = parse(b"<sitemapindex><sitemap><loc>https://a.example/1.xml</loc></sitemap></sitemapindex>")
    assert parsed.children == ["https://a.example/1.xml"]


@pytest.mark.parametrize(
    "body",
    [
        "<rss><channel><link>https://a.example/</link><item><link>https://a.example/x</link><pubDate>p</pubDate></item></channel></rss>",
        "<feed><entry><link rel='alternate' href='https://a.example/x'/><updated>p</updated></entry></feed>",
        "https://a.example/x\n",
    ],
)
def test_feeds_and_plain_lists_are_sitemaps(body: str) -> None:
    assert [loc for loc, _ in parse(body.encode()).entries] == ["https://a.example/x"]


def test_gzip_is_unpacked() -> None:
    assert parse(gzip.compress(URLSET.format(entry("https://a.example/")).encode())).entries


def test_fifty_thousand_entries_are_read_and_one_more_is_told() -> None:
    entries = "".join(entry(f"https://a.example/{n}") for n in range(50_000))
    assert len(parse(URLSET.format(entries).encode()).entries) == 50_000
    parsed = parse(URLSET.format(entries + entry("https://a.example/more")).encode())
    assert parsed.problem is not None
    assert "more than 50,000" in parsed.problem


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "names no address"),
        (b"<html><body>Not found</body></html>", "the root element is <html>"),
        (b"<urlset><url>", "not well-formed"),
        (b"<urlset></urlset>", "names no address"),
        (b"hello", "neither XML nor a list"),
        (b"\x1f\x8bnonsense", "not valid gzip"),
        ((ENTITIES + "<urlset><url><loc>&h;</loc></url></urlset>").encode(), "refused"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><urlset/>', "refused"),
        (gzip.compress(b"<urlset>" + b" " * 60_000_000), "larger than 50 MiB"),
        (b"<urlset>" + b"<a>" * 1_000_000, "nested too deeply"),
    ],
)
def test_what_is_wrong_is_told(body: bytes, problem: str) -> None:
    parsed = parse(body)
    assert problem in (parsed.problem or "")
    assert parsed.entries == []


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fall_over(body: bytes) -> None:
    parse(body)
    parse(b"<urlset>" + body)
