"""The night's rule: useless tries are hardly ever kept, gains are, luck is not claimed, and noise may change."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.statistics.night.noise import Noise
from autoresearch.statistics.night.rule import (
    CONFIRM_ALPHA,
    CONFIRM_LOOKS,
    CONFIRM_PAIRS,
    LOOKS,
    SCREEN_ALPHA,
    alpha_for,
    confirm,
    confirmed,
    false_keeps,
    gain,
    harmless,
    screen,
)

SD = 0.0283
"""Of a pair, where a run varies by 2 %."""
KNOWN = Noise.of_same([SD * z for z in (-1.6, -1.1, -0.8, -0.5, -0.3, -0.1, 0.1, 0.3, 0.5, 0.8, 1.1, 1.6)])
pairs_of_a_try = st.lists(st.floats(-1, 1), max_size=CONFIRM_PAIRS)


def tried(draw: Callable[[], float], noise: Noise = KNOWN) -> tuple[str, float, int]:
    """What becomes of one try, what is claimed for it, and how many pairs it took."""
    ratios: list[float] = []
    while (said := screen(ratios, noise)) == "more":
        ratios.append(draw())
    if said == "stop":
        return "dropped", 0.0, len(ratios)
    fresh: list[float] = []
    while (told := confirm(fresh, noise, 0.0)) == "more":
        fresh.append(draw())
    return ("kept" if told == "keep" else "unconfirmed"), gain(fresh, noise).mean, len(ratios) + len(fresh)


def tries(seed: int, effect: float, count: int, sd: float = SD) -> list[tuple[str, float, int]]:
    draw = random.Random(seed)
    return [tried(lambda: draw.gauss(effect, sd)) for _ in range(count)]


def share(outcomes: list[tuple[str, float, int]], what: str) -> float:
    return sum(said == what for said, _, _ in outcomes) / len(outcomes)


def test_of_useless_tries_a_fifth_pass_the_screen_at_most_and_two_in_a_thousand_are_kept() -> None:
    outcomes = tries(41, 0.0, 6000)
    assert 1 - share(outcomes, "dropped") <= SCREEN_ALPHA
    assert share(outcomes, "kept") <= SCREEN_ALPHA * CONFIRM_ALPHA


def test_useless_tries_take_five_pairs_on_average_at_most() -> None:
    outcomes = tries(42, 0.0, 3000)
    assert sum(pairs for _, _, pairs in outcomes) / len(outcomes) <= 5


def test_harm_is_never_kept() -> None:
    assert share(tries(43, -0.02, 2000), "kept") == 0


@pytest.mark.parametrize(("effect", "power"), [(0.02, 0.4), (0.03, 0.8), (0.055, 0.98)])
def test_gains_are_kept(effect: float, power: float) -> None:
    assert share(tries(44, effect, 800), "kept") >= power


def test_what_is_claimed_for_a_gain_is_nearly_what_it_is() -> None:
    claims = [claim for said, claim, _ in tries(45, 0.04, 1000) if said == "kept"]
    assert sum(claims) / len(claims) == pytest.approx(0.04, abs=0.005)


def test_a_candidate_that_is_much_less_steady_than_the_base_is_seldom_kept_for_its_luck() -> None:
    assert share(tries(46, 0.0, 3000, sd=3 * SD), "kept") <= 0.035


def test_noise_that_grew_is_noticed_within_one_confirmation_and_learned() -> None:
    draw = random.Random(47)
    loud = [draw.gauss(0, 4 * SD) for _ in range(CONFIRM_PAIRS)]
    assert KNOWN.grew(loud)
    assert KNOWN.and_of(loud).sd == pytest.approx(4 * SD, rel=0.4)
    assert not KNOWN.grew([draw.gauss(0.1, SD) for _ in range(CONFIRM_PAIRS)])


def test_a_few_stumbles_are_not_grown_noise() -> None:
    draw = random.Random(48)
    steady = [draw.gauss(0, SD) for _ in range(18)]
    assert not KNOWN.grew([*steady, 0.5, -0.5])


def test_noise_is_seen_as_it_is_whatever_the_tries_gained() -> None:
    draw = random.Random(35)
    noise = Noise.of_same([draw.gauss(0, SD) for _ in range(12)])
    for _ in range(300):
        middle = draw.uniform(-0.1, 0.1)
        noise = noise.and_of([draw.gauss(middle, SD) for _ in range(7)])
    assert noise.sd == pytest.approx(SD, rel=0.1)


def test_noise_follows_a_machine_that_calms_down() -> None:
    draw, noise = random.Random(49), KNOWN
    for _ in range(150):
        noise = noise.and_of([draw.gauss(0, SD / 4) for _ in range(5)])
    assert noise.sd == pytest.approx(SD / 4, rel=0.2)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    draw = random.Random(50)
    found = [gain([draw.gauss(0.01, SD) for _ in range(20)], Noise(SD**2 * 0.7784 * 50, 50)) for _ in range(2000)]
    assert sum(each.low <= 0.01 <= each.high for each in found) / len(found) == pytest.approx(0.95, abs=0.02)


def test_a_larger_smallest_effect_asks_less_often_and_keeps_nothing_small() -> None:
    ratios = [0.02, 0.02]
    assert screen(ratios, Noise(1e-6, 50), 0.01) == "pass"
    assert screen(ratios, Noise(1e-6, 50), 0.05) == "stop"
    assert confirm([0.02] * 5, Noise(1e-6, 50), 0.01) == "keep"
    assert confirm([0.02] * CONFIRM_PAIRS, Noise(1e-6, 50), 0.05) == "stop"


@given(pairs_of_a_try)
def test_the_screen_says_more_before_its_first_look_and_never_after_its_last(ratios: list[float]) -> None:
    said = screen(ratios, KNOWN)
    assert (said == "more") if len(ratios) < LOOKS[0] else True
    assert (said != "more") if len(ratios) >= LOOKS[-1] else True


@given(pairs_of_a_try)
def test_the_confirmation_decides_at_its_looks_only_and_always_at_the_last(ratios: list[float]) -> None:
    told = confirm(ratios, KNOWN, 0.0)
    if len(ratios) not in [pairs for pairs, _, _ in CONFIRM_LOOKS]:
        assert told == "more"
    if len(ratios) == CONFIRM_PAIRS:
        assert told in {"keep", "stop"}


def test_the_looks_of_a_confirmation_share_its_whole_level() -> None:
    assert sum(part for _, part, _ in CONFIRM_LOOKS) == pytest.approx(1)


@given(st.lists(st.floats(-0.2, 0.2), min_size=5, max_size=20), st.floats(0, 0.2))
def test_pairs_that_are_all_better_never_turn_a_keep_into_less(ratios: list[float], by: float) -> None:
    before, after = gain(ratios, KNOWN), gain([ratio + by for ratio in ratios], KNOWN)
    assert after.mean == pytest.approx(before.mean + by, abs=1e-9)
    assert after.p <= before.p + 1e-9


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=20))
def test_swapping_the_sides_turns_the_gain_around(ratios: list[float]) -> None:
    there, back = gain(ratios, KNOWN), gain([-ratio for ratio in ratios], KNOWN)
    assert back.mean == pytest.approx(-there.mean, abs=1e-9)
    assert back.low == pytest.approx(-there.high, abs=1e-9)


@given(st.lists(st.floats(-700, 700), min_size=2, max_size=20))
def test_no_pairs_are_too_wild(ratios: list[float]) -> None:
    found = gain(ratios, KNOWN.and_of(ratios))
    assert found.low <= found.mean <= found.high
    assert 0 <= found.p <= 1


def test_a_stumble_of_the_machine_neither_makes_a_gain_nor_hides_one() -> None:
    assert confirm([0.0] * 4 + [2.0], KNOWN, 0.0) != "keep"
    assert confirm([0.05] * 9 + [-2.0], KNOWN, 0.0) == "keep"
    assert screen([0.3, 0.0], KNOWN) == "more"
    assert screen([-0.3, 0.0], KNOWN) == "more"


def test_a_gain_below_half_of_the_smallest_that_is_wanted_is_not_kept() -> None:
    assert confirmed(gain([0.02] * 10, Noise(1e-6, 100)), 0.03)
    assert not confirmed(gain([0.01] * 10, Noise(1e-6, 100)), 0.03)


def test_a_budget_of_false_keeps_makes_the_confirmation_stricter() -> None:
    assert false_keeps(100, alpha_for(0.05, 100)) == pytest.approx(0.05)
    assert alpha_for(1000, 1) == CONFIRM_ALPHA


def test_a_guardrail_wants_proof_that_nothing_got_worse() -> None:
    assert harmless([0.0] * 10, 0.02)
    assert not harmless([0.03] * 10, 0.02)
    assert not harmless([0.015, -0.05, 0.06, 0.01, 0.02], 0.02)  # 0.011 on average, but nobody knows
    assert not harmless([], 0.02)


def test_a_metric_at_its_tolerance_passes_the_guardrail_once_in_twenty() -> None:
    draw = random.Random(51)
    passed = sum(harmless([draw.gauss(0.02, 0.01) for _ in range(10)], 0.02) for _ in range(4000)) / 4000
    assert passed == pytest.approx(0.05, abs=0.012)


def test_a_night_on_other_noise_keeps_little_that_is_useless_and_most_that_helps() -> None:
    draw, learned = random.Random(52), [KNOWN]
    kept, helpful, beyond = [], 0, 0.0

    def pair(effect: float) -> float:
        late = [draw.expovariate(5) if draw.random() < 0.02 else 0.0 for _ in range(2)]
        return effect + SD * draw.uniform(-1, 1) * 3**0.5 + late[0] - late[1]

    for size in [0.0, 0.0, 0.0, 0.05, 0.0, 0.0, 0.0, 0.0, -0.05, 0.03] * 150:
        pairs: list[float] = []

        def seen(size: float = size, pairs: list[float] = pairs) -> float:
            pairs.append(pair(size))
            return pairs[-1]

        said, claim, _ = tried(seen, learned[0])
        learned[0] = learned[0].and_of(pairs)
        helpful += size > 0
        if said == "kept":
            kept.append(size)
            beyond += claim - size
    assert sum(size <= 0 for size in kept) <= 0.02 * len(kept)
    assert sum(size > 0 for size in kept) >= 0.85 * helpful
    assert beyond / len(kept) == pytest.approx(0, abs=0.005)
