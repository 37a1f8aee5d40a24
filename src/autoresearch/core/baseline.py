"""What the committed state file remembers of a loop (`docs/formats/state.md`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from autoresearch.core.measurement import Metric, Scalar, Severity, Strict

SCHEMA_VERSION = 1
HISTORY_LIMIT = 200


class Stamp(Strict):
    """Which run, of which commit, at which time (UTC, ISO 8601)."""

    run: str
    sha: str = ""
    at: str

    @property
    def order(self) -> tuple[str, str]:
        """Runs in time, and by id where two share a second."""
        return self.at, self.run


class Accepted(Strict):
    """A person's word that this one may stay, and why."""

    because: str
    at: str


class Known(Strict):
    """A finding, or a metric's regression, that an earlier run has told about."""

    rule: str
    subject: str
    key: str = ""
    metric: str | None = None
    """The metric's name, when this is its regression."""
    severity: Severity
    message: str
    path: str | None = None
    line: int | None = None
    first_seen: Stamp
    last_seen: Stamp
    issue: int | None = None
    muted: bool = False
    accepted: Accepted | None = None


class Entry(Stamp):
    """The gating and recorded numbers of one run: `metric@subject` → value."""

    metrics: dict[str, float]


class Segment(Strict):
    """The history of one environment; numbers of two segments are never compared."""

    environment: dict[str, str] = Field(default_factory=dict)
    history: tuple[Entry, ...] = ()
    excluded: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Run id → the metrics (`metric@subject`) that were confirmed regressions in it, and so are no reference."""
    accepted: dict[str, str] = Field(default_factory=dict)
    """`metric@subject` → the time of the run whose level was accepted: the reference begins there."""

    @property
    def name(self) -> str:
        """The environment as one string: segments are told apart by it."""
        return json.dumps(self.environment, sort_keys=True, ensure_ascii=False)

    def reference(self, metric: Metric) -> list[float]:
        """Values of `metric` to compare with, oldest first: since its accepted level, without its regressions."""
        since = self.accepted.get(metric.selector, "")
        return [
            value
            for entry in self.history
            if (value := entry.metrics.get(metric.selector)) is not None
            and entry.at >= since
            and metric.selector not in self.excluded.get(entry.run, ())
        ]

    def regressed(self, metric: Metric) -> list[float]:
        """Values of `metric` in runs that are excluded since it regressed, oldest first."""
        since = self.accepted.get(metric.selector, "")
        return [
            entry.metrics[metric.selector]
            for entry in self.history
            if entry.at >= since
            and metric.selector in self.excluded.get(entry.run, ())
            and metric.selector in entry.metrics
        ]


IssueState = Literal["waiting", "overview", "open", "closed", "done", "muted", "kept"]
"""Where a topic stands.

`waiting`: a noisy regression that no second run has seen yet. `overview`: told in the overview alone. `open`. `closed`:
by us, it recovered. `done`: by a person or a linked commit, as completed. `muted`: by a person, as not planned.
`kept`: by us, and a person opened it again.
"""


class Ended(Strict):
    """A place of an issue that is no longer open."""

    subject: str
    key: str = ""
    message: str = ""
    path: str | None = None
    line: int | None = None
    at: Stamp
    because: str = ""
    """Why nobody looks for it any more; empty when it was fixed."""


class Issue(Strict):
    """What is remembered of a topic: all places of one rule, or one metric of one subject."""

    rule: str
    metric: str | None = None
    subject: str | None = None
    """The metric's subject."""
    state: IssueState
    number: int | None = None
    """None until a run after the one that opened it has seen it."""
    turn: int = 1
    """Counts our own openings (odd) and closings (even): a turn that GitHub does not show was not carried out."""
    since: Stamp
    """The run that brought the state."""
    places: tuple[str, ...] = ()
    """Fingerprints of what is open, in `known`; of the overview: the topics it tells of."""
    ended: dict[str, Ended] = Field(default_factory=dict)
    """By fingerprint, the newest ones."""
    ended_before: int = 0
    """How many more have ended."""
    counted: tuple[Stamp, ...] = ()
    """Runs towards the next state: healthy ones while open, ones that still find it when done."""
    hits: int = 0
    """Closings as completed that were not ours."""
    false_alarms: int = 0
    """Closings as not planned."""


class Baseline(Strict):
    """Everything a loop remembers between runs."""

    schema_version: int = SCHEMA_VERSION
    loop: str
    rules_seen: dict[str, str] = Field(default_factory=dict)
    known: dict[str, Known] = Field(default_factory=dict)
    segments: tuple[Segment, ...] = ()
    observations: dict[str, dict[str, Scalar]] = Field(default_factory=dict)
    memory: dict[str, Any] = Field(default_factory=dict)
    """The loop's own notes; `core` merges them and looks at nothing inside."""
    issues: dict[str, Issue] = Field(default_factory=dict)
    """By topic (`core.lifecycle`)."""
    pending: tuple[dict[str, Any], ...] = ()
    """Claims to open issues: `topic`, `run`, `at`."""

    @property
    def is_first(self) -> bool:
        """Whether nothing was ever measured against it."""
        return not self.segments and not self.rules_seen

    def segment(self, environment: dict[str, str]) -> Segment:
        """The history of `environment`; an empty one when it is new."""
        return next((s for s in self.segments if s.environment == environment), Segment(environment=environment))

    def holds(self, run: str) -> bool:
        """Whether it has learned from that run already: the same result may be published twice."""
        return any(entry.run == run for segment in self.segments for entry in segment.history)

    def last_run(self) -> Entry | None:
        """The newest run of any environment."""
        return max((e for s in self.segments for e in s.history), key=lambda e: e.order, default=None)

    def regressions(self) -> Iterator[tuple[str, Known]]:
        """The metrics that are known to have regressed, by fingerprint."""
        return ((mark, known) for mark, known in self.known.items() if known.metric is not None)
