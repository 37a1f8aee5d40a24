"""`autoresearch/README.md`: which loops exist, what each measures and why it is real, and which were not built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autoresearch.report.templating import render_template

BEGIN = "<!-- autoresearch:begin -->"
END = "<!-- autoresearch:end -->"
_TEMPLATE = "philosophy.md.j2"

LADDER = (
    ("event", "something that happened in production is counted"),
    ("file", "a program computes it from files or pages: the same input gives the same number"),
    ("rubric", "yes/no rules that anyone can check by reading, accumulated into a rate"),
    ("ab", "users choose between two versions; it needs traffic and patience"),
    ("judge", "a model's opinion, which first has to agree with labels made by hand, and never weighs much"),
)
"""The five rungs, the most real first."""


@dataclass(frozen=True)
class LoopLine:
    """One loop as the README tells of it."""

    loop: str
    kind: str
    rung: str
    because: str
    """Why its score is real."""
    measures: str = ""
    """What it looks at, in a few words."""


def philosophy(loops: Sequence[LoopLine], not_built: Sequence[tuple[str, str]] = ()) -> str:
    """The scoring philosophy as Markdown, loops in the order of the ladder. `not_built` is (loop, because)."""
    rungs = [rung for rung, _ in LADDER]
    ordered = sorted(loops, key=lambda line: (rungs.index(line.rung) if line.rung in rungs else len(rungs), line.loop))
    return render_template(_TEMPLATE, {"loops": ordered, "not_built": sorted(not_built), "ladder": LADDER})


def merge_into(existing: str | None, generated: str) -> str | None:
    """The README with our text between its markers renewed, everything around them as it was.

    None when there is a README without a pair of markers: it is its author's alone.
    """
    ours = f"{BEGIN}\n\n{generated.strip()}\n\n{END}"
    if existing is None or not existing.strip():
        return f"{ours}\n"
    before, begin, rest = existing.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{ours}{after}" if begin and end else None
