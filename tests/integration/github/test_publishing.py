"""Whole jobs against GitHub: what a pull request, a schedule, a fork and a matrix leave there, and what they do not."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.actions import Done, Runner, event_of_pull
from tests.github.server import GitHub
from tests.github.state import Repo

WORDS = """
import json, pathlib
found = pathlib.Path("words.txt").read_text().split()
finding = {"rule": "word", "severity": "error", "message": "say it otherwise", "path": "words.txt", "line": 1}
print(json.dumps({"findings": [{**finding, "subject": word} for word in found]}))
"""
CONFIG = f"""
version: 1
loops:
  words: {{kind: script, command: [{json.dumps(sys.executable)}, checks/words.py]}}
"""
FILES = {"autoresearch/config.yml": CONFIG, "checks/words.py": WORDS, "words.txt": ""}


@pytest.fixture
def runner(github: GitHub, shop: Repo, token: str, tmp_path: Path) -> Runner:
    shop.push("main", FILES, "alice", "Add autoresearch")
    return Runner(github, shop, token, tmp_path)


def schedule(runner: Runner, words: str | None = None, **asked: Any) -> Done:
    if words is not None:
        runner.repo.push("main", {"words.txt": words}, "alice", "Words")
    return runner.run("schedule", **asked)


def state(repo: Repo) -> dict[str, Any]:
    return json.loads(repo.files()["autoresearch/words/state.json"])  # type: ignore[no-any-return]


def our_issues(repo: Repo) -> list[Any]:
    return [issue for issue in repo.issues.values() if issue.pull is None]


def comments(repo: Repo, number: int) -> list[str]:
    return [comment.body for comment in repo.issues[number].comments]


def pull(runner: Runner, words: str, *, branch: str = "change", fork: Repo | None = None) -> int:
    (fork or runner.repo).push(branch, {"words.txt": words}, "mallory", "Change", start="main")
    return runner.repo.open_pull(branch, from_fork=fork)


def test_a_first_run_commits_what_it_found_and_files_nothing(runner: Runner) -> None:
    done = schedule(runner, "old")
    assert done.error is None
    assert done.outputs["verdict"] == "pass"
    assert done.outputs["commit-sha"] == runner.repo.head()
    assert [known["subject"] for known in state(runner.repo)["known"].values()] == ["old"]
    assert our_issues(runner.repo) == []


def test_a_new_finding_files_one_issue_that_closes_after_two_healthy_runs(runner: Runner) -> None:
    schedule(runner, "")
    done = schedule(runner, "bad")
    assert (done.error, done.code, done.outputs["new"]) == (None, 1, "1")
    (issue,) = our_issues(runner.repo)
    assert issue.state == "open"
    assert "bad" in issue.body
    assert done.outputs["issue-numbers"] == f"[{issue.number}]"
    schedule(runner)
    assert len(our_issues(runner.repo)) == 1
    schedule(runner, "")
    assert issue.state == "open", "one healthy run is no proof"
    schedule(runner)
    assert (issue.state, issue.reason) == ("closed", "completed")
    schedule(runner, "bad")
    assert issue.state == "open", "reopened, not duplicated"
    assert len(our_issues(runner.repo)) == 1


def test_two_healthy_runs_of_one_day_close_an_issue_too(runner: Runner) -> None:
    schedule(runner, "")
    schedule(runner, "bad")
    for _ in range(2):
        schedule(runner, "", day=3)
    (issue,) = our_issues(runner.repo)
    assert issue.state == "closed"


def test_an_issue_closed_as_not_planned_is_muted(runner: Runner) -> None:
    schedule(runner, "")
    schedule(runner, "bad")
    (issue,) = our_issues(runner.repo)
    runner.repo.close_issue(issue.number, reason="not_planned", by="alice")
    schedule(runner)
    assert issue.state == "closed"
    assert [known["muted"] for known in state(runner.repo)["known"].values()] == [True]
    assert schedule(runner, fail_on="error").code == 0


def test_the_same_result_published_twice_changes_nothing_and_writes_nothing(runner: Runner) -> None:
    schedule(runner, "")
    schedule(runner, "bad other")
    wrote = len(runner.github.writes)
    read = len(runner.github.calls)
    again = schedule(runner, number=str(1000 + runner.jobs), day=runner.jobs)
    assert again.error is None
    assert len(runner.github.writes) == wrote
    assert len(runner.github.calls) - read <= 6


def test_a_pull_request_gets_one_comment_and_one_check_and_no_commit(runner: Runner) -> None:
    schedule(runner, "old")
    before = runner.repo.head()
    number = pull(runner, "old bad")
    payload = event_of_pull(runner.repo, number)
    done = runner.run("pull_request", payload, at="change")
    assert (done.error, done.code) == (None, 1)
    assert done.kinds == ["new", "persisting"]
    (comment,) = comments(runner.repo, number)
    assert "bad" in comment
    (check,) = runner.repo.checks.values()
    assert (check.conclusion, check.head_sha) == ("failure", payload["pull_request"]["head"]["sha"])
    assert [annotation["path"] for annotation in check.annotations] == ["words.txt"]
    assert runner.repo.head() == before
    assert our_issues(runner.repo) == []


def test_a_pull_request_cannot_move_its_own_baseline(runner: Runner) -> None:
    schedule(runner, "old")
    forged = json.loads(runner.repo.files()["autoresearch/words/state.json"])
    number = pull(runner, "old bad")
    known = next(iter(forged["known"].values()))
    forged["known"]["0" * 16] = {**known, "subject": "bad"}
    runner.repo.push("change", {"autoresearch/words/state.json": json.dumps(forged)}, "mallory", "Nothing to see")
    done = runner.run("pull_request", event_of_pull(runner.repo, number), at="change")
    assert [(c.kind, c.subject) for c in done.changes] == [("new", "bad"), ("persisting", "old")]


def test_an_unchanged_pull_request_costs_six_reads_and_no_write(runner: Runner) -> None:
    schedule(runner, "old")
    number = pull(runner, "old bad")
    payload = event_of_pull(runner.repo, number)
    runner.run("pull_request", payload, at="change", number="77", day=5)
    calls = len(runner.github.calls)
    runner.run("pull_request", payload, at="change", number="77", day=5)
    again = runner.github.calls[calls:]
    assert [call.path for call in again if call.writes] == []
    assert len(again) <= 6


def uploaded(runner: Runner, job: int) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("result.json", runner.result_of(job).read_bytes())
    return archive.getvalue()


def of_fork(
    runner: Runner,
    words: str,
    forge: Callable[[dict[str, Any]], None] = lambda _: None,
    meanwhile: Callable[[Repo], object] = lambda _: None,
) -> tuple[int, Done]:
    """A fork's pull request: measured with a token that only reads, published by the run that follows."""
    fork = runner.repo.fork("mallory")
    number = pull(runner, words, fork=fork)
    payload = event_of_pull(runner.repo, number)
    runner.repo.push("on-disk", dict(fork.files("change")), "runner", "What the runner has checked out", start="main")
    measured = runner.run("pull_request", payload, at="on-disk", token=runner.github.token(read_only=True))
    assert measured.error is None
    data = json.loads(runner.result_of(runner.jobs).read_text())
    forge(data)
    runner.result_of(runner.jobs).write_text(json.dumps(data))
    head = payload["pull_request"]["head"]
    run_id = runner.repo.add_run(head_sha=head["sha"], head_branch=head["ref"], head_repository=fork)
    runner.repo.add_artifact(run_id, "autoresearch-result", uploaded(runner, runner.jobs))
    meanwhile(fork)
    follows = {
        "id": run_id, "event": "pull_request", "head_sha": head["sha"], "head_branch": head["ref"],
        "head_repository": {"full_name": fork.full_name}, "conclusion": "success",
    }  # fmt: skip
    return number, runner.publish("workflow_run", {"workflow_run": follows})


