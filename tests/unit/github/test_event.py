"""The context of a run, from what the runner says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autoresearch.errors import UsageError
from autoresearch.github.event import Context, Pull, Upstream, parse_pull, read_context
from tests.unit.github import payloads
from tests.unit.github.payloads import BASE, HEAD, MERGE, environment


def read(folder: Path, event: str, payload: Any, ref: str = "refs/heads/main", **env: str) -> Context:
    context = read_context(environment(event, ref, GITHUB_EVENT_PATH=payloads.written(folder, payload), **env))
    assert context is not None
    return context


def test_outside_of_actions_there_is_no_context() -> None:
    assert read_context({"GITHUB_REPOSITORY": "acme/shop"}) is None


def test_a_pull_request_is_about_its_head_and_never_the_merge_commit(tmp_path: Path) -> None:
    context = read(tmp_path, "pull_request", payloads.pull_request(), "refs/pull/7/merge")
    assert context.sha == HEAD != MERGE
    assert context.pull == Pull(7, HEAD, "main", BASE, False, "ada", "acme/shop", "new")
    assert not context.is_default_branch
    assert not context.is_read_only


@pytest.mark.parametrize("head", ["fork/shop", None])
def test_a_head_elsewhere_or_nowhere_is_a_fork(tmp_path: Path, head: str | None) -> None:
    context = read(tmp_path, "pull_request", payloads.pull_request(head), "refs/pull/7/merge")
    assert context.pull
    assert context.pull.is_fork
    assert context.pull.head_repository == (head or "")
    assert context.is_read_only


def test_a_name_in_another_case_is_the_same_repository(tmp_path: Path) -> None:
    pull = read(tmp_path, "pull_request", payloads.pull_request("Acme/Shop")).pull
    assert pull
    assert not pull.is_fork


def test_dependabot_has_a_token_that_only_reads(tmp_path: Path) -> None:
    context = read(tmp_path, "pull_request", payloads.pull_request(), GITHUB_ACTOR="dependabot[bot]")
    assert context.is_read_only
    assert context.pull
    assert not context.pull.is_fork


def test_pull_request_target_runs_on_the_default_branch_but_is_not_about_it(tmp_path: Path) -> None:
    context = read(tmp_path, "pull_request_target", payloads.pull_request("fork/shop"))
    assert context.ref == "refs/heads/main"
    assert not context.is_default_branch
    assert not context.is_read_only
    assert context.sha == HEAD


def test_a_pull_request_of_a_deleted_account_has_no_author(tmp_path: Path) -> None:
    pull = read(tmp_path, "pull_request", payloads.pull_request(user=None)).pull
    assert pull
    assert pull.author == ""


def test_a_schedule_names_no_repository_and_stands_on_the_default_branch(tmp_path: Path) -> None:
    context = read(tmp_path, "schedule", payloads.schedule(), "refs/heads/trunk")
    assert context.default_branch == "trunk"
    assert context.is_default_branch
    assert context.sha == MERGE


@pytest.mark.parametrize(
    ("ref", "there"), [("refs/heads/main", True), ("refs/heads/x", False), ("refs/tags/main", False)]
)
def test_a_push_is_on_the_default_branch_or_not(tmp_path: Path, ref: str, there: bool) -> None:
    assert read(tmp_path, "push", payloads.push(ref), ref).is_default_branch is there


@pytest.mark.parametrize("head", ["fork/shop", None])
def test_a_workflow_run_is_about_the_run_it_follows(tmp_path: Path, head: str | None) -> None:
    context = read(tmp_path, "workflow_run", payloads.workflow_run(head=head))
    assert context.upstream == Upstream(815, "pull_request", HEAD, "new", head or "", "success")
    assert (context.sha, context.pull) == (HEAD, None)


def test_a_merge_group_is_about_its_head(tmp_path: Path) -> None:
    context = read(tmp_path, "merge_group", payloads.merge_group(), "refs/heads/gh-readonly-queue/main/pr-7-b")
    assert context.sha == HEAD
    assert not context.is_default_branch


@pytest.mark.parametrize(
    ("status", "url"),
    [
        ({"environment_url": "https://preview.example"}, "https://preview.example"),
        ({"environment_url": "", "target_url": "https://old.example"}, "https://old.example"),
        ({"environment_url": "https://preview.example", "state": "failure"}, None),
        ({"environment_url": "javascript:alert(1)"}, None),
        ({"environment_url": "file:///etc/passwd", "target_url": None}, None),
        ({"environment_url": "https://[::1"}, None),
    ],
)
def test_a_deployment_is_looked_at_where_it_succeeded(tmp_path: Path, status: dict[str, Any], url: str | None) -> None:
    context = read(tmp_path, "deployment_status", payloads.deployment_status(**status))
    assert context.deployment_url == url
    assert context.sha == HEAD


@pytest.mark.parametrize(
    ("attempt", "url"),
    [
        ("1", "https://ghes.example/acme/shop/actions/runs/4711"),
        ("3", "https://ghes.example/acme/shop/actions/runs/4711/attempts/3"),
    ],
)
def test_the_runs_page_is_on_its_own_server(tmp_path: Path, attempt: str, url: str) -> None:
    env = {"GITHUB_SERVER_URL": "https://ghes.example", "GITHUB_RUN_ATTEMPT": attempt}
    assert read(tmp_path, "push", payloads.push(), **env).run_url == url


def pull(**more: Any) -> dict[str, Any]:
    payload = payloads.pull_request()
    payload["pull_request"] |= more
    return payload


@pytest.mark.parametrize(
    ("event", "payload", "words"),
    [
        ("pull_request", "", "JSON"),
        ("pull_request", "[]", "does not fit"),
        ("pull_request", "[" * 100_000, "does not fit"),
        ("pull_request", {}, "has no `pull_request`"),
        ("workflow_run", {"repository": payloads.REPOSITORY}, "has no `workflow_run`"),
        ("pull_request", pull(number=-1), "pull_request.number"),
        ("pull_request", pull(number=True), "pull_request.number"),
        ("pull_request", pull(number=10**30), "pull_request.number"),
        ("pull_request", pull(head={"ref": "x" * 5000, "sha": HEAD}), "pull_request.head.ref"),
        ("pull_request", pull(head={"ref": "a\nb", "sha": HEAD}), "pull_request.head.ref"),
        ("pull_request", pull(head={"ref": "x", "sha": "../../etc"}), "pull_request.head.sha"),
        ("pull_request", payloads.pull_request("../../x"), "full_name"),
    ],
)
def test_a_payload_that_does_not_fit_is_a_clear_error(tmp_path: Path, event: str, payload: Any, words: str) -> None:
    with pytest.raises(UsageError) as error:
        read(tmp_path, event, payload)
    assert words in str(error.value)
    assert len(str(error.value)) < 500


def test_an_endless_payload_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(UsageError, match="larger than"):
        read_context(environment("push", GITHUB_EVENT_PATH=str(path)))


def test_a_payload_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_context(environment("push", GITHUB_EVENT_PATH=str(tmp_path / "none.json")))


@pytest.mark.parametrize(
    "env", [{"GITHUB_REPOSITORY": "acme"}, {"GITHUB_SHA": "HEAD"}, {"GITHUB_EVENT_NAME": ""}, {"GITHUB_RUN_ID": "x"}]
)
def test_an_environment_that_does_not_fit_is_a_clear_error(env: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="environment of GitHub Actions"):
        read_context(environment("push", **env))


def test_a_pull_request_of_the_api_is_parsed_like_that_of_a_payload() -> None:
    data = payloads.pull_request("fork/shop")["pull_request"]
    assert parse_pull(data, "acme/shop") == Pull(7, HEAD, "main", BASE, True, "ada", "fork/shop", "new")
    with pytest.raises(UsageError):
        parse_pull({"number": 7}, "acme/shop")
