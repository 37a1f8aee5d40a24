"""Changes and measurements → `Report`. Pure, and in one order whatever order things came in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median

from autoresearch.core.changes import Change, ChangeKind, Changes
from autoresearch.core.measurement import SITE, Measurement, Metric, Rule, Severity
from autoresearch.core.result import Run
from autoresearch.report import verdict, words
from autoresearch.report.model import Group, LoopRow, Number, Place, Report, Told

_SEVERITIES: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}
_SCORES = {"score": 0, "rate": 1}
"""Names that say of themselves that they are a loop's score."""

_NUMBERS = 60
"""Numbers that a report lists at most."""

Before = Mapping[str, Mapping[str, float]]


def build(
    changes: Changes,
    measurements: Sequence[Measurement],
    rules: Mapping[str, Rule],
    *,
    previous: Before | None = None,
    run: Run | None = None,
    version: str = "",
) -> Report:
    """What to tell of a run.

    `rules`: by rule id, for headings; a rule that is not there is named by its id. `previous`: loop → `metric@subject`
    → value before (`core.compare.previous`). A loop that `run` planned and that brought no measurement is told as
    not measured.
    """
    kinds = _Sorted(changes.changes, measurements, rules)
    loops = _rows(changes.changes, measurements, run, previous or {})
    return Report(
        verdict=changes.verdict,
        headline=verdict.headline(changes, loops),
        summary=verdict.summary(changes, loops),
        baseline=changes.baseline,
        loops=loops,
        regressed=kinds.numbers("regressed"),
        improved=kinds.numbers("improved"),
        new=kinds.groups("new"),
        first_looks=kinds.groups("first-look"),
        fixed=kinds.groups("fixed"),
        persisting=kinds.groups("persisting"),
        unsure=kinds.told("unsure"),
        retired=kinds.told("retired"),
        not_measured=_not_measured(measurements, loops),
        numbers=_numbers(measurements, previous or {}),
        about=_about(run, version),
    )


class _Sorted:
    """The changes by kind, grouped for telling."""

    def __init__(
        self, changes: Iterable[Change], measurements: Sequence[Measurement], rules: Mapping[str, Rule]
    ) -> None:
        self._kinds: dict[ChangeKind, list[Change]] = defaultdict(list)
        for change in sorted(changes, key=lambda change: change.order):
            self._kinds[change.kind].append(change)
        self._metrics = {(m.loop, metric.selector): metric for m in measurements for metric in m.metrics}
        self._rules = rules

    def groups(self, kind: ChangeKind) -> tuple[Group, ...]:
        """By rule, the gravest first. A metric's first look is a number, and no finding."""
        told = [c for c in self._kinds[kind] if kind != "first-look" or c.metric is None]
        by_rule = _by(told, lambda change: (change.loop, change.rule or ""))
        groups = [self._group(loop, rule, changes) for (loop, rule), changes in by_rule.items()]
        return tuple(sorted(groups, key=lambda g: (_SEVERITIES[g.severity], g.loop, g.rule)))

    def told(self, kind: ChangeKind) -> tuple[Told, ...]:
        """By loop and reason."""
        by_reason = _by(self._kinds[kind], lambda change: (change.loop, str(change.evidence.get("because", ""))))
        return tuple(
            Told(loop=loop, because=because, places=tuple(_place(c) for c in changes))
            for (loop, because), changes in sorted(by_reason.items())
        )

    def numbers(self, kind: ChangeKind) -> tuple[Number, ...]:
        """The metrics that moved."""
        return tuple(self._number(change) for change in self._kinds[kind])

    def _group(self, loop: str, rule: str, changes: Sequence[Change]) -> Group:
        declared = self._rules.get(rule)
        title = declared.title if declared else rule.rpartition("/")[2].replace("-", " ").capitalize()
        severities = [change.severity or "error" for change in changes]
        return Group(
            loop=loop,
            rule=rule,
            title=title,
            fix=declared.fix if declared else "",
            severity=min(severities, key=_SEVERITIES.__getitem__),
            places=tuple(_place(change) for change in changes),
        )

    def _number(self, change: Change) -> Number:
        name = change.metric or change.rule or ""
        metric = self._metrics.get((change.loop, f"{name}@{change.subject}"))
        return Number(
            loop=change.loop,
            name=name,
            subject=change.subject,
            unit=metric.unit if metric else "",
            better=metric.better if metric else "none",
            before=change.before,
            after=change.after,
            evidence=words.evidence(change.evidence),
        )


