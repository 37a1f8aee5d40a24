"""Metrics as a report tells them: before, now, and what comparing said of the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from autoresearch.core.changes import Change, ChangeKind
from autoresearch.core.measurement import SITE, Measurement, Metric
from autoresearch.report import words
from autoresearch.report.model import Number

_SCORES = {"score": 0, "rate": 1}
"""Names that say of themselves that they are a loop's score."""

_LISTED = 60
"""Numbers that a report lists at most."""

_SAID: dict[ChangeKind, str] = {
    "regressed": "worse",
    "persisting": "still worse",
    "improved": "better",
    "fixed": "recovered",
    "unsure": "undecided",
}

Previous = Mapping[str, Mapping[str, float]]
"""Loop → `metric@subject` → the value before."""


class Numbers:
    """The metrics of a run, with their past and what was said of them."""

    def __init__(self, measurements: Sequence[Measurement], changes: Sequence[Change], previous: Previous) -> None:
        self._measurements = measurements
        self._metrics = {(m.loop, metric.selector): metric for m in measurements for metric in m.metrics}
        self._said = {(c.loop, f"{c.metric}@{c.subject}"): c for c in changes if c.metric is not None}
        self._previous = previous
        self._in_part = {m.loop for m in measurements if not m.complete}

    def changed(self, change: Change) -> Number:
        """A metric that comparing spoke of, against its reference."""
        name = change.metric or change.rule or ""
        metric = self._metrics.get((change.loop, f"{name}@{change.subject}"))
        return Number(
            loop=change.loop,
            name=name,
            subject=change.subject,
            unit=metric.unit if metric else "",
            before=change.before,
            after=change.after,
            judged=_SAID.get(change.kind, ""),
            evidence=words.evidence(change.evidence),
        )

    def score(self, measurement: Measurement) -> Number | None:
        """The number that speaks for a loop: of its whole world where it has one, else the median over its subjects.

        Where no number is better one way or the other, the first that was recorded.
        """
        scored = [m for m in measurement.metrics if m.better != "none"] or list(measurement.metrics[:1])
        metrics = [metric for metric in scored if metric.subject == SITE] or scored
        if not metrics:
            return None
        best = min(metrics, key=lambda m: (_SCORES.get(m.name, len(_SCORES)), not m.exact, not m.gate, m.name)).name
        return self._median(measurement.loop, [metric for metric in metrics if metric.name == best])

    def listed(self) -> tuple[Number, ...]:
        """The numbers of each loop's whole world, unless their scores already tell them all."""
        scores = sum(self.score(measurement) is not None for measurement in self._measurements)
        site = [(m.loop, metric) for m in self._measurements for metric in m.metrics if metric.subject == SITE]
        return tuple(self._number(loop, metric) for loop, metric in site[:_LISTED]) if len(site) > scores else ()

    def _number(self, loop: str, metric: Metric) -> Number:
        return Number(
            loop=loop,
            name=metric.name,
            subject=metric.subject,
            unit=metric.unit,
            before=self._before(loop, metric),
            after=metric.value,
            judged=self._judged(loop, metric),
        )

    def _before(self, loop: str, metric: Metric) -> float | None:
        said = self._said.get((loop, metric.selector))
        if said is not None and said.before is not None:
            return said.before
        return self._previous.get(loop, {}).get(metric.selector)

    def _judged(self, loop: str, metric: Metric) -> str:
        if (said := self._said.get((loop, metric.selector))) is not None:
            return _SAID.get(said.kind, "")
        before = self._before(loop, metric)
        if metric.better == "none" or before is None:
            return ""
        if loop in self._in_part:
            return "measured in part"
        if not metric.exact:
            return "within noise" if metric.gate else ""
        return "better" if (metric.value > before) == (metric.better == "higher") else "worse"

    def _median(self, loop: str, metrics: Sequence[Metric]) -> Number:
        """Compared only where every subject was there before: else it would be the subjects that differ."""
        if len(metrics) == 1:
            return self._number(loop, metrics[0])
        before = [value for metric in metrics if (value := self._before(loop, metric)) is not None]
        return Number(
            loop=loop,
            name=f"median {metrics[0].name}",
            subject=SITE,
            unit=metrics[0].unit,
            before=median(before) if len(before) == len(metrics) else None,
            after=median(metric.value for metric in metrics),
        )
