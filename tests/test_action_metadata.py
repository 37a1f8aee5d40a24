"""The Action's inputs, outputs, versions and permissions are said in several places: all of them say the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from ruamel.yaml import YAML

from autoresearch import __version__, action
from autoresearch.errors import UsageError
from autoresearch.github.permissions import DOCS, needed

ROOT = Path(__file__).parents[1]

CALLS = {
    "workflow result": ("GET", "/actions/runs/1/artifacts"),
    "check": ("POST", "/check-runs"),
    "comment": ("POST", "/issues/1/comments"),
    "pull request": ("GET", "/pulls"),
    "config and state": ("GET", "/git/trees/1"),
    "commit": ("PATCH", "/git/refs/heads/main"),
    "issue": ("POST", "/issues"),
    "rolling pull request": ("POST", "/pulls"),
}
TOLD_WITH_A_TOKEN = {"comment-url", "check-url", "issue-numbers", "commit-sha"}
MONITOR = {"config and state", "commit", "issue", "rolling pull request"}
REPORT = {"check", "comment", "pull request", "config and state"}
DONE_BY = {
    "monitor.yml: monitor": MONITOR,
    "pull-request.yml: measure": {"config and state"},
    "pull-request-report.yml: report": REPORT | {"workflow result"},
    "sharded.yml: plan": {"config and state"},
    "sharded.yml: measure": {"config and state"},
    "sharded.yml: publish": MONITOR,
    "preview.yml: measure": {"config and state"},
    "preview.yml: report": REPORT,
}
"""What each job of `workflows/` does on GitHub."""


def read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(ROOT / name)
    return loaded


ACTION = read("action.yml")
JOBS = {
    f"{path.name}: {name}": job["permissions"]
    for path in sorted((ROOT / "workflows").glob("*.yml"))
    for name, job in read(f"workflows/{path.name}")["jobs"].items()
}


def section(document: str, heading: str) -> str:
    text = (ROOT / document).read_text()
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"{document} has no section {heading}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of all tables but their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    heads = {index for index, row in enumerate(cells) if set("".join(row)) <= set("-: ")}
    return [row for index, row in enumerate(cells) if index not in heads and index + 1 not in heads]


def in_a_table(text: str) -> str:
    return text.replace("|", r"\|")


def test_the_readme_has_every_input_and_output_as_the_action_has_it() -> None:
    inputs = [[f"`{name}`", in_a_table(entry["description"])] for name, entry in ACTION["inputs"].items()]
    outputs = [[f"`{name}`", in_a_table(entry["description"])] for name, entry in ACTION["outputs"].items()]
    assert rows(section("README.md", "The Action")) == inputs + outputs


def test_every_input_is_read_and_no_other() -> None:
    assert set(action._INPUTS) == set(ACTION["inputs"])


@pytest.mark.parametrize("name", sorted(set(ACTION["inputs"]) - {"command", "token", "args"}))
def test_an_input_reaches_a_command_that_takes_it(name: str) -> None:
    from autoresearch.cli import app

    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    reached = 0
    for command in ("run", "publish", "plan"):
        try:
            words, _ = action.command_line({"INPUT_COMMAND": command, f"INPUT_{name.upper()}": "true"})
        except UsageError:
            continue
        options = {
            option for parameter in known[command].params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        given = {word.partition("=")[0] for word in words[1:] if word.startswith("--") and word != "--"}
        assert given <= options, command
        reached += len(words) > 1
    assert reached


def test_a_step_sets_outputs_that_the_action_has(tmp_path: Path) -> None:
    (tmp_path / "autoresearch").mkdir()
    (tmp_path / "autoresearch" / "config.yml").write_text(
        "version: 1\nloops: {notes: {kind: rubric, files: '*.md', rules: [{id: said, pattern: .}]}}\n"
    )
    (tmp_path / "note.md").write_text("hello\n")
    runner = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "schedule",
        "GITHUB_OUTPUT": str(tmp_path / "outputs"),
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_SHA": "a" * 40,
        "PATH": os.environ["PATH"],
    }
    for command in ("run", "plan"):
        step = [sys.executable, "-m", "autoresearch.action"]
        subprocess.run(step, cwd=tmp_path, env=runner | {"INPUT_COMMAND": command}, check=True, capture_output=True)
    told = set(re.findall(r"^([a-z-]+)(?:=|<<)", (tmp_path / "outputs").read_text(), re.MULTILINE))
    assert told == set(ACTION["outputs"]) - TOLD_WITH_A_TOKEN
    code = "".join(module.read_text() for module in (ROOT / "src" / "autoresearch").rglob("*.py"))
    assert all(f'"{name}"' in code for name in TOLD_WITH_A_TOKEN)


def test_a_default_of_the_action_is_the_command_lines_own() -> None:
    defaults = {name: entry["default"] for name, entry in ACTION["inputs"].items() if "default" in entry}
    assert defaults.pop("token") == "${{ github.token }}"
    assert action.command_line({f"INPUT_{name.upper()}": value for name, value in defaults.items()}) == (
        action.command_line({})
    )


def test_the_slim_action_differs_from_the_other_in_name_description_and_image_alone() -> None:
    slim = read("slim/action.yml")
    assert {key: slim[key] for key in slim if key not in {"name", "description", "runs"}} == {
        key: ACTION[key] for key in ACTION if key not in {"name", "description", "runs"}
    }
    assert slim["runs"]["using"] == ACTION["runs"]["using"]


def test_main_builds_its_own_image() -> None:
    assert ACTION["runs"]["image"] == "Dockerfile"
    assert (ROOT / "slim" / read("slim/action.yml")["runs"]["image"]).resolve() == ROOT / "Dockerfile"


def test_names_are_in_kebab_case_and_said_to_mean_something() -> None:
    for name, entry in {**ACTION["inputs"], **ACTION["outputs"]}.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert len(entry["description"]) > 10


def test_the_marketplace_takes_the_metadata() -> None:
    """GitHub's limits: a description of 125 characters, one of its colours."""
    for metadata in (ACTION, read("slim/action.yml")):
        assert len(metadata["description"]) <= 125
        assert metadata["branding"]["color"] in {"white", "black", "yellow", "blue", "green", "orange", "red", "purple"}


