"""In which encoding a document is written, as WHATWG has it: by its mark, else the header, else its own `meta`."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-z0-9_:-]{1,40})", re.IGNORECASE)
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?([a-z0-9_:-]{1,40})", re.IGNORECASE)
_SNIFFED = 1024
"""Bytes in which a document has to declare itself."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_KNOWN = re.compile(
    r"utf-8|utf-16(?:-?[lb]e)?|iso-8859-\d{1,2}|windows-12\d\d|windows-874|koi8-[ru]|gbk|gb2312|gb18030"
    r"|big5|euc-jp|euc-kr|shift_jis|iso-2022-jp|macintosh|ascii"
)
"""What is read at all: Python knows codecs, too, that no document is written in."""
_LABELS = {
    "utf8": "utf-8", "iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
    "cp1251": "cp1251", "cp1252": "cp1252", "macintosh": "mac_roman", "gb2312": "gb18030", "gbk": "gb18030",
    "shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "sjis": "cp932",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949",
}  # fmt: skip
"""Labels that stand for something else than they say, as browsers read them."""


def as_utf8(body: bytes, content_type: str = "") -> bytes:
    """A document in UTF-8, whatever it was written in; the same object where nothing has to change."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            body = body[len(mark) :]
            return body if name == "utf-8" else _converted(body, name)
    if declared := _HEADER_CHARSET.search(content_type):
        return _converted(body, _codec(declared[1]))
    if sniffed := _CHARSET.search(body[:_SNIFFED]):
        name = _codec(sniffed[1].decode("ascii"))
        return body if name.startswith("utf") else _converted(body, name)  # what was read as ASCII is not UTF-16
    return body


def _codec(label: str) -> str:
    label = label.lower()
    return _LABELS.get(label) or (label if _KNOWN.fullmatch(label) else "utf-8")


def _converted(body: bytes, name: str) -> bytes:
    if name != "utf-8":
        with suppress(LookupError):  # iso-8859-12 looks like one, and is none
            return body.decode(name, "replace").encode()
    return body
