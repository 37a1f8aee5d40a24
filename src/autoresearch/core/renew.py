"""A baseline after a run: what was told becomes known, numbers join the history, accepted levels become the reference.

Pure. `renew` is the only way a baseline changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autoresearch.core.baseline import Accepted, Baseline, Entry, Known, Segment, Stamp
from autoresearch.core.changes import Change
from autoresearch.core.history import thin
from autoresearch.core.measurement import Finding, Measurement, Scalar
from autoresearch.core.policy import Policy

_STAYS_KNOWN = {"new", "first-look", "persisting", "regressed"}
_ACCEPTABLE = {"new", "first-look", "persisting", "regressed", "unsure"}


@dataclass(frozen=True)
class Selector:
    """What `--accept` names: `loop`, `loop/rule`, `loop:subject` or `loop:metric@subject`."""

    text: str

    def matches(self, change: Change) -> bool:
        """Whether the change is one of those that the selector names."""
        rule = change.rule or ""
        names = {change.loop, f"{change.loop}:{change.subject}", f"{change.loop}/{rule.rpartition('/')[2]}"}
        if change.metric is not None:
            names.add(f"{change.loop}:{change.metric}@{change.subject}")
        return self.text in names


def accept(changes: Sequence[Change], selectors: Sequence[Selector], because: str) -> tuple[Change, ...]:
    """Mark what the selectors name as accepted: it stays, is known, and no longer fails a run."""
    return tuple(
        change.model_copy(update={"kind": "persisting", "evidence": {**change.evidence, "accepted": because}})
        if change.kind in _ACCEPTABLE and any(selector.matches(change) for selector in selectors)
        else change
        for change in changes
    )


def renew(
    baseline: Baseline,
    measurement: Measurement,
    judged: Sequence[Finding],
    changes: Sequence[Change],
    *,
    policy: Policy,
    stamp: Stamp,
    memory: Mapping[str, Any] | None = None,
    observed: bool = True,
) -> Baseline:
    """The baseline after this run. A loop that was not measured keeps its baseline as it is.

    `memory` is the loop's own, as it was when None. `observed`: whether observations are kept.
    """
    if measurement.status != "measured":
        return baseline
    return baseline.model_copy(
        update={
            "rules_seen": _rules_seen(baseline, measurement, policy),
            "known": _known(baseline, changes, stamp),
            "segments": _segments(baseline, measurement, changes, stamp),
            "observations": _observations(baseline, measurement, judged, changes) if observed else {},
            "memory": baseline.memory if memory is None else dict(memory),
        }
    )


def _rules_seen(baseline: Baseline, measurement: Measurement, policy: Policy) -> dict[str, str]:
    """The rules that some run has looked for; one that is switched off is forgotten, and gets a first look again."""
    active = policy.active()
    remembered = {name: version for name, version in baseline.rules_seen.items() if name in active or not policy.rules}
    return remembered | {
        name: rule.version for name, rule in active.items() if measurement.complete or rule.scope == "subject"
    }


def _known(baseline: Baseline, changes: Sequence[Change], stamp: Stamp) -> dict[str, Known]:
    known = dict(baseline.known)
    for change in changes:
        if change.kind in {"fixed", "retired"} or (change.metric is not None and _accepted_level(change)):
            known.pop(change.fingerprint, None)
        elif change.kind in _STAYS_KNOWN and (change.metric is None or change.kind != "first-look"):
            known[change.fingerprint] = _remember(known.get(change.fingerprint), change, stamp)
    return known


def _remember(earlier: Known | None, change: Change, stamp: Stamp) -> Known:
    unseen = "not_seen" in change.evidence
    because = change.evidence.get("accepted")
    accepted = Accepted(because=because, at=stamp.at) if because else None
    return Known(
        rule=change.rule or "",
        subject=change.subject,
        key=change.key,
        metric=change.metric,
        severity=change.severity or "error",
        message=change.message,
        path=change.path,
        line=change.line,
        first_seen=earlier.first_seen if earlier else stamp,
        last_seen=earlier.last_seen if earlier and unseen else stamp,
        issue=earlier.issue if earlier else None,
        muted=earlier.muted if earlier else False,
        accepted=(earlier.accepted if earlier and earlier.accepted else accepted),
    )


def _accepted_level(change: Change) -> bool:
    return change.metric is not None and "accepted" in change.evidence


def _segments(
    baseline: Baseline, measurement: Measurement, changes: Sequence[Change], stamp: Stamp
) -> tuple[Segment, ...]:
    segment = baseline.segment(measurement.environment)
    entry = Entry(**stamp.model_dump(), metrics={m.selector: m.value for m in measurement.metrics})
    selectors = [(f"{c.metric}@{c.subject}", c) for c in changes if c.metric is not None]
    worse = tuple(name for name, c in selectors if c.kind in {"regressed", "persisting"} and not _accepted_level(c))
    accepted = {name: stamp.at for name, c in selectors if _accepted_level(c)}
    history = thin((*(e for e in segment.history if e.run != stamp.run), entry))
    runs = {e.run for e in history}
    excluded: Mapping[str, tuple[str, ...]] = {**segment.excluded, **({stamp.run: worse} if worse else {})}
    renewed = segment.model_copy(
        update={
            "history": history,
            "excluded": {run: names for run, names in excluded.items() if run in runs},
            "accepted": segment.accepted | accepted,
        }
    )
    others = [s for s in baseline.segments if s.environment != measurement.environment]
    return tuple(sorted((*others, renewed), key=lambda s: s.name))


def _observations(
    baseline: Baseline, measurement: Measurement, judged: Iterable[Finding], changes: Sequence[Change]
) -> dict[str, dict[str, Scalar]]:
    """What is remembered of each subject.

    A subject that history speaks against keeps its old facts until it recovers, accepted or not: otherwise the next
    run would find nothing to compare with, and call it fixed.
    """
    told = {(c.rule, c.subject, c.key) for c in changes if c.kind in _STAYS_KNOWN}
    held = {f.subject for f in judged if f.identity in told}
    unseen = {s.subject for s in measurement.coverage.skipped} | held
    if not measurement.complete:
        unseen |= baseline.observations.keys() - measurement.observations.keys()
    kept = {subject: facts for subject, facts in baseline.observations.items() if subject in unseen}
    return {**measurement.observations, **kept}
