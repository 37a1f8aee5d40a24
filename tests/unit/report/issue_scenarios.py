"""Issues worth reading: what their texts are tried on."""

from __future__ import annotations

from pathlib import Path

from autoresearch.core.baseline import Stamp
from autoresearch.core.lifecycle import Action, IssueText, Line, OverviewText, Place
from autoresearch.report.issue import body, comment

HOME = "https://github.com/acme/shop"
FIRST = Stamp(run="4711.1", sha="9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c", at="2026-10-06T06:00:00Z")
SECOND = Stamp(run="4712.1", sha="1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d", at="2026-10-07T06:00:00Z")
THIRD = Stamp(run="4713.2", sha="2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e", at="2026-10-08T06:00:00Z")


def place(number: int, **more: object) -> Place:
    where = f"content/guides/{number:02}.md"
    message = "links to `/team`, which answers 404"
    return Place(f"/guides/{number:02}", message, where, number + 3, severity="error", since=FIRST, **more)  # type: ignore[arg-type]


def ended(number: int, because: str = "") -> Place:
    return Place(f"/shop/{number:02}", "links to `/cart`", ended=SECOND, because=because)


def links(places: int = 3, ended_before: int = 0, **more: object) -> IssueText:
    return IssueText(
        topic="0123456789abcdef",
        loop="seo",
        heading="seo: Link to a page that does not exist",
        turn=1,
        since=FIRST,
        rule="seo/broken-link",
        metric=None,
        subject=None,
        title="Link to a page that does not exist",
        fix="Correct the address, or drop the link.",
        places=tuple(place(n) for n in range(places)),
        ended_before=ended_before,
        **more,  # type: ignore[arg-type]
    )


def metric(**more: object) -> IssueText:
    return IssueText(
        topic="fedcba9876543210",
        loop="lighthouse",
        heading="lighthouse: lcp regressed at /shop",
        turn=1,
        since=FIRST,
        rule="lighthouse/score-regressed",
        metric="lcp",
        subject="/shop",
        title="lcp regressed at /shop",
        fix="",
        **more,  # type: ignore[arg-type]
    )


def issue_open() -> str:
    return body(links(ended=(ended(1), ended(2, "accepted: `old` newsletter"))), home=HOME)


def issue_healthy() -> str:
    return body(links(0, ended=(ended(1),), ended_before=41, counted=(SECOND,)), home=HOME)


def issue_recovered() -> str:
    return body(links(0, ended=(ended(1),), counted=(SECOND, THIRD)), home=HOME)


def issue_metric() -> str:
    slower = Place("/shop", "lcp 1800 → 2400 ms", severity="error", since=FIRST)
    return body(metric(places=(slower,)), home=HOME)


def overview() -> str:
    lines = (
        Line("seo", "seo/broken-link", "Link to a page that does not exist", "error", 12, (place(1), place(2)), False),
        Line("seo", "seo/title-missing", "Page without a title", "error", 1, (place(3),), False),
        Line("lighthouse", "x", "lcp regressed at /shop", "error", 1, (Place("/shop", "lcp 1 → 2 ms"),), True),
    )
    return body(OverviewText("overview", "", "Autoresearch: more findings", 1, FIRST, lines), home=HOME)


def comment_recovered() -> str:
    faster = Place("/shop", "lcp 1800 → 1790 ms", ended=SECOND)
    said = metric(ended=(faster,), counted=(SECOND, THIRD))
    return comment(Action("close", said, 7, run=THIRD.run), home=HOME)


def comment_retired() -> str:
    said = links(0, ended=(ended(1, "the rule is off"),))
    return comment(Action("close", said, 7, "not_planned", THIRD.run), home=HOME)


def comment_returned() -> str:
    return comment(Action("reopen", links(12), 7, run=THIRD.run), home=HOME)


GOLDEN = Path(__file__).parent / "golden"
TEXTS = (
    issue_open,
    issue_healthy,
    issue_recovered,
    issue_metric,
    overview,
    comment_recovered,
    comment_retired,
    comment_returned,
)

if __name__ == "__main__":
    for text in TEXTS:
        (GOLDEN / f"{text.__name__}.md").write_text(text(), encoding="utf-8")
