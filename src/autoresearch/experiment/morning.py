"""The morning: is the tip better than what the night began with, by fresh runs? Which kept changes still hold?"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autoresearch.experiment.bench import TryEndedError, Version
from autoresearch.experiment.night import Night
from autoresearch.experiment.notebook import Row
from autoresearch.experiment.trial import relative
from autoresearch.statistics.night.end import ABLATION_PAIRS, FRESH_PAIRS, holds, proven
from autoresearch.statistics.night.noise import as_gain
from autoresearch.statistics.night.rule import false_keeps, gain


def conclude(night: Night, why: str) -> None:
    """Drop what no longer holds, measure tip against base, and write both into the notebook."""
    book = night.book
    dropped = _ablate(night) if len(book.kept) > 1 else []
    useless = sum(row.status in {"discard", "inconclusive"} for row in book.tries)
    claimed = 1.0
    for row in book.kept:
        claimed *= 1 - (row.gain or 0.0) if night.judge.better == "lower" else 1 + (row.gain or 0.0)
    found: dict[str, Any] = {
        "why": why,
        "claimed": 1 - claimed if night.judge.better == "lower" else claimed - 1,
        "removed": dropped,
        "false_keeps": false_keeps(useless, night.judge.alpha) if night.judge.noise else 0.0,
        "revalidated": _against_base(night, holdout=False) if book.kept else None,
        "holdout": _against_base(night, holdout=True) if book.kept and night.plan.settings.holdout else None,
        "at": night.clock().isoformat(timespec="seconds"),
    }
    book.night["morning"] = found
    book.save()


def _against_base(night: Night, *, holdout: bool) -> dict[str, Any]:
    """Tip against base: `gain` with its interval, or why there is none."""
    base, tip = Version(night.plan.base), Version(night.book.tip)
    try:
        return _compare(night, base, tip, FRESH_PAIRS, holdout=holdout)
    except (TryEndedError, ValueError) as error:
        return {"proven": False, "reason": str(error)}


def _compare(
    night: Night, before: Version, after: Version, pairs: int, *, holdout: bool = False, simpler: bool = False
) -> dict[str, Any]:
    judge = night.judge
    if judge.noise is None:
        seed = night.plan.settings.seed
        x, y = (
            judge.measure(arm, version, seed, holdout=holdout).score for arm, version in (("a", before), ("b", after))
        )
        better = relative(x, y, judge.better)
        return {
            "gain": better,
            "before": x,
            "after": y,
            "proven": better > 0,
            "holds": better > 0 or (better == 0 and simpler),
        }
    measured = [judge.pair(before, after, holdout=holdout) for _ in range(pairs)]
    found = gain([judge.ratio(pair) for pair in measured], judge.noise)
    mean, low, high = (as_gain(each, judge.better) for each in (found.mean, found.low, found.high))
    scores = [sorted(pair[side].score for pair in measured)[pairs // 2] for side in (0, 1)]
    return {
        "gain": mean, "low": low, "high": high, "p": found.p,
        "pairs": found.pairs, "before": scores[0], "after": scores[1], "proven": proven(found), "holds": holds(found),
    }  # fmt: skip


def _ablate(night: Night) -> list[dict[str, Any]]:
    """Leave each kept change out once, the latest first; commit its removal where the tip is as good without."""
    dropped = []
    for row in reversed(night.book.kept):
        tip = night.book.tip
        without = taken_out(night.content(tip), night.content(row.commit), night.content(row.parent))
        if without is None or without == night.content(tip):
            continue
        night.judge.samples.clear()
        try:
            simpler = night.simplicity.size(night.content(tip)) < night.simplicity.size(without)
            found = _compare(night, Version(tip, without), Version(tip), ABLATION_PAIRS, simpler=simpler)
        except (TryEndedError, ValueError):
            continue  # the rest does not work without it: it is needed
        if found["holds"]:
            continue
        reason = f"without it the score is as good: {found['gain']:+.2%} with it"
        if not _passes(night, Version(tip), Version(tip, without)):
            continue
        commit = night.commit(without, f"{night.plan.name}: removed: {row.description}\n\n{reason}.\n", tip)
        removal = Row(
            number=row.number, status="removed", description=row.description, reason=reason, commit=commit, parent=tip,
            gain=found["gain"], diff=row.diff, at=night.clock().isoformat(timespec="seconds"),
            samples=tuple(night.judge.samples),
        )  # fmt: skip
        night.record(removal, since=tip)
        dropped.append({"number": row.number, "description": row.description, "reason": reason})
    return dropped


def _passes(night: Night, before: Version, after: Version) -> bool:
    """Whether the file without the change works at all."""
    try:
        night.judge.measure("b", after, night.plan.settings.seed)
    except TryEndedError:
        return False
    return before != after


def taken_out(tip: bytes, after: bytes, before: bytes) -> bytes | None:
    """The tip without the step from `before` to `after`; None where later steps touch the same lines."""
    if b"\0" in tip:
        return None
    with tempfile.TemporaryDirectory(prefix="autoresearch-merge-") as name:
        files = [Path(name) / part for part in ("tip", "after", "before")]
        for file, content in zip(files, (tip, after, before), strict=True):
            file.write_bytes(content)
        command: Sequence[str] = ["git", "merge-file", "-p", *map(str, files)]
        merged = subprocess.run(command, capture_output=True, check=False, timeout=60)
        return merged.stdout if merged.returncode == 0 else None
