"""One loop's topics in one run: their records, their claims, and the step that each one is missing on GitHub."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from autoresearch.core.baseline import Baseline, Issue, IssueState, Known
from autoresearch.core.changes import Change
from autoresearch.core.lifecycle import record as records
from autoresearch.core.lifecycle.claims import Claims
from autoresearch.core.lifecycle.facts import Facts, adopted
from autoresearch.core.lifecycle.model import Action, IssueText, OverviewText, Reason, Topic
from autoresearch.core.lifecycle.texts import issue_text


class Desk:
    """Works on copies; `baseline` gives the result."""

    def __init__(self, baseline: Baseline, changes: Sequence[Change], facts: Facts) -> None:
        self.loop = baseline.loop
        self.numbers: dict[str, int] = {}
        self.wanted: set[str] = set()
        """Topics that want an issue of their own, which nobody is opening yet."""
        self._before = baseline
        self._facts = facts
        self._known = dict(baseline.known)
        self._claims = Claims(baseline.pending, facts.stamp.run, facts.now)
        self._changes: dict[str, dict[str, Change]] = defaultdict(dict)
        for change in changes:
            self._changes[Topic.of(self.loop, change).name(facts.scope)][change.fingerprint] = change
        self.records = {**baseline.issues, **adopted(baseline, self._changes, facts)}

    # --- what becomes of the records ----------------------------------------------------------------------------

    def renew(self) -> None:
        """Every record after what people did and what the run found."""
        told = {name for name, group in self._changes.items() if any(map(self._facts.tellable, group.values()))}
        for name in sorted((told | self.records.keys()) - {self._facts.overview}):
            if name in self.records:
                self._renew(name)
            else:
                self._begin(name)

    def _renew(self, name: str) -> None:
        before = self._observed(name)
        seen = self._seen(name)
        record = records.advance(before, seen)
        if record is None:
            del self.records[name]
            self._claims.drop(name)
            return
        self.records[name] = record
        if self._may_open(before, record, seen):
            self.wanted.add(name)
        self._number(name)

    def _observed(self, name: str) -> Issue:
        """The record after what happened on GitHub; a mute, or its end, is passed on to what is known."""
        before = self.records[name]
        listed = self._facts.listed(name, before.number)
        record = records.observe(before, listed, self._facts.stamp)
        if record.state in {"waiting", "overview"} and (listed is not None or self._claims.is_others(name)):
            record = record.model_copy(update={"state": "open"})
        if record.state == "muted" and before.state != "muted":
            self._mute(before.places, muted=True)
        elif record.state == "open" and before.state == "muted":
            covered = Topic.of(self.loop, before).covers
            marks = tuple(sorted(m for m, known in self._known.items() if known.muted and covered(known)))
            self._mute(marks, muted=False)
            record = record.model_copy(update={"places": marks})
        self.records[name] = record
        return record

    def _mute(self, marks: Sequence[str], *, muted: bool) -> None:
        for mark in marks:
            if mark in self._known:
                self._known[mark] = self._known[mark].model_copy(update={"muted": muted})

    def _seen(self, name: str) -> records.Seen:
        record = self.records[name]
        measurement = self._facts.measurements.get(self.loop)
        changes = self._changes.get(name, {})
        topic = Topic.of(self.loop, record)
        return records.Seen(
            changes=changes,
            told=frozenset(mark for mark, change in changes.items() if self._facts.tellable(change)),
            known=self._known,
            looked=records.looked_at(topic, record.ended.values(), measurement, self._facts.rules.get(topic.rule)),
            stamp=self._facts.stamp,
        )

    def _may_open(self, before: Issue, record: Issue, seen: records.Seen) -> bool:
        """Whether a later run confirmed it, or saw it worse than when it went into the overview."""
        if record.since.run == self._facts.stamp.run:
            return False
        if record.state == "waiting":
            return seen.found(record.places)
        worse = any(change.kind == "regressed" for change in seen.changes.values())
        return record.state == "overview" and (worse or bool(set(record.places) - set(before.places)))

    def _begin(self, name: str) -> None:
        """A topic that was never told: it waits where noise may have made it, else it wants an issue."""
        told = [change for change in self._changes[name].values() if self._facts.tellable(change)]
        topic = Topic.of(self.loop, told[0])
        noisy = topic.metric is not None and any(change.evidence.get("exact") is not True for change in told)
        self.records[name] = Issue(
            rule=topic.rule,
            metric=topic.metric,
            subject=topic.subject,
            state="waiting" if noisy else "overview",
            since=self._facts.stamp,
        )
        record = records.advance(self.records[name], self._seen(name))
        if record is None:
            del self.records[name]
            return
        self.records[name] = record
        if not noisy:
            self.wanted.add(name)

    def settle(self, name: str, *, own_issue: bool) -> None:
        """The lot of a topic that wanted one: an issue of its own, or a line in the overview."""
        record = self.records[name]
        state = "open" if own_issue else "overview"
        if record.state != state:
            self.records[name] = record.model_copy(update={"state": state, "since": self._facts.stamp, "counted": ()})
        if own_issue:
            self._claims.take(name)

    def _number(self, name: str) -> None:
        """Learn the number once another run than the one that opened it sees the issue; claim what nobody opened."""
        record = self.records[name]
        listed = self._facts.listed(name, record.number)
        if listed is not None and listed.state != "gone":
            self.numbers[name] = listed.number
            if not self._claims.is_ours(name):
                self.records[name] = record.model_copy(update={"number": listed.number})
                self._claims.drop(name)
        elif record.number is None and not self._claims.is_ours(name) and not self._claims.is_others(name):
            self._claims.drop(name)
            if record.state == "open" and record.places:
                self.wanted.add(name)
            elif record.state == "open":  # it went before anybody told of it
                del self.records[name]

    def keep_overview(self, topics: tuple[str, ...]) -> None:
        """The overview's own record: open while it has topics. Its claim does not count as a new issue."""
        name, stamp = self._facts.overview, self._facts.stamp
        record = self.records.get(name)
        listed = self._facts.listed(name, record.number if record else None)
        if record is None:
            if not topics and listed is None:
                return
            turn = (listed.turn if listed else None) or 1
            state: IssueState = "open" if turn % 2 else "closed"
            record = Issue(rule=name, state=state, turn=turn, since=stamp, places=topics)
        self.records[name] = records.with_topics(records.observe(record, listed, stamp), topics, stamp)
        self._number(name)
        if name in self.wanted:
            self._claims.take(name)

    # --- what comes of them -------------------------------------------------------------------------------------

    def claimed(self) -> int:
        """How many issues this run has claimed before: it is being repeated."""
        return sum(self._claims.is_ours(name) for name in self.records.keys() - {self._facts.overview})

    def text(self, name: str) -> IssueText:
        """What the topic's issue says."""
        record = self.records[name]
        return issue_text(name, Topic.of(self.loop, record), record, self._known, self._facts.rules.get(record.rule))

    def in_overview(self) -> Iterator[IssueText]:
        """The topics that the overview tells of."""
        return (self.text(n) for n, record in sorted(self.records.items()) if record.state in {"overview", "waiting"})

    def actions(self) -> Iterator[Action]:
        """What GitHub does not show yet."""
        for name in sorted(self.records.keys() - {self._facts.overview}):
            if self.records[name].state in {"open", "closed"} and (action := self.action(name, self.text(name))):
                yield action

    def action(self, name: str, text: IssueText | OverviewText) -> Action | None:
        """The one step that is missing for a topic, if any."""
        record = self.records[name]
        listed = self._facts.listed(name, record.number)
        if listed is None or listed.state == "gone":
            to_open = record.state == "open" and self._claims.is_ours(name)
            return Action("open", text, run=record.since.run) if to_open else None
        if record.state == "closed" and listed.state == "open":
            reason: Reason = "not_planned" if records.is_given_up(record) else "completed"
            return Action("close", text, listed.number, reason, run=record.since.run)
        if record.state == "open" and listed.state == "closed":
            return Action("reopen", text, listed.number, run=record.since.run)
        if record.state == "open" and listed.digest != text.digest:
            return Action("update", text, listed.number, run=record.since.run)
        return None

    def baseline(self) -> Baseline:
        """The loop's baseline with its records; the same object where nothing changed."""
        update = {
            "known": self._numbered(),
            "issues": dict(sorted(self.records.items())),
            "pending": self._claims.entries(),
        }
        renewed = self._before.model_copy(update=update)
        return self._before if renewed == self._before else renewed

    def _numbered(self) -> dict[str, Known]:
        """What is known, with the numbers of the issues that tell of it."""
        known = dict(self._known)
        for name in self.records.keys() - {self._facts.overview}:
            record = self.records[name]
            for mark in record.places:
                if record.number is not None and mark in known and known[mark].issue != record.number:
                    known[mark] = known[mark].model_copy(update={"issue": record.number})
        return known
