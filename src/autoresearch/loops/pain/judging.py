"""What the hours of one series say: the statistics of `autoresearch.statistics.pain`, drilled down to causes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from autoresearch.loops.pain.pain import Pain, Point, onset, parts, since, trace
from autoresearch.loops.pain.rules import DRIFT_UP, SILENT, VALUE_UP
from autoresearch.statistics.pain import causes, detect, drift, model, silence, values
from autoresearch.statistics.pain.detect import Judgement, Settings, Window
from autoresearch.statistics.pain.history import History, Hours
from autoresearch.statistics.pain.model import Expectation
from autoresearch.statistics.pain.sums import MIN_DAYS, Kind, Segment
from autoresearch.statistics.pain.values import Histogram, ValueHistory

_ALIKE = 0.99
_EXPLAINED = 0.5
"""A coarse segment's alarm says nothing new if alarmed parts of it have so much of its excess."""


@dataclass(frozen=True)
class Verdicts:
    """Of one series."""

    judged: Mapping[Segment, Judgement]
    pains: tuple[Pain, ...] = ()
    expected: Mapping[Segment, Expectation] = field(default_factory=dict)
    unlearned: Mapping[Segment, tuple[Window, ...]] = field(default_factory=dict)
    """Windows whose hours must not become the usual ones."""


@dataclass(frozen=True)
class Look:
    """The hours that are judged."""

    until: int
    """Hours before are in the histories."""
    end: int
    rule: str
    settings: Settings
    dimensions: tuple[str, ...] = ()

    @property
    def hours(self) -> range:
        """Those that are in no history."""
        return range(self.until, self.end)


def rates(
    histories: Mapping[Segment, History], recent: Mapping[Segment, Hours], kind: Kind, look: Look, *, drifts: bool
) -> Verdicts:
    """Shares of sessions, or counts by the hour."""
    expected = model.fit(histories, kind, until=look.until)
    judged = detect.judge(expected, recent, look.hours, look.settings)
    clearest = {s: min(j.alarms, key=lambda w: (w.p, w.start)) for s, j in judged.items() if j.alarms}
    pains = _pains(clearest, {s: j.alarms[-1].end for s, j in judged.items() if j.alarms}, expected, recent, look)
    creeping = _drifts(histories, recent, kind, look) if drifts else ()
    known = [pain.where for pain in pains]
    slow = [p for p in creeping if not any(compatible(p.where, where) for where in known)]
    return Verdicts(judged, (*pains, *slow), expected, {s: j.alarms for s, j in judged.items()})


def silences(histories: Mapping[Segment, History], recent: Mapping[Segment, Hours], look: Look) -> Verdicts:
    """Events that stopped. One that is too young for a history of its own is nobody's habit yet."""
    expected = model.fit(histories, "count", until=look.until)
    grown = {s: e for s, e in expected.items() if len(histories[s].days) >= MIN_DAYS}
    judged = dict.fromkeys(expected, Judgement("insufficient-data", (), f"{MIN_DAYS} days of history are needed"))
    judged |= silence.silences(grown, recent, look.hours, look.settings)
    pains = []
    for segment, judgement in sorted(judged.items()):
        for w in judgement.alarms:
            points = trace(segment, expected, recent, look.hours)
            pains.append(Pain(SILENT, segment, w.start, w.end, w.exposed, 0, w.expected, w.variation, points))
    return Verdicts(judged, tuple(pains), expected, {s: j.alarms for s, j in judged.items()})


def durations(
    histories: Mapping[Segment, ValueHistory], recent: Mapping[Segment, Mapping[int, Histogram]], look: Look
) -> Verdicts:
    """Percentiles of a number."""
    judged, risen = values.values_up(histories, recent, look.end, look.settings)
    pains = []
    if risen:
        clearest = min(risen.values(), key=lambda r: (r.window.p, r.window.segment))
        cells = _value_cells(
            histories, recent, clearest.window, clearest.quantile, {s: r.window for s, r in risen.items()}
        )
        depth = max(map(len, histories))
        found = causes.causes(cells)
        pains = [
            _slow((*cause.where, *[None] * (depth - len(cause.where))), histories, recent, clearest, look)
            for cause in found
        ]
    return Verdicts(judged, tuple(pains), {}, {s: (r.window,) for s, r in risen.items()})


