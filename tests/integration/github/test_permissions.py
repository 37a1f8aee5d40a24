"""Each permission missing in turn: the result is kept, what is missing is named with the lines that grant it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.actions import Done, event_of_pull
from tests.github.server import GitHub
from tests.integration.github.scenes import RIGHTS, Scene, comments, findings, our_issues, state
from tests.integration.github.test_hostile import zipped

Job = Callable[..., Done]
"""A job whose token is `token`; all that it needs but for that is there."""

BAD = findings("old", "bad", path="seen/words.json", line=1)


@pytest.fixture
def make(github: GitHub, tmp_path: Path) -> Callable[..., Scene]:
    def made(*, private: bool = False) -> Scene:
        scene = Scene(github, tmp_path, private=private)
        scene.night(words=findings("old"))
        return scene

    return made


def scheduled(scene: Scene) -> Job:
    scene.sees(words=BAD)
    return scene.schedule


def protected(scene: Scene) -> Job:
    scene.repo.protect()
    return scheduled(scene)


def of_pull(scene: Scene) -> Job:
    number = scene.pull(words=BAD)
    return lambda **asked: scene.check_pull(number, **asked)


def of_deployment(scene: Scene) -> Job:
    scene.pull(words=BAD)
    head, url = scene.repo.head("change"), "https://preview.shop.example"
    payload = {"deployment": {"sha": head}, "deployment_status": {"state": "success", "environment_url": url}}
    return lambda **asked: scene.runner.run("deployment_status", payload, at="change", **asked)


def following(scene: Scene) -> Job:
    number = scene.pull(words=BAD)
    head = event_of_pull(scene.repo, number)["pull_request"]["head"]
    scene.check_pull(number, wishes={"publish": False})
    run = scene.repo.add_run(head_sha=head["sha"], head_branch=head["ref"])
    result = scene.runner.result_of(scene.runner.jobs).read_bytes()
    scene.repo.add_artifact(run, "autoresearch-result", zipped(result))
    about = {"id": run, "event": "pull_request", "head_sha": head["sha"], "head_branch": head["ref"]}
    payload = {"workflow_run": {**about, "head_repository": head["repo"], "conclusion": "success"}}
    return lambda **asked: scene.runner.publish("workflow_run", payload, **asked)


def without(scene: Scene, scope: str, level: str = "none") -> str:
    return scene.github.token({**RIGHTS, scope: level}, repository=scene.name)


def named(done: Done, permission: str) -> None:
    """The error says which permission is missing, how to grant it, and where to read about it."""
    assert (done.code, done.error is not None) == (4, True)
    told = str(done.error)
    assert re.search(rf"\npermissions:\n(  .*\n)*  {permission}(  #.*)?\n", told), told
    assert "docs/github.md#permissions" in told
    assert "Traceback" not in done.log


WRITES = [
    (scheduled, "contents", "contents: write"),
    (scheduled, "issues", "issues: write"),
    (protected, "pull-requests", "pull-requests: write"),
    (protected, "issues", "issues: write"),
    (of_pull, "checks", "checks: write"),
    (of_pull, "pull-requests", "pull-requests: write"),
    (of_deployment, "checks", "checks: write"),
    (of_deployment, "pull-requests", "pull-requests: write"),
    (following, "checks", "checks: write"),
    (following, "pull-requests", "pull-requests: write"),
]


@pytest.mark.parametrize(("job", "scope", "permission"), WRITES)
def test_a_write_that_is_not_allowed_keeps_the_result_and_names_the_permission(
    make: Callable[..., Scene], job: Callable[[Scene], Job], scope: str, permission: str
) -> None:
    scene = make()
    start = job(scene)
    done = start(token=without(scene, scope, "read"))
    named(done, permission)
    kept = scene.runner.result_of(scene.runner.jobs)
    assert "the result is kept in autoresearch-output/result.json" in str(done.error)
    found = json.loads(kept.read_text())["measurements"][0]["findings"]
    assert {finding["subject"] for finding in found} == {"old", "bad"}
    assert done.outputs["new"] == "1"
    assert "bad" in done.summary
    assert start().error is None, "with the permission, the next run does all"


READS = [
    (scheduled, "contents", "contents: read"),
    (of_pull, "contents", "contents: read"),
    (following, "actions", "actions: read"),
    (following, "contents", "contents: read"),
    (following, "pull-requests", "pull-requests: read"),
]


@pytest.mark.parametrize(("job", "scope", "permission"), READS)
def test_a_private_repository_that_cannot_be_read_names_the_permission_and_writes_nothing(
    make: Callable[..., Scene], job: Callable[[Scene], Job], scope: str, permission: str
) -> None:
    scene = make(private=True)
    start = job(scene)
    wrote = len(scene.github.writes)
    named(start(token=without(scene, scope)), permission)
    assert len(scene.github.writes) == wrote
    assert start().error is None


def test_what_the_token_may_do_is_done_before_the_job_fails(make: Callable[..., Scene]) -> None:
    scene = make()
    start = of_pull(scene)
    (number,) = scene.repo.pulls
    start(token=without(scene, "checks"))
    assert len(comments(scene.repo, number)) == 1, "no check, but the comment"
    start(token=without(scene, "issues"))
    assert [check.conclusion for check in scene.repo.checks.values()] == ["failure"]
    scene.sees(words=BAD)
    scene.schedule(token=without(scene, "issues"))
    assert {known["subject"] for known in state(scene.repo)["known"].values()} == {"old", "bad"}, (
        "no issue, but the state"
    )
    assert our_issues(scene.repo) == []
    scene.schedule()
    assert len(our_issues(scene.repo)) == 1


def test_a_check_whose_comment_is_refused_says_that_publishing_failed(make: Callable[..., Scene]) -> None:
    scene = make()
    of_pull(scene)(token=without(scene, "pull-requests", "read"))
    (check,) = scene.repo.checks.values()
    assert (check.status, check.conclusion, check.title) == ("completed", "failure", "Publishing failed")
