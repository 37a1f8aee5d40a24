"""A Measurement against a Baseline: what is new, fixed, persisting, regressed, improved, unsure, retired.

Pure, so both halves of a run do it: the measuring half to learn which noisy numbers are suspicious and need to be
measured again, the publishing half, with the base branch's state, for the verdict that counts. Findings are compared
here, metrics in `core/numbers.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from autoresearch.core.baseline import Baseline, Known
from autoresearch.core.changes import Change, change_of, remembered
from autoresearch.core.measurement import Finding, Measurement, Severity, fingerprint
from autoresearch.core.numbers import compare_metrics
from autoresearch.core.policy import Policy


def compare(
    measurement: Measurement,
    judged: Iterable[Finding],
    baseline: Baseline,
    policy: Policy,
    base: Measurement | None = None,
) -> tuple[Change, ...]:
    """Compare what a loop saw, and what it judged from history, with what the baseline remembers.

    `base` is what the loop saw at the base revision, where that was measured too (then `baseline` is to be its:
    `core/base.py`). A loop that was not measured changes nothing: it neither finds nor fixes.
    """
    if measurement.status != "measured":
        return ()
    changes = [
        *_findings(measurement, judged, baseline, policy),
        *compare_metrics(measurement, baseline, policy, base).changes,
    ]
    return tuple(sorted(changes, key=lambda change: change.order))


def previous(measurement: Measurement, baseline: Baseline, base: Measurement | None = None) -> dict[str, float]:
    """What a report shows as *before*: each metric at the base revision, or its newest value in this environment."""
    if base is not None and base.status == "measured":
        return {metric.selector: metric.value for metric in base.metrics}
    segment = baseline.segment(measurement.environment)
    return {selector: value for entry in segment.history for selector, value in entry.metrics.items()}


def _findings(
    measurement: Measurement, judged: Iterable[Finding], baseline: Baseline, policy: Policy
) -> Iterator[Change]:
    told: set[str] = set()
    for finding in (*measurement.findings, *judged):
        severity = policy.severity(finding.rule, finding.severity)
        if severity is None or policy.ignored(finding.rule, finding.subject) is not None:
            continue
        mark = fingerprint(measurement.loop, finding.rule, finding.subject, finding.key)
        if mark not in told:
            told.add(mark)
            yield _present(measurement.loop, mark, finding, severity, baseline, policy)
    absent = _Absence(measurement, policy)
    for mark, known in sorted(baseline.known.items()):
        if known.metric is None and mark not in told:
            yield absent.explain(mark, known)


def _present(loop: str, mark: str, finding: Finding, severity: Severity, baseline: Baseline, policy: Policy) -> Change:
    known = baseline.known.get(mark)
    change = Change(
        loop=loop,
        kind="persisting" if known else "first-look" if _first_look(finding.rule, baseline, policy) else "new",
        rule=finding.rule,
        subject=finding.subject,
        key=finding.key,
        fingerprint=mark,
        severity=severity,
        message=finding.message,
        path=finding.path,
        line=finding.line,
        evidence={"data": finding.data} if finding.data else {},
    )
    return change if known is None else remembered(change, known)


def _first_look(rule: str, baseline: Baseline, policy: Policy) -> bool:
    """Whether no earlier run could have found it: the loop's first run, or a rule new to it."""
    declared = policy.rules.get(rule)
    if declared is None:
        return baseline.is_first
    return baseline.rules_seen.get(rule) != declared.version


class _Absence:
    """Why a known finding was not found this time. Absence is proof only where the measurement looked."""

    def __init__(self, measurement: Measurement, policy: Policy) -> None:
        self._measurement = measurement
        self._policy = policy
        self._skipped = {skip.subject: skip.reason for skip in measurement.coverage.skipped}

    def explain(self, mark: str, known: Known) -> Change:
        """`retired` where nobody wants to know, `persisting` where nobody looked, else `fixed`."""
        change = change_of(self._measurement.loop, "fixed", mark, known)
        if silenced := self._policy.silenced(known.rule, known.subject):
            return change.model_copy(update={"kind": "retired", "evidence": {"because": silenced}})
        if unseen := self._not_looked_at(known):
            change = remembered(change, known)
            return change.model_copy(update={"kind": "persisting", "evidence": {**change.evidence, "not_seen": unseen}})
        return remembered(change, known)

    def _not_looked_at(self, known: Known) -> str | None:
        for address in (known.subject, known.key):
            if address in self._skipped:
                return f"{address}: {self._skipped[address]}"
        if self._measurement.complete:
            return None
        rule = self._policy.rules.get(known.rule)
        if rule is not None and rule.scope == "site":
            return "the measurement was not complete"
        return None if known.subject in self._measurement.observations else "not visited this time"
