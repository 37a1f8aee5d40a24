"""The text of a JSON-LD block to JSON: what wraps it, where it breaks, and what its author probably did."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

_SURROGATE = re.compile(r"\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\\u[dD][89a-fA-F]\w\w|\\.", re.DOTALL)
_OPENING = re.compile(r"\s*(?:(?://|/\*)?\s*(?:<!--|<!\[CDATA\[)\s*(?:\*/|//(?=\s))?\s*)+")
_CLOSING = re.compile(r"(?:(?://|/\*)?[ \t]*(?:-->|\]\]>)\s*(?:\*/)?\s*)+$")


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|NaN|-?Infinity|-?\d{4001,}', re.DOTALL)


class NotJsonError(Exception):
    """A block that is not JSON: `position` is where, counted in characters; None: the block as a whole."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position


def parse(text: str) -> tuple[Any, str]:
    """The JSON of a block, and a remark on a name that is given twice in one object ("" when none is).

    Raises NotJsonError, and RecursionError for what is nested hundreds of levels deep.
    """
    text = _bare(text)
    if not text.strip():
        raise NotJsonError("is empty")
    twice: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs) and not twice:
            names = Counter(name for name, _ in pairs)
            twice.append(next(name for name in names if names[name] > 1))
        return found

    try:
        data = json.loads(text, object_pairs_hook=unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _explained(text, error) from None
    except ValueError as error:  # a number of thousands of digits, or none at all
        at = next((found.start() for found in _TOKEN.finditer(text) if found[0][0] != '"'), None)
        message = str(error)
        raise NotJsonError("a number of thousands of digits" if "digits" in message else message, at) from None
    return (
        data,
        f"gives `{' '.join(twice[0][:80].split()).replace('`', chr(39))}` twice in one object: only the last one counts"
        if twice
        else "",
    )


def _bare(text: str) -> str:
    """The JSON alone. What wraps it becomes blanks, so that lines and columns stay what they are."""
    if "\ufeff" in text[:2]:
        text = text.replace("\ufeff", " ", 1)
    if "<!" in text[:200] or "-->" in text[-200:] or "]]>" in text[-200:]:
        start, end = _OPENING.match(text), _CLOSING.search(text, max(0, len(text) - 200))
        if start:
            text = _blank(text[: start.end()]) + text[start.end() :]
        if end:
            text = text[: end.start()] + _blank(text[end.start() :])
    if "\\ud" in text or "\\uD" in text:
        text = _SURROGATE.sub(lambda found: "\\ufffd" if len(found[0]) == 6 else found[0], text)
    return text


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _no_constant(name: str) -> None:
    raise ValueError(f"`{name}` is not JSON")


_INSTEAD = (
    (("“", "”", "„", "«", "»", "‘", "’", "'"), "`{}` where a straight double quotation mark belongs"),
    (("&quot;", "&#34;", "&#x22;", "&#034;"), "`{}`, which means nothing inside of a script: write quotation marks"),
    (("{{", "{%", "<%", "<?", "${", "[["), "`{}` of a template that was not filled in"),
    (("//", "/*", "<!--"), "the comment `{}`, which JSON has not"),
    (("undefined", "None", "True", "False"), "`{}`, which is not JSON"),
)
"""What stands where the parser stopped, and what that is."""


def _explained(text: str, error: json.JSONDecodeError) -> NotJsonError:
    """The parser's objection, or the slip behind it where it is one of the usual ones."""
    at = error.pos
    comma = text.rindex(",", 0, at) if text[:at].rstrip().endswith(",") else at
    after = text[comma + 1 : comma + 1_000].lstrip()
    if text.startswith(",", comma) and after[:1] in {"}", "]"} and after:
        return NotJsonError(f"a comma too many before `{after[0]}`", comma)
    for start in (at, max(0, at - 1)):  # `{{` stops at its second brace
        for marks, what in _INSTEAD:
            if (start == at or text[start] in "{[") and (
                found := next((m for m in marks if text.startswith(m, start)), "")
            ):
                return NotJsonError(what.format(found), start)
    for sign, what in (
        ("control character", "a line break or another control character inside of a text: write `\\n`"),
        ("Extra data", "more after the end of the first value: put all into one array"),
    ):
        if sign in error.msg:
            return NotJsonError(what, at)
    return NotJsonError(error.msg[:1].lower() + error.msg[1:], at)
