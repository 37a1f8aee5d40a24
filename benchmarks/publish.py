"""What publishing costs: calls of GitHub's API and seconds, by event, by what has changed and by how much was found.

    scripts/bench publish

Whole `autoresearch publish` jobs over a result that is there already, in this process, against the GitHub of the tests,
which holds every call against GitHub's own description of its API. Writes follow each other at once here; the command
line makes them a second apart.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from support import page

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.actions import Done, Runner, event_of_pull
from tests.github.server import GitHub

SIZES = (1, 100, 5_000)
RULES = 10
"""Findings are spread over so many rules: more than one run opens issues for."""
PUBLISHES = ("first time", "the same result again", "the same in a new run", "a tenth changed")
UNCHANGED = 1
READS = 6
"""An unchanged publish over a checkout makes at most so many, and none makes a write."""
EVENTS = {
    "schedule": "schedule",
    "pull_request": "pull request, one workflow",
    "workflow_run": "pull request, reported by `workflow_run`",
}
_LISTED = """
import json, pathlib
rows = [row.split() for row in pathlib.Path("listed.txt").read_text().splitlines()]
print(json.dumps({"findings": [
    {"rule": rule, "severity": "error", "subject": subject, "message": "is listed", "path": "listed.txt", "line": line}
    for line, (rule, subject) in enumerate(rows, 1)
]}))
"""
_FILES = {
    "autoresearch/config.yml": json.dumps(
        {"version": 1, "loops": {"listed": {"kind": "script", "command": [sys.executable, "checks/listed.py"]}}}
    ),
    "checks/listed.py": _LISTED,
    "listed.txt": "",
}
_RIGHTS = {"actions": "read", "checks": "write", "contents": "write", "issues": "write", "pull-requests": "write"}


@dataclass(frozen=True)
class Cost:
    """One publish."""

    reads: int
    writes: int
    seconds: float
    """From start to end, the server's own work included."""
    cpu_seconds: float
    """Ours alone."""


def listed(first: int, count: int) -> str:
    """A file with that many findings."""
    return "".join(f"rule-{n % RULES} /page-{n}\n" for n in range(first, first + count))


def timed(github: GitHub, job: Callable[[], Done]) -> Cost:
    """A job, counted at the server."""
    gc.collect()
    calls, began, cpu = len(github.calls), time.perf_counter(), time.thread_time()
    done = job()
    seconds, cpu_seconds = time.perf_counter() - began, time.thread_time() - cpu
    if done.error:
        raise SystemExit(f"a publish failed: {done.error}")
    made = github.calls[calls:]
    writes = sum(call.writes for call in made)
    return Cost(len(made) - writes, writes, seconds, cpu_seconds)


