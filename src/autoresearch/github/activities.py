"""What a run does on GitHub, by what started it: pure, one row an event, and a reason for everything left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autoresearch.config.model import Publish
from autoresearch.github.event import Context

NAMES = ("comment", "check", "issues", "commit", "annotations", "summary")
TOKENLESS = frozenset({"annotations", "summary"})
"""Said in the job's own log and summary: no token is needed."""

_REQUEST = frozenset({"comment", "check"})
_MONITOR = frozenset({"issues", "commit"})

_EVENTS: dict[str, frozenset[str]] = {
    "schedule": _MONITOR,
    "push": _MONITOR,
    "workflow_dispatch": _MONITOR,
    "pull_request": _REQUEST,
    "pull_request_target": _REQUEST,
    "workflow_run": _REQUEST,
    "deployment_status": _REQUEST,
    "merge_group": frozenset({"check"}),
}

_READ_ONLY = (
    "the token of a pull request from a fork, and of Dependabot, only reads: "
    "its result is uploaded, and workflows/pull-request-report.yml publishes it"
)


@dataclass(frozen=True)
class Activities:
    """What is done; `why` has the reason for what is not, though the event allows it or somebody asked for it."""

    comment: bool
    check: bool
    issues: bool
    commit: bool
    annotations: bool
    summary: bool
    why: dict[str, str]


def activities(context: Context, publish: Publish, *, token: bool, overrides: Mapping[str, bool | None]) -> Activities:
    """What this run does: what its event allows, and the Action's inputs or else the config want.

    `overrides` are the Action's inputs by activity, None where one is not given. No setting widens what an event
    allows: a pull request never commits, and files no issue.
    """
    reasons = {name: _reason(name, context, publish, token=token, override=overrides.get(name)) for name in NAMES}
    doing = {name: not reason for name, reason in reasons.items()}
    doing["annotations"] &= not doing["check"]  # which has the same remarks on the same lines
    expected = _EVENTS.get(context.event, frozenset()) | {name for name in NAMES if overrides.get(name)}
    return Activities(**doing, why={name: reason for name, reason in reasons.items() if reason and name in expected})


def _reason(name: str, context: Context, publish: Publish, *, token: bool, override: bool | None) -> str:
    """Why an activity is left out; empty when it is not."""
    if override is False:
        return f"switched off by the Action's input `{name}`"
    if name in TOKENLESS:
        return ""
    if override is None and getattr(publish, name) is False:
        return f"switched off in the config: `publish.{name}: false`"
    if reason := _not_for(name, context):
        return reason
    if context.is_read_only:
        return _READ_ONLY
    return "" if token else "there is no token: pass `token: ${{ github.token }}`"


def _not_for(name: str, context: Context) -> str:
    allowed = _EVENTS.get(context.event, frozenset())
    if name not in allowed:
        return f"not for the event {context.event}"
    if name in _MONITOR and not context.is_default_branch:
        return "only on the default branch"
    if context.upstream is not None and context.upstream.event != "pull_request":
        return f"the run that this one follows was started by {context.upstream.event}, not by a pull request"
    return ""
