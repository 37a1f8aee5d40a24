"""Where the committed state is, and how it is renewed: on the branch itself, in a rolling pull request, or apart.

- **On the branch**: the default.
- **Rolling pull request**: where the branch is protected, commits gather on `autoresearch/baseline`. While its pull
  request is open that branch is the state that counts. Each commit on it has the target branch's tree with the state
  on top and the target's head as last parent, so it is always up to date and never needs force; what both branches
  changed is merged by three ways. (What else people commit there stays until the target moves.) A merged or closed
  pull request is over: the next one starts from the target's state. What no pull request has ended (a run died before
  it could open one) is taken over instead.
- **Apart** (`publish.state_branch`): that branch holds state and `autoresearch/README.md` only. It is made as an
  orphan: tiny to fetch, never mistaken for code, and without a copy of the config that would grow stale. Config and
  templates come from the target branch, and so does the state of a loop that the branch does not have yet.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from random import Random
from typing import Any

from autoresearch.core.baseline import Baseline
from autoresearch.core.merge import merge
from autoresearch.core.plain import plain
from autoresearch.errors import PublishError, StateError
from autoresearch.github.commits import ATTEMPTS, Committed, Decide, is_protected, swap
from autoresearch.github.errors import Forbidden, GitHubError, Invalid, NotFound
from autoresearch.github.folder import FolderReader, Head, Snapshot, head_of
from autoresearch.github.hub import Hub
from autoresearch.state import dump, parse

ROLLING = "autoresearch/baseline"
_TITLE = "Autoresearch: renew the baseline"
_BODY = """\
This branch is protected, so the state that runs are compared with is renewed by this pull request.

- While it is open, its branch is the state that counts; every run that has something to say adds a commit.
- Merge it whenever you like: the next one opens by itself. Close it, and what it learned is forgotten.
- A pull request that was opened with the workflow's own token starts no workflows. Where checks are required, close
  and reopen it, or give the Action an App's token.