@dataclass
class Case:
    """A repository whose committed state knows nothing, and publishes of one event into it."""

    runner: Runner
    event: str

    def publishes(self, size: int) -> Iterator[Cost]:
        """The first one with `size` findings, the same twice more, and one in which a tenth has changed places."""
        monitored = self.event == "schedule"
        branch = "main" if monitored else "change"
        self.runner.run("schedule")
        moved = max(1, size // 10)
        for text, times in ((listed(0, size), 2), (listed(0, size), 1), (listed(moved, size), 1)):
            self.runner.repo.push(branch, {"listed.txt": text}, "alice", "Change")
            if not monitored and not self.runner.repo.pulls:
                self.runner.repo.open_pull(branch)
            yield from self._published(branch, times)

    def _published(self, branch: str, times: int) -> Iterator[Cost]:
        runner, repo = self.runner, self.runner.repo
        payload = {} if self.event == "schedule" else event_of_pull(repo, next(iter(repo.pulls)))
        measured = "schedule" if self.event == "schedule" else "pull_request"
        runner.run(measured, payload, at=branch, wishes={"publish": False})
        result = runner.result_of(runner.jobs)
        when: dict[str, Any] = {"number": str(1000 + runner.jobs), "day": runner.jobs}
        if self.event == "workflow_run":
            follows = self._uploaded(result, branch)
            job = partial(runner.publish, "workflow_run", follows, at="nothing", **when)
        else:
            job = partial(runner.publish, self.event, payload, result, at=branch, **when)
        for _ in range(times):
            yield timed(runner.github, job)

    def _uploaded(self, result: Path, branch: str) -> dict[str, Any]:
        """The event of a run that follows one with that artifact."""
        repo, archive = self.runner.repo, io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            file.write(result, "result.json")
        run_id = repo.add_run(head_branch=branch)
        repo.add_artifact(run_id, "autoresearch-result", archive.getvalue())
        run = {"id": run_id, "event": "pull_request", "head_sha": repo.head(branch), "head_branch": branch}
        return {"workflow_run": run | {"head_repository": {"full_name": repo.full_name}, "conclusion": "success"}}


def costs(event: str, size: int) -> list[Cost]:
    """First, unchanged, changed: in a repository of their own."""
    with tempfile.TemporaryDirectory() as folder, GitHub() as github:
        repo = github.repository("acme/shop", _FILES)
        repo.branch("nothing")  # what a job without a checkout has
        repo.push("nothing", dict.fromkeys(_FILES), "alice", "Nothing")
        token = github.token(_RIGHTS, repository=repo.full_name)
        measured = list(Case(Runner(github, repo, token, Path(folder)), event).publishes(size))
        if github.violations:
            raise SystemExit("\n".join(github.violations))
    return measured


def row(event: str, number: int, by_size: dict[int, list[list[Cost]]]) -> list[str]:
    """One publish: its calls and median seconds for each size."""
    cells = [f"{EVENTS[event]}: {PUBLISHES[number]}"]
    for repeats in by_size.values():
        publishes = [costs[number] for costs in repeats]
        cells.append(f"{publishes[0].reads} + {publishes[0].writes}")
        cells.append(f"{statistics.median(cost.seconds for cost in publishes):.2f}")
    return cells


def facts(measured: dict[str, dict[int, list[list[Cost]]]]) -> str:
    """What the table means, and whether the target is met."""
    unchanged = {
        event: [c for repeats in sizes.values() for c in at(repeats, UNCHANGED)] for event, sizes in measured.items()
    }
    reads = {event: max(cost.reads for cost in costs) for event, costs in unchanged.items()}
    checked_out = max(reads["schedule"], reads["pull_request"])
    wrote = max(cost.writes for costs in unchanged.values() for cost in costs)
    every = [c for sizes in measured.values() for repeat in sizes[SIZES[-1]] for c in repeat]
    most = max(c.writes for c in every)
    return f"""\
`+` stands between reads and writes; s is the median of whole jobs, the test server's work included (ours alone:
{max(c.cpu_seconds for c in every):.1f} s of CPU at most). Writes follow each other at once here. The command line makes
them a second apart: the {most} of the largest publish take {most - 1} s more.

Unchanged, over a checkout: {checked_out} reads and {wrote or "no"} write at most \
(target: {READS} and none, {"met" if checked_out <= READS and not wrote else "missed"}). After a `workflow_run` nothing
is checked out, so that config, README and each state file are a read of their own: {reads["workflow_run"]} reads."""


def at(repeats: list[list[Cost]], number: int) -> list[Cost]:
    """One publish of each repeat."""
    return [costs[number] for costs in repeats]


def main() -> int:
    """Measure, print, keep when asked to; 1 when an unchanged publish costs more than it may."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="renew the section of docs/benchmarks.md")
    options = parser.parse_args()
    measured: dict[str, dict[int, list[list[Cost]]]] = {}
    gc.disable()  # as the command line does
    for event in EVENTS:
        measured[event] = {}
        for size in SIZES:
            print(f"  {event}, {size:,} findings", file=sys.stderr)
            measured[event][size] = [costs(event, size) for _ in range(options.repeats)]
    rows = [row(event, number, measured[event]) for event in EVENTS for number in range(len(PUBLISHES))]
    table = page.table(["number of findings", *(head for n in SIZES for head in (f"{n:,}", "s"))], rows)
    text = f"`scripts/bench publish`. {page.machine()}\n\n{facts(measured)}\n\n{table}"
    print(text)
    if options.write:
        page.renew("Publishing", text)
    return int("missed" in text)


if __name__ == "__main__":
    sys.exit(main())
