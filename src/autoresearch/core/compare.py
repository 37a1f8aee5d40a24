"""A Measurement against a Baseline: what is new, fixed, persisting, regressed, improved, unsure, retired.

Pure, so both halves of a run do it: the measuring half to learn which noisy numbers are suspicious and need to be
measured again, the publishing half, with the base branch's state, for the verdict that counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from autoresearch.core.baseline import Baseline, Known, Segment
from autoresearch.core.changes import Change, ChangeKind
from autoresearch.core.measurement import Finding, Measurement, Metric, Rule, Severity, fingerprint


def _never(rule: str, subject: str) -> str | None:
    del rule, subject
    return None


@dataclass(frozen=True)
class Policy:
    """What the configuration says about a loop's rules; everything else about comparing is the same for all."""

    rules: Mapping[str, Rule] = field(default_factory=dict)
    """The rules that the loop declares; empty where only a run can tell (`script`)."""
    overrides: Mapping[str, Severity | str] = field(default_factory=dict)
    """Rule id → another severity, or `off`."""
    ignored: Callable[[str, str], str | None] = _never
    """(rule, subject) → why it is ignored today, or None."""
    metric_rule: str = ""
    """The rule id that a metric's regression carries."""

    def severity(self, rule: str, given: Severity) -> Severity | None:
        """The severity of a finding of `rule`; None when the rule is off."""
        declared = self.rules.get(rule)
        default: str = "off" if declared is not None and declared.default_off else given
        chosen = self.overrides.get(rule, default)
        return None if chosen == "off" else cast("Severity", chosen)

    def active(self) -> dict[str, Rule]:
        """The declared rules that are not off."""
        return {name: rule for name, rule in self.rules.items() if self.severity(name, rule.severity) is not None}

    def silenced(self, rule: str, subject: str) -> str | None:
        """Why findings of `rule` on `subject` are not told at all, or None."""
        if self.severity(rule, "error") is None:
            return "the rule is off"
        if self.rules and rule not in self.rules and rule != self.metric_rule:
            return "the rule is no longer part of the loop"
        return self.ignored(rule, subject)


@dataclass(frozen=True)
class Comparison:
    """The changes of one loop, and the noisy metrics that look changed but were not measured again yet."""

    changes: tuple[Change, ...] = ()
    suspicions: tuple[Metric, ...] = ()


def compare(measurement: Measurement, judged: Iterable[Finding], baseline: Baseline, policy: Policy) -> Comparison:
    """Compare what a loop saw, and what it judged from history, with what the baseline remembers.

    A loop that was not measured changes nothing: it neither finds nor fixes.
    """
    if measurement.status != "measured":
        return Comparison()
    metrics = [_compare_metric(metric, measurement, baseline, policy) for metric in _gating(measurement, policy)]
    changes = [
        *_findings(measurement, judged, baseline, policy),
        *(change for outcome in metrics for change in outcome.changes),
        *_metrics_gone(measurement, baseline, policy),
    ]
    return Comparison(
        changes=tuple(sorted(changes, key=lambda change: change.order)),
        suspicions=tuple(metric for outcome in metrics for metric in outcome.suspicions),
    )


def previous(measurement: Measurement, baseline: Baseline) -> dict[str, float]:
    """The newest value of each metric in the same environment: what a report shows as *before*."""
    segment = baseline.segment(measurement.environment)
    return {selector: value for entry in segment.history for selector, value in entry.metrics.items()}


# --- findings ---------------------------------------------------------------------------------------------------


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
    return change if known is None else _remembered(change, known)


def _first_look(rule: str, baseline: Baseline, policy: Policy) -> bool:
    """Whether no earlier run could have found it: the loop's first run, or a rule new to it."""
    declared = policy.rules.get(rule)
    if declared is None:
        return baseline.is_first
    return baseline.rules_seen.get(rule) != declared.version


def _remembered(change: Change, known: Known) -> Change:
    evidence = {**change.evidence, "since": known.first_seen.at, "since_sha": known.first_seen.sha}
    if known.accepted is not None:
        evidence["accepted"] = known.accepted.because
    if known.muted:
        evidence["muted"] = True
    if known.issue is not None:
        evidence["issue"] = known.issue
    return change.model_copy(update={"evidence": evidence})


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
            change = _remembered(change, known)
            return change.model_copy(update={"kind": "persisting", "evidence": {**change.evidence, "not_seen": unseen}})
        return _remembered(change, known)

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


# --- metrics ----------------------------------------------------------------------------------------------------


def _gating(measurement: Measurement, policy: Policy) -> Iterator[Metric]:
    for metric in measurement.metrics:
        if metric.gate and metric.better != "none" and not policy.silenced(policy.metric_rule, metric.subject):
            yield metric


