"""Code of the repository is another user than the one that holds the token, and what root writes stays the owner's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autoresearch.signals.process import User, hand_over, user_for
from autoresearch.state import write_all

TOKEN = "ghs_" + "t0p5ecret" * 4
OWNER = 12_345
NO_GROUP = 65_534
root = pytest.mark.skipif(os.geteuid() != 0, reason="ONLY ROOT CAN START A PROGRAM AS ANOTHER USER")

TOOL = """
import ctypes, os, sys
from pathlib import Path
from autoresearch.signals.process import run
if sys.argv[2:]:
    os.setuid(int(sys.argv[2]))
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as if this user had started it
finished = run(["python3", "pry.py"], cwd=Path(sys.argv[1]), time_limit=30, output_limit=10_000)
sys.stdout.buffer.write(finished.stdout)
sys.stderr.buffer.write(finished.stderr)
"""
PRY = """
import json, os, pathlib

def readable(path):
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        return type(error).__name__.encode()

parent = f"/proc/{os.getppid()}"
print(json.dumps({
    "environ": readable(f"{parent}/environ").decode(),
    "memory": os.access(f"{parent}/mem", os.R_OK),
    "command line": readable(f"{parent}/cmdline").decode(),
    "own": dict(os.environ),
    "home": os.access(os.environ["HOME"], os.W_OK),
    "user": [os.getuid(), os.geteuid(), os.getgid(), os.getgroups()],
    "session": os.getsid(0) == os.getpid(),
}))
"""


@pytest.fixture
def workspace() -> Iterator[Path]:
    """Not below `tmp_path`, where another user may not go."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        (path / "pry.py").write_text(PRY)
        yield path


def give(folder: Path, uid: int) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, uid, uid)


def pry(workspace: Path, uid: int | None = None) -> dict[str, Any]:
    """What a program of the repository reaches of the tool that started it; the tool holds the token, as user `uid`."""
    environment = {**os.environ, "GITHUB_TOKEN": TOKEN, "INPUT_TOKEN": TOKEN}
    command = [sys.executable, "-c", TOOL, str(workspace), *([str(uid)] if uid else [])]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stderr
    facts: dict[str, Any] = json.loads(ran.stdout or "{}")
    assert facts, ran.stderr
    return facts


@root
def test_a_program_is_the_workspaces_owner_without_any_group(workspace: Path) -> None:
    give(workspace, OWNER)
    facts = pry(workspace)
    assert facts["user"] == [OWNER, OWNER, NO_GROUP, []]
    assert facts["session"]


@root
def test_it_reads_neither_environment_nor_memory_of_the_tool(workspace: Path) -> None:
    give(workspace, OWNER)
    facts = pry(workspace)
    assert facts["environ"] == "PermissionError"
    assert not facts["memory"]
    assert TOKEN not in json.dumps(facts)


@root
def test_it_has_a_home_of_its_own_that_is_gone_with_the_tool(workspace: Path) -> None:
    give(workspace, OWNER)
    facts = pry(workspace)
    assert facts["home"]
    assert facts["own"]["HOME"] != os.environ.get("HOME")
    assert not Path(facts["own"]["HOME"]).exists()


def test_where_it_is_the_same_user_it_reads_no_environment_either(workspace: Path) -> None:
    uid = os.geteuid() or OWNER
    if os.geteuid() == 0:
        give(workspace, uid)
    facts = pry(workspace, uid)
    assert facts["user"][:2] == [uid, uid]
    assert facts["environ"] == "PermissionError"
    assert not facts["memory"]
    assert TOKEN not in json.dumps(facts)


@root
def test_a_served_site_is_the_owners_too(workspace: Path) -> None:
    from contextlib import ExitStack

    from autoresearch.signals.site.serve import serve

    (workspace / "index.html").write_text("<title>Tea</title>")
    give(workspace, OWNER)
    with ExitStack() as stack:
        serve("id -u > who; python3 -m http.server --bind 127.0.0.1 $PORT", workspace, stack=stack, say=lambda _: None)
        assert (workspace / "who").read_text() == f"{OWNER}\n"
        assert (workspace / "who").stat().st_uid == OWNER


@root
def test_a_folder_that_we_made_is_handed_over_whole_and_no_link_is_followed(workspace: Path, tmp_path: Path) -> None:
    give(workspace, OWNER)
    ours = tmp_path / "base"
    (ours / "deep").mkdir(parents=True)
    (ours / "deep" / "page.html").touch()
    (tmp_path / "outside").touch()
    (ours / "link").symlink_to(tmp_path / "outside")
    hand_over(ours, workspace)
    assert {path.lstat().st_uid for path in (ours, *ours.rglob("*"))} == {OWNER}
    assert (tmp_path / "outside").stat().st_uid == 0
    assert user_for(ours) == user_for(workspace) == User(OWNER, NO_GROUP)


@root
def test_what_root_writes_belongs_to_the_owner_of_the_folder(workspace: Path) -> None:
    (workspace / "report.md").touch()
    os.chown(workspace, OWNER, OWNER)
    written = [workspace / "report.md", workspace / "autoresearch" / "seo" / "state.json"]
    write_all(dict.fromkeys(written, "{}"))
    for path in (*written, *written[1].parents[:2]):
        assert (path.stat().st_uid, path.stat().st_gid) == (OWNER, OWNER), path


@root
def test_in_roots_own_folder_everything_stays_roots(workspace: Path) -> None:
    write_all({workspace / "seo" / "state.json": "{}"})
    assert {path.stat().st_uid for path in workspace.rglob("*")} == {0}


@pytest.mark.skipif(os.geteuid() == 0, reason="ROOT MAY CHOOSE")
def test_who_is_not_root_chooses_no_user(workspace: Path) -> None:
    assert user_for(workspace) is None
