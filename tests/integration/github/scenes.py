"""Repositories in which something is about to be published, and what GitHub shows afterwards.

What a scene's loops find is in `seen/LOOP.json`, in the words of a `script` loop: so a test says what is measured, and
a job costs milliseconds. A scene can be put back to where it was saved, however many jobs have run in between.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.actions import Done, Runner, event_of_pull
from tests.github.server import GitHub
from tests.github.state import Issue, Repo

RIGHTS = {"actions": "read", "checks": "write", "contents": "write", "issues": "write", "pull-requests": "write"}


def finding(subject: str, rule: str = "word", **more: Any) -> dict[str, Any]:
    return {"rule": rule, "severity": "error", "subject": subject, "message": "say it otherwise", **more}


def findings(*subjects: str, **more: Any) -> dict[str, Any]:
    """What a loop saw: one finding for each subject."""
    return {"findings": [finding(subject, **more) for subject in subjects]}


def config(*loops: str, **publish: Any) -> str:
    """A config whose loops repeat what `seen/` says."""
    scripts = {loop: {"kind": "script", "command": ["cat", f"seen/{loop}.json"]} for loop in loops}
    return json.dumps({"version": 1, "loops": scripts, "publish": publish})


def seen(saw: Mapping[str, Mapping[str, Any] | None]) -> dict[str, str | None]:
    """The files to push; None is a loop that fails."""
    return {f"seen/{loop}.json": None if output is None else json.dumps(output) for loop, output in saw.items()}


@dataclass
class Scene:
    """A repository with the Action set up; `loops` by what they see at first."""

    github: GitHub
    folder: Path
    loops: Sequence[str] = ("words",)
    publish: Mapping[str, Any] = field(default_factory=dict)
    name: str = "acme/shop"
    private: bool = False

    def __post_init__(self) -> None:
        nothing = {loop: findings() for loop in self.loops}
        files = {"autoresearch/config.yml": config(*self.loops, **self.publish), **seen(nothing)}
        self.github.repository(self.name, files, private=self.private)
        token = self.github.token(RIGHTS, repository=self.name)
        self.runner = Runner(self.github, self.repo, token, self.folder)

    @property
    def repo(self) -> Repo:
        return self.github.world.repositories[self.name]

    def sees(self, branch: str = "main", /, **saw: Mapping[str, Any] | None) -> str:
        """A push, after which the loops see that; its commit."""
        return self.repo.push(branch, seen(saw), "alice", "Change", start="main")

    def schedule(self, **asked: Any) -> Done:
        return self.runner.run("schedule", **asked)

    def night(self, /, **saw: Mapping[str, Any] | None) -> Done:
        """A push and the scheduled run after it, a day after the last."""
        self.sees(**saw)
        return self.schedule()

    def pull(self, /, branch: str = "change", **saw: Mapping[str, Any] | None) -> int:
        """A pull request's number."""
        self.sees(branch, **saw)
        return self.repo.open_pull(branch)

    def check_pull(self, number: int, **asked: Any) -> Done:
        """The run of a pull request."""
        pull = self.repo.issues[number].pull
        assert pull is not None
        return self.runner.run("pull_request", event_of_pull(self.repo, number), at=pull.head_ref, **asked)

    def measured(self, event: str = "schedule", number: int | None = None) -> Callable[[], Done]:
        """A run that has measured and not published yet: each call publishes its result, as the same run."""
        payload = event_of_pull(self.repo, number) if number else {}
        pull = self.repo.issues[number].pull if number else None
        at = pull.head_sha if pull else self.repo.head()
        self.runner.run(event, payload, at=at, wishes={"publish": False})
        result, day = self.runner.result_of(self.runner.jobs), self.runner.jobs
        when: dict[str, Any] = {"number": str(1000 + day), "day": day}
        return lambda: self.runner.publish(event, payload, result, at=at, **when)

    def save(self) -> Callable[[], None]:
        """What puts the repositories back to how they are now."""
        world, jobs = self.github.world, self.runner.jobs
        with world.lock:
            kept, now = copy.deepcopy(world.repositories, {id(world): world}), world.now

        def restore() -> None:
            with world.lock:  # a run that was killed may still be served its last answer
                world.repositories, world.now = copy.deepcopy(kept, {id(world): world}), now
            self.runner.repo, self.runner.jobs = self.repo, jobs
            self.github.faults.clear()
            self.github.die_after(None)

        return restore


def our_issues(repo: Repo, *, is_open: bool | None = None) -> list[Issue]:
    ours = [issue for issue in repo.issues.values() if issue.pull is None]
    return [issue for issue in ours if is_open is None or (issue.state == "open") == is_open]


def state(repo: Repo, loop: str = "words", at: str = "main", folder: str = "autoresearch") -> dict[str, Any]:
    """A loop's committed state."""
    content: dict[str, Any] = json.loads(repo.files(at)[f"{folder}/{loop}/state.json"])
    return content


def comments(repo: Repo, number: int) -> list[str]:
    return [comment.body for comment in repo.issues[number].comments]


def shown(repo: Repo) -> dict[str, Any]:
    """All that a person can see of our work, and all that the next run knows."""
    return {
        "files": {path: text.decode() for path, text in repo.files().items() if path.startswith("autoresearch/")},
        "commits": [commit.message for commit in repo.log()],
        "issues": [_issue(issue) for issue in repo.issues.values()],
        "checks": [
            (c.name, c.head_sha, c.status, c.conclusion, c.external_id, c.title, c.summary, c.annotations)
            for c in repo.checks.values()
        ],
        "labels": sorted(repo.labels),
    }


def _issue(issue: Issue) -> tuple[Any, ...]:
    told = [(comment.author, comment.body) for comment in issue.comments]
    return (issue.number, issue.title, issue.body, issue.state, issue.reason, sorted(issue.labels), told)
