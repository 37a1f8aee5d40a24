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
from autoresearch.report.templating import render as render_template
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
    noun: str = ""
    count: int = 0
    needed: bool = True


def _section(noun: str, count: int) -> Markdown:
    """Begin a section that may be left out: it tells of `count` things called `noun`."""
    return Markdown(f"{_SEPARATOR}{noun}{_FIELD}{count}{_FIELD}")


_NEEDED = Markdown(f"{_SEPARATOR}{_FIELD}0{_FIELD}")
"""Begins a section that is always there."""


def _parse(part: str) -> _Part:
    noun, mark, rest = part.partition(_FIELD)
    if not mark:
        return _Part(_tidy(part))
    count, _, text = rest.partition(_FIELD)
    return _Part(_tidy(text), noun, int(count), needed=not noun)


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
            f"the report's verdict and footer alone are longer than {limit:,} characters",
            hint="shorten those blocks of your template",
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
    counts: Counter[str] = Counter()
    for part in parts:
        counts[part.noun] += part.count
    return f"*Left out for length: {listing(plural(n, noun) for noun, n in counts.items())}. They are {elsewhere}.*"


def _join(texts: list[str]) -> str:
    return "\n\n".join(texts) + "\n"
