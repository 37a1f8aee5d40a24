"""What a run does on GitHub: one row an event."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autoresearch.config.model import Publish
from autoresearch.github.activities import Activities, activities
from autoresearch.github.event import Context, read_context
from tests.unit.github import payloads
from tests.unit.github.payloads import environment

REQUEST = {"comment", "check"}
MONITOR = {"issues", "commit"}
ALWAYS = {"annotations", "summary"}
SIDE = "refs/heads/side"
DEPENDABOT = "dependabot[bot]"

EVENTS = {  # name: event, payload, ref, actor, what is done
    "schedule": ("schedule", payloads.schedule(), "refs/heads/main", "ada", MONITOR),
    "push to main": ("push", payloads.push(), "refs/heads/main", "ada", MONITOR),
    "push to a branch": ("push", payloads.push(SIDE), SIDE, "ada", set()),
    "push of a tag": ("push", payloads.push("refs/tags/main"), "refs/tags/main", "ada", set()),
    "push by Dependabot": ("push", payloads.push(), "refs/heads/main", DEPENDABOT, set()),
    "dispatch on main": ("workflow_dispatch", payloads.workflow_dispatch(), "refs/heads/main", "ada", MONITOR),
    "dispatch on a branch": ("workflow_dispatch", payloads.workflow_dispatch(), SIDE, "ada", set()),
    "pull request": ("pull_request", payloads.pull_request(), "refs/pull/7/merge", "ada", REQUEST),
    "pull request of a fork": ("pull_request", payloads.pull_request("f/s"), "refs/pull/7/merge", "ada", set()),
    "pull request of a gone fork": ("pull_request", payloads.pull_request(None), "refs/pull/7/merge", "ada", set()),
    "pull request by Dependabot": ("pull_request", payloads.pull_request(), "refs/pull/7/merge", DEPENDABOT, set()),
    "pull request target": ("pull_request_target", payloads.pull_request("f/s"), "refs/heads/main", "ada", REQUEST),
    "after a pull request": ("workflow_run", payloads.workflow_run(), "refs/heads/main", "ada", REQUEST),
    "after Dependabot": ("workflow_run", payloads.workflow_run(), "refs/heads/main", DEPENDABOT, REQUEST),
    "after a push": ("workflow_run", payloads.workflow_run("push"), "refs/heads/main", "ada", set()),
    "deployment": ("deployment_status", payloads.deployment_status(), "", "ada", REQUEST),
    "deployment of main": ("deployment_status", payloads.deployment_status(), "refs/heads/main", "ada", REQUEST),
    "merge group": ("merge_group", payloads.merge_group(), "refs/heads/queue", "ada", {"check"}),
    "anything else": ("watch", {"repository": payloads.REPOSITORY}, "refs/heads/main", "ada", set()),
}


def context(folder: Path, event: str, payload: Any, ref: str, actor: str = "ada") -> Context:
    env = environment(event, ref, GITHUB_EVENT_PATH=payloads.written(folder, payload), GITHUB_ACTOR=actor)
    found = read_context(env)
    assert found
    return found


def done(decided: Activities) -> set[str]:
    return {name for name in REQUEST | MONITOR | ALWAYS if getattr(decided, name)}


def said(wanted: set[str]) -> set[str]:
    """What the job itself says: remarks on files only where no check makes them."""
    return ALWAYS - {"annotations"} if "check" in wanted else ALWAYS


@pytest.mark.parametrize(("event", "payload", "ref", "actor", "wanted"), EVENTS.values(), ids=EVENTS)
def test_an_event_decides(tmp_path: Path, event: str, payload: Any, ref: str, actor: str, wanted: set[str]) -> None:
    decided = activities(context(tmp_path, event, payload, ref, actor), Publish(), token=True, overrides={})
    assert done(decided) == wanted | said(wanted)
    assert all(decided.why.values())
    assert not decided.why.keys() & done(decided)
    assert not any("not for the event" in reason for reason in decided.why.values()), "nobody asked for it"


@pytest.mark.parametrize(("event", "payload", "ref", "actor", "wanted"), EVENTS.values(), ids=EVENTS)
def test_no_input_widens_what_an_event_allows(
    tmp_path: Path, event: str, payload: Any, ref: str, actor: str, wanted: set[str]
) -> None:
    everything = dict.fromkeys(REQUEST | MONITOR | ALWAYS, True)
    decided = activities(context(tmp_path, event, payload, ref, actor), Publish(), token=True, overrides=everything)
    assert done(decided) == wanted | said(wanted)
    assert set(decided.why) == (REQUEST | MONITOR) - wanted  # each with its reason


def test_a_fork_is_told_how_it_is_published(tmp_path: Path) -> None:
    fork = context(tmp_path, "pull_request", payloads.pull_request("f/s"), "refs/pull/7/merge")
    why = activities(fork, Publish(), token=True, overrides={}).why
    assert set(why) == REQUEST
    assert "workflows/pull-request-report.yml" in why["comment"]


def test_what_an_event_is_not_for_is_told_to_whoever_asked(tmp_path: Path) -> None:
    pull = context(tmp_path, "pull_request", payloads.pull_request(), "refs/pull/7/merge")
    why = activities(pull, Publish(), token=True, overrides={"commit": True}).why
    assert why == {"commit": "not for the event pull_request"}


def test_without_a_token_only_the_job_itself_speaks(tmp_path: Path) -> None:
    decided = activities(context(tmp_path, *EVENTS["schedule"][:3]), Publish(), token=False, overrides={})
    assert done(decided) == ALWAYS
    assert "token" in decided.why["commit"]


@pytest.mark.parametrize("name", ["comment", "check", "issues", "commit"])
@pytest.mark.parametrize("given", [None, True, False])
def test_an_input_goes_before_the_config(tmp_path: Path, name: str, given: bool | None) -> None:
    row = EVENTS["pull request" if name in REQUEST else "schedule"]
    off = Publish.model_validate({name: False})
    decided = activities(context(tmp_path, *row[:3]), off, token=True, overrides={name: given})
    assert getattr(decided, name) is bool(given)
    on = activities(context(tmp_path, *row[:3]), Publish(), token=True, overrides={name: given})
    assert getattr(on, name) is (given is not False)


def test_the_reason_says_who_switched_it_off(tmp_path: Path) -> None:
    row = EVENTS["schedule"][:3]
    decided = activities(
        context(tmp_path, *row), Publish(issues=False), token=True, overrides={"commit": False, "summary": False}
    )
    assert "publish.issues" in decided.why["issues"]
    assert "input `commit`" in decided.why["commit"]
    assert not decided.summary
