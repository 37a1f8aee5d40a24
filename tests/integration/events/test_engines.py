"""Every engine gives the answers that plain Python works out, over the same events with all their defects."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from autoresearch.config.events import Events
from autoresearch.signals.events.histogram import EDGES, NEGATIVE, OVER, UNDER
from autoresearch.signals.events.model import Dimension, EventSource, Signal, Span
from autoresearch.signals.events.source import open_events
from tests.integration.events import crowd, engines
from tests.integration.events.crowd import (
    BERLIN,
    END,
    HOSTILE,
    NOW,
    START,
    Event,
    counted,
    day,
    hour,
    sessions_of,
    shown,
)

SPAN = Span(START, END)
ROUTE, BROWSER = Dimension("route", top=4), Dimension("browser")
EVENTS = crowd.crowd()
LEFT = counted(EVENTS)
INSIDE = [event for event in LEFT if START <= event.utc < END]


@pytest.fixture(
    scope="module", params=["csv", "jsonl", "parquet", "postgres", pytest.param("spark", marks=pytest.mark.heavy)]
)
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventSource]:
    folder = tmp_path_factory.mktemp(request.param)
    make = {"postgres": _in_postgres, "spark": _in_spark}.get(request.param)
    yield from make(folder) if make else _files(request.param, folder)


def _in_postgres(folder: Path) -> Iterator[EventSource]:
    if engines.postgres_binaries() is None:
        pytest.skip("NO DATABASE IS ASKED: apt-get install --no-install-recommends postgresql")
    with engines.postgres(folder) as url:
        engines.fill_postgres(url, EVENTS)
        settings = Events.model_validate({"source": url, "table": "Events", **engines.SETTINGS})
        with closing(open_events(settings, folder, NOW)) as opened:
            yield opened


def _in_spark(folder: Path) -> Iterator[EventSource]:
    if missing := engines.missing_for_spark():
        pytest.skip(f"NO SPARK IS ASKED: {missing}")
    engines.write_parquet(folder / "events.parquet", EVENTS)
    spark = {"kind": "spark", "files": "events.parquet"}
    with closing(open_events(Events.model_validate({"source": spark, **engines.SETTINGS}), folder, NOW)) as opened:
        yield opened


def _files(kind: str, folder: Path) -> Iterator[EventSource]:
    write = {"csv": engines.write_csv, "jsonl": engines.write_jsonl, "parquet": engines.write_parquet}[kind]
    half = len(EVENTS) // 2
    write(folder / f"a.{kind}", EVENTS[:half])
    write(folder / f"b.{kind}", EVENTS[half:])
    with closing(open_events(engines.file_settings(f"*.{kind}"), folder, NOW)) as opened:
        yield opened


def kept(dimension: str, top: int = 50, minimum: int = 10) -> set[str]:
    """The values with the most sessions."""
    pairs = {(event.session, getattr(event, dimension) or "(none)") for event in INSIDE if event.session}
    sizes = Counter(value for _, value in pairs)
    ranked = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    return {value for value, count in ranked if count >= minimum and value != "(other)"} & {v for v, _ in ranked[:top]}


def routes(event: Event) -> tuple[str]:
    return (shown(event.route, kept("route", 4)),)


def test_the_crowd_has_every_defect_and_a_value_that_would_break_a_careless_query() -> None:
    reasons = Counter(crowd.reason(event) for event in EVENTS)
    assert set(reasons) == {None, "no time", "in the future", "clock ahead", "late", "bot", "test traffic"}
    assert len(LEFT) < reasons[None]  # repetitions
    assert HOSTILE in kept("route", 4)


def test_facts_tell_each_day_and_why_rows_do_not_count(source: EventSource) -> None:
    facts = source.facts(SPAN)
    late_enough = [event for event in EVENTS if event.utc is None or event.utc >= START]
    expected = Counter(reason for event in late_enough if (reason := crowd.reason(event)))
    left = [event for event in LEFT if event.utc and event.utc >= START]
    repeated = sum(crowd.reason(event) is None for event in late_enough) - len(left)
    assert facts.dropped == dict(expected) | {"duplicate": repeated}
    assert facts.rows == len(late_enough)
    days = {day.day: (day.events, day.sessions) for day in facts.days if day.events}
    local = Counter(event.utc.astimezone(BERLIN).date() for event in left)
    people = {
        when: len({e.session for e in left if e.session and e.utc.astimezone(BERLIN).date() == when}) for when in local
    }
    assert days == {when: (count, people[when]) for when, count in local.items()}


def test_values_stand_alone_by_their_sessions_and_the_rest_is_pooled_and_told(source: EventSource) -> None:
    found = source.values(SPAN, ROUTE)
    assert set(found.kept) == kept("route", 4)
    pairs = {(event.session, event.route or "(none)") for event in INSIDE if event.session}
    assert found.distinct == len({route for _, route in pairs})
    assert found.pooled_sessions == sum(route not in found.kept for _, route in pairs)


@pytest.mark.parametrize("grain", ["hour", "day"])
def test_counts_add_up_by_hour_and_by_day_of_the_zone(source: EventSource, grain: str) -> None:
    bucket = hour if grain == "hour" else day
    expected = Counter((bucket(event.utc), routes(event)) for event in INSIDE)
    found = source.counts(SPAN, [ROUTE], grain)  # type: ignore[arg-type]
    assert {(count.at, count.segment): count.events for count in found} == expected


def test_a_day_on_which_the_clocks_change_is_one_day(source: EventSource) -> None:
    days = [count.at for count in source.counts(SPAN, grain="day")]
    assert [later - earlier for earlier, later in pairwise(days)] == [
        dt.timedelta(hours=24),
        dt.timedelta(hours=23),
    ]


def test_a_session_counts_once_in_a_segment_in_the_hour_it_was_first_there(source: EventSource) -> None:
    signals = [Signal("failed", {"event": "failed"}), Signal("slow", {"value": {">=": 2500}})]
    expected: dict[object, list[int]] = {}
    for name, is_hurt in (("failed", lambda e: e.name == "failed"), ("slow", lambda e: (e.value or 0) >= 2500)):
        for events in sessions_of(LEFT).values():
            for segment in {routes(event) for event in events}:
                here = [event for event in events if routes(event) == segment]
                if START <= here[0].utc < END:
                    tally = expected.setdefault((name, hour(here[0].utc), segment), [0, 0, 0])
                    hurt = sum(is_hurt(event) for event in here)
                    tally[0], tally[1], tally[2] = tally[0] + 1, tally[1] + bool(hurt), tally[2] + hurt
    found = source.rates(SPAN, signals, [ROUTE])
    assert {(r.signal, r.at, r.segment): [r.exposed, r.affected, r.events] for r in found} == expected


def test_who_must_have_done_something_first_is_hurt_wherever_it_follows(source: EventSource) -> None:
    signal = Signal("checkout", {"event": "failed"}, exposed={"event": "checkout"})
    expected: Counter[object] = Counter()
    hurt: Counter[object] = Counter()
    for events in sessions_of(LEFT).values():
        for segment in {routes(event) for event in events if event.name == "checkout"}:
            first = next(e for e in events if e.name == "checkout" and routes(e) == segment)
            if START <= first.utc < END:
                expected[hour(first.utc), segment] += 1
                hurt[hour(first.utc), segment] += any(e.name == "failed" and e.utc >= first.utc for e in events)
    found = source.rates(SPAN, [signal], [ROUTE])
    assert {(r.at, r.segment): r.exposed for r in found} == expected
    assert {(r.at, r.segment): r.affected for r in found if r.affected} == +hurt


def test_days_asked_about_one_by_one_add_up_to_all_of_them(source: EventSource) -> None:
    signal = [Signal("failed", {"event": "failed"})]
    values = source.values(SPAN, ROUTE).kept
    fixed = [Dimension("route", keep=values)]
    edges = [START, START + dt.timedelta(days=1), START + dt.timedelta(days=1, hours=23), END]
    parts = [Span(start, end) for start, end in pairwise(edges)]
    assert [rate for part in parts for rate in source.rates(part, signal, fixed)] == source.rates(SPAN, signal, fixed)


def test_histograms_put_each_value_into_the_bucket_around_it(source: EventSource) -> None:
    def index(value: float) -> int:
        if value < 0:
            return NEGATIVE
        return max((i for i, edge in enumerate(EDGES) if edge <= value), default=UNDER)

    sized = [event for event in INSIDE if event.value is not None and event.name != "click"]
    expected = Counter((day(e.utc), (shown(e.browser, kept("browser")),), index(e.value)) for e in sized)
    found = source.histogram(SPAN, {"none": [{"event": "click"}]}, [BROWSER], "day")
    assert {(b.at, b.segment, b.index): b.events for b in found} == expected
    assert {NEGATIVE, UNDER, OVER} <= {bucket.index for bucket in found}


def test_a_funnel_follows_the_order_of_its_steps(source: EventSource) -> None:
    steps = ["page", "checkout", "paid"]
    expected: dict[object, list[int]] = {}
    for events in sessions_of(LEFT).values():
        for segment in {(shown(e.browser, kept("browser")),) for e in events if e.name == "page"}:
            here = [e.utc for e in events if e.name == "page" and (shown(e.browser, kept("browser")),) == segment]
            if not START <= here[0] < END:
                continue
            tally = expected.setdefault((day(here[0]), segment), [0, 0, 0])
            since = here[0]
            for number, step in enumerate(steps):
                when = [e.utc for e in events if e.name == step and e.utc >= since]
                if not when:
                    break
                since = when[0] if number else since
                tally[number] += 1
    found = source.funnel(SPAN, [{"event": step} for step in steps], [BROWSER])
    assert {(r.at, r.segment): list(r.sessions) for r in found} == expected


def test_releases_are_seen_first_and_last(source: EventSource) -> None:
    found = [(release.name, release.first, release.last, release.events) for release in source.releases(SPAN)]
    assert found == [
        (name, min(times), max(times), len(times))
        for name in ("4.2.0", "4.2.1")
        if (times := [event.utc for event in INSIDE if event.release == name])
    ]


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ({"route": HOSTILE}, lambda e: e.route == HOSTILE),
        ({"route": ["/", "/cart"]}, lambda e: e.route in {"/", "/cart"}),
        ({"route": {"!=": "/"}}, lambda e: e.route != "/"),
        ({"route": {"like": "/rare/*"}}, lambda e: (e.route or "").startswith("/rare/")),
        ({"route": {"like": HOSTILE[:-1] + "?"}}, lambda e: e.route == HOSTILE),
        ({"route": {"like": "/c.*"}}, lambda e: False),
        ({"route": {"exists": True}}, lambda e: bool(e.route)),
        ({"plan": {"exists": False}, "event": "page"}, lambda e: not e.plan and e.name == "page"),
        ({"value": {">": 250, "<=": 2500}}, lambda e: e.value is not None and 250 < e.value <= 2500),
        ({"value": 250}, lambda e: e.value == 250),
        ({"value": {"not_in": [250, "0"]}}, lambda e: e.value not in {250, 0}),
        ({"any": [{"event": "paid"}, {"browser": "Safari"}]}, lambda e: e.name == "paid" or e.browser == "Safari"),
        ({"route": {">": 3}}, lambda e: False),
    ],
)
def test_a_condition_means_the_same_everywhere(source: EventSource, where: dict, holds) -> None:  # type: ignore[no-untyped-def, type-arg]
    expected = sum(holds(event) for event in INSIDE)
    assert sum(count.events for count in source.counts(SPAN, where=where)) == expected
