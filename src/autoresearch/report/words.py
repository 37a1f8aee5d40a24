"""Numbers and counts as a person would write them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

_TOLD_ELSEWHERE = {"since", "since_sha", "accepted", "muted", "issue", "data", "because", "not_seen", "effect", "t"}

_PHRASES = {
    "exact": "exact: the same input gives the same number",
    "n": "against {} earlier runs",
    "window": "window of {}",
    "p": "p = {}",
    "reruns": "measured again: {}",
}
"""The evidence of `core.compare`, in the order in which it is told."""

_TOO_MANY = 12
_TINY_P = 0.001
_ALONE = "window of 1"
_HUGE = 1e15


def plural(count: int, noun: str, many: str = "") -> str:
    """`1 finding`, `1,234 findings`."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def listing(parts: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = [part for part in parts if part] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def number(value: float | None, unit: str = "") -> str:
    """Four significant digits, whole numbers in full, with the unit; a dash for what is not known."""
    if value is None:
        return "–"
    whole = _is_whole(value) or 10_000 <= abs(value) < _HUGE
    text = f"{value:,.0f}" if whole else f"{value:,.4g}"
    return f"{text} {unit}".rstrip().replace("-", "−", text.startswith("-"))


def difference(before: float | None, after: float | None) -> str:
    """How far a number moved: `+3`, `−12 %`, `no change`; empty when one side is not known."""
    if before is None or after is None:
        return ""
    if before == after:
        return "no change"
    if _is_whole(before) and _is_whole(after) and abs(after - before) < 1_000:
        moved = f"{after - before:+,.0f}"
    elif before:
        moved = f"{(after - before) / abs(before):+.1%}".replace("%", " %")
    else:
        moved = f"{after:+.4g}"
    return moved.replace("-", "−")


def age(days: float | None) -> str:
    """`3 hours old`, `1 day old`; empty when it is not known."""
    if days is None or not math.isfinite(days) or days < 0:
        return ""
    hours = round(days * 24)
    if hours < 1:
        return "less than an hour old"
    return f"{plural(hours, 'hour')} old" if hours < 24 else f"{plural(round(hours / 24), 'day')} old"


def evidence(facts: Mapping[str, Any]) -> str:
    """What a comparison rests on, in a line: `against 20 earlier runs, p = 0.003, measured again: 812, 799, 803`."""
    told = [_phrase(name, form, facts[name]) for name, form in _PHRASES.items() if _says(facts.get(name))]
    told = [phrase for phrase in told if phrase != _ALONE]
    others = sorted(facts.keys() - _PHRASES.keys() - _TOLD_ELSEWHERE)
    told += [f"{name.replace('_', ' ')} {_value(facts[name])}" for name in others if _says(facts[name])]
    return ", ".join(told)


def _phrase(name: str, form: str, value: Any) -> str:
    """As a person would say it: how small a small `p` is tells nothing."""
    tiny = name == "p" and isinstance(value, float) and value < _TINY_P
    return f"p < {_TINY_P}" if tiny else form.format(_value(value))


def _says(value: Any) -> bool:
    return value not in (None, False, "", [], (), {})


def _value(value: Any) -> str:
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int | float):
        return number(min(max(value, -1e300), 1e300))
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_value(value[key])}" for key in sorted(value, key=str)[:_TOO_MANY])
    if isinstance(value, list | tuple):
        more = f" and {len(value) - _TOO_MANY} more" if len(value) > _TOO_MANY else ""
        return ", ".join(map(_value, value[:_TOO_MANY])) + more
    return ""


def _is_whole(value: float) -> bool:
    return abs(value) < _HUGE and value == int(value)
