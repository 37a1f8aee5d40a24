"""What a commit or a pull request shows: the check first, the comment while the check is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

from autoresearch.core.changes import Change, Verdict
from autoresearch.core.measurement import Rule, Severity
from autoresearch.github.activities import Activities
from autoresearch.github.annotation import Annotation, Level
from autoresearch.github.check import SUMMARY_CHARACTERS, Check, Conclusion, open_check
from autoresearch.github.check import Verdict as CheckVerdict
from autoresearch.github.comment import ROOM, sync_comment
from autoresearch.github.errors import GitHubError
from autoresearch.github.event import Context, Pull
from autoresearch.github.hub import Hub
from autoresearch.github.pulls import changed_files

Render = Callable[[int], str]
"""The report as Markdown of at most so many characters."""

_CONCLUSIONS: dict[Verdict, Conclusion] = {"pass": "success", "fail": "failure", "unsure": "neutral"}
_LEVELS: dict[Severity, Level] = {"error": "error", "warning": "warning", "info": "notice"}
_TOLD = {"new", "regressed"}


@dataclass(frozen=True)
class Report:
    """What there is to show."""

    name: str
    """Tells two configs of one repository apart: their comments and checks stand side by side."""
    verdict: Verdict
    headline: str
    render: Render
    annotations: tuple[Annotation, ...] = ()


def show(hub: Hub, context: Context, pull: Pull | None, doing: Activities, report: Report) -> Iterator[dict[str, str]]:
    """Make check and comment say so; each one's address, by the name of the Action's output, as soon as it is there.

    Where the check may not be made (only an App's token may), the comment is. Raises `GitHubError` at the end; then
    the check, if there is one, says that publishing failed.
    """
    refused: GitHubError | None = None
    with ExitStack() as stack:
        if doing.check:
            try:
                yield {"check-url": stack.enter_context(_check(hub, context, pull, report)).url}
            except GitHubError as error:
                refused = error
        if doing.comment and pull is not None:
            yield {"comment-url": sync_comment(hub, pull.number, report.name, report.render(ROOM))}
    if refused is not None:
        raise refused


def _check(hub: Hub, context: Context, pull: Pull | None, report: Report) -> AbstractContextManager[Check]:
    return open_check(
        hub,
        context.sha,
        report.name,
        CheckVerdict(
            _CONCLUSIONS[report.verdict], report.headline, report.render(SUMMARY_CHARACTERS), report.annotations
        ),
        changed=lambda: changed_files(hub, pull.number) if pull else frozenset(),
        details_url=context.run_url,
    )


def annotations_of(changes: Iterable[Change], rules: dict[str, Rule], prefix: str = "") -> tuple[Annotation, ...]:
    """A remark for every new finding that has a place in a file; `prefix` leads from the repository to that root."""
    return tuple(
        Annotation(
            path=prefix + change.path,
            line=change.line or 1,
            level=_LEVELS[change.severity or "error"],
            title=rules[change.rule].title if change.rule in rules else (change.rule or change.loop),
            message=f"{change.subject}: {change.message}" if change.message else change.subject,
        )
        for change in changes
        if change.kind in _TOLD and change.path and not change.is_accepted
    )
