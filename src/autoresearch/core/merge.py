"""Two baselines that grew from one, merged: `base` is their ancestor, `ours` and `theirs` its descendants.

Pure, and safe to repeat: what one side alone changed wins; what both changed is settled by a total order, so that it
does not matter who merges. A run that either side recorded is never lost (until thinning drops it by age).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from autoresearch.core.baseline import Baseline, Issue, Known, Segment
from autoresearch.core.history import thin

V = TypeVar("V")


def merge(base: Baseline, ours: Baseline, theirs: Baseline) -> Baseline:
    """The baseline that holds what both sides learned since `base`."""
    pending = _merge_maps(_by_content(base.pending), _by_content(ours.pending), _by_content(theirs.pending))
    return Baseline(
        loop=ours.loop,
        rules_seen=_merge_maps(base.rules_seen, ours.rules_seen, theirs.rules_seen, settle=_newer),
        known=_merge_maps(base.known, ours.known, theirs.known, settle=_settle_known),
        segments=_merge_segments(base, ours, theirs),
        observations=_merge_maps(base.observations, ours.observations, theirs.observations),
        memory=_merge_maps(base.memory, ours.memory, theirs.memory, settle=_settle_memory),
        issues=_merge_maps(base.issues, ours.issues, theirs.issues, settle=_settle_issue),
        pending=tuple(pending[key] for key in sorted(pending)),
    )


def _merge_maps(
    base: Mapping[str, V],
    ours: Mapping[str, V],
    theirs: Mapping[str, V],
    settle: Callable[[V, V], V] | None = None,
) -> dict[str, V]:
    """Three-way merge by key. A change beats a removal: nothing that a side just learned is dropped."""
    merged: dict[str, V] = {}
    for key in sorted(base.keys() | ours.keys() | theirs.keys()):
        before, left, right = base.get(key), ours.get(key), theirs.get(key)
        if right in (left, before):
            value = left
        elif left == before:
            value = right
        elif left is None or right is None:
            value = left if right is None else right
        else:
            value = (settle or _larger)(left, right)
        if value is not None:
            merged[key] = value
    return merged


def _merge_segments(base: Baseline, ours: Baseline, theirs: Baseline) -> tuple[Segment, ...]:
    named = [{s.name: s for s in side.segments} for side in (base, ours, theirs)]
    names = sorted(set().union(*named))
    return tuple(
        _merge_segment(*(side.get(name, Segment(environment=json.loads(name))) for side in named)) for name in names
    )


def _merge_segment(base: Segment, ours: Segment, theirs: Segment) -> Segment:
    history = thin((*ours.history, *theirs.history))
    runs = {entry.run for entry in history}
    excluded = {
        run: metrics
        for run in sorted(runs & (ours.excluded.keys() | theirs.excluded.keys()))
        if (metrics := tuple(sorted({*ours.excluded.get(run, ()), *theirs.excluded.get(run, ())})))
    }
    return Segment(
        environment=ours.environment,
        history=history,
        excluded=excluded,
        accepted=_merge_maps(base.accepted, ours.accepted, theirs.accepted),
    )


def _settle_known(left: Known, right: Known) -> Known:
    """Both saw it: seen first by the first, last by the last; an issue, a mute and an acceptance are kept."""
    newer, older = sorted((left, right), key=lambda k: (k.last_seen.order, _text(k)), reverse=True)
    return newer.model_copy(
        update={
            "first_seen": min(left.first_seen, right.first_seen, key=lambda stamp: stamp.order),
            "issue": newer.issue if newer.issue is not None else older.issue,
            "muted": newer.muted or older.muted,
            "accepted": newer.accepted or older.accepted,
        }
    )


def _settle_issue(left: Issue, right: Issue) -> Issue:
    """The further turn counts, then the later state; what either side found, counted or scored is kept.

    A place that ended for one side may be open for the other: `core.lifecycle` asks `known`.
    """
    newer, older = sorted((left, right), key=lambda i: (i.turn, i.since.order, _text(i)), reverse=True)
    same = newer.turn == older.turn and newer.state == older.state
    runs = {stamp.run: stamp for stamp in sorted((*left.counted, *right.counted), key=_text)}
    return newer.model_copy(
        update={
            "since": min(left.since, right.since, key=lambda stamp: stamp.order) if same else newer.since,
            "number": newer.number if newer.number is not None else older.number,
            "places": tuple(sorted({*left.places, *right.places})),
            "ended": _merge_maps({}, newer.ended, older.ended) if same else newer.ended,
            "ended_before": max(left.ended_before, right.ended_before),
            "counted": tuple(sorted(runs.values(), key=lambda stamp: stamp.order)) if same else newer.counted,
            "hits": max(left.hits, right.hits),
            "false_alarms": max(left.false_alarms, right.false_alarms),
        }
    )


def _settle_memory(left: Any, right: Any) -> Any:
    """What has learned further; both sides learned from the same world, so that nothing is to be added up."""
    ours, theirs = (each.get("until") if isinstance(each, Mapping) else None for each in (left, right))
    if isinstance(ours, int | float) and isinstance(theirs, int | float) and ours != theirs:
        return left if ours > theirs else right
    return _larger(left, right)


def _newer(left: str, right: str) -> str:
    """The later of two versions: `10` comes after `9`."""
    return max(
        left, right, key=lambda version: (version.isdecimal(), len(version) if version.isdecimal() else 0, version)
    )


def _larger(left: V, right: V) -> V:
    return max(left, right, key=_text)


def _by_content(items: tuple[dict[str, Any], ...]) -> dict[str, dict[str, Any]]:
    return {_text(item): item for item in items}


def _text(value: Any) -> str:
    plain = value.model_dump(mode="json") if hasattr(value, "model_dump") else value
    return json.dumps(plain, sort_keys=True)
