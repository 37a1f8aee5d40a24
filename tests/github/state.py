"""A repository, and what people (and other workflows) do in it; the operations of the API are in the other modules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from tests.github.objects import Commit, Entry, Objects, Person
from tests.github.records import (
    Artifact,
    CheckRun,
    Comment,
    Deployment,
    Event,
    Issue,
    Label,
    Pull,
    Run,
    World,
)

__all__ = ["BOT", "Artifact", "CheckRun", "Comment", "Deployment", "Event", "Issue", "Label", "Protection", "Pull"]
__all__ += ["Repo", "Run", "World"]

Protection = Literal["rules", "review", "status", "restricted"]
BOT = "github-actions[bot]"


class Repo:
    """A repository, and what people do in it."""

    def __init__(self, world: World, full_name: str, *, objects: Objects, private: bool, parent: Repo | None) -> None:
        self.world, self.full_name, self.objects = world, full_name, objects
        self.private, self.parent = private, parent
        self.id, self.created = world.id(), world.now
        self.default_branch = "main"
        self.refs: dict[str, str] = {}
        self.reflog: list[tuple[str, str | None, str | None, str]] = []  # ref, before, after, who
        self.protected: dict[str, Protection] = {}
        self.labels: dict[str, Label] = {}  # by lower-case name
        self.issues: dict[int, Issue] = {}
        self.comments: dict[int, Comment] = {}
        self.checks: dict[int, CheckRun] = {}
        self.runs: dict[int, Run] = {}
        self.artifacts: dict[int, Artifact] = {}
        self.deployments: dict[int, Deployment] = {}
        self.actions_may_open_pulls = True  # a setting of the repository
        self.tree_limit = 100_000  # entries of a listing; it is truncated after these
        self.readers: set[str] = {self.owner}  # of a private repository

    @property
    def owner(self) -> str:
        return self.full_name.partition("/")[0]

    @property
    def name(self) -> str:
        return self.full_name.partition("/")[2]

    @property
    def deleted(self) -> bool:
        return self.world.repositories.get(self.full_name.lower()) is not self

    @property
    def pulls(self) -> dict[int, Issue]:
        return {number: issue for number, issue in self.issues.items() if issue.pull}

    # -- git

    def head(self, branch: str = "main") -> str:
        """The commit that a branch is at."""
        return self.refs[f"refs/heads/{branch}"]

    def branches(self) -> dict[str, str]:
        return {ref.removeprefix("refs/heads/"): sha for ref, sha in self.refs.items() if ref.startswith("refs/heads/")}

    def files(self, at: str = "main") -> dict[str, bytes]:
        """Path → content at a branch or commit."""
        sha = self.resolve(at)
        if sha is None:
            raise KeyError(at)
        walk = self.objects.walk(self.objects.commits[sha].tree)
        return {path: self.objects.blobs[entry.sha] for path, entry in walk if entry.type == "blob"}

    def log(self, at: str = "main") -> list[Commit]:
        """The commits of a branch, latest first."""
        return [self.objects.commits[sha] for sha in self.objects.history(self.resolve(at) or "")]

    def resolve(self, text: str) -> str | None:
        """The commit that a SHA, branch, tag or ref names."""
        for ref in (text, f"refs/{text}", f"refs/heads/{text}", f"refs/tags/{text}"):
            if ref in self.refs:
                return self.refs[ref]
        return text if text in self.objects.commits else None

    def push(
        self,
        branch: str = "main",
        files: Mapping[str, str | bytes | None] | None = None,
        author: str = "alice",
        message: str = "Change",
        *,
        start: str | None = None,
    ) -> str:
        """A commit on top of a branch (a new one begins at `start`, or at the default branch); None removes a file."""
        with self.world.lock:
            tip = self.refs.get(f"refs/heads/{branch}") or self.resolve(start or self.default_branch)
            changes = {path: self._entry(content) for path, content in (files or {}).items()}
            tree = self.objects.changed(self.objects.commits[tip].tree if tip else None, changes)
            who = Person(author, f"{author}@users.noreply.github.com", self.world.tick())
            sha = self.objects.commit(Commit(tree, (tip,) if tip else (), who, who, message))
            self.move(f"refs/heads/{branch}", sha, author)
            return sha

    def _entry(self, content: str | bytes | None) -> Entry | None:
        if content is None:
            return None
        return Entry("100644", self.objects.blob(content.encode() if isinstance(content, str) else content))

    def move(self, ref: str, sha: str | None, by: str) -> None:
        """Move, create or (None) delete a ref; open pull requests follow."""
        self.reflog.append((ref, self.refs.get(ref), sha, by))
        if sha is None:
            del self.refs[ref]
        else:
            self.refs[ref] = sha
        for repository in {repo.full_name: repo for repo in (self, self.parent) if repo}.values():
            for issue in repository.pulls.values():
                pull = issue.pull
                if pull and sha and issue.state == "open" and pull.head_repository is self:
                    pull.head_sha = sha if ref == f"refs/heads/{pull.head_ref}" else pull.head_sha

    def branch(self, name: str, at: str | None = None) -> str:
        """A new branch."""
        with self.world.lock:
            sha = self.resolve(at or self.default_branch)
            if sha is None:
                raise KeyError(at)
            self.move(f"refs/heads/{name}", sha, self.owner)
            return sha

    def protect(self, branch: str = "main", how: Protection = "rules") -> None:
        """Nobody may push: by a ruleset, required reviews, required status checks, or a list of people."""
        self.protected[branch] = how

    # -- issues and pull requests

    def label(self, name: str, color: str = "ededed", description: str | None = None) -> Label:
        """The label of that name, made if it is missing: as GitHub does for labels of an issue."""
        return self.labels.setdefault(name.lower(), Label(self.world.id(), name, color, description))

    def open_issue(self, title: str, body: str | None = None, author: str = "alice", labels: Iterable[str] = ()) -> int:
        """Its number."""
        with self.world.lock:
            now, number = self.world.tick(), max(self.issues, default=0) + 1
            self.issues[number] = Issue(self.world.id(), number, title, body, author, now, now)
            self.set_labels(number, labels, author)
            return number

    def set_labels(self, number: int, names: Iterable[str], by: str) -> None:
        issue = self.issues[number]
        wanted = list(dict.fromkeys(self.label(name).name for name in names))
        for kind, those in (
            ("labeled", [n for n in wanted if n not in issue.labels]),
            ("unlabeled", [n for n in issue.labels if n not in wanted]),
        ):
            for name in those:
                self.happened(issue, kind, by, label={"name": name, "color": self.label(name).color})
        issue.labels = wanted

    def happened(self, issue: Issue, kind: str, by: str, commit: str | None = None, **detail: Any) -> None:
        issue.updated = self.world.tick()
        issue.events.append(Event(self.world.id(), kind, by, issue.updated, commit, detail))

    def close_issue(self, number: int, reason: str = "completed", by: str = "alice", commit: str | None = None) -> None:
        """`commit`: the one whose message closed it."""
        with self.world.lock:
            issue = self.issues[number]
            if issue.state == "closed":
                return
            issue.state, issue.reason, issue.closed_by = "closed", None if issue.pull else reason, by
            self.happened(issue, "closed", by, commit, state_reason=issue.reason)
            issue.closed = issue.updated

    def reopen_issue(self, number: int, by: str = "alice") -> None:
        with self.world.lock:
            issue = self.issues[number]
            if issue.state == "open":
                return
            issue.state, issue.closed, issue.closed_by = "open", None, None
            issue.reason = None if issue.pull else "reopened"
            self.happened(issue, "reopened", by, state_reason=issue.reason)

    def edit_issue(self, number: int, *, title: str | None = None, body: str | None = None, by: str = "alice") -> None:
        """Rename it, or change what it says; an empty body empties it."""
        with self.world.lock:
            issue = self.issues[number]
            if title is not None and title != issue.title:
                self.happened(issue, "renamed", by, rename={"from": issue.title, "to": title})
                issue.title = title
            if body is not None:
                issue.body, issue.updated = body, self.world.tick()

    def comment(self, number: int, body: str, author: str = "alice") -> int:
        """Its id."""
        with self.world.lock:
            now = self.world.tick()
            comment = Comment(self.world.id(), number, author, body, now, now)
            self.issues[number].comments.append(comment)
            self.issues[number].updated = now
            self.comments[comment.id] = comment
            return comment.id

    def delete_comment(self, comment: int) -> None:
        with self.world.lock:
            gone = self.comments.pop(comment)
            self.issues[gone.issue].comments.remove(gone)

    def open_pull(
        self,
        head: str,
        base: str = "main",
        *,
        from_fork: Repo | None = None,
        title: str = "Change",
        body: str | None = None,
        author: str = "alice",
        draft: bool = False,
    ) -> int:
        """Its number; `head` is a branch here or in the fork."""
        with self.world.lock:
            there = from_fork or self
            number = self.open_issue(title, body, author)
            self.issues[number].pull = Pull(there, head, base, there.head(head), self.head(base), draft)
            return number

    def merge_pull(self, number: int, by: str = "alice") -> str:
        """A merge commit on the base branch; the pull request is closed."""
        with self.world.lock:
            issue = self.issues[number]
            pull = issue.pull
            if pull is None:
                raise KeyError(number)
            base, head = self.head(pull.base_ref), pull.head_sha
            fork = self.objects.merge_base(base, head)
            changes = {
                each.path: self.objects.find(self.objects.commits[head].tree, each.path)
                for each in self.objects.differences(fork, head)
            }
            who = Person(by, f"{by}@users.noreply.github.com", self.world.tick())
            tree = self.objects.changed(self.objects.commits[base].tree, changes)
            message = f"Merge pull request #{number}"
            sha = self.objects.commit(Commit(tree, (base, head), who, who, message))
            pull.merged, pull.merged_by, pull.merge_sha = self.world.now, by, sha
            self.close_issue(number, by=by)
            self.move(f"refs/heads/{pull.base_ref}", sha, by)
            return sha

    # -- workflows

    def add_check(self, sha: str, name: str, *, conclusion: str = "success", app: str = "other-app") -> int:
        """A check of someone else."""
        with self.world.lock:
            now = self.world.tick().strftime("%Y-%m-%dT%H:%M:%SZ")
            check = CheckRun(self.world.id(), name, sha, app, now, "completed", conclusion, now)
            self.checks[check.id] = check
            return check.id

    def add_run(
        self,
        *,
        name: str = "Autoresearch",
        event: str = "pull_request",
        head_sha: str | None = None,
        head_branch: str = "main",
        head_repository: Repo | None = None,
        conclusion: str | None = "success",
        pulls: Iterable[int] = (),
        actor: str = "alice",
    ) -> int:
        """A workflow's run; its id. As on GitHub, `pulls` stays empty for forks."""
        with self.world.lock:
            there = head_repository or self
            sha = head_sha or there.head(head_branch)
            at, number = self.world.tick(), len(self.runs) + 1
            run = Run(self.world.id(), number, name, event, sha, head_branch, there, actor, at, conclusion)
            run.pulls = list(pulls)
            self.runs[run.id] = run
            return run.id

    def add_artifact(
        self, run: int, name: str, content: bytes | Iterable[bytes], *, size: int | None = None, expired: bool = False
    ) -> int:
        """A zip file of a run; its id. An iterable is sent in pieces, however many there are."""
        with self.world.lock:
            told = size if size is not None else len(content) if isinstance(content, bytes) else 0
            made = Artifact(self.world.id(), name, self.runs[run], content, told, self.world.tick(), expired)
            self.artifacts[made.id] = made
            return made.id

    def add_deployment(
        self, sha: str, *, url: str = "", environment: str = "preview", state: str = "success", creator: str = "alice"
    ) -> int:
        """A deployment with one status; its id."""
        with self.world.lock:
            made = Deployment(self.world.id(), sha, sha, environment, creator, self.world.tick())
            made.statuses.append((self.world.id(), state, url, self.world.now))
            self.deployments[made.id] = made
            return made.id

    def fork(self, owner: str = "mallory") -> Repo:
        """Someone's copy of the repository, with all its branches."""
        with self.world.lock:
            name = f"{owner}/{self.name}"
            made = Repo(self.world, name, objects=self.objects, private=self.private, parent=self)
            made.refs, made.default_branch = dict(self.refs), self.default_branch
            self.world.repositories[name.lower()] = made
            return made
