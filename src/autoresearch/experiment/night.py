"""The night: an idea, one change, build and measure, keep or revert; until there is a reason to stop. It never asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from autoresearch.core.plain import plain
from autoresearch.errors import NotMeasuredError, StateError
from autoresearch.experiment.agents.base import Agent, Answer, Earlier, Request
from autoresearch.experiment.bench import TryEndedError, Version
from autoresearch.experiment.guard import look
from autoresearch.experiment.notebook import Notebook, Row
from autoresearch.experiment.plan import Plan
from autoresearch.experiment.repository import Entry, Repository
from autoresearch.experiment.score import Score
from autoresearch.experiment.simpler import Simplicity
from autoresearch.experiment.trial import Judge, Verdict, as_row
from autoresearch.experiment.workspace import Workspace
from autoresearch.signals.process import end_strays

_SUBJECT = 72


@dataclass(frozen=True)
class Limits:
    """When the night is over; None is no limit."""

    tries: int | None = None
    until: dt.datetime | None = None
    """Nothing is begun after it, and the night ends."""
    dollars: float | None = None
    stall: int | None = None
    pause: dt.datetime | None = None
    """The job's clock: nothing is begun after it, and another job goes on."""

    def reached(self, book: Notebook, now: dt.datetime) -> str:
        """Why the night ends; "" to go on."""
        if self.tries is not None and len(book.tries) >= self.tries:
            return f"all of its {self.tries} tries were made"
        if self.until is not None and now >= self.until:
            return f"it was {self.until:%H:%M}"
        if self.dollars is not None and book.dollars >= self.dollars:
            return f"the agent had cost ${book.dollars:.2f} of ${self.dollars:.2f}"
        if self.stall is not None and book.stalled >= self.stall:
            return f"{book.stalled} tries in a row kept nothing"
        return ""


