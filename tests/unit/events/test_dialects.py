"""The questions as other databases would be asked: printed, read by eyes, never run here. `sql/*.sql` has them.

python -m tests.unit.events.test_dialects    # renews the files; read the difference before committing it
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlglot

from autoresearch.config.events import Events
from autoresearch.signals.events import questions
from autoresearch.signals.events.layout import Kind, Layout
from autoresearch.signals.events.model import Dimension, Signal, Span
from autoresearch.signals.events.table import Table

FOLDER = Path(__file__).with_name("sql")
UNTESTED = ("bigquery", "clickhouse", "snowflake", "trino")
"""Nobody runs these here; `tests/integration/events` asks the other engines for real."""
NOW = dt.datetime(2026, 4, 5, tzinfo=dt.UTC)
SPAN = Span(dt.datetime(2026, 3, 27, 23, tzinfo=dt.UTC), dt.datetime(2026, 3, 30, 22, tzinfo=dt.UTC))
SETTINGS = Events.model_validate(
    {
        "source": "lake",
        "time_zone": "Europe/Berlin",
        "test_traffic": {"plan": "internal"},
        "columns": {
            "time": "ts", "session": "sid", "event": "name", "route": "path", "value": "ms", "event_id": "id",
            "user_agent": "agent", "received": "got", "plan": "props.plan", "release": "rel",
        },
    }
)  # fmt: skip
KINDS = {
    "ts": Kind.AWARE, "sid": Kind.TEXT, "name": Kind.TEXT, "path": Kind.TEXT, "ms": Kind.NUMBER, "id": Kind.TEXT,
    "agent": Kind.TEXT, "got": Kind.NAIVE, "props": Kind.JSON, "rel": Kind.TEXT,
}  # fmt: skip
ROUTE = [(Dimension("route"), ("/", "/cart"))]


def asked(dialect: str) -> dict[str, sqlglot.exp.Query]:
    """Every question."""
    relation = sqlglot.exp.to_table("lake.events")
    table = Table(Layout(relation, KINDS, dialect), SETTINGS, NOW, bots=("Googlebot",))
    return {
        "facts": questions.facts(table, SPAN),
        "values": questions.values(table, SPAN, Dimension("route")),
        "counts": questions.counts(table, SPAN, ROUTE, "hour", {"event": "click"}),
        "histogram": questions.histogram(table, SPAN, ROUTE, "day", None, "value"),
        "rates": questions.rates(table, SPAN, [Signal("failed", {"event": "failed"}, {"event": "pay"})], ROUTE, "hour"),
        "funnel": questions.funnel(table, SPAN, [{"event": "cart"}, {"event": "paid"}], ROUTE, "day"),
        "releases": questions.releases(table, SPAN),
    }


def printed(dialect: str) -> str:
    """The questions as one file, but for the four hundred buckets of the histogram."""
    return "\n".join(
        f"-- {name}\n{query.sql(dialect, pretty=True)};\n"
        for name, query in asked(dialect).items()
        if name != "histogram"
    )


@pytest.mark.parametrize("dialect", UNTESTED)
def test_the_questions_are_printed_as_they_were_approved(dialect: str) -> None:
    assert printed(dialect) == (FOLDER / f"{dialect}.sql").read_text(encoding="utf-8")


@pytest.mark.parametrize("dialect", UNTESTED)
def test_what_is_printed_can_be_read_again_in_its_own_dialect(dialect: str) -> None:
    for query in asked(dialect).values():
        assert isinstance(sqlglot.parse_one(query.sql(dialect), read=dialect), sqlglot.exp.Query)


if __name__ == "__main__":
    for each in UNTESTED:
        (FOLDER / f"{each}.sql").write_text(printed(each), encoding="utf-8")
