"""Runs to findings: the audits that fail, and the budgets that are exceeded. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from statistics import median

from autoresearch.core.measurement import Finding, Severity
from autoresearch.core.plain import LIMIT, plain
from autoresearch.loops.lighthouse.rules import COVERED_BY_SEO, KIND, SCORE, SIZES, TIMINGS
from autoresearch.loops.lighthouse.runs import Look
from autoresearch.loops.lighthouse.settings import PageBudget
from autoresearch.signals.lab.model import Audit, Preset, Run
from autoresearch.signals.lab.place import Place
from autoresearch.signals.site.model import PREVIEW

_OF_THE_HOST = frozenset(("is-crawlable",))
"""Audits that a preview's host decides: it hides the copy from search engines."""
_SHOWN = 60
"""Characters of a title, an element, a selector, so that a message has room for all of them and an address."""
_TOO_SLOW = re.compile(r"loaded too slowly", re.IGNORECASE)


def audits_failed(looks: Sequence[Look], source: str) -> Iterator[Finding]:
    """One finding an audit that a page fails whenever it is held to it, whichever presets it does so in."""
    seen: dict[str, dict[Preset, Audit]] = {}
    for look in looks:
        for audit in look.failed:
            seen.setdefault(audit.id, {})[look.preset] = audit
    for name in sorted(seen):
        if source != PREVIEW or name not in _OF_THE_HOST:
            yield _failed(looks[0].page.subject, seen[name], everywhere=len(seen[name]) == len(looks))


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
        message=_with_link(f"{plain(audit.title, 2 * _SHOWN).rstrip('.')}{only}{_where(audit)}", audit.link),
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
    snippet, selector = (plain(text.replace("`", "'"), _SHOWN) for text in (shown.snippet, shown.selector))
    place = f"`{snippet}` at `{selector}`" if snippet and selector else f"`{snippet or selector}`"
    more = max(audit.places, len(audit.elements)) - 1
    return f": {place}" + (f", and {more:,} more" if more else "")


def _with_link(message: str, link: str) -> str:
    """With the documentation's address, where that is not cut off."""
    told = f"{message}. See {link}"
    return told if link and len(told) < LIMIT else message


def budgets_exceeded(looks: Sequence[Look], budgets: Sequence[PageBudget]) -> Iterator[Finding]:
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
        message=_with_advice(
            f"{name} on {look.preset} is {shown}{f' {unit}' if unit else ''}, {than} its budget of {allowed}",
            look.speaker,
        ),
        data={"advice": [advice.model_dump() for advice in look.speaker.advice]},
    )


def _with_advice(message: str, run: Run) -> str:
    """And what Lighthouse would mend first."""
    if not run.advice:
        return message
    first = run.advice[0]
    saving = f" ({first.saving:,.0f} ms)" if first.saving else ""
    return _with_link(f"{message}; most is promised by “{plain(first.title, _SHOWN)}”{saving}", first.link)


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
