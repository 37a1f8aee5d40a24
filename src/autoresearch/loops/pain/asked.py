"""The series that a config asks for, and the question behind each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autoresearch.loops.pain.cells import Kind
from autoresearch.loops.pain.rules import FUNNEL_DROP, RATE_UP, SILENT, VALUE_UP
from autoresearch.loops.pain.settings import Settings, Signal
from autoresearch.statistics.pain import detect, values

EVENTS = "events"
"""The series of events that may fall silent."""
_FUNNEL_RATIO = 1.2


@dataclass(frozen=True)
class Asked:
    """One series: what is read, and when it is told."""

    name: str
    kind: Kind
    signal: Signal
    definition: str
    step: int | None = None
    """Of a funnel: from this step, from 0, to the next."""

    @property
    def rule(self) -> str:
        """What its alarms are told as."""
        if self.step is not None:
            return FUNNEL_DROP
        return {"rate": RATE_UP, "count": RATE_UP, "values": VALUE_UP, "silent": SILENT}[self.kind]

    def thresholds(self, series: int) -> detect.Settings:
        """When an excess is told, as one of so many series: all together have the false alarms of one."""
        usual = values.MIN_RATIO if self.kind == "values" else _FUNNEL_RATIO if self.step is not None else None
        ratio = self.signal.min_ratio or usual or detect.Settings().min_ratio
        return detect.Settings(
            q=detect.Settings().q / max(series, 1), min_excess=self.signal.min_excess, min_ratio=ratio
        )


def asked(settings: Settings, dimensions: tuple[str, ...]) -> list[Asked]:
    """Every series in the order of the config. A funnel has one for each step but the last."""
    found: list[Asked] = []
    for name, signal in settings.chosen().items():
        definition = _digest(signal.model_dump(mode="json", exclude={"min_excess", "min_ratio"}), dimensions)
        if signal.steps is not None:
            steps = range(len(signal.steps) - 1)
            found += [Asked(f"{name}-{i + 1}", "rate", signal, definition, step=i) for i in steps]
        else:
            kind: Kind = "values" if signal.value else "count" if signal.per == "hour" else "rate"
            found.append(Asked(name, kind, signal, definition))
    if settings.silent:
        silence = Signal(where={"event": {"exists": True}}, per="hour")
        found.append(Asked(EVENTS, "silent", silence, _digest(EVENTS, ("event",))))
    return found


def questions(each: Asked) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    """(affected, exposed) of a series that counts sessions; exposed is None for whoever did anything there."""
    if each.signal.over is not None:
        return {"all": [each.signal.of, {"value": {">=": each.signal.over}}]}, None
    return each.signal.where or {}, each.signal.of


def _digest(asked_for: Any, dimensions: tuple[str, ...]) -> str:
    text = json.dumps([asked_for, dimensions], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
