"""An outcome with everything that is said of it, each made once: report, files, README."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from autoresearch import __version__
from autoresearch.config.model import LoopSettings
from autoresearch.core.compare import previous
from autoresearch.core.measurement import Rule
from autoresearch.loops.registry import AnyLoop
from autoresearch.report.build import build
from autoresearch.report.markdown import render
from autoresearch.report.model import Report
from autoresearch.report.philosophy import LoopLine, renewed
from autoresearch.settle import Outcome

OUTPUT = Path("autoresearch-output")
"""Where a step leaves its files for later ones, when it was not told where."""


@dataclass(frozen=True)
class Destinations:
    """Where the outcome goes; None is nowhere."""

    out: Path | None = None
    changes: Path | None = None
    report: Path | None = None
    state: bool = True
    """Whether the state files and `autoresearch/README.md` are renewed."""

    def in_a_step(self) -> Destinations:
        """With a place for everything that the Action's outputs name."""
        return replace(
            self,
            out=self.out or OUTPUT / "result.json",
            changes=self.changes or OUTPUT / "changes.json",
            report=self.report or OUTPUT / "report.md",
        )


@dataclass(frozen=True)
class Publication:
    """An outcome with everything that is said of it, each made once."""

    outcome: Outcome

    @cached_property
    def report(self) -> Report:
        """What the run says to a person."""
        outcome = self.outcome
        return build(
            outcome.changes,
            [o.measurement for o in outcome.loops],
            self.rules,
            previous={o.loop.name: previous(o.measurement, o.baseline, o.base) for o in outcome.loops},
            run=outcome.run,
            version=__version__,
            notes=outcome.notes,
        )

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """The rules of every loop of the config, by id."""
        return {rule.id: rule for loop in self.outcome.plan.configured for rule in loop.rules}

    @property
    def templates(self) -> Path:
        """The user's own templates."""
        return self.outcome.plan.folder / "templates"

    @cached_property
    def readme(self) -> str | None:
        """`autoresearch/README.md`, when it is not in step; a README that is somebody else's alone stays."""
        planned = self.outcome.plan
        path = planned.folder / "README.md"
        try:
            existing = path.read_bytes().decode("utf-8") if path.is_file() else None
        except (OSError, UnicodeDecodeError):
            return None
        lines = [_line(loop) for loop in planned.configured]
        not_built = [(entry.loop, entry.because) for entry in planned.config.not_built]
        return renewed(existing, lines, not_built, planned.secrets.mask)

    def files(self, to: Destinations) -> dict[Path, str]:
        """What is written, by path."""
        files: dict[Path, str] = {}
        if to.out is not None:
            files[to.out] = self.outcome.result_text()
        if to.changes is not None:
            files[to.changes] = self.outcome.changes_text()
        if to.report is not None:
            files[to.report] = render(self.report, self.templates)
        if to.state:
            files |= self.outcome.states()
            if self.readme is not None:
                files[self.outcome.plan.folder / "README.md"] = self.readme
        return files


def _line(loop: AnyLoop) -> LoopLine:
    settings: LoopSettings = loop.settings
    return LoopLine(loop.name, loop.kind, settings.rung, settings.because or loop.because, loop.measures)