def _by(
    changes: Iterable[Change], key: Callable[[Change], tuple[str, str]]
) -> Mapping[tuple[str, str], Sequence[Change]]:
    grouped: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in changes:
        grouped[key(change)].append(change)
    return grouped


def _place(change: Change) -> Place:
    return Place(
        subject=change.subject,
        message=change.message or change.metric or change.key,
        path=change.path,
        line=change.line,
        note=_note(change),
    )


def _note(change: Change) -> str:
    facts = change.evidence
    notes = [
        f"since {str(facts['since'])[:10]}" if "since" in facts else "",
        f"accepted: {facts['accepted']}" if facts.get("accepted") else "",
        "muted" if facts.get("muted") is True else "",
        f"not looked at this time: {facts['not_seen']}" if facts.get("not_seen") else "",
    ]
    return "; ".join(note for note in notes if note)


# --- loops ------------------------------------------------------------------------------------------------------


def _rows(
    changes: Iterable[Change], measurements: Sequence[Measurement], run: Run | None, previous: Before
) -> tuple[LoopRow, ...]:
    counts = Counter((c.loop, c.kind) for c in changes if c.kind != "first-look" or c.metric is None)
    measured = {m.loop: m for m in measurements}
    planned = run.planned if run else ()
    return tuple(
        LoopRow(
            loop=loop,
            measured=loop in measured and measured[loop].status == "measured",
            score=_score(measured[loop], previous.get(loop, {})) if loop in measured else None,
            new=counts[loop, "new"],
            worse=counts[loop, "regressed"],
            fixed=counts[loop, "fixed"],
            unsure=counts[loop, "unsure"],
            first_look=counts[loop, "first-look"],
            known=counts[loop, "persisting"],
        )
        for loop in dict.fromkeys((*planned, *sorted(measured)))
    )


def _score(measurement: Measurement, before: Mapping[str, float]) -> Number | None:
    """The number that speaks for a loop: of its whole world where it has one, else the median over its subjects."""
    scored = [m for m in measurement.metrics if m.better != "none"]
    metrics = [m for m in scored if m.subject == SITE] or scored
    if not metrics:
        return None
    best = min(metrics, key=lambda m: (_SCORES.get(m.name, len(_SCORES)), not m.gate, m.name))
    return _median([m for m in metrics if m.name == best.name], measurement.loop, before)


def _median(metrics: Sequence[Metric], loop: str, before: Mapping[str, float]) -> Number:
    first = metrics[0]
    if len(metrics) == 1:
        return _number(first, loop, before)
    known = [m for m in metrics if m.selector in before]
    return Number(
        loop=loop,
        name=f"median {first.name}",
        subject=SITE,
        unit=first.unit,
        better=first.better,
        before=median(before[m.selector] for m in known) if len(known) == len(metrics) else None,
        after=median(m.value for m in metrics),
    )


def _number(metric: Metric, loop: str, before: Mapping[str, float]) -> Number:
    return Number(
        loop, metric.name, metric.subject, metric.unit, metric.better, before.get(metric.selector), metric.value
    )


def _numbers(measurements: Sequence[Measurement], previous: Before) -> tuple[Number, ...]:
    site = [
        _number(metric, m.loop, previous.get(m.loop, {}))
        for m in sorted(measurements, key=lambda m: m.loop)
        for metric in m.metrics
        if metric.subject == SITE
    ]
    return tuple(site[:_NUMBERS])


def _not_measured(measurements: Sequence[Measurement], loops: Sequence[LoopRow]) -> tuple[Told, ...]:
    reasons = {m.loop: m.reason or "no reason was given" for m in measurements}
    whole = [
        Told(loop=row.loop, because=reasons.get(row.loop, "its result never arrived"), places=())
        for row in loops
        if not row.measured
    ]
    partly: dict[tuple[str, str], list[str]] = defaultdict(list)
    for measurement in measurements:
        for skip in measurement.coverage.skipped:
            partly[measurement.loop, skip.reason].append(skip.subject)
    skipped = [
        Told(loop=loop, because=reason, places=tuple(Place(subject, "") for subject in sorted(subjects)))
        for (loop, reason), subjects in sorted(partly.items())
    ]
    return (*whole, *skipped)


def _about(run: Run | None, version: str) -> str:
    facts = [f"autoresearch {version}".rstrip()]
    if run is not None:
        facts += [f"run {run.id}", f"commit {run.sha[:7]}" if run.sha else "", run.now]
    return " · ".join(fact for fact in facts if fact)
