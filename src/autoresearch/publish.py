"""The other half of a run: everything that is written, all of it or nothing."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from autoresearch.errors import PublishError
from autoresearch.run import Outcome
from autoresearch.state import write_all


@dataclass(frozen=True)
class Destinations:
    """Where the outcome goes; None is nowhere."""

    out: Path | None = None
    changes: Path | None = None
    report: Path | None = None
    state: bool = True
    """Whether the state files and `autoresearch/README.md` are renewed."""


def deliver(outcome: Outcome, to: Destinations) -> None:
    """Write result, changes, report and state. Raises `PublishError`, after keeping the result in a file it names."""
    try:
        write_all(_files(outcome, to))
    except PublishError as error:
        kept = Path(tempfile.mkdtemp(prefix="autoresearch-")) / "result.json"
        kept.write_text(outcome.result_text(), encoding="utf-8")
        raise PublishError(f"{error.message}\n  the result is kept in {kept}", hint=error.hint) from error


def _files(outcome: Outcome, to: Destinations) -> dict[Path, str]:
    files: dict[Path, str] = {}
    if to.out is not None:
        files[to.out] = outcome.result_text()
    if to.changes is not None:
        files[to.changes] = outcome.changes_text()
    if to.report is not None:
        files[to.report] = outcome.report_markdown()
    if to.state:
        files |= outcome.states()
        files |= outcome.philosophy()
    return files
