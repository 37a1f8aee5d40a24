"""Before the night and after it: what can be seen, what is refused, and what holds in the morning."""

from __future__ import annotations

import random
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.statistics.night.end import holds, proven
from autoresearch.statistics.night.noise import Better, Noise, as_gain, as_ratio, ratio
from autoresearch.statistics.night.rule import CONFIRM_PAIRS, LOOKS, gain
from autoresearch.statistics.night.start import Calibration, calibrate, classify, power
from autoresearch.statistics.student import critical, upper_tail

SD = 0.0283


def calibrated(min_effect: float, sd: float = SD) -> Calibration:
    draw = random.Random(61)
    return calibrate([draw.gauss(0, sd) for _ in range(12)], min_effect, lambda: draw.gauss(0, 1))


def test_three_equal_scores_are_exact_and_anything_else_is_noisy() -> None:
    assert classify([2.5, 2.5, 2.5]) == "exact"
    assert classify([2.5, 2.5, 2.5 + 1e-9]) == "noisy"
    assert classify([2.5, 2.5]) == "noisy"


def test_a_night_that_would_miss_most_of_its_smallest_gains_is_refused() -> None:
    assert calibrated(0.01).refused
    assert not calibrated(0.08).refused


def test_a_refusal_says_what_would_do() -> None:
    draw, found = random.Random(62), calibrated(0.01)
    others = [[draw.gauss(0, 1) for _ in range(LOOKS[-1] + CONFIRM_PAIRS)] for _ in range(1500)]
    assert power(found.visible, found.noise, others) == pytest.approx(0.5, abs=0.06)
    steadier = Noise.of_same([found.needed_sd / found.noise.sd * SD * z for z in (-1.2, -0.7, 0.7, 1.2)])
    assert power(0.01, steadier, others) > 0.3


def test_less_noise_sees_more() -> None:
    found = [calibrated(0.02, sd) for sd in (0.005, 0.02, 0.08)]
    assert found[0].power > found[1].power > found[2].power
    assert found[0].visible < found[1].visible < found[2].visible


def test_noise_of_a_single_pair_is_none() -> None:
    with pytest.raises(ValueError, match="two pairs"):
        Noise.of_same([0.1])


def test_one_wild_pair_in_twelve_hardly_changes_the_noise() -> None:
    calm = [SD * z for z in (-1.6, -1.1, -0.8, -0.5, -0.3, -0.1, 0.1, 0.3, 0.5, 0.8, 1.1)]
    assert Noise.of_same([*calm, 3.0]).sd < 1.2 * Noise.of_same([*calm, 1.6 * SD]).sd


@pytest.mark.parametrize(("better", "after"), [("lower", 0.98), ("higher", 1 / 0.98)])
def test_a_gain_is_positive_whichever_way_the_score_goes(better: Better, after: float) -> None:
    assert ratio(1.0, after, better) == pytest.approx(-log(0.98))


@pytest.mark.parametrize("score", [0.0, -1.0, float("nan"), float("inf")])
def test_a_score_that_is_no_positive_number_has_no_ratio(score: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        ratio(1.0, score, "lower")


@given(st.floats(0.001, 0.9), st.sampled_from(["lower", "higher"]))
def test_gains_and_ratios_are_two_words_for_one_thing(share: float, better: Better) -> None:
    assert as_gain(as_ratio(share, better), better) == pytest.approx(share)


def test_the_morning_believes_an_interval_above_zero_and_keeps_what_probably_helps() -> None:
    noise = Noise(0.01**2 * 0.7784 * 50, 50)
    clear, weak, none = (gain([mean + off for off in (-0.01, 0.01) * 5], noise) for mean in (0.02, 0.004, 0.0))
    assert (proven(clear), proven(weak), proven(none)) == (True, False, False)
    assert (holds(clear), holds(weak), holds(none)) == (True, True, False)


@pytest.mark.parametrize(("alpha", "df"), [(0.2, 3), (0.05, 11), (0.01, 60), (0.001, 1000)])
def test_the_critical_value_is_exceeded_as_often_as_it_says(alpha: float, df: float) -> None:
    assert upper_tail(critical(alpha, df), df) == pytest.approx(alpha, rel=1e-6)
