"""What goes between a crawl and the process that parses for it: documents one way, facts the other.

A frame is its length in four bytes and a tuple of plain values (`marshal`: both ends are the same program). A link is
sent once and then spoken of by its number: a site's navigation is on every page.
"""

from __future__ import annotations

import marshal
from array import array
from collections.abc import Mapping
from operator import attrgetter
from struct import Struct
from typing import Any, BinaryIO, NamedTuple

from autoresearch.signals.site.model import Alternate, Link, Page

_LENGTH = Struct("<I")
_TOLD = ("title", "description", "h1", "lang", "canonicals", "noindex", "refresh", "insecure", "text_hash", "words")
_told = attrgetter(*_TOLD)
OUT_OF_MEMORY = 3
"""The exit code of a process that says so itself."""
_MAX_NUMBERED = 500_000
"""Links that a process knows by number before it forgets them all and begins anew."""


class Document(NamedTuple):
    """What is to be read: a body, where it was found, and what the site calls its own."""

    body: bytes
    url: str
    """Absolute; references are read from here."""
    subject: str
    path: str
    """The address inside of the site."""
    headers: Mapping[str, str]
    """In lower case; those that speak of the document."""
    mounts: tuple[tuple[str, str], ...]
    """Of the `Place` that the site is."""
    mounted: bool
    """False where nobody has said the site's address (`mount.py`)."""
    also: tuple[str, ...] = ()
    """`module:function` of what loops want to be read besides."""


def frame(content: tuple[Any, ...]) -> bytes:
    """A message, with its length in front of it."""
    packed = marshal.dumps(content)
    return _LENGTH.pack(len(packed)) + packed


def read_frame(stream: BinaryIO) -> tuple[Any, ...] | None:
    """The next message; None at the end."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    content: tuple[Any, ...] = marshal.loads(stream.read(*_LENGTH.unpack(head)))  # noqa: S302  from ourselves
    return content


class Frames:
    """Cuts what arrives in pieces into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, piece: bytes) -> list[tuple[Any, ...]]:
        """The messages that are complete now."""
        self._buffer += piece
        complete, place = [], 0
        while len(self._buffer) >= (start := place + _LENGTH.size):
            end = start + _LENGTH.unpack_from(self._buffer, place)[0]
            if len(self._buffer) < end:
                break
            complete.append(marshal.loads(bytes(self._buffer[start:end])))  # noqa: S302  from ourselves
            place = end
        del self._buffer[:place]
        return complete


class Packer:
    """Pages of one `Reader` to plain facts, in the process that parses. Equal links are one object, so one number."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        """By `id()`."""

    @property
    def is_full(self) -> bool:
        """Whether it is time for a new one, and a new reader."""
        return len(self._numbers) > _MAX_NUMBERED

    def pack(self, page: Page) -> tuple[Any, ...]:
        """A page without its address, and the links that this is the first to have."""
        numbers, known = self._numbers, len(self._numbers)
        fresh = [link for link in page.links if id(link) not in numbers]
        numbers.update((id(link), known + place) for place, link in enumerate(fresh))
        return (
            _told(page),
            tuple((alternate.lang, alternate.target) for alternate in page.alternates),
            page.anchors.tobytes(),
            known,
            tuple((link.target, link.fragment, link.nofollow) for link in fresh),
            array("I", [numbers[id(link)] for link in page.links]).tobytes(),
            dict(page.facts),
        )


class Unpacker:
    """Plain facts to pages, in the crawl's process. `shared` holds the one object for all equal links."""

    def __init__(self, shared: dict[Link, Link]) -> None:
        self._shared = shared
        self._numbered: list[Link] = []

    def unpack(self, packed: tuple[Any, ...], subject: str, path: str) -> Page:
        """The page that was packed."""
        told, alternates, anchors, known, fresh, numbers, facts = packed
        del self._numbered[known:]
        self._numbered.extend(self._shared.setdefault(link, link) for link in (Link(*parts) for parts in fresh))
        page = Page(subject, path, **dict(zip(_TOLD, told, strict=True)))
        page.alternates = tuple(Alternate(lang, target) for lang, target in alternates)
        page.anchors.frombytes(anchors)
        page.links = tuple(map(self._numbered.__getitem__, array("I", numbers)))
        if facts:
            page.facts = facts
        return page
