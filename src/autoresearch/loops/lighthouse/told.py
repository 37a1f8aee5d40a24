"""Runs to findings: the audits that fail, and the budgets that are exceeded. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from statistics import median

from autoresearch.core.measurement import Finding, Severity
from autoresearch.loops.lighthouse.rules import COVERED_BY_SEO, KIND, SCORE, SIZES, TIMINGS
from autoresearch.loops.lighthouse.runs import Look
from autoresearch.loops.lighthouse.settings import Budget
from autoresearch.signals.lab.model import Audit, Preset, Run
from autoresearch.signals.lab.place import Place
from autoresearch.signals.site.model import PREVIEW

_OF_THE_HOST = frozenset(("is-crawlable",))
"""Audits that a preview's host decides: it hides the copy from search engines."""
_TOO_SLOW = re.compile(r"loaded too slowly", re.IGNORECASE)


def audits_failed(looks: Sequence[Look], source: str) -> Iterator[Finding]:
    """One finding an audit that one page fails in most of its runs, whichever presets it does so in."""
    seen: dict[str, dict[Preset, Audit]] = {}
    for look in looks:
        for audit in _mostly(look):
            seen.setdefault(audit.id, {})[look.preset] = audit
    for name in sorted(seen):
        if source != PREVIEW or name not in _OF_THE_HOST:
            yield _failed(looks[0].page.subject, seen[name], everywhere=len(seen[name]) == len(looks))


def _mostly(look: Look) -> Iterator[Audit]:
    runs = [{audit.id: audit for audit in run.audits} for run in look.runs]
    shown = {audit.id: audit for audit in look.speaker.audits}
    for name in {name for run in runs for name in run}:
        having = [run[name] for run in runs if name in run]
        if 2 * len(having) > len(runs):
            yield shown.get(name, having[0])


def _failed(subject: str, by_preset: dict[Preset, Audit], *, everywhere: bool) -> Finding:
    audit = next(iter(by_preset.values()))
    covered = audit.id in COVERED_BY_SEO
    severity: Severity = "info" if covered or not audit.weight else "error"
    only = "" if everywhere else f" (on {' and '.join(by_preset)})"
    return Finding(
        rule=f"{KIND}/{'seo-audit-failed' if covered else 'audit-failed'}",
        subject=subject,
        key=audit.id,
        severity=severity,
        message=f"{audit.title.rstrip('.')}{only}{_where(audit)}",
        data={
            "category": audit.category,
            "elements": [element.model_dump(exclude_defaults=True) for element in audit.elements],
            "places": audit.places,
            "link": audit.link,
        },
    )


def _where(audit: Audit) -> str:
    shown = next(iter(audit.elements), None)
    if shown is None:
        return ""
    snippet, selector = shown.snippet.replace("`", "'"), shown.selector.replace("`", "'")
    place = f"`{snippet}` at `{selector}`" if snippet and selector else f"`{snippet or selector}`"
    more = max(audit.places, len(audit.elements)) - 1
    return f": {place}" + (f", and {more:,} more" if more else "")


def budgets_exceeded(looks: Sequence[Look], budgets: Sequence[Budget]) -> Iterator[Finding]:
    """One finding a number over the strictest budget that covers it; the median of the runs counts."""
    for look in looks:
        strictest: dict[str, float] = {}
        for budget in budgets:
            if budget.covers(look.page.subject, look.preset):
                for name, limit in budget.limits().items():
                    stricter = max if name == "score" else min
                    strictest[name] = stricter(limit, strictest.get(name, limit))
        for name, limit in sorted(strictest.items()):
            values = look.values(name)
            if values and _exceeds(name, value := median(values), limit):
                yield _over(look, name, value, limit)


def _exceeds(name: str, value: float, limit: float) -> bool:
    return value < limit if name == "score" else value > limit


def _over(look: Look, name: str, value: float, limit: float) -> Finding:
    unit = {"score": SCORE, **TIMINGS, **SIZES}[name].unit
    shown, allowed = (f"{number:,.3g}" if number < 1 else f"{number:,.0f}" for number in (value, limit))
    than = "less than" if name == "score" else "more than"
    return Finding(
        rule=f"{KIND}/budget-exceeded",
        subject=look.page.subject,
        key=f"{look.preset}-{name}",
        severity="error",
        message=f"{name} on {look.preset} is {shown}{f' {unit}' if unit else ''}, {than} its budget of {allowed}",
    )


def objection(place: Place) -> Callable[[Look, Run], str | None]:
    """Why a run that succeeded does not speak for its page: another page came, or visitors would have been stopped."""

    def object_to(look: Look, run: Run) -> str | None:
        landed = place.subject(run.url)
        if landed != look.page.subject:
            return f"it leads to {landed or run.url}"
        if run.dialogs:
            return "it opens a dialog (alert, confirm or prompt), which stops everything until somebody answers"
        if any(_TOO_SLOW.search(warning) for warning in run.warnings):
            return "it did not finish loading in time (`page_limit`)"
        return None

    return object_to
