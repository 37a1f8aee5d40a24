"""What the state remembers of a series: sums of each segment's hours before `until`, and the pains that are open.

No hour is kept and nobody is named. An hour is learned once: those before `until` are in the sums, the others are not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autoresearch.errors import StateError
from autoresearch.loops.pain.cells import segment_of
from autoresearch.statistics.pain.causes import Description
from autoresearch.statistics.pain.history import DAYS, History
from autoresearch.statistics.pain.sums import Segment
from autoresearch.statistics.pain.values import ValueHistory

MOST = 1_000
"""Segments of all series together: the state stays below a megabyte or two lines a segment."""


@dataclass(frozen=True)
class Open:
    """A pain that was found and is not over."""

    rule: str
    subject: str
    key: str
    where: Description
    began: int
    """The hour since when."""
    seen: int
    """The hour before which it was last seen."""
    ratio: float
    usual: float
    """Affected of one exposed session (of one hour) as it was before; of a duration, the percentile's old place."""
    message: str
    quantile: float = 0.0
    variation: float = 0.0

    @property
    def identity(self) -> tuple[str, str, str]:
        """As the finding's."""
        return self.rule, self.subject, self.key


@dataclass(frozen=True)
class Memory:
    """One series between two runs."""

    definition: str
    """A digest of what was asked: other questions have another past."""
    until: int
    """Hours before this one are in the sums."""
    judged: int
    """Hours before this one were judged."""
    histories: Mapping[Segment, History] = field(default_factory=dict)
    values: Mapping[Segment, ValueHistory] = field(default_factory=dict)
    open: tuple[Open, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the state."""
        pasts: Mapping[Segment, History | ValueHistory] = {**self.histories, **self.values}
        return {
            "definition": self.definition,
            "kind": "values" if self.values else "hours",
            "until": self.until,
            "judged": self.judged,
            "segments": {json.dumps(s, ensure_ascii=False): past.as_dict() for s, past in sorted(pasts.items())},
            "open": [_told(each) for each in self.open],
        }


def recalled(data: Any, series: str) -> Memory:
    """What `as_dict` gave. Raises `StateError`."""
    try:
        pasts = {segment_of(text): past for text, past in data["segments"].items()}
        where = f"memory of {series}"
        is_values = data["kind"] == "values"
        return Memory(
            definition=str(data["definition"]),
            until=_whole(data["until"]),
            judged=_whole(data["judged"]),
            histories={} if is_values else {s: History.from_dict(past, where) for s, past in pasts.items()},
            values={s: ValueHistory.from_dict(past, where) for s, past in pasts.items()} if is_values else {},
            open=tuple(_opened(each) for each in data["open"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StateError(
            f"memory of {series}: not what a pain-watchdog remembers",
            hint="restore the state from git, or delete it to start anew",
        ) from error


def bounded(histories: Mapping[Segment, History], today: int, most: int) -> dict[Segment, History]:
    """Without segments that nobody was seen in for `DAYS`; past `most`, the smallest join their `(other)`."""
    fresh = {s: h for s, h in histories.items() if h.days and max(h.days) > today - DAYS}
    if len(fresh) <= most:
        return fresh
    from autoresearch.loops.pain.pooling import pooled_as

    sizes = {s: sum(n for n, _ in history.days.values()) for s, history in fresh.items()}
    kept: dict[Segment, History] = {}
    for level in sorted({len(segment) for segment in fresh}):
        here = {s: n for s, n in sizes.items() if len(s) == level}
        for segment, name in sorted(pooled_as(here, (), most // 2).items()):
            kept[name] = kept.get(name, History()) + fresh[segment]
    return kept


def bounded_values(values: Mapping[Segment, ValueHistory], most: int) -> dict[Segment, ValueHistory]:
    """The coarsest first, then the fullest; segments that nobody was seen in for two blocks of weeks go."""
    newest = max((max(past.blocks) for past in values.values() if past.blocks), default=0)
    fresh = {s: past for s, past in values.items() if past.blocks and max(past.blocks) >= newest - 1}
    order = sorted(fresh, key=lambda s: (len(s), -sum(fresh[s].counts().values()), s))
    return {segment: fresh[segment] for segment in sorted(order[:most])}


def _told(pain: Open) -> dict[str, Any]:
    told = {name: getattr(pain, name) for name in Open.__dataclass_fields__}
    return {name: list(value) if name == "where" else value for name, value in told.items() if value not in (0.0, None)}


def _opened(data: Any) -> Open:
    where = tuple(value if value is None else str(value) for value in data["where"])
    rule, subject, key, message = (str(data[name]) for name in ("rule", "subject", "key", "message"))
    ratio, usual, quantile, variation = (float(data.get(n, 0.0)) for n in ("ratio", "usual", "quantile", "variation"))
    began, seen = _whole(data["began"]), _whole(data["seen"])
    return Open(rule, subject, key, where, began, seen, ratio, usual, message, quantile, variation)


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 10**8:
        raise TypeError
    return value
