"""The demo on GitHub: two days and a pull request leave what the answer key implies, through the command line."""

from __future__ import annotations

import importlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.github.server import GitHub
from tests.github.state import Repo

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What was printed, and what is there."""
    out = tmp_path_factory.mktemp("demo")
    finished = subprocess.run(
        [ROOT / "scripts" / "demo", "--github", out], capture_output=True, text=True, check=False, timeout=300
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout, json.loads((out / "github.json").read_text(encoding="utf-8"))


def test_five_issues_and_an_overview_were_opened_on_the_second_day_and_what_is_mended_is_closed(
    demo: tuple[str, dict[str, Any]],
) -> None:
    issues = demo[1]["issues"]
    assert [issue["created"] for issue in issues] == ["2026-10-06"] * 6
    assert issues[-1]["title"] == "Autoresearch: more findings"
    (closed,) = [issue for issue in issues if issue["state"] == "closed"]
    assert (closed["title"], closed["reason"]) == ("seo: Pages that may no longer be indexed", "completed")
    (evidence,) = [comment["body"] for comment in closed["comments"]]
    assert "Not found any more in 2 runs" in evidence


def test_an_issue_says_what_is_open_and_what_is_mended(demo: tuple[str, dict[str, Any]]) -> None:
    body = next(issue["body"] for issue in demo[1]["issues"] if issue["title"] == "seo: Links to pages that fail")
    assert "- [ ] `/care`: links to /glazes/" in body
    assert "- [x] `/terms`: links to /shiping/" in body


def test_main_has_one_commit_of_state_for_each_day_and_none_of_the_pull_request(
    demo: tuple[str, dict[str, Any]],
) -> None:
    ours = [c["message"].splitlines()[0] for c in demo[1]["commits"] if c["author"] == "github-actions[bot]"]
    assert ours == [
        "autoresearch: state of 2026-10-08 (nothing new)",
        "autoresearch: state of 2026-10-07 (1 new, 2 fixed)",
        "autoresearch: state of 2026-10-06 (53 new, 1 regressed)",
        "autoresearch: state of 2026-10-05 (1 at first look)",
    ]


def test_the_pull_request_has_one_comment_and_a_failed_check_that_points_at_the_new_mistake(
    demo: tuple[str, dict[str, Any]],
) -> None:
    ((pull,), (check,)) = demo[1]["pulls"], demo[1]["checks"]
    (comment,) = pull["comments"]
    new, fixed = comment["body"].partition("### Fixed")[::2]
    assert "`/care`: links to /glazes/" in new
    assert "`/terms`: links to /shiping/" in fixed.partition("<details>")[0]
    assert check["conclusion"] == "failure"
    assert [annotation["message"][:5] for annotation in check["annotations"]] == ["/care"]


def test_a_person_can_read_in_the_terminal_what_is_there(demo: tuple[str, dict[str, Any]]) -> None:
    printed, there = demo
    for issue in there["issues"]:
        assert f"#{issue['number']}   {issue['state']:<7} {issue['title']}" in printed
    assert "The check autoresearch" in printed
    assert "▸ 49 known findings" in printed
    assert "<!--" not in printed


def test_the_pictures_of_the_docs_show_what_the_demo_leaves(
    demo: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs" / "images")
    pages = dict(importlib.import_module("render").pictures(demo[1]))
    assert "<h2>❌ Fails: 1 new error</h2>" in pages["comment.png"]
    assert "<details><summary>49 known findings</summary>" in pages["comment.png"]
    assert '<input type="checkbox" disabled checked> <code>/terms</code>' in pages["issue.png"]
    document = (ROOT / "docs" / "github.md").read_text(encoding="utf-8")
    for name in pages:
        assert f"](images/{name})" in document
        assert (ROOT / "docs" / "images" / name).stat().st_size < 200_000


TOPICS = {("seo", f"seo/rule-{n}"): [f"/page-{n}"] for n in range(7)}


@pytest.fixture
def filed(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Repo]]:
    """The demo's own judge, and a repository with the issues that those topics imply."""
    monkeypatch.syspath_prepend(ROOT / "examples" / "shop")
    with GitHub() as github:
        repo = github.repository("acme/shop")
        places = [place for places in TOPICS.values() for place in places]
        for place in places[:5]:
            repo.open_issue("seo: A rule", f"- [ ] `{place}`")
        repo.open_issue(
            "Autoresearch: more findings", "\n".join(f"- **A rule**\n  - `{place}`" for place in places[5:])
        )
        yield importlib.import_module("on_github"), repo


def test_what_the_answer_key_implies_is_accepted(filed: tuple[Any, Repo]) -> None:
    judge, repo = filed
    assert judge.misfiled(repo, TOPICS) == []


def test_a_closed_issue_a_second_one_and_a_place_that_is_told_nowhere_fail_the_demo(filed: tuple[Any, Repo]) -> None:
    judge, repo = filed
    repo.close_issue(1)
    repo.edit_issue(2, body="- [ ] `/elsewhere`")
    repo.open_issue("seo: A rule", "- [ ] `/page-3`")
    assert judge.misfiled(repo, TOPICS) == [
        "no issue says `/page-1` (seo/rule-1)",
        "6 issues and 1 overviews for 7 topics",
        "#1 is closed",
    ]


def test_an_overview_that_tells_less_fails_the_demo(filed: tuple[Any, Repo]) -> None:
    judge, repo = filed
    repo.edit_issue(6, body="- **A rule**\n  - `/page-5`")
    assert judge.misfiled(repo, TOPICS)[1:] == ["the overview tells of 1 topics"]
