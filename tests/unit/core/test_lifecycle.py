"""What an issue does next: opened once, ticked off, closed with evidence, reopened, muted."""

from __future__ import annotations

import dataclasses

import pytest
from lifecycle_world import Limits, World, exact, finding, noisy

from autoresearch.core.baseline import Issue
from autoresearch.core.lifecycle import IssueText, Listed, OverviewText, known_numbers, next_steps
from autoresearch.core.policy import Policy


def settled(**more: object) -> World:
    """A loop whose first run is over, and found nothing."""
    world = World(**more)  # type: ignore[arg-type]
    world.run(exact(0))
    return world


def record(world: World, number: int = 1) -> Issue:
    (found,) = (issue for issue in world.baseline.issues.values() if issue.number == number)
    return found


def text(world: World) -> IssueText:
    said = world.said[-1].text
    assert isinstance(said, IssueText)
    return said


# --- opening ----------------------------------------------------------------------------------------------------


def test_a_first_run_opens_nothing() -> None:
    assert World().run(finding(), exact(3)) == []


def test_a_new_finding_opens_one_issue_with_all_its_places() -> None:
    world = settled()
    assert world.run(finding(subject="/a"), finding(subject="/b"), exact(0)) == ["open"]
    assert [place.subject for place in text(world).places] == ["/a", "/b"]


def test_what_was_there_at_the_first_look_is_in_no_issue() -> None:
    world = World()
    world.run(finding(subject="/old"))
    world.run(finding(subject="/old"), finding(subject="/new"))
    assert [place.subject for place in text(world).places] == ["/new"]


@pytest.mark.parametrize(("least", "done"), [("error", []), ("warning", ["open"])])
def test_the_least_severity_decides(least: str, done: list[str]) -> None:
    world = settled(limits=Limits(min_severity=least))  # type: ignore[arg-type]
    assert world.run(finding("seo/w"), exact(0)) == done


def test_an_accepted_or_ignored_finding_opens_nothing() -> None:
    assert settled().run(finding(), exact(0), accepting="seo/r0") == []
    ignoring = Policy(ignored=lambda rule, subject: "known" if subject == "/a" else None)
    assert settled(policy=ignoring).run(finding(), exact(0)) == []


def test_an_exact_metric_opens_an_issue_at_once() -> None:
    world = settled()
    assert world.run(exact(3)) == ["open"]
    assert text(world).title == "broken regressed at /a"


def quiet_days(world: World) -> None:
    for day in range(14):
        world.run(noisy(100 + day % 3))


def test_a_noisy_metric_opens_one_only_when_a_second_run_sees_it_too() -> None:
    world = World()
    quiet_days(world)
    assert world.run(noisy(300, 301, 299, 302)) == []
    assert world.again() == []
    assert world.run(noisy(300, 301, 299, 302)) == ["open"]


def test_noise_that_a_second_run_does_not_see_opens_nothing_ever() -> None:
    world = World()
    quiet_days(world)
    world.run(noisy(300, 301, 299, 302))
    assert world.run(noisy(101)) == []
    assert world.baseline.issues == {}


def test_a_metric_that_the_second_run_did_not_measure_is_not_confirmed() -> None:
    world = World()
    quiet_days(world)
    world.run(noisy(300, 301, 299, 302))
    assert world.run(skipped=["/a"]) == []


# --- while it is open -------------------------------------------------------------------------------------------


def test_a_run_that_finds_the_same_changes_nothing_and_learns_the_number() -> None:
    world = settled()
    world.run(finding(), exact(0))
    assert record_numbers(world) == []
    assert world.run(finding(), exact(0)) == []
    assert record_numbers(world) == [1]
    assert [known.issue for known in world.baseline.known.values()] == [1]
    assert world.baseline.pending == ()


def record_numbers(world: World) -> list[int]:
    return list(known_numbers([world.baseline]))


def test_publishing_the_same_result_twice_does_nothing() -> None:
    world = settled()
    for found in ([finding()], [finding(), finding(subject="/b")], [], [], [finding()]):
        world.run(*found, exact(0))
        assert world.again() == []


