"""JSON from strangers: of a bounded size, depth and text length, with numbers that are numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from autoresearch.core.plain import plain
from autoresearch.errors import PublishError

Place = tuple[str | int, ...]
"""Keys and indices from the top of the file."""

MAX_VALUES = 4_000_000
"""Commas and brackets: a bound on the values that parsing makes, each of which takes up to a hundred bytes."""
MAX_DEPTH = 40
MAX_TEXT = 65_536
MAX_DIGITS = 20


class _BadValueError(ValueError):
    """A value that no result has; `place` is filled from the inside out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place: list[str | int] = []


def parse(data: bytes, where: str) -> Any:
    """JSON data. Raises `PublishError` naming `where` and the place in it."""
    if sum(map(data.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise PublishError(f"{where}: more than {MAX_VALUES:,} values")
    try:
        text = data.decode("utf-8-sig")
        value = json.loads(text, parse_int=_whole, parse_float=_finite, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise PublishError(f"{where}: not UTF-8 text, at byte {error.start}") from error
    except json.JSONDecodeError as error:
        reason = f"{where}:{error.lineno}:{error.colno}: not valid JSON: {error.msg}"
        raise PublishError(reason, hint="was the upload cut short?") from error
    except RecursionError as error:
        raise PublishError(f"{where}: nested deeper than {MAX_DEPTH} levels") from error
    except _BadValueError as error:
        raise PublishError(f"{where}: {error.reason}") from error
    try:
        _check(value, MAX_DEPTH)
    except _BadValueError as error:
        raise PublishError(f"{where}: {shown(reversed(error.place))}: {error.reason}") from error
    return value


def shown(place: Iterable[str | int]) -> str:
    """`measurements[0].findings[17].severity`."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{plain(key, 60)}" for key in place)
    return text.removeprefix(".") or "the file"


def _check(value: Any, depth: int) -> None:
    """Refuse what no text, and no reader of it, can bear. The place is told only once something is wrong."""
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict | list):
        if depth == 0:
            raise _BadValueError(f"nested deeper than {MAX_DEPTH} levels")
        pairs: Iterable[tuple[str | int, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in pairs:
            try:
                if isinstance(key, str):
                    _check_text(key)
                if isinstance(item, str | dict | list):
                    _check(item, depth - 1)
            except _BadValueError as error:
                error.place.append(key)
                raise


def _check_text(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise _BadValueError(f"a text of {len(text):,} characters; {MAX_TEXT:,} are the limit")
    if "\0" in text:
        raise _BadValueError("a NUL character")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise _BadValueError("half of a character (a lone surrogate)")


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _BadValueError(f"a number of {len(digits):,} digits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if abs(number) == float("inf"):
        raise _BadValueError(f"the number {plain(digits, 40)} is too large")
    return number


def _no_number(name: str) -> float:
    raise _BadValueError(f"{name} is no number of JSON's")