def _compare_metric(metric: Metric, measurement: Measurement, baseline: Baseline, policy: Policy) -> Comparison:
    mark = fingerprint(measurement.loop, policy.metric_rule, metric.subject, metric.name)
    segment = baseline.segment(measurement.environment)
    known = baseline.known.get(mark)
    reference = segment.reference(metric)
    change = Change(
        loop=measurement.loop,
        kind="first-look",
        rule=policy.metric_rule,
        metric=metric.name,
        subject=metric.subject,
        fingerprint=mark,
        after=metric.value,
    )
    if not reference:
        if known is not None:
            retired = {"kind": "retired", "evidence": {"because": "the environment changed: a new reference begins"}}
            return Comparison(changes=(change.model_copy(update=retired),))
        return Comparison(changes=(change,))
    look = _exact if metric.exact else _noisy
    outcome = look(metric, reference)
    change = change.model_copy(update={"before": outcome.before})
    if known is not None:
        return _known_metric(change, metric, segment, known, outcome)
    return _told(change, metric, outcome)


@dataclass(frozen=True)
class _Outcome:
    """How a metric stands to its reference: `suspect` is worse or better, but not yet measured again."""

    kind: str  # same | worse | better | suspect-worse | suspect-better | too-little-data
    before: float
    evidence: dict[str, object]


def _exact(metric: Metric, reference: Sequence[float]) -> _Outcome:
    before = reference[-1]
    if metric.value == before:
        kind = "same"
    else:
        kind = "worse" if (metric.value > before) == (metric.better == "lower") else "better"
    return _Outcome(kind, before, {"exact": True})


def _noisy(metric: Metric, reference: Sequence[float]) -> _Outcome:
    import autoresearch.statistics.regression as regression  # noqa: PLR0402

    assert metric.better != "none"
    screening = regression.screen(reference, metric.value, better=metric.better)
    evidence = screening.as_evidence()
    kind: str = screening.verdict
    if kind in {"worse", "better"}:
        confirmed = regression.confirm(screening, metric.reruns)
        evidence["reruns"] = list(metric.reruns)
        kind = {"undecided": f"suspect-{kind}", "confirmed": kind, "refuted": "same"}[confirmed]
    return _Outcome(kind, screening.reference, evidence)


def _told(change: Change, metric: Metric, outcome: _Outcome) -> Comparison:
    """What is said of a metric that was well so far."""

    def say(kind: str, **more: object) -> tuple[Change, ...]:
        update = {"kind": kind, "evidence": {**outcome.evidence, **more}, "message": _in_words(change, metric)}
        return (change.model_copy(update=update),)

    match outcome.kind:
        case "worse":
            regressed = say("regressed")[0].model_copy(update={"severity": "error"})
            return Comparison(changes=(regressed,))
        case "better":
            return Comparison(changes=say("improved"))
        case "suspect-worse":
            return Comparison(changes=say("unsure", because="not measured again"), suspicions=(metric,))
        case "suspect-better":
            return Comparison(suspicions=(metric,))
        case "too-little-data":
            return Comparison(changes=say("unsure", because="too little history"))
        case _:
            return Comparison()


def _known_metric(change: Change, metric: Metric, segment: Segment, known: Known, outcome: _Outcome) -> Comparison:
    """What is said of a metric that had regressed: it recovered, stayed, or got worse once more."""
    change = _remembered(change.model_copy(update={"severity": known.severity}), known)
    if outcome.kind in {"same", "better", "suspect-better"}:
        return Comparison(changes=(change.model_copy(update={"kind": "fixed", "message": _in_words(change, metric)}),))
    if since := segment.regressed(metric):
        again = (_exact if metric.exact else _noisy)(metric, since)
        if again.kind == "worse":
            return _told(change.model_copy(update={"before": again.before}), metric, again)
        if again.kind == "suspect-worse":
            stays = change.model_copy(update={"kind": "persisting", "message": known.message})
            return Comparison(changes=(stays,), suspicions=(metric,))
    return Comparison(changes=(change.model_copy(update={"kind": "persisting", "message": known.message}),))


def _metrics_gone(measurement: Measurement, baseline: Baseline, policy: Policy) -> Iterator[Change]:
    """Regressed metrics that this run did not bring: retired where the loop looked everywhere, else still known."""
    present = {(m.name, m.subject) for m in _gating(measurement, policy)}
    skipped = {skip.subject for skip in measurement.coverage.skipped}
    for mark, known in baseline.regressions():
        if (known.metric, known.subject) in present:
            continue
        change = change_of(measurement.loop, "persisting", mark, known)
        silenced = policy.silenced(known.rule, known.subject)
        if silenced or (measurement.complete and known.subject not in skipped):
            because = silenced or "no longer measured"
            yield change.model_copy(update={"kind": "retired", "evidence": {"because": because}})
        else:
            yield _remembered(change, known)


def _in_words(change: Change, metric: Metric) -> str:
    before = "?" if change.before is None else f"{change.before:g}"
    unit = f" {metric.unit}" if metric.unit else ""
    return f"{metric.name} {before} → {metric.value:g}{unit}"
