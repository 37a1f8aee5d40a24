"""The operations on issues, their comments and labels."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import unquote

from tests.github.call import Answer, Refusal, Request, check_length, invalid, not_found, operation
from tests.github.state import Comment, Issue, Label, Repo


@operation("GET /issues")
def list_issues(request: Request) -> Answer:
    query, found = request.query, list(request.repo.issues.values())
    state = query.get("state", "open")
    wanted = {name.strip().lower() for name in query.get("labels", "").split(",") if name.strip()}
    found = [issue for issue in found if state in ("all", issue.state)]
    found = [issue for issue in found if wanted <= {name.lower() for name in issue.labels}]
    if "creator" in query:
        found = [issue for issue in found if issue.author.lower() == query["creator"].lower()]
    if "since" in query:
        since = _moment(query["since"])
        found = [issue for issue in found if issue.updated >= since]
    orders = {"created": lambda i: (i.created, i.number), "updated": lambda i: (i.updated, i.number)}
    orders["comments"] = lambda i: (len(i.comments), i.number)
    found.sort(key=orders[query.get("sort", "created")], reverse=query.get("direction", "desc") == "desc")
    return request.pages(found, lambda issue: request.views.issue(request.repo, issue))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(422, f"Invalid since: {text}") from None
    if moment.tzinfo is None:
        raise Refusal(422, f"Invalid since: {text}")
    return moment


@operation("POST /issues")
def create_issue(request: Request) -> Answer:
    title, body, repo = str(request.body["title"]), request.body.get("body"), request.repo
    check_title(title)
    check_length("Issue", body)
    labels = _names(request.body.get("labels", ()))
    number = repo.open_issue(title, body, request.login, labels)
    repo.issues[number].assignees = list(request.body.get("assignees", ()))
    shown = request.views.one_issue(repo, repo.issues[number])
    return Answer(201, shown, {"Location": shown["url"]})


def check_title(title: str) -> None:
    """Refuses what is no title of an issue or pull request."""
    if not title.strip():
        raise invalid("Issue", "title", "missing_field")
    if len(title) > 256:
        raise invalid("Issue", "title", "custom", "title is too long (maximum is 256 characters)")


def _names(given: Any) -> list[str]:
    names = [each if isinstance(each, str) else each["name"] for each in given]
    for name in names:
        _check_label(name)
    if len(names) > 100:
        raise invalid("Issue", "labels", "custom", "an issue has at most 100 labels")
    return names


def _check_label(name: str) -> None:
    if not name.strip() or len(name) > 50:
        raise invalid("Label", "name", "invalid")


@operation("GET /issues/{issue_number}")
def get_issue(request: Request) -> Answer:
    return Answer(data=request.views.one_issue(request.repo, request.issue))


@operation("PATCH /issues/{issue_number}")
def update_issue(request: Request) -> Answer:
    issue, body, repo = request.issue, request.body, request.repo
    if body.get("title") is not None:
        check_title(str(body["title"]))
    check_length("Issue", body.get("body"))
    if "labels" in body:
        repo.set_labels(issue.number, _names(body["labels"]), request.login)
    title = str(body["title"]) if body.get("title") is not None else None
    repo.edit_issue(issue.number, title=title, body=body.get("body"), by=request.login)
    if body.get("state") == "closed":
        repo.close_issue(issue.number, body.get("state_reason") or "completed", request.login)
    elif body.get("state") == "open":
        repo.reopen_issue(issue.number, request.login)
    return Answer(data=request.views.one_issue(repo, issue))


@operation("GET /issues/{issue_number}/events")
def list_events(request: Request) -> Answer:
    return request.pages(request.issue.events, lambda event: request.views.event(request.repo, event))


@operation("GET /issues/{issue_number}/timeline")
def timeline(request: Request) -> Answer:
    repo, views, issue = request.repo, request.views, request.issue
    happened: list[tuple[datetime, dict[str, Any]]] = [(e.at, views.event(repo, e)) for e in issue.events]
    happened += [(comment.created, views.timeline_comment(repo, comment)) for comment in issue.comments]
    return request.pages(sorted(happened, key=lambda pair: pair[0]), lambda pair: pair[1])


# -- comments


@operation("GET /issues/{issue_number}/comments")
def list_comments(request: Request) -> Answer:
    found = request.issue.comments
    if "since" in request.query:
        since = _moment(request.query["since"])
        found = [comment for comment in found if comment.updated >= since]
    return request.pages(found, lambda comment: request.views.comment(request.repo, comment))


@operation("GET /issues/comments")
def list_all_comments(request: Request) -> Answer:
    found, query = list(request.repo.comments.values()), request.query
    if "since" in query:
        since = _moment(query["since"])
        found = [comment for comment in found if comment.updated >= since]
    if query.get("sort") == "updated":
        found.sort(key=lambda comment: comment.updated)
    if query.get("direction", "asc") == "desc":
        found.reverse()
    return request.pages(found, lambda comment: request.views.comment(request.repo, comment))


@operation("POST /issues/{issue_number}/comments")
def create_comment(request: Request) -> Answer:
    issue, body, repo = request.issue, request.body["body"], request.repo
    _check_comment(body)
    if issue.locked and request.login != repo.owner:
        raise Refusal(403, "Unable to create comment because issue is locked.")
    key = repo.comment(issue.number, body, request.login)
    shown = request.views.comment(repo, repo.comments[key])
    return Answer(201, shown, {"Location": shown["url"]})


def _check_comment(body: str) -> None:
    if not body.strip():
        raise Refusal(422, "Validation Failed", errors=["Body can't be blank"])
    check_length("IssueComment", body)


def _comment(request: Request) -> Comment:
    comment: Comment = request.one(request.repo.comments, "comment_id")
    return comment


@operation("GET /issues/comments/{comment_id}")
def get_comment(request: Request) -> Answer:
    return Answer(data=request.views.comment(request.repo, _comment(request)))


@operation("PATCH /issues/comments/{comment_id}")
def update_comment(request: Request) -> Answer:
    comment, body = _comment(request), request.body["body"]
    _check_comment(body)
    comment.body, comment.updated = body, request.world.tick()
    return Answer(data=request.views.comment(request.repo, comment))


@operation("DELETE /issues/comments/{comment_id}")
def delete_comment(request: Request) -> Answer:
    request.repo.delete_comment(_comment(request).id)
    return Answer(204)


# -- labels


@operation("GET /labels")
def list_labels(request: Request) -> Answer:
    found = sorted(request.repo.labels.values(), key=lambda label: label.name.lower())
    return request.pages(found, lambda label: request.views.label(request.repo, label))


@operation("POST /labels")
def create_label(request: Request) -> Answer:
    name, repo = request.body["name"], request.repo
    _check_label(name)
    if name.lower() in repo.labels:
        raise invalid("Label", "name", "already_exists")
    _check_look(request.body)
    label = repo.label(name, request.body.get("color", "ededed"), request.body.get("description"))
    return Answer(201, request.views.label(repo, label))


def _check_look(body: dict[str, Any]) -> None:
    color = body.get("color", "ededed")
    if len(color) != 6 or set(color.lower()) - set("0123456789abcdef"):
        raise invalid("Label", "color", "invalid")
    if len(body.get("description") or "") > 100:
        raise invalid("Label", "description", "custom", "description is too long (maximum is 100 characters)")


def _label(request: Request) -> Label:
    label = request.repo.labels.get(unquote(request.params["name"]).lower())
    if label is None:
        raise not_found()
    return label


@operation("GET /labels/{name}")
def get_label(request: Request) -> Answer:
    return Answer(data=request.views.label(request.repo, _label(request)))


@operation("PATCH /labels/{name}")
def update_label(request: Request) -> Answer:
    label = _label(request)
    _check_look(request.body)
    label.color = request.body.get("color", label.color)
    label.description = request.body.get("description", label.description)
    return Answer(data=request.views.label(request.repo, label))


@operation("GET /issues/{issue_number}/labels")
def list_issue_labels(request: Request) -> Answer:
    repo = request.repo
    return request.pages(request.issue.labels, lambda name: request.views.label(repo, repo.label(name)))


def _given_labels(request: Request) -> list[str]:
    given = request.body if isinstance(request.body, list) else (request.body or {}).get("labels", ())
    return _names([given] if isinstance(given, str) else given)


def _with_labels(request: Request, issue: Issue, names: list[str]) -> Answer:
    repo: Repo = request.repo
    repo.set_labels(issue.number, names, request.login)
    return Answer(data=[request.views.label(repo, repo.label(name)) for name in issue.labels])


@operation("POST /issues/{issue_number}/labels")
def add_labels(request: Request) -> Answer:
    return _with_labels(request, request.issue, request.issue.labels + _given_labels(request))


@operation("PUT /issues/{issue_number}/labels")
def set_labels(request: Request) -> Answer:
    return _with_labels(request, request.issue, _given_labels(request))


@operation("DELETE /issues/{issue_number}/labels/{name}")
def remove_label(request: Request) -> Answer:
    issue, name = request.issue, unquote(request.params["name"]).lower()
    if name not in {each.lower() for each in issue.labels}:
        raise Refusal(404, "Label does not exist")
    return _with_labels(request, issue, [each for each in issue.labels if each.lower() != name])
