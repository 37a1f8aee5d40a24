"""The same once more: publishing changes nothing and writes nothing, however much there is to say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.actions import Done
from tests.github.server import GitHub
from tests.integration.github.scenes import Scene, comments, finding, our_issues, shown

READS = 6
"""What an unchanged publish may cost."""
each_size = pytest.mark.parametrize("count", [1, 100, 5_000])


@pytest.fixture
def scene(github: GitHub, tmp_path: Path) -> Scene:
    return Scene(github, tmp_path)


def many(count: int) -> dict[str, Any]:
    """Findings of up to 40 rules, each with a place in a file."""
    found = [
        finding(f"/pages/{n}", f"rule-{n % 40}", path="seen/words.json", line=n + 1, message=f"sentence {n} is long")
        for n in range(count)
    ]
    return {"findings": found}


def again(scene: Scene, publish: Callable[[], Done]) -> None:
    """Publish, and find that it changes nothing, writes nothing and reads little."""
    before, calls = shown(scene.repo), len(scene.github.calls)
    assert publish().error is None
    since = scene.github.calls[calls:]
    assert [f"{call.verb} {call.path}" for call in since if call.writes] == []
    assert len(since) <= READS
    assert shown(scene.repo) == before


@each_size
def test_a_schedules_result_published_again_changes_and_writes_nothing(scene: Scene, count: int) -> None:
    scene.night()
    scene.sees(words=many(count))
    publish = scene.measured()
    assert publish().outputs["new"] == str(count)
    assert len(our_issues(scene.repo)) == (6 if count > 5 else 1), "five issues, and the overview"
    again(scene, publish)


@each_size
def test_a_pull_requests_result_published_again_changes_and_writes_nothing(scene: Scene, count: int) -> None:
    scene.night()
    number = scene.pull(words=many(count))
    publish = scene.measured("pull_request", number)
    assert publish().outputs["new"] == str(count)
    assert len(comments(scene.repo, number)) == 1
    again(scene, publish)


def test_a_second_run_of_the_day_that_finds_the_same_changes_and_writes_nothing(scene: Scene) -> None:
    scene.night()
    scene.night(words=many(100))
    scene.schedule()  # learns the numbers of the issues
    again(scene, lambda: scene.schedule(day=scene.runner.jobs))
