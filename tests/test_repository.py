"""What the repository promises about itself: locks, scripts, documents and workflows agree with each other."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
SCRIPTS = [*sorted((ROOT / "scripts").iterdir()), ROOT / ".ci" / "run"]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/README.md")])
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def packages(requirements: list[str]) -> list[str]:
    """Their names, as an index normalizes them."""
    names = [re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0] for requirement in requirements]
    return [re.sub(r"[._-]+", "-", name).lower() for name in names]


def pins(lock: str) -> dict[str, str]:
    """Package → version of a lock file."""
    text = (ROOT / "requirements" / lock).read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", text, re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS, ids=relative)
def test_a_lock_file_names_no_index_and_has_a_hash_for_every_package(lock: Path) -> None:
    text = lock.read_text()
    assert not re.findall(r"^.*(?:://|file:|--index|--extra-index|--find-links).*$", text, re.MULTILINE)
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in block, block


def test_the_lock_of_the_peers_names_no_index() -> None:
    lock = json.loads((ROOT / "benchmarks" / "peers" / "package-lock.json").read_text())
    locked = {name: package for name, package in lock["packages"].items() if name}
    assert locked["node_modules/linkinator"]["version"].startswith("7.6.")
    assert all("resolved" not in package and "integrity" in package for package in locked.values())


def test_the_locks_hold_every_dependency_and_agree_on_its_version() -> None:
    runtime, dev = pins("runtime.txt"), pins("dev.txt")
    assert set(packages(PROJECT["project"]["dependencies"])) <= set(runtime)
    assert set(packages(PROJECT["dependency-groups"]["dev"])) <= set(dev)
    assert runtime.items() <= dev.items()


def test_every_runtime_dependency_has_its_reason_and_no_other_has() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE)
    assert packages([name for name, _ in rows]) == sorted(packages(PROJECT["project"]["dependencies"]))
    assert all(len(reason) > 20 for _, reason in rows)


@pytest.mark.parametrize("script", SCRIPTS, ids=relative)
def test_a_script_can_be_run_and_parsed(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert script.read_text().startswith("#!/usr/bin/env bash\n")
    subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", document.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        name, _, fragment = target.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        there = document.parent / name if name else document
        assert there.exists(), target
        if fragment:
            assert fragment in headings(there), target


def headings(document: Path) -> set[str]:
    """The fragments of a document, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_list_of_decisions_has_every_record_under_its_title() -> None:
    folder = ROOT / "docs" / "adr"
    listed = dict(re.findall(r"^\d+\. \[(.+)\]\((.+)\)$", (folder / "README.md").read_text(), re.MULTILINE))
    titles = {}
    for record in sorted(folder.glob("0*.md")):
        number, title = re.match(r"# (\d+)\. (.+)\n", record.read_text()).groups()  # type: ignore[union-attr]
        assert record.name.startswith(f"{int(number):04}-")
        titles[title] = record.name
    assert listed == titles


def test_a_benchmark_that_does_not_exist_is_refused_with_those_that_do() -> None:
    ended = subprocess.run([ROOT / "scripts" / "bench", "crawling"], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    offered = ended.stderr.partition("there are:")[2].split()
    assert offered == sorted(program.stem for program in (ROOT / "benchmarks").glob("*.py"))
