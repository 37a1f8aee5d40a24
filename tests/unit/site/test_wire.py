"""What goes between two processes arrives as it was sent."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch.signals.site.model import Link, Page
from autoresearch.signals.site.page import Reader
from autoresearch.signals.site.urls import Place
from autoresearch.signals.site.wire import Frames, Packer, Unpacker, frame

PAGES = {
    "/": "<html lang=de><title>T</title><meta name=description content=D><h1 id=x>1</h1><a href=/a#b>2</a><a href=/c>",
    "/a": "<link rel=canonical href=/a><link rel=alternate hreflang=en href=/en/a><meta name=robots content=noindex>"
    "<meta http-equiv=refresh content='0; url=/b'><a name=n href=/c rel=nofollow>x</a><a href=/c>y</a>",
    "/b": "<img src=http://b.example/x.png><p>some words, and no link</p>",
}
MESSAGES = st.lists(st.tuples(st.text(), st.binary(), st.integers()), max_size=5)


@settings(deadline=None)
@given(MESSAGES, st.lists(st.integers(min_value=1, max_value=60), min_size=1))
def test_messages_survive_being_cut_anywhere(messages: list[tuple[object, ...]], sizes: list[int]) -> None:
    stream = b"".join(frame(message) for message in messages)
    frames, arrived, place = Frames(), [], 0
    while place < len(stream):
        size = sizes[len(arrived) % len(sizes)]
        arrived += frames.feed(stream[place : place + size])
        place += size
    assert arrived == messages


def read(reader: Reader, path: str, body: str) -> Page:
    return reader.read(body.encode(), "https://a.example" + path, path, path)


def test_a_page_arrives_as_it_was() -> None:
    reader, packer, unpacker = Reader(Place((("https://a.example", "/"),))), Packer(), Unpacker({})
    for path, body in PAGES.items():
        page = read(reader, path, body)
        assert repr(unpacker.unpack(packer.pack(page), path, path)) == repr(page)


def test_a_link_is_sent_once() -> None:
    reader, packer, unpacker = Reader(Place((("https://a.example", "/"),))), Packer(), Unpacker({})
    menu = "".join(f"<a href=/{n}>x</a>" for n in range(100))
    sizes = []
    for path in ("/a", "/b"):
        packed = packer.pack(read(reader, path, menu))
        sizes.append(len(frame(packed)))
        assert unpacker.unpack(packed, path, path).links == tuple(Link(f"/{n}") for n in range(100))
    assert sizes[1] < sizes[0] / 2


def test_another_process_numbers_anew() -> None:
    unpacker = Unpacker({})
    for links in ("<a href=/a>1</a><a href=/b>2</a>", "<a href=/b>2</a>"):
        reader, packer = Reader(Place((("https://a.example", "/"),))), Packer()
        page = read(reader, "/x", links)
        assert unpacker.unpack(packer.pack(page), "/x", "/x").links == page.links
