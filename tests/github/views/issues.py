"""Issues, their comments, labels and events; pull requests."""

from __future__ import annotations

from tests.github.state import Comment, Event, Issue, Label, Pull, Repo
from tests.github.views.base import JSON, Base, node, when


class IssueViews(Base):
    """Of one repository."""

    def label(self, repo: Repo, label: Label) -> JSON:
        return {
            "id": label.id,
            "node_id": node("Label", label.id),
            "url": f"{self.home(repo)}/labels/{label.name}",
            "name": label.name,
            "color": label.color,
            "default": False,
            "description": label.description,
        }

    def issue(self, repo: Repo, issue: Issue) -> JSON:
        home, page = self.home(repo), self.page(repo)
        url = f"{home}/issues/{issue.number}"
        part = "pull" if issue.pull else "issues"
        shown: JSON = {
            "id": issue.id,
            "node_id": node("Issue", issue.id),
            "number": issue.number,
            "url": url,
            "repository_url": home,
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": f"{page}/{part}/{issue.number}",
            "title": issue.title,
            "body": issue.body,
            "user": self.user(issue.author),
            "labels": [self.label(repo, repo.label(name)) for name in issue.labels],
            "state": issue.state,
            "state_reason": issue.reason,
            "locked": issue.locked,
            "assignee": self.user(issue.assignees[0]) if issue.assignees else None,
            "assignees": [self.user(login) for login in issue.assignees],
            "milestone": None,
            "comments": len(issue.comments),
            "created_at": when(issue.created),
            "updated_at": when(issue.updated),
            "closed_at": when(issue.closed),
            "author_association": self.association(repo, issue.author),
            "performed_via_github_app": None,
        }
        if issue.pull:
            pull = f"{home}/pulls/{issue.number}"
            web = f"{page}/pull/{issue.number}"
            links = {"url": pull, "html_url": web, "diff_url": f"{web}.diff", "patch_url": f"{web}.patch"}
            shown["pull_request"] = links | {"merged_at": when(issue.pull.merged)}
        return shown

    def one_issue(self, repo: Repo, issue: Issue) -> JSON:
        """Only a single issue says who closed it."""
        return self.issue(repo, issue) | {"closed_by": self.user(issue.closed_by) if issue.closed_by else None}

    @staticmethod
    def association(repo: Repo, login: str) -> str:
        return "OWNER" if login == repo.owner else "NONE" if login.endswith("[bot]") else "CONTRIBUTOR"

    def comment(self, repo: Repo, comment: Comment) -> JSON:
        home, issue = self.home(repo), repo.issues[comment.issue]
        part = "pull" if issue.pull else "issues"
        return {
            "id": comment.id,
            "node_id": node("IssueComment", comment.id),
            "url": f"{home}/issues/comments/{comment.id}",
            "html_url": f"{self.page(repo)}/{part}/{comment.issue}#issuecomment-{comment.id}",
            "issue_url": f"{home}/issues/{comment.issue}",
            "body": comment.body,
            "user": self.user(comment.author),
            "created_at": when(comment.created),
            "updated_at": when(comment.updated),
            "author_association": self.association(repo, comment.author),
            "performed_via_github_app": None,
        }

    def event(self, repo: Repo, event: Event) -> JSON:
        home = self.home(repo)
        return {
            "id": event.id,
            "node_id": node("Event", event.id),
            "url": f"{home}/issues/events/{event.id}",
            "actor": self.user(event.actor),
            "event": event.kind,
            "commit_id": event.commit,
            "commit_url": event.commit and f"{home}/commits/{event.commit}",
            "created_at": when(event.at),
            "performed_via_github_app": None,
            **event.detail,
        }

    def timeline_comment(self, repo: Repo, comment: Comment) -> JSON:
        return self.comment(repo, comment) | {"event": "commented", "actor": self.user(comment.author)}

    def pull(self, repo: Repo, issue: Issue, pull: Pull) -> JSON:
        """As in lists; `whole_pull` says more."""
        home = self.home(repo)
        url, web = f"{home}/pulls/{issue.number}", f"{self.page(repo)}/pull/{issue.number}"
        links = {
            "self": url,
            "html": web,
            "issue": f"{home}/issues/{issue.number}",
            "comments": f"{home}/issues/{issue.number}/comments",
            "review_comments": f"{url}/comments",
            "review_comment": f"{home}/pulls/comments{{/number}}",
            "commits": f"{url}/commits",
            "statuses": f"{home}/statuses/{pull.head_sha}",
        }
        shown = self.issue(repo, issue)
        for name in ("repository_url", "labels_url", "events_url", "comments", "pull_request", "state_reason"):
            del shown[name]
        return shown | {
            "id": issue.id + 1,
            "node_id": node("PullRequest", issue.id),
            "url": url,
            "diff_url": f"{web}.diff",
            "patch_url": f"{web}.patch",
            "issue_url": links["issue"],
            "comments_url": links["comments"],
            "review_comments_url": links["review_comments"],
            "review_comment_url": links["review_comment"],
            "commits_url": links["commits"],
            "statuses_url": links["statuses"],
            "_links": {name: {"href": address} for name, address in links.items()},
            "head": self._end(pull.head_repository, pull.head_ref, pull.head_sha),
            "base": self._end(repo, pull.base_ref, pull.base_sha),
            "draft": pull.draft,
            "merged_at": when(pull.merged),
            "merge_commit_sha": pull.merge_sha,
            "requested_reviewers": [],
            "requested_teams": [],
            "auto_merge": None,
        }

    def _end(self, repo: Repo, ref: str, sha: str) -> JSON:
        there = None if repo.deleted else self.repository(repo)
        user = None if repo.deleted else self.user(repo.owner)
        return {"label": f"{repo.owner}:{ref}", "ref": ref, "sha": sha, "repo": there, "user": user}

    def whole_pull(self, repo: Repo, issue: Issue, pull: Pull) -> JSON:
        objects = repo.objects
        fork = objects.merge_base(pull.base_sha, pull.head_sha)
        files = [objects.patch(each) for each in objects.differences(fork, pull.head_sha)]
        known = set(objects.history(pull.base_sha))
        return self.pull(repo, issue, pull) | {
            "additions": sum(added for _, added, _ in files),
            "deletions": sum(removed for *_, removed in files),
            "changed_files": len(files),
            "commits": sum(sha not in known for sha in objects.history(pull.head_sha)),
            "comments": len(issue.comments),
            "review_comments": 0,
            "merged": pull.merged is not None,
            "merged_by": self.user(pull.merged_by) if pull.merged_by else None,
            "mergeable": None if pull.merged else True,
            "mergeable_state": "unknown" if pull.merged else "clean",
            "maintainer_can_modify": False,
        }
