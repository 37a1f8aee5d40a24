"""The report as Markdown, for a comment, a summary or a file: whole sections only, within a limit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autoresearch.errors import ConfigError
from autoresearch.report.escape import Markdown
from autoresearch.report.model import Report
from autoresearch.report.templating import render_template
from autoresearch.report.words import listing, plural

TEMPLATE = "report.md.j2"
GITHUB_LIMIT = 65_536
"""Characters of a comment's or an issue's body."""

_SEPARATOR = "\x1e"  # no control character of a page survives escaping: nothing from outside can forge one
_FIELD = "\x1f"


def render(
    report: Report,
    overrides: Path | None = None,
    limit: int | None = None,
    *,
    elsewhere: str = "in the report of the run",
    size: Callable[[str], int] = len,
) -> str:
    """The report as Markdown of at most `limit`, in characters unless `size` counts otherwise.

    A section that does not fit is left out whole, with all that come after it, and the report says how much is left
    out and that it stands `elsewhere`. Raises `ConfigError` when a user's template in `overrides` cannot be rendered.
    """
    rendered = render_template(TEMPLATE, {"report": report, "section": _section, "needed": _NEEDED}, overrides)
    sections = [_parse(part) for part in rendered.split(_SEPARATOR)]
    return _within([s for s in sections if s.text], limit, elsewhere, size)


@dataclass(frozen=True)
class _Part:
    text: str
    count: int = 0
    noun: str = ""
    many: str = ""

    @property
    def needed(self) -> bool:
        return not self.noun


def _section(noun: str, count: int, many: str = "") -> Markdown:
    """Begin a section that may be left out: it tells of `count` things called `noun`, or `many`."""
    return Markdown(f"{_SEPARATOR}{count}{_FIELD}{noun}{_FIELD}{many}{_FIELD}")


_NEEDED = Markdown(_SEPARATOR)
"""Begins a section that is always there."""


def _parse(part: str) -> _Part:
    count, *names, text = part.split(_FIELD, 3) if _FIELD in part else ["0", "", "", part]
    return _Part(_tidy(text), int(count), *names)


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text.strip("\n"))


def _within(parts: list[_Part], limit: int | None, elsewhere: str, size: Callable[[str], int]) -> str:
    whole = _join([part.text for part in parts])
    if limit is None or size(whole) <= limit:
        return whole
    optional = [part for part in parts if not part.needed]
    room = limit - size(_join([*(p.text for p in parts if p.needed), _left_out(optional, elsewhere)]))
    if room < 0:
        raise ConfigError(
            f"what the report never leaves out is longer than its limit of {limit:,}",
            hint="shorten the blocks `verdict` and `footer` of your template, or begin parts with `section`",
        )
    kept = 0
    for part in optional:
        room -= size(part.text) + 2
        if room < 0:
            break
        kept += 1
    return _join(_assembled(parts, set(map(id, optional[kept:])), _left_out(optional[kept:], elsewhere)))


def _assembled(parts: list[_Part], dropped: set[int], note: str) -> list[str]:
    """The kept parts in their order, and the note where the first one is missing."""
    texts = []
    for part in parts:
        if id(part) not in dropped:
            texts.append(part.text)
        elif note:
            texts.append(note)
            note = ""
    return texts


def _left_out(parts: list[_Part], elsewhere: str) -> str:
    counts: Counter[tuple[str, str]] = Counter()
    for part in parts:
        counts[part.noun, part.many] += part.count
    missing = listing(plural(count, *names) for names, count in counts.items())
    return f"*Left out for length: {missing}. They are {elsewhere}.*"


def _join(texts: list[str]) -> str:
    return "\n\n".join(texts) + "\n"
