"""One series in one run: judged by its past, its pains followed, and what is learned of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from autoresearch.core.measurement import Scalar
from autoresearch.loops.pain import judging, tell
from autoresearch.loops.pain.asked import Asked
from autoresearch.loops.pain.cells import Series
from autoresearch.loops.pain.follow import Trace, follow, is_over
from autoresearch.loops.pain.hours import OPEN_HOURS, holidays
from autoresearch.loops.pain.judging import Look, Verdicts
from autoresearch.loops.pain.memory import MOST, Memory, Open, bounded, bounded_values
from autoresearch.loops.pain.pain import Pain, Point, parts, trace, variation
from autoresearch.loops.pain.settings import Settings, days_of
from autoresearch.statistics.pain.causes import Description, covers
from autoresearch.statistics.pain.detect import learnable
from autoresearch.statistics.pain.history import History, Hours
from autoresearch.statistics.pain.sums import Kind, Segment
from autoresearch.statistics.pain.values import ValueHistory, above_usual

_DAY = 24


@dataclass(frozen=True)
class Shown:
    """An open pain, as it is told."""

    open: Open
    data: dict[str, Any] | None


@dataclass(frozen=True)
class Judged:
    """What a run says of a series, and what it remembers."""

    name: str
    open: tuple[Shown, ...]
    over: Mapping[tuple[str, str, str], str]
    """Identity of a pain that is over → the evidence."""
    insufficient: tuple[str, ...]
    """Why no segment could be judged; empty where one could."""
    memory: Memory


@dataclass
class Case:
    """All that judging a series needs."""

    asked: Asked
    series: Series
    memory: Memory
    dimensions: tuple[str, ...]
    settings: Settings
    changes: Mapping[str, Scalar]
    family: int
    """How many series are judged, of which none may take the others' share of false alarms."""
    recent: dict[Segment, Hours] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """What its counts are."""
        return "count" if self.series.kind in {"count", "silent"} else "rate"


def known_or_read(asked: Asked, series: Series, memory: Memory | None) -> Memory:
    """What is remembered; where that is nothing, or of another question, the past that the measurement brought."""
    if memory is not None and memory.definition == asked.definition:
        return memory
    return Memory(asked.definition, series.start, series.end - _DAY, series.past, series.past_values)


def judge_series(run: Case, accepted: Callable[[Open], bool]) -> Judged:
    """Judge one series, follow its pains, and learn. Pure. `accepted`: which pains a person said may stay."""
    asked, series, memory, dimensions = run.asked, run.series, run.memory, run.dimensions
    if series.end <= memory.until:
        return Judged(asked.name, tuple(Shown(o, None) for o in memory.open), {}, (), memory)
    verdicts = _verdicts(run)
    seen, left = follow(memory.open, verdicts.pains, memory.judged, lambda p: _opened(run, p), dimensions)
    look_back = _tracer(run, verdicts)
    thresholds = asked.thresholds(run.family)
    over: dict[tuple[str, str, str], str] = {}
    still: list[Shown] = []
    for pain in left:
        evidence = is_over(pain, look_back, series.end, run.kind, thresholds, dimensions)
        if accepted(pain):
            evidence = "accepted, and by now the usual"
        if evidence is None:
            still.append(Shown(pain, None))
        else:
            over[pain.identity] = evidence
    shown = [Shown(each.open, tell.data(asked.name, each.pain, dimensions)) for each in seen if each.pain] + still
    reasons = tuple(j.reason for j in verdicts.judged.values() if j.verdict == "insufficient-data")
    insufficient = reasons if len(reasons) == len(verdicts.judged) else ()
    opened = tuple(sorted((each.open for each in shown), key=lambda o: o.identity))
    learned = _learned(run, verdicts, [pain for pain in opened if accepted(pain)])
    return Judged(asked.name, tuple(shown), over, insufficient, replace(learned, open=opened, judged=series.end))


