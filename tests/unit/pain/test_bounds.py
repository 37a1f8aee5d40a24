"""What the loop keeps and says of people: nobody alone, no more than fits, and nothing that a forgery can break."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.baseline import Baseline
from autoresearch.core.merge import merge
from autoresearch.errors import NotMeasuredError, StateError
from autoresearch.loops.pain import cells
from autoresearch.loops.pain.memory import MOST, Memory, bounded, recalled
from autoresearch.loops.pain.pooling import MIN_SESSIONS, OTHER, pooled_as
from autoresearch.state import dump, parse
from autoresearch.statistics.pain.history import History
from autoresearch.statistics.pain.values import ValueHistory
from tests.unit.pain.world import DAY, FIRST, HOUR, Watch, World, usually

SIZES = st.dictionaries(
    st.tuples(st.sampled_from(["/a", "/b", "/c"]), st.sampled_from(["X", "Y", OTHER]), st.sampled_from(["1", "2"])),
    st.integers(1, 60),
    max_size=18,
)


@given(SIZES, st.integers(1, 12))
def test_no_segment_that_names_anything_below_the_site_is_smaller_than_ten_sessions(
    sizes: dict[tuple[str, ...], int], most: int
) -> None:
    names = pooled_as(sizes, (), most)
    totals: dict[tuple[str, ...], int] = {}
    for segment, name in names.items():
        totals[name] = totals.get(name, 0) + sizes[segment]
    for name, total in totals.items():
        assert total >= MIN_SESSIONS or set(name) == {OTHER}
    assert len(totals) <= most + 1
    assert all(value in (mine, OTHER) for s, name in names.items() for mine, value in zip(s, name, strict=True))


def test_what_is_followed_keeps_its_name_however_quiet_it_is() -> None:
    quiet = ("/a", "X")
    assert pooled_as({quiet: 1, ("/b", "X"): 2}, [quiet], 10) == {quiet: quiet, ("/b", "X"): (OTHER, OTHER)}


def test_rare_segments_are_pooled_in_state_and_result() -> None:
    rare = {("/secret", "Netscape"): 0.0005, ("/checkout", "Netscape"): 0.0005}
    watch = Watch(World(segments={("/checkout", "Safari"): 30, ("/", "Safari"): 60, **rare}))
    watch.nights(30, 30)
    assert watch.measured is not None
    told = watch.measured.model_dump_json() + json.dumps(watch.baseline.memory)
    assert "/checkout" in told
    assert "/secret" not in told
    assert "Netscape" not in told


def history(days: int, volume: int) -> History:
    return History.of({24 * (20_000 + day) + hour: (volume + hour, hour) for day in range(days) for hour in range(24)})


def test_five_hundred_segments_of_a_busy_site_are_less_than_a_megabyte() -> None:
    segments = {(f"/a/page/with/a/name/{i}", "Safari 19", "4.2.1"): history(60, 900) for i in range(500)}
    memory = Memory("0123456789ab", 20_000, 20_024, bounded(segments, 20_060, MOST))
    state = dump(Baseline(loop="pain-watchdog", memory={"pain": memory.as_dict()}))
    assert len(memory.histories) == 500
    assert len(state.encode()) < 1_000_000
    assert recalled(parse(state, "pain-watchdog", "state").memory["pain"], "pain") == memory


def test_more_segments_than_there_is_room_for_join_their_likes() -> None:
    segments = {(f"/{i % 7}", f"{i}"): history(3, 1 + i % 9) for i in range(300)} | {(): history(3, 900)}
    kept = bounded(segments, 20_003, 50)
    assert len(kept) <= 60
    assert kept[()] == segments[()]
    total = sum(n for s, h in kept.items() if s for n, _ in h.days.values())
    assert total == sum(n for s, h in segments.items() if s for n, _ in h.days.values())


def test_segments_that_nobody_was_seen_in_for_six_weeks_are_forgotten() -> None:
    assert list(bounded({("old",): history(1, 5), ("new",): history(40, 5)}, 20_045, 10)) == [("new",)]


def test_a_month_of_nights_does_not_grow_the_state() -> None:
    watch = Watch(World())
    watch.nights(45, 45)
    early = len(json.dumps(watch.baseline.memory))
    watch.nights(46, 75)
    assert len(json.dumps(watch.baseline.memory)) < 1.05 * early


def test_of_two_branches_the_one_that_learned_further_wins_whole() -> None:
    watch = Watch(World())
    watch.nights(30, 30)
    base = watch.baseline
    ours, theirs = Watch(watch.world, baseline=base), Watch(watch.world, baseline=base)
    ours.nights(31, 31)
    theirs.nights(31, 32)
    both = [merge(base, a.baseline, b.baseline).memory for a, b in ((ours, theirs), (theirs, ours))]
    assert both == [theirs.baseline.memory] * 2


@pytest.mark.parametrize(
    "memory",
    [
        {"pain": 3},
        {"pain": {}},
        {"pain": {"definition": "x", "kind": "hours", "until": -1, "judged": 1, "segments": {}, "open": []}},
        {
            "pain": {
                "definition": "x",
                "kind": "hours",
                "until": 1,
                "judged": 1,
                "segments": {"[]": {"days": 1}},
                "open": [],
            }
        },
        {"pain": {"definition": "x", "kind": "hours", "until": 1, "judged": 1, "segments": {"oops": {}}, "open": []}},
        {"pain": {"definition": "x", "kind": "values", "until": 1, "judged": 1, "segments": {}, "open": [{"rule": 1}]}},
    ],
)
def test_a_memory_that_cannot_be_is_refused_in_plain_words(memory: dict[str, Any]) -> None:
    with pytest.raises(StateError, match="pain"):
        recalled(memory["pain"], "pain")


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, Any]]:
    watch = Watch(World())
    return {subject: dict(facts) for subject, facts in watch.measure(FIRST + 30 * DAY + 6 * HOUR).observations.items()}


@pytest.mark.parametrize(
    ("subject", "facts"),
    [
        ("pain", {"kind": "rate", "start": 0, "end": 10**12}),
        ("pain", {"kind": "wishes", "start": 1, "end": 2}),
        ("pain []", {"hours": "1/2 1/2"}),
        ("pain []", {"hours": "-1/2" + " -" * 71}),
        ("pain []", {"hours": "9999999999/1" + " -" * 71}),
        ("pain []", {"past": "{"}),
        ("pain [1]", {"hours": "-" + " -" * 71}),
        ("unheard []", {"hours": "-"}),
        ("about", {"dimensions": "[["}),
    ],
)
def test_a_forged_result_is_refused_and_nothing_else(
    measured: dict[str, dict[str, Any]], subject: str, facts: dict[str, Any]
) -> None:
    watch = Watch(World())
    measurement = watch.measure(FIRST + 30 * DAY + 6 * HOUR)
    forged = measurement.model_copy(update={"observations": {**measured, subject: facts}})
    with pytest.raises((NotMeasuredError, StateError)):
        watch.loop.judge(forged, watch.baseline)


def test_what_is_written_reads_as_it_was() -> None:
    rates = cells.Series("a", "rate", 100, 103, {("/x y", "ü"): {100: (5, 1), 102: (7, 0)}}, past={(): history(2, 5)})
    slow = cells.Series("b", "values", 100, 102, values={(): {101: {3: 4, -2: 1}}})
    slow.past_values[()] = ValueHistory.of({3: {1: 2}})
    for series in (rates, slow):
        assert cells.read(cells.written(series)) == {series.name: series}


def test_a_source_without_events_is_not_measured() -> None:
    with pytest.raises(NotMeasuredError, match="no events from"):
        Watch(World(segments={})).measure(FIRST + 30 * DAY)


def test_a_day_without_any_event_is_not_measured() -> None:
    stopped = World(traffic=lambda time: 1.0 if time < FIRST + 28 * DAY else 0.0)
    with pytest.raises(NotMeasuredError, match="newest events are of 2026-03-29 2"):
        Watch(stopped).measure(FIRST + 30 * DAY)


def test_a_column_that_is_missing_costs_only_what_needs_it() -> None:
    signals = {"pain": {"where": {"event": "pain"}}, "slow": {"of": {"event": "page_view"}, "over": 3}}
    watch = Watch(World(missing=("value",)), {"signals": signals})
    skipped = {skip.subject: skip.reason for skip in watch.measure(FIRST + 30 * DAY).coverage.skipped}
    assert skipped == {"slow": "the events have no column `value`"}


def test_what_was_never_seen_is_not_called_well() -> None:
    watch = Watch(World({"pain": usually(0)}))
    with pytest.raises(NotMeasuredError, match="no such event was ever seen"):
        watch.measure(FIRST + 30 * DAY)


def test_negative_durations_and_a_million_routes_are_told() -> None:
    def seconds(time: Any, segment: tuple[str, ...]) -> float:
        return -1.0 if segment == ("/", "Chrome") and time.hour == 3 else 1.0

    world = World(
        seconds=seconds, distinct=10_000_000, dropped={"late": 12}, segments={("/", "Chrome"): 9.0, ("/b", "Edge"): 5.0}
    )
    watch = Watch(world, {"signals": {"load": {"where": {"event": "page_view"}, "value": "value"}}})
    told = [f"{skip.subject}: {skip.reason}" for skip in watch.measure(FIRST + 30 * DAY).coverage.skipped]
    assert "events: 12 rows do not count: late" in told
    assert any("negative values of `value` were left out" in text for text in told)
    assert "route: 10,000,000 of 10,000,002 values are rare, and are counted together" in told
