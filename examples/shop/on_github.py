"""Both days of the shop as scheduled runs, a pull request, and what follows, against a GitHub on this machine.

    python examples/shop/on_github.py OUT

Each job is the ordinary command line in a process of its own, with the environment, the event and the token that a
runner gives it (`workflows/monitor.yml`, `pull-request.yml`, `pull-request-report.yml`). GitHub is the server of the
tests (`tests/github`), which holds every call against GitHub's own description of its API. Afterwards, whatever is
there is printed, and kept in OUT/github.json. Exit code 0 when that is what the answer key implies; else 1.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build import SHOP, TODAY, build, export
from verify import Report, found, planted, reports

sys.path.insert(0, str(SHOP.parents[1]))
from tests.actions import environment, event_of_pull
from tests.github.server import GitHub
from tests.github.state import Issue, Repo

MONITOR = {"contents": "write", "issues": "write", "pull-requests": "write"}
MEASURE = {"contents": "read"}
REPORT = {"actions": "read", "checks": "write", "contents": "read", "pull-requests": "write"}
"""What the workflows ask for, job by job."""
MAX_NEW = 5
"""Issues that one run opens (`publish.issues.max_new`)."""
OWNER = "harbour-clay"
RESULT = "autoresearch-output/result.json"
BRANCH = "mend-the-terms"
OUTSIDE = "pain-watchdog"
"""The loop that looks at visitors: no pull request's business."""
OVERVIEW = "Autoresearch: more findings"


