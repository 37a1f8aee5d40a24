"""What there is in a repository, as plain records, and the world that they live in."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.github.state import Repo


class World:
    """Ids and the clock (a second passes with each change), and the lock around all state."""

    def __init__(self, start: datetime = datetime(2026, 1, 5, 6, tzinfo=UTC)) -> None:
        self.lock = threading.RLock()
        self.now = start
        self.repositories: dict[str, Repo] = {}  # by lower-case name
        self.moved: dict[str, Repo] = {}  # by the names that they had
        self._last = 1000

    def tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def id(self) -> int:
        self._last += 1
        return self._last


@dataclass
class Label:
    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass
class Event:
    """Something that happened to an issue."""

    id: int
    kind: str  # closed, reopened, labeled, unlabeled, renamed
    actor: str
    at: datetime
    commit: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass
class Comment:
    id: int
    issue: int
    author: str
    body: str
    created: datetime
    updated: datetime


@dataclass
class Pull:
    """The part of a pull request that an issue has not."""

    head_repository: Repo
    head_ref: str
    base_ref: str
    head_sha: str
    base_sha: str
    draft: bool = False
    merged: datetime | None = None
    merged_by: str | None = None
    merge_sha: str | None = None


@dataclass
class Issue:
    """An issue, or a pull request: they share their numbers."""

    id: int
    number: int
    title: str
    body: str | None
    author: str
    created: datetime
    updated: datetime
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    state: str = "open"
    reason: str | None = None
    closed: datetime | None = None
    closed_by: str | None = None
    locked: bool = False
    comments: list[Comment] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    pull: Pull | None = None


@dataclass
class CheckRun:
    id: int
    name: str
    head_sha: str
    app: str
    started: str
    status: str = "queued"
    conclusion: str | None = None
    completed: str | None = None
    external_id: str = ""
    details_url: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Run:
    """A workflow's run."""

    id: int
    number: int
    name: str
    event: str
    head_sha: str
    head_branch: str
    head_repository: Repo
    actor: str
    created: datetime
    conclusion: str | None = "success"
    attempt: int = 1
    pulls: list[int] = field(default_factory=list)


@dataclass
class Artifact:
    """`content` is a zip file, or its pieces; `size` is what GitHub says of it."""

    id: int
    name: str
    run: Run
    content: bytes | Iterable[bytes]
    size: int
    created: datetime
    expired: bool = False


@dataclass
class Deployment:
    id: int
    sha: str
    ref: str
    environment: str
    creator: str
    created: datetime
    statuses: list[tuple[int, str, str, datetime]] = field(default_factory=list)  # id, state, address, when