def test_documents_name_the_version_that_the_sources_have() -> None:
    for document in ("README.md", "docs/github.md"):
        assert set(re.findall(r"@v(\d[\w.]*)|# v0[\w.]*", (ROOT / document).read_text())) <= {__version__, ""}


def test_the_table_of_permissions_is_what_the_workflows_ask_for() -> None:
    table: dict[str, dict[str, str]] = {}
    workflow = job = ""
    for cells in rows(section("docs/github.md", "Permissions")):
        workflow, job = cells[0].strip("`") or workflow, cells[1].strip("`") or job
        scope, level = cells[2].strip("`").split(": ")
        table.setdefault(f"{workflow}: {job}", {})[scope] = level
        assert cells[3]
    assert table == JOBS


@pytest.mark.parametrize("job", JOBS)
def test_a_job_has_the_permissions_that_its_calls_need_and_no_other(job: str) -> None:
    has = JOBS[job]
    used: set[str] = set()
    for call in DONE_BY[job]:
        fitting = [p for p in needed(*CALLS[call]) if has.get(p.scope) in {p.level, "write"}]
        assert fitting, call
        used |= {p.scope for p in fitting}
    assert used == set(has)
    for scope, level in has.items():
        levels = {p.level for call in DONE_BY[job] for p in needed(*CALLS[call]) if p.scope == scope}
        assert level == ("write" if "write" in levels else "read")


def test_an_error_about_permissions_leads_to_a_page_that_is_there() -> None:
    document, _, fragment = DOCS.partition("#")
    assert section(document, fragment.capitalize())