@dataclass
class Runner:
    """Runs the jobs of one repository."""

    github: GitHub
    repo: Repo
    folder: Path
    out: Path
    jobs: int = 0

    def monitor(self, day: str, name: str, ends_with: str) -> set[Report]:
        """The scheduled run of a day: what it reports."""
        changes = self.out / f"{name}.json"
        line = f"run --now {day}T07:00:00Z --changes {changes}"
        self.job(line, "schedule", {}, MONITOR, at="main", ends_with=ends_with)
        return found(changes)

    def job(self, line: str, event: str, payload: dict[str, Any], rights: dict[str, str], **where: str) -> Path:
        """One step: `line` as `autoresearch` gets it, over a checkout of `at`, if any; the workspace that it leaves."""
        self.jobs += 1
        at, expected = where.get("at", ""), where.get("ends_with", "0")
        workspace = self.folder / f"job-{self.jobs}"
        workspace.mkdir()
        for path, content in (self.repo.files(at) if at else {}).items():
            (workspace / path).parent.mkdir(parents=True, exist_ok=True)
            (workspace / path).write_bytes(content)
        if event == "schedule":
            export(workspace, dt.datetime.fromisoformat(line.partition("--now ")[2].split(maxsplit=1)[0]))
        token = self.github.token(rights, repository=self.repo.full_name)
        step = environment(
            event,
            {"repository": {"default_branch": "main"}} | payload,
            self.folder / f"step-{self.jobs}",
            repository=self.repo.full_name,
            GITHUB_API_URL=self.github.api_url,
            GITHUB_RUN_ID=str(4200 + self.jobs),
            GITHUB_SHA=self.repo.resolve(at or "main") or "",
            GITHUB_TOKEN=token,
            GITHUB_WORKSPACE=str(workspace),
        )
        print(f"  {event}; {', '.join(f'{name}: {level}' for name, level in rights.items())}")
        print(f"  $ autoresearch {line.replace(f'{self.out}/', '')}")
        calls, began = len(self.github.calls), time.monotonic()
        ended = subprocess.run(
            [sys.executable, "-m", "autoresearch", *line.split()],
            cwd=workspace,
            env={**ours(), **step},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        made = self.github.calls[calls:]
        writes = sum(call.writes for call in made)
        seconds = time.monotonic() - began
        print(f"  → exit code {ended.returncode}; {len(made) - writes} reads, {writes} writes, {seconds:.0f} s")
        if str(ended.returncode) != expected:
            raise SystemExit(f"{ended.stdout}\n  it should have ended with exit code {expected}")
        return workspace


def ours() -> dict[str, str]:
    """The environment without what a workflow or a token of the user's would bring."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "GH_", "INPUT_"))}


def deploy(repo: Repo, branch: str, message: str, day: int, further: list[dict[str, Any]] | None = None) -> None:
    """Commit that day's sources and site to a branch; what the loops keep there stays."""
    with tempfile.TemporaryDirectory() as folder:
        build(day, Path(folder), further or ())
        every = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        files = {file.relative_to(folder).as_posix(): file.read_bytes() for file in every}
    start = repo.head() if branch not in repo.branches() else branch
    there = repo.files(start) if repo.log(start) else {}
    gone = {path: None for path in there if path not in files and not is_state(path)}
    changed = {path: content for path, content in files.items() if there.get(path) != content}
    repo.push(branch, {**changed, **gone}, OWNER, message)


def is_state(path: str) -> bool:
    return path.startswith("autoresearch/") and path != "autoresearch/config.yml"


def run(out: Path, folder: Path, github: GitHub) -> list[str]:
    """The story; what is not as the answer key implies."""
    repo = github.repository(f"{OWNER}/shop", {"README.md": "# Harbour Clay\n"})
    runner = Runner(github, repo, folder, out)
    wrong: list[str] = []
    for day, ends_with in ((1, "0"), (2, "1")):
        at(github, TODAY[day])
        print(f"\n── Day {day} is deployed, and the monitor runs.")
        deploy(repo, "main", f"Day {day}", day)
        reported = runner.monitor(TODAY[day], f"day-{day}", ends_with)
        wrong += [f"day {day}: {text}" for text in differences(planted(day), reported)]
        if day == 1:
            wrong += [f"a first run opened an issue: {issue.title}" for issue in issues(repo)]
    wrong += [f"day 2: {text}" for text in misfiled(repo, told(out / "day-2.json"))]
    further = tomllib.loads((SHOP / "pull-request.toml").read_text(encoding="utf-8"))["change"]
    wrong += [f"pull request: {text}" for text in pull_request(runner, further)]
    wrong += [f"after it: {text}" for text in merged(runner, further)]
    return wrong + github.violations


def at(github: GitHub, day: str) -> None:
    """Let the server's clock show that morning."""
    github.world.now = dt.datetime.fromisoformat(f"{day}T06:00:00Z")


def pull_request(runner: Runner, further: list[dict[str, Any]]) -> list[str]:
    """Measured with a token that reads, published by the run that follows, as for a stranger's pull request."""
    repo = runner.repo
    print("\n── A pull request mends two mistakes and makes another one: it is measured, and then reported.")
    before = repo.head()
    repo.branch(BRANCH)
    deploy(repo, BRANCH, "Mend the terms, say more about glazes", 2, further)
    number = repo.open_pull(BRANCH, title="Mend the terms, say more about glazes", author=OWNER)
    payload = event_of_pull(repo, number)
    now = f"--now {TODAY[2]}T12:00:00Z"
    line = f"run {now} --no-comment --no-check --fail-on never"
    workspace = runner.job(line, "pull_request", payload, MEASURE, at=BRANCH)
    changes = runner.out / "pull-request.json"
    line = f"publish {now} --changes {changes}"
    runner.job(line, "workflow_run", uploaded(repo, workspace / RESULT), REPORT, ends_with="1")
    wrong = differences({find for find in implied(further) if find.loop != OUTSIDE}, found(changes))
    wrong += [] if repo.head() == before else ["it moved main"]
    comments = repo.issues[number].comments
    said = comments[0].body if comments else ""
    wrong += [] if len(comments) == 1 else [f"{len(comments)} comments, not one"]
    own = reports(find for change in further for find in change["finds"])
    wrong += [f"the comment does not tell of {find.subject}" for find in own if f"- `{find.subject}`" not in said]
    checks = [(check.head_sha, check.conclusion) for check in repo.checks.values()]
    return wrong + ([] if checks == [(repo.head(BRANCH), "failure")] else [f"the checks are {checks}"])


def uploaded(repo: Repo, result: Path) -> dict[str, Any]:
    """The artifact of the run that has measured, and the event of the run that follows it."""
    run_id = repo.add_run(head_branch=BRANCH)
    repo.add_artifact(run_id, "autoresearch-result", zipped(result))
    run = {"id": run_id, "event": "pull_request", "head_sha": repo.head(BRANCH), "head_branch": BRANCH}
    return {"workflow_run": run | {"head_repository": {"full_name": repo.full_name}, "conclusion": "success"}}


def merged(runner: Runner, further: list[dict[str, Any]]) -> list[str]:
    """Two more days: what is mended is ticked off, what is mended altogether is closed once two runs have seen it."""
    repo = runner.repo
    print("\n── It is merged all the same, and the monitor runs on the two days that follow.")
    repo.merge_pull(next(iter(repo.pulls)), by=OWNER)
    wrong = []
    for day, name, ends_with in (("2026-10-07", "day-3", "1"), ("2026-10-08", "day-4", "0")):
        at(runner.github, day)
        reported = runner.monitor(day, name, ends_with)
        expected = implied(further)
        if name == "day-4":
            expected = {report._replace(kind="persisting") for report in expected if report.kind != "fixed"}
        wrong += differences(expected, reported)
    own = reports(find for change in further for find in change["finds"])
    ended = {report.rule for report in own if report.kind == "fixed"} - {report.rule for report in expected}
    closed = [issue for issue in issues(repo) if issue.state == "closed"]
    for issue in closed:
        if not any(f"`{rule}`" in (issue.body or "") for rule in ended) or issue.reason != "completed":
            wrong.append(f"#{issue.number} is closed as {issue.reason}")
        if not issue.comments:
            wrong.append(f"#{issue.number} is closed without a word")
    if len(closed) != len(ended):
        wrong.append(f"{len(closed)} issues are closed, and {len(ended)} rules are kept again")
    boxes = {"fixed": "[x]", "new": "[ ]"}
    said = "\n".join(issue.body or "" for issue in issues(repo))
    wrong += [
        f"no issue has - {boxes[report.kind]} `{report.subject}`"
        for report in own
        if f"- {boxes[report.kind]} `{report.subject}`" not in said
    ]
    return wrong


def zipped(result: Path) -> bytes:
    """As `actions/upload-artifact` stores it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.write(result, result.name)
    return archive.getvalue()


# -- what has to be there


def implied(further: list[dict[str, Any]]) -> set[Report]:
    """What the pull request has to be told: what it changes, and all else of day 2 as known."""
    own = reports(find for change in further for find in change["finds"])
    mended = {report._replace(kind="new") for report in own}
    known = planted(2) - mended
    return own | {report._replace(kind="persisting") for report in known}


def differences(expected: set[Report], actual: set[Report]) -> list[str]:
    return [
        *(f"missing: {report}" for report in sorted(expected - actual)),
        *(f"not planted: {report}" for report in sorted(actual - expected)),
    ]


def told(changes: Path) -> dict[tuple[str, str], list[str]]:
    """What deserves an issue, out of changes that agree with the answer key: topic → its places."""
    topics: dict[tuple[str, str], list[str]] = {}
    for change in json.loads(changes.read_text(encoding="utf-8"))["changes"]:
        if change["kind"] == "regressed" or (change["kind"] == "new" and change["severity"] == "error"):
            topics.setdefault((change["loop"], change["rule"]), []).append(change["subject"])
    return topics


def misfiled(repo: Repo, topics: dict[tuple[str, str], list[str]]) -> list[str]:
    """Issues that are missing or too many: five of their own, all others in the overview, each with its place."""
    own = [issue for issue in issues(repo) if issue.title != OVERVIEW]
    others = [issue for issue in issues(repo) if issue.title == OVERVIEW]
    said = "\n".join(issue.body or "" for issue in issues(repo))
    wrong = [f"no issue says `{place}` ({rule})" for (_, rule), p in topics.items() for place in p if place not in said]
    if len(own) != min(MAX_NEW, len(topics)) or len(others) != (len(topics) > MAX_NEW):
        wrong.append(f"{len(own)} issues and {len(others)} overviews for {len(topics)} topics")
    in_overview = sum(line.startswith("- **") for issue in others for line in (issue.body or "").splitlines())
    if in_overview != max(0, len(topics) - MAX_NEW):
        wrong.append(f"the overview tells of {in_overview} topics")
    return [*wrong, *(f"#{issue.number} is {issue.state}" for issue in issues(repo) if issue.state != "open")]


def issues(repo: Repo) -> list[Issue]:
    return [issue for issue in repo.issues.values() if issue.pull is None]


# -- what is there


def contents(repo: Repo) -> dict[str, Any]:
    """Commits, issues, pull requests with their comments, and checks."""
    return {
        "commits": [
            {"sha": sha, "author": commit.author.name, "message": commit.message}
            for sha, commit in zip(repo.objects.history(repo.head()), repo.log(), strict=True)
        ],
        "issues": [
            {"number": i.number, "state": i.state, "title": i.title, "labels": i.labels, "body": i.body}
            | {"author": i.author, "created": f"{i.created:%Y-%m-%d}", "reason": i.reason}
            | {"comments": [{"author": comment.author, "body": comment.body} for comment in i.comments]}
            for i in issues(repo)
        ],
        "pulls": [
            {
                "number": pull.number,
                "title": pull.title,
                "comments": [{"author": comment.author, "body": comment.body} for comment in pull.comments],
            }
            for pull in repo.pulls.values()
        ],
        "checks": [
            {
                "name": check.name,
                "conclusion": check.conclusion,
                "title": check.title,
                "sha": check.head_sha,
                "annotations": check.annotations,
            }
            for check in repo.checks.values()
        ],
    }


def printed(there: dict[str, Any]) -> Iterator[str]:
    """All of it, for a terminal."""
    yield "\n── What is on GitHub now"
    yield "\nCommits on main, the newest first:"
    for commit in there["commits"]:
        yield f"  {commit['sha'][:7]}  {commit['author']:<20} {commit['message'].splitlines()[0]}"
    yield "\nIssues:"
    for issue in there["issues"]:
        yield f"  #{issue['number']:<3} {issue['state']:<7} {issue['title']}  [{', '.join(issue['labels'])}]"
    for issue in there["issues"]:
        if issue["number"] == 1 or issue["state"] == "closed":
            yield f"\nIssue #{issue['number']}, as Markdown:"
            yield from quoted(issue["body"])
        for comment in issue["comments"] if issue["state"] == "closed" else ():
            yield f"\nThe comment of {comment['author']} on it:"
            yield from quoted(comment["body"])
    for pull in there["pulls"]:
        for comment in pull["comments"]:
            yield f"\nThe comment of {comment['author']} on pull request #{pull['number']}, {pull['title']}:"
            yield from quoted(comment["body"])
    for check in there["checks"]:
        notes = [f"{a['path']}:{a['start_line']} {a['message']}" for a in check["annotations"]]
        yield f"\nThe check {check['name']} of {check['sha'][:7]}: {check['conclusion']}, {check['title']}"
        yield from (f"  {note}" for note in notes)


def quoted(markdown: str) -> Iterator[str]:
    """Without the hidden marker; what a reader has to unfold stays folded."""
    shown = re.sub(r"<!-- .*? -->\n|\n(?=\n\n)", "", markdown)
    shown = re.sub(r"<details><summary>(.*?)</summary>.*?</details>", r"▸ \1", shown, flags=re.DOTALL)
    yield from (f"  │ {line}".rstrip() for line in shown.splitlines())


def main() -> int:
    """Run, print, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the folder for what comes of it; made when it is missing")
    out: Path = parser.parse_args().out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, GitHub() as github:
        wrong = run(out, Path(folder), github)
        there = contents(github.world.repositories[f"{OWNER}/shop"])
    (out / "github.json").write_text(json.dumps(there, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print("\n".join(printed(there)))
    print("\n── Held against the answer key (examples/shop/answer-key.toml, pull-request.toml)")
    for text in wrong:
        print(f"  wrong: {text}")
    if not wrong:
        print("  Every change is where it belongs, once, and nothing else is there.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
