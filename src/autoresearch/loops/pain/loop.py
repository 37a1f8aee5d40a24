"""The loop: counts by segment and hour from the events, judged by what the state remembers of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from autoresearch.config.model import LoopSettings, Rung
from autoresearch.core.baseline import Baseline
from autoresearch.core.measurement import (
    SITE,
    Coverage,
    Finding,
    Measurement,
    Metric,
    Rule,
    Scalar,
    Skipped,
    fingerprint,
)
from autoresearch.errors import NotMeasuredError
from autoresearch.loops.base import Loop
from autoresearch.loops.pain import cells
from autoresearch.loops.pain.asked import EVENTS, asked
from autoresearch.loops.pain.hours import GRACE, Clock
from autoresearch.loops.pain.memory import Memory, Open, recalled
from autoresearch.loops.pain.rules import INSUFFICIENT, KIND, RULES
from autoresearch.loops.pain.series import Case, Judged, judge_series, known_or_read
from autoresearch.loops.pain.settings import SEGMENTS, Settings
from autoresearch.signals.context import Signals

_SEVERITIES = {rule.id: rule.severity for rule in RULES}


@dataclass(frozen=True)
class _Seen:
    """One judging, kept for as long as the same things are asked about."""

    measurement: Measurement
    baseline: Baseline
    judged: dict[str, Judged]


class PainWatchdog(Loop[Settings]):
    """Users' pain, before their support tickets."""

    kind: ClassVar[str] = KIND
    rung: ClassVar[Rung] = "event"
    measures: ClassVar[str] = "rates of rage clicks, errors, failed steps, slow pages and the like in analytics events"
    because: ClassVar[str] = "users' own actions: nobody asks them, and nobody scores them"
    Settings: ClassVar[type[LoopSettings]] = Settings
    rules: tuple[Rule, ...] = RULES
    outside: ClassVar[bool] = True
    _last: _Seen | None = None

    def measure(self, signals: Signals) -> Measurement:
        """Ask the events. Raises `NotMeasuredError` where there are none."""
        from autoresearch.loops.pain.changes import gather
        from autoresearch.loops.pain.read import Reader

        source, events = signals.events(), signals.event_settings
        assert events is not None  # else there is no source
        dimensions = self._dimensions(events.columns)
        clock = Clock(ZoneInfo(events.time_zone))
        end = clock.hour(signals.now - GRACE)
        every = asked(self.settings, dimensions)
        memories = _recalled(signals.memory_of(self.name))
        reader = Reader(source, clock, self.settings, dimensions, memories, end, say=signals.say)
        series = [each for each in reader.read(every) if not _never_seen(each, memories, reader.skipped)]
        if not series:
            reasons = "; ".join(f"{subject}: {why}" for subject, why in reader.skipped[:5])
            raise NotMeasuredError(f"nothing of the events can be judged: {reasons}")
        about: dict[str, Scalar] = {"zone": events.time_zone, "end": end, "dimensions": json.dumps(dimensions)}
        observations = {cells.ABOUT: about, cells.CHANGES: gather(reader, signals)}
        for each in series:
            observations |= cells.written(each)
        return Measurement(
            loop=self.name,
            kind=self.kind,
            environment={"zone": events.time_zone},
            coverage=Coverage(
                measured=sum(len({**each.cells, **each.values}) for each in series),
                skipped=tuple(Skipped(subject=subject, reason=why) for subject, why in reader.skipped),
            ),
            metrics=tuple(metric for each in series for metric in _metrics(each, end)),
            observations=observations,
        )

    def judge(self, measurement: Measurement, baseline: Baseline) -> Sequence[Finding]:
        """What stands out of what is remembered, and what stood out and is not over yet."""
        return [finding for judged in self._judged(measurement, baseline).values() for finding in _findings(judged)]

    def recovered(self, measurement: Measurement, baseline: Baseline) -> Mapping[tuple[str, str, str], str]:
        """The evidence of each pain that is over."""
        judged = self._judged(measurement, baseline).values()
        return {identity: why for each in judged for identity, why in each.over.items()}

    def remember(self, measurement: Measurement, baseline: Baseline) -> Mapping[str, Any]:
        """The sums with the hours that are settled now, and the open pains."""
        judged = self._judged(measurement, baseline)
        wanted = {each.name for each in asked(self.settings, _dimensions_of(measurement))}
        old = {name: memory for name, memory in baseline.memory.items() if name in wanted}
        return {**old, **{name: each.memory.as_dict() for name, each in judged.items()}}

    def _judged(self, measurement: Measurement, baseline: Baseline) -> dict[str, Judged]:
        last = self._last
        if last is None or last.measurement is not measurement or last.baseline is not baseline:
            self._last = last = _Seen(measurement, baseline, self._judge_all(measurement, baseline))
        return last.judged

    def _judge_all(self, measurement: Measurement, baseline: Baseline) -> dict[str, Judged]:
        dimensions = _dimensions_of(measurement)
        every = {each.name: each for each in asked(self.settings, dimensions)}
        changes = measurement.observations.get(cells.CHANGES, {})
        memories = _recalled(baseline.memory)
        read = {name: s for name, s in cells.read(measurement.observations).items() if name in every}
        return {
            name: judge_series(
                Case(
                    asked=every[name],
                    series=series,
                    memory=known_or_read(every[name], series, memories.get(name)),
                    dimensions=("event",) if name == EVENTS else dimensions,
                    settings=self.settings,
                    changes=changes,
                    family=len(read),
                ),
                lambda pain: _is_accepted(self.name, pain, baseline),
            )
            for name, series in read.items()
        }

    def _dimensions(self, mapped: Mapping[str, str]) -> tuple[str, ...]:
        if self.settings.segments is not None:
            return self.settings.segments
        return tuple(name for name in SEGMENTS if name in mapped)


