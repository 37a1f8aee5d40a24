"""The whole way, from files of events to findings, state, and what the next day says."""

from __future__ import annotations

import csv
import datetime as dt
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

from autoresearch.core.result import Shard
from autoresearch.plan import Request, plan
from autoresearch.signals import git
from tests.integration.conftest import Ran, Repository

UTC = dt.UTC
FIRST = dt.datetime(2026, 2, 1, tzinfo=UTC)
CONFIG = """\
events:
  source: events/*.csv
  columns: {time: ts, session: sid, user: uid, event: name, route: path, browser: ua, release: version, value: ms}
loops:
  pain-watchdog: {segments: [route, browser], signals: {script-errors: null, page-time: null}}
"""
HEADER = ("ts", "sid", "uid", "name", "path", "ua", "version", "ms")
EMAIL = "jo.bloggs@mail.example"


def visits(until: dt.datetime, *, broken: dt.datetime | None = None) -> Iterator[tuple[str, ...]]:
    """Eight sessions an hour; from `broken` on, half of those in Safari meet an error at the checkout."""
    chance = random.Random(3)
    time = FIRST
    while time < until:
        for number in range(8):
            at, sid = time + dt.timedelta(minutes=7 * number), f"{chance.getrandbits(64):016x}"
            browser, path = chance.choice(["Safari", "Chrome"]), chance.choice(["/", "/checkout"])
            sick = broken is not None and at >= broken and (browser, path) == ("Safari", "/checkout")
            person = (f"u{chance.getrandbits(40)}-{EMAIL}", path, browser, "1.0")
            yield at.isoformat(), sid, person[0], "page_view", *person[1:], str(chance.randrange(300, 900))
            if chance.random() < (0.5 if sick else 0.02):
                yield at.isoformat(), sid, person[0], "js_error", *person[1:], ""
        time += dt.timedelta(hours=1)


def write(repository: Repository, rows: Iterator[tuple[str, ...]], header: tuple[str, ...] = HEADER) -> None:
    (repository.root / "events").mkdir(exist_ok=True)
    with (repository.root / "events" / "visits.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def told(ran: Ran) -> list[tuple[str, str, str, str]]:
    return [(c["kind"], c["rule"], c["subject"], c.get("key", "")) for c in ran.changes if c.get("rule")]


def test_a_broken_checkout_is_told_the_next_morning_and_nobody_is_named_anywhere(repository: Repository) -> None:
    repository.config(CONFIG)
    repository.day = 8
    write(repository, visits(dt.datetime(2026, 3, 9, 6, tzinfo=UTC)))
    first = repository.run()
    assert (first.code, told(first)) == (0, [])
    write(repository, visits(dt.datetime(2026, 3, 10, 6, tzinfo=UTC), broken=dt.datetime(2026, 3, 9, 9, tzinfo=UTC)))
    second = repository.run("--report", str(repository.root / "report.md"))
    assert (second.code, told(second)) == (
        1,
        [("new", "pain/rate-up", "/checkout", "script-errors: browser Safari")],
    )
    report = (repository.root / "report.md").read_text()
    assert "```mermaid" in report
    written = [report, second.stdout, second.stderr]
    written += [
        file.read_text() for name in ("*.json", "autoresearch/**/*.json") for file in repository.root.glob(name)
    ]
    sessions = {row[1] for row in visits(FIRST + dt.timedelta(days=36))}
    assert not any(EMAIL in text for text in written)
    assert not any(session in text for text in written for session in sessions)


def test_a_run_brings_the_same_bytes_twice(repository: Repository, tmp_path: Path) -> None:
    repository.config(CONFIG)
    repository.day = 8
    write(repository, visits(dt.datetime(2026, 3, 9, 6, tzinfo=UTC)))
    results = []
    for _ in range(2):
        repository.day = 8
        repository.run("--no-write-state")
        results.append((repository.root / "result.json").read_bytes())
    assert results[0] == results[1]


def not_measured(repository: Repository) -> str:
    ran = repository.run()
    assert ran.code == 3, ran.stdout + ran.stderr
    (measurement,) = ran.result["measurements"]
    return str(measurement["reason"])


def test_bad_input_is_told_in_words(repository: Repository) -> None:
    repository.config(CONFIG)
    assert "no file matches events/*.csv" in not_measured(repository)
    write(repository, iter(()))
    assert "there are no events from" in not_measured(repository)
    write(repository, visits(FIRST + dt.timedelta(hours=1)), header=("when", *HEADER[1:]))
    assert "no column `ts`" in not_measured(repository)


def test_a_day_of_events_or_a_second_says_that_it_says_nothing(repository: Repository) -> None:
    repository.config(CONFIG)
    last = dt.datetime(2026, 3, 1, tzinfo=UTC)
    write(repository, (row for row in visits(last + dt.timedelta(hours=4)) if row[0] > "2026-02-28T05"))
    day = repository.run()
    assert {rule for _, rule, *_ in told(day)} == {"pain/insufficient-data"}
    at_once = (("2026-03-02T01:00:00+00:00", f"s{i}", "u", "page_view", "/", "Safari", "1", "5") for i in range(5000))
    write(repository, at_once)
    assert {rule for _, rule, *_ in told(repository.run())} == {"pain/insufficient-data"}


def test_a_column_that_nobody_mapped_is_told(repository: Repository) -> None:
    repository.config(CONFIG.replace(", value: ms", "").replace("sid, user: uid", "sid"))
    write(repository, visits(dt.datetime(2026, 3, 1, 6, tzinfo=UTC)))
    ran = repository.run()
    (measurement,) = ran.result["measurements"]
    reasons = {skip["subject"]: skip["reason"] for skip in measurement["coverage"]["skipped"]}
    assert reasons["page-time"] == "the events have no column `value`"


def test_pull_requests_wait_for_no_users(repository: Repository) -> None:
    repository.config(CONFIG + "  size: {kind: script, command: [echo]}\n")
    now = dt.datetime(2026, 3, 1, tzinfo=UTC)

    def planned(event: str, *names: str, shard: Shard | None = None) -> list[str]:
        request = Request(root=repository.root, now=now, event=event, loops=names, shard=shard)
        return [loop.name for loop in plan(request).loops]

    assert planned("schedule") == ["pain-watchdog", "size"]
    assert planned("pull_request") == ["size"]
    assert planned("pull_request", "pain-watchdog") == ["pain-watchdog"]


def test_tags_are_known_with_their_times(tmp_path: Path) -> None:
    assert git.tags(tmp_path) == []
    at = {"GIT_COMMITTER_DATE": "2026-03-01T10:00:00Z", "GIT_AUTHOR_DATE": "2026-03-01T10:00:00Z"}
    own = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    names = {f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    for line in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"], ["tag", "v1.0"]):
        subprocess.run(["git", "-C", str(tmp_path), *line], env={**os.environ, **at, **own, **names}, check=True)
    assert git.tags(tmp_path) == [(dt.datetime(2026, 3, 1, 10, tzinfo=UTC), "v1.0")]