def compatible(a: causes.Description, b: causes.Description) -> bool:
    """Whether two descriptions may speak of one pain: one is part of the other."""
    wider = all(x is None or x == y for x, y in zip(a, b, strict=True))
    return wider or all(y is None or x == y for x, y in zip(a, b, strict=True))


def _pains(
    clearest: Mapping[Segment, Window],
    ends: Mapping[Segment, int],
    expected: Mapping[Segment, Expectation],
    recent: Mapping[Segment, Hours],
    look: Look,
) -> tuple[Pain, ...]:
    """The causes of the windows that speak most clearly; `ends` are those of the last ones."""
    if not clearest:
        return ()
    span = range(min(w.start for w in clearest.values()), max(w.end for w in clearest.values()))
    windows = {s: _window(s, expected[s], recent.get(s, {}), span) for s in expected}
    pains = []
    for cause in causes.causes(_cells(windows, clearest)):
        where = _specified(cause.where, windows, look.dimensions)
        points = trace(where, expected, recent, look.hours)
        end = max([ends[s] for s in cause.alarmed if s in ends] or ends.values())
        whole = Window(("",), span.start, end, 0, 0, 0.0, 0.0)
        began = onset(points, whole)
        n, k, mean = since(points, began, end)
        variation = max(windows[s].variation for s in cause.alarmed)
        pains.append(Pain(look.rule, where, began, end, n, k, mean, variation, points))
    return tuple(pains)


def _specified(
    where: causes.Description, windows: Mapping[Segment, Window], dimensions: tuple[str, ...]
) -> causes.Description:
    """With the dimensions in which all that is covered is alike: payments happen on one route, whatever explains them.

    Not the release: that there is but one says nothing of it.
    """
    inside = [(s, w) for s, w in windows.items() if len(s) == len(where) and w.exposed and causes.covers(where, s)]
    total = sum(w.exposed for _, w in inside)
    named = list(where)
    for place, dimension in enumerate(dimensions):
        if named[place] is None and dimension != "release":
            shares = Counter[str]()
            for segment, window in inside:
                shares[segment[place]] += window.exposed
            value, most = max(shares.items(), key=lambda item: (item[1], item[0]), default=("", 0))
            if most >= _ALIKE * total and most:
                named[place] = value
    return tuple(named)


def _window(segment: Segment, expectation: Expectation, recent: Hours, hours: range) -> Window:
    means = {h: recent[h][0] * expectation.rate(h) for h in hours if h in recent}
    n, k = (sum(recent[h][i] for h in means) for i in (0, 1))
    return Window(segment, hours.start, hours.stop, n, k, sum(means.values()), expectation.variation(means))


def _cells(windows: Mapping[Segment, Window], alarmed: Iterable[Segment]) -> list[causes.Cell]:
    """The finest level, with what alarms; a coarse alarm that its parts do not explain is shared by all of them."""
    depth = max(map(len, windows))
    finest = {s: w for s, w in windows.items() if len(s) == depth}
    sick = {segment for segment in alarmed if len(segment) == depth}
    for coarse in sorted((s for s in alarmed if len(s) < depth), key=lambda s: (-len(s), s)):
        below = [s for s in finest if s[: len(coarse)] == coarse]
        explained = sum(max(0.0, finest[s].excess) for s in below if s in sick)
        if explained < _EXPLAINED * windows[coarse].excess:
            sick |= {s for s in below if finest[s].exposed}
    return [
        causes.Cell(s, w.exposed, w.affected, w.expected, w.variation, s in sick) for s, w in sorted(finest.items())
    ]


def _drifts(
    histories: Mapping[Segment, History], recent: Mapping[Segment, Hours], kind: Kind, look: Look
) -> tuple[Pain, ...]:
    judged = drift.drifts(histories, recent, kind, look.end, look.settings)
    alarms = {segment: judgement.alarms[0] for segment, judgement in judged.items() if judgement.alarms}
    if not alarms:
        return ()
    expected = model.fit(histories, kind, until=look.end, skip=drift.DRIFT_DAYS)
    days = {s: _days(histories[s], recent.get(s, {}), look.end) for s in expected}
    first, last = min(w.start for w in alarms.values()) // 24, look.end // 24
    windows = {}
    for s, e in expected.items():
        inside = {day: pair for day, pair in days[s].items() if first <= day < last}
        mean = sum(n * e.day_rate(day) for day, (n, _) in inside.items())
        n, k = (sum(pair[i] for pair in inside.values()) for i in (0, 1))
        windows[s] = Window(s, first * 24, last * 24, n, k, mean, e.day_variation())
    pains = []
    for cause in causes.causes(_cells(windows, alarms)):
        points = _daily(cause.where, expected, days)
        began = onset([p for p in points if p.hour >= first * 24], Window(("",), first * 24, last * 24, 0, 0, 0.0, 0.0))
        n, k, mean = since(points, began, last * 24)
        variation = max(windows[s].variation for s in cause.alarmed)
        pains.append(Pain(DRIFT_UP, cause.where, began, look.end, n, k, mean, variation, points))
    return tuple(pains)


