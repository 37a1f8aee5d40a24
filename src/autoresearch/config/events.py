"""`events:` of `config.yml`: where analytics events are, which column is what, and what does not count.

A condition (`Where`) is data, never SQL: names and values are quoted by whoever compiles it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator

from autoresearch.config.base import Duration, Section

CANONICAL = (
    "time", "session", "user", "event", "variant", "route", "release", "browser", "country", "value",
    "event_id", "user_agent", "received",
)  # fmt: skip
"""The columns that have a meaning of their own; any other mapped name is a property."""

Scalar = str | int | float | bool
OPERATORS = ("=", "!=", ">", ">=", "<", "<=", "in", "not_in", "like", "exists")
_GROUPS = ("all", "any", "none")
_NUMERIC = (">", ">=", "<", "<=")
_MAX_CONDITIONS = 100
_MAX_VALUES = 1_000
_MAX_TEXT = 1_000


def check_where(where: object) -> object:
    """A condition as it may stand in the config. Raises `ValueError` that says what it may look like."""
    count = _conditions(where, depth=0)
    if count > _MAX_CONDITIONS:
        raise ValueError(f"a condition has at most {_MAX_CONDITIONS} parts; this has {count}")
    return where


def _conditions(where: object, depth: int) -> int:
    if not isinstance(where, Mapping) or not where:
        raise ValueError('a condition is a mapping of columns, such as {event: payment_failed, value: {">": 3000}}')
    if depth > 5:
        raise ValueError("conditions are nested more than five deep")
    count = 0
    for name, wanted in where.items():
        _check_text(name)
        if name in _GROUPS:
            if not isinstance(wanted, list | tuple) or not wanted:
                raise ValueError(f"`{name}` takes a list of conditions")
            count += sum(_conditions(part, depth + 1) for part in wanted)
        else:
            count += _check_column(name, wanted)
    return count


def _check_column(name: str, wanted: object) -> int:
    if not isinstance(wanted, Mapping):
        _check_values(name, "in" if isinstance(wanted, list | tuple) else "=", wanted)
        return 1
    if not wanted:
        raise ValueError(f"`{name}` says nothing; give a value, a list, or one of {', '.join(OPERATORS)}")
    for operator, operand in wanted.items():
        if operator not in OPERATORS:
            raise ValueError(f"`{name}` cannot be compared by `{operator}`; known are {', '.join(OPERATORS)}")
        _check_values(name, operator, operand)
    return len(wanted)


def _check_values(name: str, operator: str, operand: object) -> None:
    if operator in {"in", "not_in"}:
        if not isinstance(operand, list | tuple) or not 0 < len(operand) <= _MAX_VALUES:
            raise ValueError(f"`{name}`: `{operator}` takes a list of 1 to {_MAX_VALUES:,} values")
        for value in operand:
            _check_scalar(name, value)
    elif operator == "exists":
        if not isinstance(operand, bool):
            raise ValueError(f"`{name}`: `exists` is true or false")
    elif operator == "like":
        if not isinstance(operand, str):
            raise ValueError(f"`{name}`: `like` takes a pattern with * and ?")
        _check_text(operand)
    elif operator in _NUMERIC:
        if isinstance(operand, bool) or not isinstance(operand, int | float) or not math.isfinite(operand):
            raise ValueError(f"`{name}`: `{operator}` takes a number")
    else:
        _check_scalar(name, operand)


def _check_scalar(name: str, value: object) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"`{name}` is compared with a text, a number, true or false")


def _check_text(text: object) -> None:
    if not isinstance(text, str) or len(text) > _MAX_TEXT or "\x00" in text:
        raise ValueError(f"a name or a value is a text of at most {_MAX_TEXT:,} characters, without a null character")


_CONDITION_SCHEMA: dict[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "description": 'column → value, list of values, or {operator: value}, such as {event: x, value: {">": 3000}}',
}
Where = Annotated[dict[str, Any], BeforeValidator(check_where), WithJsonSchema(_CONDITION_SCHEMA)]
"""Column → value, values, or comparisons; all must hold. `all`, `any` and `none` take lists of conditions."""


class PostHog(Section):
    """Events in PostHog, asked by HogQL."""

    kind: Literal["posthog"]
    host: str = Field(default="https://us.posthog.com", description="where the project lives")
    project: str = Field(description="the project's number")
    key: str = Field(description="a personal API key with the scope query:read, as ${NAME}")


class Plausible(Section):
    """Events in Plausible, asked by the Stats API v2."""

    kind: Literal["plausible"]
    host: str = Field(default="https://plausible.io")
    site: str = Field(description="the site's domain, as Plausible names it")
    key: str = Field(description="a Stats API key, as ${NAME}")


class GoogleAnalytics(Section):
    """Events in Google Analytics 4, asked by the Data API."""

    kind: Literal["ga4"]
    host: str = Field(default="https://analyticsdata.googleapis.com")
    property: str = Field(description="the property's number")
    token: str = Field(description="an OAuth access token with analytics.readonly, as ${NAME}")


class Spark(Section):
    """Events where Spark sees them."""

    kind: Literal["spark"]
    remote: str = Field(default="local[2]", description="a master, or sc://host:port")
    files: str | None = Field(default=None, description="Parquet files; or name a `table`")


Provider = Annotated[PostHog | Plausible | GoogleAnalytics | Spark, Field(discriminator="kind")]


class Events(Section):
    """Where analytics events are, and which column is what."""

    source: str | Provider = Field(
        description="Parquet, JSONL or CSV files (patterns), a PostgreSQL URL, or a provider's block"
    )
    table: str | None = Field(default=None, description="in a database: the table or view, with its schema")
    columns: dict[str, str] = Field(
        default_factory=dict, description="our name → name in the source; a dot leads into JSON: properties.plan"
    )
    time_zone: str = Field(default="UTC", description="of days and hours, and of times that do not name theirs")
    test_traffic: Where | None = Field(default=None, description="events that do not count")
    bots: Literal["drop", "keep"] = Field(default="drop", description="by their user agent, where it is mapped")
    clock_skew: Duration = Field(default=300.0, description="a time further in the future is wrong")
    late: Duration = Field(default=3 * 86400.0, description="what was received later than this after it happened")
    time_limit: Duration = Field(default=600.0, description="of one question to a database or a provider")
    memory: str = Field(default="256MB", pattern=r"^\d{2,5}\s?(MB|GB)$", description="for reading files")

    @field_validator("source")
    @classmethod
    def _is_told(cls, source: Any) -> Any:
        if isinstance(source, str) and not source.strip():
            raise ValueError("name files, a database or a provider")
        return source

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{name} is no time zone; they look like Europe/Berlin") from error
        return name

    @field_validator("columns")
    @classmethod
    def _are_names(cls, columns: dict[str, str]) -> dict[str, str]:
        for name in (*columns, *columns.values()):
            _check_text(name)
            if not name:
                raise ValueError("a column without a name")
        if reserved := sorted(set(columns) & set(_GROUPS)):
            raise ValueError(f"`{reserved[0]}` means something in conditions; call the column differently")
        return columns
