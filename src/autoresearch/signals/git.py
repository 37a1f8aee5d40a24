"""What git knows of the repository."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from pathlib import Path

from autoresearch.errors import NotMeasuredError, UsageError
from autoresearch.signals.process import hand_over, run, without_secrets

_TIME_LIMIT = 600.0
_OUTPUT_LIMIT = 1_000_000


def head(root: Path) -> str:
    """The commit that is checked out; "" outside of a repository or before its first commit."""
    return _ask(root, "rev-parse", "--verify", "--quiet", "HEAD")


def commit_of(root: Path, revision: str) -> str:
    """The commit that a revision names. Raises `UsageError` where there is none, or where it was not fetched."""
    commit = (
        "" if revision.startswith("-") else _ask(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    )
    if not commit:
        raise UsageError(
            f"--base {revision}: there is no such commit in {root}",
            hint="fetch it first: `git fetch --depth=1 origin BRANCH`, or `fetch-depth: 0` of actions/checkout",
        )
    return commit


def tags(root: Path, most: int = 100) -> list[tuple[dt.datetime, str]]:
    """The newest tags and when each was made (a light one: its commit), newest first; none outside of a repository."""
    told = _ask(
        root,
        "for-each-ref",
        "refs/tags",
        "--sort=-creatordate",
        f"--count={most}",
        "--format=%(creatordate:unix) %(refname:short)",
    )
    found = []
    for line in told.splitlines():
        time, _, name = line.partition(" ")
        if time.isdigit() and name and len(time) < 12:
            found.append((dt.datetime.fromtimestamp(int(time), dt.UTC), name))
    return found


def export(root: Path, commit: str, into: Path) -> Path:
    """Write the files of a commit below `into`, and return the folder there that answers to `root`.

    Only the files: neither the user's index nor the list of worktrees learns of it. git runs as the repository's own
    code does: a filter in its config is a program. Raises `NotMeasuredError`.
    """
    tree = into / "tree"
    tree.mkdir()
    hand_over(into, root)
    top = Path(_ask(root, "rev-parse", "--show-toplevel"))
    for command in (["read-tree", commit], ["checkout-index", "--all", "--force", f"--prefix={tree}/"]):
        index = {"GIT_INDEX_FILE": str(into / "index")}
        finished = run(
            ["git", *command], cwd=top, time_limit=_TIME_LIMIT, output_limit=_OUTPUT_LIMIT, environment=index
        )
        if finished.code != 0:
            raise NotMeasuredError(f"git cannot write out {commit[:12]}: {finished.last_words()}")
    return tree / _ask(root, "rev-parse", "--show-prefix")


def _ask(root: Path, *question: str) -> str:
    command = ["git", "-C", str(root), *question]
    environment = without_secrets(os.environ)
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return finished.stdout.strip() if finished.returncode == 0 else ""
