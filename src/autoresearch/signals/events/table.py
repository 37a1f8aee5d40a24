"""The canonical table of events: our columns over a source's, and which rows do not count, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlglot import exp

from autoresearch.config.events import CANONICAL, Events
from autoresearch.errors import NotMeasuredError
from autoresearch.signals.events import where as conditions
from autoresearch.signals.events import zone
from autoresearch.signals.events.layout import TYPE, Clock, Kind, Layout, as_number, as_text
from autoresearch.signals.events.model import Condition, Span

MARGIN = dt.timedelta(hours=6)
"""Read before and after a span: a session that is under way counts in one hour only, on whichever day that was."""
_TIMES = ("time", "received")
_ORDER = ("time", "session", "event", "route", "value")
"""Which of several rows with one event id is kept: the first by these."""


@dataclass(frozen=True)
class Table:
    """Builds the relations that questions are asked of."""

    layout: Layout
    settings: Events
    now: dt.datetime
    bots: tuple[str, ...] = ()
    """User agents that are programs."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone of days and hours."""
        return ZoneInfo(self.settings.time_zone)

    @property
    def missing(self) -> tuple[str, ...]:
        """Mapped columns that the source does not have."""
        return tuple(sorted(name for name, at in self.settings.columns.items() if self.layout.find(at) is None))

    def has(self, name: str) -> bool:
        """Whether a column is mapped, and there."""
        return name in self.settings.columns and name not in self.missing

    def require(self, names: Iterable[str]) -> None:
        """Raises `NotMeasuredError` for a column that no mapping leads to."""
        for name in sorted(set(names)):
            if name in _TIMES:
                if name != "time":
                    raise NotMeasuredError(f"`{name}` is no column to ask about")
                continue
            if name not in self.settings.columns:
                known = ", ".join(sorted(set(self.settings.columns) - set(_TIMES))) or "nothing"
                raise NotMeasuredError(
                    f"the events have no column `{name}`: mapped are {known}",
                    hint=f"map it in `events.columns`: `{name}: name_in_the_source`",
                )

    def events(self, span: Span, columns: Collection[str], where: Condition | None = None) -> exp.Select:
        """The rows that count from a margin before a span to a margin after it, with `time` and these columns."""
        asked = {"time", *columns, *conditions.names(where)}
        self.require(asked)
        kept = exp.select(*(_column(name) for name in sorted(asked))).from_(
            self._canonical(span, asked | self._looked_at()).subquery("canonical")
        )
        kept = kept.where(*self._within(span), *(exp.not_(exp.paren(rule)) for _, rule in self._rules()))
        if self.has("event_id"):
            kept = self._first_of_each(kept, span, asked)
        return kept.where(conditions.compile_where(where)) if where else kept

    def marked(self, span: Span) -> exp.Select:
        """Every row since a span began, or without a time: its time, its session, and the reason why not it counts."""
        columns = {"time", *self._looked_at(), *(name for name in _ORDER if self.has(name))}
        reason = exp.Case()
        for name, rule in (("no time", _is_null("time")), *self._rules()):
            reason = reason.when(rule, exp.Literal.string(name), copy=False)
        rows = exp.select(*(_column(name) for name in sorted(columns)), exp.alias_(reason, "reason")).from_(
            self._canonical(span, columns).subquery("canonical")
        )
        rows = rows.where(exp.or_(_is_null("time"), exp.GTE(this=_column("time"), expression=_moment(span.start))))
        if not self.has("event_id"):
            return rows
        repeated = exp.and_(
            _is_null("reason"), exp.not_(_is_null("event_id")), exp.GT(this=_column("row"), expression=_number(1))
        )
        told = exp.Case().when(repeated, exp.Literal.string("duplicate")).else_(_column("reason"))
        names = [_column(name) for name in sorted(columns)]
        numbered = exp.select("*", self._row_number("reason")).from_(rows.subquery("read"))
        return exp.select(*names, exp.alias_(told, "reason")).from_(numbered.subquery("numbered"))

    def agents(self, span: Span, most: int) -> exp.Select:
        """The most frequent user agents."""
        canonical = self._canonical(span, {"time", "user_agent"}).subquery("canonical")
        return (
            exp.select(_column("user_agent"), exp.alias_(exp.Count(this=exp.Star()), "n"))
            .from_(canonical)
            .where(*self._within(span), exp.not_(_is_null("user_agent")))
            .group_by(_column("user_agent"))
            .order_by(exp.Ordered(this=_column("n"), desc=True), exp.Ordered(this=_column("user_agent")))
            .limit(most)
        )

    def local(self, time: exp.Expr, span: Span) -> exp.Expr:
        """Naive UTC → the wall clock of the configured zone."""
        return zone.to_local(time, self.zone, span.start - 2 * MARGIN, span.end + 2 * MARGIN)

    def _canonical(self, span: Span, names: Collection[str]) -> exp.Select:
        clock = Clock(self.zone, span.start - 2 * MARGIN, span.end + 2 * MARGIN, self.layout.dialect)
        columns = [exp.alias_(self._expression(name, clock), name, quoted=True) for name in sorted(names)]
        return exp.select(*columns).from_(self.layout.relation.copy())

    def _expression(self, name: str, clock: Clock) -> exp.Expr:
        found = self.layout.find(self.settings.columns.get(name, ""))
        if found is None:
            absent = {"value": TYPE.DOUBLE, "time": TYPE.TIMESTAMP, "received": TYPE.TIMESTAMP}.get(name, TYPE.TEXT)
            return exp.cast(exp.Null(), absent)
        column, kind = found
        if name in _TIMES:
            return clock.utc(column, kind)
        return as_number(column, kind) if name == "value" else as_text(column, kind)

    def _looked_at(self) -> set[str]:
        """What the rules below need."""
        names = {name for name in ("event_id", "received") if self.has(name)}
        if self.bots:
            names.add("user_agent")
        return names | (conditions.names(self.settings.test_traffic) - {"time"})

    def _rules(self) -> list[tuple[str, exp.Expr]]:
        """Reason → what a row with that defect looks like; the first that holds is told."""
        skew, late = int(self.settings.clock_skew), int(self.settings.late)
        latest = _moment(self.now + dt.timedelta(seconds=skew))
        rules: list[tuple[str, exp.Expr]] = [("in the future", exp.GT(this=_column("time"), expression=latest))]
        if self.has("received"):
            received = zone.plus(_column("received"), skew)
            ahead = _sure(exp.GT(this=_column("time"), expression=received))
            rules.append(("clock ahead", ahead))
            limit = zone.plus(_column("time"), late)
            rules.append(("late", _sure(exp.GT(this=_column("received"), expression=limit))))
        if self.bots:
            listed = _column("user_agent").isin(*(exp.Literal.string(agent) for agent in self.bots))
            rules.append(("bot", _sure(listed)))
        if self.settings.test_traffic is not None:
            self.require(conditions.names(self.settings.test_traffic))
            rules.append(("test traffic", conditions.compile_where(self.settings.test_traffic)))
        return rules

    def _within(self, span: Span) -> list[exp.Expr]:
        return [
            exp.GTE(this=_column("time"), expression=_moment(span.start - MARGIN)),
            exp.LT(this=_column("time"), expression=_moment(span.end + MARGIN)),
        ]

    def _first_of_each(self, kept: exp.Select, span: Span, asked: Collection[str]) -> exp.Select:
        """Without the repetitions of an event id; rows without one all count."""
        order = {name for name in _ORDER if self.has(name)} | {"time", "event_id"}
        inner = exp.select(*(_column(name) for name in sorted({*asked, *order})), self._row_number()).from_(
            self._canonical(span, {*asked, *order, *self._looked_at()}).subquery("canonical")
        )
        inner = inner.where(*kept.args["where"].this.flatten())
        first = exp.or_(_is_null("event_id"), exp.EQ(this=_column("row"), expression=_number(1)))
        return exp.select(*(_column(name) for name in sorted(asked))).from_(inner.subquery("numbered")).where(first)

    def _row_number(self, *also: str) -> exp.Expr:
        order = [
            exp.Ordered(this=_column(name), nulls_first=False) for name in _ORDER if name == "time" or self.has(name)
        ]
        window = exp.Window(
            this=exp.RowNumber(),
            partition_by=[_column(name) for name in ("event_id", *also)],
            order=exp.Order(expressions=order),
        )
        return exp.alias_(window, "row", quoted=True)


def known_names(settings: Events) -> list[str]:
    """Mapped names, ours first and in their order, then properties."""
    own = [name for name in CANONICAL if name in settings.columns]
    return own + sorted(set(settings.columns) - set(CANONICAL))


def _column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def _is_null(name: str) -> exp.Expr:
    return exp.Is(this=_column(name), expression=exp.Null())


def _moment(time: dt.datetime) -> exp.Expr:
    return zone.moment(zone.naive(time))


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value)


def _sure(condition: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=condition, expressions=[exp.false()])


__all__ = ["MARGIN", "Kind", "Table", "known_names"]
