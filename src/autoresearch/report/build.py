"""Changes and measurements → `Report`. Pure, and in one order whatever order things came in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from autoresearch.core.changes import Change, ChangeKind, Changes
from autoresearch.core.measurement import Measurement, Rule, Severity
from autoresearch.core.result import Run
from autoresearch.report import verdict
from autoresearch.report.chart import chart_of
from autoresearch.report.escape import Markdown
from autoresearch.report.model import Group, LoopRow, Place, Report, Told
from autoresearch.report.numbers import Numbers, Previous

_SEVERITIES: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}


def build(
    changes: Changes,
    measurements: Sequence[Measurement],
    rules: Mapping[str, Rule],
    *,
    previous: Previous | None = None,
    run: Run | None = None,
    version: str = "",
    notes: Sequence[tuple[str, str]] = (),
) -> Report:
    """What to tell of a run.

    `rules`: by rule id, for headings; a rule that is not there is named by its id. `previous`: loop → `metric@subject`
    → value before (`core.compare.previous`). `notes`: (loop, what else was not done, and
    why). A loop that `run` planned and that brought no measurement is told as not measured.
    """
    told = sorted(changes.changes, key=lambda change: change.order)
    measurements = _in_order(measurements, run)
    numbers = Numbers(measurements, told, previous or {})
    kinds = _by_kind(told)
    loops = _rows(told, measurements, run, numbers)
    return Report(
        verdict=changes.verdict,
        headline=verdict.headline(changes, loops),
        summary=verdict.summary(changes, loops),
        baseline=changes.baseline,
        loops=loops,
        regressed=tuple(numbers.changed(change) for change in kinds["regressed"]),
        improved=tuple(numbers.changed(change) for change in kinds["improved"]),
        new=_groups(kinds["new"], rules),
        first_looks=_groups([change for change in kinds["first-look"] if change.metric is None], rules),
        fixed=_groups(kinds["fixed"], rules),
        persisting=_groups(kinds["persisting"], rules),
        unsure=_told(kinds["unsure"]),
        retired=_told(kinds["retired"]),
        not_measured=(
            *_not_measured(measurements, loops),
            *(Told(loop=loop, because=why, places=()) for loop, why in notes),
        ),
        numbers=numbers.listed(),
        about=_about(run, version),
    )


def _in_order(measurements: Sequence[Measurement], run: Run | None) -> Sequence[Measurement]:
    """As the run planned its loops, the others by name after them."""
    place = {loop: number for number, loop in enumerate(run.planned)} if run else {}
    return sorted(measurements, key=lambda m: (place.get(m.loop, len(place)), m.loop))


def _by_kind(changes: Iterable[Change]) -> Mapping[ChangeKind, list[Change]]:
    kinds: dict[ChangeKind, list[Change]] = defaultdict(list)
    for change in changes:
        kinds[change.kind].append(change)
    return kinds


def _groups(changes: Iterable[Change], rules: Mapping[str, Rule]) -> tuple[Group, ...]:
    """By rule, the gravest first."""
    by_rule = _by(changes, lambda change: (change.loop, change.rule or ""))
    groups = [_group(loop, rule, places, rules.get(rule)) for (loop, rule), places in by_rule.items()]
    return tuple(sorted(groups, key=lambda group: (_SEVERITIES[group.severity], group.loop, group.rule)))


def _group(loop: str, rule: str, changes: Sequence[Change], declared: Rule | None) -> Group:
    severities = [change.severity or "error" for change in changes]
    return Group(
        loop=loop,
        rule=rule,
        title=_title(loop, rule, changes, declared),
        fix=declared.fix if declared else "",
        severity=min(severities, key=_SEVERITIES.__getitem__),
        places=tuple(_place(change) for change in changes),
    )


def _title(loop: str, rule: str, changes: Sequence[Change], declared: Rule | None) -> str:
    """The rule's own title; with the loop's name where two loops of one kind may share the rule."""
    if declared is not None:
        return declared.title if rule.startswith(f"{loop}/") else f"{declared.title} ({loop})"
    if all(change.metric is not None for change in changes):
        return "Regressed metric"
    name = rule.rpartition("/")[2].replace("-", " ")
    return name[:1].upper() + name[1:]


def _told(changes: Iterable[Change]) -> tuple[Told, ...]:
    """By loop and reason."""
    by_reason = _by(changes, lambda change: (change.loop, str(change.evidence.get("because", ""))))
    return tuple(
        Told(loop=loop, because=because, places=tuple(_place(change) for change in places))
        for (loop, because), places in sorted(by_reason.items())
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
        chart=chart_of(change.evidence) if change.kind in {"new", "first-look"} else Markdown(""),
    )


def _note(change: Change) -> str:
    facts = change.evidence
    notes = [
        f"since {str(facts['since'])[:10]}" if "since" in facts else "",
        f"accepted: {facts['accepted']}" if facts.get("accepted") else "",
        "muted" if facts.get("muted") is True else "",
        str(facts.get("recovered", "")),
        _not_seen(str(facts["not_seen"])) if facts.get("not_seen") else "",
    ]
    return "; ".join(note for note in notes if note)


def _not_seen(why: str) -> str:
    return why if why == "not visited this time" else f"not looked at this time: {why}"


def _rows(
    changes: Iterable[Change], measurements: Sequence[Measurement], run: Run | None, numbers: Numbers
) -> tuple[LoopRow, ...]:
    counts = Counter((c.loop, c.kind) for c in changes if c.kind != "first-look" or c.metric is None)
    seen = {m.loop: m for m in measurements}
    planned = run.planned if run else ()
    return tuple(
        LoopRow(
            loop=loop,
            measured=loop in seen and seen[loop].status == "measured",
            score=numbers.score(seen[loop]) if loop in seen else None,
            new=counts[loop, "new"],
            worse=counts[loop, "regressed"],
            fixed=counts[loop, "fixed"],
            unsure=counts[loop, "unsure"],
            first_look=counts[loop, "first-look"],
            known=counts[loop, "persisting"],
        )
        for loop in dict.fromkeys((*planned, *seen))
    )


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
        facts += [f"run `{run.id}`", f"commit `{run.sha[:7]}`" if run.sha else "", run.now]
    return " · ".join(fact for fact in facts if fact)
