"""The user's `autoresearch/` folder as it is at a commit, read with few calls.

Branch, root tree, folder tree: three reads, and then only the files that differ from those at hand (the checkout's,
or those of an earlier read), told by git's own hash. A publish that changes nothing reads no file at all. Only files
that the tool works with are read: the config, `README.md`, `*/state.json`, `templates/`. Symlinks and submodules are
never followed, and never written over.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from autoresearch.core.plain import plain
from autoresearch.errors import PublishError
from autoresearch.github.errors import NotFound
from autoresearch.github.hub import Hub

MAX_FILE_BYTES = 25_000_000
MAX_BYTES = 100_000_000
MAX_FILES = 1_000
_MAX_TREES = 300
_FILE_MODES = {"100644", "100755"}
_TEMPLATES = "templates"


@dataclass(frozen=True)
class Head:
    """Where a branch stands: its newest commit, that commit's tree and its parents."""

    branch: str
    commit: str
    tree: str
    parents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """The folder's files, by path from the repository's root, and what a commit on top of them is made on.

    Where the folder is not there yet, `files` is empty; where the branch is not, `commit` and `tree` are empty too.
    """

    branch: str
    commit: str
    tree: str
    """The root tree that the next commit changes."""
    files: Mapping[str, bytes]
    also: tuple[str, ...] = ()
    """Further parents of the next commit."""
    owed: frozenset[str] = frozenset()
    """Paths whose content here is not the tree's: the next commit writes them."""
    foreign: frozenset[str] = frozenset()
    """Paths of symlinks and submodules."""

    def text(self, path: str) -> str | None:
        """A file's text; None where there is no such file, or it is no text."""
        try:
            return self.files[path].decode() if path in self.files else None
        except UnicodeDecodeError:
            return None

    def write_to(self, target: Path) -> None:
        """Lay the files out below `target`, an empty folder, so that what reads a checkout reads them unchanged.

        Raises `PublishError`. No path leads out of `target`, nothing that exists is written over or followed.
        """
        for path, content in self.files.items():
            file = target / _inside(path)
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("xb") as stream:
                    stream.write(content)
            except OSError as error:
                raise PublishError(f"{file}: cannot be written: {error.strerror or error}") from error


