"""What an answer that is not the wanted one means: which error, and whether and when another try makes sense."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from autoresearch.github.errors import Conflict, Forbidden, GitHubError, Invalid, NotFound, Unavailable
from autoresearch.github.permissions import DOCS, grant, needed

if TYPE_CHECKING:
    from autoresearch.github.exchange import Answer

_SECONDARY_WAIT = 60.0
"""Seconds that GitHub asks for where a secondary limit names none."""
_MOVED = re.compile(r"not a fast.forward|reference already exists|is at .* but expected", re.I)
_READ_ONLY = (
    "a pull request from a fork, or by Dependabot, has a token that only reads, whatever the workflow says: "
    "publish it with workflows/pull-request-report.yml"
)


def refusal(verb: str, path: str, name: str, answer: Answer) -> GitHubError:
    """The error for an answer; `name` is the path as people read it."""
    status, detail = answer.status, answer.message()
    if answer.ok:
        hint = "check the API's address (`api-url`) and the proxy"
        return Unavailable(f"what answers {verb} {name} is not GitHub's API: no JSON", hint=hint, status=status)
    if answer.is_rate_limited:
        hint = "run fewer jobs at once (a concurrency group), or give the Action a token of its own"
        said = f"GitHub's rate limit stops {verb} {name}{_asked(answer)}"
        return Unavailable(said, hint=hint, status=status, detail=detail)
    if status < 400 or status >= 500:
        return unreachable(verb, name, f"{status} {detail}".rstrip(), status=status, detail=detail)
    if status == 404 and verb == "GET":
        return NotFound(f"GitHub has nothing at {name}", hint=_hint(verb, path, detail), status=status, detail=detail)
    said = f"GitHub refuses {verb} {name}: {status} {detail}".rstrip()
    if status in (401, 403, 404):
        expired = "the token is wrong or has expired: check the input `token`"
        hint = expired if status == 401 else _hint(verb, path, detail)
        return Forbidden(said, hint=hint, status=status, detail=detail)
    kind = Conflict if status == 409 or (status == 422 and _MOVED.search(detail)) else Invalid
    return kind(said, status=status, detail=detail)


def unreachable(verb: str, name: str, why: str, *, status: int = 0, detail: str = "") -> Unavailable:
    """The error where no usable answer came."""
    hint = "run the job again; https://www.githubstatus.com says whether GitHub has a problem"
    return Unavailable(f"GitHub is out of reach for {verb} {name}: {why}", hint=hint, status=status, detail=detail)


def backoff(attempt: int) -> float:
    """Seconds before the try after this one: 1, 2, 4, …"""
    return float(2 ** (attempt - 1))


def seconds_until_retry(answer: Answer, attempt: int) -> float | None:
    """When another try makes sense; None where it never does."""
    asked = _asked_seconds(answer)
    if answer.is_rate_limited:
        return _SECONDARY_WAIT * attempt if asked is None else asked
    if answer.ok or answer.status >= 500:
        return max(backoff(attempt), asked or 0.0)
    return None


def _hint(verb: str, path: str, detail: str) -> str:
    if "create or approve pull requests" in detail:
        return (
            "Settings → Actions → General: allow GitHub Actions to create and approve pull requests, "
            f"or give the Action an App's token; see {DOCS}"
        )
    if "via a GitHub App" in detail:
        return f"only Apps may make checks: give the workflow's own token, or set `publish.check: false`; see {DOCS}"
    permissions = needed(verb, path)
    if "personal access token" in detail:
        names = " or ".join(f"`{permission}`" for permission in permissions)
        return f"give the personal access token the permission {names}; see {DOCS}"
    hint = f"the token lacks a permission; in the workflow's job:\n{grant(permissions)}\nsee {DOCS}"
    return hint if verb == "GET" else f"{hint}; {_READ_ONLY}"


def _asked_seconds(answer: Answer) -> float | None:
    """The wait that GitHub asks for: `retry-after`, or until its primary limit is reset."""
    if (after := answer.header("retry-after")).isdecimal():
        return float(after[:9])
    reset = answer.header("x-ratelimit-reset")
    if answer.header("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(0.0, float(reset[:12]) - time.time()) + 1.0
    return None


def _asked(answer: Answer) -> str:
    asked = _asked_seconds(answer)
    return "" if asked is None else f"; it asks for a wait of {asked:.0f} s"
