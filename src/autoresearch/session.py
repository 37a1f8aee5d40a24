"""One run in GitHub Actions: what started it, whose state counts for it, and what of its outcome goes to GitHub.

Outside of Actions everything here is empty: the same commands work on a laptop.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autoresearch.config.model import Config
from autoresearch.config.secrets import Secrets
from autoresearch.errors import UsageError
from autoresearch.plan import DEFAULT_CONFIG, Request

if TYPE_CHECKING:  # a run outside of Actions does without all of it
    from autoresearch.github.activities import Activities
    from autoresearch.github.committed import CommittedState
    from autoresearch.github.event import Context, Pull
    from autoresearch.github.folder import FolderReader, Snapshot
    from autoresearch.github.hub import Hub

_OF_ANOTHER_RUN = frozenset({"workflow_run", "deployment_status"})
"""Events of the default branch that are about a pull request."""
_TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")


@dataclass(frozen=True)
class Wishes:
    """What the command line, or the Action's inputs, say of publishing; None leaves it to event and config."""

    comment: bool | None = None
    check: bool | None = None
    issues: bool | None = None
    commit: bool | None = None
    api_url: str | None = None
    publish: bool = True
    pace: float = 1.0
    """Seconds between two writes, as GitHub asks for."""


@dataclass
class Session:
    """What a command needs to know of GitHub. Without a `context`, nothing; without a `hub`, nothing is written."""

    request: Request
    wishes: Wishes
    env: Mapping[str, str]
    scratch: Path
    context: Context | None = None
    hub: Hub | None = None
    snapshot: Snapshot | None = None
    """The committed folder that this run was compared with."""
    committed: CommittedState | None = None
    at_root: str | None = None
    """The `prefix` of the request's root, where that is a copy."""
    known: dict[str, Any] = field(default_factory=dict, repr=False)
    """What was asked of GitHub once, for this session and those made of it."""

    def writes_state(self, config: Config) -> bool:
        """Whether state files on disk are renewed: not by a pull request, a part, or where this run commits."""
        if self.request.base is not None or self.request.shard is not None:
            return False
        if self.context is None:
            return True
        doing = self.activities(config)
        commits = self.hub is not None and self.publishes and doing is not None and doing.commit
        return self.context.is_default_branch and not commits

    @property
    def publishes(self) -> bool:
        """Whether anything goes to GitHub: a part of a run is published with the others."""
        return self.wishes.publish and self.request.shard is None

    @property
    def config_path(self) -> str:
        """The config's path from the repository's root: it tells two configs of one repository apart."""
        if self.at_root is not None:
            return str(self.request.config)
        return f"{self.prefix}{self.request.config or DEFAULT_CONFIG}"

    @property
    def prefix(self) -> str:
        """The path of `root` from the repository's root; empty, or ending in a slash."""
        if self.at_root is not None:
            return self.at_root
        top = Path(self.env.get("GITHUB_WORKSPACE") or os.curdir).resolve()
        root = self.request.root.resolve()
        inside = root.relative_to(top).as_posix() if root.is_relative_to(top) else "."
        return "" if inside == "." else f"{inside}/"

    @property
    def pull(self) -> Pull | None:
        """The pull request that the run is about."""
        if self.context is None or self.hub is None:
            return self.context.pull if self.context else None
        from autoresearch.github.pulls import find_pull

        if "pull" not in self.known:
            self.known["pull"] = find_pull(self.hub, self.context)
        pull: Pull | None = self.known["pull"]
        return pull

    @property
    def is_overtaken(self) -> bool:
        """Whether there is nobody to tell: the pull request that was measured is closed, or has a newer commit."""
        return self.context is not None and self.context.event in _OF_ANOTHER_RUN and self.pull is None

    def activities(self, config: Config) -> Activities | None:
        """What of the outcome goes to GitHub; None outside of Actions."""
        if self.context is None:
            return None
        from autoresearch.github.activities import activities

        wishes = self.wishes
        overrides = {"comment": wishes.comment, "check": wishes.check, "issues": wishes.issues, "commit": wishes.commit}
        return activities(self.context, config.publish, token=self.hub is not None, overrides=overrides)

    def states(self, config: Config) -> Path | None:
        """The states that count: those of the base branch, never the head's; of a monitored branch, its newest."""
        self._mask(config)
        if self.hub is None or self.context is None:
            return None
        from autoresearch.github.committed import CommittedState

        target = self.pull.base_ref if self.pull else self.context.default_branch
        if not target:
            return None
        self.committed = CommittedState(self._reader(self.hub), target, config.publish.state_branch)
        self.snapshot = self.committed.read()
        return self._laid_out(self.snapshot, "states")

    def uploaded(self) -> dict[str, bytes]:
        """The results of the workflow run that this one follows, by where they were found."""
        if self.context is None or self.context.upstream is None or self.hub is None:
            raise UsageError(
                "which result? none was named",
                hint="autoresearch publish RESULT…; after a workflow_run, and with a token, it is found by itself",
            )
        from autoresearch.github.artifacts import results_of

        return results_of(self.hub, str(self.context.upstream.run_id))

    def over_base(self) -> Session:
        """The session over the base branch's folder: its config and templates, whatever is checked out here.

        Where results come from another run, nothing that the run had checked out may decide about them.
        """
        if self.context is None or self.context.event not in _OF_ANOTHER_RUN or self.hub is None:
            return self
        branch = self.pull.base_ref if self.pull else self.context.default_branch
        snapshot = self._reader(self.hub).read(branch)
        target = self.scratch / "base"
        target.mkdir()
        snapshot.write_to(target)
        request = replace(self.request, root=target, config=self.config_path)
        return replace(self, request=request, at_root=self.prefix)

    def identity_of_run(self) -> dict[str, str]:
        """What this run calls itself, whatever a result says: its commit, and on shards its own id."""
        if self.context is None:
            return {}
        own = {"sha": self.context.sha, "event": self.context.event}
        return own if self.context.upstream else own | {"id": str(self.request.run_id)}

    def _laid_out(self, snapshot: Snapshot, name: str) -> Path:
        target = self.scratch / name
        target.mkdir()
        snapshot.write_to(target)
        return target / Path(self.config_path).parent

    def _reader(self, hub: Hub) -> FolderReader:
        """Reads the committed folder; the workspace's files may spare it a download."""
        from autoresearch.github.folder import FolderReader

        if "reader" not in self.known:
            workspace = self.env.get("GITHUB_WORKSPACE")
            self.known["reader"] = FolderReader(hub, self.config_path, Path(workspace) if workspace else None)
        reader: FolderReader = self.known["reader"]
        return reader

    def _mask(self, config: Config) -> None:
        """Have the runner blacken what the config names, before a line with it can be printed."""
        if self.context is None:
            return
        from autoresearch.github.workflow import mask_commands

        secrets = Secrets(self.env)
        secrets.learn(config.model_dump(mode="json"))
        for line in mask_commands(secrets.values):
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


@contextmanager
def open_session(request: Request, wishes: Wishes, env: Mapping[str, str]) -> Iterator[Session]:
    """The session of a command. Raises `UsageError` for an environment that is not GitHub's."""
    with tempfile.TemporaryDirectory(prefix="autoresearch-") as scratch:
        here = Session(request, wishes, env, Path(scratch))
        yield _in_actions(here) if env.get("GITHUB_ACTIONS") == "true" else here


def _in_actions(session: Session) -> Session:
    """The session with what started the run, and a hub where there is a token."""
    from autoresearch.github.event import read_context
    from autoresearch.github.hub import connect

    env, request, wishes = session.env, session.request, session.wishes
    context = read_context(env)
    if context is None:
        return session
    token = next((env[name] for name in _TOKENS if env.get(name)), "")
    api_url = wishes.api_url or context.api_url
    fitted = replace(
        request,
        event=context.event,
        sha=context.sha,
        run_id=f"{context.run_id}.{context.run_attempt}",
        url=request.url or context.deployment_url,
    )
    hub = connect(context.repository, token, api_url, context.server_url, pace=wishes.pace) if token else None
    return replace(session, request=fitted, context=context, hub=hub)
