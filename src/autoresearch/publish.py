"""The publishing half: results become one outcome, and an outcome becomes files, a report, and what GitHub shows.

Files first, all of them or none, then GitHub: whatever fails there, the result is kept and its path is told.
"""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from autoresearch.core.shards import merged
from autoresearch.errors import AutoresearchError, ConfigError, PublishError
from autoresearch.plan import plan
from autoresearch.publication import Destinations, Publication
from autoresearch.session import Session
from autoresearch.settle import Outcome, settle
from autoresearch.state import write_all


def settle_results(session: Session, paths: list[Path]) -> tuple[Session, Outcome]:
    """One outcome of results that nobody vouches for, under the config and the state of the base branch.

    Without `paths`, the results are those of the workflow run that this one follows. Raises `PublishError`,
    `ConfigError` and `UsageError`.
    """
    from autoresearch.intake import parse_result, read_results

    results = read_results(paths) if paths else [parse_result(data, name) for name, data in session.uploaded().items()]
    session = session.over_base()
    planned = plan(session.request, session.states)
    result = merged(results, planned.divided)
    names = set(result.run.planned)
    planned = replace(planned, loops=[loop for loop in planned.loops if loop.name in names])
    if not planned.loops:
        raise PublishError(
            "the results are about no loop of the config", hint="measure and publish with the same config and loops"
        )
    now = min(result.run.now, f"{session.request.now:%Y-%m-%dT%H:%M:%SZ}")
    run = result.run.model_copy(update={"now": now, **session.identity_of_run()})
    return session, settle(planned, result.model_copy(update={"run": run}), session.request)


def deliver(outcome: Outcome, to: Destinations, session: Session) -> Publication:
    """Write the files, then publish on GitHub. Raises `PublishError`, after keeping the result in a file it names."""
    publication = Publication(outcome)
    if session.context is not None:
        to = to.in_a_step()
    try:
        write_all(publication.files(to))
    except (PublishError, ConfigError) as error:
        raise _kept(error, _keep(outcome, to.out)) from error
    if session.context is not None:
        from autoresearch.on_github import publish

        try:
            publish(publication, session, {"result": to.out, "changes": to.changes, "report": to.report})
        except (PublishError, ConfigError) as error:
            raise _kept(error, to.out or _keep(outcome, None)) from error
    return publication


def _keep(outcome: Outcome, wanted: Path | None) -> Path:
    """Write the result alone, where it was wanted if that works: what a container has elsewhere is lost with it."""
    text = outcome.result_text()
    with suppress(PublishError):
        if wanted is not None:
            write_all({wanted: text})
            return wanted
    kept = Path(tempfile.mkdtemp(prefix="autoresearch-")) / "result.json"
    kept.write_text(text, encoding="utf-8")
    return kept


def _kept(error: AutoresearchError, path: Path) -> PublishError:
    return PublishError(f"{error.message}\n  the result is kept in {path}", hint=error.hint)