def test_a_fork_is_measured_without_a_write_and_published_by_the_run_that_follows(runner: Runner) -> None:
    schedule(runner, "old")
    wrote, began = len(runner.github.writes), [0]
    number, done = of_fork(runner, "old bad", meanwhile=lambda _: began.append(len(runner.github.calls)))
    assert done.error is None
    read = [call.path for call in runner.github.calls[began[-1] :] if "/git/" in call.path]
    assert len(read) == len(set(read)), "what has a hash is read once"
    (comment,) = comments(runner.repo, number)
    assert "bad" in comment
    assert "advice" in comment
    assert {call.login for call in runner.github.writes[wrote:]} == {"github-actions[bot]"}
    assert [change.kind for change in done.changes] == ["new", "persisting"]


def test_a_result_cannot_speak_for_another_pull_request_or_bring_its_own_verdict(runner: Runner) -> None:
    schedule(runner, "old")
    innocent = pull(runner, "old", branch="innocent")

    def forge(data: dict[str, Any]) -> None:
        data["run"] |= {"id": f"{innocent}", "sha": runner.repo.head("innocent"), "event": "schedule"}
        finding = data["measurements"][0]["findings"][0]
        data["measurements"][0]["findings"].append({**finding, "judged": True, "rule": "words/forged"})

    number, done = of_fork(runner, "old bad", forge)
    assert comments(runner.repo, innocent) == []
    assert len(comments(runner.repo, number)) == 1
    assert all(change.rule != "words/forged" for change in done.changes)
    assert {check.head_sha for check in runner.repo.checks.values()} == {runner.repo.issues[number].pull.head_sha}


