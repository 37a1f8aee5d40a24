"""The report in a terminal, or piped: the same order as in Markdown, shorter, without a control character."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO, cast

from autoresearch.core.plain import plain
from autoresearch.report.model import Group, LoopRow, Number, Place, Places, Report, Told
from autoresearch.report.words import plural

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_SIGNS = {"pass": ("✓", "bold green"), "fail": ("✗", "bold red"), "unsure": ("?", "bold yellow")}
_SEVERITIES = {"error": "bold red", "warning": "bold yellow", "info": "bold cyan"}
_HEADING = "bold"
_QUIET = "dim"
_SCORE_WIDTH = 30


@dataclass(frozen=True)
class Line:
    """One line before it is wrapped: `lead` in `style`, the rest as it is."""

    indent: int = 0
    lead: str = ""
    style: str = ""
    rest: str = ""
    fixed: bool = False
    """Whether it is a table's row, cut rather than wrapped."""

    def commands_disarmed(self) -> tuple[str, str]:
        """Lead and rest. GitHub's runner obeys `::…` at the start of a log's line, and `##[…` anywhere in it."""
        lead, rest = (part.replace("##[", "## [") for part in (self.lead, self.rest))
        if f"{lead}{rest}".lstrip().startswith("::"):
            return "· ", lead + rest
        return lead, rest


def print_report(report: Report, console: Console | None = None) -> None:
    """Print it: with colours and wrapped to the width in a terminal, plain and unwrapped elsewhere."""
    stream = cast("TextIO", console.file) if console else sys.stdout
    if not (console.is_terminal if console else stream.isatty()):  # without rich: its import would double a small run
        for line in lines(report):
            text = " " * line.indent + "".join(line.commands_disarmed())
            stream.write(_encodable(text.rstrip(), stream.encoding or "utf-8") + "\n")
        return
    from rich.console import Console
    from rich.text import Text

    console = console or Console()
    for line in lines(report, console.width):
        lead, rest = (_encodable(part, console.encoding) for part in line.commands_disarmed())
        for part in _wrapped(Text.assemble((lead, line.style), rest), line, console):
            console.print(part, no_wrap=True, overflow="ellipsis")


def _encodable(text: str, encoding: str) -> str:
    return text.encode(encoding, "replace").decode(encoding)


def _wrapped(text: Text, line: Line, console: Console) -> Iterator[Text]:
    """The line within the console's width; what does not fit goes on below, two columns further in."""
    from rich.text import Text

    if line.fixed:
        yield Text.assemble(" " * line.indent, text)
        return
    width = max(20, console.width - line.indent - 2)
    for number, part in enumerate(text.wrap(console, width) if text else [text]):
        part.rstrip()
        yield Text.assemble(" " * (line.indent + (2 if number else 0)), part)


def lines(report: Report, width: int | None = None) -> Iterator[Line]:
    """The report, line by line; its table within `width` columns."""
    sign, style = _SIGNS[report.verdict]
    yield Line(0, f"{sign} {report.headline}", style)
    yield Line(2, report.summary, _QUIET)
    yield from _table(report, width)
    yield from _numbers("Worse", report.regressed)
    yield from _groups("New", report.new)
    yield from _told("Undecided", report.unsure)
    yield from _told("Not measured", report.not_measured)
    yield from _groups("First look", report.first_looks)
    yield from _numbers("Better", report.improved)
    yield from _groups("Fixed", report.fixed, told=False)
    yield from _told("No longer looked for", report.retired)
    yield from _known(report.persisting)


def _table(report: Report, width: int | None) -> Iterator[Line]:
    from rich.cells import cell_len, set_cell_size

    heads = ("loop", "score", "change", *(title for title, _ in report.columns))
    rows = [heads, *(_row(row, report) for row in report.loops)]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(heads))]
    if width is not None:  # what does not fit is taken from the score
        excess = sum(widths) + 2 * len(widths) - width
        widths[1] = min(widths[1], max(_SCORE_WIDTH // 2, widths[1] - excess))
    yield Line()
    for number, row in enumerate(rows):
        cells = [
            " " * (width - cell_len(cell)) + cell if column > 2 else set_cell_size(_cut(cell, width), width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        text = "  ".join(cells).rstrip()
        yield Line(2, text, _HEADING, fixed=True) if number == 0 else Line(2, rest=text, fixed=True)


def _cut(text: str, width: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= width else f"{set_cell_size(text, width - 1)}…"


def _row(row: LoopRow, report: Report) -> tuple[str, ...]:
    score, moved = "not measured", ""
    if row.measured:
        score = f"{plain(row.score.name, _SCORE_WIDTH)} {plain(row.score.now, 16)}" if row.score else ""
        moved = row.score.moved if row.score else ""
    counts = (getattr(row, attribute) for _, attribute in report.columns)
    return plain(row.loop, 24), score, moved, *(f"{count:,}" if count else "–" for count in counts)


def _numbers(heading: str, numbers: Sequence[Number]) -> Iterator[Line]:
    if numbers:
        yield from _heading(heading)
    for number in numbers:
        moved = f" ({number.moved})" if number.moved else ""
        name = f"{plain(number.loop, 60)}: {plain(number.name, 60)} at {plain(number.subject, 120)}"
        yield Line(4, name, rest=f": {number.was} → {plain(number.now)}{moved}")
        if number.evidence:
            yield Line(6, plain(number.evidence), _QUIET)


def _groups(heading: str, groups: Sequence[Group], *, told: bool = True) -> Iterator[Line]:
    if groups:
        yield from _heading(f"{heading}: {sum(group.count for group in groups):,}")
    for group in groups:
        severity, style = (f"{group.severity}: ", _SEVERITIES[group.severity]) if told else ("", "")
        rest = f" · {plain(group.rule, 100)} · {plural(group.count, 'place')}"
        yield Line(4, f"{severity}{plain(group.title)}", style, rest)
        if told and group.fix:
            yield Line(6, plain(group.fix), _QUIET)
        yield from _places(group)


def _places(places: Places) -> Iterator[Line]:
    yield from (Line(6, rest=_place(place)) for place in places.shown)
    if places.more:
        yield Line(6, f"and {places.more:,} more", _QUIET)


def _place(place: Place) -> str:
    message = f": {plain(place.message)}" if place.message else ""
    source = f" ({plain(place.source, 200)})" if place.source else ""
    note = f" · {plain(place.note)}" if place.note else ""
    return f"{plain(place.where, 200)}{message}{source}{note}"


def _told(heading: str, told: Sequence[Told]) -> Iterator[Line]:
    if told:
        yield from _heading(heading)
    for reason in told:
        count = f" ({reason.count:,})" if reason.count else ""
        yield Line(4, f"{plain(reason.loop, 60)}: {plain(reason.because)}{count}")
        if any(place.message for place in reason.places):
            yield from _places(reason)
        elif reason.places:
            more = f" and {reason.more:,} more" if reason.more else ""
            yield Line(6, rest=", ".join(plain(place.subject, 200) for place in reason.shown) + more)


def _known(groups: Sequence[Group]) -> Iterator[Line]:
    if groups:
        count = plural(sum(group.count for group in groups), "known finding")
        rules = ", ".join(f"{plain(group.rule, 60)} {group.count:,}" for group in groups[:10])
        more = f" and {plural(len(groups) - 10, 'more rule')}" if len(groups) > 10 else ""
        yield Line()
        yield Line(2, count, _HEADING, f": {rules}{more}")


def _heading(text: str) -> Iterator[Line]:
    yield Line()
    yield Line(2, text, _HEADING)
