"""A document becomes facts, whatever it is made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.signals.site.model import Alternate, Link, Page
from autoresearch.signals.site.page import Reader
from autoresearch.signals.site.urls import Place


def read(body: str | bytes, path: str = "/dir/page", **headers: str) -> Page:
    reader = Reader(Place((("https://a.example", "/"),)))
    body = body if isinstance(body, bytes) else body.encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return reader.read(body, "https://a.example" + path, path, path, named)


def test_the_head_is_read() -> None:
    page = read(
        """<html lang="de"><head><title> A  title </title><meta name="Description" content="What it is">
        <link rel="canonical" href="/x"><link rel="alternate" hreflang="en" href="https://b.example/en">
        <link rel="alternate" hreflang="de" href="../x"><meta name="robots" content="NoIndex, follow"></head>
        <body><h1>One</h1><h1>Two</h1></body></html>"""
    )
    assert (page.title, page.description, page.lang, page.h1) == ("A title", "What it is", "de", 2)
    assert page.canonicals == ("/x",)
    assert page.alternates == (Alternate("en", "https://b.example/en"), Alternate("de", "/x"))
    assert page.noindex


def test_a_title_inside_of_a_picture_is_no_title() -> None:
    assert read("<body><svg><title>Icon</title></svg></body>").title is None


def test_links_are_told_once_in_order_with_their_fragments() -> None:
    page = read(
        """<a href="b#x">1</a><a href="#here">2</a><a href="/dir/b#x">3</a><a href="mailto:a@b.c">4</a>
        <a href="https://b.example/y" rel="nofollow">5</a><a href="">6</a><area href="?q=1"><a>7</a>"""
    )
    assert page.links == (
        Link("/dir/b", "x"),
        Link("/dir/page", "here"),
        Link("https://b.example/y", "", nofollow=True),
        Link("/dir/page?q=1"),
    )


def test_a_base_moves_relative_links() -> None:
    assert read('<base href="/other/"><a href="x">1</a>').links == (Link("/other/x"),)


def test_a_base_counts_wherever_it_is() -> None:
    assert read('<a href="x">1</a><base href="/other/">').links == (Link("/other/x"),)


def test_relative_links_of_two_folders_lead_to_two_places() -> None:
    reader = Reader(Place((("https://a.example", "/"),)))
    for folder in ("/one/", "/two/", "/one/"):
        page = reader.read(b"<a href=x>1</a>", "https://a.example" + folder, folder, folder)
        assert page.links == (Link(folder + "x"),)


@pytest.mark.parametrize(
    ("href", "from_one", "from_other"),
    [
        ("http.html", "/a/http.html", "/b/http.html"),
        ("?page=2", "/a/x?page=2", "/b/y?page=2"),
        (" #part", "/a/x", "/b/y"),
        ("..\\c?q=\\", "/c?q=%5C", "/c?q=%5C"),
        ("//other.example/z", "https://other.example/z", "https://other.example/z"),
    ],
)
def test_a_reference_is_read_from_the_page_that_it_is_on(href: str, from_one: str, from_other: str) -> None:
    reader = Reader(Place((("https://a.example", "/"),)))
    for path, target in (("/a/x", from_one), ("/b/y", from_other), ("/a/x", from_one)):
        page = reader.read(f'<a href="{href}">1</a>'.encode(), "https://a.example" + path, path, path)
        assert [link.target for link in page.links] == [target]


def test_two_pages_of_one_folder_have_their_own_queries() -> None:
    reader = Reader(Place((("https://a.example", "/"),)))
    for path in ("/list", "/other"):
        page = reader.read(b'<a href="?page=2">1</a>', "https://a.example" + path, path, path)
        assert page.links == (Link(path + "?page=2"),)


def test_the_first_base_counts_for_every_reference() -> None:
    bases = '<base href="https://b.example/x/"><base href="/y/">'
    page = read(bases + '<a href="/1">1</a><a href="2">2</a><a href="#3">3</a>')
    assert page.links == (Link("https://b.example/1"), Link("https://b.example/x/2"), Link("https://b.example/x/", "3"))


@pytest.mark.parametrize(
    ("encoding", "head", "header"),
    [
        ("windows-1251", "", "text/html; charset=Windows-1251"),
        ("windows-1251", "<meta charset=windows-1251>", ""),
        ("koi8-r", '<meta http-equiv=Content-Type content="text/html; charset=koi8-r">', ""),
        ("utf-8", "<meta charset=koi8-r>", "text/html; charset=utf-8"),
        ("utf-8-sig", "<meta charset=koi8-r>", ""),
        ("utf-16", "", "text/html; charset=koi8-r"),
        ("utf-8", "<meta charset=punycode>", ""),
        ("utf-8", "<meta charset=utf-16>", ""),
    ],
)
def test_a_document_is_read_in_its_own_encoding(encoding: str, head: str, header: str) -> None:
    body = f"<html><head>{head}<title>Привет</title></head>".encode(encoding)
    assert read(body, content_type=header).title == "Привет"


def test_latin_1_is_what_browsers_take_it_for() -> None:
    assert read("<title>10 €</title>".encode("cp1252"), content_type="text/html; charset=ISO-8859-1").title == "10 €"


def test_every_id_and_name_can_be_linked_to() -> None:
    page = read('<p id="a">x</p><a name="b">y</a><a name="">z</a>')
    assert [page.has_anchor(name) for name in ("a", "b", "c", "", "top", ":~:text=x")] == [
        True,
        True,
        False,
        True,
        True,
        True,
    ]


def test_a_fragment_is_found_whatever_it_is_made_of() -> None:
    page = read('<p id="größe">x</p><p id="a b">y</p>')
    assert page.has_anchor("größe")
    assert page.has_anchor("a b")
    assert not page.has_anchor("\udcff")


def test_headers_speak_like_the_head() -> None:
    page = read("<p>x</p>", x_robots_tag="googlebot: noindex", link='</x>; rel="canonical", </s.css>; rel=preload')
    assert page.noindex
    assert page.canonicals == ("/x",)
    assert not read("<p>x</p>", x_robots_tag="otherbot: noindex").noindex


def test_a_refresh_leads_somewhere_or_only_reloads() -> None:
    assert read('<meta http-equiv="refresh" content="0; url=/x">').refresh == "/x"
    assert read("<meta http-equiv=Refresh content='5;URL=\"y\"'>").refresh == "/dir/y"
    assert read('<meta http-equiv="refresh" content="30">').refresh == ""


def test_what_is_loaded_without_encryption_is_noted_and_what_is_linked_is_not() -> None:
    page = read(
        '<img src="http://x.example/a.png"><form action="http://x.example/f"></form><a href="http://x.example/">x</a>'
    )
    assert page.insecure == ("http://x.example/a.png", "http://x.example/f")


def test_the_hash_follows_the_text_and_nothing_else() -> None:
    one = read("<nav>Menu 1</nav><main><p>Hello  there</p><script>nonce=1</script></main><footer>2026</footer>")
    same = read("<nav>Other</nav><main>\n<p>Hello\nthere</p><script>nonce=2</script></main>")
    other = read("<main><p>Hello here</p></main>")
    assert one.text_hash == same.text_hash != other.text_hash
    assert one.words == 2


def test_what_is_endless_is_cut_off() -> None:
    digits = "1" * 1_000_000
    page = read(
        f"""<html lang={digits}><link rel=canonical href="/{digits}"><meta name=description content="{digits}">
        <meta http-equiv=refresh content="{digits}x"><link rel=alternate hreflang={digits} href="/x">"""
        + "<link rel=alternate hreflang=de href=/y>" * 3_000
    )
    assert page.canonicals == ()
    assert page.refresh == "", "what comes after its first characters is not read"
    assert len(repr(page)) < 100_000


def test_a_hundred_thousand_links_are_bounded() -> None:
    page = read("".join(f"<a href=/{n}>x</a>" for n in range(100_000)))
    assert len(page.links) == 20_000


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fall_over(body: bytes) -> None:
    read(body)


@given(
    st.lists(
        st.sampled_from(["<a href='", "'>", "<base href='", "//", "http:", "[", "]", "#", "%", ":", "\x00", "?"]),
        max_size=12,
    )
)
def test_no_markup_makes_it_fall_over(parts: list[str]) -> None:
    read("".join(parts))
