"""A job of a workflow, as the runner starts one: a checkout, an event, files for outputs and summary; our commands.

In the same process, so that nothing waits between two writes; `tests/e2e` runs the real command line.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autoresearch.core.changes import Change
from autoresearch.core.result import Shard
from autoresearch.errors import AutoresearchError
from autoresearch.plan import Request
from autoresearch.publish import deliver, settle_results
from autoresearch.run import run
from autoresearch.session import Wishes, open_session
from tests.github.server import GitHub
from tests.github.state import Repo


def event_of_pull(repo: Repo, number: int) -> dict[str, Any]:
    """The payload of a pull request's event."""
    pull = repo.issues[number].pull
    assert pull is not None
    head = {"ref": pull.head_ref, "sha": pull.head_sha, "repo": {"full_name": pull.head_repository.full_name}}
    base = {"ref": pull.base_ref, "sha": repo.head(pull.base_ref)}
    about = {"number": number, "head": head, "base": base, "user": {"login": "alice"}}
    return {"pull_request": about, "repository": {"default_branch": repo.default_branch}}


def environment(
    event: str, payload: Mapping[str, Any], folder: Path, *, repository: str = "acme/shop", **more: str
) -> dict[str, str]:
    """The variables of a step, and the files that some of them name."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "event.json").write_text(json.dumps(payload))
    for name in ("output", "summary"):
        (folder / name).write_text("")
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_REPOSITORY": repository,
        "GITHUB_SHA": "c" * 40,
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_RUN_ID": "1",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_ACTOR": "alice",
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    } | more


@dataclass
class Done:
    """A job that has ended."""

    error: AutoresearchError | None
    code: int
    outputs: dict[str, str]
    summary: str
    log: str
    changes: tuple[Change, ...] = ()

    @property
    def kinds(self) -> list[str]:
        return [change.kind for change in self.changes]


@dataclass
class Runner:
    """Runs jobs of one repository, a day apart unless told otherwise."""

    github: GitHub
    repo: Repo
    token: str
    folder: Path
    jobs: int = 0
    more: dict[str, str] = field(default_factory=dict)

    def run(self, event: str, payload: Mapping[str, Any] | None = None, *, at: str = "main", **asked: Any) -> Done:
        """`autoresearch run` over a checkout of `at`."""
        return self._job(event, payload or {}, at, [], asked)

    def publish(
        self, event: str, payload: Mapping[str, Any] | None = None, *results: Path, at: str = "main", **asked: Any
    ) -> Done:
        """`autoresearch publish`."""
        return self._job(event, payload or {}, at, list(results), asked, publishes=True)

    def _job(
        self,
        event: str,
        payload: Mapping[str, Any],
        at: str,
        results: list[Path],
        asked: dict[str, Any],
        *,
        publishes: bool = False,
    ) -> Done:
        self.jobs += 1
        day = asked.pop("day", self.jobs)
        job = self.folder / f"job-{self.jobs}"
        workspace = self._checkout(at, job / "workspace")
        number = asked.pop("number", str(1000 + self.jobs))
        token, wishes = asked.pop("token", self.token), asked.pop("wishes", {})
        home = {"repository": {"default_branch": self.repo.default_branch}}
        env = environment(
            event,
            {**home, **payload},
            job / "step",
            repository=self.repo.full_name,
            GITHUB_WORKSPACE=str(workspace),
            GITHUB_RUN_ID=number,
            GITHUB_API_URL=self.github.api_url,
            GITHUB_TOKEN=token,
            GITHUB_SHA=self.repo.resolve(at) or "",
            **self.more,
        )
        request = Request(
            root=workspace / asked.pop("root", "."),
            now=dt.datetime(2026, 3, 1, 6, tzinfo=dt.UTC) + dt.timedelta(days=day),
            **({"shard": Shard(index=shard[0], count=shard[1])} if (shard := asked.pop("shard", None)) else {}),
            **asked,
        )
        log, error, outcome = io.StringIO(), None, None
        with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log), contextlib.chdir(workspace):
            try:
                with open_session(request, Wishes(pace=0.0, **wishes), env) as opened:
                    session = opened
                    if publishes:
                        session, outcome = settle_results(opened, results)
                    else:
                        outcome = run(session.request, session.states)
                    from autoresearch.publication import Destinations

                    deliver(outcome, Destinations(state=session.writes_state(outcome.plan.config)), session)
            except AutoresearchError as raised:
                error = raised
        return Done(
            error=error,
            code=error.exit_code if error else outcome.exit_code if outcome else 0,
            outputs=_outputs((job / "step/output").read_text()),
            summary=(job / "step/summary").read_text(),
            log=log.getvalue(),
            changes=outcome.changes.changes if outcome else (),
        )

    def result_of(self, job: int) -> Path:
        """Where a job's step left its result."""
        return self.folder / f"job-{job}/workspace/autoresearch-output/result.json"

    def _checkout(self, at: str, workspace: Path) -> Path:
        shutil.rmtree(workspace, ignore_errors=True)
        workspace.mkdir(parents=True)
        for path, content in self.repo.files(at).items():
            file = workspace / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return workspace


def _outputs(text: str) -> dict[str, str]:
    """What a runner reads out of the file."""
    outputs: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, _, delimiter = line.partition("<<")
        value = []
        for inner in lines:
            if inner == delimiter:
                break
            value.append(inner)
        outputs[name] = "\n".join(value)
    return outputs
