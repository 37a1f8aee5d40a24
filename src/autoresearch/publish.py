"""The other half of a run: the report, and everything that is written, all of it or nothing."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from autoresearch import __version__
from autoresearch.config.model import LoopSettings
from autoresearch.core.compare import previous
from autoresearch.errors import ConfigError, PublishError
from autoresearch.loops.registry import AnyLoop
from autoresearch.report.build import build
from autoresearch.report.markdown import render
from autoresearch.report.model import Report
from autoresearch.report.philosophy import LoopLine, merge_into, philosophy
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


def report_of(outcome: Outcome) -> Report:
    """What the run says to a person."""
    return build(
        outcome.changes,
        [o.measurement for o in outcome.loops],
        {rule.id: rule for o in outcome.loops for rule in o.loop.rules},
        previous={o.loop.name: previous(o.measurement, o.baseline) for o in outcome.loops},
        run=outcome.run,
        version=__version__,
    )


def deliver(outcome: Outcome, to: Destinations) -> None:
    """Write result, changes, report and state. Raises `PublishError`, after keeping the result in a file it names."""
    try:
        write_all(_files(outcome, to))
    except (PublishError, ConfigError) as error:
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
        files[to.report] = render(report_of(outcome), outcome.plan.folder / "templates")
    if to.state:
        files |= outcome.states() | _philosophy(outcome)
    return files


def _philosophy(outcome: Outcome) -> dict[Path, str]:
    """`autoresearch/README.md`, when it is not in step; a README that is somebody else's alone stays."""
    path = outcome.plan.folder / "README.md"
    try:
        existing = path.read_bytes().decode("utf-8") if path.is_file() else None
    except (OSError, UnicodeDecodeError):
        return {}
    lines = [_line(loop) for loop in outcome.plan.configured]
    not_built = [(entry.loop, entry.because) for entry in outcome.plan.config.not_built]
    text = merge_into(existing, outcome.secrets.mask(philosophy(lines, not_built)))
    return {} if text is None or text == existing else {path: text}


def _line(loop: AnyLoop) -> LoopLine:
    settings: LoopSettings = loop.settings
    return LoopLine(loop.name, loop.kind, settings.rung, settings.because or loop.because, loop.measures)
