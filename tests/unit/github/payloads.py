"""Events as GitHub's runner hands them over, cut down to what matters and a little more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HEAD, BASE, MERGE = "a" * 40, "b" * 40, "c" * 40
REPOSITORY = {"id": 1, "full_name": "acme/shop", "default_branch": "main", "private": False, "fork": False}


def environment(event: str, ref: str = "refs/heads/main", **more: str) -> dict[str, str]:
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_SHA": MERGE,
        "GITHUB_REF": ref,
        "GITHUB_RUN_ID": "4711",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_API_URL": "https://api.github.com",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_ACTOR": "ada",
    } | more


def schedule() -> dict[str, Any]:
    return {"schedule": "17 4 * * *", "workflow": ".github/workflows/monitor.yml"}


def push(ref: str = "refs/heads/main") -> dict[str, Any]:
    return {"ref": ref, "before": BASE, "after": HEAD, "forced": False, "commits": [], "repository": REPOSITORY}


def workflow_dispatch() -> dict[str, Any]:
    return {"inputs": None, "ref": "refs/heads/main", "repository": REPOSITORY, "workflow": "monitor.yml"}


def pull_request(head: str | None = "acme/shop", **more: Any) -> dict[str, Any]:
    repo = head and {"id": 2, "full_name": head, "fork": head != "acme/shop"}
    pull = {
        "number": 7,
        "state": "open",
        "title": "A title",
        "body": None,
        "user": {"login": "ada", "type": "User"},
        "head": {"label": "ada:new", "ref": "new", "sha": HEAD, "repo": repo},
        "base": {"label": "acme:main", "ref": "main", "sha": BASE, "repo": REPOSITORY},
    }
    return {"action": "synchronize", "number": 7, "pull_request": pull | more, "repository": REPOSITORY}


def workflow_run(event: str = "pull_request", head: str | None = "fork/shop") -> dict[str, Any]:
    run = {
        "id": 815,
        "name": "pull request",
        "event": event,
        "head_branch": "new",
        "head_sha": HEAD,
        "status": "completed",
        "conclusion": "success",
        "pull_requests": [],
        "head_repository": head and {"id": 2, "full_name": head},
    }
    return {"action": "completed", "workflow_run": run, "repository": REPOSITORY}


def merge_group() -> dict[str, Any]:
    group = {"head_sha": HEAD, "head_ref": "refs/heads/gh-readonly-queue/main/pr-7-b", "base_ref": "refs/heads/main"}
    return {"action": "checks_requested", "merge_group": group, "repository": REPOSITORY}


def deployment_status(**status: Any) -> dict[str, Any]:
    blank = {"state": "success", "environment": "preview", "environment_url": "", "target_url": ""}
    deployment = {"id": 3, "sha": HEAD, "ref": "new", "task": "deploy", "environment": "preview"}
    return {"deployment_status": blank | status, "deployment": deployment, "repository": REPOSITORY}


def written(folder: Path, payload: Any) -> str:
    path = folder / "event.json"
    path.write_text(payload if isinstance(payload, str) else json.dumps(payload))
    return str(path)
