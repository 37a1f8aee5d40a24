"""What an operation of the API is given, and what it may answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.github.state import Issue, Pull, Repo, World
from tests.github.views import Views

COMMENT_LIMIT = 65_536  # characters
DOCS = "https://docs.github.com/rest"


class Refusal(Exception):  # noqa: N818 - it is no error of the server's
    """An answer that is not what was asked for."""

    def __init__(self, status: int, message: str, *, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers or {}
        self.data = {"message": message, **more, "documentation_url": DOCS, "status": str(status)}


def not_found() -> Refusal:
    return Refusal(404, "Not Found")


def invalid(resource: str, name: str, code: str, message: str | None = None) -> Refusal:
    """422 in GitHub's form: `code` is missing, missing_field, invalid, already_exists or custom."""
    error = {"resource": resource, "field": name, "code": code} | ({"message": message} if message else {})
    return Refusal(422, "Validation Failed", errors=[error])


def check_length(resource: str, text: str | None) -> None:
    if text is not None and len(text) > COMMENT_LIMIT:
        raise invalid(resource, "body", "custom", f"body is too long (maximum is {COMMENT_LIMIT} characters)")


@dataclass
class Answer:
    """`content`: bytes in place of JSON, in pieces."""

    status: int = 200
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Request:
    """One request, as the operation sees it: routed, allowed and valid."""

    world: World
    views: Views
    downloads: str  # base address of the server of zip files: it wants no token
    login: str
    path: str
    params: dict[str, str]
    query: dict[str, str]
    body: Any
    found: Repo | None
    rate: dict[str, int]

    @property
    def repo(self) -> Repo:
        if self.found is None:
            raise not_found()
        return self.found

    @property
    def issue(self) -> Issue:
        number = self.params["issue_number"]
        issue = self.repo.issues.get(int(number)) if number.isdecimal() else None
        if issue is None:
            raise not_found()
        return issue

    @property
    def pull(self) -> tuple[Issue, Pull]:
        number = self.params["pull_number"]
        issue = self.repo.issues.get(int(number)) if number.isdecimal() else None
        if issue is None or issue.pull is None:
            raise not_found()
        return issue, issue.pull

    def one(self, kept: dict[int, Any], parameter: str) -> Any:
        """The thing whose id a path parameter is."""
        text = self.params[parameter]
        if not text.isdecimal() or int(text) not in kept:
            raise not_found()
        return kept[int(text)]

    def commit(self, text: str) -> str:
        sha = self.repo.resolve(text)
        if sha is None:
            raise Refusal(422, f"No commit found for SHA: {text}")
        return sha

    def pages(self, items: Sequence[Any], show: Callable[[Any], Any], *, wrap: str | None = None) -> Answer:
        """One page of a list with its Link header; only what is on the page is rendered."""
        size = min(max(int(self.query.get("per_page", 30)), 1), 100)
        page = max(int(self.query.get("page", 1)), 1)
        last = max((len(items) + size - 1) // size, 1)
        shown = [show(item) for item in items[(page - 1) * size : page * size]]
        others = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        wanted = [name for name in others if (page > 1 if name in ("prev", "first") else page < last)]
        links = [f'<{self._at_page(others[name])}>; rel="{name}"' for name in wanted]
        data = {"total_count": len(items), wrap: shown} if wrap else shown
        return Answer(data=data, headers={"Link": ", ".join(links)} if links else {})

    def _at_page(self, number: int) -> str:
        return f"{self.views.api}{self.path}?{urlencode({**self.query, 'page': number})}"


Handler = Callable[[Request], Answer]
HANDLERS: dict[str, Handler] = {}


def operation(name: str) -> Callable[[Handler], Handler]:
    """Registers what answers `VERB /path/below/the/repository`."""
    verb, _, path = name.partition(" ")
    template = path if path in ("/user", "/rate_limit") else "/repos/{owner}/{repo}" + path.rstrip("/")

    def register(handler: Handler) -> Handler:
        def on_commits(request: Request) -> Answer:
            if not request.repo.refs:
                raise Refusal(409, "Git Repository is empty.")
            return handler(request)

        HANDLERS[f"{verb} {template}"] = on_commits if path.startswith("/git/") else handler
        return handler

    return register
