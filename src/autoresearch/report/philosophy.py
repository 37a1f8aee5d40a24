"""`autoresearch/README.md`: which loops exist, what each measures and why it is real, and which were not built."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autoresearch.report.templating import render_template, template_source

_BEGIN = re.compile(r"<!-- autoresearch:begin(?: ([0-9a-f]{12}))? -->")
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


def renewed(
    existing: str | None,
    loops: Sequence[LoopLine],
    not_built: Sequence[tuple[str, str]],
    mask: Callable[[str], str] = str,
) -> str | None:
    """The README with our part between its markers renewed, everything around them as it was.

    None where nothing is to be written: it is in step, which the stamp in its first marker tells without rendering, or
    it has no pair of markers, and so is its author's alone. `mask` takes secrets out.
    """
    facts = mask(repr((sorted(loops, key=lambda line: line.loop), sorted(not_built), template_source(_TEMPLATE))))
    before, stamp, part, after = _parts(existing)
    if after is None or stamp == _stamp(facts, part):
        return None
    text = mask(philosophy(loops, not_built))
    return f"{before}<!-- autoresearch:begin {_stamp(facts, text)} -->\n\n{text.strip()}\n\n{END}{after}"


def _parts(existing: str | None) -> tuple[str, str, str, str | None]:
    """What stands before our part, its stamp, our part, and what stands after it: None where there is no such part."""
    if existing is None or not existing.strip():
        return "", "", "", "\n"
    begin = _BEGIN.search(existing)
    end = existing.find(END, begin.end()) if begin else -1
    if not begin or end < 0:
        return "", "", "", None
    return existing[: begin.start()], begin[1] or "", existing[begin.end() : end], existing[end + len(END) :]


def _stamp(facts: str, text: str) -> str:
    return hashlib.sha256(f"{facts}\n{text.strip()}".encode()).hexdigest()[:12]
