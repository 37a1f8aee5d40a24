"""A source as it is, and our columns as expressions over it: types, zones and nested names are settled here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from zoneinfo import ZoneInfo

from sqlglot import exp

from autoresearch.signals.events import where, zone

TYPE = exp.DataType.Type


class Kind(Enum):
    """What a column of a source holds, as far as we need to know."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "yes or no"
    AWARE = "a time with its zone"
    NAIVE = "a time without a zone"
    DATE = "a day"
    JSON = "JSON"
    STRUCT = "a record"


_KINDS = (
    (("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", "TIMESTAMP_LTZ"), Kind.AWARE),
    (("TIMESTAMP", "DATETIME"), Kind.NAIVE),
    (("DATE",), Kind.DATE),
    (("BOOL",), Kind.BOOLEAN),
    (("STRUCT", "RECORD", "ROW", "MAP"), Kind.STRUCT),
    (("JSON",), Kind.JSON),
    (("TINYINT", "SMALLINT", "INT", "BIGINT", "HUGEINT", "U"), Kind.NUMBER),
    (("FLOAT", "DOUBLE", "REAL", "DECIMAL", "NUMERIC"), Kind.NUMBER),
)


def kind_of(name: str) -> Kind:
    """The kind of a type, by an engine's name for it."""
    upper = name.upper()
    if upper.endswith("[]") or upper in {"UUID", "UTINYBLOB"}:
        return Kind.TEXT
    return next((kind for starts, kind in _KINDS if upper.startswith(starts)), Kind.TEXT)


@dataclass(frozen=True)
class Layout:
    """Where rows come from, and the columns that they have."""

    relation: exp.Expr
    kinds: Mapping[str, Kind]
    dialect: str
    guard_json: bool = False
    """Whether a text that is read as JSON may be something else."""

    def find(self, name: str) -> tuple[exp.Expr, Kind] | None:
        """A column by its name in the source, or what a dotted name leads to inside of one."""
        if name in self.kinds:
            return exp.column(name, quoted=True), self.kinds[name]
        head, *path = name.split(".")
        if not path or head not in self.kinds or not all(path):
            return None
        column, kind = exp.column(head, quoted=True), self.kinds[head]
        if kind is Kind.STRUCT:
            return exp.Dot.build([column, *(exp.to_identifier(step, quoted=True) for step in path)]), Kind.JSON
        if kind not in {Kind.JSON, Kind.TEXT}:
            return None
        return self._inside(column, path), Kind.TEXT

    def _inside(self, column: exp.Expr, path: list[str]) -> exp.Expr:
        keys = [exp.JSONPathKey(this=step) for step in path]
        inner = exp.JSONExtractScalar(
            this=exp.cast(column.copy(), TYPE.JSON) if self.dialect == "postgres" else column.copy(),
            expression=exp.JSONPath(expressions=[exp.JSONPathRoot(), *keys]),
        )
        if not self.guard_json:
            return inner
        valid = exp.Anonymous(this="json_valid", expressions=[column.copy()])
        return exp.Case().when(valid, inner)


def as_text(column: exp.Expr, kind: Kind) -> exp.Expr:
    """A dimension."""
    return column if kind is Kind.TEXT else exp.cast(column, TYPE.TEXT)


def as_number(column: exp.Expr, kind: Kind) -> exp.Expr:
    """A finite number, or null."""
    if kind is Kind.NUMBER:
        limit = exp.cast(exp.Literal.string("1e300"), TYPE.DOUBLE)
        double = exp.cast(column, TYPE.DOUBLE)
        return exp.Case().when(exp.Between(this=double.copy(), low=exp.Neg(this=limit.copy()), high=limit), double)
    return where.number(as_text(column, kind))


_DAY = (
    "(([0-9]{4}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31))"
    "|(([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29))"
)
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?"
ISO = f"^{_DAY}([T ]{_CLOCK}( ?(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?))?)?$"
"""A time in a text: ISO 8601 as programs write it, and only days that exist."""
EPOCH = "^[0-9]{9,19}([.][0-9]{1,9})?$"
"""Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size."""


@dataclass(frozen=True)
class Clock:
    """How times are read: the zone of those that do not name theirs, near the span that is asked about."""

    zone: ZoneInfo
    start: dt.datetime
    end: dt.datetime
    dialect: str

    def utc(self, column: exp.Expr, kind: Kind) -> exp.Expr:
        """A column as naive UTC; null where it holds no time."""
        if kind is Kind.AWARE:
            return _utc_of_aware(column, self.dialect)
        if kind in {Kind.NAIVE, Kind.DATE}:
            return self._from_local(column if kind is Kind.NAIVE else exp.cast(column, TYPE.TIMESTAMP))
        if kind is Kind.NUMBER:
            return _from_epoch(exp.cast(column, TYPE.DOUBLE), self.dialect)
        return self._from_text(as_text(column, kind))

    def _from_local(self, time: exp.Expr) -> exp.Expr:
        return zone.to_utc(time, self.zone, self.start, self.end)

    def _from_text(self, text: exp.Expr) -> exp.Expr:
        wall = exp.cast(_part(text, 1, exp.Least(this=_wall_length(text), expressions=[_int(26)])), TYPE.TIMESTAMP)
        offset = exp.Mul(
            this=exp.Interval(this=exp.Literal.string("1"), unit=exp.var("SECOND")), expression=_offset(text)
        )
        aware = exp.Sub(this=wall.copy(), expression=exp.paren(offset))
        number = exp.cast(text.copy(), TYPE.DOUBLE)
        return (
            exp.Case()
            .when(
                _matches(text, ISO),
                exp.Case().when(_names_zone(text), aware).else_(self._from_local(wall)),
            )
            .when(_matches(text, EPOCH), _from_epoch(number, self.dialect))
        )


