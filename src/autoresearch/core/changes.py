"""What a run says: changes against a baseline, and the verdict over them (`docs/formats/changes.md`)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from autoresearch.core.baseline import Known
from autoresearch.core.measurement import Severity, Strict

ChangeKind = Literal["new", "fixed", "persisting", "regressed", "improved", "unsure", "retired", "first-look"]
Verdict = Literal["pass", "fail", "unsure"]
FailOn = Literal["never", "error", "regression", "any"]


class Change(Strict):
    """One difference, or one thing that stayed: a finding, or a metric when `metric` is set."""

    loop: str
    kind: ChangeKind
    rule: str | None = None
    metric: str | None = None
    subject: str
    key: str = ""
    fingerprint: str
    severity: Severity | None = None
    message: str = ""
    path: str | None = None
    line: int | None = None
    before: float | None = None
    after: float | None = None
    evidence: dict[str, Any] = Field(default_factory=dict)

    @property
    def order(self) -> tuple[str, str, str, str, str, str]:
        """Deterministic order of a report: by loop, kind, rule, metric, subject, key."""
        return self.loop, self.kind, self.rule or "", self.metric or "", self.subject, self.key

    @property
    def is_accepted(self) -> bool:
        """Whether a person said that it may stay."""
        return "accepted" in self.evidence or self.evidence.get("muted") is True


class BaselineRef(Strict):
    """What a run was compared with: the commit, and the age of what is known of it in days."""

    sha: str = ""
    age_days: float | None = None
    measured: bool = False
    """Whether that commit was measured in this very run (`--base`), rather than remembered by the state."""


class Changes(Strict):
    """Everything a run says, in deterministic order."""

    verdict: Verdict
    baseline: BaselineRef | None = None
    changes: tuple[Change, ...] = ()


def fails(change: Change, fail_on: FailOn) -> bool:
    """Whether one change fails the run. *Unsure* never does; what a person accepted never does."""
    if change.is_accepted:
        return False
    if fail_on == "error":
        return change.severity == "error" and change.kind in {"new", "first-look", "persisting", "regressed"}
    if fail_on == "regression":
        return change.kind == "regressed" or (change.kind == "new" and change.severity == "error")
    if fail_on == "any":
        return change.kind in {"new", "regressed"} or (change.kind == "first-look" and change.metric is None)
    return False


def verdict(changes: tuple[Change, ...], *, fail_on: FailOn, all_measured: bool) -> Verdict:
    """The run as a whole: `unsure` where a suspicion could not be settled or a loop was not measured."""
    if any(fails(change, fail_on) for change in changes):
        return "fail"
    if not all_measured or any(change.kind == "unsure" for change in changes):
        return "unsure"
    return "pass"


def change_of(loop: str, kind: ChangeKind, mark: str, known: Known) -> Change:
    """The change that speaks of something known."""
    return Change(
        loop=loop,
        kind=kind,
        rule=known.rule,
        metric=known.metric,
        subject=known.subject,
        key=known.key,
        fingerprint=mark,
        severity=known.severity,
        message=known.message,
        path=known.path,
        line=known.line,
    )


def remembered(change: Change, known: Known) -> Change:
    """The change with what is known besides: since when, whether it may stay, whether an issue tells of it."""
    evidence = {**change.evidence, "since": known.first_seen.at, "since_sha": known.first_seen.sha}
    if known.accepted is not None:
        evidence["accepted"] = known.accepted.because
    if known.muted:
        evidence["muted"] = True
    if known.issue is not None:
        evidence["issue"] = known.issue
    return change.model_copy(update={"evidence": evidence})
