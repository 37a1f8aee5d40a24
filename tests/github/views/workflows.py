"""Check runs, workflow runs, artifacts, deployments."""

from __future__ import annotations

from datetime import datetime

from tests.github.state import Artifact, CheckRun, Deployment, Issue, Pull, Repo, Run
from tests.github.views.base import JSON, Base, node, when


class WorkflowViews(Base):
    """Of one repository."""

    def check(self, repo: Repo, check: CheckRun) -> JSON:
        url = f"{self.home(repo)}/check-runs/{check.id}"
        page = f"{self.page(repo)}/runs/{check.id}"
        pulls = [issue for issue in repo.pulls.values() if issue.pull and issue.pull.head_sha == check.head_sha]
        return {
            "id": check.id,
            "node_id": node("CheckRun", check.id),
            "name": check.name,
            "head_sha": check.head_sha,
            "external_id": check.external_id,
            "url": url,
            "html_url": page,
            "details_url": check.details_url or page,
            "status": check.status,
            "conclusion": check.conclusion,
            "started_at": check.started,
            "completed_at": check.completed,
            "output": {
                "title": check.title,
                "summary": check.summary,
                "text": check.text,
                "annotations_count": len(check.annotations),
                "annotations_url": f"{url}/annotations",
            },
            "check_suite": {"id": check.id},
            "app": self.app(check.app),
            "pull_requests": [self.pull_minimal(repo, issue, issue.pull) for issue in pulls if issue.pull],
        }

    def pull_minimal(self, repo: Repo, issue: Issue, pull: Pull) -> JSON:
        def end(there: Repo, ref: str, sha: str) -> JSON:
            return {"ref": ref, "sha": sha, "repo": {"id": there.id, "url": self.home(there), "name": there.name}}

        return {
            "id": issue.id + 1,
            "number": issue.number,
            "url": f"{self.home(repo)}/pulls/{issue.number}",
            "head": end(pull.head_repository, pull.head_ref, pull.head_sha),
            "base": end(repo, pull.base_ref, pull.base_sha),
        }

    def annotation(self, repo: Repo, check: CheckRun, given: JSON) -> JSON:
        blank = dict.fromkeys(("start_column", "end_column", "title", "raw_details"))
        return blank | given | {"blob_href": f"{self.page(repo)}/blob/{check.head_sha}/{given['path']}"}

    def run(self, repo: Repo, run: Run) -> JSON:
        home = self.home(repo)
        url, commit = f"{home}/actions/runs/{run.id}", run.head_repository.objects.commits.get(run.head_sha)
        head = commit and {
            "id": run.head_sha,
            "tree_id": commit.tree,
            "message": commit.message,
            "timestamp": when(commit.committer.date),
            "author": {"name": commit.author.name, "email": commit.author.email},
            "committer": {"name": commit.committer.name, "email": commit.committer.email},
        }
        at = when(run.created)
        return {
            "id": run.id,
            "name": run.name,
            "node_id": node("WorkflowRun", run.id),
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
            "path": f".github/workflows/{run.name.lower().replace(' ', '-')}.yml",
            "run_number": run.number,
            "run_attempt": run.attempt,
            "event": run.event,
            "display_title": run.name,
            "status": "completed" if run.conclusion else "in_progress",
            "conclusion": run.conclusion,
            "workflow_id": 1,
            "url": url,
            "html_url": f"{self.page(repo)}/actions/runs/{run.id}",
            "pull_requests": [
                self.pull_minimal(repo, repo.issues[number], pull)
                for number in run.pulls
                if (pull := repo.issues[number].pull)
            ],
            **dict.fromkeys(("created_at", "updated_at", "run_started_at"), at),
            "actor": self.user(run.actor),
            "triggering_actor": self.user(run.actor),
            **{f"{name}_url": f"{url}/{name}" for name in ("jobs", "logs", "cancel", "rerun", "artifacts")},
            "check_suite_url": f"{home}/check-suites/{run.id}",
            "workflow_url": f"{home}/actions/workflows/1",
            "head_commit": head,
            "repository": self.minimal_repository(repo),
            "head_repository": None if run.head_repository.deleted else self.minimal_repository(run.head_repository),
        }

    def artifact(self, repo: Repo, artifact: Artifact) -> JSON:
        url, run = f"{self.home(repo)}/actions/artifacts/{artifact.id}", artifact.run
        return {
            "id": artifact.id,
            "node_id": node("Artifact", artifact.id),
            "name": artifact.name,
            "size_in_bytes": artifact.size,
            "url": url,
            "archive_download_url": f"{url}/zip",
            "expired": artifact.expired,
            **dict.fromkeys(("created_at", "updated_at", "expires_at"), when(artifact.created)),
            "workflow_run": {
                "id": run.id,
                "repository_id": repo.id,
                "head_repository_id": run.head_repository.id,
                "head_branch": run.head_branch,
                "head_sha": run.head_sha,
            },
        }

    def deployment(self, repo: Repo, made: Deployment) -> JSON:
        home = self.home(repo)
        url = f"{home}/deployments/{made.id}"
        return {
            "id": made.id,
            "node_id": node("Deployment", made.id),
            "sha": made.sha,
            "ref": made.ref,
            "task": "deploy",
            "payload": {},
            "environment": made.environment,
            "description": None,
            "creator": self.user(made.creator),
            "created_at": when(made.created),
            "updated_at": when(made.created),
            "statuses_url": f"{url}/statuses",
            "repository_url": home,
            "url": url,
        }

    def deployment_status(self, repo: Repo, made: Deployment, status: tuple[int, str, str, datetime]) -> JSON:
        key, state, address, at = status
        url = f"{self.home(repo)}/deployments/{made.id}"
        return {
            "id": key,
            "node_id": node("DeploymentStatus", key),
            "state": state,
            "creator": self.user(made.creator),
            "description": "",
            "environment": made.environment,
            "target_url": address,
            "environment_url": address,
            "created_at": when(at),
            "updated_at": when(at),
            "deployment_url": url,
            "repository_url": self.home(repo),
            "url": f"{url}/statuses/{key}",
        }
