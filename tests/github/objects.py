"""A git object store: blobs, trees and commits with the hashes that git itself gives them."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

MODES = {"100644": "blob", "100755": "blob", "120000": "blob", "040000": "tree", "160000": "commit"}


@dataclass(frozen=True)
class Entry:
    """One line of a tree."""

    mode: str
    sha: str

    @property
    def type(self) -> str:
        return MODES[self.mode]


@dataclass(frozen=True)
class Person:
    """Author or committer."""

    name: str
    email: str
    date: datetime


@dataclass(frozen=True)
class Commit:
    """What a commit object holds."""

    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str


@dataclass(frozen=True)
class Difference:
    """A path that two trees do not agree on; None where it is not there."""

    path: str
    before: str | None
    after: str | None


class Objects:
    """Everything that the repositories of a network (a repository and its forks) have in common."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.trees: dict[str, dict[str, Entry]] = {}
        self.commits: dict[str, Commit] = {}

    def blob(self, content: bytes) -> str:
        sha = _hash("blob", content)
        self.blobs[sha] = content
        return sha

    def tree(self, entries: dict[str, Entry]) -> str:
        """Entries are the names right below; git sorts a folder as if its name ended in a slash."""
        lines = sorted(entries.items(), key=lambda item: item[0] + "/" * (item[1].type == "tree"))
        raw = b"".join(f"{e.mode.lstrip('0')} {name}\0".encode() + bytes.fromhex(e.sha) for name, e in lines)
        sha = _hash("tree", raw)
        self.trees[sha] = dict(lines)
        return sha

    def commit(self, commit: Commit) -> str:
        lines = [f"tree {commit.tree}", *(f"parent {parent}" for parent in commit.parents)]
        lines += [f"author {_signature(commit.author)}", f"committer {_signature(commit.committer)}"]
        sha = _hash("commit", ("\n".join(lines) + f"\n\n{commit.message}").encode())
        self.commits[sha] = commit
        return sha

    def walk(self, tree: str, prefix: str = "", *, folders: bool = False) -> Iterator[tuple[str, Entry]]:
        """Every file below a tree (and folders before what is in them, if asked for): (path, entry)."""
        for name, entry in self.trees[tree].items():
            path = prefix + name
            if entry.type == "tree":
                if folders:
                    yield path, entry
                yield from self.walk(entry.sha, path + "/", folders=folders)
            else:
                yield path, entry

    def find(self, tree: str, path: str) -> Entry | None:
        """The entry at a path; the empty path is the tree itself."""
        entry = Entry("040000", tree)
        for name in path.split("/") if path else ():
            inside = self.trees.get(entry.sha, {}) if entry.type == "tree" else {}
            if name not in inside:
                return None
            entry = inside[name]
        return entry

    def changed(self, tree: str | None, changes: dict[str, Entry | None]) -> str:
        """The tree after changes, path → entry; None removes the path, folders that become empty go with it."""
        entries = dict(self.trees[tree]) if tree else {}
        below: dict[str, dict[str, Entry | None]] = {}
        for path, entry in changes.items():
            name, slash, rest = path.partition("/")
            if slash:
                below.setdefault(name, {})[rest] = entry
            elif entry:
                entries[name] = entry
            else:
                entries.pop(name, None)
        for name, inside in below.items():
            old = entries.get(name)
            sha = self.changed(old.sha if old and old.type == "tree" else None, inside)
            if self.trees[sha]:
                entries[name] = Entry("040000", sha)
            else:
                entries.pop(name, None)
        return self.tree(entries)

    def history(self, head: str) -> list[str]:
        """A commit and all its ancestors, nearest first."""
        seen, order = {head}, [head]
        for sha in order:
            for parent in self.commits[sha].parents:
                if parent not in seen:
                    seen.add(parent)
                    order.append(parent)
        return order

    def merge_base(self, one: str, other: str) -> str | None:
        theirs = set(self.history(other))
        return next((sha for sha in self.history(one) if sha in theirs), None)

    def differences(self, before: str | None, after: str | None) -> list[Difference]:
        """Between the trees of two commits, in the order of paths."""
        old, new = ({path: e.sha for path, e in self.walk(self.commits[c].tree)} if c else {} for c in (before, after))
        paths = sorted(old.keys() | new.keys())
        return [Difference(p, old.get(p), new.get(p)) for p in paths if old.get(p) != new.get(p)]

    def patch(self, difference: Difference) -> tuple[str, int, int]:
        """The hunks as GitHub shows them, without file names; lines added; lines removed."""
        before, after = (
            self.blobs.get(sha or "", b"").decode(errors="replace").splitlines()
            for sha in (difference.before, difference.after)
        )
        lines = list(difflib.unified_diff(before, after, lineterm=""))[2:]
        return "\n".join(lines), sum(line[:1] == "+" for line in lines), sum(line[:1] == "-" for line in lines)


def is_sha(text: str) -> bool:
    return re.fullmatch("[0-9a-f]{40}", text) is not None


def _hash(kind: str, content: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()


def _signature(person: Person) -> str:
    offset = person.date.strftime("%z") or "+0000"
    return f"{person.name} <{person.email}> {int(person.date.timestamp())} {offset}"
