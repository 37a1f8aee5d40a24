"""What a night says in the morning, as a pull request: pure, from the notebook alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from autoresearch.experiment.notebook import Notebook, Row
from autoresearch.report.escape import code, text

_MOST_ROWS = 30
_LOOK = '%%{init: {"xyChart": {"height": 260}, "themeVariables": {"xyChart": {"plotColorPalette": "#1f883d"}}}}%%'
_MOST_POINTS = 60


def title(book: Notebook) -> str:
    """The gain that fresh runs showed, with its interval, and the claimed one beside it."""
    morning, name = book.night["morning"], book.night["name"]
    found = morning["revalidated"]
    if not found or not found.get("proven"):
        return f"{name}: no proven gain"
    return f"{name}: {_gain(found)} revalidated, {in_words(morning['claimed'])} claimed"


def body(book: Notebook) -> str:
    """Markdown; everything that an agent wrote is escaped."""
    parts = [*_summary(book), *_kept(book), *_removed(book), *_chart(book), *_ledger(book), *_tries(book)]
    return "\n\n".join(parts) + "\n"


def is_proven(book: Notebook) -> bool:
    """Whether anything was kept, and the tip is better than the base by fresh runs."""
    found = book.night["morning"]["revalidated"]
    return bool(found and found.get("proven"))


def _gain(found: Mapping[str, Any]) -> str:
    """`4.1% better (3.0% to 5.2%)`."""
    interval = f" ({found['low']:.1%} to {found['high']:.1%})" if "low" in found else ""
    return f"{in_words(found['gain'])}{interval}"


def in_words(gain: float) -> str:
    """Which way the score goes is nothing that a reader has to know."""
    return f"{abs(gain):.1%} {'better' if gain >= 0 else 'worse'}"


def _summary(book: Notebook) -> Iterator[str]:
    night, morning = book.night, book.night["morning"]
    found, holdout = morning["revalidated"], morning["holdout"]
    if not found:
        yield f"**No proven gain.** {len(book.tries)} tries, and none was worth keeping."
    elif not found.get("proven"):
        why = found.get("reason") or f"fresh runs of the tip against the start: {_gain(found)}"
        kept = f"{len(book.kept)} kept in the night"
        yield f"**No proven gain.** {kept}, but the whole did not hold: {text(why)}."
    else:
        how = f"{found['pairs']} fresh pairs" if "pairs" in found else "clean runs, an exact score"
        yield (
            f"**{_gain(found)}** by {how} of the tip against the start: {found['before']:.6g} → {found['after']:.6g}. "
            f"The night itself claimed {in_words(morning['claimed'])}."
        )
    if holdout:
        told = _gain(holdout) if "gain" in holdout else text(holdout.get("reason", ""))
        held = "holds" if holdout.get("proven") else "**does not show the gain**"
        yield f"On the holdout, which no agent has seen, it {held}: {told}."
    first = night["calibrations"][0]
    yield (
        "The score is exact: five clean runs of the start gave one number."
        if first["mode"] == "exact"
        else (
            f"Noise: {text(first['words'])}. False keeps expected in this night: at most {morning['false_keeps']:.2f}."
        )
    )


def _kept(book: Notebook) -> Iterator[str]:
    if not book.kept:
        return
    rows = ["| try | change | gain | decided by | score |", "|--:|---|--:|---|--:|"]
    for row in book.kept:
        interval = f" ({row.low:+.1%} to {row.high:+.1%})" if row.low is not None and row.high is not None else ""
        gain = "" if row.gain is None else f"{row.gain:+.2%}{interval}"
        pairs = f", {row.pairs} pairs" if row.pairs else ""
        score = "" if row.score is None else f"{row.score:.6g}"
        rows.append(f"| {row.number} | {text(row.description, 160)} | {gain} | {text(row.reason)}{pairs} | {score} |")
    yield "### Kept\n\n" + "\n".join(rows)


def _removed(book: Notebook) -> Iterator[str]:
    removed = book.night["morning"]["removed"]
    if removed:
        lines = [
            f"- try {each['number']}, {text(each['description'], 160)}: {text(each['reason'])}" for each in removed
        ]
        yield "### Removed in the morning\n\n" + "\n".join(lines)


def _chart(book: Notebook) -> Iterator[str]:
    """The incumbent's score after each kept change."""
    steps = [row for row in book.rows if row.status in {"baseline", "keep"} and row.score is not None]
    if len(steps) < 2:
        return
    steps = [steps[0], *steps[1:][-_MOST_POINTS:]]
    labels = ", ".join(f'"{row.number}"' for row in steps)
    scores = ", ".join(f"{row.score:.6g}" for row in steps)
    yield "\n".join(
        [
            "```mermaid", _LOOK, "xychart-beta", '    title "Score after each kept try"',
            f"    x-axis [{labels}]", f"    line [{scores}]", "```",
        ]
    )  # fmt: skip


def _ledger(book: Notebook) -> Iterator[str]:
    outcomes = Counter(row.status for row in book.tries)
    told = ", ".join(f"{count} {status}" for status, count in outcomes.most_common())
    seconds = sum(row.seconds for row in book.rows)
    spent = f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
    dollars = [row.dollars for row in book.tries if row.dollars is not None]
    cost = f"${sum(dollars):.2f}" if dollars else "no cost was told"
    yield "\n".join(
        [
            "### Ledger", "",
            "| | |", "|---|---|",
            f"| tries | {len(book.tries)}: {told or 'none'} |",
            f"| builds and benchmarks | {spent} |",
            f"| agent | {cost} |",
            f"| ended because | {text(book.night['morning']['why'])} |",
            f"| start | {code(book.night['base'][:12])} |",
        ]
    )  # fmt: skip


def _tries(book: Notebook) -> Iterator[str]:
    others = [row for row in book.tries if row.status != "keep"]
    if not others:
        return
    rows = ["| try | outcome | gain | change | why |", "|--:|---|--:|---|---|", *map(_row, others[-_MOST_ROWS:])]
    more = f"\n\n{len(others) - _MOST_ROWS} more are in `results.tsv`." if len(others) > _MOST_ROWS else ""
    summary = f"<details><summary>{len(others)} tries that were not kept</summary>"
    yield f"{summary}\n\n" + "\n".join(rows) + f"{more}\n\n</details>"


def _row(row: Row) -> str:
    gain = "" if row.gain is None else f"{row.gain:+.2%}"
    return f"| {row.number} | {row.status} | {gain} | {text(row.description, 120)} | {text(row.reason, 160)} |"
