"""What a report shows, before it is Markdown or terminal text: plain values, sorted, nothing escaped yet."""

from __future__ import annotations

from dataclasses import dataclass

from autoresearch.core.changes import BaselineRef, Verdict
from autoresearch.core.measurement import Severity
from autoresearch.report import words
from autoresearch.report.escape import Markdown

SHOWN = 10
"""Places told of one rule; the rest is counted."""

_NO_CHART = Markdown("")
_COUNTS = ("new", "worse", "fixed", "unsure", "first_look", "known")


@dataclass(frozen=True)
class Number:
    """A metric of one subject, before and now."""

    loop: str
    name: str
    subject: str
    unit: str
    before: float | None
    after: float | None
    judged: str = ""
    """What comparing said of it: `worse`, `better`, `undecided`, `within noise`; empty when it was not compared."""
    evidence: str = ""

    @property
    def was(self) -> str:
        """The number before."""
        return words.number(self.before)

    @property
    def now(self) -> str:
        """The number now, with its unit."""
        return words.number(self.after, self.unit)

    @property
    def moved(self) -> str:
        """How far it moved, and what that means: `+3, worse`."""
        moved = words.difference(self.before, self.after)
        return f"{moved}, {self.judged}" if self.judged and self.before != self.after else moved


@dataclass(frozen=True)
class Place:
    """Where a rule does not hold, or a metric moved."""

    subject: str
    message: str
    path: str | None = None
    line: int | None = None
    note: str = ""
    """What is to be known besides: since when, accepted with which reason, not looked at this time."""

    chart: Markdown = _NO_CHART
    """Its numbers drawn, where it brought any."""

    @property
    def where(self) -> str:
        """What names the place; a file also with its line."""
        return self._file if self.path == self.subject else self.subject

    @property
    def source(self) -> str:
        """The file and line to mend, where `where` does not say it."""
        return "" if self.path is None or self.path == self.subject else self._file

    @property
    def _file(self) -> str:
        return f"{self.path}:{self.line}" if self.line else str(self.path)


@dataclass(frozen=True)
class Places:
    """Some places, of which a report tells the first and counts the others."""

    places: tuple[Place, ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.places)

    @property
    def shown(self) -> tuple[Place, ...]:
        """Those that are told."""
        return self.places if self.count <= SHOWN + 1 else self.places[:SHOWN]

    @property
    def more(self) -> int:
        """How many are only counted."""
        return self.count - len(self.shown)


@dataclass(frozen=True)
class Group(Places):
    """The places of one rule of one loop."""

    loop: str
    rule: str
    title: str
    fix: str
    severity: Severity


@dataclass(frozen=True)
class Told(Places):
    """Places of one loop that share a reason: undecided, not measured, retired."""

    loop: str
    because: str


@dataclass(frozen=True)
class LoopRow:
    """One loop in the table."""

    loop: str
    measured: bool
    score: Number | None
    new: int
    worse: int
    fixed: int
    unsure: int
    first_look: int
    known: int


@dataclass(frozen=True)
class Report:
    """Everything that a run says to a person."""

    verdict: Verdict
    headline: str
    """The one line that everybody reads."""
    summary: str
    """What it was compared with, and what comes next."""
    baseline: BaselineRef | None
    loops: tuple[LoopRow, ...]
    regressed: tuple[Number, ...] = ()
    improved: tuple[Number, ...] = ()
    new: tuple[Group, ...] = ()
    first_looks: tuple[Group, ...] = ()
    fixed: tuple[Group, ...] = ()
    persisting: tuple[Group, ...] = ()
    unsure: tuple[Told, ...] = ()
    retired: tuple[Told, ...] = ()
    not_measured: tuple[Told, ...] = ()
    """Whole loops (without places), then subjects that a loop skipped."""
    numbers: tuple[Number, ...] = ()
    """The numbers of each loop's whole world; a page's own are in `result.json`."""
    about: str = ""
    """Which run, of which commit, by which version."""

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Heading and attribute of the counts worth a column: some always, the others when there are any."""
        always = {"first_look"} if self.baseline is None else {"new", "fixed", "known"}
        return tuple(
            (name.replace("_", " "), name)
            for name in _COUNTS
            if name in always or any(getattr(row, name) for row in self.loops)
        )
