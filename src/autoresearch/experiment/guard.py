"""What an agent did in its folder: one changed plain file, or a reason why the try is void."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from autoresearch.experiment.workspace import Workspace

MOST_BYTES = 10_000_000


@dataclass(frozen=True)
class Looked:
    """The new content, or why there is none."""

    status: Literal["changed", "no-change", "tamper"]
    content: bytes = b""
    reason: str = ""


def look(workspace: Workspace, path: str, *, mode: str, before: bytes) -> Looked:
    """Exactly one allowed path differs: no other file, link, mode, submodule or new file."""
    traces = workspace.traces()
    others = [name for name in traces.changed if name != path]
    if others:
        return Looked("tamper", reason=f"{others[0]} was changed" + _more(len(others)))
    if traces.added:
        return Looked("tamper", reason=f"{traces.added[0]} was added" + _more(len(traces.added)))
    found = workspace.mode(path)
    if found != mode:
        what = "is no plain file any more" if not found else f"has another mode: {found}"
        return Looked("tamper", reason=f"{path} {what}")
    content = workspace.read(path, MOST_BYTES)
    if content is None:
        return Looked("tamper", reason=f"{path} is linked from elsewhere, or has more than {MOST_BYTES:,} bytes")
    if content == before:
        return Looked("no-change", reason="the file is as it was")
    return Looked("changed", content)


def _more(count: int) -> str:
    return f", and {count - 1} more" if count > 1 else ""
