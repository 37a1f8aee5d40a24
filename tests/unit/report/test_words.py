"""Numbers and counts as a person would write them."""

from __future__ import annotations

import pytest

from autoresearch.report.words import age, difference, evidence, listing, number, plural


@pytest.mark.parametrize(
    ("count", "told"), [(0, "0 findings"), (1, "1 finding"), (2, "2 findings"), (5_000, "5,000 findings")]
)
def test_counts_have_their_plural(count: int, told: str) -> None:
    assert plural(count, "finding") == told


def test_a_list_reads_like_a_sentence() -> None:
    assert [listing(parts) for parts in ([], ["a"], ["a", "", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (3.0, "", "3"),
        (1234567.0, "bytes", "1,234,567 bytes"),
        (0.95238, "", "0.9524"),
        (98.5, "%", "98.5 %"),
        (-2.5, "c-d", "−2.5 c-d"),
        (12345.678, "ms", "12,346 ms"),
        (1e300, "", "1e+300"),
        (None, "ms", "–"),
    ],
)
def test_numbers_are_short_and_keep_their_unit(value: float | None, unit: str, told: str) -> None:
    assert number(value, unit) == told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (3, 5, "+2"),
        (5, 3, "−2"),
        (1.5, 3.0, "+100.0 %"),
        (-1.5, -3.0, "−100.0 %"),
        (0.0, 0.25, "+0.25"),
        (7.0, 7.0, "no change"),
        (None, 7.0, ""),
        (1_000, 5_000, "+400.0 %"),
    ],
)
def test_a_difference_says_how_far_and_which_way(before: float | None, after: float, told: str) -> None:
    assert difference(before, after) == told


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (None, ""),
        (float("nan"), ""),
        (-1.0, ""),
        (0.01, "less than an hour old"),
        (0.125, "3 hours old"),
        (1.0, "1 day old"),
        (13.6, "14 days old"),
    ],
)
def test_an_age_is_in_the_unit_that_fits(days: float | None, told: str) -> None:
    assert age(days) == told


def test_evidence_tells_what_the_comparison_rests_on_and_leaves_out_what_stands_elsewhere() -> None:
    facts = {"reruns": [2380.0, 2410.5], "p": 0.00312, "n": 20, "window": 3, "t": 4.1, "since": "2026", "note": "slow"}
    told = "against 20 earlier runs, window of 3, p = 0.00312, measured again: 2,380, 2,410, note slow"
    assert evidence(facts) == told


def test_a_window_of_the_newest_run_alone_and_how_small_a_small_p_is_go_without_saying() -> None:
    assert evidence({"n": 8, "window": 1, "p": 3.276e-09}) == "against 8 earlier runs, p < 0.001"


@pytest.mark.parametrize(
    "facts", [{"a": 10**400}, {"a": float("inf")}, {"a": list(range(10_000))}, {"a": {"b": [None, object()]}}]
)
def test_any_evidence_can_be_told_in_a_line(facts: dict[str, object]) -> None:
    assert len(evidence(facts)) < 400
