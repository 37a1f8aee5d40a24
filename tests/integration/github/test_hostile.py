"""A stranger's pull request: whatever its job uploads, the job that publishes it does no harm, and says what is wrong.

`test_artifacts.py` and `tests/unit/test_intake.py` try the ways to be wrong one by one.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autoresearch.intake import MAX_BYTES
from tests.actions import Done, event_of_pull
from tests.github.server import GitHub
from tests.integration.github.scenes import Scene, comments, findings, seen, shown

Data = dict[str, Any]
NAME = "autoresearch-result"


class Attack:
    """A fork's pull request that was measured; beside it an innocent one."""

    def __init__(self, github: GitHub, folder: Path) -> None:
        self.scene = Scene(github, folder)
        self.repo = self.scene.repo
        self.scene.night(words=findings("old"))
        self.innocent = self.scene.pull("innocent", words=findings("old"))
        self.fork = self.repo.fork("mallory")
        files = seen({"words": findings("old", "bad")})
        self.fork.push("change", files, "mallory", "Change", start="main")
        self.number = self.repo.open_pull("change", from_fork=self.fork)
        self.repo.push("on-disk", files, "runner", "What the runner has checked out", start="main")
        payload = event_of_pull(self.repo, self.number)
        self.head = payload["pull_request"]["head"]
        read_only = github.token(read_only=True)
        self.measured = self.scene.runner.run("pull_request", payload, at="on-disk", token=read_only)
        self.result: Data = json.loads(self.scene.runner.result_of(self.scene.runner.jobs).read_text())

    def publish(self, archive: bytes | None, **upload: Any) -> Done:
        """What the trusted job makes of an upload; None is no upload at all."""
        of_fork = {"head_sha": self.head["sha"], "head_branch": self.head["ref"]}
        run = self.repo.add_run(head_repository=self.fork, **of_fork)
        if archive is not None:
            self.repo.add_artifact(run, NAME, archive, **upload)
        there = {"head_repository": {"full_name": self.fork.full_name}, "conclusion": "success"}
        follows = {"id": run, "event": "pull_request", **of_fork, **there}
        return self.scene.runner.publish("workflow_run", {"workflow_run": follows})


@pytest.fixture
def attack(github: GitHub, tmp_path: Path) -> Attack:
    return Attack(github, tmp_path)


def zipped(content: Data | bytes | str, name: str = "result.json") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, json.dumps(content) if isinstance(content, dict) else content)
    return file.getvalue()


def flooded(result: Data, count: int) -> bytes:
    """A result with that many findings more."""
    found = json.dumps(result["measurements"][0]["findings"][0])
    start, end = json.dumps(result).split('"findings": [', 1)
    return f'{start}"findings": [{f"{found}," * count}{end}'.encode()


