"""A remark on a line of a file: what a check shows beside the code, and the log as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "notice"]
_RANK: dict[Level, int] = {"error": 0, "warning": 1, "notice": 2}


@dataclass(frozen=True)
class Annotation:
    """`path` is relative to the repository, `line` counts from 1; title and message are plain text."""

    path: str
    line: int
    level: Level
    title: str
    message: str


def worst_first(annotations: list[Annotation]) -> list[Annotation]:
    """Errors before warnings before notices, each as they came."""
    return sorted(annotations, key=lambda annotation: _RANK[annotation.level])