def _verdicts(run: Case) -> Verdicts:
    memory, series = run.memory, run.series
    # a run may have seen hours that the state, which counts, has learned already
    look = Look(memory.until, series.end, run.asked.rule, run.asked.thresholds(run.family), run.dimensions)
    if series.kind == "values":
        recent = {s: {h: c for h, c in hours.items() if h >= look.until} for s, hours in series.values.items()}
        pasts = {**dict.fromkeys(recent, ValueHistory()), **memory.values}
        return judging.durations(pasts, recent, look)
    quiet = _holidays(run) if run.kind == "count" else {}
    run.recent = {
        s: {h: pair for h, pair in hours.items() if h >= look.until and h not in quiet}
        for s, hours in series.cells.items()
    }
    histories = {**dict.fromkeys(run.recent, History()), **memory.histories}
    if series.kind == "silent":
        return judging.silences(histories, run.recent, look)
    return judging.rates(histories, run.recent, run.kind, look, drifts=run.kind == "rate" and run.asked.step is None)


def _holidays(run: Case) -> dict[int, str]:
    days = {name: days_of(said) for name, said in run.settings.holidays.items()}
    return holidays(days, range(min(run.series.start, run.memory.until), run.series.end)) if days else {}


def _opened(run: Case, pain: Pain) -> Open:
    name, dimensions = run.asked.name, run.dimensions
    events = run.asked.kind == "count"
    return Open(
        rule=pain.rule,
        subject=tell.subject_of(pain.where, dimensions),
        key=tell.key_of(name, pain.where, dimensions),
        where=pain.where,
        began=pain.began,
        seen=pain.seen,
        ratio=round(pain.ratio, 6),
        usual=round(pain.usual, 9),
        message=tell.message(name, pain, dimensions, run.changes, events=events),
        quantile=pain.quantile,
        variation=round(pain.variation, 9),
    )


def _tracer(run: Case, verdicts: Verdicts) -> Trace:
    """The hours that are in no sum yet, of what a description covers."""
    hours = range(run.memory.until, run.series.end)
    if run.series.kind == "values":
        return lambda where: _values_of(run, where, hours)

    def rates(where: Description) -> tuple[Sequence[Point], float]:
        expected, recent = verdicts.expected, run.recent
        return trace(where, expected, recent, hours), variation(where, expected, recent, hours)

    return rates


def _values_of(run: Case, where: Description, hours: range) -> tuple[Sequence[Point], float]:
    mine = [pain for pain in run.memory.open if pain.where == where]
    quantile = mine[0].quantile if mine else 0.75
    segments = parts(where, run.memory.values)
    past = sum((run.memory.values[s] for s in segments), ValueHistory())
    read = [run.series.values.get(s, {}) for s in segments]
    counted = [(hour, judging.gathered_of(read, range(hour, hour + 1))) for hour in hours]
    told = [(hour, c, above_usual(past, c, quantile)) for hour, c in counted if c and past.blocks]
    points = [Point(hour, sum(c.values()), affected, due) for hour, c, (affected, due, _) in told]
    return points, max((pain.variation for pain in mine), default=0.0)


def _learned(run: Case, verdicts: Verdicts, accepted: Sequence[Open]) -> Memory:
    """The memory with the hours that are settled, and neither part of a pain nor of a holiday."""
    memory, series = run.memory, run.series
    until = max(memory.until, series.end - OPEN_HOURS + _DAY)
    quiet, most = _holidays(run), max(1, MOST // max(run.family, 1))
    usual = {s for s in verdicts.unlearned for pain in accepted if _is_part(s, pain.where)}
    unlearned = {s: windows for s, windows in verdicts.unlearned.items() if s not in usual}
    if series.kind == "values":
        values = dict(memory.values)
        for segment, hours in series.values.items():
            covered = {h for w in unlearned.get(segment, ()) for h in range(w.start, w.end)} | quiet.keys()
            new = {h: c for h, c in hours.items() if memory.until <= h < until and h not in covered}
            values[segment] = values.get(segment, ValueHistory()) + ValueHistory.of(new)
        return replace(memory, until=until, values=bounded_values(values, most))
    histories = dict(memory.histories)
    for segment, cells in run.recent.items():
        settled = learnable(cells, until, unlearned.get(segment, ()))
        new_cells = {hour: pair for hour, pair in settled.items() if hour not in quiet}
        histories[segment] = histories.get(segment, History()).add(new_cells)
    return replace(memory, until=until, histories=bounded(histories, series.end // 24, most))


def _is_part(segment: Segment, where: Description) -> bool:
    return covers(where[: len(segment)], segment) if len(segment) <= len(where) else False