def _days(history: History, recent: Hours, end: int) -> dict[int, tuple[int, int]]:
    days = dict(history.days)
    for hour, (n, k) in recent.items():
        had = days.get(hour // 24, (0, 0))
        days[hour // 24] = (had[0] + n, had[1] + k)
    return {day: pair for day, pair in sorted(days.items()) if day < end // 24}


def _daily(
    where: causes.Description,
    expected: Mapping[Segment, Expectation],
    days: Mapping[Segment, Mapping[int, tuple[int, int]]],
) -> tuple[Point, ...]:
    points: dict[int, list[float]] = {}
    for segment in parts(where, days):
        for day, (n, k) in days[segment].items():
            had = points.setdefault(day, [0, 0, 0.0])
            points[day] = [had[0] + n, had[1] + k, had[2] + n * expected[segment].day_rate(day)]
    return tuple(Point(24 * day, int(n), int(k), mean) for day, (n, k, mean) in sorted(points.items()))


def _value_cells(
    histories: Mapping[Segment, ValueHistory],
    recent: Mapping[Segment, Mapping[int, Histogram]],
    span: Window,
    quantile: float,
    alarmed: Mapping[Segment, Window],
) -> list[causes.Cell]:
    windows = {}
    for segment, history in histories.items():
        counts = gathered(recent.get(segment, {}), range(span.start, span.end))
        if sum(history.counts().values()) >= values.MIN_VALUES:
            affected, due, _ = values.above_usual(history, counts, quantile)
            windows[segment] = Window(
                segment, span.start, span.end, sum(counts.values()), affected, due, span.variation
            )
    depth = max(map(len, windows))
    if not all(any(s[: len(a)] == a for s in windows if len(s) == depth) for a in alarmed):
        depth = min(map(len, alarmed))  # the finest level has too few values to drill down to
        windows = {s: w for s, w in windows.items() if len(s) == depth}
        alarmed = {s: w for s, w in alarmed.items() if len(s) == depth}
    return _cells(windows, alarmed)


def _slow(
    where: causes.Description,
    histories: Mapping[Segment, ValueHistory],
    recent: Mapping[Segment, Mapping[int, Histogram]],
    risen: values.Risen,
    look: Look,
) -> Pain:
    inside = parts(where, [s for s in histories if histories[s].blocks])
    q, window = risen.quantile, risen.window
    past = ValueHistory()
    for segment in inside:
        past += histories[segment]
    points = []
    for hour in look.hours:
        counts = gathered_of([recent.get(s, {}) for s in inside], range(hour, hour + 1))
        if counts:
            affected, due, _ = values.above_usual(past, counts, q)
            points.append(Point(hour, sum(counts.values()), affected, due))
    now = gathered_of([recent.get(s, {}) for s in inside], range(window.start, window.end))
    began = onset(points, replace(window, start=window.start))
    n, k, mean = since(points, began, window.end)
    before, after = values.quantile(past.counts(), q) or 0.0, values.quantile(now, q) or 0.0
    return Pain(
        VALUE_UP, where, began, window.end, n, k, mean, window.variation, tuple(points), q, before, after
    )  # fmt: skip


def gathered(hours: Mapping[int, Histogram], span: range) -> dict[int, int]:
    """The histogram of some hours."""
    return gathered_of([hours], span)


def gathered_of(segments: Iterable[Mapping[int, Histogram]], span: range) -> dict[int, int]:
    """The histogram of some hours of several segments."""
    total: dict[int, int] = {}
    for hours in segments:
        for hour in span:
            for number, count in hours.get(hour, {}).items():
                total[number] = total.get(number, 0) + count
    return total
