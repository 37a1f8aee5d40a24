"""When a noisy number is called worse, better, the same, or not yet known."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import permutations
from statistics import fmean

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autoresearch.statistics.regression import (
    MIN_REFERENCE,
    SCREEN_ALPHA,
    Direction,
    Scale,
    confirm,
    screen,
)

DIRECTIONS: tuple[Direction, Direction] = ("lower", "higher")
MIRROR = {"worse": "better", "better": "worse", "same": "same", "too-little-data": "too-little-data"}
ORDER = ("better", "same", "worse")
QUIET = [100.0, 101.0, 99.0, 100.5, 99.5, 100.2, 99.8, 100.9, 99.1, 100.0]

finite = st.floats(allow_nan=False, allow_infinity=False)
ordinary = st.floats(50, 200)
histories = st.lists(ordinary, min_size=MIN_REFERENCE, max_size=60)
directions = st.sampled_from(DIRECTIONS)
calm = settings(deadline=None, derandomize=True, max_examples=60)


def noise(seed: int, n: int, cv: float = 0.03) -> list[float]:
    generator = random.Random(seed)
    return [100 * generator.lognormvariate(0, cv) for _ in range(n)]


def outlying(seed: int, n: int) -> list[float]:
    """Noise of CV 3 % in which one reading of twenty is an outlier, by 30 % on average."""
    generator = random.Random(seed)
    return [x * (1 + generator.expovariate(1 / 0.3) * (generator.random() < 0.05)) for x in noise(seed + 1, n)]


# --- known answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "verdict"), [(150.0, "worse"), (100.3, "same"), (60.0, "better")])
def test_a_step_on_a_quiet_history_is_seen_at_once(value: float, verdict: str) -> None:
    assert screen(QUIET, value, better="lower").verdict == verdict
    assert screen(QUIET, value, better="higher").verdict == MIRROR[verdict]


def test_the_evidence_says_how_much_against_what() -> None:
    screening = screen(QUIET, 150.0, better="lower")
    assert screening.effect == pytest.approx(0.5)
    assert screening.reference == 100.0
    assert (screening.window, screening.n) == (1, 10)
    assert screening.p < 1e-4
    assert screening.t > 0 > screen(QUIET, 60.0, better="lower").t


def test_a_step_too_small_for_one_run_shows_after_five() -> None:
    history = noise(3, 30)
    assert screen(history, 104.5, better="lower").verdict == "same"
    later = screen([*history, 104.9, 104.2, 105.3, 104.4], 104.5, better="lower")
    assert (later.verdict, later.window) == ("worse", 5)


def test_a_change_under_one_percent_is_the_same_however_sure() -> None:
    quiet = [1000.0 + x / 1e6 for x in range(50)]
    for value in (1009.0, 991.0):
        assert screen(quiet * 2, value, better="lower").verdict == "same"


def test_a_silent_history_is_not_taken_for_exact() -> None:
    assert screen([100.0] * 20, 101.5, better="lower").verdict == "same"
    assert screen([100.0] * 20, 110.0, better="lower").verdict == "worse"


def test_yesterdays_outlier_does_not_speak_today() -> None:
    assert screen([*QUIET, 180.0], 100.0, better="lower").verdict == "same"
    assert screen([*QUIET, 180.0, 180.0], 100.0, better="lower").verdict == "same"


def test_outliers_in_the_history_hardly_hide_a_step() -> None:
    history = QUIET * 2
    history[3] = history[11] = 400.0
    assert screen(history, 112.0, better="lower").verdict == "worse"


def test_only_the_newest_fifty_runs_are_compared_with() -> None:
    assert screen([10.0] * 500 + [100.0] * 50, 100.0, better="lower").verdict == "same"
    assert screen([10.0] * 500 + [100.0] * 50, 100.0, better="lower").n == 50


def test_with_too_little_history_nothing_is_said_of_any_value() -> None:
    for n in range(MIN_REFERENCE):
        screening = screen([100.0] * n, 1e6, better="lower")
        assert (screening.verdict, screening.n) == ("too-little-data", n)
        assert confirm(screening, [1e6] * 3) == "undecided"
    assert screen([100.0] * MIN_REFERENCE, 1e6, better="lower").verdict == "worse"


def test_a_value_that_is_not_a_number_is_refused() -> None:
    for wrong in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="finite"):
            screen(QUIET, wrong, better="lower")
        with pytest.raises(ValueError, match="finite"):
            confirm(screen(QUIET, 150.0, better="lower"), [wrong] * 3)


def test_the_spread_of_the_reference_is_that_of_one_run() -> None:
    references = [screen(noise(seed, 50, cv=0.10), 100.0, better="lower").against for seed in range(200)]
    assert fmean(r.spread for r in references if r) == pytest.approx(0.10, rel=0.07)


# --- zeros and negative numbers -----------------------------------------------------------------------------------


def test_against_nothing_but_zeros_only_what_matters_is_worse() -> None:
    zeros = [0.0] * 20
    for resolution, small, large in ((0.0, 0.001, 0.05), (0.01, 0.01, 0.1), (50.0, 50.0, 400.0)):
        assert screen(zeros, small, better="lower", resolution=resolution).verdict == "same"
        worse = screen(zeros, large, better="lower", resolution=resolution)
        assert (worse.verdict, worse.effect) == ("worse", None)
        assert confirm(worse, [large, large, 0.0]) == "confirmed"
        assert confirm(worse, [large, 0.0, 0.0]) == "refuted"


def test_a_resolution_keeps_small_differences_quiet_on_any_history() -> None:
    assert screen([0.010] * 20, 0.015, better="lower").verdict == "worse"
    assert screen([0.010] * 20, 0.015, better="lower", resolution=0.02).verdict == "same"


def test_what_happened_often_before_is_not_worse_where_most_values_are_zero() -> None:
    often = [30.0, 0.0, 0.0, 0.0, 25.0, 0.0, 35.0, 0.0, 0.0, 0.0] * 3
    twice = [0.0, 30.0, *[0.0] * 8, 25.0, *[0.0] * 9]
    for history, usual in ((often, 32.0), (twice, 15.0)):
        assert screen(history, usual, better="lower").verdict == "same"
        assert screen(history, 300.0, better="lower").verdict == "worse"


def test_the_scale_grows_through_zero() -> None:
    values = [-1e300, -10.0, 0.0, 1e-300, 0.005, 0.02, 0.5, 0.999999, 1.0, 1.000001, 50.0, 1e9, 1e90]
    for history in (QUIET, [*QUIET, 0.0]):
        places = [Scale.of(history, resolution=0.0).place(100 * x) for x in values]
        assert places == sorted(places)
        assert len(set(places)) >= len(values) - 1  # 1e-302 is no different from 0


def test_a_fall_to_zero_is_the_largest_improvement() -> None:
    screening = screen(QUIET, 0.0, better="lower")
    assert screening.verdict == "better"
    assert screening.effect == pytest.approx(-1)
    assert screen(QUIET, 0.0, better="higher").verdict == "worse"


def test_negative_numbers_are_compared_on_a_linear_scale() -> None:
    history = [-x for x in QUIET]
    screening = screen(history, -150.0, better="higher")
    assert screening.verdict == "worse"
    assert screening.effect == pytest.approx(-0.5)
    assert screen(history, -100.3, better="higher").verdict == "same"


# --- reruns -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reruns", "answer"),
    [
        ((), "undecided"),
        ((150.0, 150.0), "undecided"),
        ((150.0, 148.0, 152.0), "confirmed"),
        ((150.0, 148.0, 100.0), "confirmed"),
        ((150.0, 100.0, 101.0), "refuted"),
        ((50.0, 52.0, 51.0), "refuted"),
        ((100.0, 101.0, 150.0, 99.0, 151.0), "refuted"),
    ],
)
def test_the_median_of_three_or_more_reruns_decides(reruns: Sequence[float], answer: str) -> None:
    assert confirm(screen(QUIET, 150.0, better="lower"), reruns) == answer


def test_reruns_must_differ_by_what_matters() -> None:
    screening = screen([100.0] * 20, 150.0, better="lower", resolution=20.0)
    assert confirm(screening, [115.0] * 3) == "refuted"
    assert confirm(screening, [125.0] * 3) == "confirmed"


def test_an_improvement_is_confirmed_in_its_own_direction() -> None:
    screening = screen(QUIET, 60.0, better="lower")
    assert confirm(screening, [61.0, 60.0, 62.0]) == "confirmed"
    assert confirm(screening, [161.0, 160.0, 162.0]) == "refuted"


def test_where_nothing_is_suspected_reruns_decide_nothing() -> None:
    assert confirm(screen(QUIET, 100.0, better="lower"), [150.0] * 3) == "undecided"


def test_reruns_count_as_one_run_however_many() -> None:
    screening = screen(noise(5, 20), 106.0 + 4, better="lower")
    assert screening.verdict == "worse"
    assert confirm(screening, [103.5] * 3) == confirm(screening, [103.5] * 99) == "refuted"


def alarms(history: Sequence[float], readings: Sequence[float]) -> bool:
    screening = screen(history, readings[0], better="lower")
    return screening.verdict == "worse" and confirm(screening, readings[1:]) == "confirmed"


@pytest.mark.parametrize("kind", [noise, outlying])
def test_noise_alone_raises_at_most_five_alarms_in_a_thousand_runs(kind: Callable[[int, int], list[float]]) -> None:
    runs = 2000
    raised = sum(alarms(kind(2 * seed, 20), kind(10**6 + 2 * seed, 4)) for seed in range(runs))
    assert raised <= 5 * runs / 1000


def test_a_step_of_ten_percent_is_caught_within_five_runs() -> None:
    caught, trials = 0, 500
    for seed in range(trials):
        history = outlying(2 * seed, 20)
        for run in range(5):
            readings = [1.1 * x for x in outlying(10**6 + 2 * (5 * seed + run), 4)]
            if alarms(history, readings):
                caught += 1
                break
            history.append(readings[0])
    assert caught >= 0.95 * trials


# --- laws ---------------------------------------------------------------------------------------------------------


@calm
@given(history=histories, value=ordinary, better=directions, exponent=st.integers(-300, 300))
def test_another_unit_changes_nothing(history: list[float], value: float, better: Direction, exponent: int) -> None:
    unit = 2.0**exponent  # powers of two lose no digit, so even the evidence is the same to the last
    one, other = screen(history, value, better=better), screen([unit * x for x in history], unit * value, better=better)
    assert one.as_evidence() == other.as_evidence()
    assert one.verdict == other.verdict
    assert other.reference == unit * one.reference


@calm
@given(history=histories, value=ordinary, better=directions)
def test_reciprocals_swap_lower_and_higher(history: list[float], value: float, better: Direction) -> None:
    other: Direction = "higher" if better == "lower" else "lower"
    one = screen(history, value, better=better)
    mirrored = screen([1 / x for x in history], 1 / value, better=other)
    assume(abs(one.p - SCREEN_ALPHA) > 1e-6)
    assert mirrored.t == pytest.approx(-one.t, rel=1e-6, abs=1e-6)
    assert (mirrored.verdict, mirrored.window, mirrored.n) == (one.verdict, one.window, one.n)


@calm
@given(history=st.lists(finite, min_size=MIN_REFERENCE, max_size=60), low=finite, high=finite, better=directions)
def test_a_larger_value_is_never_judged_smaller(
    history: list[float], low: float, high: float, better: Direction
) -> None:
    assume(low <= high)
    verdicts = [ORDER.index(screen(history, value, better=better).verdict) for value in (low, high)]
    assert verdicts == sorted(verdicts, reverse=better == "higher")


@calm
@given(history=st.lists(ordinary, min_size=9, max_size=60), value=ordinary, better=directions, data=st.data())
def test_the_order_of_what_came_before_the_last_runs_does_not_matter(
    history: list[float], value: float, better: Direction, data: st.DataObject
) -> None:
    assume(len(history) <= 50)
    shuffled = data.draw(st.permutations(history[:-4])) + history[-4:]
    assert screen(history, value, better=better) == screen(shuffled, value, better=better)


@calm
@given(reruns=st.lists(ordinary, min_size=3, max_size=5), value=st.floats(130, 200))
def test_the_order_of_reruns_does_not_matter(reruns: list[float], value: float) -> None:
    screening = screen(QUIET, value, better="lower")
    assert len({confirm(screening, order) for order in permutations(reruns)}) == 1


@calm
@given(
    history=st.lists(finite, max_size=60),
    value=finite,
    reruns=st.lists(finite, max_size=5),
    better=directions,
    resolution=st.floats(0, 1e308),
)
def test_no_finite_input_is_too_wild(
    history: list[float], value: float, reruns: list[float], better: Direction, resolution: float
) -> None:
    screening = screen(history, value, better=better, resolution=resolution)
    assert confirm(screening, reruns) in {"confirmed", "refuted", "undecided"}
    assert 0 <= screening.p <= 1
    numbers = [x for x in (*screening.as_evidence().values(), screening.reference) if x is not None]
    assert all(isinstance(x, int | float) and abs(x) < float("inf") for x in numbers)