def test_a_new_place_joins_the_issue_and_a_fixed_one_is_ticked_off() -> None:
    world = settled()
    world.run(finding(subject="/a"), finding(subject="/b"), exact(0))
    assert world.run(finding(subject="/b"), finding(subject="/c"), exact(0)) == ["update"]
    assert [place.subject for place in text(world).places] == ["/b", "/c"]
    (ticked,) = text(world).ended
    assert (ticked.subject, ticked.ended.run if ticked.ended else "") == ("/a", "3.1")


def test_an_emptied_body_is_written_again_and_orphans_nothing() -> None:
    world = settled()
    world.run(finding(), exact(0))
    world.run(finding(), exact(0))
    world.issues[1].text = None
    assert world.run(finding(), exact(0)) == ["update"]
    assert world.run(finding(), exact(0)) == []
    assert len(world.issues) == 1


def test_an_accepted_place_is_ticked_with_the_reason() -> None:
    world = settled()
    world.run(finding(subject="/a"), finding(subject="/b"), exact(0))
    assert world.run(finding(subject="/a"), finding(subject="/b"), exact(0), accepting="seo:/a") == ["update"]
    assert [(p.subject, p.because) for p in text(world).ended] == [("/a", "accepted: it may stay")]


# --- closing ----------------------------------------------------------------------------------------------------


def test_two_healthy_runs_close_it_with_the_evidence() -> None:
    world = settled()
    world.run(finding(), exact(0))
    assert world.run(exact(0)) == ["update"]
    assert world.run(exact(0)) == ["close"]
    assert world.said[-1].reason == "completed"
    assert [stamp.run for stamp in text(world).counted] == ["3.1", "4.1"]
    assert record(world).hits == 0
    assert world.run(exact(0)) == []


def test_the_same_run_counts_once() -> None:
    world = settled()
    world.run(finding(), exact(0))
    world.run(exact(0))
    assert world.again() == []
    assert world.open == [1]


@pytest.mark.parametrize("blind", [{"skipped": ["/a"]}, {"complete": False}])
def test_a_run_that_did_not_look_there_is_no_healthy_one(blind: dict[str, object]) -> None:
    world = settled()
    world.run(finding(), exact(0))
    world.run(exact(0))
    assert world.run(exact(0), **blind) == []
    assert world.open == [1]


def test_a_partial_run_that_saw_the_place_is_a_healthy_one_unless_the_rule_is_of_the_whole_site() -> None:
    for rule, done in (("seo/r1", ["close"]), ("seo/site", [])):
        world = settled()
        world.run(finding(rule), finding("seo/w"), exact(0))
        world.run(finding("seo/w"), exact(0))
        assert world.run(finding("seo/w"), exact(0), complete=False) == done


def test_a_relapse_between_two_healthy_runs_starts_the_count_anew() -> None:
    world = settled()
    for found in ([finding()], [], [finding()], []):
        world.run(*found, exact(0))
    assert world.open == [1]


def test_what_nobody_looks_for_any_more_is_closed_at_once_as_not_planned() -> None:
    world = settled()
    world.run(finding(), exact(0))
    world.policy = dataclasses.replace(world.policy, overrides={"seo/r0": "off"})
    assert world.run(exact(0)) == ["close"]
    assert world.said[-1].reason == "not_planned"
    assert record(world).false_alarms == 0


def test_a_loop_that_was_not_measured_closes_nothing() -> None:
    world = settled()
    world.run(finding(), exact(0))
    measurement, _, stamp = world.last
    failed = measurement.failed("seo", "seo", "no answer")
    steps = world.steps(world.baseline, (failed, (), stamp.model_copy(update={"run": "dark"})))
    assert steps.actions == ()


# --- coming back ------------------------------------------------------------------------------------------------


def closed_world() -> World:
    world = settled()
    for found in ([finding()], [], []):
        world.run(*found, exact(0))
    assert world.open == []
    return world


def test_what_returns_is_reopened_not_duplicated() -> None:
    world = closed_world()
    assert world.run(finding(), exact(0)) == ["reopen"]
    assert world.open == [1]
    assert text(world).ended == ()


def test_another_place_of_the_rule_reopens_its_issue_too() -> None:
    assert closed_world().run(finding(subject="/elsewhere"), exact(0)) == ["reopen"]


def test_an_issue_that_a_person_opened_again_after_recovery_is_left_alone() -> None:
    world = closed_world()
    world.issues[1].reopen()
    for _ in range(4):
        assert world.run(exact(0)) == []
    assert world.run(finding(), exact(0)) == ["update"]