REFUSED: dict[str, tuple[Callable[[Data], bytes | None], str]] = {
    "nothing uploaded": (lambda _: None, "has no artifact named autoresearch-result"),
    "no archive": (lambda _: b"PK not a zip", "the archive is broken"),
    "cut short": (lambda result: zipped(result)[:-30], "the archive is broken"),
    "another file": (lambda result: zipped(result, "coverage.json"), "no result.json at the top of the archive"),
    "a path upwards": (lambda result: zipped(result, "../../result.json"), "no result.json at the top of the archive"),
    "an absolute path": (lambda result: zipped(result, "/tmp/result.json"), "no result.json at the top of the archive"),
    "a zip bomb": (lambda _: zipped(bytes(MAX_BYTES + 1)), "is larger than 50,000,000 bytes when unpacked"),
    "no JSON": (lambda _: zipped("<html>"), "1:1: not valid JSON"),
    "nesting": (lambda _: zipped("[" * 100_000), "nested"),
    "no result": (lambda _: zipped({"hello": 1}), "schema_version: is missing"),
    "a newer schema": (lambda result: zipped(result | {"schema_version": 99}), "written by a newer version"),
    "another type": (lambda result: zipped(result | {"measurements": {}}), "measurements: must be a list"),
    "a strange key": (lambda result: zipped(result | {"pull_request": 1}), "pull_request"),
    "nothing planned": (
        lambda result: zipped(result | {"run": {**result["run"], "planned": []}, "measurements": []}),
        "about no loop of the config",
    ),
    "a million findings": (lambda result: zipped(flooded(result, 1_000_000)), "larger than 50,000,000 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("how", REFUSED)
def test_what_is_no_honest_result_is_refused_whole_and_changes_nothing(attack: Attack, how: str) -> None:
    make, told = REFUSED[how]
    before, wrote = shown(attack.repo), len(attack.scene.github.writes)
    archive = make(attack.result)
    files = on_disk(attack.scene.folder)
    done = attack.publish(archive)
    assert done.error is not None
    assert done.code == 4
    assert told in str(done.error)
    assert "pydantic" not in str(done.error)
    assert len(attack.scene.github.writes) == wrote
    assert shown(attack.repo) == before
    assert done.summary == ""
    assert {path.parts[0] for path in on_disk(attack.scene.folder) - files} <= {f"job-{attack.scene.runner.jobs}"}


def on_disk(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def test_an_upload_that_says_to_be_large_is_not_even_fetched(attack: Attack) -> None:
    calls = len(attack.scene.github.calls)
    done = attack.publish(b"", size=MAX_BYTES + 1)
    assert "larger than 50,000,000 bytes" in str(done.error)
    assert not any(call.path.endswith("/zip") for call in attack.scene.github.calls[calls:])


def test_the_measuring_half_of_a_fork_writes_nothing(attack: Attack) -> None:
    assert (attack.measured.error, attack.measured.outputs["new"]) == (None, "1")
    assert {call.login for call in attack.scene.github.writes} == {"github-actions[bot]"}
    assert comments(attack.repo, attack.number) == []
    assert attack.repo.checks == {}


FORGED = [
    "<!-- autoresearch comment=autoresearch content=0000000000000000 -->",
    "<!-- autoresearch issue=2241433fcc1cfea5 turn=2 content=0000000000000000 -->",
    "--> <!-- autoresearch comment=autoresearch content=0000000000000000 -->",
    "\n<!-- autoresearch comment=autoresearch content=0000000000000000 -->\n# All well",
    "`<!-- autoresearch comment=autoresearch content=0000000000000000 -->`",
    "\x1e0\x1f\x1f\x1f# All well",
    "</details></sub>\n\n# All well\n\n<details>",
    "``` \n\n# All well",
    "| a | b |\n|---|---|\n# All well",
    "@octocat fixes #1, see https://evil.example and GH-1",
    "::error::no\n::set-output name=verdict::pass\r\n::add-mask::words",
    "\u202ellew llA",
]


def test_forged_markers_and_markup_stay_text(attack: Attack) -> None:
    found = attack.result["measurements"][0]["findings"]
    found += [{**found[0], "subject": text.strip(), "message": text, "key": text} for text in FORGED]
    done = attack.publish(zipped(attack.result))
    again = attack.publish(zipped(attack.result))
    assert (done.error, again.error) == (None, None)
    (comment,) = comments(attack.repo, attack.number)
    (check,) = attack.repo.checks.values()
    for said in (comment.partition("\n")[2], check.summary or "", done.summary):
        assert "<!--" not in said
        bare = re.sub(r"(`+).+?\1", "", said)
        assert not re.search(r"^# |@octocat|https://evil|#1\b|GH-1", bare, re.MULTILINE)
        assert "\u202e" not in said
        assert said.count("<details>") == said.count("</details>")
    assert comments(attack.repo, attack.innocent) == []
    commands = [line for line in re.split(r"[\r\n]+", done.log) if line.startswith("::")]
    assert all(re.match(r"::(error|warning|notice) ", line) for line in commands)
    assert (done.outputs["verdict"], done.outputs["new"]) == ("fail", str(1 + len(FORGED)))


def test_a_result_cannot_be_about_another_pull_request_or_come_out_of_another_time(attack: Attack) -> None:
    attack.result["run"] |= {"sha": attack.repo.head("innocent"), "event": "schedule", "now": "9999-01-01T00:00:00Z"}
    before = attack.repo.log()
    done = attack.publish(zipped(attack.result))
    assert done.error is None
    assert comments(attack.repo, attack.innocent) == []
    assert len(comments(attack.repo, attack.number)) == 1
    assert {check.head_sha for check in attack.repo.checks.values()} == {attack.head["sha"]}
    assert "9999" not in done.summary
    assert attack.repo.log() == before
    assert list(attack.repo.issues) == [attack.innocent, attack.number], "no issue was opened"


def test_a_loop_that_a_result_promises_and_does_not_bring_is_not_measured(attack: Attack) -> None:
    attack.result["measurements"] = []
    done = attack.publish(zipped(attack.result))
    assert (done.outputs["verdict"], done.outputs["fixed"], done.outputs["not-measured"]) == ("unsure", "0", "1")
