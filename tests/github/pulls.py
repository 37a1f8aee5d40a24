"""The operations on pull requests."""

from __future__ import annotations

from typing import Any

from tests.github.call import Answer, Refusal, Request, check_length, invalid, not_found, operation
from tests.github.issues import check_title
from tests.github.state import BOT, Issue, Pull, Repo
from tests.github.views.git import counted


@operation("GET /pulls")
def list_pulls(request: Request) -> Answer:
    query = request.query
    found = [(issue, issue.pull) for issue in request.repo.issues.values() if issue.pull]
    found = [(i, p) for i, p in found if query.get("state", "open") in ("all", i.state)]
    if ":" in query.get("head", ""):  # GitHub ignores a head without an owner
        owner, _, ref = query["head"].partition(":")
        found = [(i, p) for i, p in found if (p.head_repository.owner.lower(), p.head_ref) == (owner.lower(), ref)]
    if "base" in query:
        found = [(i, p) for i, p in found if p.base_ref == query["base"]]
    by = "updated" if query.get("sort") == "updated" else "created"
    newest_first = query.get("direction", "desc" if by == "created" else "asc") == "desc"
    found.sort(key=lambda pair: (getattr(pair[0], by), pair[0].number), reverse=newest_first)
    return request.pages(found, lambda pair: request.views.pull(request.repo, *pair))


@operation("POST /pulls")
def create_pull(request: Request) -> Answer:
    repo, body = request.repo, request.body
    if request.login == BOT and not repo.actions_may_open_pulls:
        raise Refusal(403, "GitHub Actions is not permitted to create or approve pull requests.")
    there, branch = _head(request, body["head"])
    if body["base"] not in repo.branches():
        raise invalid("PullRequest", "base", "invalid")
    if "title" not in body:
        raise invalid("PullRequest", "title", "missing_field")
    check_title(body["title"])
    check_length("PullRequest", body.get("body"))
    label = f"{there.owner}:{branch}"
    for issue in repo.pulls.values():
        pull = issue.pull
        same = pull and (pull.head_repository, pull.head_ref, pull.base_ref) == (there, branch, body["base"])
        if same and issue.state == "open":
            raise Refusal(
                422,
                "Validation Failed",
                errors=[_custom(f"A pull request already exists for {label}.")],
            )
    if not counted(repo.objects, repo.head(body["base"]), there.head(branch))[0]:
        message = f"No commits between {repo.owner}:{body['base']} and {label}"
        raise Refusal(422, "Validation Failed", errors=[_custom(message)])
    number = repo.open_pull(
        branch,
        body["base"],
        from_fork=there,
        title=body["title"],
        body=body.get("body"),
        author=request.login,
        draft=bool(body.get("draft")),
    )
    shown = _whole(request, repo.issues[number])
    return Answer(201, shown, {"Location": shown["url"]})


def _custom(message: str) -> dict[str, str]:
    return {"resource": "PullRequest", "code": "custom", "message": message}


def _head(request: Request, text: str) -> tuple[Repo, str]:
    owner, colon, branch = text.rpartition(":")
    name = f"{owner}/{request.repo.name}" if colon else request.repo.full_name
    there = request.world.repositories.get(name.lower())
    if there is None or branch not in there.branches():
        raise invalid("PullRequest", "head", "invalid")
    return there, branch


def _whole(request: Request, issue: Issue) -> dict[str, Any]:
    if issue.pull is None:
        raise not_found()
    return request.views.whole_pull(request.repo, issue, issue.pull)


@operation("GET /pulls/{pull_number}")
def get_pull(request: Request) -> Answer:
    return Answer(data=_whole(request, request.pull[0]))


@operation("PATCH /pulls/{pull_number}")
def update_pull(request: Request) -> Answer:
    (issue, pull), body, repo = request.pull, request.body, request.repo
    check_length("PullRequest", body.get("body"))
    if body.get("title") is not None:
        check_title(body["title"])
    repo.edit_issue(issue.number, title=body.get("title"), body=body.get("body"), by=request.login)
    if "base" in body:
        if body["base"] not in repo.branches():
            raise invalid("PullRequest", "base", "invalid")
        pull.base_ref, pull.base_sha = body["base"], repo.head(body["base"])
    if body.get("state") == "closed":
        repo.close_issue(issue.number, by=request.login)
    elif body.get("state") == "open" and issue.state == "closed":
        _reopen(request, issue, pull)
    return Answer(data=_whole(request, issue))


def _reopen(request: Request, issue: Issue, pull: Pull) -> None:
    if pull.merged:
        raise invalid("PullRequest", "state", "invalid", "state cannot be changed. The pull request was merged.")
    if pull.head_ref not in pull.head_repository.branches():
        raise invalid(
            "PullRequest", "state", "invalid", f"state cannot be changed. The {pull.head_ref} branch is gone."
        )
    pull.head_sha = pull.head_repository.head(pull.head_ref)
    request.repo.reopen_issue(issue.number, request.login)


@operation("GET /pulls/{pull_number}/files")
def pull_files(request: Request) -> Answer:
    (_, pull), repo = request.pull, request.repo
    fork = repo.objects.merge_base(pull.base_sha, pull.head_sha)
    found = repo.objects.differences(fork, pull.head_sha)[:3000]
    return request.pages(found, lambda each: request.views.file(pull.head_repository, each, pull.head_sha))


@operation("GET /pulls/{pull_number}/commits")
def pull_commits(request: Request) -> Answer:
    (_, pull), repo = request.pull, request.repo
    found, _ = counted(repo.objects, pull.base_sha, pull.head_sha)
    return request.pages(found[:250], lambda sha: request.views.commit(repo, sha))


@operation("GET /commits/{commit_sha}/pulls")
def commit_pulls(request: Request) -> Answer:
    repo = request.repo
    sha = request.commit(request.params["commit_sha"])
    merged = sha in repo.objects.history(repo.head(repo.default_branch))
    found = []
    for issue in repo.issues.values():
        pull = issue.pull
        if pull and not (merged and not pull.merged):
            own = counted(repo.objects, pull.base_sha, pull.head_sha)[0]
            if sha in own or sha == pull.merge_sha:
                found.append((issue, pull))
    return request.pages(found, lambda pair: request.views.pull(repo, *pair))
