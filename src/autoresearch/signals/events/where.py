"""Conditions of the config as expressions. Values become literals that each dialect quotes; nothing is pasted.

A comparison with something that is missing is false, so `!=`, `not_in` and `none` are true of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlglot import exp

from autoresearch.signals.events.model import Condition

NUMBERS = ("value",)
"""Canonical columns that are numbers already."""
DECIMAL = r"^[+-]?[0-9]{1,18}([.][0-9]{1,18})?([eE][+-]?[0-9]{1,2})?$"
"""What counts as a number in a text: the same in every engine, and never more than a double holds."""
_SPECIAL = frozenset(r".^$*+?()[]{}|\\")
_COMPARISONS: Mapping[str, type[exp.Binary]] = {">": exp.GT, ">=": exp.GTE, "<": exp.LT, "<=": exp.LTE}


def names(where: Condition | None) -> set[str]:
    """The columns that a condition looks at."""
    found: set[str] = set()
    for name, wanted in (where or {}).items():
        found |= {inner for part in wanted for inner in names(part)} if name in {"all", "any", "none"} else {name}
    return found


def compile_where(where: Condition | None, numbers: Collection[str] = NUMBERS) -> exp.Expr:
    """True or false for each event, never unknown; true without a condition."""
    parts = [_part(name, wanted, numbers) for name, wanted in (where or {}).items()]
    return exp.and_(*parts) if parts else exp.true()


def number(column: exp.Expr) -> exp.Expr:
    """A text as a number; null where it is none. Guarded: PostgreSQL has no cast that fails softly."""
    matches = exp.RegexpLike(this=column.copy(), expression=exp.Literal.string(DECIMAL))
    return exp.Case().when(matches, exp.cast(column.copy(), exp.DataType.Type.DOUBLE))


def _part(name: str, wanted: Any, numbers: Collection[str]) -> exp.Expr:
    if name in {"all", "any", "none"}:
        parts = [compile_where(part, numbers) for part in wanted]
        if name == "all":
            return exp.and_(*parts)
        either = exp.or_(*parts)
        return either if name == "any" else exp.not_(exp.paren(either))
    comparisons = wanted if isinstance(wanted, Mapping) else {"in" if isinstance(wanted, list | tuple) else "=": wanted}
    column = exp.column(name, quoted=True)
    return exp.and_(*(_compare(column, op, operand, name in numbers) for op, operand in comparisons.items()))


def _compare(column: exp.Column, operator: str, operand: Any, is_number: bool) -> exp.Expr:
    if operator == "exists":
        there: exp.Expr = exp.Is(this=column.copy(), expression=exp.Null())
        if not is_number:
            there = exp.or_(there, exp.EQ(this=column.copy(), expression=exp.Literal.string("")))
        return exp.not_(exp.paren(there)) if operand else exp.paren(there)
    if operator in {"!=", "not_in"}:
        return exp.not_(_compare(column, "in" if operator == "not_in" else "=", operand, is_number))
    return _known(_OPERATORS[operator](column, operand, is_number))


def _known(condition: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=condition, expressions=[exp.false()])


def _equals(column: exp.Column, operand: Any, is_number: bool) -> exp.Expr:
    return exp.or_(*(exp.paren(_equal(column, value, is_number)) for value in _values(operand)))


def _values(operand: Any) -> list[Any]:
    return list(operand) if isinstance(operand, list | tuple) else [operand]


def _equal(column: exp.Column, value: Any, is_number: bool) -> exp.Expr:
    if isinstance(value, bool):
        return column.isin(*(exp.Literal.string(text) for text in _TRUTH[value])) if not is_number else exp.false()
    if is_number:
        wanted = value if not isinstance(value, str) else _number_of(value)
        return exp.false() if wanted is None else exp.EQ(this=column.copy(), expression=_double(wanted))
    if isinstance(value, str):
        return exp.EQ(this=column.copy(), expression=exp.Literal.string(value))
    return exp.EQ(this=number(column), expression=_double(value))


_TRUTH = {True: ("true", "True", "TRUE", "t", "1"), False: ("false", "False", "FALSE", "f", "0")}


def _number_of(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _double(value: float) -> exp.Expr:
    return exp.cast(exp.Literal.string(repr(float(value))), exp.DataType.Type.DOUBLE)


def _like(column: exp.Column, operand: Any, is_number: bool) -> exp.Expr:
    text = exp.cast(column.copy(), exp.DataType.Type.TEXT) if is_number else column.copy()
    return exp.RegexpLike(this=text, expression=exp.Literal.string(pattern(operand)))


def pattern(glob: str) -> str:
    """`*` and `?` as a regular expression that POSIX, RE2 and Java read alike."""
    return "^" + "".join(_WILD.get(char) or _escaped(char) for char in glob) + "$"


_WILD = {"*": "[^\n]*", "?": "[^\n]"}


def _escaped(char: str) -> str:
    return "\\" + char if char in _SPECIAL else char


def _ordered(operator: str) -> Callable[[exp.Column, Any, bool], exp.Expr]:
    def compare(column: exp.Column, operand: Any, is_number: bool) -> exp.Expr:
        left = column.copy() if is_number else number(column)
        return _COMPARISONS[operator](this=left, expression=_double(operand))

    return compare


_OPERATORS: Mapping[str, Callable[[exp.Column, Any, bool], exp.Expr]] = {
    "=": _equals,
    "in": _equals,
    "like": _like,
    **{operator: _ordered(operator) for operator in _COMPARISONS},
}
