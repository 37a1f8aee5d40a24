"""Nights of the loop over a made-up shop: what it tells, once, and when that is over."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.unit.pain.world import DAY, FIRST, HOUR, Watch, World, sick, usually

NEVER = FIRST + 1000 * DAY
SICK = FIRST + 30 * DAY + 10 * HOUR
"""Four hours into the last night's day."""
PAIN = ("pain/rate-up", "/checkout", "pain: browser Safari")


@pytest.fixture(scope="module")
def outage() -> Watch:
    """Ten times the pain in one browser at the checkout, for two days; eleven nights are seen."""
    watch = Watch(World({"pain": sick(SICK, SICK + 2 * DAY, 10, "/checkout", "Safari")}))
    watch.nights(30, 30)
    return watch


def test_a_pain_is_told_once_with_where_since_when_and_how_much(outage: Watch) -> None:
    watch = Watch(outage.world, baseline=outage.baseline)
    (found,) = watch.nights(31, 31)
    assert list(found) == [PAIN]
    (finding,) = found.values()
    assert "in route /checkout, browser Safari, since 2026-04-01 1" in finding.message
    assert finding.severity == "error"
    assert finding.data is not None
    assert finding.data["ratio"] > 5
    assert finding.data["affected"] - finding.data["expected"] > 30


def test_a_pain_stays_the_same_finding_and_closes_with_evidence(outage: Watch) -> None:
    watch = Watch(outage.world, baseline=outage.baseline)
    nights = watch.nights(31, 33)
    assert [list(found) for found in nights] == [[PAIN]] * 3
    assert not watch.over
    (after,) = watch.nights(34, 34)
    assert after == {}
    assert "are usual" in watch.over[PAIN]


def test_what_comes_just_before_is_named(outage: Watch) -> None:
    from autoresearch.signals.events.model import Release

    settings = {
        "signals": {"pain": {"where": {"event": "pain"}}},
        "changes": [{"at": SICK - HOUR, "what": "flag new-payment on"}, {"at": SICK - 9 * DAY, "what": "long ago"}],
    }
    world = World(outage.world.shares, released=(Release("4.2.1", SICK, SICK + DAY, 9),))
    watch = Watch(world, settings, baseline=outage.baseline)
    ((_, finding),) = watch.nights(31, 31)[0].items()
    assert "release 4.2.1 (2026-04-01 10:00)" in finding.message
    assert "flag new-payment on (2026-04-01 09:00)" in finding.message
    assert "long ago" not in finding.message


def test_a_month_without_pain_tells_of_none() -> None:
    assert not any(Watch(World(seed=7)).nights(30, 44))


def test_five_times_the_traffic_is_no_pain() -> None:
    peak = World(traffic=lambda time: 5.0 if SICK <= time < SICK + 8 * HOUR else 1.0)
    assert not any(Watch(peak).nights(30, 32))


def test_a_pain_everywhere_is_one_finding_of_the_site() -> None:
    watch = Watch(World({"pain": sick(SICK, NEVER, 5)}))
    assert list(watch.nights(30, 31)[1]) == [("pain/rate-up", "/", "pain")]


def test_a_release_that_heals_closes_the_pain_of_the_one_before() -> None:
    def share(time: dt.datetime, segment: tuple[str, ...]) -> float:
        return 0.4 if "4.2.1" in segment else 0.03

    def version(time: dt.datetime) -> str:
        return "4.2.0" if time < SICK else "4.2.1" if time < SICK + DAY else "4.2.2"

    class Releases(World):
        def _hour(self, time: dt.datetime) -> dict[tuple[str, ...], tuple[int, dict[str, int]]]:
            self.segments = {("/checkout", version(time)): 60, ("/", version(time)): 90}
            return super()._hour(time)

    world = Releases({"pain": share}, dimensions=("route", "release"))
    watch = Watch(world)
    nights = watch.nights(30, 34)
    assert nights[0] == {}
    assert len(nights[1]) == 1
    assert nights[-1] == {}


def test_what_is_accepted_becomes_the_usual() -> None:
    watch = Watch(World({"pain": sick(SICK, NEVER, 5)}))
    watch.nights(30, 31)
    ((identity),) = watch.found
    stays = Watch(watch.world, baseline=watch.baseline)
    watch.accept(identity)
    assert stays.nights(32, 68)[-1]
    assert not watch.nights(32, 68)[-1]


