"""Interleaved pairs of base and head: what counts as a change, and how often noise does."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autoresearch.statistics.pairs import MIN_PAIRS, decide, looks_changed


def readings(draw: random.Random, level: float, n: int = 6, noise: float = 0.03, outliers: float = 0.0) -> list[float]:
    slow = [1.5 if draw.random() < outliers else 1.0 for _ in range(n)]
    return [level * s * draw.lognormvariate(0, noise) for s in slow]


def share(verdict: str, step: float, *, noise: float = 0.03, outliers: float = 0.0, runs: int = 2_000) -> float:
    draw = random.Random(f"{step} {noise} {outliers}")
    told = 0
    for _ in range(runs):
        base = readings(draw, 100, noise=noise, outliers=outliers)
        head = readings(draw, 100 * step, noise=noise, outliers=outliers)
        told += decide(base, head, better="lower").verdict == verdict
    return told / runs


@pytest.mark.parametrize("outliers", [0.0, 0.05])
def test_noise_alone_is_hardly_ever_called_worse(outliers: float) -> None:
    assert share("worse", 1.0, outliers=outliers) <= 0.01


def test_a_tenth_more_is_found_in_six_pairs() -> None:
    assert share("worse", 1.1) >= 0.9
    assert share("better", 0.9) >= 0.9


def test_what_never_matters_is_never_told() -> None:
    assert share("worse", 1.005, noise=0.0001, runs=100) == 0
    assert not looks_changed(100, 100.5)
    assert looks_changed(100, 102)
    assert not looks_changed(100, 102, resolution=5)


@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=MIN_PAIRS - 1))
def test_few_pairs_decide_nothing(values: list[float]) -> None:
    assert decide(values, values, better="lower").verdict == "undecided"


@example(base=[1.0, 1.0, 296.0, 296.0, 296.0, 0.03125], times=100.0)
@given(st.lists(st.floats(0.001, 1e6), min_size=MIN_PAIRS, max_size=20), st.floats(0.01, 100))
def test_both_sides_are_treated_alike(base: list[float], times: float) -> None:
    head = [times * value for value in base]
    there, back = decide(base, head, better="lower"), decide(head, base, better="lower")
    opposite = {"worse": "better", "better": "worse", "same": "same"}
    assert back.verdict == opposite[there.verdict]


def test_what_drifts_moves_both_readings_of_a_pair() -> None:
    drift = [1.0, 1.2, 1.5, 1.9, 2.4, 3.0]
    base = [100 * d for d in drift]
    head = [112 * d for d in drift]
    found = decide(base, head, better="lower")
    assert found.verdict == "worse"
    assert found.effect == pytest.approx(0.12)


def test_a_larger_spread_in_history_asks_for_more() -> None:
    base, head = [100.0] * 6, [106.0] * 6
    assert decide(base, head, better="lower").verdict == "worse"
    assert decide(base, head, better="lower", spread=0.1).verdict == "same"
