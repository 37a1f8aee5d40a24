"""Which pull request a run is about when its event does not say, and which files a pull request changes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from autoresearch.errors import UsageError
from autoresearch.github.errors import Invalid, NotFound
from autoresearch.github.event import Context, Pull, Upstream, parse_pull
from autoresearch.github.hub import Hub

_CANDIDATES = 300
_FILES = 3_000
"""GitHub lists no more files of one pull request."""


def find_pull(hub: Hub, context: Context) -> Pull | None:
    """The open pull request that the run is about; None where there is none, or no telling which.

    The number never comes from what the measuring run wrote: a fork could name another pull request. Both the branch
    and the commit have to fit, so a result that a newer push has overtaken finds nothing.
    """
    if context.pull is not None:
        return context.pull
    if context.upstream is not None:
        return _of_run(hub, context.upstream)
    return _of_commit(hub, context.sha) if context.event == "deployment_status" else None


def changed_files(hub: Hub, number: int) -> frozenset[str]:
    """The files that a pull request adds or changes, as paths in the repository."""
    files = islice(hub.pages(f"/pulls/{number}/files"), _FILES)
    return frozenset(str(file.get("filename", "")) for file in files if file.get("status") != "removed")


def _of_run(hub: Hub, run: Upstream) -> Pull | None:
    if run.event != "pull_request" or not run.head_branch or not run.head_repository:
        return None
    owner = run.head_repository.partition("/")[0]
    items = hub.pages("/pulls", head=f"{owner}:{run.head_branch}", state="open")
    found = [pull for pull in _parsed(hub, items) if pull.head_sha == run.head_sha]
    return _only([pull for pull in found if pull.head_repository.lower() == run.head_repository.lower()])


def _of_commit(hub: Hub, sha: str) -> Pull | None:
    try:
        items = [
            item for item in islice(hub.pages(f"/commits/{sha}/pulls"), _CANDIDATES) if item.get("state") == "open"
        ]
    except (NotFound, Invalid):  # no such commit here
        return None
    return _only([pull for pull in _parsed(hub, items) if pull.head_sha == sha])


def _parsed(hub: Hub, items: Iterable[dict[str, Any]]) -> list[Pull]:
    pulls = []
    for item in islice(items, _CANDIDATES):
        try:
            pulls.append(parse_pull(item, hub.repository))
        except UsageError:  # one that does not fit is not ours to judge
            continue
    return pulls


def _only(pulls: list[Pull]) -> Pull | None:
    return pulls[0] if len(pulls) == 1 else None