# --- people -----------------------------------------------------------------------------------------------------


def test_closed_as_not_planned_it_is_muted_and_a_false_alarm() -> None:
    world = settled()
    world.run(finding(), exact(0))
    world.issues[1].close("not_planned")
    for _ in range(4):
        assert world.run(finding(), exact(0)) == []
    assert world.run(finding(), finding(subject="/new"), exact(0)) == []
    assert (record(world).false_alarms, record(world).hits) == (1, 0)
    assert [known.muted for known in world.baseline.known.values()].count(True) == 1


def test_opened_again_by_a_person_it_is_muted_no_longer() -> None:
    world = settled()
    world.run(finding(), exact(0))
    world.issues[1].close("not_planned")
    world.run(finding(), exact(0))
    world.issues[1].reopen()
    world.run(finding(), exact(0))
    assert not any(known.muted for known in world.baseline.known.values())
    world.run(exact(0))
    assert world.run(exact(0)) == ["close"]


def test_closed_as_a_duplicate_it_is_muted_and_no_verdict() -> None:
    world = settled()
    world.run(finding(), exact(0))
    world.issues[1].close("duplicate")
    assert world.run(finding(), exact(0)) == []
    assert (record(world).false_alarms, record(world).hits) == (0, 0)


def test_closed_as_completed_it_is_a_hit_and_reopened_only_after_two_more_runs_that_find_it() -> None:
    world = settled()
    world.run(finding(), exact(0))
    world.issues[1].close()
    assert [world.run(finding(), exact(0)) for _ in range(3)] == [[], [], ["reopen"]]
    assert record(world).hits == 1


def test_closed_as_completed_and_mended_it_stays_closed_until_it_returns() -> None:
    world = settled()
    world.run(finding(), exact(0))
    world.issues[1].close()
    assert [world.run(exact(0)) for _ in range(3)] == [[], [], []]
    assert world.run(finding(), exact(0)) == ["reopen"]
    assert record(world).hits == 1


def test_a_closing_without_a_reason_counts_as_completed() -> None:
    world = settled()
    world.run(finding(), exact(0))
    world.issues[1].close("")
    world.run(finding(), exact(0))
    assert record(world).hits == 1


def test_a_deleted_issue_is_not_opened_again_at_once() -> None:
    world = settled()
    world.run(finding(), exact(0))
    world.run(finding(), exact(0))
    del world.issues[1]
    assert world.run(finding(), exact(0)) == []  # not listed: nobody knows
    world.measure(finding(), exact(0))
    measurement, changes, stamp = world.last
    steps = next_steps(
        {"seo": world.baseline}, changes, {"seo": measurement}, [Listed(1, "gone")],
        rules={}, limits=Limits(), stamp=stamp, now=world.now,
    )  # fmt: skip
    assert steps.actions == ()
    world.baseline = steps.baselines["seo"]
    assert [world.run(finding(), exact(0)) for _ in range(2)] == [[], ["open"]]


# --- many at once -----------------------------------------------------------------------------------------------


def flood(count: int = 8) -> list[object]:
    return [finding(f"seo/r{n}", subject=f"/{place}") for n in range(count) for place in range(n + 1)]


def test_the_gravest_get_an_issue_and_the_rest_stands_in_one_overview() -> None:
    world = settled()
    assert world.run(*flood(), exact(0)) == ["open"] * 6  # type: ignore[arg-type]
    overview = world.said[-1].text
    assert isinstance(overview, OverviewText)
    assert [(line.rule, line.count) for line in overview.topics] == [("seo/r2", 3), ("seo/r1", 2), ("seo/r0", 1)]
    assert world.again() == []
    assert world.run(*flood(), exact(0)) == []  # type: ignore[arg-type]


def test_what_stands_in_the_overview_gets_an_issue_when_it_gets_worse() -> None:
    world = settled()
    world.run(*flood(), exact(0))  # type: ignore[arg-type]
    done = world.run(*flood(), finding("seo/r0", subject="/more"), exact(0))  # type: ignore[arg-type]
    assert done == ["open", "update"]
    assert [p.subject for p in world.said[-2].text.places] == ["/0", "/more"]  # type: ignore[union-attr]


