"""Events by SQL: questions compiled for an engine, and its rows as answers."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from sqlglot import exp

from autoresearch.config.events import Events, GoogleAnalytics, Plausible, PostHog, Spark
from autoresearch.errors import NotMeasuredError
from autoresearch.signals.events import bots, questions
from autoresearch.signals.events.engine import Engine, Row
from autoresearch.signals.events.model import (
    Bucket,
    Condition,
    Count,
    Day,
    Dimension,
    EventSource,
    Facts,
    Grain,
    Rate,
    Reached,
    Release,
    Signal,
    Span,
    Values,
)
from autoresearch.signals.events.provider import Provider, ProviderEvents
from autoresearch.signals.events.table import Table, known_names


def open_events(settings: Events, root: Path, now: dt.datetime) -> EventSource:
    """What the config names, ready to be asked; its secrets are resolved already. Raises `NotMeasuredError`."""
    source = settings.source
    if isinstance(source, str):
        return SqlEvents(_engine(source, settings, root), settings, now)
    if isinstance(source, Spark):
        from autoresearch.signals.events.spark import SparkEngine

        return SqlEvents(SparkEngine(source, settings.table, root), settings, now)
    return ProviderEvents(_provider(source, settings), settings, now)


def _provider(source: PostHog | Plausible | GoogleAnalytics, settings: Events) -> Provider:
    match source:
        case PostHog():
            from autoresearch.signals.events.posthog import PostHogEvents

            return PostHogEvents(source, settings)
        case Plausible():
            from autoresearch.signals.events.plausible import PlausibleEvents

            return PlausibleEvents(source, settings)
        case GoogleAnalytics():
            from autoresearch.signals.events.ga4 import GoogleAnalyticsEvents

            return GoogleAnalyticsEvents(source, settings)


def _engine(source: str, settings: Events, root: Path) -> Engine:
    if source.startswith(("postgres://", "postgresql://")):
        from autoresearch.signals.events.postgres import Postgres

        if not settings.table:
            raise NotMeasuredError("a database needs `events.table`", hint="add `table: public.events`")
        return Postgres(source, settings.table, time_limit=settings.time_limit)
    if "://" in source:
        raise NotMeasuredError(
            f"events cannot be read from {source.split(':', 1)[0]}:// addresses",
            hint="known are files, postgresql://…, and the providers of docs/signals/events.md",
        )
    from autoresearch.signals.events.duck import Duck

    return Duck(source, root, memory=settings.memory, mapped=tuple(settings.columns.values()))


class SqlEvents:
    """Answers by aggregating where the rows are."""

    def __init__(self, engine: Engine, settings: Events, now: dt.datetime) -> None:
        self._engine = engine
        self._turn = threading.Lock()
        self._notes: list[str] = []
        self._kept: dict[tuple[Span, Dimension], Values] = {}
        self._tables: dict[Span, Table] = {}
        try:
            self._plain = Table(engine.layout(), settings, now)
            for name in ("time", "event"):
                self._expect(name)
        except BaseException:
            engine.close()
            raise

    def facts(self, span: Span) -> Facts:
        """Totals of each day, and what was left out and why."""
        table = self._table(span)
        days: dict[dt.date | None, tuple[int, int, dict[str, int]]] = {}
        for day, reason, total, sessions in self._rows(questions.facts(table, span)):
            events, people, dropped = days.get(day, (0, 0, {}))
            if reason is None:
                events, people = int(total), int(sessions)
            else:
                dropped[str(reason)] = int(total)
            days[day] = events, people, dropped
        ordered = sorted(days.items(), key=lambda item: (item[0] is None, item[0] or dt.date.min))
        return Facts(
            source=self._engine.name,
            mapped={name: table.settings.columns[name] for name in known_names(table.settings)},
            missing=table.missing,
            days=tuple(Day(day, *totals) for day, totals in ordered),
            notes=(*self._notes, *self._engine.notes()),
        )

    def values(self, span: Span, dimension: Dimension) -> Values:
        """Which values of a dimension stand alone."""
        key = span, dimension
        if key not in self._kept:
            rows = self._rows(questions.values(self._table(span), span, dimension))
            alone = [(str(value), int(n)) for value, n, _, _, small in rows if not small][: dimension.top]
            distinct, total = (int(rows[0][2]), int(rows[0][3])) if rows else (0, 0)
            pooled = total - sum(n for _, n in alone)
            self._kept[key] = Values(dimension.name, tuple(value for value, _ in alone), distinct, pooled)
        return self._kept[key]

    def rates(
        self, span: Span, signals: Sequence[Signal], dimensions: Sequence[Dimension] = (), grain: Grain = "hour"
    ) -> list[Rate]:
        """Exposed and affected sessions; a session counts once in each segment, when it was first exposed there."""
        table, kept = self._table(span), self._known(span, dimensions)
        if not signals:
            return []
        rows = self._rows(questions.rates(table, span, signals, kept, grain), keys=2 + len(kept))
        at, names = self._moments(), [signal.name for signal in signals]
        return sorted(
            Rate(names[row[0]], at(row[1]), tuple(row[2:-3]), int(row[-3]), int(row[-2]), int(row[-1])) for row in rows
        )

    def counts(
        self,
        span: Span,
        dimensions: Sequence[Dimension] = (),
        grain: Grain = "hour",
        where: Condition | None = None,
    ) -> list[Count]:
        """Events."""
        table, kept = self._table(span), self._known(span, dimensions)
        rows = self._rows(questions.counts(table, span, kept, grain, where), keys=1 + len(kept))
        at = self._moments()
        return sorted(Count(at(row[0]), tuple(row[1:-1]), int(row[-1])) for row in rows)

    def histogram(
        self,
        span: Span,
        where: Condition | None = None,
        dimensions: Sequence[Dimension] = (),
        grain: Grain = "hour",
        value: str = "value",
    ) -> list[Bucket]:
        """How a number is distributed."""
        table, kept = self._table(span), self._known(span, dimensions)
        rows = self._rows(questions.histogram(table, span, kept, grain, where, value), keys=2 + len(kept))
        at = self._moments()
        return sorted(Bucket(at(row[0]), tuple(row[1:-2]), int(row[-2]), int(row[-1])) for row in rows)

    def funnel(
        self,
        span: Span,
        steps: Sequence[Condition],
        dimensions: Sequence[Dimension] = (),
        grain: Grain = "day",
    ) -> list[Reached]:
        """How many sessions come how far, in the order of the steps; they count where they took the first."""
        table, kept = self._table(span), self._known(span, dimensions)
        if not steps:
            return []
        if not table.has("session"):
            raise NotMeasuredError("a funnel needs sessions", hint="map `session` in `events.columns`")
        reached: dict[tuple[dt.datetime, tuple[str, ...]], list[int]] = {}
        at = self._moments()
        for row in self._rows(questions.funnel(table, span, steps, kept, grain)):
            key = at(row[1]), tuple(row[2:-1])
            reached.setdefault(key, [0] * len(steps))[int(row[0])] = int(row[-1])
        return [Reached(when, segment, tuple(counts)) for (when, segment), counts in sorted(reached.items())]

    def releases(self, span: Span) -> list[Release]:
        """When each release was first and last seen, in order of the first."""
        rows = self._rows(questions.releases(self._table(span), span))
        found = (Release(str(name), _aware(first), _aware(last), int(n)) for name, first, last, n in rows)
        return sorted(found, key=lambda release: (release.first, release.name))

    def close(self) -> None:
        """End the connection."""
        self._engine.close()

    def _rows(self, query: exp.Query, keys: int = 0) -> list[Row]:
        """One question after the other, whichever loops ask.

        Sorted by the first `keys` columns, as the engine sorts: what Python sorts again is in order, or nearly.
        """
        if keys:
            query = query.order_by(*(exp.Literal.number(position + 1) for position in range(keys)))
        with self._turn:
            return self._engine.rows(query)

    def _table(self, span: Span) -> Table:
        """The table for a span: without the programs whose user agents were seen in it."""
        if span not in self._tables:
            self._tables[span] = self._without_bots(span)
        return self._tables[span]

    def _without_bots(self, span: Span) -> Table:
        table = self._plain
        if table.settings.bots == "keep" or not table.has("user_agent"):
            return table
        agents = [str(agent) for agent, _ in self._rows(table.agents(span, bots.MOST + 1))]
        if len(agents) > bots.MOST:
            self._notes.append(f"of more than {bots.MOST:,} user agents, the most frequent were looked up as bots")
        return replace(table, bots=bots.programs(agents[: bots.MOST]))

    def _known(self, span: Span, dimensions: Sequence[Dimension]) -> questions.Kept:
        self._plain.require(dimension.name for dimension in dimensions)
        return [(each, each.keep if each.keep is not None else self.values(span, each).kept) for each in dimensions]

    def _moments(self) -> Callable[[Any], dt.datetime]:
        """An hour in UTC as it came, a day where it begins in the configured zone: a few, met very often."""

        @cache
        def moment(at: Any) -> dt.datetime:
            if isinstance(at, dt.datetime):
                return _aware(at)
            return dt.datetime.combine(at, dt.time(), self._plain.zone).astimezone(dt.UTC)

        return moment

    def _expect(self, name: str) -> None:
        if self._plain.has(name):
            return
        at = self._plain.settings.columns.get(name)
        what = f"has no column `{at}`, mapped as `{name}`" if at else f"needs `events.columns.{name}`"
        there = ", ".join(sorted(self._plain.layout.kinds)[:20])
        raise NotMeasuredError(f"{self._engine.name}: {what}", hint=f"its columns are: {there}")


def _aware(time: dt.datetime) -> dt.datetime:
    return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)