def test_a_result_that_a_newer_push_has_overtaken_says_nothing(runner: Runner) -> None:
    schedule(runner, "old")
    newer = {"words.txt": "old better"}
    number, done = of_fork(
        runner, "old bad", meanwhile=lambda fork: fork.push("change", newer, "mallory", "Newer") and None
    )
    assert done.error is None
    assert comments(runner.repo, number) == []
    assert runner.repo.checks == {}
    assert "no open pull request" in done.log


def test_a_missing_permission_is_named_and_the_result_is_kept(runner: Runner) -> None:
    schedule(runner, "")
    weak = runner.github.token({"contents": "write"}, repository=runner.repo.full_name)
    done = schedule(runner, "bad", token=weak)
    assert done.code == 4
    assert done.error is not None
    assert "issues: write" in str(done.error)
    assert "the result is kept in" in str(done.error)
    assert runner.result_of(runner.jobs).is_file()
    schedule(runner)
    assert len(our_issues(runner.repo)) == 1, "the next run does what was missing"


def test_no_publish_and_a_part_of_a_run_write_nothing_on_github(runner: Runner) -> None:
    schedule(runner, "")
    wrote = len(runner.github.writes)
    done = schedule(runner, "bad", wishes={"publish": False})
    part = schedule(runner, shard=(1, 2))
    assert len(runner.github.writes) == wrote
    assert (done.outputs["new"], part.outputs["new"]) == ("1", "1")
    assert part.summary == ""
    assert (runner.folder / "job-2/workspace/autoresearch/words/state.json").is_file(), "for whoever commits it himself"


def test_shards_of_a_schedule_become_one_commit_and_one_issue(runner: Runner) -> None:
    second = runner.repo.files()["autoresearch/config.yml"].decode() + CONFIG.partition("loops:\n")[2].replace(
        "  words:", "  more:"
    )
    runner.repo.push("main", {"autoresearch/config.yml": second}, "alice", "Another loop")
    schedule(runner, "")
    commits = len(runner.repo.log())
    parts = []
    for index in (1, 2):
        schedule(runner, "bad" if index == 1 else None, shard=(index, 2), number="500", day=9)
        parts.append(runner.result_of(runner.jobs))
    done = runner.publish("schedule", {}, *parts, number="500", day=9)
    assert done.error is None
    assert sorted(change.loop for change in done.changes) == ["more", "words"]
    assert len(runner.repo.log()) == commits + 2, "a push of the test, and one commit of ours"
    assert len(our_issues(runner.repo)) == 2


def test_a_deployment_is_told_on_the_pull_request_of_its_commit(runner: Runner) -> None:
    schedule(runner, "old")
    number = pull(runner, "old bad")
    head = runner.repo.head("change")
    url = "https://preview.shop.example"
    status = {"state": "success", "environment_url": url}
    done = runner.run("deployment_status", {"deployment": {"sha": head}, "deployment_status": status}, at="change")
    assert done.error is None
    assert len(comments(runner.repo, number)) == 1
    assert [check.head_sha for check in runner.repo.checks.values()] == [head]
    assert our_issues(runner.repo) == []


def test_a_merge_group_gets_a_check_alone(runner: Runner) -> None:
    schedule(runner, "old")
    pull(runner, "old bad")
    head = runner.repo.head("change")
    done = runner.run("merge_group", {"merge_group": {"head_sha": head, "base_ref": "refs/heads/main"}}, at="change")
    assert (done.error, done.kinds) == (None, ["new", "persisting"])
    assert [(check.head_sha, check.conclusion) for check in runner.repo.checks.values()] == [(head, "failure")]
    assert [call.path for call in runner.github.writes if "comments" in call.path or "/issues" in call.path] == []


def test_a_push_to_another_branch_is_measured_and_written_nowhere(runner: Runner) -> None:
    schedule(runner, "old")
    pull(runner, "old bad")
    wrote = len(runner.github.writes)
    runner.more = {"GITHUB_REF": "refs/heads/change"}
    done = runner.run("push", {"ref": "refs/heads/change"}, at="change")
    assert (done.error, done.kinds) == (None, ["new", "persisting"])
    assert "bad" in done.summary
    assert len(runner.github.writes) == wrote
