"""The operations on check runs, workflow runs, artifacts, deployments, the repository itself and the account."""

from __future__ import annotations

from typing import Any

from tests.github.call import Answer, Refusal, Request, not_found, operation
from tests.github.state import Artifact, CheckRun, Deployment
from tests.github.views.base import app_id, when


@operation("GET /")
def get_repository(request: Request) -> Answer:
    return Answer(data=request.views.full_repository(request.repo))


@operation("GET /user")
def get_user(request: Request) -> Answer:
    if not request.login:
        raise Refusal(401, "Requires authentication")
    if request.login.endswith("[bot]"):
        raise Refusal(403, "Resource not accessible by integration")
    return Answer(data=request.views.account(request.login))


@operation("GET /rate_limit")
def get_rate_limit(request: Request) -> Answer:
    return Answer(data={"rate": request.rate, "resources": {"core": request.rate, "search": request.rate}})


# -- check runs


@operation("POST /check-runs")
def create_check(request: Request) -> Answer:
    repo, body = request.repo, request.body
    _check_app(request)
    if body["head_sha"] not in repo.objects.commits:
        raise Refusal(422, f"No commit found for SHA: {body['head_sha']}")
    now = str(when(request.world.tick()))
    app = request.login.removesuffix("[bot]")
    check = CheckRun(request.world.id(), body["name"], body["head_sha"], app, body.get("started_at", now))
    _apply(request, check)
    repo.checks[check.id] = check
    return Answer(201, request.views.check(repo, check))


def _check_app(request: Request) -> None:
    if not request.login.endswith("[bot]"):
        raise Refusal(403, "You must authenticate via a GitHub App.")


def _apply(request: Request, check: CheckRun) -> None:
    body, now = request.body, str(when(request.world.tick()))
    output = body.get("output", {})
    for name in ("name", "external_id", "details_url", "status"):
        setattr(check, name, body.get(name, getattr(check, name)))
    if "conclusion" in body:
        check.status, check.conclusion = "completed", body["conclusion"]
        check.completed = body.get("completed_at", now)
    elif check.status == "completed" and check.conclusion is None:
        raise Refusal(422, 'Invalid request.\n\nMissing required key "conclusion".')
    elif body.get("status") in ("queued", "in_progress"):
        check.conclusion = check.completed = None
    for name in ("title", "summary", "text"):
        setattr(check, name, output.get(name, getattr(check, name)))
    for each in output.get("annotations", ()):
        _check_annotation(each)
    check.annotations += output.get("annotations", ())


def _check_annotation(given: dict[str, Any]) -> None:
    first, last = given["start_line"], given["end_line"]
    if first < 1 or last < first:
        raise Refusal(422, "Invalid request.\n\nend_line must not be before start_line.")
    if first != last and ("start_column" in given or "end_column" in given):
        raise Refusal(422, "Invalid request.\n\nColumns are only for annotations of one line.")
    if any(len(given.get(name, "").encode()) > 65_536 for name in ("message", "raw_details")):
        raise Refusal(422, "Invalid request.\n\nThe text of an annotation is at most 64 KB.")
    if len(given.get("title", "")) > 255:
        raise Refusal(422, "Invalid request.\n\nOnly 255 characters are allowed in a title.")


@operation("GET /check-runs/{check_run_id}")
def get_check(request: Request) -> Answer:
    check: CheckRun = request.one(request.repo.checks, "check_run_id")
    return Answer(data=request.views.check(request.repo, check))


@operation("PATCH /check-runs/{check_run_id}")
def update_check(request: Request) -> Answer:
    check: CheckRun = request.one(request.repo.checks, "check_run_id")
    _check_app(request)
    if check.app != request.login.removesuffix("[bot]"):
        only = "check run can only be modified by the GitHub App that created it."
        raise Refusal(403, f"Invalid app_id `{app_id(check.app)}` - {only}")
    _apply(request, check)
    return Answer(data=request.views.check(request.repo, check))


@operation("GET /check-runs/{check_run_id}/annotations")
def list_annotations(request: Request) -> Answer:
    check: CheckRun = request.one(request.repo.checks, "check_run_id")
    return request.pages(check.annotations, lambda each: request.views.annotation(request.repo, check, each))


