"""PostHog, Plausible and Google Analytics: what is asked of them is what they publish, whatever they answer is told."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from autoresearch.config.events import Events
from autoresearch.errors import NotMeasuredError
from autoresearch.signals.events.api import LONGEST_WAIT, TRIES, Api
from autoresearch.signals.events.ga4 import GoogleAnalyticsEvents
from autoresearch.signals.events.model import Bucket, Dimension, Signal, Span
from autoresearch.signals.events.plausible import PlausibleEvents
from autoresearch.signals.events.posthog import PostHogEvents
from autoresearch.signals.events.provider import ProviderEvents
from tests.integration.events import provider_server
from tests.integration.events.provider_server import KEY, Server, serving

NOW = dt.datetime(2026, 4, 5, 12, tzinfo=dt.UTC)
SPAN = Span(dt.datetime(2026, 3, 28, 23, tzinfo=dt.UTC), dt.datetime(2026, 3, 29, 22, tzinfo=dt.UTC))
"""The day on which the clocks of Berlin go forward."""
ROUTE = Dimension("route")
Cells = list[tuple[int, str, int, int]]
"""Hour of the local day, route, people, events."""
CELLS: Cells = [(1, "/", 40, 90), (3, "/", 30, 50), (3, "/cart", 12, 20), (3, "/rare", 2, 2), (23, "/cart", 11, 30)]
HURT: Cells = [(3, "/cart", 6, 9)]


class Provider:
    """One of the three: how it is configured, asked and answers."""

    def __init__(self, kind: str, sleeps: list[float], cache: Path) -> None:
        self.kind, self._sleeps, self._cache = kind, sleeps, cache

    def events(self, server: Server, *, now: dt.datetime = NOW, key: str = KEY, **more: Any) -> ProviderEvents:
        secret = "token" if self.kind == "ga4" else "key"
        place = {"posthog": "project", "plausible": "site", "ga4": "property"}[self.kind]
        source = {"kind": self.kind, "host": server.url, place: "42", secret: key}
        settings = Events.model_validate({"source": source, "time_zone": "Europe/Berlin", **more})
        api = Api(self.kind, server.url, key, time_limit=5, sleep=self._sleeps.append, now=lambda: NOW)
        make: Any = {"posthog": PostHogEvents, "plausible": PlausibleEvents, "ga4": GoogleAnalyticsEvents}[self.kind]
        return ProviderEvents(make(settings.source, settings, api), settings, now, self._cache)

    @property
    def path(self) -> str:
        return {
            "posthog": "/api/projects/42/query/",
            "plausible": "/api/v2/query",
            "ga4": "/v1beta/properties/42:runReport",
        }[self.kind]

    def answer(self, cells: Callable[[Mapping[str, Any]], Cells]) -> Callable[[Mapping[str, Any]], object]:
        def answered(body: Mapping[str, Any]) -> object:
            return getattr(self, f"_{self.kind}")(body, cells(body))

        return answered

    def is_filtered(self, body: Mapping[str, Any]) -> bool:
        """Whether somebody asked for those who were hurt."""
        return "failed" in str(body)

    def _day(self, body: Mapping[str, Any]) -> str:
        if self.kind == "plausible":
            return str(body["date_range"][0])
        if self.kind == "ga4":
            return str(body["dateRanges"][0]["startDate"])
        starts = [value for value in body["query"]["values"].values() if re.match(r"\d{4}-\d\d-\d\d ", str(value))]
        start = dt.datetime.fromisoformat(min(starts)).replace(tzinfo=dt.UTC)
        return (start + dt.timedelta(hours=3)).date().isoformat()

    def _rows(self, body: Mapping[str, Any], cells: Cells, *, hourly: bool, routes: bool) -> list[tuple[Any, ...]]:
        if self._day(body) != "2026-03-29":
            return []
        totals: dict[tuple[Any, ...], tuple[int, int]] = {}
        for hour, route, people, events in cells:
            key = (hour if hourly else None, *([route] if routes else []))
            before = totals.get(key, (0, 0))
            totals[key] = before[0] + people, before[1] + events
        return [(*key, *total) for key, total in totals.items()]

    def _posthog(self, body: Mapping[str, Any], cells: Cells) -> object:
        text = body["query"]["query"]
        hourly, routes = "toStartOfHour" in text, "$pathname" in text.partition(" FROM ")[0]
        rows = []
        for hour, *rest in self._rows(body, cells, hourly=hourly, routes=routes):
            berlin = dt.timedelta(hours=1 if (hour or 0) < 2 else 2)
            at = dt.datetime(2026, 3, 29, hour or 0) - berlin
            rows.append([str(at) if hourly else "2026-03-28 23:00:00", *rest])
        return {"results": rows, "columns": [], "types": [], "hasMore": False}

    def _plausible(self, body: Mapping[str, Any], cells: Cells) -> object:
        hourly, routes = "time:hour" in body["dimensions"], "event:page" in body["dimensions"]
        rows = [
            {
                "dimensions": [f"2026-03-29 {hour:02}:00:00" if hourly else "2026-03-29", *rest[:-2]],
                "metrics": rest[-2:],
            }
            for hour, *rest in self._rows(body, cells, hourly=hourly, routes=routes)
        ]
        offset = "+01:00" if self._day(body) <= "2026-03-29" else "+02:00"
        day = f"{self._day(body)}T00:00:00{offset}"
        return {"results": rows, "meta": {"total_rows": len(rows)}, "query": {"date_range": [day, day]}}

    def _ga4(self, body: Mapping[str, Any], cells: Cells) -> object:
        names = [each["name"] for each in body["dimensions"]]
        rows = [
            {
                "dimensionValues": [
                    {"value": f"20260329{hour:02}" if "dateHour" in names else "20260329"},
                    *({"value": each} for each in rest[:-2]),
                ],
                "metricValues": [{"value": str(each)} for each in rest[-2:]],
            }
            for hour, *rest in self._rows(body, cells, hourly="dateHour" in names, routes="pagePath" in names)
        ]
        empty = {} if not rows else {"rows": rows}
        return {
            **empty,
            "rowCount": len(rows),
            "metadata": {"timeZone": "Europe/Berlin"},
            "kind": "analyticsData#runReport",
        }


@pytest.fixture(params=["posthog", "plausible", "ga4"])
def provider(request: pytest.FixtureRequest, sleeps: list[float], tmp_path: Path) -> Provider:
    return Provider(request.param, sleeps, tmp_path / "cache")


@pytest.fixture
def sleeps() -> list[float]:
    return []


@pytest.fixture
def server(provider: Provider) -> Iterator[Server]:
    answer = provider.answer(lambda body: HURT if provider.is_filtered(body) else CELLS)
    with serving(answer, provider.path, getattr(provider_server, provider.kind)) as opened:
        yield opened


def utc(hour: int) -> dt.datetime:
    return dt.datetime(2026, 3, 29, tzinfo=dt.UTC) + dt.timedelta(hours=hour)


def test_hours_are_those_of_the_zone_on_the_day_the_clocks_change(provider: Provider, server: Server) -> None:
    found = provider.events(server).counts(SPAN, [ROUTE])
    assert {(each.at, each.segment[0]): each.events for each in found} == {
        (utc(0), "/"): 90,
        (utc(1), "/"): 50,
        (utc(1), "/cart"): 20,
        (utc(1), "(other)"): 2,
        (utc(21), "/cart"): 30,
    }


def test_rates_have_the_exposed_and_those_who_were_affected(provider: Provider, server: Server) -> None:
    found = provider.events(server).rates(SPAN, [Signal("failed", {"event": "failed"})], [ROUTE])
    assert {(each.at, each.segment[0]): (each.exposed, each.affected, each.events) for each in found} == {
        (utc(0), "/"): (40, 0, 0),
        (utc(1), "/"): (30, 0, 0),
        (utc(1), "/cart"): (12, 6, 9),
        (utc(1), "(other)"): (2, 0, 0),
        (utc(21), "/cart"): (11, 0, 0),
    }


def test_days_tell_their_totals_and_who_is_counted(provider: Provider, server: Server) -> None:
    facts = provider.events(server).facts(SPAN)
    assert [(day.day, day.events, day.sessions) for day in facts.days] == [(dt.date(2026, 3, 29), 192, 95)]
    assert any("are counted" in note for note in facts.notes)


def test_rare_values_are_pooled(provider: Provider, server: Server) -> None:
    values = provider.events(server).values(SPAN, ROUTE)
    assert (values.kept, values.distinct, values.pooled_sessions) == (("/", "/cart"), 3, 2)


def test_a_day_that_is_final_is_asked_for_once_and_today_each_time(provider: Provider, server: Server) -> None:
    for _ in range(2):
        provider.events(server).counts(SPAN)
    assert len(server.requests) == 1
    young = dt.datetime(2026, 3, 30, tzinfo=dt.UTC)
    for _ in range(2):
        provider.events(server, now=young).counts(Span(SPAN.start, SPAN.end), grain="day")
    assert len(server.requests) == 3


def test_a_cache_that_was_cut_off_is_asked_for_again(provider: Provider, server: Server, tmp_path: Path) -> None:
    whole = provider.events(server).counts(SPAN)
    (file,) = (tmp_path / "cache").iterdir()
    file.write_bytes(file.read_bytes()[:20])
    assert provider.events(server).counts(SPAN) == whole
    assert len(server.requests) == 2


def test_neither_the_key_nor_an_id_is_kept(provider: Provider, server: Server, tmp_path: Path) -> None:
    provider.events(server).counts(SPAN, [ROUTE])
    assert not [file for file in (tmp_path / "cache").iterdir() if KEY in file.read_text() + file.name]


@pytest.mark.parametrize(
    ("fault", "waited"),
    [
        ((429, {"Retry-After": "7"}, b'{"error": {"message": "slow down"}}'), 7),
        ((429, {"Retry-After": "Sun, 05 Apr 2026 12:00:09 GMT"}, b""), 9),
        ((500, {}, b"oops"), 2),
        ((503, {}, b"<html>"), 2),
        ((200, {}, b"<html><body>Sign in</body></html>"), 2),
        ((200, {}, b'{"results": [[1'), 2),
        ((0, {}, b'{"results": ['), 2),
    ],
)
def test_what_may_pass_is_asked_for_again(
    provider: Provider, server: Server, sleeps: list[float], fault: Any, waited: float
) -> None:
    server.faults.append(fault)
    assert sum(each.events for each in provider.events(server).counts(SPAN)) == 192
    assert sleeps == [waited]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ((429, {}, b'{"error": {"message": "slow down"}}'), "answers 429: slow down"),
        ((502, {}, b""), "answers 502"),
        ((200, {}, b"<html><body>Sign in</body></html>"), "no JSON: <html><body>Sign in"),
        ((0, {}, b"{"), "no whole answer"),
    ],
)
def test_what_does_not_pass_is_told(provider: Provider, server: Server, fault: Any, words: str) -> None:
    server.faults += [fault] * TRIES
    with pytest.raises(NotMeasuredError, match=re.escape(words)):
        provider.events(server).counts(SPAN)
    assert len(server.requests) == TRIES


def test_a_server_that_wants_very_long_is_not_waited_for(
    provider: Provider, server: Server, sleeps: list[float]
) -> None:
    server.faults.append((429, {"Retry-After": str(int(LONGEST_WAIT) + 1)}, b""))
    with pytest.raises(NotMeasuredError, match="429"):
        provider.events(server).counts(SPAN)
    assert sleeps == []


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_told_at_once_and_without_the_key(provider: Provider, server: Server, status: int) -> None:
    server.faults.append((status, {}, f'{{"detail": "no: {KEY}", "error": "no: {KEY}"}}'.encode()))
    with pytest.raises(NotMeasuredError, match=f"answers {status}: no: ") as caught:
        provider.events(server).counts(SPAN)
    assert KEY not in str(caught.value)
    assert len(server.requests) == 1


def test_a_wrong_key_is_told(provider: Provider, server: Server) -> None:
    with pytest.raises(NotMeasuredError, match="Invalid API key") as caught:
        provider.events(server, key="phx_another").counts(SPAN)
    assert "is the key right" in str(caught.value)


def test_an_answer_of_another_shape_is_told(provider: Provider, server: Server) -> None:
    shapes: list[object] = [
        {"results": "many"},
        {"results": [{"dimensions": ["x"], "metrics": ["many", 1]}], "rows": [{"dimensionValues": [{"value": "x"}]}]},
        {"results": [["when", 1, 1]], "rows": [{"dimensionValues": [{"value": "when"}], "metricValues": [{}, {}]}]},
        {"results": [{"dimensions": ["when"], "metrics": [1, 1]}], "rows": [[]]},
    ]
    for shape in shapes:
        server.answer = lambda _, shape=shape: shape  # type: ignore[misc]
        with pytest.raises(NotMeasuredError, match="answers"):
            provider.events(server).counts(SPAN)


def test_a_key_does_not_go_over_an_open_connection() -> None:
    with pytest.raises(NotMeasuredError, match="is no https:// address"):
        Api("PostHog", "http://posthog.example", KEY, time_limit=5)


@pytest.mark.parametrize(
    "where",
    [
        {"event": "failed"},
        {"event": ["a", "failed"], "route": {"like": "/c*"}},
        {"any": [{"event": "failed"}, {"browser": {"!=": "Safari"}}]},
        {"none": [{"country": {"not_in": ["DE", "AT"]}}], "event": "failed"},
        {"route": {"exists": True}, "event": "failed'); DROP TABLE events; --"},
    ],
)
def test_every_condition_is_asked_as_the_provider_publishes_it(
    provider: Provider, server: Server, where: Mapping[str, Any]
) -> None:
    found = provider.events(server).counts(SPAN, where=where)
    assert sum(each.events for each in found) == 9


def test_test_traffic_is_left_out_there(provider: Provider, server: Server) -> None:
    provider.events(server, test_traffic={"route": {"like": "/internal/*"}}).counts(SPAN)
    assert "/internal/" in str(server.requests[0]).replace("\\", "")


def test_a_column_that_is_not_mapped_is_named(provider: Provider, server: Server) -> None:
    with pytest.raises(NotMeasuredError, match="no column `plan`"):
        provider.events(server).counts(SPAN, [Dimension("plan")])


def test_a_funnel_is_refused_with_what_to_do_instead(provider: Provider, server: Server) -> None:
    with pytest.raises(NotMeasuredError, match="order of steps"):
        provider.events(server).funnel(SPAN, [{"event": "a"}, {"event": "b"}])


@pytest.mark.parametrize("kind", ["plausible", "ga4"])
def test_days_of_another_zone_are_refused(kind: str, sleeps: list[float], tmp_path: Path) -> None:
    provider = Provider(kind, sleeps, tmp_path)
    with (
        serving(provider.answer(lambda _: CELLS), provider.path, getattr(provider_server, kind)) as server,
        pytest.raises(NotMeasuredError, match=r"events\.time_zone"),
    ):
        provider.events(server, time_zone="America/New_York").counts(SPAN)


def test_all_pages_are_read(sleeps: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autoresearch.signals.events.posthog.PAGE", 2)
    provider = Provider("posthog", sleeps, tmp_path)

    def paged(body: Mapping[str, Any]) -> object:
        whole: Any = provider.answer(lambda _: CELLS)(body)
        offset = int(body["query"]["query"].rpartition(" ")[2])
        return {**whole, "results": whole["results"][offset : offset + 2]}

    with serving(paged, provider.path, provider_server.posthog) as server:
        assert sum(each.events for each in provider.events(server).counts(SPAN, [ROUTE])) == 192


def test_posthog_counts_values_by_buckets(sleeps: list[float], tmp_path: Path) -> None:
    rows = [
        ["2026-03-29 10:00:00", 249.0, 1, 3],
        ["2026-03-29 10:00:00", 250.0, 1, 4],
        ["2026-03-29 10:00:00", -1.0, 1, 2],
    ]
    provider = Provider("posthog", sleeps, tmp_path)
    with serving(lambda _: {"results": rows}, provider.path, provider_server.posthog) as server:
        events = provider.events(server, columns={"value": "properties.ms"})
        with closing(events):
            found = events.histogram(SPAN)
    below, at = sorted(bucket.index for bucket in found if bucket.index >= 0)
    assert at == below + 1
    assert found == [Bucket(utc(10), (), -2, 2), Bucket(utc(10), (), below, 3), Bucket(utc(10), (), at, 4)]


@pytest.mark.parametrize("sign", ["samplingMetadatas", "dataLossFromOtherRow"])
def test_what_google_samples_or_pools_is_no_count(sleeps: list[float], tmp_path: Path, sign: str) -> None:
    provider = Provider("ga4", sleeps, tmp_path)
    flawed = {
        "rowCount": 0,
        "kind": "analyticsData#runReport",
        "metadata": {"timeZone": "Europe/Berlin", sign: [{"samplesReadCount": "1"}]},
    }
    with (
        serving(lambda _: flawed, provider.path, provider_server.ga4) as server,
        pytest.raises(NotMeasuredError, match="2026-03-29"),
    ):
        provider.events(server).counts(SPAN)
