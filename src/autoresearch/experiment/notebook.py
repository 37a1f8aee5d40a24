"""The lab notebook: append-only, outside of every checkout, one line a try; what it says is what the night knows.

`night.json` says what the night is, `tries.jsonl` what happened, with every raw sample. A line is on the disk before
the branch moves, so a night that was killed goes on from its last whole line: at most the try in hand is lost.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from autoresearch.core.plain import plain
from autoresearch.errors import StateError

Status = Literal[
    "baseline", "keep", "discard", "inconclusive", "crash", "timeout", "tamper", "no-change", "duplicate", "removed"
]
VERSION = 1
COLUMNS = (
    "commit", "score", "cost", "status", "description",
    "gain", "low", "high", "pairs", "p", "guardrails", "seconds", "dollars", "bytes", "diff", "reason",
)  # fmt: skip
"""The first five are those of the first such notebooks; `cost` is what the agent took, in dollars."""


@dataclass(frozen=True)
class Row:
    """One try."""

    number: int
    status: Status
    description: str
    reason: str = ""
    commit: str = ""
    """Of a kept change."""
    parent: str = ""
    """The incumbent that it was tried on."""
    score: float | None = None
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    pairs: int = 0
    guardrails: str = ""
    seconds: float = 0.0
    """Of builds and benchmarks."""
    dollars: float | None = None
    bytes: int = 0
    """Of the file, after the normaliser."""
    diff: str = ""
    """Hash of the file's new content."""
    at: str = ""
    samples: tuple[dict[str, Any], ...] = ()


@dataclass
class Notebook:
    """The notebook of one night."""

    folder: Path
    night: dict[str, Any]
    rows: list[Row] = field(default_factory=list)

    @classmethod
    def begin(cls, folder: Path, night: dict[str, Any]) -> Notebook:
        """A new one. Raises `StateError` where one is."""
        if (folder / "night.json").exists():
            raise StateError(f"{folder} holds a night already", hint="--resume goes on with it")
        folder.mkdir(parents=True, exist_ok=True)
        book = cls(folder, {"schema_version": VERSION, **night})
        book.save()
        return book

    @classmethod
    def open(cls, folder: Path) -> Notebook:
        """What is there. A last line that was not finished is dropped. Raises `StateError`."""
        try:
            night = json.loads((folder / "night.json").read_text(encoding="utf-8"))
            file = folder / "tries.jsonl"
            text = file.read_bytes() if file.exists() else b""
            whole = text[: text.rfind(b"\n") + 1]
            rows = [_row(json.loads(line)) for line in whole.decode("utf-8").splitlines()]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise StateError(f"the notebook in {folder} cannot be read: {error}", hint="start a new night") from error
        if night.get("schema_version") != VERSION:
            raise StateError(f"the notebook in {folder} is of another version of this tool", hint="start a new night")
        if len(whole) < len(text):
            os.truncate(file, len(whole))
        return cls(folder, night, rows)

    def save(self) -> None:
        """Write `night.json`, whole or not at all."""
        text = json.dumps(self.night, indent=1, sort_keys=True) + "\n"
        part = self.folder / "night.json.part"
        part.write_text(text, encoding="utf-8")
        part.replace(self.folder / "night.json")

    def add(self, row: Row) -> None:
        """Append a line, and wait until the disk has it."""
        line = json.dumps(vars(row), ensure_ascii=False, sort_keys=True)
        with (self.folder / "tries.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.rows.append(row)

    @property
    def tries(self) -> list[Row]:
        """Without the baseline, and without what the morning removed."""
        return [row for row in self.rows if row.status not in {"baseline", "removed"}]

    @property
    def kept(self) -> list[Row]:
        """The changes that stand."""
        removed = {row.diff for row in self.rows if row.status == "removed"}
        return [row for row in self.rows if row.status == "keep" and row.diff not in removed]

    @property
    def tip(self) -> str:
        """The commit that the next try starts from."""
        return next((row.commit for row in reversed(self.rows) if row.commit), str(self.night["base"]))

    @property
    def stalled(self) -> int:
        """Tries in a row of which none was kept."""
        count = 0
        for row in reversed(self.tries):
            if row.status == "keep":
                break
            count += 1
        return count

    @property
    def dollars(self) -> float:
        """What agents said they cost."""
        return sum(row.dollars or 0.0 for row in self.rows)

    def tsv(self) -> str:
        """`results.tsv`."""
        return "".join("\t".join(fields) + "\n" for fields in _table(self.rows))


def _table(rows: Sequence[Row]) -> Iterator[Sequence[str]]:
    yield COLUMNS
    for row in rows:
        yield [_cell(row, column) for column in COLUMNS]


def _cell(row: Row, column: str) -> str:
    if column == "commit":
        return row.commit[:7]
    value = row.dollars if column == "cost" else getattr(row, column)
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return plain(str(value), 300) if value != "" else ""


def _row(data: dict[str, Any]) -> Row:
    return Row(**{**data, "samples": tuple(data.get("samples", ()))})
