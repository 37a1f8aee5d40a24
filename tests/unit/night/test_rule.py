"""The rule of the night: of useless tries, one in five hundred is kept; gains are; and luck is not claimed."""

from __future__ import annotations

import random
from math import log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.statistics.night.end import holds, proven
from autoresearch.statistics.night.noise import CLIP, Noise, as_gain, as_ratio, ratio
from autoresearch.statistics.night.rule import (
    CONFIRM_ALPHA,
    CONFIRM_PAIRS,
    LOOKS,
    SCREEN_ALPHA,
    alpha_for,
    confirmed,
    false_keeps,
    gain,
    harmless,
    screen,
)
from autoresearch.statistics.night.start import calibrate, classify, power
from autoresearch.statistics.student import critical, upper_tail

SD = 0.0283
"""Of a pair, where a run varies by 2 %."""
KNOWN = Noise.of_same([SD * z for z in (-1.6, -1.1, -0.8, -0.5, -0.3, -0.1, 0.1, 0.3, 0.5, 0.8, 1.1, 1.6)])


def tries(seed: int, effect: float, count: int) -> list[str]:
    """What becomes of so many tries with one true effect."""
    draw, outcomes = random.Random(seed), []
    for _ in range(count):
        ratios: list[float] = []
        while (said := screen(ratios, KNOWN)) == "more":
            ratios.append(draw.gauss(effect, KNOWN.sd))
        if said == "pass":
            fresh = [draw.gauss(effect, KNOWN.sd) for _ in range(CONFIRM_PAIRS)]
            said = "keep" if confirmed(gain(fresh, KNOWN), 0.0) else "inconclusive"
        outcomes.append(said)
    return outcomes


def test_of_useless_tries_a_fifth_pass_the_screen_at_most_and_hardly_any_is_kept() -> None:
    outcomes = tries(31, 0.0, 4000)
    assert sum(each != "stop" for each in outcomes) <= 1.1 * SCREEN_ALPHA * len(outcomes)
    assert outcomes.count("keep") <= 2 * SCREEN_ALPHA * CONFIRM_ALPHA * len(outcomes)


def test_harm_is_never_kept() -> None:
    assert "keep" not in tries(32, -0.02, 2000)


def test_a_gain_of_twice_the_noise_is_kept_nearly_always() -> None:
    assert tries(33, 2 * SD, 500).count("keep") >= 490


def test_most_useless_tries_end_after_two_pairs() -> None:
    draw = random.Random(34)
    at_first = [screen([draw.gauss(0, SD), draw.gauss(0, SD)], KNOWN) for _ in range(2000)]
    assert at_first.count("stop") > 0.55 * len(at_first)


@given(st.lists(st.floats(-1, 1), max_size=LOOKS[-1]))
def test_the_screen_decides_at_its_looks_only_and_always_at_the_last(ratios: list[float]) -> None:
    said = screen(ratios, KNOWN)
    if len(ratios) not in LOOKS:
        assert said == "more"
    if len(ratios) == LOOKS[-1]:
        assert said in {"pass", "stop"}


def test_two_pairs_that_contradict_each_other_say_nothing_yet() -> None:
    assert screen([0.3, 0.0], KNOWN) == "more"
    assert screen([-0.3, 0.0], KNOWN) == "more"


def test_a_stumble_of_the_machine_neither_makes_a_gain_nor_hides_one() -> None:
    steady = [0.05] * 9
    assert not confirmed(gain([0.0] * 9 + [2.0], KNOWN), 0.0)
    assert confirmed(gain([*steady, -2.0], KNOWN), 0.0)


@given(st.lists(st.floats(-0.2, 0.2), min_size=2, max_size=30), st.floats(-0.1, 0.1))
def test_a_shift_of_all_pairs_shifts_the_mean_and_its_interval(ratios: list[float], by: float) -> None:
    one, other = gain(ratios, KNOWN), gain([each + by for each in ratios], KNOWN)
    for before, after in zip((one.mean, one.low, one.high), (other.mean, other.low, other.high), strict=True):
        assert after == pytest.approx(before + by, abs=1e-12)


def test_noise_is_seen_as_it_is_and_tries_make_it_more_certain() -> None:
    draw = random.Random(35)
    noise = Noise.of_same([draw.gauss(0, SD) for _ in range(12)])
    for _ in range(300):
        middle = draw.uniform(-0.1, 0.1)
        noise = noise.and_of([draw.gauss(middle, SD) for _ in range(7)])
    assert noise.sd == pytest.approx(SD, rel=0.08)
    assert noise.df == 12 + 300 * 6