"""


def state_ref(hub: Hub, target: str) -> str:
    """The branch whose state counts for `target`: the open rolling pull request's, or itself. One read.

    A token that may not see pull requests has never opened one: without a protected branch it needs no such permission.
    """
    try:
        return ROLLING if _pulls(hub, target, "open") else target
    except (Forbidden, NotFound) as error:
        if error.status == 401:
            raise
        return target


@dataclass
class CommittedState:
    """The committed state of one branch."""

    reader: FolderReader
    target: str
    """The branch that the state is about: the default branch, or a pull request's base."""
    state_branch: str | None = None

    def read(self) -> Snapshot:
        """Config, templates, README and state as they count now. Raises `PublishError` for a branch that is not there.

        Four reads where nothing differs from the checkout; two more while a rolling pull request is open.
        """
        if self.state_branch:
            return self._apart(self.state_branch)
        if state_ref(self.reader.hub, self.target) == ROLLING and (rolling := self.reader.head(ROLLING)):
            return self._with_target(rolling)
        return self.reader.at(self._target())

    def commit(
        self,
        decide: Decide,
        message: str,
        *,
        random: Random,
        first: Snapshot | None = None,
        attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Committed | None:
        """Commit what `decide` makes of the state; None where nothing had to change.

        `first` spares reading again what was read before the run measured: where it is stale, the branch has moved.
        Where the branch is protected, through the rolling pull request, which is opened when there is none.
        """
        swapping = partial(swap, self.reader.hub, random=random, attempts=attempts, sleep=sleep)
        try:
            return swapping(_beginning_with(first, self.read), decide, message)
        except GitHubError as error:
            if self.state_branch or not is_protected(error):
                raise
        done = swapping(self._rolling, decide, message)
        if done is None:  # a run that died had committed it already
            done = Committed(self._rolling().commit, ROLLING)
        return replace(done, pull=self._open_pull())

    def _target(self) -> Head:
        head = self.reader.head(self.target)
        if head is None:
            raise PublishError(
                f"{self.reader.hub.repository} has no branch {plain(self.target)}", hint="was it renamed or deleted?"
            )
        return head

    def _apart(self, branch: str) -> Snapshot:
        target = self.reader.at(self._target())
        state = self.reader.read(branch)
        ours = {path: content for path, content in state.files.items() if _is_written(path)}
        return replace(state, files={**target.files, **ours})

    def _rolling(self) -> Snapshot:
        """The rolling branch as the next commit on it begins, whether its pull request is open or not."""
        hub = self.reader.hub
        rolling, target = self.reader.head(ROLLING), self._target()
        if rolling and not any(pull["head"]["sha"] == rolling.commit for pull in _pulls(hub, self.target, "closed")):
            return self._with_target(rolling, target)
        commit = rolling.commit if rolling else ""
        return replace(self.reader.at(target), branch=ROLLING, commit=commit, also=(target.commit,))

    def _with_target(self, rolling: Head, target: Head | None = None) -> Snapshot:
        """The rolling branch, brought up to date with the target branch where that has moved."""
        target = target or self._target()
        ours = replace(self.reader.at(rolling), also=(target.commit,))
        if target.commit in (rolling.commit, *rolling.parents[-1:]):
            return ours
        base = self._merge_base(target, rolling)
        if base and base.commit == target.commit:
            return ours
        before = self.reader.at(base).files if base else {}
        theirs = self.reader.at(target)
        files = merge_files(before, ours.files, theirs.files)
        owed = frozenset(path for path, content in files.items() if theirs.files.get(path) != content)
        return replace(ours, tree=target.tree, files=files, owed=owed, foreign=theirs.foreign)

    def _merge_base(self, target: Head, rolling: Head) -> Head | None:
        """Where the two branches parted, None where they never met."""
        try:
            data = self.reader.hub.read(f"/compare/{target.commit}...{rolling.commit}", per_page=1)
        except NotFound:
            return None
        return head_of(target.branch, data["merge_base_commit"])

    def _open_pull(self) -> int | None:
        """Open the rolling pull request; None where there is one already."""
        body = {"title": _TITLE, "head": ROLLING, "base": self.target, "body": _BODY}
        try:
            return int(self.reader.hub.write("POST", "/pulls", body)["number"])
        except Invalid as error:
            if "already exists" in error.detail:
                return None
            raise


def _beginning_with(first: Snapshot | None, read: Callable[[], Snapshot]) -> Callable[[], Snapshot]:
    waiting = [first] if first is not None else []
    return lambda: waiting.pop() if waiting else read()


def merge_files(
    before: Mapping[str, bytes], ours: Mapping[str, bytes], theirs: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Two folders that grew from one, merged: state by its own rules; of anything else that both changed, theirs."""
    merged: dict[str, bytes] = {}
    for path in sorted(ours.keys() | theirs.keys()):
        content = _merge_file(path, before.get(path), ours.get(path), theirs.get(path))
        if content is not None:
            merged[path] = content
    return merged


def _merge_file(path: str, before: bytes | None, ours: bytes | None, theirs: bytes | None) -> bytes | None:
    if ours in (theirs, before):
        return theirs
    if theirs == before:
        return ours
    if ours is None or theirs is None:  # a change beats a removal
        return theirs if ours is None else ours
    return _merge_state(path, before, ours, theirs) if path.endswith("/state.json") else theirs


def _merge_state(path: str, before: bytes | None, ours: bytes, theirs: bytes) -> bytes:
    """The three states merged; ours where one of them cannot be trusted, for the loop to tell about."""
    loop = PurePosixPath(path).parent.name
    try:
        base = Baseline(loop=loop) if before is None else parse(before.decode(), loop, path)
        return dump(merge(base, parse(ours.decode(), loop, path), parse(theirs.decode(), loop, path))).encode()
    except (StateError, UnicodeDecodeError):
        return ours


def _is_written(path: str) -> bool:
    """Whether the tool writes that file, as opposed to the person who configures it."""
    return PurePosixPath(path).name in {"state.json", "README.md"}


def _pulls(hub: Hub, target: str, state: str) -> list[dict[str, Any]]:
    """The repository's own rolling pull requests into `target`; a fork in the same organization has the same owner."""
    owner = hub.repository.partition("/")[0]
    found = hub.read("/pulls", head=f"{owner}:{ROLLING}", base=target, state=state, per_page=100)
    return [pull for pull in found if ((pull["head"].get("repo") or {}).get("full_name")) == hub.repository]