def test_an_overview_with_nothing_left_is_closed_and_opened_again_for_more() -> None:
    world = settled(limits=Limits(max_new=0))
    assert world.run(finding(), exact(0)) == ["open"]
    assert world.run(exact(0)) == ["close"]
    assert world.run(finding(), exact(0)) == ["reopen"]
    assert len(world.issues) == 1


def test_an_overview_that_a_person_does_not_want_stays_closed() -> None:
    world = settled(limits=Limits(max_new=0))
    world.run(finding(), exact(0))
    world.issues[1].close("not_planned")
    assert [world.run(finding(), finding("seo/r1"), exact(0)), world.run(exact(0))] == [[], []]


def test_noise_waits_in_the_overview_where_there_is_one() -> None:
    world = World(limits=Limits(max_new=0))
    quiet_days(world)
    world.run(noisy(300, 301, 299, 302), finding())
    overview = world.said[-1].text
    assert isinstance(overview, OverviewText)
    assert [(line.title, line.waiting) for line in overview.topics] == [
        ("Rule 0", False),
        ("lcp regressed at /a", True),
    ]


# --- claims and crashes -----------------------------------------------------------------------------------------


def test_a_run_that_died_before_it_opened_is_mended_by_a_run_an_hour_later() -> None:
    world = settled()
    world.run(finding(), exact(0), dies=0)
    assert world.run(finding(), exact(0), hours=0.5) == []
    assert world.run(finding(), exact(0), hours=1) == ["open"]
    assert len(world.issues) == 1


def test_a_run_that_died_after_it_opened_is_found_by_the_marker() -> None:
    world = settled()
    world.run(finding(), exact(0))
    assert world.run(finding(), exact(0), hours=0.1) == []
    assert record_numbers(world) == [1]


def test_a_run_that_died_is_finished_by_itself_when_it_is_repeated() -> None:
    world = settled()
    world.run(finding(), exact(0), dies=0)
    assert world.again() == ["open"]
    assert world.again() == []


def test_a_closing_or_reopening_that_was_not_carried_out_is_carried_out_by_the_next_run_and_is_nobodys_verdict() -> (
    None
):
    world = settled()
    for found in ([finding()], []):
        world.run(*found, exact(0))
    world.run(exact(0), dies=0)
    assert world.run(exact(0)) == ["close"]
    world.run(finding(), exact(0), dies=0)
    assert world.run(finding(), exact(0)) == ["reopen"]
    assert (record(world).hits, record(world).false_alarms) == (0, 0)


def test_broken_claims_in_the_state_are_no_obstacle() -> None:
    world = settled()
    broken = ({}, {"topic": 3}, {"topic": "x", "run": None, "at": "yesterday"})
    world.baseline = world.baseline.model_copy(update={"pending": broken})
    assert world.run(finding(), exact(0)) == ["open"]


# --- without state ----------------------------------------------------------------------------------------------


def test_without_committed_state_markers_alone_do() -> None:
    world = settled()
    world.commits = False
    assert world.run(finding(), exact(0)) == ["open"]
    assert world.run(finding(), exact(0)) == []
    assert world.run(exact(0)) == ["update"]
    assert world.run(exact(0)) == ["close"]
    assert world.run(exact(0)) == []
    assert world.run(finding(), exact(0)) == ["reopen"]
    world.issues[1].close("not_planned")
    assert world.run(finding(), exact(0)) == []
    assert len(world.issues) == 1


def test_without_committed_state_what_a_person_closed_stays_closed() -> None:
    world = settled()
    world.commits = False
    world.run(finding(), exact(0))
    world.issues[1].close()
    assert [world.run(finding(), exact(0)) for _ in range(4)] == [[], [], [], []]


def test_two_configs_of_one_repository_do_not_share_issues() -> None:
    world = settled()
    renewed = world.measure(finding(), exact(0))
    measurement, changes, stamp = world.last

    def topics(scope: str) -> list[str]:
        steps = next_steps(
            {"seo": renewed}, changes, {"seo": measurement}, [],
            rules={}, limits=Limits(max_new=0), stamp=stamp, now=world.now, scope=scope,
        )  # fmt: skip
        return [a.text.topic for a in steps.actions] + sorted(steps.baselines["seo"].issues)

    assert not set(topics("")) & set(topics("shop/autoresearch"))
