"""The first two lines of a report: what the run comes to, and what it stands on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from autoresearch.core.changes import Change, Changes
from autoresearch.report.model import LoopRow
from autoresearch.report.words import age, listing, plural


def headline(changes: Changes, loops: Sequence[LoopRow]) -> str:
    """One line that a person wants to read: `Fails: 3 new findings (2 errors) and 1 regressed metric`."""
    trouble = listing(_trouble(changes.changes))
    missing = sum(not row.measured for row in loops)
    unmeasured = f"{missing} of {plural(len(loops), 'loop')} not measured" if missing else ""
    if changes.verdict == "fail":
        reasons = [trouble if _fails_by_itself(changes) else listing([trouble, *_old_trouble(changes.changes)])]
        return "Fails: " + "; ".join(part for part in (*reasons, unmeasured) if part)
    if changes.verdict == "unsure":
        doubts = [unmeasured, _undecided(changes.changes)]
        return "Unsure: " + "; ".join(part for part in (*doubts, trouble) if part)
    if trouble:
        return f"Passes, with {trouble}"
    if changes.baseline is None:
        return f"First run: {_recorded(changes.changes)}"
    good, known = listing(_good(changes.changes)), _known_errors(changes.changes)
    if known:
        return f"Nothing new: {listing([good, f'{known} left'])}"
    return f"All well: {good or 'nothing new'}"


def summary(changes: Changes, loops: Sequence[LoopRow]) -> str:
    """What the run was compared with; on a first run, what comes next."""
    if not any(row.measured for row in loops):
        return "Nothing could be measured, so nothing is called fixed and every baseline stays as it is."
    if changes.baseline is None:
        recorded = "" if changes.verdict == "pass" and not _trouble(changes.changes) else _recorded(changes.changes)
        first = f"This first run found {recorded}." if recorded else "There was nothing to compare with yet."
        return f"{first} Once the state files are committed, only what changes is news."
    commit, old = changes.baseline.sha[:7], age(changes.baseline.age_days)
    run = f"the run at commit `{commit}`" if commit else "the last run"
    if changes.baseline.measured:
        return f"Compared with commit `{commit}`, measured in this run."
    return f"Compared with {run}{f', {old}' if old else ''}."


def _fails_by_itself(changes: Changes) -> bool:
    return any(c.kind == "regressed" or (c.kind == "new" and c.severity == "error") for c in changes.changes)


def _trouble(changes: Sequence[Change]) -> list[str]:
    new = Counter(change.severity for change in changes if change.kind == "new")
    worse = sum(change.kind == "regressed" for change in changes)
    findings = plural(new.total(), "new finding") if new else ""
    if findings and new["error"]:
        only = new.total() == new["error"]
        findings = plural(new.total(), "new error") if only else f"{findings} ({plural(new['error'], 'error')})"
    return [part for part in (findings, plural(worse, "regressed metric") if worse else "") if part]


def _old_trouble(changes: Sequence[Change]) -> list[str]:
    """What fails a run that has nothing new: errors that are known, or findings of a first look."""
    looks = [c for c in changes if c.kind == "first-look" and c.metric is None]
    errors = sum(c.severity == "error" for c in looks)
    first = f"{plural(errors, 'error')} at first look" if errors else f"{plural(len(looks), 'finding')} at first look"
    return [part for part in (_known_errors(changes), first if looks else "") if part]


def _known_errors(changes: Sequence[Change]) -> str:
    known = sum(c.kind == "persisting" and c.severity == "error" and not c.is_accepted for c in changes)
    return plural(known, "known error") if known else ""


def _undecided(changes: Sequence[Change]) -> str:
    unsure = sum(change.kind == "unsure" for change in changes)
    return f"{plural(unsure, 'change')} undecided" if unsure else ""


def _recorded(changes: Sequence[Change]) -> str:
    looks = Counter(change.metric is None for change in changes if change.kind == "first-look")
    findings = plural(looks[True], "finding") if looks[True] else "no findings"
    return listing([findings, plural(looks[False], "watched number") if looks[False] else ""])


def _good(changes: Sequence[Change]) -> list[str]:
    fixed = sum(change.kind == "fixed" and change.metric is None for change in changes)
    recovered = sum(change.kind == "fixed" and change.metric is not None for change in changes)
    improved = sum(change.kind == "improved" for change in changes)
    parts = [f"{plural(fixed, 'finding')} fixed" if fixed else ""]
    parts += [_metrics(recovered, "recovered"), _metrics(improved, "improved")]
    return [part for part in parts if part]


def _metrics(count: int, what: str) -> str:
    return f"{plural(count, 'metric')} {what}" if count else ""
