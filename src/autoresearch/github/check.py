"""The check of a commit: in progress first, then concluded, and failed where publishing itself fails.

What it says is known before it is opened, so a check that says it already is left alone without a single write.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from autoresearch.core.plain import plain
from autoresearch.errors import AutoresearchError
from autoresearch.github.annotation import Annotation, worst_first
from autoresearch.github.errors import GitHubError, Invalid, Unavailable
from autoresearch.github.hub import Hub
from autoresearch.report.escape import text

SUMMARY_CHARACTERS = 65_535
BATCH = 50
"""Annotations that GitHub takes in one request."""
MOST_ANNOTATIONS = 500
"""Annotations that one check gets: nobody reads more, and each batch is a write."""
_OURS = "autoresearch-"
"""How the `external_id` of our checks begins."""
_TITLE = 250
_MESSAGE = 4_000
_CREATES = 2
_LEVELS = {"error": "failure", "warning": "warning", "notice": "notice"}

Conclusion = Literal["success", "failure", "neutral"]


@dataclass(frozen=True)
class Verdict:
    """What a check says: `summary` is Markdown that is safe already, the title plain text."""

    conclusion: Conclusion
    title: str
    summary: str
    annotations: tuple[Annotation, ...] = ()

    @property
    def digest(self) -> str:
        """The same for the same content only."""
        content = json.dumps(asdict(self), sort_keys=True)
        return f"{_OURS}{hashlib.sha256(content.encode()).hexdigest()[:32]}"


@dataclass
class Check:
    """A check run at GitHub."""

    id: int
    url: str
    annotated: int = 0


@contextmanager
def open_check(
    hub: Hub, sha: str, name: str, verdict: Verdict, *, changed: Callable[[], Collection[str]], details_url: str = ""
) -> Iterator[Check]:
    """A check on `sha` for as long as publishing takes, concluded with `verdict` at its end.

    An exception inside concludes it as failed, and goes on; only a check that was left alone stays as it is.
    Annotations are kept for the `changed` files only, at most 500, the worst first; which files those are is asked
    only where there is something to write, for it follows from the commit. Raises `GitHubError`.
    """
    digest = verdict.digest
    there = _latest(hub, sha, name, digest)
    if there and there["status"] == "completed":
        yield _check(there)
        return
    verdict = _fitting(verdict, changed() if verdict.annotations else ())
    check = _check(there) if there and not _annotated(there) else _create(hub, sha, name, digest, details_url)
    try:
        yield check
    except BaseException as error:
        _fail(hub, check, error)
        raise
    try:
        _conclude(hub, check, verdict)
    except GitHubError as error:
        _fail(hub, check, error)
        raise


def _fitting(verdict: Verdict, changed: Collection[str]) -> Verdict:
    if len(verdict.summary) > SUMMARY_CHARACTERS:
        raise Invalid(f"the check's summary has {len(verdict.summary):,} characters, not {SUMMARY_CHARACTERS:,}")
    files = frozenset(changed)
    shown = worst_first([annotation for annotation in verdict.annotations if annotation.path in files])
    return replace(verdict, annotations=tuple(shown[:MOST_ANNOTATIONS]))


def _latest(hub: Hub, sha: str, name: str, digest: str) -> dict[str, Any] | None:
    """Our newest check of that name, if it has this content. One read: GitHub filters by name."""
    runs = hub.pages(f"/commits/{sha}/check-runs", check_name=name)
    ours = (run for run in runs if str(run.get("external_id")).startswith(_OURS))
    newest = max(ours, key=lambda run: run["id"], default=None)
    return newest if newest and newest.get("external_id") == digest else None


def _create(hub: Hub, sha: str, name: str, digest: str, details_url: str) -> Check:
    """A new check. One whose answer was lost is looked for before it is asked for again."""
    body = {"name": name, "head_sha": sha, "status": "in_progress", "external_id": digest}
    if details_url:
        body["details_url"] = details_url
    for attempt in range(1, _CREATES + 1):
        try:
            return _check(hub.write("POST", "/check-runs", body, again=False))
        except Unavailable as error:
            if not error.maybe_done:
                raise
            if (made := _latest(hub, sha, name, digest)) and not _annotated(made):
                return _check(made)
            if attempt == _CREATES:
                raise
    raise AssertionError("unreachable")


def _conclude(hub: Hub, check: Check, verdict: Verdict) -> None:
    """Send the annotations batch by batch; the last one concludes."""
    output = {"title": plain(verdict.title, _TITLE), "summary": verdict.summary}
    annotations = [_annotation(annotation) for annotation in verdict.annotations]
    while len(annotations) - check.annotated > BATCH:
        batch = annotations[check.annotated : check.annotated + BATCH]
        _update(hub, check, {"output": output | {"annotations": batch}}, len(batch))
    batch = annotations[check.annotated :]
    end = {"status": "completed", "conclusion": verdict.conclusion}
    _update(hub, check, end | {"output": output | {"annotations": batch}}, len(batch))


def _update(hub: Hub, check: Check, body: dict[str, Any], batch: int) -> None:
    """One update. Annotations add up, so one whose answer was lost is looked for before it is sent again."""
    path = f"/check-runs/{check.id}"
    try:
        hub.write("PATCH", path, body, again=not batch)
    except Unavailable as error:
        if not error.maybe_done or not batch:
            raise
        if _annotated(hub.read(path)) < check.annotated + batch:
            hub.write("PATCH", path, body, again=False)
    check.annotated += batch


def _fail(hub: Hub, check: Check, error: BaseException) -> None:
    """Conclude as failed; the error itself matters more than whether this works."""
    said = error.message if isinstance(error, AutoresearchError) else f"an unexpected error ({type(error).__name__})"
    output = {"title": "Publishing failed", "summary": f"Measured, but not published: {text(said, 2_000)}"}
    body = {"status": "completed", "conclusion": "failure", "external_id": f"{_OURS}failed", "output": output}
    try:
        hub.write("PATCH", f"/check-runs/{check.id}", body)
    except GitHubError:
        return


def _annotation(annotation: Annotation) -> dict[str, Any]:
    return {
        "path": annotation.path,
        "start_line": annotation.line,
        "end_line": annotation.line,
        "annotation_level": _LEVELS[annotation.level],
        "title": plain(annotation.title, _TITLE),
        "message": plain(annotation.message, _MESSAGE),
    }


def _annotated(run: dict[str, Any]) -> int:
    return int((run.get("output") or {}).get("annotations_count") or 0)


def _check(run: dict[str, Any]) -> Check:
    return Check(run["id"], str(run.get("html_url") or ""))
