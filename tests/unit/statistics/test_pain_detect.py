"""When a segment's pain is called an alarm, ok, or not yet known."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import cos, pi

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch.statistics.pain.detect import Settings, Window, judge, learnable, picked, tail
from autoresearch.statistics.pain.drift import drifts
from autoresearch.statistics.pain.history import History, Hours
from autoresearch.statistics.pain.model import Expectation, fit
from autoresearch.statistics.pain.recovery import recovery
from autoresearch.statistics.pain.silence import silences
from autoresearch.statistics.pain.sums import Kind

calm = settings(deadline=None, derandomize=True, max_examples=40)
START = 24 * 20_000
NOW = START + 24 * 30
DAY = range(NOW, NOW + 24)
ONE = ("/checkout",)
DEFAULT = Settings()
Draw = Callable[[int, range], dict[int, tuple[int, int]]]


def busy(hour: int) -> float:
    """Sessions at this hour of the day: 4 at night, 76 in the afternoon."""
    return 40 - 36 * cos(2 * pi * (hour % 24 - 3) / 24)


def drawn(rng: random.Random, mean: float, variation: float = 0.0) -> int:
    """Poisson, or negative binomial."""
    rate = mean * rng.gammavariate(1 / variation, variation) if variation else mean
    total, count = rng.expovariate(1), 0
    while total < rate:
        total += rng.expovariate(1)
        count += 1
    return count


def rates(
    seed: int, hours: range, *, rate: float = 0.03, times: float = 1.0, traffic: float = 1.0
) -> dict[int, tuple[int, int]]:
    """Hours whose rate varies by 30 % (Gamma), `times` as high as usual."""
    rng, seen = random.Random(seed), {}
    for hour in hours:
        n = drawn(rng, traffic * busy(hour))
        seen[hour] = (n, min(n, drawn(rng, n * rate * times, 0.09)))
    return seen


def counts(seed: int, hours: range, *, times: float = 1.0) -> dict[int, tuple[int, int]]:
    rng = random.Random(seed)
    return {hour: (1, drawn(rng, times * busy(hour) / 4, 0.05)) for hour in hours}


PAST = rates(1, range(START, NOW))
PASTS = [History.of(rates(900 + i, range(NOW - 24 * 9, NOW))) for i in range(8)]
USUAL = fit({ONE: History.of(PAST)}, "rate", until=NOW)
COUNTED = fit({ONE: History.of(counts(2, range(START, NOW)))}, "count", until=NOW)


def verdict(recent: Hours, expected: Mapping[tuple[str, ...], Expectation] = USUAL) -> str:
    return judge(expected, {ONE: recent}, DAY)[ONE].verdict


# --- known answers ------------------------------------------------------------------------------------------------


def test_the_level_shape_and_variation_are_those_of_the_data() -> None:
    fitted = USUAL[ONE]
    assert fitted.level == pytest.approx(0.03, rel=0.1)
    assert fitted.hourly == pytest.approx(0.09, abs=0.07)
    afternoon, night = (COUNTED[ONE].rate(NOW + slot) for slot in (15, 3))
    assert afternoon / night == pytest.approx(19, rel=0.4)


@pytest.mark.parametrize(("times", "said"), [(1.0, "ok"), (3.0, "alarm"), (8.0, "alarm")])
def test_a_multiple_of_the_usual_rate_is_an_alarm(times: float, said: str) -> None:
    assert verdict(rates(3, DAY, times=times)) == said


def test_a_seasonal_or_marketing_peak_changes_counts_and_not_rates() -> None:
    for seed in range(5):
        assert verdict(rates(seed, DAY, traffic=3.0)) == "ok"


def test_a_peak_of_counts_without_exposure_is_an_alarm() -> None:
    assert verdict(counts(4, DAY), COUNTED) == "ok"
    assert verdict(counts(4, DAY, times=3.0), COUNTED) == "alarm"


def test_the_quiet_hours_of_the_night_are_not_an_alarm() -> None:
    recent = rates(5, range(NOW, NOW + 6))
    assert judge(USUAL, {ONE: recent}, range(NOW, NOW + 6))[ONE].alarms == ()


def test_one_wild_hour_is_no_pain_and_three_are() -> None:
    recent = dict.fromkeys(DAY, (60, 2))
    assert verdict({**recent, NOW + 12: (60, 25)}) == "ok"
    assert verdict({**recent, **dict.fromkeys(range(NOW + 12, NOW + 15), (60, 25))}) == "alarm"


def test_the_alarm_says_how_many_more_than_expected() -> None:
    alarm = judge(USUAL, {ONE: rates(7, DAY, times=4.0)}, DAY, Settings(windows=(24,)))[ONE].alarms[-1]
    assert alarm.ratio == pytest.approx(4.0, rel=0.3)
    assert alarm.excess == alarm.affected - alarm.expected > 50
    assert (alarm.end, alarm.p < 1e-6) == (NOW + 24, True)


def test_little_data_are_said_to_be_little() -> None:
    short = fit({ONE: History.of(rates(8, range(NOW - 24 * 5, NOW)))}, "rate", until=NOW)
    said = judge(short, {ONE: rates(9, DAY, times=5)}, DAY)[ONE]
    assert (said.verdict, said.alarms) == ("insufficient-data", ())
    assert "5 days" in said.reason
    rare = fit({ONE: History.of(rates(8, range(START, NOW), rate=0.0001))}, "rate", until=NOW)
    assert "would not be told" in judge(rare, {ONE: rates(9, DAY, rate=0.0001)}, DAY)[ONE].reason


@calm
@given(hours=st.sets(st.sampled_from(DAY)))
def test_without_exposure_there_is_no_alarm_and_no_ok(hours: set[int]) -> None:
    recent = dict.fromkeys(hours, (0, 0))
    for said in (
        judge(USUAL, {ONE: recent}, DAY)[ONE],
        silences(USUAL, {ONE: recent}, DAY, DEFAULT)[ONE],
    ):
        assert (said.verdict, said.alarms) == ("insufficient-data", ())
    assert judge(USUAL, {ONE: dict.fromkeys(hours, (0, 9))}, DAY)[ONE].alarms == ()


# --- parents ------------------------------------------------------------------------------------------------------


def test_a_new_release_is_judged_by_those_before_it() -> None:
    old = {("/", f"1.{i}"): History.of(rates(20 + i, range(START, NOW))) for i in range(5)}
    new = ("/", "2.0")
    expected = fit({**old, new: History()}, "rate", until=NOW)
    assert expected[new].level == pytest.approx(0.03, rel=0.2)
    assert expected[new].uncertain > 5 * expected["/", "1.0"].uncertain
    assert judge(expected, {new: rates(30, DAY)}, DAY)[new].verdict == "ok"
    assert judge(expected, {new: rates(30, DAY, times=6)}, DAY)[new].verdict == "alarm"


def test_a_segment_with_little_history_is_drawn_toward_its_parent() -> None:
    big = {("/", str(i)): History.of(rates(40 + i, range(START, NOW))) for i in range(4)}
    hot = dict.fromkeys(range(NOW - 24 * 7, NOW - 24 * 7 + 4), (3, 3))
    level = fit({**big, ("/", "hot"): History.of(hot)}, "rate", until=NOW)["/", "hot"].level
    assert 0.03 < level < 0.9


# --- laws ---------------------------------------------------------------------------------------------------------


@calm
@given(seed=st.integers(0, 10**6), times=st.floats(0.5, 4), hour=st.sampled_from(DAY), more=st.integers(1, 30))
def test_more_affected_never_calm_an_alarm(seed: int, times: float, hour: int, more: int) -> None:
    recent = rates(seed, DAY, times=times)
    n, k = recent[hour]
    before = {w.end: w.p for w in judge(USUAL, {ONE: recent}, DAY)[ONE].alarms}
    after = {w.end: w.p for w in judge(USUAL, {ONE: {**recent, hour: (n, min(n, k + more))}}, DAY)[ONE].alarms}
    assert all(after[end] <= p * (1 + 1e-9) for end, p in before.items())


@calm
@given(seed=st.integers(0, 10**6), shift=st.integers(1, 50))
def test_weeks_later_the_same_is_said(seed: int, shift: int) -> None:
    later = 24 * 28 * shift  # blocks of four weeks
    moved = fit({ONE: History.of({h + later: x for h, x in PAST.items()})}, "rate", until=NOW + later)
    recent = rates(seed, DAY, times=2.5)
    one = judge(USUAL, {ONE: recent}, DAY)[ONE]
    other = judge(moved, {ONE: {h + later: x for h, x in recent.items()}}, range(NOW + later, NOW + later + 24))[ONE]
    assert [w.p for w in one.alarms] == [w.p for w in other.alarms]


@calm
@given(order=st.permutations(range(8)))
def test_the_order_of_segments_does_not_matter(order: list[int]) -> None:
    past = {(str(i % 3), str(i)): PASTS[i] for i in order}
    assert fit(past, "rate", until=NOW) == fit(dict(sorted(past.items())), "rate", until=NOW)


@pytest.mark.parametrize("kind", ["rate", "count"])
def test_ten_times_the_data_are_ten_times_the_evidence_or_more(kind: Kind) -> None:
    for affected, expected in ((12, 4.0), (30, 12.0)):
        window = Window(ONE, NOW, NOW + 24, 400, affected, expected, 0.01)
        larger = replace(window, exposed=4000, affected=10 * affected, expected=10 * expected)
        expectation = replace(USUAL[ONE], kind=kind)
        assert tail(expectation, larger) < tail(expectation, window) / 10


def test_a_funnel_step_that_fewer_take_is_asked_of_those_who_did_not() -> None:
    funnel = Settings(min_ratio=1.2)
    usual = fit({ONE: History.of(rates(90, range(START, NOW), rate=0.4))}, "rate", until=NOW)
    assert judge(usual, {ONE: rates(91, DAY, rate=0.4, traffic=4)}, DAY, funnel)[ONE].verdict == "ok"
    assert judge(usual, {ONE: rates(91, DAY, rate=0.6, traffic=4)}, DAY, funnel)[ONE].verdict == "alarm"


def test_benjamini_and_hochberg_pick_more_where_more_is_wrong() -> None:
    def chosen(*ps: float, family: int) -> list[float]:
        return [
            w.p for w in picked([Window((str(i),), 0, 1, 1, 1, 1.0, 0.0, p) for i, p in enumerate(ps)], family, 0.01)
        ]

    assert chosen(4e-5, 2e-4, family=200) == [4e-5]
    assert chosen(9e-5, 6e-5, family=200) == [6e-5, 9e-5]
    assert chosen(9e-5, 6e-5, family=400) == []
    assert chosen(9e-5, family=1) == []
    assert chosen(family=0) == []


def test_the_probabilities_of_clean_hours_are_spread_evenly() -> None:
    cases: list[tuple[Kind, Draw, int]] = [
        ("rate", rates, 6),
        ("rate", rates, 24),
        ("count", counts, 6),
        ("count", counts, 24),
    ]
    for kind, make, length in cases:
        tails = []
        for seed in range(40):
            history = History.of(make(1000 + seed, range(START, NOW)))
            expectation = fit({ONE: history}, kind, until=NOW)[ONE]
            clean = make(2000 + seed, range(NOW, NOW + 120))
            for start in range(NOW, NOW + 120, length):
                seen = {hour: clean[hour] for hour in range(start, start + length)}
                means = {hour: n * expectation.rate(hour) for hour, (n, _) in seen.items()}
                n, k = (sum(pair[i] for pair in seen.values()) for i in (0, 1))
                mean, variation = sum(means.values()), expectation.variation(means)
                window = Window(ONE, start, start + length, n, k, mean, variation)
                tails.append((tail(expectation, window) + tail(expectation, replace(window, affected=k + 1))) / 2)
        shares = {level: sum(p < level for p in tails) / len(tails) for level in (0.02, 0.1, 0.5, 0.9)}
        assert shares[0.02] < 0.07
        assert shares[0.1] == pytest.approx(0.1, abs=0.07)
        assert shares[0.5] == pytest.approx(0.5, abs=0.12)
        assert shares[0.9] == pytest.approx(0.9, abs=0.07)


# --- drift, silence, recovery -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("growth", "said"), [(0.0, "ok"), (0.09, "alarm")])
def test_a_slow_drift_is_told_when_it_has_about_doubled(growth: float, said: str) -> None:
    past = rates(50, range(START, NOW - 24 * 14))
    for i in range(14):
        past |= rates(51 + i, range(NOW - 24 * (14 - i), NOW - 24 * (13 - i)), times=(1 + growth) ** i)
    judged = drifts({ONE: History.of(past)}, {}, "rate", NOW, DEFAULT)[ONE]
    assert judged.verdict == said
    assert drifts({ONE: History.of(past)}, {}, "rate", NOW - 24 * 20, DEFAULT)[ONE].verdict != "alarm"


def test_a_drift_counts_recent_hours_like_remembered_ones() -> None:
    past = rates(60, range(START, NOW - 24 * 10)) | rates(61, range(NOW - 24 * 10, NOW), times=2.2)
    old = {hour: x for hour, x in past.items() if hour < NOW - 48}
    new = {hour: x for hour, x in past.items() if hour >= NOW - 48}
    whole = drifts({ONE: History.of(past)}, {}, "rate", NOW, DEFAULT)[ONE]
    assert (
        drifts({ONE: History.of(old)}, {ONE: new}, "rate", NOW, DEFAULT)[ONE].alarms[0].affected
        == whole.alarms[0].affected
    )
    assert whole.alarms[0].ratio == pytest.approx(2.2, rel=0.2)


def test_a_day_of_nothing_but_pain_is_no_drift() -> None:
    past = rates(62, range(START, NOW - 24)) | rates(63, range(NOW - 24, NOW), times=20)
    assert drifts({ONE: History.of(past)}, {}, "rate", NOW, DEFAULT)[ONE].verdict == "ok"


def test_an_event_that_stopped_is_told_and_a_quiet_night_is_not() -> None:
    silent = {hour: (1, 0 if hour > NOW + 8 else 5) for hour in DAY}
    alarm = silences(COUNTED, {ONE: silent}, DAY, DEFAULT)[ONE].alarms[0]
    assert (alarm.start, alarm.end, alarm.affected) == (NOW + 9, NOW + 24, 0)
    assert alarm.expected > 100
    night = dict.fromkeys(range(NOW, NOW + 5), (1, 0))
    assert silences(COUNTED, {ONE: night}, range(NOW, NOW + 5), DEFAULT)[ONE].verdict != "alarm"


def test_where_nobody_came_no_event_is_missed() -> None:
    nobody = dict.fromkeys(DAY, (0, 0))
    assert silences(USUAL, {ONE: nobody}, DAY, DEFAULT)[ONE].verdict == "insufficient-data"
    crowd = dict.fromkeys(DAY, (60, 0))
    assert silences(USUAL, {ONE: crowd}, DAY, DEFAULT)[ONE].verdict == "alarm"


@pytest.mark.parametrize(
    ("hours", "times", "said"), [(24, 1.0, "recovered"), (24, 3.0, "persists"), (2, 0.0, "insufficient-data")]
)
def test_recovery_needs_as_many_sessions_as_would_have_shown_the_pain(hours: int, times: float, said: str) -> None:
    after = range(NOW, NOW + hours)
    answer, window = recovery(ONE, USUAL[ONE], rates(70, after, times=times), after, 3.0, DEFAULT)
    assert answer == said
    assert window.exposed > 0


def test_silence_is_no_recovery() -> None:
    assert recovery(ONE, USUAL[ONE], {}, DAY, 3.0, DEFAULT)[0] == "insufficient-data"


def test_hours_of_an_alarm_are_not_learned_from() -> None:
    recent = rates(80, DAY)
    window = Window(ONE, NOW + 3, NOW + 6, 1, 1, 1.0, 0.0)
    kept = learnable(recent, NOW + 12, [window])
    assert sorted(kept) == [NOW + i for i in (0, 1, 2, 6, 7, 8, 9, 10, 11)]


# --- wild input ---------------------------------------------------------------------------------------------------

wild = st.sampled_from([(50, 50), (50, 0), (0, 0), (5, 50), (1, 0), (1, 1), (10**9, 10**8), (10**9, 10**9)])


@settings(deadline=None, derandomize=True, max_examples=80)
@given(before=wild, now=wild, kind=st.sampled_from(["rate", "count"]), ratio=st.floats(0, 1e9))
def test_no_counts_are_too_wild(before: tuple[int, int], now: tuple[int, int], kind: Kind, ratio: float) -> None:
    past = {ONE: History.of(dict.fromkeys(range(NOW - 24 * 40, NOW), before))}
    recent = {ONE: dict.fromkeys(DAY, now)}
    expected = fit(past, kind, until=NOW)
    judged = judge(expected, recent, DAY)[ONE]
    for said in (
        judged,
        silences(expected, recent, DAY, DEFAULT)[ONE],
        drifts(past, recent, kind, NOW + 24, DEFAULT)[ONE],
    ):
        assert said.verdict in {"alarm", "ok", "insufficient-data"}
        assert all(0 <= window.p <= 1 for window in said.alarms)
    if kind == "rate" and (before == now or before[0] == 0):
        assert judged.verdict != "alarm"
    answer = recovery(ONE, expected[ONE], recent[ONE], DAY, ratio, DEFAULT)[0]
    assert answer in {"recovered", "persists", "insufficient-data"}


def test_without_segments_there_is_nothing_to_say() -> None:
    assert judge(fit({}, "rate", until=NOW), {}, DAY) == {}
