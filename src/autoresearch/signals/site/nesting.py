"""Markup that takes a parser for ever: the HTML standard's own rules have quadratic corners.

Every element that opens is compared with all that are open, so 100,000 nested `<div>` take a minute; every attribute
with all others of its element; and formatting that is left open (`<b x=1><b x=2>…`) is opened again in every
paragraph, so 20 kB become half a gigabyte.
"""

from __future__ import annotations

import re
from collections import Counter

_MAX_DEPTH = 1_000
"""Browsers stop at 512."""
_MAX_REOPENED = 200_000
"""Elements that a document may make the parser open again."""
_LARGE = 200_000
"""Bytes from which on the attributes of one element could be too many."""
_FEW_TAGS = 1_500
_MANY_TAGS = 40_000
_USUAL_FORMATTING = 16
_FORMATTING = frozenset(b"b big code em font i s small strike strong tt u".split())
_FORMATTED = re.compile(rb"<(/?)([bius]|big|code|em|font|small|strike|strong|tt)[\s/>]", re.IGNORECASE)
_CROWDED = re.compile(
    rb"<[a-z][^\s/>]*+(?:[\s/]++[^\s/>=]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>]*+))?+){3000}+", re.IGNORECASE
)
_VOID = frozenset(b"area base br col embed hr img input link meta param source track wbr p".split())
"""Elements that hold nothing; and `p`, which never holds itself."""
_CELL, _ROW = frozenset({b"td", b"th"}), frozenset({b"td", b"th", b"tr"})
_ROWS = _ROW | {b"tbody", b"thead", b"tfoot"}
_CLOSES = {
    b"li": frozenset({b"li"}),
    **dict.fromkeys((b"dd", b"dt"), frozenset({b"dd", b"dt"})),
    **dict.fromkeys(_CELL, _CELL),
    b"tr": _ROW,
    **dict.fromkeys((b"tbody", b"thead", b"tfoot"), _ROWS),
    **dict.fromkeys((b"option", b"optgroup"), frozenset({b"option", b"optgroup"})),
}
"""What ends, without saying so, where such an element begins."""
_TAG = re.compile(rb"<(?:(/?)([a-z][a-z0-9-]*)|!--)")
_COMMENT_END = re.compile(rb"--!?>")
_RAW = frozenset({b"script", b"style", b"textarea", b"title"})
"""Elements whose content is text."""


def is_endless(body: bytes) -> bool:
    """Whether to keep a document from the parser. Linear; next to nothing for a document of an ordinary size."""
    if len(body) > _LARGE and _CROWDED.search(body):
        return True
    tags = body.count(b"<")
    if tags <= _FEW_TAGS:
        return False
    return (tags > _MANY_TAGS or _is_left_open(body)) and _Scan().of(body)


def _is_left_open(body: bytes) -> bool:
    """Whether more formatting is open at once than anybody means."""
    opened: Counter[bytes] = Counter()
    total = 0
    for end, name in _FORMATTED.findall(body):
        if not end:
            opened[name.lower()] += 1
            total += 1
        elif opened[name.lower()]:
            opened[name.lower()] -= 1
            total -= 1
        if total > _USUAL_FORMATTING:
            return True
    return False


class _Scan:
    """What is open, roughly as a parser sees it."""

    def __init__(self) -> None:
        self._open: list[bytes] = []
        self._count: Counter[bytes] = Counter()
        self._formatting = 0
        self._reopened = 0

    def of(self, body: bytes) -> bool:
        body = body.lower()
        place = 0
        while match := _TAG.search(body, place):
            place = match.end()
            name = match[2]
            if name is None:
                end = _COMMENT_END.search(body, place - 2)  # `<!-->` is a whole comment
                place = end.end() if end else len(body)
            elif match[1]:
                self._end(name)
            else:
                self._start(name)
                place = self._past_raw_text(name, body, place)
            self._reopened += max(0, self._formatting - _USUAL_FORMATTING)
            if len(self._open) + self._formatting > _MAX_DEPTH or self._reopened > _MAX_REOPENED:
                return True
        return False

    def _start(self, name: bytes) -> None:
        if name in _VOID:
            return
        if name in _FORMATTING:
            self._formatting += 1
        else:
            closes = _CLOSES.get(name, frozenset())
            while self._open and self._open[-1] in closes:
                self._count[self._open.pop()] -= 1
            self._open.append(name)
        self._count[name] += 1

    def _end(self, name: bytes) -> None:
        if not self._count[name]:
            return
        if name in _FORMATTING:
            self._formatting -= 1
            self._count[name] -= 1
            return
        ended = b""
        while ended != name:
            ended = self._open.pop()
            self._count[ended] -= 1

    def _past_raw_text(self, name: bytes, body: bytes, place: int) -> int:
        """Where markup goes on: in a picture or a formula, nothing is mere text."""
        if name not in _RAW or self._count[b"svg"] or self._count[b"math"]:
            return place
        end = body.find(b"</" + name, place)
        return len(body) if end < 0 else end