@dataclass
class FolderReader:
    """Reads the folder of one repository; what it has read or found in the checkout it does not read again."""

    hub: Hub
    config: str = "autoresearch/config.yml"
    """The config's path from the repository's root; its folder is the one that is read."""
    checkout: Path | None = None
    """A folder that may hold the same files already, such as the workflow's checkout; hostile for all we know."""
    _contents: dict[str, bytes] = field(default_factory=dict, repr=False)
    """By git's hash of a blob."""
    _trees: dict[tuple[str, bool], dict[str, Any]] = field(default_factory=dict, repr=False)
    """By git's hash of a tree, and whether it was listed with all below it."""

    def __post_init__(self) -> None:
        _inside(self.config)

    @property
    def folder(self) -> str:
        """The config's folder; empty when it is the repository's root."""
        parent = PurePosixPath(self.config).parent.as_posix()
        return "" if parent == "." else parent

    def head(self, branch: str) -> Head | None:
        """Where the branch stands, None when it is not there. One read."""
        try:
            data = self.hub.read(f"/branches/{branch}")
        except NotFound:
            return None
        with _understood(f"branch {branch}"):
            return head_of(branch, data["commit"])

    def read(self, branch: str) -> Snapshot:
        """The folder at the head of a branch."""
        head = self.head(branch)
        return Snapshot(branch, "", "", {}) if head is None else self.at(head)

    def at(self, head: Head) -> Snapshot:
        """The folder at a commit. Raises `PublishError` for what is too large, or no folder."""
        with _understood(f"branch {head.branch}"):
            return self._at(head)

    def _at(self, head: Head) -> Snapshot:
        files: dict[str, bytes] = {}
        foreign: set[str] = set()
        room = MAX_BYTES
        for path, entry in self._entries(head):
            if entry["mode"] not in _FILE_MODES:
                foreign.add(path)
                continue
            size = int(entry.get("size") or 0)
            room -= size
            if size > MAX_FILE_BYTES or room < 0 or len(files) >= MAX_FILES:
                raise PublishError(
                    f"{plain(path)} on branch {plain(head.branch)}: too large to be read ({size:,} bytes)",
                    hint=f"a file may have {MAX_FILE_BYTES:,} bytes, the folder {MAX_BYTES:,} and {MAX_FILES} files",
                )
            files[path] = self._content(path, str(entry["sha"]), size)
        return Snapshot(head.branch, head.commit, head.tree, MappingProxyType(files), foreign=frozenset(foreign))

    def _entries(self, head: Head) -> Iterator[tuple[str, dict[str, Any]]]:
        """What is in the folder and of use, by path from the repository's root."""
        tree = head.tree
        parts = [part for part in self.folder.split("/") if part]
        for depth, part in enumerate(parts, start=1):
            data = self._tree(tree)
            entry = next((e for e in data["tree"] if e["path"] == part), None)
            where = "/".join(parts[:depth])
            if entry is None and data.get("truncated"):
                raise self._too_many("/".join(parts[: depth - 1]))
            if entry is None:
                return
            if entry["type"] != "tree":
                raise PublishError(f"{where} on branch {plain(head.branch)} is no folder")
            tree = str(entry["sha"])
        prefix = f"{self.folder}/" if self.folder else ""
        for path, entry in self._below(tree):
            if self._is_wanted(path):
                yield prefix + path, entry

    def _below(self, tree: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Entries of a folder, in one read where GitHub lists it whole; else its own folders one by one."""
        data = self._tree(tree, recursive=True)
        if not data.get("truncated"):
            yield from ((str(entry["path"]), entry) for entry in data["tree"] if entry["type"] != "tree")
            return
        data = self._tree(tree)
        folders = [entry for entry in data["tree"] if entry["type"] == "tree"]
        if data.get("truncated") or len(folders) > _MAX_TREES:
            raise self._too_many(self.folder)
        yield from ((str(entry["path"]), entry) for entry in data["tree"] if entry["type"] != "tree")
        for entry in folders:
            inside = self._tree(str(entry["sha"]), recursive=entry["path"] == _TEMPLATES)
            if inside.get("truncated"):
                raise self._too_many(f"{self.folder}/{entry['path']}")
            yield from ((f"{entry['path']}/{e['path']}", e) for e in inside["tree"] if e["type"] != "tree")

    def _too_many(self, where: str) -> PublishError:
        return PublishError(
            f"{plain(where)}/: more files than GitHub lists", hint="keep other files out of this folder"
        )

    def _tree(self, sha: str, *, recursive: bool = False) -> dict[str, Any]:
        if (sha, recursive) not in self._trees:
            query = {"recursive": 1} if recursive else {}
            self._trees[sha, recursive] = self.hub.read(f"/git/trees/{sha}", **query)
        return self._trees[sha, recursive]

    def _is_wanted(self, path: str) -> bool:
        first, _, rest = path.partition("/")
        if not rest:
            return first in {PurePosixPath(self.config).name, "README.md"}
        return rest == "state.json" or first == _TEMPLATES

    def _content(self, path: str, sha: str, size: int) -> bytes:
        known = self._contents.get(sha)
        if known is None:
            known = self._local(path, sha, size)
        if known is None:
            known = self._blob(path, sha)
        self._contents[sha] = known
        return known

    def _local(self, path: str, sha: str, size: int) -> bytes | None:
        """The checkout's file, if it is the same."""
        if self.checkout is None:
            return None
        file = self.checkout / _inside(path)
        try:
            if not file.is_file() or file.stat().st_size != size:
                return None
            content = file.read_bytes()
        except OSError:
            return None
        return content if git_hash(content) == sha else None

    def _blob(self, path: str, sha: str) -> bytes:
        data = self.hub.read(f"/git/blobs/{sha}")
        try:
            content = base64.b64decode(data["content"]) if data["encoding"] == "base64" else data["content"].encode()
        except (binascii.Error, KeyError, ValueError, AttributeError) as error:
            raise PublishError(f"{plain(path)}: GitHub's answer holds no file") from error
        if git_hash(content) != sha:
            raise PublishError(f"{plain(path)}: GitHub's answer is not the file that was asked for")
        return content


def head_of(branch: str, commit: Mapping[str, Any]) -> Head:
    """The head that GitHub's description of a commit tells of."""
    parents = tuple(str(parent["sha"]) for parent in commit["parents"])
    return Head(branch, str(commit["sha"]), str(commit["commit"]["tree"]["sha"]), parents)


def git_hash(content: bytes) -> str:
    """What git calls a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@contextmanager
def _understood(where: str) -> Iterator[None]:
    """What a proxy or another server answers may be any JSON at all."""
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise PublishError(
            f"{plain(where)}: GitHub's answer is not the usual one ({type(error).__name__}: {plain(str(error), 80)})",
            hint="check the API's address (api-url) and the proxy",
        ) from error


def _inside(path: str) -> PurePosixPath:
    """A path that stays inside of whatever it is joined to. Raises `PublishError`."""
    pure = PurePosixPath(path)
    if not path or "\0" in path or pure.is_absolute() or {"..", ".git"} & set(pure.parts):
        raise PublishError(f"{plain(path)} is no path inside of a repository")
    return pure
