"""What an issue, the overview and the comments on them say, and the hidden marker by which they are found again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoresearch.core.baseline import Stamp
from autoresearch.core.lifecycle import Action, IssueText, Line, OverviewText, Place
from autoresearch.core.lifecycle.model import TITLE_LIMIT
from autoresearch.core.lifecycle.record import HEALTHY_RUNS
from autoresearch.core.plain import plain
from autoresearch.errors import ConfigError
from autoresearch.report.escape import Markdown, code, prose, text
from autoresearch.report.markdown import GITHUB_LIMIT
from autoresearch.report.templating import render_template
from autoresearch.report.words import plural

_TOLD = 10
"""Places that a comment tells one by one."""

_RUN = r"[\w.-]{1,64}/[0-9a-f]{0,40}/[0-9TZ:.+-]{0,40}"
_MARKER = re.compile(
    r"<!-- autoresearch issue=(?P<topic>[0-9a-z-]{1,40}) turn=(?P<turn>\d{1,6})"
    rf"(?: runs=(?P<runs>{_RUN}(?:,{_RUN}){{0,3}}))? content=(?P<digest>[0-9a-f]{{16}}) -->"
)


@dataclass(frozen=True)
class Marker:
    """What the hidden comment in a body says."""

    topic: str
    turn: int
    digest: str
    runs: tuple[Stamp, ...] = ()


def read_marker(body: str) -> Marker | None:
    """The marker in an issue's body; None where there is none, or a broken one."""
    match = _MARKER.search(body)
    if match is None:
        return None
    parts = [run.split("/") for run in (match["runs"] or "").split(",") if run]
    runs = tuple(Stamp(run=run, sha=sha, at=at) for run, sha, at in parts)
    return Marker(match["topic"], int(match["turn"]), match["digest"], runs)


def title(said: IssueText | OverviewText) -> str:
    """An issue's title when it is opened; a person may change it."""
    return plain(said.heading, TITLE_LIMIT).replace("@", "@\u200b")


def body(
    said: IssueText | OverviewText, overrides: Path | None = None, *, home: str = "", limit: int = GITHUB_LIMIT
) -> str:
    """The text of an issue with its marker, of at most `limit` characters: whole items are left out and counted.

    `home` is the repository's address, for links to commits and runs. Raises `ConfigError` when a user's template in
    `overrides` cannot be rendered.
    """
    marker = _marker(said)
    room, when = limit - len(marker) - 1, _When(home)
    if isinstance(said, OverviewText):
        ready = [_line(line, when) for line in said.topics if not line.waiting]
        waiting = [_line(line, when) for line in said.topics if line.waiting]
        lists = {"items": (ready, "more", 0), "waiting_items": (waiting, "waiting_more", 0)}
        template = "overview.md.j2"
    else:
        ended = [_place(place, when) for place in said.ended]
        lists = {
            "items": ([_place(place, when) for place in said.places], "more", 0),
            "ended_items": (ended, "ended_more", said.ended_before),
        }
        template = "issue.md.j2"
    values = {"issue": said, "when": when, "healthy_runs": HEALTHY_RUNS}
    return f"{marker}\n{_fitted(template, values, lists, overrides, room)}"


def comment(action: Action, overrides: Path | None = None, *, home: str = "") -> str:
    """The evidence, as a comment on an issue that is closed or opened again."""
    said = action.text
    places: Sequence[Place] = ()
    if isinstance(said, IssueText):
        places = said.ended if action.kind == "close" else said.places
    when = _When(home)
    values = {
        "kind": action.kind,
        "reason": action.reason,
        "issue": said if isinstance(said, IssueText) else _Bare(said.since),
        "when": when,
        "items": [_place(place, when, task=False) for place in places[:_TOLD]],
        "more": max(0, len(places) - _TOLD),
    }
    return _tidy(render_template("issue-comment.md.j2", values, overrides))


@dataclass(frozen=True)
class _Bare:
    """What a comment on the overview has to say: when."""

    since: Stamp
    counted: tuple[Stamp, ...] = ()


