"""What started the run, from the runner's environment and the event's payload.

Branch names and whatever else people choose are text of bounded length here, and nothing more: nobody may trust them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from autoresearch.github.payload import (
    DeploymentStatus,
    Environment,
    Payload,
    PullRequest,
    WorkflowRun,
    read_environment,
    read_payload,
    unfit,
)

DEPENDABOT = "dependabot[bot]"
PULL_EVENTS = ("pull_request", "pull_request_target")


@dataclass(frozen=True)
class Pull:
    """A pull request; `head_repository` is empty where the fork is gone."""

    number: int
    head_sha: str
    base_ref: str
    base_sha: str
    is_fork: bool
    author: str
    head_repository: str
    head_ref: str


@dataclass(frozen=True)
class Upstream:
    """The run that a `workflow_run` follows; on forks its payload names no pull request."""

    run_id: int
    event: str
    head_sha: str
    head_branch: str
    head_repository: str
    conclusion: str


@dataclass(frozen=True)
class Context:
    """One run of a workflow.

    `sha` is the commit that the run speaks of: the head of a pull request (never GitHub's merge commit), of a merge
    group, of the run that was followed, or what was deployed.
    """

    event: str
    repository: str
    sha: str
    ref: str
    default_branch: str
    run_id: str
    run_attempt: str
    api_url: str
    server_url: str
    pull: Pull | None = None
    upstream: Upstream | None = None
    deployment_url: str | None = None
    actor: str = ""

    @property
    def is_default_branch(self) -> bool:
        """Whether the run stands on the default branch itself; a pull request into it does not."""
        return self.pull is None and bool(self.default_branch) and self.ref == f"refs/heads/{self.default_branch}"

    @property
    def is_read_only(self) -> bool:
        """Whether GitHub gives the run a token that cannot write, whatever the workflow asks for."""
        if self.event == "pull_request":
            return self.actor == DEPENDABOT or (self.pull is not None and self.pull.is_fork)
        return self.actor == DEPENDABOT and self.event in ("push", "deployment_status")

    @property
    def run_url(self) -> str:
        """The page of the run, with its log and artifacts."""
        attempt = "" if self.run_attempt in ("", "1") else f"/attempts/{self.run_attempt}"
        return f"{self.server_url}/{self.repository}/actions/runs/{self.run_id}{attempt}"


def read_context(env: Mapping[str, str]) -> Context | None:
    """The context of this run; None outside of GitHub Actions. Raises `UsageError` for what does not fit."""
    if env.get("GITHUB_ACTIONS") != "true":
        return None
    variables = read_environment(env)
    payload = read_payload(variables.event, env.get("GITHUB_EVENT_PATH", ""))
    return _context(variables, payload)


def parse_pull(data: Any, repository: str) -> Pull:
    """A pull request of `repository`, from a payload or the API. Raises `UsageError` for what does not fit."""
    try:
        return _pull(PullRequest.model_validate(data), repository)
    except ValidationError as error:
        raise unfit("the pull request", error) from None


def _context(env: Environment, payload: Payload) -> Context:
    pull = _pull(payload.pull_request, env.repository) if payload.pull_request and env.event in PULL_EVENTS else None
    upstream = _upstream(payload.workflow_run) if payload.workflow_run and env.event == "workflow_run" else None
    return Context(
        event=env.event,
        repository=env.repository,
        sha=_sha(env, payload),
        ref=env.ref,
        default_branch=_default_branch(env, payload),
        run_id=env.run_id,
        run_attempt=env.run_attempt,
        api_url=env.api_url,
        server_url=env.server_url,
        pull=pull,
        upstream=upstream,
        deployment_url=_deployed(payload.deployment_status) if env.event == "deployment_status" else None,
        actor=env.actor,
    )


def _sha(env: Environment, payload: Payload) -> str:
    if env.event in PULL_EVENTS and payload.pull_request:
        return payload.pull_request.head.sha
    if env.event == "workflow_run" and payload.workflow_run:
        return payload.workflow_run.head_sha
    if env.event == "merge_group" and payload.merge_group:
        return payload.merge_group.head_sha
    if env.event == "deployment_status" and payload.deployment:
        return payload.deployment.sha
    return env.sha


def _default_branch(env: Environment, payload: Payload) -> str:
    """A schedule's payload may name no repository, but a schedule only ever runs on the default branch."""
    if payload.repository and payload.repository.default_branch:
        return payload.repository.default_branch
    return env.ref.removeprefix("refs/heads/") if env.event == "schedule" else ""


def _pull(data: PullRequest, repository: str) -> Pull:
    head = data.head.repo.full_name if data.head.repo else ""
    return Pull(
        number=data.number,
        head_sha=data.head.sha,
        base_ref=data.base.ref,
        base_sha=data.base.sha,
        is_fork=head.lower() != repository.lower(),
        author=data.user.login if data.user else "",
        head_repository=head,
        head_ref=data.head.ref,
    )


def _upstream(data: WorkflowRun) -> Upstream:
    return Upstream(
        run_id=data.id,
        event=data.event,
        head_sha=data.head_sha,
        head_branch=data.head_branch or "",
        head_repository=data.head_repository.full_name if data.head_repository else "",
        conclusion=data.conclusion or "",
    )


def _deployed(status: DeploymentStatus | None) -> str | None:
    """Where a deployment that succeeded can be looked at."""
    if status is None or status.state != "success":
        return None
    for url in (status.environment_url, status.target_url):
        if url and _is_address(url):
            return url
    return None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
