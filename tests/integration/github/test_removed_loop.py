"""A loop that the config names no longer leaves no issue behind, and takes none of another's with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.github.server import GitHub
from tests.integration.github.scenes import Scene, config, findings, our_issues, state

BAD = findings("bad")


@pytest.fixture
def scene(github: GitHub, tmp_path: Path) -> Scene:
    """Two loops, each with an open issue."""
    scene = Scene(github, tmp_path, loops=("names", "words"))
    scene.night()
    scene.night(names=BAD, words=BAD)
    assert len(our_issues(scene.repo, is_open=True)) == 2
    return scene


def configure(scene: Scene, *loops: str, path: str = "autoresearch/config.yml") -> None:
    scene.repo.push("main", {path: config(*loops)}, "alice", "Configure")


def test_its_issue_is_closed_as_nothing_that_was_fixed(scene: Scene) -> None:
    configure(scene, "words")
    assert scene.schedule().error is None
    (closed,) = our_issues(scene.repo, is_open=False)
    assert closed.reason == "not_planned"
    assert "no longer in the config" in closed.comments[-1].body
    assert len(our_issues(scene.repo, is_open=True)) == 1
    assert "known" not in state(scene.repo, "names")


def test_it_is_said_once(scene: Scene) -> None:
    configure(scene, "words")
    scene.schedule()
    wrote = len(scene.github.writes)
    scene.schedule()
    assert [call.path for call in scene.github.writes[wrote:] if "/issues" in call.path] == []


def test_a_run_of_one_loop_leaves_the_others_issues(scene: Scene) -> None:
    assert scene.schedule(loops=["words"]).error is None
    assert len(our_issues(scene.repo, is_open=True)) == 2


def test_a_second_config_of_the_folder_leaves_the_issues_of_the_first(scene: Scene) -> None:
    configure(scene, "words", path="autoresearch/nightly.yml")
    assert scene.schedule(config="autoresearch/nightly.yml").error is None
    assert len(our_issues(scene.repo, is_open=True)) == 2


def test_its_issue_is_opened_again_when_it_comes_back_and_still_finds_it(scene: Scene) -> None:
    configure(scene, "words")
    scene.schedule()
    configure(scene, "names", "words")
    done = scene.schedule()
    assert {change.kind for change in done.changes if change.loop == "names"} == {"new"}
    assert len(our_issues(scene.repo)) == len(our_issues(scene.repo, is_open=True)) == 2
