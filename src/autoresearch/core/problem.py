"""What is wrong with data from outside, for a reader who knows JSON and not pydantic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autoresearch.core.plain import plain

_KINDS: dict[type, str] = {
    str: "text",
    bool: "yes or no",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    type(None): "nothing",
}
_WANTED = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "tuple": "a list",
    "list": "a list",
    "dict": "an object",
    "model": "an object",
    "finite": "a finite number",
    "date": "a date, such as 2027-05-31",
}
"""The first word of pydantic's error types → what should have been there."""
_BOUNDS = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must look like `{pattern}`",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
}


def kind_of(value: Any) -> str:
    """A JSON value's kind, as people say it."""
    return _KINDS.get(type(value), "something else")


def quoted(value: Any) -> str:
    """What stands there: a text itself, of anything else its kind."""
    return f"`{plain(value, 60)}`" if isinstance(value, str) else kind_of(value)


def _no_such_tag(context: Mapping[str, Any], _: Any) -> str:
    tag = f"{context['discriminator']} `{plain(context['tag'], 60)}`".replace("'", "`")
    return f"there is no {tag}; there are: {context['expected_tags']}".replace("'", "")


_SENTENCES: Mapping[str, Callable[[Mapping[str, Any], Any], str]] = {
    "missing": lambda *_: "is missing",
    "extra_forbidden": lambda *_: "unknown key",
    "literal_error": lambda context, value: f"must be {context['expected']}, not {quoted(value)}",
    "union_tag_not_found": lambda context, _: f"{context['discriminator']} is missing".replace("'", "`"),
    "union_tag_invalid": _no_such_tag,
}
"""Error types that want more than a word."""


def reason(problem: Any) -> str:
    """One of `ValidationError.errors()` in plain words."""
    kind, value, context = problem["type"], problem["input"], problem.get("ctx", {})
    if kind in _SENTENCES:
        return _SENTENCES[kind](context, value)
    if kind in _BOUNDS:
        return plain(_BOUNDS[kind].format_map(context))
    family = kind.partition("_")[0]
    if family in _WANTED:
        return f"must be {_WANTED[family]}, not {quoted(value)}"
    return plain(problem["msg"].removeprefix("Value error, "))


def trouble_with(error: OSError | UnicodeDecodeError) -> str:
    """Why a file cannot be read or written, without its name and without numbers of errors."""
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start:,} is no UTF-8"
    return (error.strerror or str(error)).lower()
