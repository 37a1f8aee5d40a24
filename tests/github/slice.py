"""Cuts GitHub's OpenAPI description (13 MB) down to the operations that the tests use: see scripts/github-api."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

REPOSITORY = "/repos/{owner}/{repo}"
OPERATIONS = {  # path below the repository → verbs
    "": "get",
    "/actions/artifacts": "get",
    "/actions/artifacts/{artifact_id}": "get",
    "/actions/artifacts/{artifact_id}/{archive_format}": "get",
    "/actions/runs": "get",
    "/actions/runs/{run_id}": "get",
    "/actions/runs/{run_id}/artifacts": "get",
    "/branches": "get",
    "/branches/{branch}": "get",
    "/check-runs": "post",
    "/check-runs/{check_run_id}": "get patch",
    "/check-runs/{check_run_id}/annotations": "get",
    "/commits": "get",
    "/commits/{ref}": "get",
    "/commits/{commit_sha}/pulls": "get",
    "/commits/{ref}/check-runs": "get",
    "/compare/{basehead}": "get",
    "/contents/{path}": "get",
    "/deployments": "get",
    "/deployments/{deployment_id}": "get",
    "/deployments/{deployment_id}/statuses": "get",
    "/git/blobs": "post",
    "/git/blobs/{file_sha}": "get",
    "/git/commits": "post",
    "/git/commits/{commit_sha}": "get",
    "/git/matching-refs/{ref}": "get",
    "/git/ref/{ref}": "get",
    "/git/refs": "post",
    "/git/refs/{ref}": "patch delete",
    "/git/trees": "post",
    "/git/trees/{tree_sha}": "get",
    "/issues": "get post",
    "/issues/comments": "get",
    "/issues/comments/{comment_id}": "get patch delete",
    "/issues/{issue_number}": "get patch",
    "/issues/{issue_number}/comments": "get post",
    "/issues/{issue_number}/events": "get",
    "/issues/{issue_number}/labels": "get post put",
    "/issues/{issue_number}/labels/{name}": "delete",
    "/issues/{issue_number}/timeline": "get",
    "/labels": "get post",
    "/labels/{name}": "get patch",
    "/pulls": "get post",
    "/pulls/{pull_number}": "get patch",
    "/pulls/{pull_number}/commits": "get",
    "/pulls/{pull_number}/files": "get",
}
ELSEWHERE = {"/user": "get", "/rate_limit": "get"}
NOISE = {
    "discriminator",
    "example",
    "examples",
    "externalDocs",
    "x-github",
    "tags",
    "summary",
    "title",
    "x-github-breaking-changes",
}


def cut(whole: dict[str, Any], version: str) -> dict[str, Any]:
    """The operations in use, with every component that they refer to, directly or not."""
    paths = {REPOSITORY + path: verbs for path, verbs in OPERATIONS.items()} | ELSEWHERE
    piece: dict[str, Any] = {
        "openapi": whole["openapi"],
        "info": {"title": "A slice of @octokit/openapi, made by scripts/github-api", "version": version},
        "paths": {path: {verb: lean(whole["paths"][path][verb]) for verb in paths[path].split()} for path in paths},
        "components": {},
    }
    wanted = references(piece["paths"])
    while wanted:
        kind, name = wanted.pop()
        kept = piece["components"].setdefault(kind, {})
        if name not in kept:
            kept[name] = lean(whole["components"][kind][name])
            wanted |= references(kept[name])
    correct(piece["components"]["schemas"])
    return piece


def correct(schemas: dict[str, Any]) -> None:
    """What GitHub answers although its description leaves it out: a deleted fork is null."""
    for name in ("pull-request", "pull-request-simple"):
        end = schemas[name]["properties"]["head"]["properties"]
        end["repo"] = {"$ref": "#/components/schemas/nullable-repository"}
        end["user"] = {"$ref": "#/components/schemas/nullable-simple-user"}
    schemas["nullable-minimal-repository"] = {**schemas["minimal-repository"], "nullable": True}
    gone = {"$ref": "#/components/schemas/nullable-minimal-repository"}
    schemas["workflow-run"]["properties"]["head_repository"] = gone


def lean(node: Any, *, response: bool = False, named: bool = False) -> Any:
    """Without examples and prose; the descriptions of responses stay, for they say what a status means."""
    if isinstance(node, list):
        return [lean(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept: dict[str, Any] = {}
    for key, value in node.items():
        prose = key == "description" and isinstance(value, str) and not response
        if named or not (key in NOISE or prose):
            kept[key] = lean(value, response=named and response, named=key in ("properties", "responses"))
    if not named and kept.get("nullable") and None not in kept.get("enum", [None]):
        kept["enum"] = [*kept["enum"], None]  # OpenAPI 3.0 wants null listed; GitHub leaves it out and answers it
    return kept


def references(node: Any) -> set[tuple[str, str]]:
    """(kind, name) of each component that a node refers to."""
    if isinstance(node, list):
        return set().union(*map(references, node))
    if not isinstance(node, dict):
        return set()
    found = set().union(*map(references, node.values()))
    if isinstance(node.get("$ref"), str):
        _, _, kind, name = node["$ref"].split("/")
        found.add((kind, name))
    return found


def lines(node: Any, depth: int) -> str:
    """JSON with a line for each operation and component, so that a new version can be read as a diff."""
    if depth == 0 or not isinstance(node, dict):
        return json.dumps(node, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return "{\n" + ",\n".join(f"{json.dumps(name)}:{lines(node[name], depth - 1)}" for name in sorted(node)) + "\n}"


def main() -> None:
    """PACKAGE is the unpacked npm package; OUT the file to write."""
    package, out = Path(sys.argv[1]), Path(sys.argv[2])
    version = json.loads((package / "package.json").read_text())["version"]
    whole = json.loads((package / "generated" / "api.github.com.json").read_text())
    out.write_text(lines(cut(whole, version), depth=3) + "\n")


if __name__ == "__main__":
    main()
