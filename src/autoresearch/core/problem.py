"""What is wrong with data from outside, for a reader who knows JSON and not pydantic."""

from __future__ import annotations

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
    "dict": "an object",
    "model": "an object",
    "finite": "a finite number",
}
"""The first word of pydantic's error types → what should have been there."""


def kind_of(value: Any) -> str:
    """A JSON value's kind, as people say it."""
    return _KINDS.get(type(value), "something else")


def quoted(value: Any) -> str:
    """What stands there: a text itself, of anything else its kind."""
    return f"`{plain(value, 60)}`" if isinstance(value, str) else kind_of(value)


def reason(problem: Any) -> str:
    """One of `ValidationError.errors()` in plain words."""
    kind, value, context = problem["type"], problem["input"], problem.get("ctx", {})
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "unknown key"
    if kind == "literal_error":
        return f"must be {context['expected']}, not {quoted(value)}"
    if kind == "greater_than_equal":
        return f"must be at least {context['ge']}"
    if kind == "less_than_equal":
        return f"must be at most {context['le']}"
    family = kind.partition("_")[0]
    return (
        f"must be {_WANTED[family]}, not {quoted(value)}"
        if family in _WANTED
        else plain(problem["msg"].removeprefix("Value error, "))
    )
