"""Which pull request a run is about, told by GitHub and never by the run that measured."""

from __future__ import annotations

import pytest

from autoresearch.github.event import Context, Upstream
from autoresearch.github.hub import Hub
from autoresearch.github.pulls import changed_files, find_pull
from tests.github.server import GitHub
from tests.github.state import Repo


def context(shop: Repo, event: str, sha: str, upstream: Upstream | None = None) -> Context:
    return Context(
        event=event,
        repository=shop.full_name,
        sha=sha,
        ref="refs/heads/main",
        default_branch="main",
        run_id="1",
        run_attempt="1",
        api_url="",
        server_url="",
        upstream=upstream,
    )


def after(shop: Repo, there: Repo, branch: str, sha: str | None = None, event: str = "pull_request") -> Context:
    """A `workflow_run` that follows a run on a branch."""
    head = sha or there.head(branch)
    return context(shop, "workflow_run", head, Upstream(1, event, head, branch, there.full_name, "success"))


@pytest.fixture
def fork(shop: Repo) -> Repo:
    fork = shop.fork("mallory")
    fork.push("new", {"src/index.html": "<h1>New</h1>"}, "mallory")
    return fork


def test_a_forks_pull_request_is_found_by_branch_and_commit(hub: Hub, shop: Repo, fork: Repo) -> None:
    shop.push("new", {"a": "b"})  # a branch of the same name, in another repository
    shop.open_pull("new", author="alice")
    number = shop.open_pull("new", from_fork=fork, author="mallory")
    pull = find_pull(hub, after(shop, fork, "new"))
    assert pull
    assert (pull.number, pull.is_fork, pull.head_repository) == (number, True, "mallory/shop")
    assert (pull.base_ref, pull.base_sha, pull.author) == ("main", shop.head(), "mallory")
    assert hub.reads == 1


def test_a_pull_request_of_the_repository_itself_is_found(hub: Hub, shop: Repo) -> None:
    shop.push("new", {"a": "b"})
    number = shop.open_pull("new")
    pull = find_pull(hub, after(shop, shop, "new"))
    assert pull
    assert (pull.number, pull.is_fork) == (number, False)


def test_a_result_that_a_newer_push_has_overtaken_finds_nothing(hub: Hub, shop: Repo, fork: Repo) -> None:
    measured = fork.head("new")
    shop.open_pull("new", from_fork=fork)
    fork.push("new", {"b": "c"}, "mallory")
    assert find_pull(hub, after(shop, fork, "new", measured)) is None


def test_a_closed_pull_request_is_left_alone(hub: Hub, shop: Repo, fork: Repo) -> None:
    shop.close_issue(shop.open_pull("new", from_fork=fork))
    assert find_pull(hub, after(shop, fork, "new")) is None


def test_two_that_fit_are_none(hub: Hub, shop: Repo, fork: Repo) -> None:
    shop.branch("release")
    shop.open_pull("new", from_fork=fork)
    shop.open_pull("new", "release", from_fork=fork)
    assert find_pull(hub, after(shop, fork, "new")) is None


@pytest.mark.parametrize("event", ["push", "schedule", "pull_request_target"])
def test_a_run_of_another_event_has_no_pull_request(
    github: GitHub, hub: Hub, shop: Repo, fork: Repo, event: str
) -> None:
    shop.open_pull("new", from_fork=fork)
    assert find_pull(hub, after(shop, fork, "new", event=event)) is None
    assert github.calls == []


def test_a_run_of_a_deleted_fork_has_no_pull_request(github: GitHub, hub: Hub, shop: Repo) -> None:
    upstream = Upstream(1, "pull_request", shop.head(), "new", "", "success")
    assert find_pull(hub, context(shop, "workflow_run", shop.head(), upstream)) is None
    assert github.calls == []


def test_a_deployment_belongs_to_the_pull_request_of_its_commit(hub: Hub, shop: Repo) -> None:
    sha = shop.push("new", {"a": "b"})
    number = shop.open_pull("new")
    pull = find_pull(hub, context(shop, "deployment_status", sha))
    assert pull
    assert pull.number == number
    assert find_pull(hub, context(shop, "deployment_status", shop.head())) is None
    assert find_pull(hub, context(shop, "deployment_status", "f" * 40)) is None


def test_a_schedule_asks_nobody(github: GitHub, hub: Hub, shop: Repo) -> None:
    assert find_pull(hub, context(shop, "schedule", shop.head())) is None
    assert github.calls == []


def test_changed_files_are_those_that_are_still_there(hub: Hub, shop: Repo) -> None:
    files = {f"posts/{number}.md": "x" for number in range(120)}
    shop.push("new", {**files, "src/index.html": "<h1>New</h1>", "README.md": None})
    number = shop.open_pull("new")
    assert changed_files(hub, number) == {*files, "src/index.html"}
    assert hub.reads == 2
