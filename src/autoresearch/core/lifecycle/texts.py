"""From records to what issues say. Pure: only what the state holds, so that a repeated run says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autoresearch.core.baseline import Ended, Issue, Known
from autoresearch.core.lifecycle.model import (
    OVERVIEW_TITLE,
    RANK,
    TITLE_LIMIT,
    IssueText,
    Line,
    OverviewText,
    Place,
    Topic,
)
from autoresearch.core.measurement import Rule

_TOLD = 3
"""Places of a topic that the overview names."""


def issue_text(name: str, topic: Topic, record: Issue, known: Mapping[str, Known], rule: Rule | None) -> IssueText:
    """What the issue of a topic says."""
    places = [_place(known[mark]) for mark in record.places if mark in known]
    return IssueText(
        topic=name,
        loop=topic.loop,
        heading=heading(topic, rule),
        turn=record.turn,
        since=record.since,
        rule=topic.rule,
        metric=topic.metric,
        subject=topic.subject,
        title=_title(topic, rule),
        fix=rule.fix if rule else "",
        places=tuple(sorted(places, key=lambda place: (RANK[place.severity or "error"], _order(place)))),
        ended=tuple(sorted(map(_ended, record.ended.values()), key=_order)),
        ended_before=record.ended_before,
        counted=record.counted if not record.places else (),
        waiting=record.state == "waiting",
    )


def overview_text(name: str, record: Issue, topics: Sequence[IssueText]) -> OverviewText:
    """What the overview says of topics that come with the gravest first."""
    lines = tuple(map(_line, topics))
    return OverviewText(topic=name, loop="", heading=OVERVIEW_TITLE, turn=record.turn, since=record.since, topics=lines)


def _line(text: IssueText) -> Line:
    return Line(
        loop=text.loop,
        rule=text.rule,
        title=text.title,
        severity=text.severity,
        count=len(text.places),
        places=text.places[:_TOLD],
        waiting=text.waiting,
    )


def heading(topic: Topic, rule: Rule | None) -> str:
    """The title of an issue when it is opened."""
    return " ".join(f"{topic.loop}: {_title(topic, rule)}".split())[:TITLE_LIMIT]


def _title(topic: Topic, rule: Rule | None) -> str:
    if topic.metric is not None:
        return f"{topic.metric} regressed at {topic.subject}"
    if rule is not None:
        return rule.title
    name = topic.rule.rpartition("/")[2].replace("-", " ")
    return name[:1].upper() + name[1:]


def _place(known: Known) -> Place:
    return Place(known.subject, known.message, known.path, known.line, severity=known.severity, since=known.first_seen)


def _ended(ended: Ended) -> Place:
    return Place(ended.subject, ended.message, ended.path, ended.line, ended=ended.at, because=ended.because)


def _order(place: Place) -> tuple[str, str, str, int]:
    return place.subject, place.message, place.path or "", place.line or 0
