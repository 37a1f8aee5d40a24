"""Whatever people, crashes and other runs do: one issue a topic, none for what is muted, and nothing done twice."""

from __future__ import annotations

import dataclasses
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from lifecycle_world import Limits, World, exact, finding, listed

from autoresearch.core.baseline import Baseline
from autoresearch.core.lifecycle import OverviewText
from autoresearch.core.merge import merge

RULES = st.sampled_from([f"seo/r{n}" for n in range(4)])
FINDINGS = st.lists(st.builds(finding, RULES, st.sampled_from(["/a", "/b", "/c"])), max_size=6)
DEEDS = st.sampled_from(["nothing", "completed", "not_planned", "duplicate", "open", "empty", "repeat"])
DAYS = st.lists(
    st.tuples(
        FINDINGS,
        st.sampled_from([0, 1, 3]),
        DEEDS,
        st.integers(0, 9),
        st.sampled_from([None, None, None, 0, 1]),
        st.sampled_from([0.5, 24]),
    ),
    max_size=9,
)


def do(world: World, deed: str, which: int) -> None:
    """What a person, or a second publisher of the same result, does to one of the issues."""
    if deed == "repeat" and world.runs:
        world.again()
    elif world.issues and deed not in {"nothing", "repeat"}:
        issue = list(world.issues.values())[which % len(world.issues)]
        if deed == "empty":
            issue.text = None
        elif deed == "open":
            issue.reopen()
        elif issue.state == "open":
            issue.close(deed)


@settings(max_examples=50, deadline=None)
@given(DAYS, st.integers(0, 3))
def test_whatever_happens_a_topic_has_one_issue_and_a_repeated_run_does_nothing(days: list, room: int) -> None:
    world = World(limits=Limits(max_new=room))
    world.run(exact(0))
    for found, value, deed, which, dies, hours in days:
        muted = {name for name, issue in world.baseline.issues.items() if issue.state == "muted"}
        closed = {n for n, issue in world.issues.items() if issue.state == "closed"}
        before = len(world.said)
        world.run(*found, exact(value), dies=dies, hours=hours)
        done = world.said[before:]
        still_muted = {n for n, issue in world.baseline.issues.items() if issue.state == "muted"} & muted
        assert not still_muted & {action.text.topic for action in done}
        assert sum(a.kind == "open" and not isinstance(a.text, OverviewText) for a in done) <= room
        assert not any(a.kind == "close" for a in done if a.number in closed)
        if dies is None:
            assert world.again() == []
        do(world, deed, which)
    opened = Counter(action.text.topic for action in world.said if action.kind == "open")
    assert all(count == 1 for count in opened.values())


@settings(max_examples=50, deadline=None)
@given(FINDINGS, FINDINGS, FINDINGS, st.integers(0, 3), st.booleans())
def test_two_runs_at_once_claim_a_topic_once(before: list, ours: list, theirs: list, room: int, stepped: bool) -> None:
    """The loser of the compare-and-swap merges what it had, with or without its own steps, and decides again."""
    world = World(limits=Limits(max_new=room))
    world.run(exact(0))
    world.run(*before, exact(0))
    base = world.baseline
    their_baseline = world.measure(*theirs, exact(0), baseline=base, hours=0.1)
    their_steps, their_last = world.steps(their_baseline), world.last
    our_baseline = world.measure(*ours, exact(0), baseline=base, hours=0.1)
    if stepped:
        our_baseline = world.steps(our_baseline).baselines["seo"]
    winner = their_steps.baselines["seo"]
    assert isinstance(winner, Baseline)
    merged = merge(base, our_baseline, winner)
    our_steps = world.steps(merged)
    opened = Counter(a.text.topic for a in (*their_steps.actions, *our_steps.actions) if a.kind == "open")
    assert all(count == 1 for count in opened.values())
    world.act(their_steps.actions)
    world.act(our_steps.actions)
    assert len({listed(n, issue).topic for n, issue in world.issues.items()}) == len(world.issues)
    world.baseline = our_steps.baselines["seo"]
    assert not [action for action in world.steps(world.baseline).actions if action.kind == "open"]
    late = world.steps(world.baseline, their_last)  # the winner publishes once more
    assert not [action for action in late.actions if action.kind == "open"]


@settings(max_examples=40, deadline=None)
@given(st.lists(FINDINGS, min_size=1, max_size=6))
def test_without_committed_state_no_topic_is_opened_twice(days: list) -> None:
    world = World()
    world.run(exact(0))
    world.commits = False
    for found in days:
        world.run(*found, exact(0))
    opened = Counter(action.text.topic for action in world.said if action.kind == "open")
    assert all(count == 1 for count in opened.values())


@given(FINDINGS)
def test_steps_are_a_function_of_their_inputs(found: list) -> None:
    world = World()
    world.run(exact(0))
    renewed = world.measure(*found, exact(0))
    once, twice = world.steps(renewed), world.steps(renewed)
    assert dataclasses.asdict(once.actions[0]) == dataclasses.asdict(twice.actions[0]) if once.actions else True
    assert once.baselines == twice.baselines
    assert world.steps(once.baselines["seo"]).baselines == once.baselines
