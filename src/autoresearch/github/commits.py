"""Commits through GitHub's API, as a compare-and-swap on a branch. The checkout on disk is never touched.

A commit is made on the head that was read, and the branch is moved to it without force. Where the branch has moved in
between, everything is read and decided anew, so that nobody's observation is lost. Answers that never came need no
care of their own: what has landed is found on the next read, and then nothing is left to change.

The author is whoever the token belongs to (`github-actions[bot]` for the workflow's own): only then does GitHub sign
the commit, which some branches ask for. No message gets a `[skip ci]`. Commits of the workflow's own token start no
workflows anyway. Those of an App or a person do, which is why somebody sets such a token: a required check that is
skipped would keep a pull request from ever being merged. A monitor that starts itself this way ends with its second
run, which has nothing left to commit.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from autoresearch.core.baseline import Baseline, Segment
from autoresearch.core.plain import plain
from autoresearch.errors import PublishError
from autoresearch.github.errors import Conflict, Forbidden, GitHubError, Invalid, Unavailable
from autoresearch.github.folder import Snapshot, git_hash
from autoresearch.github.hub import Hub

Decide = Callable[[Snapshot], Mapping[str, str]]
"""From the files as they are to the files as they shall be, path → text. Called again for every newer snapshot."""

ATTEMPTS = 10
_LONGEST_PAUSE = 60.0

_PROTECTED = re.compile(
    r"protected (branch|ref)"
    r"|through (a pull request|the merge queue)"
    r"|status checks? .*(is|are) expected"
    r"|not authorized to (push|update)"
    r"|must not contain merge commits"
    r"|verified signatures|approving review",
    re.I,
)
"""Words of the refusals that a commit on another branch gets around; with rulesets they follow their own heading."""


@dataclass(frozen=True)
class Committed:
    """A commit that was made: its hash, on which branch, and the rolling pull request that was opened for it."""

    sha: str
    branch: str
    pull: int | None = None


def commit_files(hub: Hub, snapshot: Snapshot, files: Mapping[str, str], message: str) -> str:
    """Commit `files` (path → text) on top of a snapshot and move its branch there; the commit's hash. Three writes.

    Raises `Conflict` when the branch has moved since (or, where it was missing, is there now), `PublishError` for a
    path that is a symlink or submodule, and whatever else the hub raises.
    """
    if blocked := sorted(snapshot.foreign & files.keys()):
        raise PublishError(
            f"{plain(blocked[0])} on branch {plain(snapshot.branch)} is a symlink or a submodule: not written over",
            hint="put a plain file there, or remove it",
        )
    owed = {path: snapshot.files[path] for path in snapshot.owed}
    contents = owed | {path: text.encode() for path, text in files.items()}
    tree = {"tree": [_entry(path, content) for path, content in sorted(contents.items())]}
    on_top = {"base_tree": snapshot.tree} if snapshot.tree else {}
    made = hub.write("POST", "/git/trees", tree | on_top)
    parents = list(dict.fromkeys(filter(None, (snapshot.commit, *snapshot.also))))
    commit = hub.write("POST", "/git/commits", {"message": message, "tree": made["sha"], "parents": parents})
    sha = str(commit["sha"])
    if snapshot.commit:
        hub.write("PATCH", f"/git/refs/heads/{snapshot.branch}", {"sha": sha, "force": False})
    else:
        hub.write("POST", "/git/refs", {"ref": f"refs/heads/{snapshot.branch}", "sha": sha})
    return sha


def swap(
    hub: Hub,
    read: Callable[[], Snapshot],
    decide: Decide,
    message: str,
    *,
    random: Random,
    attempts: int = ATTEMPTS,
    sleep: Callable[[float], None] = time.sleep,
) -> Committed | None:
    """Read, decide, commit, and again while somebody else is first; the commit, None where nothing had to change.

    Pauses double up to a minute, each drawn from zero on so that many publishers spread out. Raises `Unavailable`
    after `attempts` (by default after five minutes at most, besides the calls themselves).
    """
    for attempt in range(attempts):
        if attempt:
            sleep(random.uniform(0, min(_LONGEST_PAUSE, 2.0**attempt)))
        snapshot = read()
        files = changed(snapshot, decide(snapshot))
        if not files:
            return Committed(snapshot.commit, snapshot.branch) if attempt else None
        try:
            return Committed(commit_files(hub, snapshot, files, message), snapshot.branch)
        except Conflict:
            continue
        except Unavailable as error:
            if not error.maybe_done:
                raise
    raise Unavailable(
        f"the state could not be committed: somebody else was first {attempts} times, or no answer came",
        hint="run the job again; a `concurrency:` group keeps two runs from publishing at once",
        maybe_done=True,
    )


def changed(snapshot: Snapshot, files: Mapping[str, str]) -> dict[str, str]:
    """Those of the files that are not in the snapshot like this already."""
    return {path: text for path, text in files.items() if snapshot.files.get(path) != text.encode()}


def is_protected(error: GitHubError) -> bool:
    """Whether GitHub refused a commit because the branch takes changes by pull request only, or from others only."""
    return isinstance(error, Forbidden | Invalid | Conflict) and _PROTECTED.search(error.detail) is not None


def is_worth_a_commit(before: Baseline, after: Baseline, now: dt.datetime) -> bool:
    """Whether a loop's renewed state is committed, or stays as it is in the repository.

    It is, when it knows something else than before (findings, regressions, rules, facts, acceptances, issues, an
    environment that is new). For history alone it is committed by the first run of each day (UTC): a calendar day
    rather than 24 hours, since a daily schedule never comes to the minute. The runs in between are not remembered,
    which costs the statistics samples but does not bend them: which run comes first does not depend on
    what it measured.
    """
    if _lasting(before) != _lasting(after):
        return True
    return any(_is_due(before.segment(segment.environment), segment, now) for segment in after.segments)


def _lasting(baseline: Baseline) -> tuple[Any, ...]:
    """All but what every run changes: history with its exclusions, and when a finding was last seen."""
    return (
        baseline.rules_seen,
        {mark: known.model_copy(update={"last_seen": known.first_seen}) for mark, known in baseline.known.items()},
        {segment.name: segment.accepted for segment in baseline.segments},
        baseline.observations,
        baseline.memory,
        baseline.issues,
        baseline.pending,
    )


def _is_due(before: Segment, after: Segment, now: dt.datetime) -> bool:
    remembered = {entry.run for entry in before.history}
    if all(entry.run in remembered for entry in after.history):
        return False
    today = now.astimezone(dt.UTC).date().isoformat()
    return all(entry.at[: len(today)] < today for entry in before.history)


def _entry(path: str, content: bytes) -> dict[str, str]:
    """A file in the request for a tree: its text, or the name of a blob that GitHub has already."""
    entry = {"path": path, "mode": "100644", "type": "blob"}
    try:
        return entry | {"content": content.decode()}
    except UnicodeDecodeError:
        return entry | {"sha": git_hash(content)}
