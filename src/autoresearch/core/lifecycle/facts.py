"""What does not change while one run decides, and what it can tell of issues that the state does not know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from autoresearch.core.baseline import Baseline, Issue, Stamp
from autoresearch.core.changes import Change
from autoresearch.core.lifecycle.model import OVERVIEW_TITLE, RANK, Limits, Listed, Topic, overview_name
from autoresearch.core.lifecycle.texts import heading
from autoresearch.core.measurement import Measurement, Rule


@dataclass(frozen=True)
class Facts:
    """One run: what it saw, what GitHub has, and the settings."""

    measurements: Mapping[str, Measurement]
    rules: Mapping[str, Rule]
    limits: Limits
    stamp: Stamp
    now: dt.datetime
    scope: str
    issues: Sequence[Listed]

    @cached_property
    def overview(self) -> str:
        """The topic of the overview."""
        return overview_name(self.scope)

    @cached_property
    def marked(self) -> Mapping[str, Listed]:
        """Topic → its issue, by the marker; the oldest of two counts."""
        newest_first = sorted(self.issues, key=lambda issue: -issue.number)
        return {i.topic: i for i in newest_first if i.topic is not None and i.state != "gone"}

    @cached_property
    def _numbered(self) -> Mapping[int, Listed]:
        return {issue.number: issue for issue in self.issues}

    def listed(self, topic: str, number: int | None) -> Listed | None:
        """The topic's issue: by the number that the state knows, else by its marker."""
        known = self._numbered.get(number) if number is not None else None
        if known is not None and known.state != "gone" and known.topic in (None, topic):
            return known
        return self.marked.get(topic) or known

    def tellable(self, change: Change) -> bool:
        """Whether a change deserves an issue, noise and numbers aside: new and grave enough, or regressed."""
        if change.is_accepted:
            return False
        if change.metric is not None:
            return change.kind == "regressed"
        return change.kind == "new" and RANK[change.severity or "error"] <= RANK[self.limits.min_severity]


def adopted(baseline: Baseline, changes: Mapping[str, Mapping[str, Change]], facts: Facts) -> dict[str, Issue]:
    """Records for issues of the loop that only GitHub knows: the state is not committed, or was lost."""
    strays = facts.marked.keys() - baseline.issues.keys() - {facts.overview}
    if not strays:
        return {}
    topics = {topic.name(facts.scope): topic for topic in _topics(baseline, changes, facts)}
    return {
        name: _adopted(topics[name], facts.marked[name], baseline, changes.get(name, {}), facts)
        for name in sorted(strays & topics.keys())
    }


def _topics(baseline: Baseline, changes: Mapping[str, Mapping[str, Change]], facts: Facts) -> Iterator[Topic]:
    """All that the loop can speak of: a topic's name is a hash, which only trying can turn back."""
    loop = baseline.loop
    if (measurement := facts.measurements.get(loop)) is not None:
        yield from (Topic(loop, "", metric.name, metric.subject) for metric in measurement.metrics)
    yield from (Topic(loop, rule) for rule in facts.rules)
    yield from (Topic.of(loop, known) for known in baseline.known.values())
    yield from (Topic.of(loop, change) for group in changes.values() for change in group.values())


def recognized(
    issues: Sequence[Listed], baselines: Iterable[Baseline], changes: Mapping[str, Sequence[Change]], facts: Facts
) -> tuple[Listed, ...]:
    """The issues, those without a marker known by their title: emptied before any record learned their number."""
    baselines = list(baselines)
    numbers = {record.number for baseline in baselines for record in baseline.issues.values()}
    if all(i.topic is not None or i.state == "gone" or i.number in numbers for i in issues):
        return tuple(issues)
    titles = {OVERVIEW_TITLE: facts.overview}
    for baseline in baselines:
        for topic in _topics(baseline, {"": {c.fingerprint: c for c in changes.get(baseline.loop, ())}}, facts):
            titles[heading(topic, facts.rules.get(topic.rule))] = topic.name(facts.scope)
    return tuple(
        replace(i, topic=titles.get(i.title)) if i.topic is None and i.number not in numbers else i for i in issues
    )


def _adopted(topic: Topic, listed: Listed, baseline: Baseline, changes: Mapping[str, Change], facts: Facts) -> Issue:
    """The record that fits what GitHub shows. What a person closed is not news because nobody remembers it."""
    turn = listed.turn or 1
    is_open = turn % 2 == 1
    places = {mark for mark, change in changes.items() if facts.tellable(change) or change.kind == "first-look"}
    places |= {m for m, known in baseline.known.items() if known.issue == listed.number and topic.covers(known)}
    return Issue(
        rule=topic.rule,
        metric=topic.metric,
        subject=topic.subject,
        state="open" if is_open else "closed",
        number=listed.number,
        turn=turn,
        since=facts.stamp,
        places=tuple(sorted(places)) if is_open else (),
        counted=listed.runs,
    )
