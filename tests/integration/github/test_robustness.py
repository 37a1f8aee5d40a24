"""Whatever breaks, at whichever call: nothing is said twice, nothing is lost, and the next run mends what is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.actions import Done
from tests.github.faults import Kind
from tests.github.server import GitHub
from tests.integration.github.scenes import Scene, findings, naps, our_issues, shown, state

__all__ = ["naps"]
pytestmark = pytest.mark.usefixtures("naps")

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


@pytest.mark.parametrize("kind", ["500", "reset", "secondary", "html"])
@each_situation
def test_one_fault_is_not_even_noticed(scene: Scene, situation: Situation, kind: Kind) -> None:
    publish = situation(scene)
    restore = scene.save()
    before = len(scene.github.calls)
    assert publish().error is None
    calls, undisturbed = scene.github.calls[before:], shown(scene.repo)
    for number, call in enumerate(calls):
        for effect in (False, True) if call.writes and kind != "secondary" else (False,):
            restore()
            scene.github.faults.add("*", "", kind=kind, before=not effect, skip=number, retry_after=7)
            where = f"{kind} at call {number + 1}, {call.verb} {call.path}, {'done' if effect else 'not done'}"
            done = publish()
            assert (scene.github.faults.waiting, done.error) == (0, None), where
            assert shown(scene.repo) == undisturbed, where
