"""A clean checkout that is made once and cleaned before every use, so that a try costs no copy of the repository."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autoresearch.experiment.repository import REGULAR, Entry, Repository
from autoresearch.signals.process import hand_over, user_for


@dataclass(frozen=True)
class Traces:
    """What somebody left in a workspace, as paths from its top."""

    changed: tuple[str, ...]
    """Tracked files that differ, are gone, or are no plain files any more."""
    added: tuple[str, ...]


class Workspace:
    """The files of a commit in a folder of their own, without `.git`; git's index for it lies outside."""

    def __init__(self, repository: Repository, folder: Path, *, like: Path) -> None:
        self._repository = repository
        self._index = folder / "index"
        self._like = like
        self.tree = folder / "tree"
        self.tree.mkdir(parents=True, exist_ok=True)

    @property
    def root(self) -> Path:
        """The folder that answers to the config's root."""
        return self.tree / self._repository.prefix

    def reset(self, commit: str) -> None:
        """Everything as the commit has it, and nothing besides: what was built or left is gone."""
        first = not self._index.exists()
        self._git("read-tree", "--reset", "-u", commit)
        if not first:
            self._git("clean", "-ffdxq")
        hand_over(self.tree, self._like)

    def put(self, path: str, content: bytes, entry: Entry) -> None:
        """Another content for one file."""
        file = self.tree / path
        file.unlink()
        file.write_bytes(content)
        file.chmod(0o755 if entry.mode == REGULAR[1] else 0o644)
        if user := user_for(self._like):
            os.chown(file, user.uid, user.gid, follow_symlinks=False)

    def traces(self, paths: Sequence[str] = ()) -> Traces:
        """What differs from the commit; of `paths` alone, where they are given."""
        scope = ["--", *paths] if paths else []
        changed = _names(self._git("diff-files", "-z", "--name-only", *scope))
        if changed:  # or only touched: their content says
            self._git("update-index", "-q", "--really-refresh")
            changed = _names(self._git("diff-files", "-z", "--name-only", *scope))
        if paths:
            return Traces(changed, ())
        return Traces(changed, _names(self._git("ls-files", "-z", "--others")))

    def stamp(self) -> tuple[tuple[str, int, int, int, int], ...]:
        """Every file's place, number, size and times: the same as before where nobody wrote anything."""
        found = []
        for folder, folders, files in os.walk(self.tree):
            folders.sort()
            for name in sorted(files):
                path = os.path.join(folder, name)  # noqa: PTH118  ten thousand of them
                status = os.lstat(path)
                found.append((path, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
        return tuple(found)

    def read(self, path: str, limit: int) -> bytes | None:
        """A plain file's content; None for anything else, and for more bytes than the limit."""
        try:
            descriptor = os.open(self.tree / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1 or status.st_size > limit:
                return None
            return file.read(limit)

    def mode(self, path: str) -> str:
        """The mode as git writes it; "" where there is no plain file."""
        try:
            status = (self.tree / path).lstat()
        except OSError:
            return ""
        if not stat.S_ISREG(status.st_mode):
            return ""
        return REGULAR[1] if status.st_mode & stat.S_IXUSR else REGULAR[0]

    def _git(self, *command: str) -> bytes:
        return self._repository.git(
            f"--work-tree={self.tree}", *command, environment={"GIT_INDEX_FILE": str(self._index)}, cwd=self.tree
        )


def _names(told: bytes) -> tuple[str, ...]:
    return tuple(name for name in told.decode("utf-8", "surrogateescape").split("\0") if name)
