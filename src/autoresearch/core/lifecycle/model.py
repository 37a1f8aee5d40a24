"""What the lifecycle is told, and what it answers: plain values, nothing rendered yet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal, Protocol

from autoresearch.core.baseline import Baseline, Stamp
from autoresearch.core.measurement import Severity

RANK: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}
OVERVIEW = "overview"
OVERVIEW_TITLE = "Autoresearch: more findings"
TITLE_LIMIT = 200
"""Characters of a title; GitHub takes 256."""


class Limits(Protocol):
    """The settings that decide what gets an issue: `publish.issues` of the config."""

    @property
    def min_severity(self) -> Severity:
        """The least severity of a finding that opens an issue."""

    @property
    def max_new(self) -> int:
        """How many issues a run opens; the rest goes into the overview."""


Reason = Literal["completed", "not_planned"]


class About(Protocol):
    """What a change, a known finding and a record have in common."""

    @property
    def rule(self) -> str | None:
        """The rule's id."""

    @property
    def metric(self) -> str | None:
        """The metric's name, where it is about one."""

    @property
    def subject(self) -> str | None:
        """The page, file or other thing."""


@dataclass(frozen=True)
class Topic:
    """What one issue is about: a rule of a loop, or a metric of one subject."""

    loop: str
    rule: str
    metric: str | None = None
    subject: str | None = None

    @classmethod
    def of(cls, loop: str, entry: About) -> Topic:
        """The topic that tells of a change, or of what is known."""
        return cls(loop, entry.rule or "", entry.metric, entry.subject if entry.metric is not None else None)

    def covers(self, entry: About) -> bool:
        """Whether the topic tells of it."""
        if self.metric is not None:
            return (entry.metric, entry.subject) == (self.metric, self.subject)
        return entry.metric is None and entry.rule == self.rule

    def name(self, scope: str = "") -> str:
        """16 hex digits for good; `scope` tells two configs of one repository apart."""
        what = ("metric", self.metric, self.subject or "") if self.metric is not None else ("rule", self.rule)
        return hashlib.sha256("\0".join((scope, self.loop, *what)).encode()).hexdigest()[:16]


def overview_name(scope: str = "") -> str:
    """The topic of the one overview that a config has."""
    return OVERVIEW if not scope else f"{OVERVIEW}-{hashlib.sha256(scope.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Listed:
    """An issue as GitHub has it. From `topic` on, it is what its hidden marker says, where there is one."""

    number: int
    state: Literal["open", "closed", "gone"]
    """`gone`: deleted, transferred, or no longer recognizable as ours."""
    state_reason: str = ""
    title: str = ""
    topic: str | None = None
    turn: int | None = None
    digest: str = ""
    runs: tuple[Stamp, ...] = ()


@dataclass(frozen=True)
class Place:
    """One item of an issue's task list; ticked when it has `ended`."""

    subject: str
    message: str = ""
    path: str | None = None
    line: int | None = None
    severity: Severity | None = None
    since: Stamp | None = None
    ended: Stamp | None = None
    because: str = ""


@dataclass(frozen=True)
class _Text:
    topic: str
    loop: str
    heading: str
    """The title at opening: it finds an issue whose text was emptied before we knew its number."""
    turn: int
    since: Stamp

    @property
    def digest(self) -> str:
        """16 hex digits of the content: what decides whether an issue is written again.

        Since when is left out: where no state is committed, each run believes that it is the first.
        """
        facts = asdict(self, dict_factory=lambda items: {name: value for name, value in items if name != "since"})
        data = json.dumps(facts, sort_keys=True, default=lambda stamp: stamp.model_dump())
        return hashlib.sha256(data.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class IssueText(_Text):
    """What the issue of one topic says."""

    rule: str
    metric: str | None
    subject: str | None
    title: str
    fix: str
    places: tuple[Place, ...] = ()
    ended: tuple[Place, ...] = ()
    ended_before: int = 0
    """How many more have ended than `ended` tells."""
    counted: tuple[Stamp, ...] = ()
    waiting: bool = False
    """A noisy regression that a second run has to confirm first."""

    @property
    def severity(self) -> Severity:
        """The gravest of what is open."""
        return min((p.severity for p in self.places if p.severity), key=RANK.__getitem__, default="error")


@dataclass(frozen=True)
class Line:
    """One topic in the overview."""

    loop: str
    rule: str
    title: str
    severity: Severity
    count: int
    places: tuple[Place, ...]
    """The first ones."""
    waiting: bool

    @property
    def more(self) -> int:
        """How many places are only counted."""
        return self.count - len(self.places)


@dataclass(frozen=True)
class OverviewText(_Text):
    """What the overview says: topics without an issue of their own, the gravest first."""

    topics: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Action:
    """One step. Repeating it does no harm: opening looks for the marker first, comments carry one."""

    kind: Literal["open", "update", "close", "reopen"]
    text: IssueText | OverviewText
    number: int | None = None
    """None only to open."""
    reason: Reason = "completed"
    run: str = ""
    """The run that brought the state: names the comment."""


@dataclass(frozen=True)
class Steps:
    """The baselines with their records renewed, to be committed first; then the actions, to be carried out."""

    baselines: Mapping[str, Baseline]
    actions: tuple[Action, ...] = ()
    numbers: Mapping[str, int] = field(default_factory=dict)
    """Topic → number of every issue that is open and known."""