def test_a_drift_is_told_although_no_day_stands_out() -> None:
    began = FIRST + 30 * DAY

    def share(time: dt.datetime, segment: tuple[str, ...]) -> float:
        days = max(0.0, (time - began) / DAY)
        return 0.02 * (1 + 0.09 * days) if "Safari" in segment else 0.02

    nights = Watch(World({"pain": share}, {s: n / 3 for s, n in World().segments.items()})).nights(30, 46)
    told = [identity for found in nights for identity in found]
    assert told[0] == ("pain/drift-up", "/", "pain: browser Safari")
    assert len(set(told)) == 1


def test_an_event_that_stops_is_told_and_its_return_closes_it() -> None:
    def share(time: dt.datetime, segment: tuple[str, ...]) -> float:
        return 0.0 if SICK <= time < SICK + 2 * DAY else 0.1

    settings = {"signals": {"pain": {"where": {"event": "pain"}}}, "silent": {}}
    watch = Watch(World({"pain": usually(0.03), "signup": share}), settings)
    nights = watch.nights(30, 33)
    identity = ("pain/silent", "/", "event signup")
    assert [list(found) for found in nights[:3]] == [[], [identity], [identity]]
    assert nights[3] == {}
    assert "events came since" in watch.over[identity]


def test_a_named_holiday_silences_no_event_and_is_not_learned() -> None:
    def quiet(time: dt.datetime) -> float:
        return 0.05 if FIRST + 30 * DAY <= time < FIRST + 31 * DAY else 1.0

    def share(time: dt.datetime, segment: tuple[str, ...]) -> float:
        return 0.0 if quiet(time) < 1 else 0.1

    world = World({"pain": usually(0.03), "signup": share}, traffic=quiet)
    signals = {"signals": {"pain": {"where": {"event": "pain"}}}, "silent": {}}
    named = {**signals, "holidays": {"Easter": "2026-04-01"}}
    told = [identity for found in Watch(world, signals).nights(30, 33) for identity in found]
    assert ("pain/silent", "/", "event signup") in told
    assert not any(Watch(world, named).nights(30, 33))


def test_a_percentile_that_rises_is_told_and_closes() -> None:
    def seconds(time: dt.datetime, segment: tuple[str, ...]) -> float:
        return 2000.0 if SICK <= time < SICK + DAY and segment[0] == "/checkout" else 1000.0

    world = World(seconds=seconds, segments={s: n / 4 for s, n in World().segments.items()})
    watch = Watch(world, {"signals": {"load": {"where": {"event": "page_view"}, "value": "value"}}})
    nights = watch.nights(30, 34)
    identity = ("pain/value-up", "/checkout", "load")
    assert [list(found) for found in nights[:2]] == [[], [identity]]
    assert "instead of" in nights[1][identity].message
    assert nights[-1] == {}
    assert not watch.baseline.memory["load"]["open"]


def test_a_funnel_that_loses_people_is_told() -> None:
    def paid(time: dt.datetime, segment: tuple[str, ...]) -> float:
        return 0.3 if time >= SICK and "Safari" in segment else 0.7

    watch = Watch(World({"paid": paid}), {"signals": {"buy": {"steps": [{"event": "cart"}, {"event": "paid"}]}}})
    nights = watch.nights(30, 31)
    assert list(nights[1]) == [("pain/funnel-drop", "/", "buy-1: browser Safari")]
    assert "go on instead of 7" in next(iter(nights[1].values())).message


def test_three_days_say_nothing_and_that_is_said() -> None:
    watch = Watch(World())
    assert watch.nights(3, 3) == [{}]
    (finding,) = watch.found.values()
    assert (finding.rule, finding.key, finding.severity) == ("pain/insufficient-data", "pain", "info")
    assert "days of history" in finding.message


def test_a_second_run_in_the_same_hour_learns_and_tells_nothing_new(outage: Watch) -> None:
    watch = Watch(outage.world, baseline=outage.baseline)
    first = watch.night(FIRST + 31 * DAY + 6 * HOUR)
    memory = watch.baseline.memory
    assert watch.night(FIRST + 31 * DAY + 6 * HOUR + dt.timedelta(minutes=20)).keys() == first.keys()
    assert watch.baseline.memory == memory


def test_only_what_is_not_remembered_is_asked_for(outage: Watch) -> None:
    watch = Watch(outage.world, baseline=outage.baseline)
    watch.night(FIRST + 31 * DAY + 6 * HOUR)
    assert set(watch.asked) == {"rates 03-30"}
