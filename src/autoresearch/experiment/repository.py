"""The night's branch, by git's plumbing: neither the user's files nor the index is touched, and no hook runs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autoresearch.errors import NotMeasuredError, UsageError
from autoresearch.signals.process import without_secrets

_TIME_LIMIT = 120.0
_QUIET = (
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "gc.auto=0",
    "-c",
    "core.quotePath=false",
)
_AUTHOR = ("autoresearch", "autoresearch@users.noreply.github.com")
REGULAR = ("100644", "100755")


@dataclass(frozen=True)
class Entry:
    """A file of a commit."""

    mode: str
    blob: str


class Repository:
    """What git does for a night. Every failure is a `NotMeasuredError` with git's last words."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.top = Path(self._ask_early("rev-parse", "--show-toplevel"))
        self.git_dir = Path(self._ask_early("rev-parse", "--absolute-git-dir"))
        self.prefix = self._ask_early("rev-parse", "--show-prefix")

    def head(self) -> str:
        """The commit that is checked out. Raises `UsageError` before the first one."""
        return self._ask_early("rev-parse", "--verify", "--quiet", "HEAD^{commit}")

    def path(self, name: str) -> str:
        """A path from the repository's top, of one from the root of the config."""
        return self.prefix + name

    def entry(self, commit: str, path: str) -> Entry | None:
        """A file as the commit has it; None where there is none, or a folder."""
        told = self.git("ls-tree", "-z", commit, "--", path).decode("utf-8", "surrogateescape")
        for line in told.split("\0"):
            head, _, name = line.partition("\t")
            if name == path and head.split()[1] == "blob":
                mode, _, blob = head.split()
                return Entry(mode, blob)
        return None

    def content(self, blob: str) -> bytes:
        """What is in a file."""
        return self.git("cat-file", "blob", blob)

    def changed(self, *paths: str) -> list[str]:
        """Which of these paths the user has changed and not committed."""
        told = self.git("status", "--porcelain=v1", "-z", "--untracked-files=all", "--", *paths, cwd=self.top)
        return [part[3:] for part in told.decode("utf-8", "replace").split("\0") if len(part) > 3]

    def tip(self, branch: str) -> str:
        """Where a branch is; "" where it is not."""
        return self._try("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}")

    def move(self, branch: str, to: str, *, since: str) -> None:
        """Set a branch that is at `since` ("": not there yet); somebody else's move is an error, not overwritten."""
        self.git("update-ref", f"refs/heads/{branch}", to, since or "0" * 40)

    def blob(self, content: bytes) -> str:
        """Store a file's content."""
        return self.git("hash-object", "-w", "--stdin", data=content).decode().strip()

    def commit(self, parent: str, files: Mapping[str, Entry], message: str, *, at: str, index: Path) -> str:
        """A commit on `parent` that has these files changed (paths from the top); on no branch yet. `at`: ISO time."""
        index.unlink(missing_ok=True)
        environment = {"GIT_INDEX_FILE": str(index)}
        self.git("read-tree", parent, environment=environment)
        lines = "".join(f"{entry.mode} {entry.blob}\t{path}\n" for path, entry in files.items())
        self.git("update-index", "--add", "--index-info", data=lines.encode(), environment=environment)
        tree = self.git("write-tree", environment=environment).decode().strip()
        name, email = _AUTHOR
        who = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER")
               for part, value in (("NAME", name), ("EMAIL", email), ("DATE", at))}  # fmt: skip
        made = self.git("commit-tree", tree, "-p", parent, "-F", "-", data=message.encode(), environment=who)
        return made.decode().strip()

    def git(
        self, *command: str, data: bytes = b"", environment: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> bytes:
        """What git answers."""
        try:
            ended = subprocess.run(
                ["git", *_QUIET, f"--git-dir={self.git_dir}", *command],
                cwd=cwd or self.top,
                input=data,
                capture_output=True,
                check=False,
                timeout=_TIME_LIMIT,
                env={**without_secrets(os.environ), **(environment or {})},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotMeasuredError(f"git {command[0]} did not end: {error}") from error
        if ended.returncode != 0:
            words = ended.stderr.decode("utf-8", "replace").strip()[-500:]
            raise NotMeasuredError(f"git {command[0]} failed: {words}")
        return ended.stdout

    def _try(self, *command: str) -> str:
        try:
            return self.git(*command).decode("utf-8", "surrogateescape").strip()
        except NotMeasuredError:
            return ""

    def _ask_early(self, *command: str) -> str:
        ended = subprocess.run(
            ["git", "-C", str(self.root), *command],
            capture_output=True, text=True, check=False, timeout=_TIME_LIMIT, env=without_secrets(os.environ),
        )  # fmt: skip
        if ended.returncode != 0:
            raise UsageError(
                f"{self.root} is no git repository with a commit",
                hint="a night's changes are commits: `git init`, and commit",
            )
        return ended.stdout.strip()
