"""The runner's variables and the payloads of events, validated: the parts that matter, nothing trusted beyond its form.

Shapes: https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from autoresearch.errors import UsageError

_PAYLOAD_BYTES = 32 << 20
"""GitHub's own cap is 25 MB."""

Sha = Annotated[str, Field(pattern=r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")]
Name = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=1000)]
FullName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", max_length=200)]
Id = Annotated[int, Field(gt=0, lt=1 << 63, strict=True)]


class Repository(BaseModel):
    """A repository by its name."""

    full_name: FullName


class HomeRepository(BaseModel):
    """The repository in which the workflow runs."""

    default_branch: Name = ""


class User(BaseModel):
    """An account."""

    login: Name


class Head(BaseModel):
    """What a pull request brings; without a repository where the fork is gone."""

    ref: Name
    sha: Sha
    repo: Repository | None = None


class Base(BaseModel):
    """What a pull request goes into."""

    ref: Name
    sha: Sha


class PullRequest(BaseModel):
    """The part of a pull request that decides anything: its title and text are never read."""

    number: Id
    head: Head
    base: Base
    user: User | None = None


class WorkflowRun(BaseModel):
    """The run that a `workflow_run` follows."""

    id: Id
    event: Name
    head_sha: Sha
    head_branch: Name | None = None
    head_repository: Repository | None = None
    conclusion: Name | None = None


class MergeGroup(BaseModel):
    """What a merge queue would merge."""

    head_sha: Sha


class Deployment(BaseModel):
    """What was deployed."""

    sha: Sha


class DeploymentStatus(BaseModel):
    """How far a deployment got, and where it can be looked at."""

    state: Name
    environment_url: Name | None = None
    target_url: Name | None = None


class Payload(BaseModel):
    """All parts that any of our events has."""

    repository: HomeRepository | None = None
    pull_request: PullRequest | None = None
    workflow_run: WorkflowRun | None = None
    merge_group: MergeGroup | None = None
    deployment: Deployment | None = None
    deployment_status: DeploymentStatus | None = None


class Environment(BaseModel):
    """The runner's `GITHUB_*` variables."""

    event: Annotated[Name, Field(min_length=1)]
    repository: FullName
    sha: Sha
    ref: Name
    run_id: Annotated[str, Field(pattern=r"^\d{1,20}$")]
    run_attempt: Annotated[str, Field(pattern=r"^\d{1,9}$")]
    api_url: Name
    server_url: Name
    actor: Name


def read_environment(env: Mapping[str, str]) -> Environment:
    """The runner's variables. Raises `UsageError`."""
    values = {name: env.get(f"GITHUB_{name.upper()}", "") for name in Environment.model_fields}
    values["event"] = env.get("GITHUB_EVENT_NAME", "")
    values["run_id"] = values["run_id"] or "0"
    values["run_attempt"] = values["run_attempt"] or "1"
    values["api_url"] = values["api_url"] or "https://api.github.com"
    values["server_url"] = values["server_url"] or "https://github.com"
    try:
        return Environment.model_validate(values)
    except ValidationError as error:
        raise unfit("the environment of GitHub Actions (GITHUB_*)", error) from None


def _read(path: str) -> bytes:
    if not path:
        return b"{}"
    try:
        with Path(path).open("rb") as file:
            content = file.read(_PAYLOAD_BYTES + 1)
    except OSError as error:
        raise UsageError(f"the event's payload cannot be read: {error.strerror}", hint="GITHUB_EVENT_PATH") from None
    if len(content) > _PAYLOAD_BYTES:
        raise UsageError(f"the event's payload is larger than {_PAYLOAD_BYTES:,} bytes", hint="GITHUB_EVENT_PATH")
    return content


_NEEDED = {
    "pull_request": "pull_request",
    "pull_request_target": "pull_request",
    "workflow_run": "workflow_run",
    "merge_group": "merge_group",
    "deployment_status": "deployment",
}
"""Event → the part of its payload without which nobody knows what the run is about."""


def read_payload(event: str, path: str) -> Payload:
    """The event's payload out of the runner's file; empty without one. Raises `UsageError`."""
    content = _read(path)
    try:
        payload = Payload.model_validate_json(content)
    except ValidationError as error:
        raise unfit(f"the payload of the event {event}", error) from None
    if (needed := _NEEDED.get(event)) and getattr(payload, needed) is None:
        raise UsageError(f"the payload of the event {event} has no `{needed}`", hint="see GITHUB_EVENT_PATH")
    return payload


def unfit(what: str, error: ValidationError) -> UsageError:
    """The error for the first thing that does not fit: where and how, never the value itself."""
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "JSON"
    return UsageError(f"{what} does not fit: {where}: {first['msg'][:200]}", hint="is this GitHub Actions?")
