"""Text from outside on one line: what a terminal, a log or an error message can bear."""

from __future__ import annotations

import re

LIMIT = 300
"""Characters that a text may have, unless its place says otherwise."""

_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff\ud800-\udfff]"
)
"""Control, bidirectional and zero-width characters; the joiners that scripts and emoji need are not among them."""


def plain(value: str, limit: int = LIMIT) -> str:
    """One line of at most `limit` characters, invisible characters made visible: fit for a terminal."""
    words = " ".join(value[: 4 * limit].split())
    seen = _INVISIBLE.sub(_visible, words)
    cut = len(seen) > limit or len(value) > 4 * limit
    return f"{seen[: limit - 1].rstrip()}…" if cut else seen


def _visible(match: re.Match[str]) -> str:
    point = ord(match[0])
    if point < 0x20:
        return chr(0x2400 + point)
    if 0xD800 <= point <= 0xDFFF:
        return "\ufffd"
    return "␡" if point == 0x7F else f"‹U+{point:04X}›"
