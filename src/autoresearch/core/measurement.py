"""What a loop sees: metrics, findings, observations, and what it could not see.

These models are at once the vocabulary and the `measurements` part of `result.json` (`docs/formats/result.md`), so
they are frozen pydantic models: what one process writes, another may have to distrust.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Severity = Literal["error", "warning", "info"]
Better = Literal["lower", "higher", "none"]
Scalar = str | int | float | bool | None

SITE = "/"
"""The subject of what is true of a site as a whole."""


class Strict(BaseModel):
    """Base of every stored format: frozen, finite numbers only, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a loop can find wrong.

    `scope` says what proves the rule's absence: `subject` rules are settled once their subject was looked at; `site`
    rules (a duplicate title, an orphan page) only by a complete measurement. Raising `version` says that the rule now
    finds other things than before, which gives it a first look instead of a flood of new findings.
    """

    id: str
    severity: Severity
    title: str
    """What is wrong, in a few words: the heading of the rule's places in a report."""
    fix: str
    """What the reader can do about it, in one sentence."""
    scope: Literal["subject", "site"] = "subject"
    version: str = "1"
    default_off: bool = False


def fingerprint(loop: str, rule: str, subject: str, key: str = "") -> str:
    """Name a defect for good: 16 hex digits that no rewording, reordering, moved line or other origin changes."""
    return hashlib.sha256("\0".join((loop, rule, subject, key)).encode()).hexdigest()[:16]


class Finding(Strict):
    """One defect of one subject; `key` tells two of the same rule on one subject apart (a dead link's target)."""

    model_config = ConfigDict(extra="ignore")  # a written result also carries the fingerprint, which is ours to compute

    rule: str
    subject: str
    key: str = ""
    severity: Severity
    message: str
    path: str | None = None
    """File in the repository, relative to its root, where the defect can be mended."""
    line: int | None = Field(default=None, ge=1)
    data: dict[str, Any] | None = None
    judged: bool = False
    """True when `judge` made it from history: a publisher ignores it and judges again."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What the fingerprint is made of, within one loop; also the order of findings."""
        return self.rule, self.subject, self.key


class Metric(Strict):
    """A number about a subject. `value` is what is compared; `samples` are the raw numbers that it was made from.

    `reruns` are measured later at the same commit, to confirm a suspicion. They are kept apart: pooled with the
    samples they would bias both the test and the history (`docs/adr/0003-reruns-apart.md`).
    """

    name: str
    subject: str = SITE
    value: float
    unit: str = ""
    better: Better = "none"
    gate: bool = False
    """Whether it can regress. A count of findings does not gate: its findings already speak."""
    exact: bool = False
    """Whether identical inputs give the identical value: then it is compared, not tested."""
    resolution: float = Field(default=0.0, ge=0)
    """The smallest change that matters to anybody, in the metric's unit, besides 1 % of its value."""
    samples: tuple[float, ...] = ()
    reruns: tuple[float, ...] = ()

    @property
    def identity(self) -> tuple[str, str]:
        """Name and subject: what makes two measurements of a metric comparable."""
        return self.name, self.subject

    @property
    def selector(self) -> str:
        """`metric@subject`, as `--accept` and the state file spell it."""
        return f"{self.name}@{self.subject}"


class Skipped(Strict):
    """A subject that could not be measured, and why."""

    subject: str
    reason: str


class Coverage(Strict):
    """How much of its world the loop saw."""

    measured: int = Field(default=0, ge=0)
    skipped: tuple[Skipped, ...] = ()


class Measurement(Strict):
    """What one loop saw in one run. Always in the same order, whatever order the loop met things in."""

    loop: str
    kind: str
    status: Literal["measured", "not-measured"] = "measured"
    reason: str | None = None
    environment: dict[str, str] = Field(default_factory=dict)
    """What must be equal for two numbers to be comparable: the source (live, dist, serve), tool versions, presets."""
    complete: bool = True
    """Whether absence is proof for every subject that `coverage.skipped` does not name."""
    coverage: Coverage = Coverage()
    metrics: tuple[Metric, ...] = ()
    findings: tuple[Finding, ...] = ()
    observations: dict[str, dict[str, Scalar]] = Field(default_factory=dict)
    """The plain facts a subject that later judging needs: content hashes, indexability, counts."""

    @field_validator("metrics")
    @classmethod
    def _metrics_in_order(cls, metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
        return tuple(sorted({m.identity: m for m in metrics}.values(), key=lambda m: m.identity))

    @field_validator("findings")
    @classmethod
    def _findings_in_order(cls, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        unique = {f.identity: f for f in reversed(findings)}  # of two with one identity the first met stays
        return tuple(unique[identity] for identity in sorted(unique))

    @classmethod
    def failed(cls, loop: str, kind: str, reason: str) -> Measurement:
        """A loop that could not look: proves nothing, fixes nothing."""
        return cls(loop=loop, kind=kind, status="not-measured", reason=reason, complete=False)
