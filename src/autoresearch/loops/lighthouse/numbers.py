"""Runs to metrics: what can regress, and what is only recorded. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Literal

from autoresearch.core.measurement import SITE, Metric
from autoresearch.loops.lighthouse.rules import CATEGORIES, SCORE, SIZES, TIMINGS, Watched
from autoresearch.loops.lighthouse.runs import Look
from autoresearch.signals.lab.model import Preset

_DIGITS = 4


def page_metrics(look: Look, gate: Literal["metrics", "score"]) -> Iterator[Metric]:
    """Every number of a page in a preset. The score gates only where none of its metrics does."""
    timings = [_metric(look, name, watched, gate=gate == "metrics") for name, watched in TIMINGS.items()]
    gating = [metric for metric in timings if metric is not None]
    yield from gating
    for name, watched in {"score": SCORE, **SIZES}.items():
        metric = _metric(look, name, watched, gate=name == "score" and not any(each.gate for each in gating))
        if metric is not None:
            yield metric
    for name in CATEGORIES:
        score = look.scores.get(name)
        if score is not None:
            value = round(100 * score, _DIGITS)
            yield Metric(name=f"{look.preset}-{name}", subject=look.page.subject, value=value, better="higher")


def site_metrics(looks: Sequence[Look], presets: Sequence[Preset]) -> Iterator[Metric]:
    """The median performance score of the pages in the first preset, and how fast the machine was. Neither gates."""
    scores = [
        value for look in looks if look.preset == presets[0] for value in [value_of(look, "score")] if value is not None
    ]
    if scores:
        yield Metric(name="score", subject=SITE, value=median(scores), better="higher")
    if indexes := [run.benchmark_index for look in looks for run in look.runs]:
        yield Metric(name="benchmark-index", subject=SITE, value=round(median(indexes), _DIGITS))


def field_metrics(subject: str, preset: Preset, found: Mapping[str, float]) -> Iterator[Metric]:
    """What real visitors met, beside the lab's numbers: recorded, and never compared with them."""
    for name, value in found.items():
        unit = "" if name == "cls" else "ms"
        yield Metric(name=f"{preset}-field-{name}", subject=subject, value=value, unit=unit, better="lower")


def value_of(look: Look, name: str) -> float | None:
    """The number that a look stands for."""
    values = look.values(name)
    return round(median(values), _DIGITS) if values else None


def _metric(look: Look, name: str, watched: Watched, *, gate: bool) -> Metric | None:
    value = value_of(look, name)
    if value is None:
        return None
    return Metric(
        name=f"{look.preset}-{name}",
        subject=look.page.subject,
        value=value,
        unit=watched.unit,
        better=watched.better,
        gate=gate,
        resolution=watched.resolution,
        samples=tuple(round(each, _DIGITS) for each in look.values(name)),
    )
