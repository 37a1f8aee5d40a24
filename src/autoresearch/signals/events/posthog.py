"""PostHog, asked in HogQL. Reference: https://posthog.com/docs/api/queries and https://posthog.com/docs/sql.

Values go as `values` of the query, never into its text. A query answers at most 50,000 rows: the rest by OFFSET.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from autoresearch.config.events import Events, PostHog
from autoresearch.errors import NotMeasuredError
from autoresearch.signals.events.api import Api
from autoresearch.signals.events.model import NONE
from autoresearch.signals.events.provider import Ask, Tally, fold, listed
from autoresearch.signals.events.where import pattern

PAGE = 50_000
_MOST_ROWS = 2_000_000
USUAL = {
    "time": "timestamp",
    "event": "event",
    "session": "properties.$session_id",
    "user": "person_id",
    "route": "properties.$pathname",
    "browser": "properties.$browser",
    "country": "properties.$geoip_country_code",
}
_FIELD = re.compile(r"^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$ -]*)*$")
_SIGNS = {">": ">", ">=": ">=", "<": "<", "<=": "<="}


class PostHogEvents:
    """One project."""

    people = "sessions"

    def __init__(self, settings: PostHog, events: Events, api: Api | None = None) -> None:
        self.name = f"PostHog project {settings.project}"
        self.columns: Mapping[str, str] = {**USUAL, **events.columns}
        self._settings = settings
        self._zone = ZoneInfo(events.time_zone)
        self._api = api or Api(self.name, settings.host, settings.key, time_limit=events.time_limit)

    def identity(self) -> str:
        """Host, project and columns."""
        return f"posthog {self._settings.host} {self._settings.project} {sorted(self.columns.items())}"

    def tallies(self, ask: Ask) -> Iterator[Tally]:
        """Sessions and events by hour or day and segment."""
        question = _Question(ask, self.columns, self._zone)
        offset = 0
        while True:
            rows = self._rows(question, offset)
            for at, *segment, people, events in rows:
                number = float(segment.pop()) if ask.value else None
                yield Tally(_moment(at), tuple(str(each) for each in segment), int(people), int(events), number)
            offset += len(rows)
            if len(rows) < PAGE:
                return
            if offset > _MOST_ROWS:
                raise NotMeasuredError(
                    f"{self.name}: more than {_MOST_ROWS:,} segments in a day; ask for fewer dimensions"
                )

    def close(self) -> None:
        """End the connection."""
        self._api.close()

    def _rows(self, question: _Question, offset: int) -> list[list[Any]]:
        query = {"kind": "HogQLQuery", "query": question.text(offset), "values": question.values}
        path = f"/api/projects/{self._settings.project}/query/"
        answer = self._api.post(path, {"query": query, "refresh": "blocking", "name": "autoresearch"})
        rows = answer.get("results")
        if answer.get("error") or not isinstance(rows, list) or not all(_is_row(row, question.width) for row in rows):
            raise NotMeasuredError(f"{self.name}: answers something else than {question.width} columns of rows")
        return rows


class _Question:
    """HogQL and its values."""

    def __init__(self, ask: Ask, columns: Mapping[str, str], zone: ZoneInfo) -> None:
        self.values: dict[str, Any] = {}
        self._columns = columns
        start, end = (
            dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
            for day in (ask.day, ask.day + dt.timedelta(days=1))
        )
        utc = "toTimeZone(timestamp, 'UTC')"
        at = f"toString(toStartOfHour({utc}))" if ask.grain == "hour" else self._value(f"{start:%Y-%m-%d %H:%M:%S}")
        dims = [f"coalesce(nullIf(toString({self._field(name)}), ''), {self._value(NONE)})" for name in ask.dimensions]
        where = [
            f"timestamp >= toDateTime({self._value(f'{start:%Y-%m-%d %H:%M:%S}')}, 'UTC')",
            f"timestamp < toDateTime({self._value(f'{end:%Y-%m-%d %H:%M:%S}')}, 'UTC')",
        ]
        if ask.value:
            number = f"toFloat({self._field(ask.value)})"
            step = f"pow(10, floor(log10(abs({number}))) - 2)"
            dims.append(f"if({number} = 0, 0, floor({number} / {step} + 0.0000001) * {step})")
            where.append(f"{number} IS NOT NULL")
        if ask.where:
            where.append(fold(ask.where, self._leaf, _all, _any, _not))
        selected = [at, *dims, f"count(DISTINCT {self._field('session')})", "count()"]
        group = ", ".join(str(position + 1) for position in range(len(dims) + 1))
        self.width = len(selected)
        parts = ["SELECT", ", ".join(selected), "FROM events WHERE", " AND ".join(where), "GROUP BY", group]
        self._text = " ".join((*parts, "ORDER BY", group))

    def text(self, offset: int) -> str:
        """One page of it."""
        return f"{self._text} LIMIT {PAGE} OFFSET {offset}"

    def _field(self, name: str) -> str:
        at = self._columns.get(name, "")
        if not _FIELD.match(at):
            raise NotMeasuredError(
                f"PostHog has no field `{at or name}`", hint="such as event, or properties.app_version"
            )
        return ".".join(f"`{step}`" if "-" in step or " " in step else step for step in at.split("."))

    def _value(self, value: Any) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"{{{name}}}"

    def _leaf(self, column: str, operator: str, operand: Any) -> str:
        field = self._field(column)
        text = f"ifNull(toString({field}), '')"
        if operator == "exists":
            return f"({text} != '')" if operand else f"({text} = '')"
        if operator in {"!=", "not_in"}:
            return f"({text} NOT IN {self._value(listed(operand))})"
        if operator == "like":
            return f"match({text}, {self._value(pattern(operand))})"
        if operator in _SIGNS:
            return f"ifNull(toFloat({field}) {_SIGNS[operator]} {self._value(operand)}, false)"
        return f"({text} IN {self._value(listed(operand))})"


def _all(parts: list[str]) -> str:
    return f"({' AND '.join(parts)})"


def _any(parts: list[str]) -> str:
    return f"({' OR '.join(parts)})"


def _not(part: str) -> str:
    return f"NOT {part}"


def _is_row(row: Any, width: int) -> bool:
    return isinstance(row, list) and len(row) == width and all(isinstance(each, int) for each in row[-2:])


def _moment(text: Any) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(str(text))
    except ValueError as error:
        raise NotMeasuredError(f"PostHog answers `{str(text)[:40]}` where a time belongs") from error
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