@dataclass(frozen=True)
class _When:
    """A run as a reader knows it: its time, its commit, and a link to it."""

    home: str

    def __call__(self, stamp: Stamp) -> Markdown:
        facts = [text(re.sub(r"^(\S{10})T(\d\d:\d\d):\d\dZ$", r"\1 \2 UTC", stamp.at), 40)]
        if stamp.sha:
            facts.append(Markdown(f"commit {self._commit(stamp.sha)}"))
        facts.append(self._run(stamp.run))
        return Markdown(", ".join(facts))

    def day(self, stamp: Stamp) -> str:
        """Its date alone, which leads to the commit."""
        return self._link(stamp.sha, text(stamp.at[:10]))

    def _commit(self, sha: str) -> str:
        return self._link(sha, code(sha[:7]))

    def _link(self, sha: str, name: str) -> str:
        known = self.home and re.fullmatch("[0-9a-f]{7,64}", sha)
        return f"[{name}]({self.home}/commit/{sha})" if known else name

    def _run(self, run: str) -> Markdown:
        if self.home and (match := re.fullmatch(r"(\d{1,20})\.(\d{1,6})", run)):
            return Markdown(f"[run {run}]({self.home}/actions/runs/{match[1]}/attempts/{match[2]})")
        return Markdown(f"run {code(run, 80)}")


def _fitted(
    template: str,
    values: Mapping[str, Any],
    lists: Mapping[str, tuple[list[Markdown], str, int]],
    overrides: Path | None,
    room: int,
) -> str:
    """The template with as many items as there is room for, in the order of `lists`; the rest is counted."""

    def rendered(kept: Mapping[str, int]) -> str:
        shown = {name: items[: kept[name]] for name, (items, _, _) in lists.items()}
        more = {count: len(items) - kept[name] + before for name, (items, count, before) in lists.items()}
        return _tidy(render_template(template, {**values, **shown, **more}, overrides))

    frame = rendered(dict.fromkeys(lists, 0))
    left = room - len(frame) - 200  # what a heading that only comes with items takes
    kept = {}
    for name, (items, _, _) in lists.items():
        kept[name], left = _fit(items, left)
    whole = rendered(kept)
    if len(whole) > room:
        raise ConfigError(
            f"{template}: the text is longer than {room:,} characters",
            hint="shorten the blocks of your template",
        )
    return whole


def _fit(items: Iterable[Markdown], room: int) -> tuple[int, int]:
    """How many of the items fit, and the room that is left; nothing that comes after one that does not."""
    kept = 0
    for item in items:
        if room < len(item) + 1:
            return kept, 0
        room -= len(item) + 1
        kept += 1
    return kept, room


def _place(place: Place, when: _When, *, task: bool = True) -> Markdown:
    """One item: an open or a ticked box, where, what, and what became of it."""
    box = f"- [{'x' if place.ended else ' '}] " if task else "- "
    source = f"{place.path}:{place.line}" if place.line else place.path or ""
    where = source if place.path == place.subject else place.subject
    parts = [f"{box}{code(where)}", f": {prose(place.message)}" if place.message else ""]
    if source and place.path != place.subject:
        parts.append(f" ({code(source)})")
    if place.ended is not None:
        parts.append(f" · {prose(place.because)}" if place.because else f" · *gone {when.day(place.ended)}*")
    elif place.since is not None:
        parts.append(f" · *since {when.day(place.since)}*")
    return Markdown("".join(parts))


def _line(line: Line, when: _When) -> Markdown:
    head = f"- **{prose(line.title)}** · {line.severity} · {plural(line.count, 'place')} · {code(line.loop)}"
    more = [f"  - and {line.more:,} more"] if line.more else []
    return Markdown("\n".join([head, *(f"  {_place(place, when, task=False)}" for place in line.places), *more]))


def _marker(said: IssueText | OverviewText) -> str:
    counted = said.counted if isinstance(said, IssueText) else ()
    runs = ",".join(filter(None, map(_as_run, counted[-4:])))
    facts = [f"issue={said.topic}", f"turn={said.turn}", f"runs={runs}" if runs else "", f"content={said.digest}"]
    return f"<!-- autoresearch {' '.join(filter(None, facts))} -->"


def _as_run(stamp: Stamp) -> str:
    run = f"{stamp.run}/{stamp.sha}/{stamp.at}"
    return run if re.fullmatch(_RUN, run) else ""


def _tidy(rendered: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", rendered.strip("\n")) + "\n"
