"""Who opens an issue: GitHub's create is not idempotent, so the commit of the state is the claim. Pure.

The run whose commit lists a topic as `pending` creates its issue, and nobody else does for an hour; after that the run
has died, and the next one that finds no issue with the marker claims anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LASTS = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Claim:
    """One entry of `pending`."""

    topic: str
    run: str
    at: str

    def as_entry(self) -> dict[str, Any]:
        """As the state file has it."""
        return {"topic": self.topic, "run": self.run, "at": self.at}

    def is_fresh(self, now: dt.datetime) -> bool:
        """Whether its run may still be at work."""
        try:
            at = dt.datetime.fromisoformat(self.at)
        except ValueError:
            return False
        if at.tzinfo is None:
            at = at.replace(tzinfo=dt.UTC)
        return abs(now - at) < LASTS


class Claims:
    """The claims of one loop, and what becomes of them in one run. Where another run is at work, ours give way."""

    def __init__(self, pending: Sequence[Mapping[str, Any]], run: str, now: dt.datetime) -> None:
        self._claims = [
            Claim(str(entry["topic"]), str(entry.get("run", "")), str(entry.get("at", "")))
            for entry in pending
            if "topic" in entry
        ]
        self._run = run
        self._now = now
        self._claims = [c for c in self._claims if c.run != run or not self.is_others(c.topic)]

    def is_others(self, topic: str) -> bool:
        """Whether another run may be creating it at this moment."""
        return any(c.topic == topic and c.run != self._run and c.is_fresh(self._now) for c in self._claims)

    def is_ours(self, topic: str) -> bool:
        """Whether this very run is to create it, or did already."""
        return any(c.topic == topic and c.run == self._run for c in self._claims)

    def take(self, topic: str) -> None:
        """Claim it for this run."""
        at = self._now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._claims = [*(c for c in self._claims if c.topic != topic), Claim(topic, self._run, at)]

    def drop(self, topic: str) -> None:
        """Forget the claim: the issue is there, or nobody wants it any more."""
        self._claims = [c for c in self._claims if c.topic != topic]

    def entries(self) -> tuple[dict[str, Any], ...]:
        """`pending` of the renewed state."""
        return tuple(c.as_entry() for c in sorted(set(self._claims), key=lambda c: (c.topic, c.run, c.at)))
