"""Git objects, refs, contents and changed files."""

from __future__ import annotations

import base64

from tests.github.objects import Commit, Difference, Objects, Person
from tests.github.state import Repo
from tests.github.views.base import JSON, Base, node, when


class GitViews(Base):
    """Of one repository."""

    def ref(self, repo: Repo, ref: str) -> JSON:
        sha = repo.refs[ref]
        url = f"{self.home(repo)}/git/commits/{sha}"
        return {
            "ref": ref,
            "node_id": node("Ref", ref),
            "url": f"{self.home(repo)}/git/{ref}",
            "object": {"sha": sha, "type": "commit", "url": url},
        }

    def person(self, person: Person) -> JSON:
        return {"name": person.name, "email": person.email, "date": when(person.date)}

    def _commit(self, repo: Repo, sha: str, commit: Commit) -> JSON:
        home = self.home(repo)
        return {
            "author": self.person(commit.author),
            "committer": self.person(commit.committer),
            "message": commit.message,
            "tree": {"sha": commit.tree, "url": f"{home}/git/trees/{commit.tree}"},
            "url": f"{home}/git/commits/{sha}",
        }

    def git_commit(self, repo: Repo, sha: str) -> JSON:
        commit = repo.objects.commits[sha]
        return self._commit(repo, sha, commit) | {
            "sha": sha,
            "node_id": node("Commit", sha),
            "html_url": f"{self.page(repo)}/commit/{sha}",
            "parents": self._parents(repo, commit, "git/commits"),
            "verification": {
                "verified": False,
                "reason": "unsigned",
                "signature": None,
                "payload": None,
                "verified_at": None,
            },
        }

    def _parents(self, repo: Repo, commit: Commit, where: str) -> list[JSON]:
        home, page = self.home(repo), self.page(repo)
        return [
            {"sha": parent, "url": f"{home}/{where}/{parent}", "html_url": f"{page}/commit/{parent}"}
            for parent in commit.parents
        ]

    def commit(self, repo: Repo, sha: str, *, files: bool = False) -> JSON:
        commit, home = repo.objects.commits[sha], self.home(repo)
        shown = {
            "sha": sha,
            "node_id": node("Commit", sha),
            "commit": self._commit(repo, sha, commit) | {"comment_count": 0},
            "url": f"{home}/commits/{sha}",
            "html_url": f"{self.page(repo)}/commit/{sha}",
            "comments_url": f"{home}/commits/{sha}/comments",
            "author": self.user(commit.author.name),
            "committer": self.user(commit.committer.name),
            "parents": self._parents(repo, commit, "commits"),
        }
        if files:
            parent = commit.parents[0] if commit.parents else None
            shown["files"] = [self.file(repo, each, sha) for each in repo.objects.differences(parent, sha)]
        return shown

    def file(self, repo: Repo, difference: Difference, sha: str) -> JSON:
        """One entry of a list of changed files."""
        patch, added, removed = repo.objects.patch(difference)
        path, page = difference.path, self.page(repo)
        status = "added" if difference.before is None else "removed" if difference.after is None else "modified"
        return {
            "sha": difference.after or difference.before,
            "filename": path,
            "status": status,
            "additions": added,
            "deletions": removed,
            "changes": added + removed,
            "blob_url": f"{page}/blob/{sha}/{path}",
            "raw_url": f"{page}/raw/{sha}/{path}",
            "contents_url": f"{self.home(repo)}/contents/{path}?ref={sha}",
            "patch": patch,
        }

    def tree(self, repo: Repo, sha: str, *, recursive: bool = False) -> JSON:
        objects, home = repo.objects, self.home(repo)
        entries = list(objects.walk(sha, folders=True) if recursive else objects.trees[sha].items())
        return {
            "sha": sha,
            "url": f"{home}/git/trees/{sha}",
            "truncated": len(entries) > repo.tree_limit,
            "tree": [
                {"path": path, "mode": entry.mode, "type": entry.type, "sha": entry.sha}
                | (
                    {"size": len(objects.blobs[entry.sha]), "url": f"{home}/git/blobs/{entry.sha}"}
                    if entry.type == "blob"
                    else {"url": f"{home}/git/trees/{entry.sha}"}
                )
                for path, entry in entries[: repo.tree_limit]
            ],
        }

    def blob(self, repo: Repo, sha: str) -> JSON:
        content = repo.objects.blobs[sha]
        return {
            "sha": sha,
            "node_id": node("Blob", sha),
            "size": len(content),
            "url": f"{self.home(repo)}/git/blobs/{sha}",
            "content": base64.encodebytes(content).decode(),
            "encoding": "base64",
        }

    def content(self, repo: Repo, path: str, ref: str, sha: str, *, kind: str, inside: bool) -> JSON:
        """A file with what is in it (`inside`), or an entry of a folder."""
        home, page = self.home(repo), self.page(repo)
        url = f"{home}/contents/{path}?ref={ref}"
        git = f"{home}/git/{'trees' if kind == 'dir' else 'blobs'}/{sha}"
        html = f"{page}/{'tree' if kind == 'dir' else 'blob'}/{ref}/{path}"
        size = len(repo.objects.blobs[sha]) if kind == "file" else 0
        shown: JSON = {
            "name": path.rpartition("/")[2],
            "path": path,
            "sha": sha,
            "size": size,
            "type": kind,
            "url": url,
            "html_url": html,
            "git_url": git,
            "download_url": None if kind == "dir" else f"{page}/raw/{ref}/{path}",
            "_links": {"self": url, "git": git, "html": html},
        }
        if inside:
            big = size > 1 << 20  # GitHub leaves the content of files over 1 MiB out
            blob = "" if big else base64.encodebytes(repo.objects.blobs[sha]).decode()
            shown |= {"content": blob, "encoding": "none" if big else "base64"}
        return shown


def counted(objects: Objects, base: str, head: str) -> tuple[list[str], int]:
    """Commits of head that base has not, oldest first; how many base has that head has not."""
    theirs, ours = set(objects.history(base)), objects.history(head)
    return [sha for sha in reversed(ours) if sha not in theirs], len(theirs - set(ours))
