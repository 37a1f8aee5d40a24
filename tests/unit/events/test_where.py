"""Conditions of the config: what they look at, and that values never become SQL."""

from __future__ import annotations

from typing import Any

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from autoresearch.config.events import check_where
from autoresearch.signals.events.where import compile_where, names, pattern

TEXTS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=40)


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "spark", "bigquery", "snowflake", "clickhouse", "trino"])
@given(TEXTS)
def test_a_value_stays_a_value_in_every_dialect(dialect: str, text: str) -> None:
    sql = exp.select("*").from_("t").where(compile_where({"route": text})).sql(dialect)
    literals = [each.this for each in sqlglot.parse_one(sql, read=dialect).find_all(exp.Literal)]
    assert literals == [text]


def test_every_column_that_a_condition_looks_at_is_known() -> None:
    where = {"event": "a", "any": [{"route": "/"}, {"none": [{"value": {">": 1}}]}], "plan": {"exists": True}}
    assert names(where) == {"event", "route", "value", "plan"}


def test_a_pattern_is_a_whole_and_only_its_stars_are_wild() -> None:
    assert pattern("/a.b/*?") == "^/a\\.b/[^\n]*[^\n]$"


@pytest.mark.parametrize(
    "where",
    [
        {},
        [],
        "event = 'x'",
        {"event": {"~": "x"}},
        {"event": {}},
        {"value": {">": "many"}},
        {"value": {">": float("nan")}},
        {"any": {"event": "x"}},
        {"event": []},
        {"event": None},
        {"event": "x\0y"},
        {"route": {"like": 3}},
        {"all": [{"all": [{"all": [{"all": [{"all": [{"all": [{"event": "x"}]}]}]}]}]}]},
    ],
)
def test_what_is_no_condition_is_refused_in_words(where: Any) -> None:
    with pytest.raises(ValueError, match=r"\w{3,} \w+"):
        check_where(where)
