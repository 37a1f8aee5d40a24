"""Issues on GitHub: which ones are ours, and the steps that `core.lifecycle` decided, carried out.

Carrying out the same steps again does no harm: a create whose answer was lost is looked for before it is sent again, a
comment carries a marker, and everything else says what shall be, not what to do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from autoresearch.core.lifecycle import Action, IssueText, Listed
from autoresearch.core.plain import plain
from autoresearch.github.comment import sync_comment
from autoresearch.github.errors import Conflict, Forbidden, GitHubError, Invalid, NotFound, Unavailable
from autoresearch.github.hub import ACTIONS_BOT, Hub
from autoresearch.report.issue import body, comment, read_marker, title

LABEL = "autoresearch"
_COLOR = "5319e7"
_LABEL_LIMIT = 50
"""Characters of a label's name that GitHub takes."""
_CREATES = 2


def listed(hub: Hub, numbers: Iterable[int] = ()) -> tuple[Listed, ...]:
    """Our issues, open and closed: those with our label, and those whose `numbers` the state knows.

    Anybody can write a marker: it counts only in an issue that we opened, or that the state knows.
    Raises `GitHubError`.
    """
    known = set(numbers)
    items = {item["number"]: item for item in hub.pages("/issues", labels=LABEL, state="all") if _is_issue(item)}
    authors = _ourselves(hub, (item for number, item in items.items() if number not in known))
    ours = [_listed(item) for number, item in items.items() if number in known or _author(item) in authors]
    return tuple(sorted((*ours, *(_alone(hub, number) for number in known - items.keys())), key=lambda i: i.number))


def carry_out(hub: Hub, actions: Sequence[Action], *, overrides: Path | None = None) -> dict[str, int]:
    """Do the steps, and return topic → number. Raises `GitHubError` for the first that failed, after the others.

    `overrides` is the folder of the user's own templates. Where GitHub is out of reach or the token may not, nothing
    more is tried: the next run does what is missing.
    """
    numbers: dict[str, int] = {}
    failed: GitHubError | None = None
    labels: set[str] = set()
    for action in actions:
        try:
            numbers[action.text.topic] = _carry_out(hub, action, labels, overrides)
        except (Invalid, Conflict) as error:
            failed = failed or error
    if failed is not None:
        raise failed
    return numbers


def label_of(loop: str) -> str:
    """The label of a loop's issues; a long name is cut, and told apart by a hash."""
    name = f"{LABEL}:{loop}"
    if len(name) <= _LABEL_LIMIT:
        return name
    return f"{name[: _LABEL_LIMIT - 9]}-{hashlib.sha256(loop.encode()).hexdigest()[:8]}"


def _carry_out(hub: Hub, action: Action, labels: set[str], overrides: Path | None) -> int:
    home = f"{hub.server_url}/{hub.repository}"
    text = body(action.text, overrides, home=home)
    if action.number is None:
        return _open(hub, action, text, labels)
    state: dict[str, Any] = {}
    if action.kind in {"close", "reopen"}:
        _say_why(hub, action.number, action, comment(action, overrides, home=home))
        state = {"state": "open", "state_reason": "reopened"}
        if action.kind == "close":
            state = {"state": "closed", "state_reason": action.reason}
    hub.write("PATCH", f"/issues/{action.number}", {"body": text, **state})
    return action.number


def _say_why(hub: Hub, number: int, action: Action, text: str) -> None:
    """The evidence, once; a conversation that somebody locked goes without."""
    try:
        sync_comment(hub, number, f"{action.kind}-{action.text.topic}-{action.text.turn}", text)
    except Forbidden as error:
        if "locked" not in error.detail:
            raise


def _open(hub: Hub, action: Action, text: str, made: set[str]) -> int:
    names = [LABEL, label_of(action.text.loop)] if isinstance(action.text, IssueText) else [LABEL]
    for name in names:
        if name not in made:
            _make_label(hub, name)
            made.add(name)
    new = {"title": title(action.text), "body": text, "labels": names}
    for attempt in range(1, _CREATES + 1):
        try:
            return int(hub.write("POST", "/issues", new, again=False)["number"])
        except Unavailable as error:
            if not error.maybe_done:
                raise
            if (found := _find(hub, action.text.topic)) is not None:
                return found
            if attempt == _CREATES:
                raise
    raise AssertionError("unreachable")


def _find(hub: Hub, topic: str) -> int | None:
    """The issue with that marker."""
    return next((issue.number for issue in listed(hub) if issue.topic == topic), None)


def _make_label(hub: Hub, name: str) -> None:
    try:
        hub.read(f"/labels/{name}")
    except NotFound:
        try:
            hub.write("POST", "/labels", {"name": name, "color": _COLOR, "description": "Found by autoresearch"})
        except Invalid as error:
            if error.status != 422:  # another run was faster
                raise


def _alone(hub: Hub, number: int) -> Listed:
    """An issue that lost its label; `gone` where it is deleted, elsewhere, or nothing says any more that it is ours."""
    try:
        item = hub.read(f"/issues/{number}")
    except NotFound:
        return Listed(number, "gone")
    except Invalid as error:
        if error.status == 410:
            return Listed(number, "gone")
        raise
    if not isinstance(item, dict) or not _is_issue(item) or item["number"] != number:
        return Listed(number, "gone")
    found = _listed(item)
    return found if found.topic is not None else Listed(number, "gone")


def _is_issue(item: dict[str, Any]) -> bool:
    """Pull requests are listed among the issues."""
    return isinstance(item.get("number"), int) and "pull_request" not in item


def _ourselves(hub: Hub, items: Iterable[dict[str, Any]]) -> set[str]:
    """Whose issues are ours: the token's own, asked for only where it could matter."""
    authors = {_author(item) for item in items if read_marker(str(item.get("body") or ""))}
    return {ACTIONS_BOT} if authors <= {ACTIONS_BOT} else {ACTIONS_BOT, hub.login()}


def _author(item: dict[str, Any]) -> str:
    user = item.get("user")
    return str(user.get("login")) if isinstance(user, dict) else ""


def _listed(item: dict[str, Any]) -> Listed:
    marker = read_marker(str(item.get("body") or ""))
    return Listed(
        number=item["number"],
        state="closed" if item.get("state") == "closed" else "open",
        state_reason=plain(str(item.get("state_reason") or ""), 40),
        title=str(item.get("title") or ""),
        topic=marker.topic if marker else None,
        turn=marker.turn if marker else None,
        digest=marker.digest if marker else "",
        runs=marker.runs if marker else (),
    )
