"""A hundred publishers at once: everybody's observation counts, and nothing is said twice.

They take turns, in an order that is the same each time: every write takes a moment of a clock of their own, in which
the others go on.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from autoresearch.github import committed
from autoresearch.github.hub import connect
from autoresearch.plan import Request
from autoresearch.publication import Destinations
from autoresearch.publish import deliver, settle_results
from autoresearch.session import Wishes, open_session
from tests.actions import environment, event_of_pull
from tests.github.clock import Clock
from tests.github.server import GitHub
from tests.integration.github.scenes import Scene, comments, findings, our_issues, state

COUNT = 100
WRITE = 0.01
"""Seconds that each write takes."""
LONGEST = 600
"""Seconds in which the last one has published."""


@pytest.fixture
def scene(github: GitHub, tmp_path: Path) -> Scene:
    return Scene(github, tmp_path / "jobs")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Of all publishers; in `crowd`, writes take time too."""
    time, commit = Clock(COUNT), committed.CommittedState.commit

    def commits(self: committed.CommittedState, *args: Any, **more: Any) -> Any:
        return commit(self, *args, **more, sleep=time.pause)

    monkeypatch.setattr("autoresearch.github.hub.connect", partial(connect, sleep=time.pause))
    monkeypatch.setattr(committed.CommittedState, "commit", commits)
    return time


def publish(env: Mapping[str, str], workspace: Path, result: Path) -> None:
    """What `autoresearch publish` does, with nothing that threads would share."""
    request = Request(root=workspace, now=dt.datetime(2026, 4, 1, 6, tzinfo=dt.UTC))
    with open_session(request, Wishes(pace=0.0), env) as opened:
        session, outcome = settle_results(opened, [result])
        folder = result.parent
        to = Destinations(folder / "out.json", folder / "changes.json", folder / "report.md", state=False)
        deliver(outcome, to, session)


def crowd(
    scene: Scene,
    clock: Clock,
    event: str,
    payload: Mapping[str, Any],
    saw: Callable[[int], dict[str, Any]],
    at: str = "main",
) -> None:
    """That many runs of one commit publish at once; each `saw` something."""
    scene.runner.run(event, payload, at=at, wishes={"publish": False})
    measured = scene.runner.result_of(scene.runner.jobs)
    workspace = measured.parents[1]
    errors: list[str] = []

    def prepared(number: int) -> tuple[dict[str, str], Path]:
        folder = scene.folder / f"publisher-{number}"
        more = {"GITHUB_API_URL": scene.github.api_url, "GITHUB_TOKEN": scene.runner.token}
        more |= {"GITHUB_SHA": scene.repo.head(at), "GITHUB_WORKSPACE": str(workspace)}
        env = environment(event, payload, folder, GITHUB_RUN_ID=str(5000 + number), **more)
        data = json.loads(measured.read_text())
        data["measurements"][0] |= saw(number)
        (folder / "result.json").write_text(json.dumps(data))
        return env, folder / "result.json"

    def one(number: int, env: Mapping[str, str], result: Path) -> None:
        try:
            clock.pause(WRITE * number / COUNT / 2)  # in order, and all before the first write
            publish(env, workspace, result)
        except Exception as error:  # noqa: BLE001 - a thread's error is for the test to show
            errors.append(repr(error))
        finally:
            clock.leave()

    threads = [threading.Thread(target=one, args=(number, *prepared(number))) for number in range(COUNT)]
    scene.github.on_call(lambda call: clock.pause(WRITE) if call.writes else None)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert errors == []
    assert clock.now < LONGEST


def test_no_finding_of_a_hundred_schedules_is_lost_and_one_issue_tells_of_it(scene: Scene, clock: Clock) -> None:
    scene.night(words=findings("old"))
    home = {"repository": {"default_branch": "main"}}
    crowd(scene, clock, "schedule", home, lambda number: findings("old", "bad", f"bad-{number:02}"))
    everything = {"old", "bad", *(f"bad-{number:02}" for number in range(COUNT))}
    assert {known["subject"] for known in state(scene.repo)["known"].values()} == everything
    runs = {entry["run"] for segment in state(scene.repo)["segments"] for entry in segment["history"]}
    assert runs >= {f"{5000 + number}.1" for number in range(COUNT)}
    assert len(our_issues(scene.repo)) == 1


def test_a_hundred_runs_of_a_pull_request_leave_one_comment(scene: Scene, clock: Clock) -> None:
    scene.night(words=findings("old"))
    number = scene.pull(words=findings("old", "bad"))
    payload = event_of_pull(scene.repo, number)
    crowd(scene, clock, "pull_request", payload, lambda number: findings("old", "bad", f"bad-{number:02}"), "change")
    (comment,) = comments(scene.repo, number)
    assert "`bad`" in comment
    assert {check.status for check in scene.repo.checks.values()} == {"completed"}
    assert len(scene.repo.checks) == COUNT, "each run has one of its own, and GitHub shows the newest"
