"""What is remembered of a segment's hours: sums that do not care for order."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch.errors import StateError
from autoresearch.statistics.pain.history import BLOCK, DAYS, History, Hours, merged

calm = settings(deadline=None, derandomize=True, max_examples=40)
FIRST = 494_000
hours = st.dictionaries(
    st.integers(FIRST, FIRST + 24 * 100),
    st.integers(0, 500).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    max_size=30,
)


@calm
@given(a=hours, b=hours, c=hours)
def test_merging_is_associative_and_commutative_to_the_last_digit(a: Hours, b: Hours, c: Hours) -> None:
    x, y, z = map(History.of, (a, b, c))
    assert x + y == y + x
    assert (x + y) + z == x + (y + z) == merged([z, x, y])
    assert x + History() == x


@calm
@given(a=hours)
def test_hours_may_come_one_by_one_or_all_at_once(a: Hours) -> None:
    assert merged(History.of({hour: pair}) for hour, pair in a.items()) == History.of(a)
    assert History.of(dict(reversed(list(a.items())))).as_dict() == History.of(a).as_dict()


@calm
@given(a=hours, extra=st.integers(1, 50))
def test_late_events_revise_an_hour(a: Hours, extra: int) -> None:
    before = {hour: pair for hour, pair in a.items() if hour > FIRST + 24 * 90}
    after = {hour: (n + 2 * extra, k + extra) for hour, (n, k) in before.items()}
    assert History.of(a).revise(before, after) == History.of({**a, **after})


@calm
@given(a=hours)
def test_it_survives_json(a: Hours) -> None:
    history = History.of(a)
    assert History.from_dict(json.loads(json.dumps(history.as_dict()))) == history


def test_five_hundred_busy_segments_are_under_one_megabyte() -> None:
    rng = random.Random(1)
    busy = {hour: (rng.randrange(1500, 2500), rng.randrange(30, 70)) for hour in range(FIRST, FIRST + 24 * 100)}
    text = json.dumps(History.of(busy).as_dict())
    assert 500 * len(text.encode()) < 1_000_000


def test_only_six_weeks_of_days_and_two_blocks_are_kept() -> None:
    history = History.of(dict.fromkeys(range(FIRST, FIRST + 24 * 200), (10, 1)))
    assert len(history.days) == DAYS
    assert sorted(history.blocks) == [n + (FIRST // 24 + 199) // BLOCK for n in (-1, 0)]


@pytest.mark.parametrize("pair", [(-1, 0), (5, -1), (10**9 + 1, 0), (0, 10**9 + 1)])
def test_counts_that_cannot_be_are_refused(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        History.of({FIRST: pair})


GOOD: dict[str, Any] = History.of({FIRST: (10, 1)}).as_dict()


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        7,
        {"first": 1},
        {**GOOD, "days": [1]},
        {**GOOD, "days": [1.5, 1]},
        {**GOOD, "days": [-1, 1]},
        {**GOOD, "days": [1, 1] * 50},
        {**GOOD, "days": "12"},
        {**GOOD, "blocks": {"x": [0] * 96}},
        {**GOOD, "blocks": {"1": [0] * 95}},
        {**GOOD, "blocks": [1]},
        {**GOOD, "first": True},
    ],
)
def test_state_that_is_no_history_is_told_with_its_place(data: object) -> None:
    with pytest.raises(StateError, match="segments/checkout"):
        History.from_dict(data, "segments/checkout")
