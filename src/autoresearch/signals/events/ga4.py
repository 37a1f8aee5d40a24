"""Google Analytics 4, by the Data API's runReport.

Reference: https://developers.google.com/analytics/devguides/reporting/data/v1/rest/v1beta/properties/runReport.
Days and hours are those of the property's time zone, which each answer names. What Google samples, or pools because a
day has too many values, is told and not measured: such numbers are no counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from autoresearch.config.events import Events, GoogleAnalytics
from autoresearch.errors import NotMeasuredError
from autoresearch.signals.events.api import Api
from autoresearch.signals.events.model import NONE
from autoresearch.signals.events.provider import Ask, Tally, fold, listed
from autoresearch.signals.events.where import pattern

PAGE = 100_000
_KIND = "analyticsData#runReport"
USUAL = {
    "event": "eventName",
    "route": "pagePath",
    "browser": "browser",
    "country": "countryId",
    "release": "appVersion",
}
_NOT_SET = ("(not set)", "(not provided)", "")
_TIMES = {"hour": "dateHour", "day": "date"}
Filter = dict[str, Any]


class GoogleAnalyticsEvents:
    """One property."""

    people = "sessions"

    def __init__(self, settings: GoogleAnalytics, events: Events, api: Api | None = None) -> None:
        self.name = f"Google Analytics property {settings.property}"
        self.columns: Mapping[str, str] = {**USUAL, **events.columns}
        self._settings = settings
        self._zone = ZoneInfo(events.time_zone)
        self._api = api or Api(self.name, settings.host, settings.token, time_limit=events.time_limit)

    def identity(self) -> str:
        """Host, property and columns."""
        return f"ga4 {self._settings.host} {self._settings.property} {sorted(self.columns.items())}"

    def tallies(self, ask: Ask) -> Iterator[Tally]:
        """Sessions and events by hour or day and segment."""
        if ask.value:
            raise NotMeasuredError("Google Analytics cannot count by numbers", hint="use a signal with `where` instead")
        offset = 0
        while True:
            answer = self._api.post(f"/v1beta/properties/{self._settings.property}:runReport", self._body(ask, offset))
            rows = self._checked(answer, ask)
            for row in rows:
                at, *segment = (each["value"] for each in row["dimensionValues"])
                people, events = (int(each["value"]) for each in row["metricValues"])
                yield Tally(self._moment(at), tuple(_named(each) for each in segment), people, events)
            offset += len(rows)
            if not rows or offset >= int(answer.get("rowCount", 0)):
                return

    def close(self) -> None:
        """End the connection."""
        self._api.close()

    def _body(self, ask: Ask, offset: int) -> dict[str, Any]:
        body: dict[str, Any] = {
            "dateRanges": [{"startDate": ask.day.isoformat(), "endDate": ask.day.isoformat()}],
            "dimensions": [{"name": _TIMES[ask.grain]}, *({"name": self.columns[name]} for name in ask.dimensions)],
            "metrics": [{"name": "sessions"}, {"name": "eventCount"}],
            "limit": str(PAGE),
            "offset": str(offset),
            "keepEmptyRows": False,
        }
        if ask.where:
            body["dimensionFilter"] = fold(ask.where, self._leaf, _all, _any, _not)
        return body

    def _checked(self, answer: Mapping[str, Any], ask: Ask) -> list[dict[str, Any]]:
        """Its rows. Raises `NotMeasuredError` where they are no counts, or those of other days."""
        metadata = answer.get("metadata")
        metadata = metadata if isinstance(metadata, Mapping) else {}
        zone = metadata.get("timeZone")
        if zone and zone != self._zone.key:
            raise NotMeasuredError(
                f"{self.name}: its days are those of {str(zone)[:60]}, not of {self._zone.key}",
                hint=f"set `events.time_zone: {str(zone)[:60]}`",
            )
        if metadata.get("samplingMetadatas"):
            raise NotMeasuredError(
                f"{self.name}: {ask.day} is sampled", hint="ask for fewer dimensions, or export to BigQuery"
            )
        if metadata.get("dataLossFromOtherRow"):
            raise NotMeasuredError(
                f"{self.name}: {ask.day} has more values than Google keeps apart", hint="ask for fewer dimensions"
            )
        rows = answer.get("rows", [])  # a report without rows leaves them out
        width = len(ask.dimensions) + 1
        if answer.get("kind") != _KIND or not isinstance(rows, list) or not all(_is_row(row, width) for row in rows):
            raise NotMeasuredError(f"{self.name}: answers something else than rows of {width} dimensions and 2 metrics")
        return rows

    def _leaf(self, column: str, operator: str, operand: Any) -> Filter:
        name = self.columns.get(column)
        if name is None:
            raise NotMeasuredError(
                f"Google Analytics has no column `{column}`", hint="map it: `plan: customEvent:plan`"
            )
        if operator in {"=", "in"}:
            return _filter(name, {"inListFilter": {"values": listed(operand), "caseSensitive": True}})
        if operator in {"!=", "not_in"}:
            return _not(_filter(name, {"inListFilter": {"values": listed(operand), "caseSensitive": True}}))
        if operator == "like":
            regex = {"matchType": "FULL_REGEXP", "value": pattern(operand)[1:-1], "caseSensitive": True}
            return _filter(name, {"stringFilter": regex})
        if operator == "exists":
            absent = _filter(name, {"inListFilter": {"values": list(_NOT_SET), "caseSensitive": True}})
            return _not(absent) if operand else absent
        raise NotMeasuredError(
            f"Google Analytics compares no numbers of events: `{column}: {{{operator}: …}}`", hint="use texts"
        )

    def _moment(self, text: str) -> dt.datetime:
        """`2026032810` or `20260328` of the property's clock; of two equal hours, the second."""
        try:
            moment = dt.datetime.strptime(text, "%Y%m%d%H" if len(text) == 10 else "%Y%m%d").replace(
                tzinfo=self._zone, fold=1
            )
        except ValueError as error:
            raise NotMeasuredError(f"{self.name}: answers `{text[:40]}` where a time belongs") from error
        return moment.astimezone(dt.UTC)


def _filter(name: str, test: Filter) -> Filter:
    return {"filter": {"fieldName": name, **test}}


def _all(parts: list[Filter]) -> Filter:
    return parts[0] if len(parts) == 1 else {"andGroup": {"expressions": parts}}


def _any(parts: list[Filter]) -> Filter:
    return parts[0] if len(parts) == 1 else {"orGroup": {"expressions": parts}}


def _not(part: Filter) -> Filter:
    return {"notExpression": part}


def _named(value: str) -> str:
    return NONE if value in _NOT_SET else value


def _is_row(row: Any, width: int) -> bool:
    if not isinstance(row, dict):
        return False
    dimensions, metrics = row.get("dimensionValues"), row.get("metricValues")
    return (
        isinstance(dimensions, list)
        and isinstance(metrics, list)
        and len(dimensions) == width
        and len(metrics) == 2
        and all(isinstance(each, dict) and isinstance(each.get("value"), str) for each in (*dimensions, *metrics))
        and all(each["value"].isdecimal() for each in metrics)
    )