def test_one_wild_pair_in_twelve_hardly_changes_the_noise() -> None:
    calm = [SD * z for z in (-1.6, -1.1, -0.8, -0.5, -0.3, -0.1, 0.1, 0.3, 0.5, 0.8, 1.1)]
    assert Noise.of_same([*calm, 3.0]).sd < 1.5 * Noise.of_same([*calm, CLIP * SD]).sd


def test_noise_of_a_single_pair_is_none() -> None:
    with pytest.raises(ValueError, match="two pairs"):
        Noise.of_same([0.1])


@pytest.mark.parametrize(("better", "after"), [("lower", 0.98), ("higher", 1 / 0.98)])
def test_a_gain_is_positive_whichever_way_the_score_goes(better: str, after: float) -> None:
    assert ratio(1.0, after, better) == pytest.approx(-log(0.98))  # type: ignore[arg-type]


def test_a_score_of_zero_has_no_ratio() -> None:
    with pytest.raises(ValueError, match="above 0"):
        ratio(1.0, 0.0, "lower")


@given(st.floats(0.001, 0.9), st.sampled_from(["lower", "higher"]))
def test_gains_and_ratios_are_two_words_for_one_thing(share: float, better: str) -> None:
    assert as_gain(as_ratio(share, better), better) == pytest.approx(share)  # type: ignore[arg-type]


def test_a_gain_far_below_the_smallest_that_is_wanted_is_not_kept() -> None:
    assert confirmed(gain([0.02] * 10, Noise(1e-6, 100)), 0.03)
    assert not confirmed(gain([0.01] * 10, Noise(1e-6, 100)), 0.03)


def test_a_guardrail_wants_proof_that_nothing_got_worse() -> None:
    assert harmless([0.0] * 10, 0.02)
    assert not harmless([0.03] * 10, 0.02)
    assert not harmless([0.015, -0.05, 0.06, 0.01, 0.02], 0.02)  # 0.011 on average, but nobody knows
    assert not harmless([], 0.02)


def test_a_budget_of_false_keeps_makes_the_confirmation_stricter() -> None:
    assert alpha_for(0.05, 100) == pytest.approx(0.0025)
    assert alpha_for(0.05, 1) == CONFIRM_ALPHA
    assert false_keeps(100) == pytest.approx(0.2)


def test_three_equal_scores_are_exact_and_anything_else_is_noisy() -> None:
    assert classify([2.5, 2.5, 2.5]) == "exact"
    assert classify([2.5, 2.5, 2.5 + 1e-9]) == "noisy"
    assert classify([2.5, 2.5]) == "noisy"


def test_a_night_that_could_not_see_its_smallest_gain_is_refused_and_says_what_would_do() -> None:
    draw = random.Random(36)
    same = [draw.gauss(0, SD) for _ in range(12)]
    found = calibrate(same, 0.01, lambda: draw.gauss(0, 1))
    assert found.refused
    assert found.power < 0.2
    tries_ = [[draw.gauss(0, 1) for _ in range(LOOKS[-1] + CONFIRM_PAIRS)] for _ in range(1500)]
    assert power(found.visible, found.noise, tries_) == pytest.approx(0.5, abs=0.06)
    steadier = Noise(found.needed_sd**2 * 0.7784 * 12, 12)
    assert power(0.01, steadier, tries_) == pytest.approx(0.5, abs=0.08)
    assert not calibrate(same, 0.08, lambda: draw.gauss(0, 1)).refused


def test_the_morning_believes_an_interval_above_zero_and_keeps_what_probably_helps() -> None:
    noise = Noise(0.01**2 * 0.7784 * 50, 50)
    clear, weak, none = (gain([mean] * 10, noise) for mean in (0.02, 0.004, 0.0))
    assert (proven(clear), proven(weak), proven(none)) == (True, False, False)
    assert (holds(clear), holds(weak), holds(none)) == (True, True, False)


@pytest.mark.parametrize(("alpha", "df"), [(0.2, 3), (0.05, 11), (0.01, 60), (0.001, 1000)])
def test_the_critical_value_is_exceeded_as_often_as_it_says(alpha: float, df: float) -> None:
    assert upper_tail(critical(alpha, df), df) == pytest.approx(alpha, rel=1e-6)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    draw, covered = random.Random(37), 0
    for _ in range(1500):
        found = gain([draw.gauss(0.01, SD) for _ in range(20)], Noise(SD**2 * 0.7784 * 200, 200))
        covered += found.low <= 0.01 <= found.high
    assert covered / 1500 == pytest.approx(0.95, abs=3 * sqrt(0.05 * 0.95 / 1500) + 0.01)
