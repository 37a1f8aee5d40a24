"""What the committed state file remembers of a loop (`docs/formats/state.md`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

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
    pending: tuple[dict[str, Any], ...] = ()

    @property
    def is_first(self) -> bool:
        """Whether nothing was ever measured against it."""
        return not self.segments and not self.rules_seen

    def segment(self, environment: dict[str, str]) -> Segment:
        """The history of `environment`; an empty one when it is new."""
        return next((s for s in self.segments if s.environment == environment), Segment(environment=environment))

    def last_run(self) -> Entry | None:
        """The newest run of any environment."""
        return max((e for s in self.segments for e in s.history), key=lambda e: e.order, default=None)

    def regressions(self) -> Iterator[tuple[str, Known]]:
        """The metrics that are known to have regressed, by fingerprint."""
        return ((mark, known) for mark, known in self.known.items() if known.metric is not None)
