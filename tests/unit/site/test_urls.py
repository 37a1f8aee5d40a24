"""Addresses: one page has one identity, however it is spelled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.signals.site.origin import infer, mount_of
from autoresearch.signals.site.urls import Place, absolute, fragment_of, identity, is_same_site, normal_path, origin_of

SHOP = Place((("https://shop.example", "/"), ("http://127.0.0.1:4173", "/")))
PROJECT = Place((("https://user.github.io", "/repo/"),))


@pytest.mark.parametrize("spelling", ["/x", "/x/", "/x.html", "/x.htm", "/x/index.html", "/x/INDEX.HTML", "/x.php"])
def test_one_page_has_one_identity(spelling: str) -> None:
    assert identity(spelling) == "/x"
    assert identity(spelling + "?q=/a/") == "/x?q=/a/"


@pytest.mark.parametrize("spelling", ["/", "/index.html", "/index.htm", "//"])
def test_the_start_page_is_a_slash(spelling: str) -> None:
    assert identity(spelling) == "/"


@given(st.text(st.characters(codec="ascii"), max_size=40))
def test_identity_is_settled_after_few_steps(text: str) -> None:
    settled = "/" + text
    for _ in range(len(text) + 2):
        settled = identity(settled)
    assert identity(settled) == settled


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("", "/"),
        ("/a/../b", "/b"),
        ("/../../b", "/b"),
        ("/a/./b/.", "/a/b/"),
        ("/%7Euser/%e4", "/~user/%E4"),
        ("/50%", "/50%25"),
        ("/ü ä", "/%C3%BC%20%C3%A4"),
        ("/a|b", "/a%7Cb"),
    ],
)
def test_a_path_has_one_spelling(written: str, normal: str) -> None:
    assert normal_path(written) == normal


@given(st.text(max_size=60))
def test_a_normal_path_stays_as_it_is(text: str) -> None:
    once = normal_path("/" + text.replace("\x00", ""))
    assert normal_path(once) == once
    assert once.isascii()


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://shop.example", "/"),
        ("https://SHOP.example:443/a?b=c", "/a?b=c"),
        ("http://127.0.0.1:4173/a", "/a"),
        ("http://shop.example/a", None),
        ("https://www.shop.example/a", None),
        ("https://shop.example.evil.test/a", None),
    ],
)
def test_what_is_the_sites_own_becomes_a_path(url: str, path: str | None) -> None:
    assert SHOP.inward(url) == path


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://user.github.io/repo/a/", "/a/"),
        ("https://user.github.io/repo/", "/"),
        ("https://user.github.io/repo", "/"),
        ("https://user.github.io/repository/", None),
        ("https://user.github.io/", None),
    ],
)
def test_a_site_below_a_path_owns_nothing_else(url: str, path: str | None) -> None:
    assert PROJECT.inward(url) == path


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("b.html", "https://a.example/x/b.html"),
        ("//cdn.example/y", "https://cdn.example/y"),
        ("#part", "https://a.example/x/page"),
        ("mailto:a@b.c", None),
        ("http://[::1", None),
        ("http://a:99999/", None),
        ("x" * 3000, None),
        (" \n/y\t ", "https://a.example/y"),
    ],
)
def test_a_reference_is_what_a_browser_would_request(href: str, url: str | None) -> None:
    assert absolute("https://a.example/x/page", href) == url


def test_a_fragment_is_read_as_a_browser_reads_it() -> None:
    assert [fragment_of(href) for href in ("/a", "/a#", "/a#b", "/a#%C3%BC", "#a#b")] == ["", "", "b", "ü", "a#b"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a.example/", "https://www.a.example/en", True),
        ("https://www.a.example", "https://A.example/", True),
        ("http://127.0.0.1:3000/", "http://127.0.0.1:3000/x", True),
        ("http://127.0.0.1:3000/", "http://127.0.0.1:4000/", False),
        ("https://a.example/", "https://login.a.example/", False),
        ("https://a.example/", "https://b.example/", False),
    ],
)
def test_a_site_is_the_same_with_and_without_encryption_and_www(one: str, other: str, same: bool) -> None:
    assert is_same_site(one, other) is same


@pytest.mark.parametrize("url", ["", "/a", "mailto:x@y.z", "ftp://a.b", "http://", "https://[", "http://a:b"])
def test_what_has_no_origin_has_none(url: str) -> None:
    assert origin_of(url) == ""


def test_the_site_is_where_its_pages_say_it_is() -> None:
    named = [("/a.html", "https://docs.example/en/latest/a.html"), ("/b/", "https://docs.example/en/latest/b")]
    assert infer(named) == ("https://docs.example", "/en/latest/")
    assert infer([("/", "https://shop.example/")]) == ("https://shop.example", "/")


def test_pages_that_disagree_say_nothing() -> None:
    assert (
        infer([("/a", "https://one.example/x"), ("/b", "https://two.example/y"), ("/c", "https://c.example/c")]) is None
    )
    assert infer([]) is None


def test_a_mount_ends_in_a_slash() -> None:
    assert mount_of("https://user.github.io/repo") == ("https://user.github.io", "/repo/")
