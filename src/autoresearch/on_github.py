"""What of an outcome goes to GitHub, by what started the run; and what the step hands to its runner."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from autoresearch.core.baseline import Stamp
from autoresearch.core.changes import ChangeKind
from autoresearch.errors import PublishError
from autoresearch.github.activities import Activities
from autoresearch.github.errors import GitHubError
from autoresearch.github.monitoring import Learned, Monitor
from autoresearch.github.surfaces import Report, annotations_of, show
from autoresearch.github.workflow import annotation_commands, append_summary, set_outputs, summary_room
from autoresearch.plan import DEFAULT_CONFIG
from autoresearch.publication import Publication
from autoresearch.report.markdown import render
from autoresearch.session import Session

_COUNTED: tuple[ChangeKind, ...] = ("new", "fixed", "regressed", "improved")
_ADVISORY = "*Measured by a job that the pull request controls: take it as advice.*"


def publish(publication: Publication, session: Session, files: Mapping[str, Path | None]) -> None:
    """Summary, log and outputs of the step; then check and comment, or commit and issues.

    One surface's failure does not stop the others. Raises `PublishError` that tells of all that failed.
    """
    doing = session.activities(publication.outcome.plan.config)
    if doing is None:
        return
    outputs = _counts(publication) | {name: str(path) for name, path in files.items() if path is not None}
    problems: list[GitHubError] = []
    if session.publishes:
        _tell_the_log(publication, session, doing)
    for activity in (_show, _monitor) if session.publishes else ():
        try:
            for output in activity(publication, session, doing):
                outputs |= output
        except GitHubError as error:
            problems.append(error)
    set_outputs(session.env, outputs)
    if problems:
        hints = "\n  → ".join(dict.fromkeys(error.hint for error in problems if error.hint))
        raise PublishError("\n".join(error.message for error in problems), hint=hints)


def _counts(publication: Publication) -> dict[str, str]:
    outcome = publication.outcome
    kinds = Counter(change.kind for change in outcome.changes.changes)
    missing = sum(o.measurement.status != "measured" for o in outcome.loops)
    counts: dict[str, str] = {kind: str(kinds[kind]) for kind in _COUNTED}
    return {"verdict": outcome.changes.verdict, **counts, "not-measured": str(missing)}


def _tell_the_log(publication: Publication, session: Session, doing: Activities) -> None:
    if doing.annotations:
        told = annotations_of(publication.outcome.changes.changes, publication.rules, session.prefix)
        sys.stdout.write("".join(f"{line}\n" for line in annotation_commands(list(told))))
        sys.stdout.flush()
    for name, reason in sorted(doing.why.items()):
        sys.stderr.write(f"not done: {name}: {reason}\n")
    if doing.summary and (room := summary_room(session.env)):
        text = render(
            publication.report,
            publication.templates,
            room - 1,
            elsewhere="in `report.md` and `result.json`, which the step has left",
            size=lambda text: len(text.encode("utf-8", "replace")),
        )
        append_summary(session.env, text)


def _show(publication: Publication, session: Session, doing: Activities) -> Iterator[dict[str, str]]:
    if session.hub is None or session.context is None or not (doing.comment or doing.check):
        return
    if session.is_overtaken:
        sys.stderr.write(f"not done: no open pull request stands at {session.context.sha[:7]}\n")
        return
    report = Report(
        name=_name(session),
        verdict=publication.outcome.changes.verdict,
        headline=publication.report.headline,
        render=_rendered(publication, session),
        annotations=annotations_of(publication.outcome.changes.changes, publication.rules, session.prefix),
    )
    yield from show(session.hub, session.context, session.pull, doing, report)


def _name(session: Session) -> str:
    return "autoresearch" if session.config_path == DEFAULT_CONFIG else f"autoresearch ({session.config_path})"


def _rendered(publication: Publication, session: Session) -> Callable[[int], str]:
    assert session.context is not None
    elsewhere = f"in the [summary of the run]({session.context.run_url})"
    advice = f"\n{_ADVISORY}\n" if session.pull is not None and session.pull.is_fork else ""

    def rendered(limit: int) -> str:
        return render(publication.report, publication.templates, limit - len(advice), elsewhere=elsewhere) + advice

    return rendered


def _monitor(publication: Publication, session: Session, doing: Activities) -> Iterator[dict[str, str]]:
    """Commit the state and follow up the issues; a part of the config's loops renews its part of the state."""
    if session.hub is None or session.committed is None or session.snapshot is None:
        return
    if not (doing.commit or doing.issues):
        return
    outcome, settings = publication.outcome, publication.outcome.plan.config.publish.issues
    folder = Path(session.config_path).parent.as_posix()
    learned = Learned(
        stamp=Stamp(run=outcome.run.id, sha=outcome.run.sha, at=outcome.run.now),
        now=session.request.now,
        before={o.loop.name: o.baseline for o in outcome.loops},
        renewed={o.loop.name: o.renewed for o in outcome.loops if o.renewed is not o.baseline},
        configured=[loop.name for loop in outcome.plan.configured],
        changes=outcome.changes.changes,
        measurements={o.loop.name: o.measurement for o in outcome.loops},
        rules=publication.rules,
        folder="" if folder == "." else f"{folder}/",
        readme=publication.readme,
        scope="" if session.config_path == DEFAULT_CONFIG else session.config_path,
    )
    monitor = Monitor(session.hub, learned, settings if doing.issues and settings else None, publication.templates)
    yield from monitor.publish(session.committed, session.snapshot, commits=doing.commit)
