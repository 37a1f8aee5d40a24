"""One finding for one cause."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch.statistics.pain.causes import MAX_DIMENSIONS, Cell, causes, covers

calm = settings(deadline=None, derandomize=True, max_examples=30)
DIMENSIONS = ("route", "browser", "release", "country")
ROUTES, BROWSERS, RELEASES, COUNTRIES = (
    ("/", "/cart", "/checkout"),
    ("Chrome", "Firefox", "Safari"),
    ("1", "2"),
    ("DE", "FR"),
)
Segment = tuple[str, ...]


def shop(times: Callable[[Segment], float], seed: int = 1) -> list[Cell]:
    """36 segments with 20 affected sessions expected in each, give or take chance."""
    rng, cells = random.Random(seed), []
    for segment in product(ROUTES, BROWSERS, RELEASES, COUNTRIES):
        mean = 20.0 * times(segment)
        affected = max(0, round(rng.gauss(mean, mean**0.5)))
        cells.append(Cell(segment, 1000, affected, 20.0, alarmed=affected > 40))
    return cells


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"route": "/checkout"},
        {"browser": "Safari", "release": "2"},
        {"route": "/checkout", "browser": "Safari", "release": "2"},
        {"route": "/cart", "browser": "Firefox", "release": "1", "country": "FR"},
    ],
)
def test_the_description_names_what_the_sick_segments_share_and_no_more(where: dict[str, str]) -> None:
    def times(segment: Segment) -> float:
        values = dict(zip(DIMENSIONS, segment, strict=True))
        return 4.0 if all(values[name] == value for name, value in where.items()) else 1.0

    for seed in range(10):
        found = causes(shop(times, seed))
        assert [cause.named(DIMENSIONS) for cause in found] == [where]
        assert found[0].ratio == pytest.approx(4.0, rel=0.3)
        assert found[0].explains == 1.0


def test_two_causes_are_two_findings() -> None:
    found = causes(shop(lambda s: 5.0 if s[0] == "/checkout" or s[1:3] == ("Safari", "2") else 1.0))
    assert [cause.named(DIMENSIONS) for cause in found] == [
        {"route": "/checkout"},
        {"browser": "Safari", "release": "2"},
    ]
    assert 0.4 < found[0].explains < 1


def test_the_release_is_not_named_where_there_is_only_one() -> None:
    cells = [c for c in shop(lambda s: 4.0 if s[:2] == ("/checkout", "Safari") else 1.0) if c.segment[2] == "2"]
    assert causes(cells)[0].named(DIMENSIONS) == {"route": "/checkout", "browser": "Safari"}


def test_the_excess_is_that_of_all_it_covers() -> None:
    cells = shop(lambda s: 4.0 if s[0] == "/checkout" else 1.0)
    cause = causes(cells)[0]
    inside = [cell for cell in cells if cell.segment[0] == "/checkout"]
    assert cause.affected == sum(cell.affected for cell in inside)
    assert cause.excess == pytest.approx(sum(cell.affected - 20 for cell in inside))


def test_without_an_alarm_there_is_no_cause() -> None:
    assert causes([]) == []
    assert causes(shop(lambda _: 1.0)) == []


def test_too_many_or_unequal_dimensions_are_refused() -> None:
    for segments in ([("a",), ("a", "b")], [("a",) * (MAX_DIMENSIONS + 1)]):
        with pytest.raises(ValueError, match="dimensions"):
            causes([Cell(segment, 1, 1, 1.0) for segment in segments])


@calm
@given(seed=st.integers(0, 10**6), data=st.data())
def test_every_alarm_is_covered_once_whatever_the_order(seed: int, data: st.DataObject) -> None:
    rng = random.Random(seed)
    cells = shop(lambda _: rng.choice((1.0, 1.0, 1.0, 6.0)), seed)
    found = causes(cells, limit=100)
    assert sorted(s for cause in found for s in cause.alarmed) == sorted(c.segment for c in cells if c.alarmed)
    assert all(covers(cause.where, segment) for cause in found for segment in cause.alarmed)
    assert causes(data.draw(st.permutations(cells)), limit=100) == found


def test_the_number_of_causes_is_bounded() -> None:
    cells = [Cell((str(i),), 100, 50 if i % 9 == 0 else 5, 5.0, alarmed=i % 9 == 0) for i in range(100)]
    assert len(causes(cells, limit=7)) == 7
