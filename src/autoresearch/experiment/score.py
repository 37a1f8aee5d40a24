"""What a benchmark said: one JSON object in its last line, or `metric=value` lines."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from autoresearch.core.plain import plain
from autoresearch.errors import NotMeasuredError

_LINE = re.compile(r"^\s*([A-Za-z_][\w.-]{0,63})\s*[=:]\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*$")
_MOST = 200
SCORE = "score"


@dataclass(frozen=True)
class Score:
    """The number that counts, and those beside it."""

    score: float
    metrics: Mapping[str, float]
    times_told: int = 1
    """Lines that look like a result: a second one was printed by somebody else."""
    nonce: str | None = None
    """What the benchmark repeats of `AUTORESEARCH_NONCE`, which only its own process was given."""

    @property
    def shape(self) -> tuple[object, ...]:
        """What is the same in every honest run: which numbers there are, and how often a result was printed."""
        return (self.times_told, self.nonce is not None, *sorted(self.metrics))


def parse(text: str) -> Score:
    """Read a benchmark's output. Raises `NotMeasuredError` where it holds no score."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise NotMeasuredError(
            "the benchmark printed nothing", hint='its last line is {"score": …}, or it prints score=…'
        )
    results = [found for line in lines if (found := _object(line)) is not None]
    if (last := _object(lines[-1])) is not None:
        return _score(last, len(results))
    pairs = [(match[1], float(match[2])) for line in lines if (match := _LINE.match(line))]
    named = dict(pairs)
    told = max((sum(name == other for other, _ in pairs) for name in named), default=0)
    if SCORE not in named:
        if len(named) != 1:
            raise NotMeasuredError(
                f"the benchmark printed no score; its last line is {plain(lines[-1])!r}",
                hint='its last line is {"score": …}, or it prints score=…',
            )
        return _score({SCORE: next(iter(named.values()))}, told)
    return _score({SCORE: named.pop(SCORE), "metrics": named}, told)


def _object(line: str) -> dict[str, Any] | None:
    if not line.lstrip().startswith("{") or len(line) > 1_000_000:
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and SCORE in found else None


def _score(found: Mapping[str, Any], told: int) -> Score:
    score, metrics = found[SCORE], found.get("metrics") or {}
    if not _is_number(score):
        raise NotMeasuredError(f"the benchmark's score is no number: {plain(str(score))}")
    if not isinstance(metrics, dict) or len(metrics) > _MOST or not all(map(_is_number, metrics.values())):
        raise NotMeasuredError(f"the benchmark's `metrics` are not at most {_MOST} names with numbers")
    nonce = found.get("nonce")
    numbers = {str(name): float(value) for name, value in metrics.items()}
    return Score(float(score), numbers, told, None if nonce is None else str(nonce))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
