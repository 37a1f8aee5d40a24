"""Metrics against their history: exact ones are compared, noisy ones tested, and suspicions named (`statistics/`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autoresearch.core.baseline import Baseline, Known, Segment
from autoresearch.core.changes import Change, change_of, remembered
from autoresearch.core.measurement import Measurement, Metric, fingerprint
from autoresearch.core.policy import Policy


@dataclass(frozen=True)
class Comparison:
    """What the numbers of a loop say, and the noisy ones that look changed but were not measured again yet."""

    changes: tuple[Change, ...] = ()
    suspicions: tuple[Metric, ...] = ()


def compare_metrics(
    measurement: Measurement, baseline: Baseline, policy: Policy, base: Measurement | None = None
) -> Comparison:
    """Compare every metric that can regress: with its history, or with `base` where that revision was measured too."""
    at_base = {metric.identity: metric for metric in base.metrics} if base is not None else None
    outcomes = [
        _compare_metric(metric, measurement, baseline, policy)
        if at_base is None
        else _compare_with_base(metric, at_base.get(metric.identity), measurement, baseline, policy)
        for metric in _gating(measurement, policy)
    ]
    changes = [change for outcome in outcomes for change in outcome.changes]
    return Comparison(
        changes=(*changes, *_metrics_gone(measurement, baseline, policy)),
        suspicions=tuple(metric for outcome in outcomes for metric in outcome.suspicions),
    )


def _gating(measurement: Measurement, policy: Policy) -> Iterator[Metric]:
    for metric in measurement.metrics:
        if metric.gate and metric.better != "none" and not policy.silenced(policy.rule_of(metric.name), metric.subject):
            yield metric


def _first_look(metric: Metric, measurement: Measurement, policy: Policy) -> Change:
    rule = policy.rule_of(metric.name)
    return Change(
        loop=measurement.loop,
        kind="first-look",
        rule=rule,
        metric=metric.name,
        subject=metric.subject,
        fingerprint=fingerprint(measurement.loop, rule, metric.subject, metric.name),
        after=metric.value,
    )


def _compare_metric(metric: Metric, measurement: Measurement, baseline: Baseline, policy: Policy) -> Comparison:
    change = _first_look(metric, measurement, policy)
    segment = baseline.segment(measurement.environment)
    known = baseline.known.get(change.fingerprint)
    reference = segment.reference(metric)
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
    screening = regression.screen(reference, metric.value, better=metric.better, resolution=metric.resolution)
    evidence = screening.as_evidence()
    kind: str = screening.verdict
    if kind in {"worse", "better"}:
        confirmed = regression.confirm(screening, metric.reruns)
        evidence["reruns"] = list(metric.reruns)
        kind = {"undecided": f"suspect-{kind}", "confirmed": kind, "refuted": "same"}[confirmed]
    elif kind == "too-little-data":
        wanted = regression.MIN_REFERENCE
        evidence["because"] = f"too little history: {screening.n} of the {wanted} runs that a noisy number needs"
    return _Outcome(kind, screening.reference, evidence)


def _compare_with_base(
    metric: Metric, base: Metric | None, measurement: Measurement, baseline: Baseline, policy: Policy
) -> Comparison:
    """What the head made of a metric; one that the base does not have is looked at for the first time."""
    change = _first_look(metric, measurement, policy)
    if base is None:
        return Comparison(changes=(change,))
    if metric.exact:
        outcome = _exact(metric, [base.value])
    else:
        outcome = _paired(metric, base, baseline.segment(measurement.environment).reference(metric))
    return _told(change.model_copy(update={"before": outcome.before}), metric, outcome)


def _paired(metric: Metric, base: Metric, history: Sequence[float]) -> _Outcome:
    from autoresearch.statistics import pairs, regression

    assert metric.better != "none"
    if not pairs.looks_changed(base.value, metric.value, resolution=metric.resolution):
        return _Outcome("same", base.value, {})
    spread = regression.spread_of(history) or regression.PRIOR_SD
    paired = pairs.decide(base.reruns, metric.reruns, better=metric.better, spread=spread, resolution=metric.resolution)
    if paired.verdict == "undecided":
        worse = (metric.value > base.value) == (metric.better == "lower")
        return _Outcome("suspect-worse" if worse else "suspect-better", base.value, paired.as_evidence())
    return _Outcome(paired.verdict, paired.before, paired.as_evidence())


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
            return Comparison(changes=say("unsure"))
        case _:
            return Comparison()


def _known_metric(change: Change, metric: Metric, segment: Segment, known: Known, outcome: _Outcome) -> Comparison:
    """What is said of a metric that had regressed: it recovered, stayed, or got worse once more."""
    change = remembered(change.model_copy(update={"severity": known.severity}), known)
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
            yield remembered(change, known)


def _in_words(change: Change, metric: Metric) -> str:
    before = "?" if change.before is None else f"{change.before:g}"
    unit = f" {metric.unit}" if metric.unit else ""
    return f"{metric.name} {before} → {metric.value:g}{unit}"
