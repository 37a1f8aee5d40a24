"""From journeys' numbers to a score: what repeats is exact, the blend is by shares, and nothing is made up."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.bench.browser import _executed
from autoresearch.bench.model import Benchmark, Step
from autoresearch.bench.run import blended, summed_up
from autoresearch.errors import NotMeasuredError

TWO = {
    "home": [{"bytes": 100.0, "cls": 0.1, "fcp": 50.0}, {"bytes": 100.0, "cls": 0.1, "fcp": 70.0}],
    "cart": [{"bytes": 300.0, "cls": 0.3, "fcp": 20.0}, {"bytes": 300.0, "cls": 0.3, "fcp": 20.0}],
}


def test_counters_are_summed_shifts_are_the_worst_and_of_what_varies_the_median_counts() -> None:
    found = summed_up(TWO, {"bytes": 1})
    assert (found.metrics["bytes"], found.metrics["cls"], found.metrics["fcp"]) == (400, 0.3, 80)
    assert found.metrics["cart/bytes"] == 300


def test_exact_is_what_was_the_same_in_every_run_of_every_journey() -> None:
    exact = summed_up(TWO, {"bytes": 1}).exact
    assert "bytes" in exact
    assert "cart/fcp" in exact
    assert "fcp" not in exact


def test_a_number_that_a_run_lacks_makes_no_score() -> None:
    walks = {"home": [{"bytes": 1.0, "lcp": 3.0}, {"bytes": 1.0}]}
    assert summed_up(walks, {"bytes": 1}).score == 2 - 1 + 1
    with pytest.raises(NotMeasuredError, match="needs `lcp`"):
        summed_up(walks, {"lcp": 1})


@given(st.floats(10, 1e6), st.floats(10, 1e6), st.floats(0.1, 10), st.floats(0.1, 10))
def test_a_tenth_less_of_anything_counts_by_its_weight_alone(a: float, b: float, wa: float, wb: float) -> None:
    weights = {"bytes": wa, "requests": wb}
    before = blended({"bytes": a, "requests": b}, weights)
    after = blended({"bytes": 0.9 * (a + 1) - 1, "requests": b}, weights)
    assert after / before == pytest.approx(0.9 ** (wa / (wa + wb)), rel=1e-4)


def test_a_counter_of_zero_is_a_number() -> None:
    assert blended({"long-tasks": 0.0}, {"long-tasks": 1}) == 1


def test_the_line_repeats_the_nonce_that_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    found = summed_up(TWO, {"bytes": 1})
    assert "nonce" not in json.loads(found.line())
    monkeypatch.setenv("AUTORESEARCH_NONCE", "n1")
    assert json.loads(found.line())["nonce"] == "n1"


def test_a_path_alone_is_a_goto() -> None:
    asked = Benchmark(serve="dist", journeys={"home": "/", "buy": ["/", {"click": "#buy"}]})  # type: ignore[arg-type,dict-item]
    assert asked.journeys["home"] == (Step(goto="/"),)
    assert asked.journeys["buy"] == (Step(goto="/"), Step(click="#buy"))


@pytest.mark.parametrize("step", [{}, {"goto": "/", "click": "a"}, {"tap": "a"}])
def test_a_step_is_exactly_one_thing(step: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"exactly one|tap"):
        Benchmark.model_validate({"serve": "dist", "journeys": {"home": [step]}})


def test_what_is_kept_for_the_morning_is_not_walked_in_the_night() -> None:
    asked = Benchmark.model_validate({"serve": "d", "journeys": {"home": "/", "pay": "/pay"}, "holdout": ["pay"]})
    assert list(asked.without(asked.holdout).journeys) == ["home"]
    assert list(asked.only(["pay"]).journeys) == ["pay"]
    with pytest.raises(ValueError, match="no journey cart"):
        asked.only(["cart"])


def covered(*ranges: tuple[int, int, int]) -> int:
    told = [{"startOffset": start, "endOffset": end, "count": count} for start, end, count in ranges]
    return _executed({"functions": [{"ranges": told}]})


def test_of_a_script_counts_what_ran_and_the_innermost_range_decides() -> None:
    assert covered((0, 100, 1)) == 100
    assert covered((0, 100, 1), (20, 40, 0)) == 80
    assert covered((0, 100, 1), (20, 60, 0), (30, 40, 2)) == 70
    assert covered((0, 100, 0), (20, 60, 3)) == 40
    assert covered() == 0


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 40), st.integers(0, 2)), max_size=8))
def test_no_more_runs_than_there_is(drawn: list[tuple[int, int, int]]) -> None:
    nested: list[tuple[int, int, int]] = [(0, 200, 1)]
    for start, length, count in drawn:
        low, high, _ = nested[-1]
        first = min(low + start, high)
        nested.append((first, min(first + length, high), count))
    by_character = [next(c for s, e, c in reversed(nested) if s <= place < e) > 0 for place in range(200)]
    assert covered(*nested) == sum(by_character)
