"""A loop that the config names no longer: its issues are closed rather than left to stand for ever."""

from __future__ import annotations

from autoresearch.core.baseline import Baseline
from autoresearch.core.changes import Change, change_of
from autoresearch.core.lifecycle.model import Topic

_BECAUSE = "the loop is no longer in the config"
_OVER = frozenset({"closed", "muted"})


def without_loop(baseline: Baseline, scope: str = "") -> tuple[Baseline, tuple[Change, ...]]:
    """What is known after the loop went, and how each thing that was known ended: retired, not fixed.

    The baseline itself and nothing, where no issue of `scope` is open: another config of the same folder may have the
    loop still. Its history stays; should it come back, what it finds then is new.
    """
    ours = any(
        record.state not in _OVER and Topic.of(baseline.loop, record).name(scope) == name
        for name, record in baseline.issues.items()
    )
    if not ours:
        return baseline, ()
    ended = tuple(
        change_of(baseline.loop, "retired", mark, known).model_copy(update={"evidence": {"because": _BECAUSE}})
        for mark, known in sorted(baseline.known.items())
    )
    return baseline.model_copy(update={"known": {}, "observations": {}}), ended