@operation("GET /commits/{ref}/check-runs")
def list_checks(request: Request) -> Answer:
    repo, query = request.repo, request.query
    sha = request.commit(request.params["ref"])
    found = [check for check in repo.checks.values() if check.head_sha == sha]
    if "check_name" in query:
        found = [check for check in found if check.name == query["check_name"]]
    if "status" in query:
        found = [check for check in found if check.status == query["status"]]
    if "app_id" in query:
        found = [check for check in found if str(app_id(check.app)) == query["app_id"]]
    if query.get("filter", "latest") == "latest":
        found = list({(check.app, check.name): check for check in found}.values())
    found.sort(key=lambda check: check.id, reverse=True)
    return request.pages(found, lambda check: request.views.check(repo, check), wrap="check_runs")


# -- workflow runs and their artifacts


@operation("GET /actions/runs")
def list_runs(request: Request) -> Answer:
    query, found = request.query, list(request.repo.runs.values())
    for name, value in (("event", "event"), ("branch", "head_branch"), ("head_sha", "head_sha"), ("actor", "actor")):
        if name in query:
            found = [run for run in found if getattr(run, value) == query[name]]
    if "status" in query:
        status = query["status"]
        found = [run for run in found if status in (run.conclusion, "completed" if run.conclusion else "in_progress")]
    found.sort(key=lambda run: run.id, reverse=True)
    return request.pages(found, lambda run: request.views.run(request.repo, run), wrap="workflow_runs")


@operation("GET /actions/runs/{run_id}")
def get_run(request: Request) -> Answer:
    return Answer(data=request.views.run(request.repo, request.one(request.repo.runs, "run_id")))


@operation("GET /actions/runs/{run_id}/artifacts")
def list_run_artifacts(request: Request) -> Answer:
    run = request.one(request.repo.runs, "run_id")
    return _artifacts(request, [each for each in request.repo.artifacts.values() if each.run is run])


@operation("GET /actions/artifacts")
def list_artifacts(request: Request) -> Answer:
    return _artifacts(request, list(request.repo.artifacts.values()))


def _artifacts(request: Request, found: list[Artifact]) -> Answer:
    if "name" in request.query:
        found = [each for each in found if each.name == request.query["name"]]
    found.sort(key=lambda each: each.id, reverse=request.query.get("direction", "desc") == "desc")
    return request.pages(found, lambda each: request.views.artifact(request.repo, each), wrap="artifacts")


@operation("GET /actions/artifacts/{artifact_id}")
def get_artifact(request: Request) -> Answer:
    return Answer(data=request.views.artifact(request.repo, request.one(request.repo.artifacts, "artifact_id")))


@operation("GET /actions/artifacts/{artifact_id}/{archive_format}")
def download_artifact(request: Request) -> Answer:
    artifact: Artifact = request.one(request.repo.artifacts, "artifact_id")
    if request.params["archive_format"] != "zip":
        raise not_found()
    if not request.login:
        raise Refusal(401, "Requires authentication")
    if artifact.expired:
        raise Refusal(410, "Artifact has expired")
    where = f"{request.downloads}/{request.repo.full_name}/{artifact.id}.zip?signature={artifact.id:08x}"
    return Answer(302, None, {"Location": where})


# -- deployments


@operation("GET /deployments")
def list_deployments(request: Request) -> Answer:
    found: list[Deployment] = sorted(request.repo.deployments.values(), key=lambda each: -each.id)
    for name in ("sha", "ref", "environment"):
        if name in request.query:
            found = [each for each in found if getattr(each, name) == request.query[name]]
    return request.pages(found, lambda each: request.views.deployment(request.repo, each))


@operation("GET /deployments/{deployment_id}")
def get_deployment(request: Request) -> Answer:
    return Answer(data=request.views.deployment(request.repo, _deployment(request)))


def _deployment(request: Request) -> Deployment:
    made: Deployment = request.one(request.repo.deployments, "deployment_id")
    return made


@operation("GET /deployments/{deployment_id}/statuses")
def list_deployment_statuses(request: Request) -> Answer:
    made = _deployment(request)
    show: Any = lambda status: request.views.deployment_status(request.repo, made, status)  # noqa: E731
    return request.pages(made.statuses[::-1], show)
