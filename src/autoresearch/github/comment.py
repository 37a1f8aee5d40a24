"""One comment on a pull request, made once and kept up to date.

It is known by a marker at its very start, and by its author: anybody can write the same marker, and nobody else's
comment is ever touched.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from autoresearch.github.errors import Forbidden, Invalid, Unavailable
from autoresearch.github.hub import ACTIONS_BOT, Hub

BODY_CHARACTERS = 65_536
"""What GitHub takes, the marker included."""
ROOM = BODY_CHARACTERS - 1_000
"""Characters that a comment's text may have for certain."""
_MARKER = re.compile(r"<!-- autoresearch comment=(?P<name>[^\s<>]+) content=(?P<digest>[0-9a-f]{16}) -->")
_CREATES = 2


@dataclass(frozen=True)
class _Comment:
    id: int
    created_at: str
    author: str
    digest: str
    url: str


def sync_comment(hub: Hub, number: int, name: str, body: str) -> str:
    """Make the comment `name` of a pull request say `body`, and return its address.

    One that says so already is left alone; of several of ours the oldest stays. Raises `GitHubError`.
    """
    digest = hashlib.sha256(body.encode("utf-8", "replace")).hexdigest()[:16]
    text = f"{_marker(name, digest)}\n{body}"
    if len(text) > BODY_CHARACTERS:
        raise Invalid(f"the comment has {len(text):,} characters, and GitHub takes {BODY_CHARACTERS:,}")
    ours = _ours(hub, number, name)
    if not ours:
        kept = _create(hub, number, name, text)
    else:
        kept = ours[0]
        for younger in ours[1:]:
            _delete(hub, younger)
    if kept.digest == digest:
        return kept.url
    try:
        hub.write("PATCH", f"/issues/comments/{kept.id}", {"body": text})
    except Forbidden as error:
        if error.status != 404:
            raise
        return _create(hub, number, name, text).url  # somebody deleted it just now
    return kept.url


def _create(hub: Hub, number: int, name: str, text: str) -> _Comment:
    """The oldest of ours after one was made: another run may have made one at the same moment.

    Then each run takes its own back: of a hundred runs at once, each deletes one comment, not ninety-nine. A create
    whose answer was lost is looked for before it is sent again.
    """
    for attempt in range(1, _CREATES + 1):
        mine: _Comment | None = None
        try:
            mine = _parse(hub.write("POST", f"/issues/{number}/comments", {"body": text}, again=False), name)
        except Unavailable as error:
            if not error.maybe_done:
                raise
            found = _ours(hub, number, name)
            if not found and attempt == _CREATES:
                raise
        else:
            found = _ours(hub, number, name) or ([mine] if mine else [])
        if found:
            if mine is not None and mine.id != found[0].id:
                _delete(hub, mine)
            return found[0]
    raise Unavailable(f"GitHub says that it made a comment on #{number}, and shows none", maybe_done=True)


def _delete(hub: Hub, comment: _Comment) -> None:
    try:
        hub.write("DELETE", f"/issues/comments/{comment.id}")
    except Forbidden as error:
        if error.status != 404:  # the other run was faster
            raise


def _ours(hub: Hub, number: int, name: str) -> list[_Comment]:
    """Our comments of that name, oldest first."""
    marked = [comment for item in hub.pages(f"/issues/{number}/comments") if (comment := _parse(item, name))]
    known = {ACTIONS_BOT}
    if any(comment.author not in known for comment in marked):
        known.add(hub.login())
    return sorted(
        (comment for comment in marked if comment.author in known), key=lambda comment: (comment.created_at, comment.id)
    )


def _marker(name: str, digest: str) -> str:
    return f"<!-- autoresearch comment={quote(name, safe='')} content={digest} -->"


def _parse(item: dict[str, Any], name: str) -> _Comment | None:
    """A comment that starts with the marker of that name, whoever wrote it."""
    user, key = item.get("user"), item.get("id")
    match = _MARKER.match(str(item.get("body") or ""))
    if not match or match["name"] != quote(name, safe="") or not isinstance(user, dict) or not isinstance(key, int):
        return None
    created = str(item.get("created_at"))
    return _Comment(key, created, str(user.get("login")), match["digest"], str(item.get("html_url") or ""))
