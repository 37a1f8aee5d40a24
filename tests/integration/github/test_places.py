"""Wherever the state is kept, it goes on from day to day, and one issue stays one issue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.actions import Done
from tests.github.server import GitHub
from tests.integration.github.scenes import Scene, config, findings, our_issues, seen, state

ROLLING = "autoresearch/baseline"
APART = "autoresearch-state"

WEEK = [
    ((), None),  # the first run
    (("bad",), "open"),
    (("bad", "worse"), "open"),
    ((), "open"),  # one healthy run is no proof
    ((), "closed"),
    ((), "closed"),
    (("bad",), "open"),
]
"""What a loop finds each night, and what has become of its one issue in the morning."""


@pytest.fixture
def make(github: GitHub, tmp_path: Path) -> Callable[..., Scene]:
    return lambda **publish: Scene(github, tmp_path, publish=publish)


def known(scene: Scene, at: str, **where: Any) -> set[str]:
    return {entry["subject"] for entry in state(scene.repo, at=at, **where).get("known", {}).values()}


def week(scene: Scene, at: str, between: Callable[[int], object] = lambda day: None) -> list[Done]:
    """Seven nights, with something done after each; the state is on the branch `at`."""
    nights = []
    for day, (found, issue) in enumerate(WEEK):
        done = scene.night(words=findings(*found))
        assert done.error is None, day
        assert known(scene, at) == set(found), day
        assert [each.state for each in our_issues(scene.repo)] == ([issue] if issue else []), day
        nights.append(done)
        between(day)
    return nights


def authors(scene: Scene) -> set[str]:
    return {commit.author.name for commit in scene.repo.log()}


def open_pulls(scene: Scene) -> list[int]:
    return [number for number, issue in scene.repo.pulls.items() if issue.state == "open"]


def test_on_the_branch_itself(make: Callable[..., Scene]) -> None:
    scene = make()
    week(scene, "main")
    assert open_pulls(scene) == []
    assert set(scene.repo.branches()) == {"main"}


def test_in_a_pull_request_that_nobody_merges(make: Callable[..., Scene]) -> None:
    scene = make()
    scene.repo.protect()
    week(scene, ROLLING)
    assert len(scene.repo.pulls) == len(open_pulls(scene)) == 1
    assert not any(path.endswith("state.json") for path in scene.repo.files())


def test_in_pull_requests_that_are_merged_now_and_then(make: Callable[..., Scene]) -> None:
    scene = make()
    scene.repo.protect()

    def merge_some(day: int) -> None:
        if day % 3 == 1:
            scene.repo.merge_pull(open_pulls(scene)[0])

    week(scene, ROLLING, merge_some)
    assert len(scene.repo.pulls) == 3, "one for the first two nights, and one after each merge"
    assert len(open_pulls(scene)) == 1


def test_on_a_branch_of_its_own(make: Callable[..., Scene]) -> None:
    scene = make(state_branch=APART)
    week(scene, APART)
    assert authors(scene) == {"acme", "alice"}, "no commit of ours on main"
    assert sorted(scene.repo.files(APART)) == ["autoresearch/README.md", "autoresearch/words/state.json"]
    assert open_pulls(scene) == []


def test_a_pull_request_is_compared_with_the_state_wherever_it_is(make: Callable[..., Scene]) -> None:
    scene = make(state_branch=APART)
    scene.night(words=findings("old"))
    number = scene.pull(words=findings("old", "bad"))
    assert scene.check_pull(number).kinds == ["new", "persisting"]


def test_where_the_commits_are_left_to_others_the_issue_itself_is_the_memory(make: Callable[..., Scene]) -> None:
    """The state stays as somebody committed it once, and every run is compared with that."""
    scene = make(commit=False)

    def broken(count: int) -> dict[str, Any]:
        metric = {"name": "broken", "value": count, "better": "lower", "exact": True, "gate": True}
        return {"metrics": [metric]}

    scene.sees(words=broken(0))
    scene.schedule(wishes={"publish": False})
    path = "autoresearch/words/state.json"
    by_hand = (scene.folder / "job-1/workspace" / path).read_text()
    scene.repo.push("main", {path: by_hand}, "alice", "State")
    for day, (found, issue) in enumerate(WEEK[1:]):
        assert scene.night(words=broken(len(found))).error is None
        assert [each.state for each in our_issues(scene.repo)] == [issue], day
    assert scene.repo.files()[path].decode() == by_hand
    newest = (scene.folder / f"job-{scene.runner.jobs}/workspace" / path).read_text()
    assert newest != by_hand, "left in the workspace for a step that commits it"
    assert authors(scene) == {"acme", "alice"}


@pytest.mark.parametrize(
    "second", [{"root": "site"}, {"config": "site/autoresearch/config.yml"}], ids=["folder", "config"]
)
def test_two_configs_of_one_repository_keep_out_of_each_others_way(
    make: Callable[..., Scene], second: dict[str, str]
) -> None:
    """The same loop in both: told apart by the config's path alone."""
    scene = make()
    below = "site/" if "root" in second else ""
    its_own = {path.replace("seen/", f"{below}seen/"): text for path, text in seen({"words": findings("old")}).items()}
    scene.repo.push("main", {"site/autoresearch/config.yml": config("words"), **its_own}, "alice", "Another site")

    def nights(*found: str) -> list[list[str]]:
        """What both find; the state of each one's issues."""
        its_own = {
            path.replace("seen/", f"{below}seen/"): text for path, text in seen({"words": findings(*found)}).items()
        }
        scene.repo.push("main", {**seen({"words": findings(*found)}), **its_own}, "alice", "Words")
        for asked in ({}, second):
            assert scene.schedule(day=scene.runner.jobs, **asked).error is None
        return sorted([issue.state, issue.title] for issue in our_issues(scene.repo))

    opened, closed = [["open", "words: Word"]] * 2, [["closed", "words: Word"]] * 2
    assert nights() == []
    assert nights("bad") == opened
    assert nights("bad") == opened
    assert nights() == opened
    assert nights() == closed
    assert nights("bad") == opened
    assert known(scene, "main") == known(scene, "main", folder="site/autoresearch") == {"bad"}
    number = scene.pull()
    scene.sees("change", words=findings("bad", "worse"))
    for asked in ({}, second):
        scene.check_pull(number, **asked)
    names = {"autoresearch", "autoresearch (site/autoresearch/config.yml)"}
    assert {check.name for check in scene.repo.checks.values()} == names
    assert len(scene.repo.issues[number].comments) == 2
