"""One topic's record, step by step: what people did to its issue, then what the run found. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autoresearch.core.baseline import Ended, Issue, IssueState, Known, Stamp
from autoresearch.core.changes import Change
from autoresearch.core.lifecycle.model import Listed, Topic
from autoresearch.core.measurement import Measurement, Rule

HEALTHY_RUNS = 2
"""Runs without it, before an issue is closed."""
PERSISTING_RUNS = 2
"""Further runs that still find what a person closed as completed, before it is opened again."""
ENDED_LIMIT = 200
"""Ticked places that are told one by one; the others are counted."""


@dataclass(frozen=True)
class Seen:
    """What one run saw of a topic."""

    changes: Mapping[str, Change]
    """Those of the topic, by fingerprint."""
    told: frozenset[str]
    """Fingerprints that deserve an issue: new and grave enough, or regressed."""
    known: Mapping[str, Known]
    """What the renewed baseline knows."""
    looked: bool
    """Whether absence would have been noticed: see `looked_at`."""
    stamp: Stamp

    def found(self, places: Iterable[str]) -> bool:
        """Whether this run itself saw one of the places, and did not merely keep it."""
        return any(is_found(self.changes[mark]) for mark in places if mark in self.changes)

    def stands(self, mark: str) -> bool:
        """Whether a place is open: known, and nobody said that it may stay."""
        known = self.known.get(mark)
        return known is not None and known.accepted is None and not known.muted


def is_found(change: Change) -> bool:
    """Whether the change speaks of something that is there and was looked at."""
    if change.is_accepted or change.kind not in {"new", "persisting", "regressed"}:
        return False
    return "not_seen" not in change.evidence and (change.metric is None or change.after is not None)


def looked_at(topic: Topic, ended: Iterable[Ended], measurement: Measurement | None, rule: Rule | None) -> bool:
    """Whether a run that did not find the topic proves that it is not there: absence is proof only where one looked."""
    if measurement is None or measurement.status != "measured":
        return False
    if topic.metric is not None:
        return (topic.metric, topic.subject) in {metric.identity for metric in measurement.metrics}
    places = list(ended)
    skipped = {skip.subject for skip in measurement.coverage.skipped}
    if any(place.subject in skipped or place.key in skipped for place in places):
        return False
    if measurement.complete:
        return True
    anywhere = rule is not None and rule.scope == "subject" and bool(places)
    return anywhere and all(place.subject in measurement.observations for place in places)


def observe(record: Issue, listed: Listed | None, stamp: Stamp) -> Issue:
    """The record after what happened on GitHub since: closed or opened by a person, deleted, or nothing."""
    if listed is None:
        return record
    if listed.state == "gone":
        state = "done" if record.state in {"open", "kept"} else record.state
        return _moved(record, stamp, number=None, state=state) if record.number is not None else record
    if listed.turn is not None and listed.turn > record.turn:  # an older state file came back: GitHub knows better
        record = record.model_copy(update={"turn": listed.turn, "state": "open" if listed.turn % 2 else "closed"})
    if _is_behind(record, listed, stamp):
        return record
    return _by_people(record, listed, stamp)


def _is_behind(record: Issue, listed: Listed, stamp: Stamp) -> bool:
    """Whether our last step was not carried out. An emptied text cannot tell, and gets the benefit of the doubt."""
    if listed.turn is None:
        return record.state == "closed" or record.since.run == stamp.run
    return listed.turn < record.turn


def _by_people(record: Issue, listed: Listed, stamp: Stamp) -> Issue:
    """The record after GitHub shows another state than our last step left."""
    if record.state == "open" and listed.state == "closed":
        return _closed_by_people(record, listed.state_reason, stamp)
    moves: dict[tuple[str, str], IssueState] = {
        ("kept", "closed"): "closed",
        ("closed", "open"): "kept",
        ("done", "open"): "open",
        ("muted", "open"): "open",
    }
    state = moves.get((record.state, listed.state))
    return _moved(record, stamp, state=state) if state else record


def _closed_by_people(record: Issue, reason: str, stamp: Stamp) -> Issue:
    """A closing that was not ours: a verdict on the finding. A duplicate is tracked elsewhere, and is no verdict."""
    if reason == "not_planned":
        return _moved(record, stamp, state="muted", false_alarms=record.false_alarms + 1)
    if reason == "duplicate":
        return _moved(record, stamp, state="muted")
    return _moved(record, stamp, state="done", hits=record.hits + 1)


def advance(record: Issue, seen: Seen) -> Issue | None:
    """The record after what a run found; None when there is nothing left to remember."""
    marks = {*record.places, *seen.told} if record.state != "muted" else ()
    standing = tuple(sorted(mark for mark in marks if seen.stands(mark)))
    news = bool(set(standing) - set(record.places))
    if record.state in {"waiting", "overview"} and not standing:
        return None
    if (record.state == "closed" and (news or seen.found(standing))) or (record.state == "done" and news):
        return _again(record, standing, seen.stamp)
    return _judged(_ended(record, seen, standing), seen)


def _judged(record: Issue, seen: Seen) -> Issue:
    """The next state of a record whose places are up to date."""
    match record.state:
        case "kept" if record.places:
            return _moved(record, seen.stamp, state="open", turn=record.turn + 1)
        case "done" if seen.found(record.places) and record.since.run != seen.stamp.run:
            record = _counted(record, seen.stamp)
            enough = len(record.counted) >= PERSISTING_RUNS
            return _again(record, record.places, seen.stamp) if enough else record
        case "open":
            return record.model_copy(update={"counted": ()}) if record.places else _healthy(record, seen)
    return record


def is_given_up(record: Issue) -> bool:
    """Whether all places ended because nobody looks for them any more, and none was fixed."""
    return bool(record.ended) and not record.ended_before and all(e.because for e in record.ended.values())


def _healthy(record: Issue, seen: Seen) -> Issue:
    """Nothing is open: closed at once when nobody wants to know, else after enough runs that looked."""
    if not is_given_up(record):
        if not seen.looked:
            return record
        record = _counted(record, seen.stamp)
        if len(record.counted) < HEALTHY_RUNS:
            return record
    return record.model_copy(update={"state": "closed", "turn": record.turn + 1, "since": seen.stamp})


def _again(record: Issue, standing: tuple[str, ...], stamp: Stamp) -> Issue:
    """Open once more: the next odd turn, with a fresh list."""
    turn = record.turn + 1 + record.turn % 2
    return _moved(record, stamp, state="open", turn=turn, places=standing, ended={}, ended_before=0)


def _moved(record: Issue, stamp: Stamp, **update: object) -> Issue:
    return record.model_copy(update={"since": stamp, "counted": (), **update})


def _counted(record: Issue, stamp: Stamp) -> Issue:
    if any(stamp.run == earlier.run for earlier in record.counted):
        return record
    return record.model_copy(update={"counted": (*record.counted, stamp)})


def _ended(record: Issue, seen: Seen, standing: tuple[str, ...]) -> Issue:
    """With the places that still stand; the others ended, in the run's words where it has any."""
    ended = {mark: place for mark, place in record.ended.items() if mark not in standing}
    for mark in record.places:
        if mark not in standing and mark in seen.changes:
            ended[mark] = _ending(seen.changes[mark], seen.known.get(mark), seen.stamp)
    newest = sorted(ended, key=lambda mark: (ended[mark].at.order, mark))
    kept = {mark: ended[mark] for mark in sorted(newest[-ENDED_LIMIT:])}
    before = record.ended_before + len(ended) - len(kept)
    return record.model_copy(update={"places": standing, "ended": kept, "ended_before": before})


def _ending(change: Change, known: Known | None, stamp: Stamp) -> Ended:
    because = ""
    if change.kind == "retired":
        because = str(change.evidence.get("because") or "no longer looked for")
    elif "accepted" in change.evidence:
        because = f"accepted: {change.evidence['accepted']}"
    elif known is not None:
        because = f"accepted: {known.accepted.because}" if known.accepted else "muted"
    return Ended(
        subject=change.subject,
        key=change.key,
        message=change.message,
        path=change.path,
        line=change.line,
        at=stamp,
        because=because,
    )


def with_topics(record: Issue, topics: tuple[str, ...], stamp: Stamp) -> Issue:
    """The overview's record while it tells of these topics: open as long as there are any, and quiet when muted."""
    if record.state == "muted":
        return record
    worse = record.state == "done" and set(topics) - set(record.places)
    if topics and (record.state in {"closed", "kept"} or worse):
        return _again(record, topics, stamp)
    if not topics and record.state == "open":
        return _moved(record, stamp, state="closed", turn=record.turn + 1, places=())
    return record.model_copy(update={"places": topics})
