"""Whatever breaks, at whichever call: nothing is said twice or lost, and the next run does what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.actions import Done
from tests.github.faults import Kind
from tests.github.server import Call, GitHub
from tests.github.state import Issue
from tests.integration.github.scenes import Scene, findings, our_issues, shown, state

pytestmark = pytest.mark.usefixtures("slept")

MANY = 7
"""Rules with something new: more than one run opens issues for."""


def a_new_finding(scene: Scene) -> Callable[[], Done]:
    scene.night(words=findings("old"))
    scene.sees(words=findings("old", "bad"))
    return scene.measured()


def many_new_findings(scene: Scene) -> Callable[[], Done]:
    scene.night()
    found = [findings("bad", rule=f"rule-{n}")["findings"][0] for n in range(MANY)]
    scene.sees(words={"findings": found})
    return scene.measured()


def a_recovery(scene: Scene) -> Callable[[], Done]:
    scene.night()
    scene.night(words=findings("bad"))
    scene.night(words=findings())
    return scene.measured()


def a_return(scene: Scene) -> Callable[[], Done]:
    a_recovery(scene)()
    scene.sees(words=findings("bad"))
    return scene.measured()


def a_pull_request(scene: Scene) -> Callable[[], Done]:
    scene.night(words=findings("old"))
    number = scene.pull(words=findings("old", "bad", path="seen/words.json", line=1))
    return scene.measured("pull_request", number)


def a_second_push(scene: Scene) -> Callable[[], Done]:
    a_pull_request(scene)()
    scene.sees("change", words=findings("old", "worse", path="seen/words.json", line=1))
    return scene.measured("pull_request", max(scene.repo.pulls))


Situation = Callable[[Scene], Callable[[], Done]]
SITUATIONS: list[Situation] = [
    a_new_finding, many_new_findings, a_recovery, a_return, a_pull_request, a_second_push,
]  # fmt: skip
each_situation = pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.__name__)


@pytest.fixture
def scene(github: GitHub, tmp_path: Path) -> Scene:
    return Scene(github, tmp_path)


def outcome_and_calls(scene: Scene, publish: Callable[[], Done]) -> tuple[dict[str, Any], list[Call]]:
    """What GitHub shows when nothing goes wrong, and the calls that it takes."""
    before = len(scene.github.calls)
    assert publish().error is None
    return shown(scene.repo), scene.github.calls[before:]


@pytest.mark.parametrize("kind", ["500", "reset", "secondary"])
@pytest.mark.parametrize("situation", [a_new_finding, a_recovery, a_pull_request])
def test_one_fault_at_whichever_call_is_not_even_noticed(scene: Scene, situation: Situation, kind: Kind) -> None:
    publish = situation(scene)
    restore = scene.save()
    undisturbed, calls = outcome_and_calls(scene, publish)
    for number, call in enumerate(calls):
        for done in (False, True) if call.writes and kind != "secondary" else (False,):  # a limit does nothing
            restore()
            scene.github.faults.add("*", "", kind=kind, before=not done, skip=number, retry_after=7)
            published = publish()
            where = f"{kind} at call {number + 1}, {call.verb} {call.path}, {'done' if done else 'not done'}"
            assert (scene.github.faults.waiting, published.error) == (0, None), where
            assert shown(scene.repo) == undisturbed, where


@pytest.mark.parametrize("patience", [0.5])
@pytest.mark.parametrize("situation", [a_new_finding, a_pull_request])
def test_a_write_whose_answer_never_comes_happens_once(scene: Scene, situation: Situation) -> None:
    publish = situation(scene)
    restore = scene.save()
    undisturbed, calls = outcome_and_calls(scene, publish)
    for number in (number for number, call in enumerate(calls) if call.writes):
        restore()
        scene.github.faults.add("*", "", kind="timeout", before=False, skip=number)
        assert publish().error is None, calls[number]
        assert shown(scene.repo) == undisturbed, calls[number]


def test_a_limit_is_waited_out_for_as_long_as_it_asks(scene: Scene, slept: list[float]) -> None:
    publish = a_new_finding(scene)
    scene.github.faults.add("POST", "/issues$", kind="secondary", retry_after=61)
    assert publish().error is None
    assert slept == [61.0]
    assert len(our_issues(scene.repo)) == 1


@each_situation
def test_killed_after_any_call_the_same_run_again_does_what_was_missing(scene: Scene, situation: Situation) -> None:
    publish = situation(scene)
    restore = scene.save()
    undisturbed, calls = outcome_and_calls(scene, publish)
    for number in range(len(calls)):
        restore()
        scene.github.die_after(number)
        killed = publish()
        where = f"killed after call {number}, before {calls[number].verb} {calls[number].path}"
        assert killed.code == 4, where
        scene.github.die_after(None)
        assert publish().error is None, where
        assert shown(scene.repo) == undisturbed, where


@each_situation
def test_killed_after_any_call_the_next_run_does_what_was_missing(scene: Scene, situation: Situation) -> None:
    publish = situation(scene)
    restore = scene.save()
    _, calls = outcome_and_calls(scene, publish)
    undisturbed = after_further_runs(scene)
    for number in range(len(calls)):
        restore()
        scene.github.die_after(number)
        publish()
        scene.github.die_after(None)
        where = f"killed after call {number}, before {calls[number].verb} {calls[number].path}"
        assert after_further_runs(scene) == undisturbed, where


def after_further_runs(scene: Scene) -> dict[str, Any]:
    """What people see, and runs know, when the next ones have ended; which run it comes from does not count."""
    pulls = sorted(scene.repo.pulls)
    further = [scene.check_pull(number) for number in pulls] or [scene.schedule(), scene.schedule()]
    assert [done.error for done in further if done.error] == []
    check = max(scene.repo.checks.values(), key=lambda check: check.id, default=None)
    known = state(scene.repo).get("known", {}).values()
    return {
        "issues": [(i.title, i.state, i.reason, len(i.comments), _boxes(i)) for i in scene.repo.issues.values()],
        "known": sorted(entry["subject"] for entry in known),
        "pending": state(scene.repo).get("pending"),
        "check": (check.status, check.conclusion, check.title) if check else None,
    }


def _boxes(issue: Issue) -> list[str]:
    return re.findall(r"- \[.\] `.+?`", issue.body or "")
