"""Which permission of a workflow's token a call needs, and the YAML that grants it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

DOCS = "docs/github.md#permissions"

Level = Literal["read", "write"]

_SCOPES = [
    (re.compile(r"/issues/(\d+/comments|comments/)"), ("pull-requests", "issues")),
    (re.compile(r"/(issues|labels|milestones)\b"), ("issues",)),
    (re.compile(r"/(check-runs|check-suites|commits/[^/]+/check-)"), ("checks",)),
    (re.compile(r"/commits/[^/]+/pulls"), ("pull-requests",)),
    (re.compile(r"/commits/[^/]+/status|/statuses/"), ("statuses",)),
    (re.compile(r"/pulls\b"), ("pull-requests",)),
    (re.compile(r"/actions/"), ("actions",)),
    (re.compile(r"/deployments\b"), ("deployments",)),
]
"""The beginning of a path after `/repos/OWNER/NAME` → the scopes of which one is enough; `contents` is the rest."""

_PLACES = {"pull-requests": "on a pull request", "issues": "on an issue"}


@dataclass(frozen=True)
class Permission:
    """One scope of a workflow's `permissions:`, and how much of it."""

    scope: str
    level: Level

    def __str__(self) -> str:
        return f"{self.scope}: {self.level}"


def needed(verb: str, path: str) -> tuple[Permission, ...]:
    """The permissions of which any one lets the call through; `path` is what follows `/repos/OWNER/NAME`."""
    level: Level = "read" if verb in ("GET", "HEAD") else "write"
    for pattern, scopes in _SCOPES:
        if pattern.match(path):
            return tuple(Permission(scope, level) for scope in scopes)
    return (Permission("contents", level),)


def grant(permissions: tuple[Permission, ...]) -> str:
    """The lines to paste into a workflow's job."""
    if len(permissions) == 1:
        return f"permissions:\n  {permissions[0]}"
    lines = [f"  {permission}  # {_PLACES[permission.scope]}" for permission in permissions]
    return "\n".join(["permissions:", *lines])
