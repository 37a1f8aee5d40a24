"""`autoresearch check events`: what was read, before any loop rests on it."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from autoresearch.config.load import load
from autoresearch.config.secrets import Secrets
from autoresearch.core.plain import plain
from autoresearch.report.words import plural
from autoresearch.signals.context import Signals

if TYPE_CHECKING:
    from autoresearch.config.events import Events
    from autoresearch.signals.events.model import Day, EventSource, Facts, Span

DAYS = 30
_MOST_DAYS = 45
"""More days than this are told by their totals, and the ones that stand out."""
_SEGMENTS = ("route", "browser", "release", "country", "variant")
_OURS = ("time", "event", "session")
"""Without the first two nothing can be counted; without the third, events are counted instead of people."""


def check_events(root: Path, config: str, now: dt.datetime, days: int) -> Iterator[str]:
    """Lines that say what is there: days, columns, what was dropped and why, and what segments can be made of.

    Reads whole days of the configured zone, up to the one that `now` lies in. Raises `ConfigError` and
    `NotMeasuredError`.
    """
    settings, _ = load(root / config, config)
    secrets = Secrets(os.environ)
    secrets.learn(settings.model_dump(mode="json"))
    with Signals(root, settings.site, now, secrets, event_settings=settings.events) as signals:
        source = signals.events()
        assert settings.events is not None
        span = _last_days(now, days, ZoneInfo(settings.events.time_zone))
        for line in _lines(source, settings.events, span):
            yield str(secrets.mask(line))


def _last_days(now: dt.datetime, days: int, zone: ZoneInfo) -> Span:
    from autoresearch.signals.events.model import Span

    today = now.astimezone(zone).date()
    start, end = (
        dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
        for day in (today - dt.timedelta(days=days - 1), today + dt.timedelta(days=1))
    )
    return Span(start, end)


def _lines(source: EventSource, settings: Events, span: Span) -> Iterator[str]:
    facts = source.facts(span)
    seen = [day for day in facts.days if day.day is not None and day.events]
    yield f"Events of {plain(facts.source, 200)}"
    if not seen:
        last = (span.end - dt.timedelta(seconds=1)).astimezone(ZoneInfo(settings.time_zone))
        yield f"  none in the {(span.end - span.start).days} days up to {last:%Y-%m-%d}"
    else:
        yield f"  {seen[0].day} to {seen[-1].day}, days of {settings.time_zone}"
    yield f"  {plural(facts.rows, 'row')} read, {facts.events:,} of them count"
    yield from _columns(facts, settings)
    yield from _dropped(facts)
    yield from _days(seen, facts)
    if seen:
        yield from _segments(source, span, facts)
    if facts.notes:
        yield from ("", "Also", *(f"  {plain(note, 300)}" for note in facts.notes))


def _columns(facts: Facts, settings: Events) -> Iterator[str]:
    yield from ("", "Columns")
    width = max(map(len, facts.mapped), default=0)
    for name, at in facts.mapped.items():
        there = "" if name not in facts.missing else "   ← the source has no such column"
        yield f"  {plain(name, 60):<{width}}   {plain(at, 100)}{there}"
    for name in _OURS:
        if name not in settings.columns:
            yield f"  {name:<{width}}   ← not mapped: events are counted instead of sessions"


def _dropped(facts: Facts) -> Iterator[str]:
    if facts.dropped:
        yield from ("", "Rows that do not count")
        width = max(map(len, facts.dropped))
        for reason, count in facts.dropped.items():
            yield f"  {reason:<{width}}   {count:>11,}   {100 * count / facts.rows:.1f} %"


def _days(seen: Sequence[Day], facts: Facts) -> Iterator[str]:
    if not seen:
        return
    yield from ("", "Days")
    told = {day.day: day for day in facts.days if day.day is not None}
    first, last = seen[0].day, seen[-1].day
    assert first is not None
    assert last is not None
    every = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
    for date in every[-_MOST_DAYS:]:
        day = told.get(date)
        yield f"  {date}   " + (_of_day(day) if day and day.events else "no events")
    if missing := sum(date not in told or not told[date].events for date in every[:-_MOST_DAYS]):
        yield f"  and {missing} days without events before"


def _of_day(day: Day) -> str:
    dropped = sum(day.dropped.values())
    return f"{day.events:>11,} events   {day.sessions:>9,} sessions" + (f"   {dropped:,} dropped" if dropped else "")


def _segments(source: EventSource, span: Span, facts: Facts) -> Iterator[str]:
    from autoresearch.signals.events.model import Dimension

    names = [name for name in _SEGMENTS if name in facts.mapped and name not in facts.missing]
    if names:
        yield from ("", "Segments")
    for name in names:
        values = source.values(span, Dimension(name))
        pooled = values.distinct - len(values.kept)
        rest = (
            f"; {pooled:,} rare or further values are pooled, {plural(values.pooled_sessions, 'session')}"
            if pooled
            else ""
        )
        yield f"  {name}: {_some(values.kept)}{rest}"


def _some(values: Iterable[str], most: int = 6) -> str:
    listed = [plain(value, 40) for value in values]
    return (", ".join(listed[:most]) or "no value with ten sessions") + (
        f" and {len(listed) - most} more" if len(listed) > most else ""
    )