def _dimensions_of(measurement: Measurement) -> tuple[str, ...]:
    try:
        told = json.loads(str(measurement.observations[cells.ABOUT]["dimensions"]))
        return tuple(str(name) for name in told)
    except (KeyError, TypeError, ValueError) as error:
        raise NotMeasuredError("the result's observations are not those of a pain-watchdog") from error


def _recalled(memory: Mapping[str, Any]) -> dict[str, Memory]:
    return {name: recalled(data, name) for name, data in memory.items()}


def _never_seen(series: cells.Series, memories: Mapping[str, Memory], skipped: list[tuple[str, str]]) -> bool:
    """Whether a signal has never happened: what is not there cannot be watched."""
    if series.kind == "silent":
        return False
    memory = memories.get(series.name)
    affected = sum(k for hours in series.cells.values() for _, k in hours.values())
    affected += sum(k for past in series.past.values() for _, k in past.days.values())
    affected += sum(k for past in memory.histories.values() for _, k in past.days.values()) if memory else 0
    if affected or series.values or series.past_values or (memory is not None and (memory.values or memory.open)):
        return False
    skipped.append((series.name, "no such event was ever seen: nothing is watched"))
    return True


def _metrics(series: cells.Series, end: int) -> Iterator[Metric]:
    """Numbers of the last day, of the whole site; none gates, for the findings already speak."""
    hours = [pair for hour, pair in series.cells.get((), {}).items() if hour >= end - 24]
    exposed, affected = sum(n for n, _ in hours), sum(k for _, k in hours)
    if series.kind == "rate" and exposed:
        yield Metric(name=series.name, value=round(100 * affected / exposed, 3), unit="%", better="lower")
    elif series.kind == "count" and hours:
        yield Metric(name=series.name, value=affected, unit="events", better="lower")
    elif series.kind == "silent":
        totals = [k for segment in series.cells.values() for hour, (_, k) in segment.items() if hour >= end - 24]
        yield Metric(name="events", value=sum(totals), unit="events")
    elif series.kind == "values" and () in series.values:
        from autoresearch.loops.pain.judging import gathered
        from autoresearch.statistics.pain.values import QUANTILES, quantile

        counts = gathered(series.values[()], range(end - 24, end))
        for q in QUANTILES:
            if (value := quantile(counts, q)) is not None:
                yield Metric(name=f"{series.name}-p{100 * q:.0f}", value=round(value, 3), better="lower")


def _findings(judged: Judged) -> Iterator[Finding]:
    for followed in judged.open:
        pain = followed.open
        yield Finding(
            rule=pain.rule,
            subject=pain.subject,
            key=pain.key,
            severity=_SEVERITIES[pain.rule],
            message=pain.message,
            data=followed.data,
        )
    if judged.insufficient:
        reason, _ = Counter(judged.insufficient).most_common(1)[0]
        yield Finding(
            rule=INSUFFICIENT, subject=SITE, key=judged.name, severity="info", message=f"{judged.name}: {reason}"
        )


def _is_accepted(loop: str, pain: Open, baseline: Baseline) -> bool:
    """Whether a person said that it may stay: then it becomes the usual."""
    known = baseline.known.get(fingerprint(loop, *pain.identity))
    return known is not None and (known.accepted is not None or known.muted)
