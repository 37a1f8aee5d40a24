"""The operations on git: blobs, trees, commits, refs, contents, comparisons."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from tests.github.call import Answer, Refusal, Request, invalid, not_found, operation
from tests.github.objects import MODES, Commit, Entry, Person, is_sha
from tests.github.state import Repo
from tests.github.views.git import counted

PROTECTED = {  # what GitHub answers to a push that is not allowed
    "rules": (422, "Repository rule violations found\n\nChanges must be made through a pull request.\n\n"),
    "review": (422, "At least 1 approving review is required by reviewers with write access."),
    "status": (422, 'Required status check "ci" is expected.'),
    "restricted": (403, "You're not authorized to push to this branch."),
}


@operation("POST /git/blobs")
def create_blob(request: Request) -> Answer:
    text = request.body["content"]
    if request.body.get("encoding", "utf-8") == "base64":
        try:
            content = base64.b64decode(text)
        except binascii.Error:
            raise Refusal(422, "content is not valid Base64") from None
    else:
        content = text.encode()
    sha = request.repo.objects.blob(content)
    return Answer(201, {"sha": sha, "url": f"{request.views.home(request.repo)}/git/blobs/{sha}"})


@operation("GET /git/blobs/{file_sha}")
def get_blob(request: Request) -> Answer:
    sha = request.params["file_sha"]
    if sha not in request.repo.objects.blobs:
        raise not_found() if is_sha(sha) else Refusal(422, "The sha parameter must be exactly 40 characters.")
    return Answer(data=request.views.blob(request.repo, sha))


@operation("POST /git/trees")
def create_tree(request: Request) -> Answer:
    objects, base = request.repo.objects, request.body.get("base_tree")
    if base is not None:
        base = objects.commits[base].tree if base in objects.commits else base
        if base not in objects.trees:
            raise Refusal(404 if is_sha(base) else 422, "Not Found" if is_sha(base) else "Invalid base_tree")
    if not request.body["tree"]:
        raise Refusal(422, "Invalid tree info")
    workflows = any(given.get("path", "").startswith(".github/workflows/") for given in request.body["tree"])
    if workflows and request.login.endswith("[bot]"):
        raise Refusal(403, "Resource not accessible by integration")  # it takes the permission `workflows`
    changes = {given.get("path", ""): _entry(request.repo, given, base) for given in request.body["tree"]}
    sha = objects.changed(base, changes)
    if not objects.trees[sha]:
        raise Refusal(422, "Tree is empty")
    return Answer(201, request.views.tree(request.repo, sha))


def _entry(repo: Repo, given: dict[str, Any], base: str | None) -> Entry | None:
    path, mode = given.get("path", ""), given.get("mode", "")
    if not path or path.startswith("/") or {"", ".", "..", ".git"} & set(path.split("/")):
        raise Refusal(422, f"tree.path contains a malformed path component: {path}")
    if mode not in MODES:
        raise Refusal(422, f"Must supply a valid tree.mode for {path}")
    if "content" in given and "sha" in given:
        raise Refusal(422, "Must supply either tree.sha or tree.content, not both")
    if "content" in given:
        return Entry(mode, repo.objects.blob(given["content"].encode()))
    if "sha" not in given:
        raise Refusal(422, "Must supply either tree.sha or tree.content")
    sha = given["sha"]
    if sha is None:
        if base is None or repo.objects.find(base, path) is None:
            raise Refusal(422, "GitRPC::BadObjectState")
        return None
    if sha not in (repo.objects.trees if MODES[mode] == "tree" else repo.objects.blobs) and MODES[mode] != "commit":
        raise Refusal(422, f"tree.sha {sha} is not a valid {MODES[mode]}")
    return Entry(mode, sha)


@operation("GET /git/trees/{tree_sha}")
def get_tree(request: Request) -> Answer:
    text, objects = request.params["tree_sha"], request.repo.objects
    commit = request.repo.resolve(text)
    sha = objects.commits[commit].tree if commit else text
    if sha not in objects.trees:
        raise not_found()
    return Answer(data=request.views.tree(request.repo, sha, recursive="recursive" in request.query))


@operation("POST /git/commits")
def create_commit(request: Request) -> Answer:
    body, objects = request.body, request.repo.objects
    if body["tree"] not in objects.trees:
        raise Refusal(422, "Tree SHA does not exist")
    for parent in body.get("parents", ()):
        if parent not in objects.commits:
            raise Refusal(422, "Parent SHA does not exist or is not a commit object")
    author = _person(request, body.get("author"))
    committer = _person(request, body["committer"]) if "committer" in body else author
    commit = Commit(body["tree"], tuple(body.get("parents", ())), author, committer, body["message"])
    return Answer(201, request.views.git_commit(request.repo, objects.commit(commit)))


def _person(request: Request, given: dict[str, str] | None) -> Person:
    if given is None:
        return Person(request.login, f"{request.login}@users.noreply.github.com", request.world.tick())
    date = type(request.world.now).fromisoformat(given["date"]) if "date" in given else request.world.tick()
    return Person(given["name"], given["email"], date)


@operation("GET /git/commits/{commit_sha}")
def get_git_commit(request: Request) -> Answer:
    sha = request.params["commit_sha"]
    if sha not in request.repo.objects.commits:
        raise not_found()
    return Answer(data=request.views.git_commit(request.repo, sha))


@operation("GET /git/ref/{ref}")
def get_ref(request: Request) -> Answer:
    return Answer(data=request.views.ref(request.repo, _ref(request)))


def _ref(request: Request) -> str:
    ref = f"refs/{request.params['ref']}"
    if ref not in request.repo.refs:
        raise not_found()
    return ref


@operation("GET /git/matching-refs/{ref}")
def matching_refs(request: Request) -> Answer:
    start = f"refs/{request.params['ref']}"
    found = sorted(ref for ref in request.repo.refs if ref.startswith(start))
    return Answer(data=[request.views.ref(request.repo, ref) for ref in found])


@operation("POST /git/refs")
def create_ref(request: Request) -> Answer:
    ref, sha, repo = request.body["ref"], request.body["sha"], request.repo
    if not re.fullmatch(r"refs/(heads|tags)/[^\s~^:?*\[\\]+", ref) or ".." in ref or ref.endswith(("/", ".lock")):
        raise Refusal(422, f"{ref} is not a valid ref name.")
    if ref in repo.refs:
        raise Refusal(422, "Reference already exists")
    if any(other.startswith(f"{ref}/") or ref.startswith(f"{other}/") for other in repo.refs):
        raise Refusal(422, "Reference update failed")
    _check_object(repo, sha)
    _check_protection(repo, ref)
    repo.move(ref, sha, request.login)
    return Answer(201, request.views.ref(repo, ref), {"Location": f"{request.views.home(repo)}/git/{ref}"})


@operation("PATCH /git/refs/{ref}")
def update_ref(request: Request) -> Answer:
    ref, sha, repo = f"refs/{request.params['ref']}", request.body["sha"], request.repo
    if ref not in repo.refs:
        raise Refusal(422, "Reference does not exist")
    _check_object(repo, sha)
    if repo.refs[ref] != sha:
        _check_protection(repo, ref)
        if not request.body.get("force") and repo.refs[ref] not in repo.objects.history(sha):
            raise Refusal(422, "Update is not a fast forward")
        repo.move(ref, sha, request.login)
    return Answer(200, request.views.ref(repo, ref))


@operation("DELETE /git/refs/{ref}")
def delete_ref(request: Request) -> Answer:
    ref, repo = f"refs/{request.params['ref']}", request.repo
    if ref not in repo.refs:
        raise Refusal(422, "Reference does not exist")
    _check_protection(repo, ref)
    repo.move(ref, None, request.login)
    return Answer(204)


def _check_object(repo: Repo, sha: str) -> None:
    if not is_sha(sha):
        raise Refusal(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
    if sha not in repo.objects.commits:
        raise Refusal(422, "Object does not exist")


def _check_protection(repo: Repo, ref: str) -> None:
    how = repo.protected.get(ref.removeprefix("refs/heads/"))
    if how:
        raise Refusal(*PROTECTED[how])


@operation("GET /branches")
def list_branches(request: Request) -> Answer:
    wanted = request.query.get("protected")
    names = [
        n for n in request.repo.branches() if wanted is None or (n in request.repo.protected) == (wanted == "true")
    ]
    return request.pages(sorted(names), lambda name: _branch(request, name))


def _branch(request: Request, name: str) -> dict[str, Any]:
    repo = request.repo
    sha = repo.head(name)
    commit = {"sha": sha, "url": f"{request.views.home(repo)}/commits/{sha}"}
    return {"name": name, "commit": commit, "protected": name in repo.protected}


@operation("GET /branches/{branch}")
def get_branch(request: Request) -> Answer:
    name, repo = request.params["branch"], request.repo
    if name not in repo.branches():
        raise Refusal(404, "Branch not found")
    home = f"{request.views.home(repo)}/branches/{name}"
    more = {
        "commit": request.views.commit(repo, repo.head(name)),
        "_links": {"self": home, "html": f"{request.views.page(repo)}/tree/{name}"},
        "protection": {"enabled": name in repo.protected},
        "protection_url": f"{home}/protection",
    }
    return Answer(data=_branch(request, name) | more)


@operation("GET /commits")
def list_commits(request: Request) -> Answer:
    repo, path = request.repo, request.query.get("path", "").strip("/")
    if not repo.refs:
        raise Refusal(409, "Git Repository is empty.")
    head = repo.resolve(request.query.get("sha", repo.default_branch))
    if head is None:
        raise not_found()
    shas = repo.objects.history(head)
    if path:
        shas = [sha for sha in shas if _touched(repo, sha, path)]
    return request.pages(shas, lambda sha: request.views.commit(repo, sha))


def _touched(repo: Repo, sha: str, path: str) -> bool:
    objects, commit = repo.objects, repo.objects.commits[sha]
    here = objects.find(commit.tree, path)
    before = [objects.find(objects.commits[parent].tree, path) for parent in commit.parents] or [None]
    return all(here != entry for entry in before)


@operation("GET /commits/{ref}")
def get_commit(request: Request) -> Answer:
    return Answer(data=request.views.commit(request.repo, request.commit(request.params["ref"]), files=True))


@operation("GET /compare/{basehead}")
def compare(request: Request) -> Answer:
    repo, objects, views = request.repo, request.repo.objects, request.views
    ends = [_end(request, text) for text in request.params["basehead"].split("...")]
    if len(ends) != 2 or None in ends:
        raise not_found()
    base, head = str(ends[0]), str(ends[1])
    fork = objects.merge_base(base, head)
    if fork is None:
        raise Refusal(404, f"No common ancestor between {base} and {head}.")
    ahead, behind = counted(objects, base, head)
    status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    home, page = views.home(repo), f"{views.page(repo)}/compare/{base}...{head}"
    data = {
        "url": f"{home}/compare/{base}...{head}",
        **{"html_url": page, "permalink_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch"},
        "base_commit": views.commit(repo, base),
        "merge_base_commit": views.commit(repo, fork),
        "status": status,
        **{"ahead_by": len(ahead), "behind_by": behind, "total_commits": len(ahead)},
        "commits": [views.commit(repo, sha) for sha in ahead[:250]],
        "files": [views.file(repo, each, head) for each in objects.differences(fork, head)[:300]],
    }
    return Answer(data=data)


def _end(request: Request, text: str) -> str | None:
    """BRANCH, SHA or OWNER:BRANCH of a comparison."""
    owner, colon, branch = text.rpartition(":")
    if not colon:
        return request.repo.resolve(text)
    there = request.world.repositories.get(f"{owner}/{request.repo.name}".lower())
    return there.resolve(branch) if there else None


@operation("GET /contents/{path}")
def get_contents(request: Request) -> Answer:
    repo, objects, views = request.repo, request.repo.objects, request.views
    path, ref = request.params["path"].strip("/"), request.query.get("ref", repo.default_branch)
    commit = repo.resolve(ref)
    if commit is None:
        raise Refusal(404, f"No commit found for the ref {ref}")
    entry = objects.find(objects.commits[commit].tree, path)
    if entry is None:
        raise not_found()
    if entry.type == "blob":
        if len(objects.blobs[entry.sha]) > 100 << 20:
            raise invalid("Blob", "data", "too_large")
        return Answer(data=views.content(repo, path, ref, entry.sha, kind="file", inside=True))
    data = []
    for name, each in sorted(objects.trees[entry.sha].items())[:1000]:
        kind = "file" if each.type == "blob" else "dir"
        below = f"{path}/{name}" if path else name
        data.append(views.content(repo, below, ref, each.sha, kind=kind, inside=False))
    return Answer(data=data)
