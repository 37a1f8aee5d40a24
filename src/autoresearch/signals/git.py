"""What git knows of the repository."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from autoresearch.errors import UsageError

_TIME_LIMIT = 600


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


def export(root: Path, commit: str, into: Path) -> Path:
    """Write the files of a commit below `into`, and return the folder there that answers to `root`.

    Only the files: neither the user's index nor the list of worktrees learns of it. Raises `UsageError`.
    """
    tree = into / "tree"
    tree.mkdir()
    environment = {**os.environ, "GIT_INDEX_FILE": str(into / "index")}
    for command in (["read-tree", commit], ["checkout-index", "--all", "--force", f"--prefix={tree}/"]):
        top = ["git", "-C", _ask(root, "rev-parse", "--show-toplevel"), *command]
        finished = subprocess.run(
            top, capture_output=True, text=True, env=environment, timeout=_TIME_LIMIT, check=False
        )
        if finished.returncode != 0:
            raise UsageError(f"git cannot write out {commit[:12]}: {finished.stderr.strip()[-300:]}")
    return tree / _ask(root, "rev-parse", "--show-prefix")


def _ask(root: Path, *question: str) -> str:
    command = ["git", "-C", str(root), *question]
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return finished.stdout.strip() if finished.returncode == 0 else ""
