"""What a result comes to: judged, compared with the state, accepted, and the state renewed. Nothing is measured here.

Both halves of the house settle: the measuring one with the state that it finds, the publishing one, over results that
it does not trust, with the state of the base branch. Nothing is written before everything is known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autoresearch.core.base import at_base
from autoresearch.core.baseline import Baseline, Stamp
from autoresearch.core.changes import BaselineRef, Change, Changes, verdict
from autoresearch.core.compare import compare
from autoresearch.core.measurement import Finding, Measurement
from autoresearch.core.policy import Policy
from autoresearch.core.renew import Selector, accept, renew
from autoresearch.core.result import Base, Result, Run, as_json
from autoresearch.errors import UsageError
from autoresearch.loops.registry import AnyLoop, policy
from autoresearch.plan import Plan, Request
from autoresearch.state import dump, state_path, to_lines

_NEVER_CAME = "its result never came: the job that was to measure it failed, or was cancelled"


@dataclass(frozen=True)
class LoopOutcome:
    """All that one loop brought."""

    loop: AnyLoop
    measurement: Measurement
    baseline: Baseline
    """As it was."""
    renewed: Baseline
    judged: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()
    base: Measurement | None = None
    """What it saw at the base revision, where that was asked for."""


@dataclass(frozen=True)
class Outcome:
    """All that a run brought; nothing of it is written yet."""

    plan: Plan
    result: Result
    loops: tuple[LoopOutcome, ...]
    changes: Changes

    @property
    def run(self) -> Run:
        """Which run it was."""
        return self.result.run

    @property
    def exit_code(self) -> int:
        """1 when the verdict fails, 3 when a loop could not be measured, else 0."""
        if self.changes.verdict == "fail":
            return 1
        return 3 if any(o.measurement.status != "measured" for o in self.loops) else 0

    @property
    def notes(self) -> list[tuple[str, str]]:
        """(loop, what a reader has to know): results that were not judged, bases that could not be measured."""
        ours = {o.loop.name for o in self.loops}
        strange = [m.loop for m in self.result.measurements if m.loop not in ours]
        without = [(o.loop.name, o.base.reason) for o in self.loops if o.base and o.base.status != "measured"]
        return [
            *((loop, "it is not in the config that counts here, so it was not judged") for loop in strange),
            *((loop, f"the base: {reason} — compared with the state instead") for loop, reason in without),
            *((o.loop.name, text) for o in self.loops if (text := _anew(o))),
        ]

    def result_text(self) -> str:
        """`result.json`."""
        return to_lines(as_json(self.result, {o.loop.name: o.judged for o in self.loops}), {"measurements": 4})

    def changes_text(self) -> str:
        """`changes.json`."""
        return to_lines(self.changes.model_dump(mode="json", exclude_none=True))

    def states(self) -> dict[Path, str]:
        """The state files that changed, by path."""
        return {
            state_path(self.plan.folder, o.loop.name): dump(o.renewed)
            for o in self.loops
            if o.renewed is not o.baseline
        }


def settle(planned: Plan, result: Result, request: Request) -> Outcome:
    """Judge, compare, accept and renew. Raises `UsageError` for an `--accept` that names nothing of this run."""
    stamp = Stamp(run=result.run.id, sha=result.run.sha, at=result.run.now)
    seen = {measurement.loop: measurement for measurement in result.measurements}
    at_the_base = {measurement.loop: measurement for measurement in result.base.measurements} if result.base else {}
    outcomes = [
        _compare(planned, loop, seen.get(loop.name), at_the_base.get(loop.name), stamp)
        for loop in planned.of_shard(result.run.shard)
    ]
    accepted = [replace(o, changes=accept(o.changes, request.accept, request.because)) for o in outcomes]
    _all_matched(request.accept, outcomes)
    renewed = tuple(_renew(outcome, stamp) for outcome in accepted)
    changes = tuple(sorted((c for o in renewed for c in o.changes), key=lambda change: change.order))
    all_measured = all(o.measurement.status == "measured" for o in renewed)
    return Outcome(
        plan=planned,
        result=result,
        loops=renewed,
        changes=Changes(
            verdict=verdict(changes, fail_on=request.fail_on, all_measured=all_measured),
            baseline=_reference(renewed, result.base, _moment(stamp)),
            changes=changes,
        ),
    )


def _anew(outcome: LoopOutcome) -> str:
    """That numbers are not compared with earlier ones, where what they depend on changed since the last run."""
    now = outcome.measurement.environment
    segments = [s for s in outcome.baseline.segments if s.environment.get("source") == now.get("source") and s.history]
    if outcome.measurement.status != "measured" or not segments or any(s.environment == now for s in segments):
        return ""
    before = max(segments, key=lambda segment: segment.history[-1].order).environment
    names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    changed = ", ".join(f"{name} {before.get(name, '–')} → {now.get(name, '–')}" for name in names)
    return f"the change of its numbers since earlier runs: {changed}, so a new reference begins"


def rebased(loop: AnyLoop, baseline: Baseline, base: Measurement | None, stamp: Stamp) -> Baseline:
    """The baseline to compare with: the base revision's, where that could be measured."""
    if base is None or base.status != "measured":
        return baseline
    return at_base(baseline, base, policy(loop, _moment(stamp).date()), stamp)