@dataclass
class Night:
    """One night on one machine."""

    plan: Plan
    repository: Repository
    book: Notebook
    judge: Judge
    agent: Agent
    folder: Workspace
    """Where the agent edits."""
    simplicity: Simplicity
    clock: Callable[[], dt.datetime]
    say: Callable[[str], None]
    limits: Limits = field(default_factory=Limits)

    def run(self) -> str:
        """Try until the night is over; returns why, and "" for a pause."""
        self._take_up()
        while not (why := self.limits.reached(self.book, self.clock())):
            if self.limits.pause is not None and self.clock() >= self.limits.pause:
                return ""
            if not self.agent.has_ideas:
                return "the agent had no further idea"
            self.attempt()
        return why

    def content(self, commit: str) -> bytes:
        """The edited file at a commit."""
        entry = self.repository.entry(commit, self.plan.edits)
        if entry is None:
            raise StateError(f"{self.plan.edits} is not in {commit[:12]}", hint="start a new night")
        return self.repository.content(entry.blob)

    def attempt(self) -> None:
        """One try, to its line in the notebook."""
        number, tip = len(self.book.tries) + 1, self.book.tip
        before = self.content(tip)
        bench, began = self.judge.bench, self.judge.bench.seconds
        row = Row(number=number, status="crash", description="", parent=tip, at=self._now())
        answer = Answer("")
        self.judge.samples.clear()
        try:
            with self._watched(tip):
                answer = self._ask(number, tip, before)
                row = self._measured(row, answer, before)
        except TryEndedError as ended:
            row = _with(row, status=ended.status, reason=ended.reason)
        except (NotMeasuredError, ValueError) as error:
            if not self.agent.has_ideas:
                return
            row = _with(row, reason=getattr(error, "message", str(error)))
        row = _with(
            row,
            description=row.description or answer.description,
            reason=plain(row.reason),
            seconds=round(bench.seconds - began, 3),
            dollars=answer.dollars,
            samples=tuple(self.judge.samples),
        )
        self.record(row, since=tip)

    def record(self, row: Row, *, since: str) -> None:
        """First the notebook, then the branch."""
        self.book.add(row)
        if row.commit:
            self.repository.move(self.book.night["branch"], row.commit, since=since)
        gain = "" if row.gain is None else f" {row.gain:+.2%}"
        self.say(f"{row.number}: {row.status}{gain} · {row.description or row.reason}")

    def commit(self, content: bytes, message: str, parent: str) -> str:
        """The edited file with this content, on top of `parent`."""
        entry = Entry(self.plan.entry.mode, self.repository.blob(content))
        index = self.book.folder / "index"
        return self.repository.commit(parent, {self.plan.edits: entry}, message, at=self._now(), index=index)

    def _ask(self, number: int, tip: str, before: bytes) -> Answer:
        self.folder.reset(tip)
        try:
            return self.agent.propose(self._request(number, before))
        finally:
            end_strays()

    def _request(self, number: int, before: bytes) -> Request:
        return Request(
            number=number,
            folder=self.folder.root,
            file=self.plan.settings.edits,
            content=before,
            scratch=self.folder.tree.parent,
            program=self.plan.program,
            earlier=[_earlier(row) for row in self.book.tries],
        )

    def _measured(self, row: Row, answer: Answer, before: bytes) -> Row:
        looked = look(self.folder, self.plan.edits, mode=self.plan.entry.mode, before=before)
        if looked.status != "changed":
            return _with(row, status=looked.status, reason=looked.reason)
        diff = sha256(looked.content).hexdigest()[:16]
        size = self.simplicity.size(looked.content)
        row = _with(row, diff=diff, bytes=size)
        if twin := next((each for each in self.book.rows if each.diff == diff and each.parent == row.parent), None):
            return _with(row, status="duplicate", reason=f"the same file as try {twin.number}")
        simpler = size < self.simplicity.size(before)
        verdict = self.judge.judge(Version(row.parent), Version(row.parent, looked.content), simpler=simpler)
        row = _with(row, **as_row(verdict))
        if verdict.status == "keep":
            message = _message(self.plan.name, answer.description, verdict, self._incumbent_score())
            row = _with(row, commit=self.commit(looked.content, message, row.parent))
            if self.judge.noise is None:
                self.judge.incumbent = self._as_incumbent(verdict)
        return row

    def _as_incumbent(self, verdict: Verdict) -> Score:
        last = self.judge.samples[-1]
        return Score(verdict.score, last["metrics"])

    def _incumbent_score(self) -> float | None:
        return next((row.score for row in reversed(self.book.rows) if row.status in {"keep", "baseline"}), None)

    def _take_up(self) -> None:
        """A night that was killed between the notebook and the branch: the notebook is right."""
        branch, tip = self.book.night["branch"], self.book.tip
        there = self.repository.tip(branch)
        if there == tip:
            return
        last = next((row for row in reversed(self.book.rows) if row.commit), None)
        if there not in {"", last.parent if last else ""}:
            raise StateError(
                f"the branch {branch} is at {there[:12]}, not where the night left it ({tip[:12]})",
                hint="set it back, or start a new night",
            )
        self.repository.move(branch, tip, since=there)

    @contextmanager
    def _watched(self, tip: str) -> Iterator[None]:
        """Nobody else writes in the notebook or moves the branch while an agent or a candidate runs."""
        file, branch = self.book.folder / "tries.jsonl", self.book.night["branch"]
        before = file.read_bytes() if file.exists() else b""
        try:
            yield
        finally:
            self._put_back(file, before, branch, tip)

    def _put_back(self, file: Path, before: bytes, branch: str, tip: str) -> None:
        if (file.read_bytes() if file.exists() else b"") != before:
            file.write_bytes(before)
            raise TryEndedError("tamper", "the notebook was written to; it was put back")
        if (there := self.repository.tip(branch)) != tip:
            self.repository.git("update-ref", f"refs/heads/{branch}", tip)
            raise TryEndedError("tamper", f"the night's branch was moved to {there[:12] or 'nowhere'}; it was put back")

    def _now(self) -> str:
        return self.clock().astimezone(dt.UTC).isoformat(timespec="seconds")


def _earlier(row: Row) -> Earlier:
    return Earlier(row.number, row.status, row.gain, row.description, row.reason, row.diff)


def _with(row: Row, **changes: Any) -> Row:
    return Row(**{**vars(row), **changes})


def _message(name: str, description: str, verdict: Verdict, before: float | None) -> str:
    subject = plain(f"{name}: {description}", _SUBJECT)
    was = "" if before is None else f"{before:.6g} → "
    gain = "" if verdict.gain is None else f" ({verdict.gain:+.2%})"
    lines = [subject, "", f"Score: {was}{verdict.score:.6g}{gain}, {verdict.reason}."]
    if verdict.low is not None and verdict.high is not None:
        lines += [f"Interval: {verdict.low:+.2%} to {verdict.high:+.2%}, {verdict.pairs} pairs, p = {verdict.p:.2g}."]
    return "\n".join([*lines, "", plain(description, 1000)]) + "\n"
