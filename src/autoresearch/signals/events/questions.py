"""The questions, each written once: a canonical table in, one SELECT out that every dialect can print.

Grouping comes first and naming the rare `(other)` after it, on what is left: rows are many, cells are few.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from autoresearch.signals.events import where as conditions
from autoresearch.signals.events import zone
from autoresearch.signals.events.histogram import bucket_index
from autoresearch.signals.events.layout import TYPE
from autoresearch.signals.events.model import NONE, OTHER, Condition, Dimension, Grain, Signal, Span
from autoresearch.signals.events.table import Table

Kept = Sequence[tuple[Dimension, Sequence[str]]]
"""Dimensions, each with the values that stand alone."""
_MAX_VALUE = 200
"""A longer value of a dimension is pooled."""


def values(table: Table, span: Span, dimension: Dimension) -> exp.Select:
    """Value, its sessions, how many values there are, all their sessions, and 1 where it may not stand alone."""
    unit = "session" if table.has("session") else None
    columns = [dimension.name, *([unit] if unit else [])]
    pairs = exp.select(exp.alias_(_named(dimension.name), "v"), *([_column(unit)] if unit else []))
    pairs = pairs.from_(_in_span(table, span, columns).subquery("events"))
    if unit:
        pairs = pairs.where(*_has_session()).distinct()
    sizes = exp.select(_column("v"), exp.alias_(_count(), "n")).from_(pairs.subquery("pairs")).group_by(_column("v"))
    counted = _window(exp.Count(this=exp.Star()), "distinct")
    total = _window(exp.Sum(this=_column("n")), "total")
    ranked = exp.select(_column("v"), _column("n"), counted, total).from_(sizes.subquery("sizes"))
    big = exp.and_(
        exp.GTE(this=_column("n"), expression=_number(dimension.minimum)),
        exp.LTE(this=exp.Length(this=_column("v")), expression=_number(_MAX_VALUE)),
        exp.NEQ(this=_column("v"), expression=exp.Literal.string(OTHER)),
    )
    first = exp.Case().when(big, _number(0)).else_(_number(1))
    return (
        ranked.select(exp.alias_(first, "small", quoted=True))
        .order_by(
            exp.Ordered(this=_column("small")),
            exp.Ordered(this=_column("n"), desc=True),
            exp.Ordered(this=_column("v")),
        )
        .limit(dimension.top + 1)
    )


def counts(table: Table, span: Span, kept: Kept, grain: Grain, where: Condition | None) -> exp.Select:
    """Bucket, dimensions, events."""
    names = _names(kept)
    events = _in_span(table, span, names, where)
    cells = exp.select(
        exp.alias_(bucket(table, span, _column("time"), grain), "at", quoted=True),
        *(_column(name) for name in names),
        exp.alias_(_count(), "n"),
    ).from_(events.subquery("events"))
    cells = cells.group_by(*_positions(len(names) + 1))
    return _regrouped(cells, kept, ["at"])


def histogram(table: Table, span: Span, kept: Kept, grain: Grain, where: Condition | None, value: str) -> exp.Select:
    """Bucket of time, dimensions, bucket of the value, events."""
    names = _names(kept)
    number = _column(value) if value in conditions.NUMBERS else conditions.number(_column(value))
    events = exp.select(
        *(_column(name) for name in sorted({"time", *names})), exp.alias_(number, "number", quoted=True)
    ).from_(_in_span(table, span, [*names, value], where).subquery("valued"))
    index = bucket_index(_column("number"))
    cells = (
        exp.select(
            exp.alias_(bucket(table, span, _column("time"), grain), "at", quoted=True),
            *(_column(name) for name in names),
            exp.alias_(index, "index", quoted=True),
            exp.alias_(_count(), "n"),
        )
        .from_(events.subquery("events"))
        .where(exp.not_(exp.Is(this=_column("number"), expression=exp.Null())))
        .group_by(*_positions(len(names) + 2))
    )
    return _regrouped(cells, kept, ["at", "index"])


def rates(table: Table, span: Span, signals: Sequence[Signal], kept: Kept, grain: Grain) -> exp.Query:
    """Number of the signal, bucket, dimensions, exposed, affected, affected events."""
    if not table.has("session"):
        return _event_rates(table, span, signals, kept, grain)
    names = _names(kept)
    cells = (
        exp.select(_column("session"), *(_column(name) for name in names), *_marks(signals))
        .from_(table.events(span, ["session", *names, *_needed(signals)]).subquery("events"))
        .where(*_has_session())
        .group_by(_column("session"), *(_column(name) for name in names))
    )
    query: exp.Query = (
        exp.union(
            *(_rate(table, span, number, signal, names, grain) for number, signal in enumerate(signals)),
            distinct=False,
        )
        if len(signals) > 1
        else _rate(table, span, 0, signals[0], names, grain)
    )
    return query.with_("cells", cells).with_("pooled", _pooled(signals, kept), copy=False)


def funnel(table: Table, span: Span, steps: Sequence[Condition], kept: Kept, grain: Grain) -> exp.Query:
    """Step from 0, bucket of the first step, dimensions, sessions that came as far."""
    names = _names(kept)
    needed = set().union(*(conditions.names(step) for step in steps))
    flags = [exp.alias_(_flag(step), f"step{number}") for number, step in enumerate(steps)]
    hits = (
        exp.select(_column("session"), _column("time"), *(_column(name) for name in names), *flags)
        .from_(table.events(span, ["session", *names, *needed]).subquery("events"))
        .where(*_has_session(), exp.or_(*(exp.paren(conditions.compile_where(step)) for step in steps)))
    )
    dims, joins = _pooling(kept, "hits")
    first = exp.Min(this=exp.column("time", table="hits", quoted=True))
    entered = exp.select(
        exp.column("session", table="hits", quoted=True),
        *dims,
        exp.alias_(first, "entered"),
        exp.alias_(first.copy(), "t"),
    ).from_("hits")
    entered = _joined(entered, joins).where(exp.EQ(this=_column("step0"), expression=_number(1)))
    entered = entered.group_by(*_positions(len(names) + 1))
    query: exp.Query = _arrived(table, span, 0, names, grain)
    for number in range(1, len(steps)):
        query = exp.union(query, _arrived(table, span, number, names, grain), distinct=False)
    query = query.with_("hits", hits).with_("reached0", entered, copy=False)
    for number in range(1, len(steps)):
        query = query.with_(f"reached{number}", _next(number, names), copy=False)
    return query


def releases(table: Table, span: Span, most: int = 1_000) -> exp.Select:
    """Release, first, last, events; the latest first."""
    return (
        exp.select(
            exp.alias_(_named("release"), "name"),
            exp.alias_(exp.Min(this=_column("time")), "first"),
            exp.alias_(exp.Max(this=_column("time")), "last"),
            exp.alias_(_count(), "n"),
        )
        .from_(_in_span(table, span, ["release"]).subquery("events"))
        .group_by(*_positions(1))
        .order_by(exp.Ordered(this=_column("first"), desc=True), exp.Ordered(this=_column("name")))
        .limit(most)
    )


def facts(table: Table, span: Span) -> exp.Select:
    """Local day, reason (null: it counts), rows, sessions."""
    day = exp.cast(table.local(_column("time"), span), TYPE.DATE)
    session = _column("session") if table.has("session") else exp.cast(exp.Null(), TYPE.TEXT)
    counted = exp.Case().when(exp.Is(this=_column("reason"), expression=exp.Null()), session)
    rows = (
        exp.select(exp.alias_(day, "day"), _column("reason"), exp.alias_(counted, "who"), exp.alias_(_count(), "n"))
        .from_(table.marked(span).subquery("marked"))
        .group_by(*_positions(3))
    )
    return (
        exp.select(
            _column("day"),
            _column("reason"),
            exp.alias_(exp.Sum(this=_column("n")), "total"),
            exp.alias_(
                exp.Count(this=exp.Anonymous(this="NULLIF", expressions=[_column("who"), exp.Literal.string("")])),
                "sessions",
            ),
        )
        .from_(rows.subquery("rows"))
        .group_by(*_positions(2))
        .order_by(*_positions(2))
    )


def bucket(table: Table, span: Span, time: exp.Expr, grain: Grain) -> exp.Expr:
    """The hour of the zone that a time lies in, as its start in UTC; or the local day."""
    if grain == "day":
        return exp.cast(table.local(time, span), TYPE.DATE)
    offsets = {seconds % 3600 for _, seconds in zone.transitions(table.zone, span.start, span.end)}
    shift = offsets.pop() if len(offsets) == 1 else 0
    hour = exp.TimestampTrunc(this=zone.plus(time, shift), unit=exp.var("HOUR"))
    return zone.plus(hour, -shift)


def _in_span(table: Table, span: Span, columns: Sequence[str], where: Condition | None = None) -> exp.Select:
    """Events of the span alone: without sessions, no margin is needed."""
    return (
        exp.select(*(_column(name) for name in sorted({"time", *columns})))
        .from_(table.events(span, columns, where).subquery("around"))
        .where(*_between(_column("time"), span))
    )


def _between(time: exp.Expr, span: Span) -> list[exp.Expr]:
    start, end = (zone.moment(zone.naive(moment)) for moment in (span.start, span.end))
    return [exp.GTE(this=time.copy(), expression=start), exp.LT(this=time.copy(), expression=end)]


def _needed(signals: Sequence[Signal]) -> set[str]:
    return set().union(*(conditions.names(s.affected) | conditions.names(s.exposed) for s in signals))


def _marks(signals: Sequence[Signal]) -> list[exp.Expr]:
    """For each signal: when the session was first exposed, when last affected, how often affected."""
    marks: list[exp.Expr] = []
    for number, signal in enumerate(signals):
        affected = conditions.compile_where(signal.affected)
        exposed = exp.Case().when(conditions.compile_where(signal.exposed), _column("time"))
        first = exposed if signal.exposed else _column("time")
        marks += [
            exp.alias_(exp.Min(this=first), f"first{number}"),
            exp.alias_(exp.Max(this=exp.Case().when(affected, _column("time"))), f"last{number}"),
            exp.alias_(exp.Sum(this=_flag(signal.affected)), f"n{number}"),
        ]
    return marks


def _pooled(signals: Sequence[Signal], kept: Kept) -> exp.Select:
    """Sessions by segment, with what happened anywhere in the session where the signal asks for that."""
    dims, joins = _pooling(kept, "cells")
    session = exp.column("session", table="cells", quoted=True)
    select = exp.select(session, *dims)
    for number in range(len(signals)):
        for name, total in ((f"first{number}", exp.Min), (f"last{number}", exp.Max), (f"n{number}", exp.Sum)):
            select = select.select(exp.alias_(total(this=_column(name)), name), copy=False)
    pooled = _joined(select.from_("cells"), joins).group_by(*_positions(len(kept) + 1))
    anywhere = [number for number, signal in enumerate(signals) if signal.exposed]
    if not (anywhere and kept):
        return pooled
    columns: list[exp.Expr] = [_column("session"), *(_column(name) for name in _names(kept))]
    for number in range(len(signals)):
        columns.append(_column(f"first{number}"))
        for name, total in ((f"last{number}", exp.Max), (f"n{number}", exp.Sum)):
            whole = exp.Window(this=total(this=_column(name)), partition_by=[_column("session")])
            columns.append(exp.alias_(whole, name) if number in anywhere else _column(name))
    return exp.select(*columns).from_(pooled.subquery("segments"))


def _rate(table: Table, span: Span, number: int, signal: Signal, names: Sequence[str], grain: Grain) -> exp.Select:
    del signal
    first, last = _column(f"first{number}"), _column(f"last{number}")
    hurt = exp.GTE(this=last, expression=first)
    return (
        exp.select(
            exp.alias_(_number(number), "signal", quoted=True),
            exp.alias_(bucket(table, span, first, grain), "at", quoted=True),
            *(_column(name) for name in names),
            exp.alias_(_count(), "exposed"),
            exp.alias_(exp.Sum(this=exp.Case().when(hurt, _number(1)).else_(_number(0))), "affected"),
            exp.alias_(exp.Sum(this=exp.Case().when(hurt.copy(), _column(f"n{number}")).else_(_number(0))), "n"),
        )
        .from_("pooled")
        .where(*_between(first, span))
        .group_by(*_positions(len(names) + 2))
    )


def _event_rates(table: Table, span: Span, signals: Sequence[Signal], kept: Kept, grain: Grain) -> exp.Query:
    names = _names(kept)
    events = _in_span(table, span, [*names, *_needed(signals)])
    cells = exp.select(
        exp.alias_(bucket(table, span, _column("time"), grain), "at", quoted=True), *(_column(name) for name in names)
    )
    for number, signal in enumerate(signals):
        exposed = _flag(signal.exposed) if signal.exposed else _number(1)
        cells = cells.select(exp.alias_(exp.Sum(this=exposed), f"e{number}"), copy=False)
        cells = cells.select(exp.alias_(exp.Sum(this=_flag(signal.affected)), f"n{number}"), copy=False)
    cells = cells.from_(events.subquery("events")).group_by(*_positions(len(names) + 1))
    dims, joins = _pooling(kept, "cells")
    parts = []
    for number in range(len(signals)):
        at = exp.column("at", table="cells", quoted=True)
        affected = exp.Sum(this=_column(f"n{number}"))
        part = exp.select(
            exp.alias_(_number(number), "signal", quoted=True),
            at,
            *(dim.copy() for dim in dims),
            exp.alias_(exp.Sum(this=_column(f"e{number}")), "exposed"),
            exp.alias_(affected, "affected"),
            exp.alias_(affected.copy(), "n"),
        ).from_("cells")
        part = _joined(part, joins).group_by(*_positions(len(names) + 2))
        parts.append(part)
    query: exp.Query = parts[0] if len(parts) == 1 else exp.union(*parts, distinct=False)
    return query.with_("cells", cells)


def _next(number: int, names: Sequence[str]) -> exp.Select:
    """Who, having reached the step before, came to this one at the same time or later, and when first."""
    before = f"reached{number - 1}"
    keys = [exp.column(name, table=before, quoted=True) for name in ("session", *names)]
    time = exp.column("time", table="hits", quoted=True)
    on = exp.and_(
        exp.EQ(this=exp.column("session", table="hits", quoted=True), expression=keys[0].copy()),
        exp.GTE(this=time, expression=exp.column("t", table=before)),
        exp.EQ(this=exp.column(f"step{number}", table="hits"), expression=_number(1)),
    )
    entered = exp.column("entered", table=before)
    return (
        exp.select(*keys, entered, exp.alias_(exp.Min(this=time.copy()), "t"))
        .from_(before)
        .join("hits", on=on)
        .group_by(*(key.copy() for key in keys), entered.copy())
    )


def _arrived(table: Table, span: Span, number: int, names: Sequence[str], grain: Grain) -> exp.Select:
    entered = _column("entered")
    return (
        exp.select(
            exp.alias_(_number(number), "step", quoted=True),
            exp.alias_(bucket(table, span, entered, grain), "at", quoted=True),
            *(_column(name) for name in names),
            exp.alias_(_count(), "n"),
        )
        .from_(f"reached{number}")
        .where(*_between(entered, span))
        .group_by(*_positions(len(names) + 2))
    )


def _regrouped(cells: exp.Select, kept: Kept, keys: Sequence[str]) -> exp.Select:
    """Cells with rare values pooled, and their events added up: bucket, dimensions, other keys, events."""
    if not kept:
        return cells
    dims, joins = _pooling(kept, "cells")
    columns = [exp.column(name, table="cells", quoted=True) for name in keys]
    total = exp.alias_(exp.Sum(this=exp.column("n", table="cells")), "n")
    select = exp.select(columns[0], *dims, *columns[1:], total).from_(cells.subquery("cells"))
    return _joined(select, joins).group_by(*_positions(len(dims) + len(columns)))


def _pooling(kept: Kept, source: str) -> tuple[list[exp.Expr], list[tuple[exp.Expr, exp.Expr]]]:
    """The dimensions with rare values as `(other)`, and the joins with the values that are kept."""
    dims: list[exp.Expr] = []
    joins: list[tuple[exp.Expr, exp.Expr]] = []
    for number, (dimension, alone) in enumerate(kept):
        alias = f"kept{number}"
        own = exp.column("v", table=alias, quoted=True)
        pooled = exp.Coalesce(this=own, expressions=[exp.Literal.string(OTHER)])
        dims.append(exp.alias_(pooled, dimension.name, quoted=True))
        rows = [exp.Tuple(expressions=[exp.Literal.string(value)]) for value in alone or (OTHER,)]
        listed = exp.Values(
            expressions=rows,
            alias=exp.TableAlias(this=exp.to_identifier(alias), columns=[exp.to_identifier("v", quoted=True)]),
        )
        joins.append((listed, exp.EQ(this=_named(dimension.name, source), expression=own.copy())))
    return dims, joins


def _joined(select: exp.Select, joins: Sequence[tuple[exp.Expr, exp.Expr]]) -> exp.Select:
    for listed, on in joins:
        select = select.join(listed.copy(), on=on.copy(), join_type="left")
    return select


def _named(name: str, source: str | None = None) -> exp.Expr:
    """A dimension's value; what is missing or empty has a name too."""
    text = exp.Nullif(this=exp.column(name, table=source, quoted=True), expression=exp.Literal.string(""))
    return exp.Coalesce(this=text, expressions=[exp.Literal.string(NONE)])


def _has_session() -> list[exp.Expr]:
    return [exp.NEQ(this=_column("session"), expression=exp.Literal.string(""))]


def _flag(condition: Condition) -> exp.Expr:
    return exp.Case().when(conditions.compile_where(condition), _number(1)).else_(_number(0))


def _names(kept: Kept) -> list[str]:
    return [dimension.name for dimension, _ in kept]


def _window(total: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(exp.Window(this=total), name, quoted=True)


def _positions(count: int) -> list[exp.Expr]:
    return [_number(position + 1) for position in range(count)]


def _column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def _count() -> exp.Expr:
    return exp.Count(this=exp.Star())


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value)
