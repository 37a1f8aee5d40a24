"""What answers a SELECT: a database, or files behind one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sqlglot import exp

from autoresearch.errors import NotMeasuredError
from autoresearch.signals.events.layout import Layout

Row = Sequence[Any]


class Engine(Protocol):
    """One connection. Everything may raise `NotMeasuredError`."""

    name: str
    """What it is, for people: without passwords."""

    def layout(self) -> Layout:
        """Where the rows are, and their columns."""

    def rows(self, query: exp.Query) -> list[Row]:
        """The answer, at most `MAX_ROWS` rows. Times come back as naive UTC, days as dates."""

    def notes(self) -> list[str]:
        """What could not be read, in words; known after a question."""

    def close(self) -> None:
        """End the connection."""


MAX_ROWS = 2_000_000
"""An answer with more cells than this is a mistake in the question, and would not fit in memory."""


def bounded(name: str, rows: list[Row]) -> list[Row]:
    """The rows of an answer. Raises `NotMeasuredError` for more than `MAX_ROWS`."""
    if len(rows) > MAX_ROWS:
        raise NotMeasuredError(f"{name}: more than {MAX_ROWS:,} segments and hours", hint="ask about fewer dimensions")
    return rows


def told(error: Exception) -> str:
    """An engine's own words for what went wrong: one line, bounded, without control characters."""
    words = " ".join(str(error).partition("LINE 1:")[0].split())
    return "".join(char for char in words if char.isprintable())[:300]