def _compare(
    planned: Plan, loop: AnyLoop, measurement: Measurement | None, base: Measurement | None, stamp: Stamp
) -> LoopOutcome:
    baseline = planned.baselines[loop.name]
    if reason := planned.broken.get(loop.name):
        measurement = Measurement.failed(loop.name, loop.kind, reason)
    if measurement is None or measurement.kind != loop.kind:
        measurement = Measurement.failed(loop.name, loop.kind, _NEVER_CAME)
    if measurement.status != "measured":
        return LoopOutcome(loop, measurement, baseline, baseline, base=base)
    against = rebased(loop, baseline, base, stamp)
    rules = _policy(loop, stamp)
    try:
        judged = tuple(f.model_copy(update={"judged": True}) for f in loop.judge(measurement, against))
        over = loop.recovered(measurement, against)
    except Exception as error:  # noqa: BLE001  a third party's judge: its failure is its own loop's
        failed = Measurement.failed(loop.name, loop.kind, f"judging failed: {type(error).__name__}: {error}")
        return LoopOutcome(loop, failed, baseline, baseline, base=base)
    measured_base = base if base is not None and base.status == "measured" else None
    changes = tuple(
        _with_evidence(change, over) for change in compare(measurement, judged, against, rules, measured_base)
    )
    return LoopOutcome(loop, measurement, baseline, baseline, judged, changes, base)


def _with_evidence(change: Change, over: Mapping[tuple[str, str, str], str]) -> Change:
    why = over.get((change.rule or "", change.subject, change.key))
    if change.kind != "fixed" or why is None:
        return change
    return change.model_copy(update={"evidence": {**change.evidence, "recovered": why}})


def _policy(loop: AnyLoop, stamp: Stamp) -> Policy:
    return policy(loop, _moment(stamp).date())


def _all_matched(selectors: Sequence[Selector], outcomes: Sequence[LoopOutcome]) -> None:
    for selector in selectors:
        if not any(selector.matches(change) for outcome in outcomes for change in outcome.changes):
            raise UsageError(
                f"--accept {selector.text}: nothing of that name was found in this run",
                hint="LOOP, LOOP/RULE, LOOP:SUBJECT or LOOP:METRIC@SUBJECT, as the report names them",
            )


def _renew(outcome: LoopOutcome, stamp: Stamp) -> LoopOutcome:
    """What the state learns: nothing where the base revision stood in its place, or where it knows this run already."""
    if outcome.base is not None or outcome.baseline.holds(stamp.run):
        return outcome
    renewed = renew(
        outcome.baseline,
        outcome.measurement,
        outcome.judged,
        outcome.changes,
        policy=_policy(outcome.loop, stamp),
        stamp=stamp,
        memory=_memory(outcome),
        observed=not outcome.loop.outside,
    )
    return replace(outcome, renewed=renewed)


def _memory(outcome: LoopOutcome) -> Mapping[str, Any] | None:
    if outcome.measurement.status != "measured":
        return None
    return outcome.loop.remember(outcome.measurement, outcome.baseline)


def _reference(outcomes: Sequence[LoopOutcome], base: Base | None, now: dt.datetime) -> BaselineRef | None:
    """What was compared with: the base revision, or the newest run of the states, its commit and its age."""
    if base is not None:
        return BaselineRef(sha=base.sha, measured=True)
    runs = [entry for o in outcomes if (entry := o.baseline.last_run())]
    if not runs:
        return None
    newest = max(runs, key=lambda entry: entry.order)
    age = now - dt.datetime.fromisoformat(newest.at)
    return BaselineRef(sha=newest.sha, age_days=round(age / dt.timedelta(days=1), 2))


def _moment(stamp: Stamp) -> dt.datetime:
    return dt.datetime.fromisoformat(stamp.at)
