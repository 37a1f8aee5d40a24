"""Plausible, by its Stats API v2. Reference: https://plausible.io/docs/stats-api-v2.

Days and hours are those of the site's own time zone, and the answers name it by their offset: another one than
`events.time_zone` is refused. 600 requests an hour are allowed; a day is one request, or one a 10,000 rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from autoresearch.config.events import Events, Plausible
from autoresearch.errors import NotMeasuredError
from autoresearch.signals.events.api import Api
from autoresearch.signals.events.model import NONE
from autoresearch.signals.events.provider import Ask, Tally, fold, listed
from autoresearch.signals.events.where import pattern

PAGE = 10_000
USUAL = {
    "event": "event:goal",
    "route": "event:page",
    "browser": "visit:browser",
    "country": "visit:country",
}
Filter = list[Any]


class PlausibleEvents:
    """One site. An event is one of its goals."""

    people = "visitors"

    def __init__(self, settings: Plausible, events: Events, api: Api | None = None) -> None:
        self.name = f"Plausible, {settings.site}"
        self.columns: Mapping[str, str] = {**USUAL, **events.columns}
        self._settings = settings
        self._zone = ZoneInfo(events.time_zone)
        self._api = api or Api(self.name, settings.host, settings.key, time_limit=events.time_limit)

    def identity(self) -> str:
        """Host, site and columns."""
        return f"plausible {self._settings.host} {self._settings.site} {sorted(self.columns.items())}"

    def tallies(self, ask: Ask) -> Iterator[Tally]:
        """Visitors and events by hour or day and segment."""
        if ask.value:
            raise NotMeasuredError("Plausible cannot count by numbers", hint="use a signal with `where` instead")
        filters = [fold(ask.where, self._leaf, _all, _any, _not)] if ask.where else []
        offset = 0
        while True:
            body = {
                "site_id": self._settings.site,
                "metrics": ["visitors", "events"],
                "date_range": [ask.day.isoformat(), ask.day.isoformat()],
                "dimensions": [f"time:{ask.grain}", *(self.columns[name] for name in ask.dimensions)],
                "filters": filters,
                "include": {"total_rows": True},
                "pagination": {"limit": PAGE, "offset": offset},
            }
            answer = self._api.post("/api/v2/query", body)
            rows = self._checked(answer, ask)
            for row in rows:
                at, *segment = row["dimensions"]
                people, events = row["metrics"]
                yield Tally(self._moment(at), tuple(_named(each) for each in segment), int(people), int(events))
            offset += len(rows)
            if len(rows) < PAGE:
                return

    def close(self) -> None:
        """End the connection."""
        self._api.close()

    def _checked(self, answer: Mapping[str, Any], ask: Ask) -> list[dict[str, Any]]:
        rows = answer.get("results")
        width = len(ask.dimensions) + 1
        if not isinstance(rows, list) or not all(_is_row(row, width) for row in rows):
            raise NotMeasuredError(f"{self.name}: answers something else than rows of {width} dimensions and 2 metrics")
        query = answer.get("query")
        span = query.get("date_range") if isinstance(query, Mapping) else None
        start = dt.datetime.combine(ask.day, dt.time(), self._zone)
        if isinstance(span, list) and span and "T" in str(span[0]):
            theirs = _parsed(str(span[0]))
            if theirs is None or theirs.utcoffset() != start.utcoffset():
                raise NotMeasuredError(
                    f"{self.name}: days begin at {str(span[0])[:40]}, in {self._zone.key} at {start.isoformat()}",
                    hint="set `events.time_zone` to the site's own (its settings in Plausible name it)",
                )
        return rows

    def _leaf(self, column: str, operator: str, operand: Any) -> Filter:
        dimension = self.columns.get(column)
        if dimension is None:
            raise NotMeasuredError(f"Plausible has no column `{column}`", hint="map it: `plan: event:props:plan`")
        if operator in {"=", "in"}:
            return ["is", dimension, listed(operand)]
        if operator in {"!=", "not_in"}:
            return ["is_not", dimension, listed(operand)]
        if operator == "like":
            return ["matches", dimension, [pattern(operand)]]
        if operator == "exists":
            return ["is_not" if operand else "is", dimension, [NONE]]
        raise NotMeasuredError(f"Plausible compares no numbers: `{column}: {{{operator}: …}}`", hint="use texts")

    def _moment(self, text: Any) -> dt.datetime:
        """`2026-03-28 10:00:00` or `2026-03-28` of the site's clock; of two equal hours, the second."""
        moment = _parsed(str(text))
        if moment is None:
            raise NotMeasuredError(f"{self.name}: answers `{str(text)[:40]}` where a time belongs")
        return moment.replace(tzinfo=self._zone, fold=1).astimezone(dt.UTC)


def _all(parts: list[Filter]) -> Filter:
    return parts[0] if len(parts) == 1 else ["and", parts]


def _any(parts: list[Filter]) -> Filter:
    return parts[0] if len(parts) == 1 else ["or", parts]


def _not(part: Filter) -> Filter:
    return ["not", part]


def _named(value: Any) -> str:
    return str(value) if value not in (None, "") else NONE


def _is_row(row: Any, width: int) -> bool:
    if not isinstance(row, dict):
        return False
    dimensions, metrics = row.get("dimensions"), row.get("metrics")
    if not isinstance(dimensions, list) or not isinstance(metrics, list):
        return False
    return len(dimensions) == width and len(metrics) == 2 and all(isinstance(each, int) for each in metrics)


def _parsed(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None
