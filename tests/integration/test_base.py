"""`--base`: the base revision is measured too, and only what the head introduced is new."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Repository

WORDS = """
import json, pathlib
finding = {"rule": "word", "severity": "error", "message": "no"}
words = pathlib.Path("words.txt").read_text().split()
print(json.dumps({"findings": [{**finding, "subject": word} for word in words]}))
"""
TIMES = """
import json, pathlib, random
level = float(pathlib.Path("level.txt").read_text())
draw = random.Random(f"{pathlib.Path.cwd()} {random.random()}")
value = level * draw.lognormvariate(0, 0.005)
print(json.dumps({"metrics": [{"name": "ms", "value": value, "better": "lower", "gate": True}]}))
"""


def git(root: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    command = ["git", "-C", str(root), *who, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def commit(repository: Repository, **files: str) -> str:
    for name, text in files.items():
        repository.write(name.replace("_", "."), text)
    git(repository.root, "add", "-A", ":!result.json", ":!changes.json")
    git(repository.root, "commit", "-qm", "change")
    return git(repository.root, "rev-parse", "HEAD")


@pytest.fixture
def words(repository: Repository) -> Repository:
    git(repository.root, "init", "-qb", "main")
    command = json.dumps(repository.script("words", WORDS))
    repository.config(f"loops: {{words: {{kind: script, command: {command}}}}}\n")
    return repository


def test_only_what_the_head_introduced_is_new(words: Repository) -> None:
    base = commit(words, words_txt="old gone")
    commit(words, words_txt="old bad")
    ran = words.run("--base", "HEAD~1")
    assert {(c["subject"], c["kind"]) for c in ran.changes} == {
        ("bad", "new"),
        ("gone", "fixed"),
        ("old", "persisting"),
    }
    assert ran.result["base"]["sha"] == base
    assert ran.code == 1
    assert base[:7] in ran.stdout


def test_the_state_learns_nothing_from_it(words: Repository) -> None:
    commit(words, words_txt="old")
    before = words.run().state("words")
    assert words.run("--base", "HEAD").state("words") == before


def test_what_a_person_accepted_stays_accepted(words: Repository) -> None:
    commit(words, words_txt="old")
    words.run("--accept", "words:old", "--because", "we know")
    ran = words.run("--base", "HEAD", "--fail-on", "error")
    assert ran.code == 0
    assert ran.changes[0]["evidence"]["accepted"] == "we know"


def test_the_working_copy_and_git_itself_stay_as_they_are(words: Repository) -> None:
    commit(words, words_txt="old")
    commit(words, words_txt="new")
    words.write("words.txt", "not committed")
    before = git(words.root, "status", "--porcelain", "--untracked-files=all"), git(words.root, "worktree", "list")
    index = (words.root / ".git/index").read_bytes()
    words.run("--base", "HEAD~1", "--changes", "/dev/null", "--out", "/dev/null")
    after = git(words.root, "status", "--porcelain", "--untracked-files=all"), git(words.root, "worktree", "list")
    assert after == before
    assert (words.root / ".git/index").read_bytes() == index


def test_a_base_that_was_not_fetched_is_told(words: Repository) -> None:
    commit(words, words_txt="old")
    for name in ("origin/main", "--upload-pack=x"):
        ran = words.run(f"--base={name}")
        assert ran.code == 2
        assert f"--base {name}: there is no such commit" in ran.stderr
        assert "fetch-depth: 0" in ran.stderr


def test_a_base_that_cannot_be_measured_is_told_and_the_state_stands_in(words: Repository) -> None:
    commit(words, words_txt="old")
    git(words.root, "rm", "-q", "checks/words.py")
    git(words.root, "commit", "-qm", "no check")
    words.script("words", WORDS)
    commit(words, words_txt="old bad")
    ran = words.run("--base", "HEAD~1")
    assert "compared with the state instead" in ran.stdout
    assert ran.kinds == ["first-look", "first-look"]


@pytest.fixture
def times(repository: Repository) -> Repository:
    git(repository.root, "init", "-qb", "main")
    command = json.dumps(repository.script("times", TIMES))
    repository.config(f"loops: {{times: {{kind: script, command: {command}}}}}\n")
    return repository


def test_a_noisy_number_is_measured_in_turns_and_needs_no_history(times: Repository) -> None:
    commit(times, level_txt="100")
    commit(times, level_txt="150")
    ran = times.run("--base", "HEAD~1")
    (change,) = ran.changes
    assert (change["kind"], change["rule"], ran.code) == ("regressed", "times/metric-regressed", 1)
    assert change["evidence"]["pairs"] == 6
    assert 0.45 < change["evidence"]["effect"] < 0.55


def test_a_site_is_built_at_the_base_too(repository: Repository) -> None:
    git(repository.root, "init", "-qb", "main")
    build = f"{sys.executable} -c \\\"import pathlib, shutil; shutil.copytree('src', 'dist', dirs_exist_ok=True)\\\""
    repository.config(
        f'site: {{source: dist, dist: dist, url: "https://a.example", build: "{build}"}}\nloops: {{seo: {{}}}}\n'
    )
    repository.write(".gitignore", "dist/\n")
    page = (
        "<html lang=en><head><title>%s</title><meta name=description content=%s></head><body><h1>x</h1>%s</body></html>"
    )
    repository.write("src/index.html", page % ("Home", "home", '<a href="/gone">x</a><a href="/b">b</a>'))
    commit(repository, **{"src/b_html": page % ("B", "b", "")})
    repository.write(
        "src/index.html", page % ("Home", "home", '<a href="/gone">x</a><a href="/lost">y</a><a href="/b">b</a>')
    )
    commit(repository)
    subprocess.run(["cp", "-r", str(repository.root / "src"), str(repository.root / "dist")], check=True)
    ran = repository.run("--base", "HEAD~1")
    broken = {c["key"]: c["kind"] for c in ran.changes if c["rule"] == "seo/broken-link"}
    assert broken == {"/gone": "persisting", "/lost": "new"}
