"""What all views have in common: addresses, ids, people, apps, repositories."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.github.state import Repo

JSON = dict[str, Any]
REPOSITORY_URLS = (
    "archive assignees blobs branches collaborators comments commits compare contents contributors deployments "
    "downloads events forks git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels "
    "languages merges milestones notifications pulls releases stargazers statuses subscribers subscription tags "
    "teams trees"
)
USER_URLS = "events followers following gists organizations received_events repos starred subscriptions"


def when(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def node(kind: str, key: object) -> str:
    return base64.b64encode(f"{kind}:{key}".encode()).decode()


def app_id(slug: str) -> int:
    return 15368 if slug == "github-actions" else int.from_bytes(hashlib.sha256(slug.encode()).digest()[:3], "big")


@dataclass(frozen=True)
class Base:
    """`api` and `web` are base addresses without a slash at the end."""

    api: str
    web: str

    def user(self, login: str) -> JSON:
        home = f"{self.api}/users/{login}"
        bot = login.endswith("[bot]")
        web = f"{self.web}/apps/{login.removesuffix('[bot]')}" if bot else f"{self.web}/{login}"
        return {
            "login": login,
            "id": int.from_bytes(hashlib.sha256(login.encode()).digest()[:4], "big"),
            "node_id": node("User", login),
            "avatar_url": f"{self.web}/avatars/{login}",
            "gravatar_id": "",
            "url": home,
            "html_url": web,
            **{f"{name}_url": f"{home}/{name}" for name in USER_URLS.split()},
            "type": "Bot" if bot else "User",
            "user_view_type": "public",
            "site_admin": False,
        }

    def account(self, login: str) -> JSON:
        """What /user says of a token's owner."""
        nothing = dict.fromkeys(("bio", "company", "email", "hireable", "location", "name"))
        counts = dict.fromkeys(("followers", "following", "public_gists", "public_repos"), 0)
        dates = dict.fromkeys(("created_at", "updated_at"), "2020-01-01T00:00:00Z")
        return self.user(login) | nothing | counts | dates | {"blog": ""}

    def app(self, slug: str) -> JSON:
        name = "GitHub Actions" if slug == "github-actions" else slug
        return {
            "id": app_id(slug),
            "slug": slug,
            "node_id": node("App", slug),
            "owner": self.user("github"),
            "name": name,
            "description": "",
            "external_url": self.web,
            "html_url": f"{self.web}/apps/{slug}",
            "created_at": "2020-01-01T00:00:00Z",
            "updated_at": "2020-01-01T00:00:00Z",
            "permissions": {},
            "events": [],
        }

    def home(self, repo: Repo) -> str:
        return f"{self.api}/repos/{repo.full_name}"

    def page(self, repo: Repo) -> str:
        return f"{self.web}/{repo.full_name}"

    def minimal_repository(self, repo: Repo) -> JSON:
        home = self.home(repo)
        return {
            "id": repo.id,
            "node_id": node("Repository", repo.id),
            "name": repo.name,
            "full_name": repo.full_name,
            "owner": self.user(repo.owner),
            "private": repo.private,
            "html_url": self.page(repo),
            "description": None,
            "fork": repo.parent is not None,
            "url": home,
            **{f"{name}_url": f"{home}/{name.replace('_', '/')}" for name in REPOSITORY_URLS.split()},
        }

    def repository(self, repo: Repo) -> JSON:
        page = self.page(repo)
        opened = sum(issue.state == "open" for issue in repo.issues.values())
        return self.minimal_repository(repo) | {
            "clone_url": f"{page}.git",
            "git_url": f"git://{page.partition('://')[2]}.git",
            "ssh_url": f"git@{page.partition('://')[2].replace('/', ':', 1)}.git",
            "svn_url": page,
            "default_branch": repo.default_branch,
            **dict.fromkeys(("forks", "forks_count", "stargazers_count", "watchers", "watchers_count", "size"), 0),
            **dict.fromkeys(("open_issues", "open_issues_count"), opened),
            **dict.fromkeys(("has_issues", "has_projects", "has_wiki", "has_downloads"), True),
            **dict.fromkeys(("has_pages", "has_discussions", "archived", "disabled"), False),
            **dict.fromkeys(("homepage", "language", "mirror_url", "license")),
            "visibility": "private" if repo.private else "public",
            "pushed_at": when(repo.created),
            "created_at": when(repo.created),
            "updated_at": when(repo.created),
        }

    def full_repository(self, repo: Repo) -> JSON:
        parent = {"parent": self.repository(repo.parent), "source": self.repository(repo.parent)} if repo.parent else {}
        return self.repository(repo) | {"network_count": 0, "subscribers_count": 0, **parent}
