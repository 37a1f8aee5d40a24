"""What the command line does with a night: the clock, the limits, and what is printed."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autoresearch.errors import UsageError
from autoresearch.experiment import text
from autoresearch.experiment.night import Limits
from autoresearch.experiment.run import JOB, Ended, Wish, experiment

Say = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """The command line's words."""

    root: Path
    config: str
    name: str | None
    tries: int | None
    until: str | None
    resume: bool
    report: Path | None


def night(asked: Asked, say: Say) -> int:
    """Run or resume one. Exit code 0, whatever the night found: no gain is an answer."""
    now = dt.datetime.now().astimezone()
    pause = now + JOB if os.environ.get("GITHUB_ACTIONS") == "true" else None
    limits = Limits(tries=asked.tries, until=_moment(asked.until, now) if asked.until else None, pause=pause)
    wish = Wish(asked.root, asked.config, asked.name, asked.resume, limits)
    ended = experiment(wish, clock=lambda: dt.datetime.now().astimezone(), say=say)
    _conclude(ended, asked, say)
    return 0


def self_test(asked: Asked, say: Say) -> int:
    """Let the null agent and the cheaters try. Exit code 1 where one of them was kept."""
    from autoresearch.experiment.selftest import selftest

    outcomes = selftest(Wish(asked.root, asked.config, asked.name), say=say)
    kept = [outcome for outcome in outcomes if outcome.kept]
    for outcome in kept:
        say(f"\n{outcome.name} was kept.\n  → {outcome.advice}")
    say(
        f"\n{len(outcomes)} agents that must not win: {len(kept)} kept"
        if kept
        else f"\n{len(outcomes)} agents that must not win: none was kept"
    )
    return 1 if kept else 0


def _conclude(ended: Ended, asked: Asked, say: Say) -> None:
    book = ended.book
    say(f"the notebook is in {book.folder}")
    if not ended.finished:
        say("the job's time is over; `autoresearch experiment --resume` goes on")
        return
    told = f"# {text.title(book)}\n\n{text.body(book)}"
    if asked.report:
        asked.report.write_text(told, encoding="utf-8")
    say(f"\n{told}")


def _moment(told: str, now: dt.datetime) -> dt.datetime:
    """The next time that a clock shows it."""
    try:
        time = dt.time.fromisoformat(told)
    except ValueError as error:
        raise UsageError(f"--until {told}: no time of day", hint="HH:MM, such as 06:30") from error
    then = dt.datetime.combine(now.date(), time, now.tzinfo)
    return then if then > now else then + dt.timedelta(days=1)