def _utc_of_aware(column: exp.Expr, dialect: str) -> exp.Expr:
    if dialect in {"duckdb", "postgres", "trino"}:
        zoned = exp.AtTimeZone(this=column, zone=exp.Literal.string("UTC"))
        return exp.cast(zoned, TYPE.TIMESTAMP) if dialect == "trino" else zoned
    if dialect == "snowflake":
        return exp.cast(
            exp.Anonymous(this="CONVERT_TIMEZONE", expressions=[exp.Literal.string("UTC"), column]), TYPE.TIMESTAMP
        )
    return column  # an instant; the session's zone is UTC


_FROM_MICROS = {
    "duckdb": "make_timestamp",
    "spark": "timestamp_micros",
    "clickhouse": "fromUnixTimestamp64Micro",
    "bigquery": "TIMESTAMP_MICROS",
}


def _from_epoch(number: exp.Expr, dialect: str) -> exp.Expr:
    micros = exp.Case()
    for limit, factor in (("1e11", "1e6"), ("1e14", "1e3"), ("1e17", "1"), ("9e18", "1e-3")):
        below = exp.and_(
            exp.GTE(this=number.copy(), expression=_double("0")), exp.LT(this=number.copy(), expression=_double(limit))
        )
        micros = micros.when(below, exp.Floor(this=exp.Mul(this=number.copy(), expression=_double(factor))), copy=False)
    if dialect in _FROM_MICROS:
        whole = exp.cast(micros, TYPE.BIGINT)
        return exp.Anonymous(this=_FROM_MICROS[dialect], expressions=[whole])
    unit = exp.Interval(this=exp.Literal.string("0.000001"), unit=exp.var("SECOND"))
    return exp.Add(
        this=zone.moment(dt.datetime(1970, 1, 1)), expression=exp.Mul(this=unit, expression=exp.paren(micros))
    )


def _wall_length(text: exp.Expr) -> exp.Expr:
    """Characters before the offset."""
    return exp.Sub(
        this=_length(text),
        expression=exp.paren(
            exp.Case()
            .when(_ends_in_z(text), _int(1))
            .when(_sign_at(text, 6), _int(6))
            .when(_sign_at(text, 5), _int(5))
            .when(_sign_at(text, 3), _int(3))
            .else_(_int(0))
        ),
    )


def _offset(text: exp.Expr) -> exp.Expr:
    """Seconds east of UTC."""
    hours_minutes = {6: (5, 2), 5: (4, 2), 3: (2, None)}
    whole = exp.Case().when(_ends_in_z(text), _int(0))
    for back, (hours, minutes) in hours_minutes.items():
        seconds: exp.Expr = exp.Mul(this=_integer(_part(text, _back(text, hours), _int(2))), expression=_int(3600))
        if minutes:
            seconds = exp.Add(
                this=seconds,
                expression=exp.Mul(this=_integer(_part(text, _back(text, minutes), _int(2))), expression=_int(60)),
            )
        minus = exp.EQ(this=_part(text, _back(text, back), _int(1)), expression=exp.Literal.string("-"))
        sign = exp.Case().when(minus, exp.Neg(this=_int(1))).else_(_int(1))
        whole = whole.when(_sign_at(text, back), exp.Mul(this=sign, expression=exp.paren(seconds)))
    return whole.else_(_int(0))


def _names_zone(text: exp.Expr) -> exp.Expr:
    return exp.or_(_ends_in_z(text), *(_sign_at(text, back) for back in (6, 5, 3)))


def _ends_in_z(text: exp.Expr) -> exp.Expr:
    return exp.EQ(this=_part(text, _length(text), _int(1)), expression=exp.Literal.string("Z"))


def _sign_at(text: exp.Expr, back: int) -> exp.Expr:
    """Whether an offset of so many characters ends the text; a day alone has hyphens too, and is shorter."""
    sign = _part(text, _back(text, back), _int(1)).isin(exp.Literal.string("+"), exp.Literal.string("-"))
    return exp.and_(exp.GT(this=_length(text), expression=_int(16)), sign)


def _back(text: exp.Expr, characters: int) -> exp.Expr:
    return exp.Sub(this=_length(text), expression=_int(characters - 1))


def _length(text: exp.Expr) -> exp.Expr:
    return exp.Length(this=text.copy())


def _part(text: exp.Expr, start: exp.Expr | int, length: exp.Expr) -> exp.Expr:
    first = _int(start) if isinstance(start, int) else start
    return exp.Substring(this=text.copy(), start=first, length=length)


def _integer(text: exp.Expr) -> exp.Expr:
    return exp.cast(text, TYPE.INT)


def _int(number: int) -> exp.Expr:
    return exp.Literal.number(number)


def _double(text: str) -> exp.Expr:
    return exp.cast(exp.Literal.string(text), TYPE.DOUBLE)


def _matches(text: exp.Expr, regex: str) -> exp.Expr:
    return exp.RegexpLike(this=text.copy(), expression=exp.Literal.string(regex))
