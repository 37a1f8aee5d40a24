"""Who may do what: the permissions that each operation wants, as GitHub documents them."""

from __future__ import annotations

from dataclasses import dataclass

from tests.github.call import Refusal
from tests.github.state import Repo

LEVELS = {"none": 0, "read": 1, "write": 2}
AREAS = (  # the start of a path below the repository → the permission, or those of which one is enough
    ("/actions/", ("actions",)),
    ("/branches", ("contents",)),
    ("/check-runs", ("checks",)),
    ("/commits/{ref}/check-runs", ("checks",)),
    ("/commits/{commit_sha}/pulls", ("pull_requests",)),
    ("/commits", ("contents",)),
    ("/compare", ("contents",)),
    ("/contents", ("contents",)),
    ("/deployments", ("deployments",)),
    ("/git/", ("contents",)),
    ("/issues/", ("issues", "pull_requests")),
    ("/issues", ("issues",)),  # the list, and a new one: no pull request is made there
    ("/labels", ("issues", "pull_requests")),
    ("/pulls", ("pull_requests",)),
)


@dataclass(frozen=True)
class Token:
    """`permissions` None: everything that its owner may, as a classic personal access token."""

    login: str
    permissions: dict[str, str] | None
    read_only: bool = False
    repository: str | None = None  # a token of a workflow is good for one repository

    def level(self, permission: str) -> int:
        if self.permissions is None:
            return LEVELS["write"]
        given = LEVELS[self.permissions.get(permission, "none")]
        return min(given, LEVELS["read"]) if self.read_only else given

    def sees(self, repo: Repo) -> bool:
        if not repo.private:
            return True
        if self.repository is not None:
            return self.repository.lower() == repo.full_name.lower()
        return self.login in repo.readers


def check(token: Token | None, repo: Repo, verb: str, template: str, *, on_pull: bool | None) -> None:
    """Raises what GitHub answers where a permission is missing.

    `on_pull`: whether the issue in question is a pull request (a comment there wants another permission than on an
    issue), None if there is none.
    """
    if (token is None and repo.private) or (token is not None and not token.sees(repo)):
        raise Refusal(404, "Not Found")
    wanted = "read" if verb == "GET" else "write"
    if token is None:
        if wanted == "write":
            raise Refusal(401, "Requires authentication")
        return
    areas = _areas(template, on_pull)
    if not areas or (wanted == "read" and not repo.private):
        return
    here = token.repository is None or token.repository.lower() == repo.full_name.lower()
    if here and max(token.level(area) for area in areas) >= LEVELS[wanted]:
        return
    who = "integration" if token.login.endswith("[bot]") else "personal access token"
    accepted = "; ".join(f"{area}={wanted}" for area in areas)
    raise Refusal(403, f"Resource not accessible by {who}", headers={"X-Accepted-GitHub-Permissions": accepted})


def _areas(template: str, on_pull: bool | None) -> tuple[str, ...]:
    path = template.removeprefix("/repos/{owner}/{repo}")
    areas = next((areas for start, areas in AREAS if path.startswith(start)), ())
    if len(areas) == 2 and on_pull is not None:
        return ("pull_requests",) if on_pull else ("issues",)
    return areas
