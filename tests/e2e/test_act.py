"""A real workflow, run by nektos/act: checkout, the Action in its container, its outputs in the steps that follow."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.github.server import GitHub

from .containers import ROOT, Engine, engine

pytestmark = pytest.mark.heavy

WORKFLOW = """\
name: autoresearch
on:
  schedule:
    - cron: "17 4 * * *"
permissions: {}
jobs:
  monitor:
    runs-on: ubuntu-latest
    permissions: {contents: write, issues: write}
    steps:
      - uses: actions/checkout@v6
      - id: autoresearch
        uses: ./action
        with:
          loops: posts catalog
          result: result.json
          api-url: API_URL
      - run: |
          echo "verdict is ${{ steps.autoresearch.outputs.verdict }}"
          echo "new is ${{ steps.autoresearch.outputs.new }}"
          echo "commit is ${{ steps.autoresearch.outputs.commit-sha }}"
          show() { python3 -c "import json; result = json.load(open('result.json')); print($1)"; }
          show '"loops are", *[measured["loop"] for measured in result["measurements"]]'
          head -n 3 "${{ steps.autoresearch.outputs.report }}"
"""


@dataclass(frozen=True)
class Act:
    """The runner: its program, the engine that it drives, and the image that stands for a hosted machine."""

    program: str
    engine: Engine
    machine: str
    socket: str | None

    def run(self, repository: Path, token: str) -> subprocess.CompletedProcess[str]:
        """The scheduled event of a repository."""
        event = repository.parent / "event.json"
        event.write_text(
            '{"schedule": "17 4 * * *", "repository": {"full_name": "acme/shop", "default_branch": "main"}}'
        )
        command = [self.program, "schedule", "--directory", str(repository), "--eventpath", str(event)]
        command += ["--platform", f"ubuntu-latest={self.machine}", "--pull=false", "--network", "host"]
        command += ["--defaultbranch", "main", "--container-daemon-socket", "-", "--secret", f"GITHUB_TOKEN={token}"]
        env = {**os.environ, **({"DOCKER_HOST": self.socket} if self.socket else {}), "NO_COLOR": "1"}
        return subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=300, env=env
        )


@pytest.fixture(scope="module")
def act() -> Iterator[Act]:
    program = shutil.which("act") or shutil.which(str(Path(sys.executable).with_name("act")))
    if program is None:
        pytest.skip("NO WORKFLOW IS RUN: act is missing: pip install --requirement requirements/container.txt")
    built = engine()
    machine = "autoresearch:machine"
    lines = f"FROM {_local(built, 'full')}\nENTRYPOINT []\n"
    subprocess.run(
        [built.name, "build", "--tag", machine, "-"], input=lines, text=True, check=True, capture_output=True
    )
    with _socket(built) as socket:
        yield Act(program, built, _local(built, "machine"), socket)


@pytest.fixture
def github() -> Iterator[GitHub]:
    with GitHub() as server:
        yield server
        assert server.violations == []


def _local(built: Engine, variant: str) -> str:
    """Podman's socket looks for a name without a registry on docker.io alone."""
    return f"localhost/{built.image(variant)}" if Path(built.name).name == "podman" else built.image(variant)


@contextmanager
def _socket(built: Engine) -> Iterator[str | None]:
    """act speaks docker's protocol: podman serves it on a socket."""
    if Path(built.name).name != "podman":
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "podman.sock"
        with subprocess.Popen([built.name, "system", "service", "--time=0", f"unix://{path}"]) as service:
            deadline = time.monotonic() + 20
            while not path.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            try:
                yield f"unix://{path}"
            finally:
                service.terminate()


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Shop", "-c", "user.email=shop@shop.example")
    subprocess.run(["git", *who, "-C", folder, *words], check=True, capture_output=True)


def repository(folder: Path, act: Act, api_url: str) -> Path:
    """The shop with the Action in it, at a prebuilt image, as a release names one."""
    shop = folder / "shop"
    subprocess.run([sys.executable, ROOT / "examples" / "shop" / "build.py", "--day", "1", shop], check=True)
    action = (ROOT / "action.yml").read_text()
    (shop / "action").mkdir()
    (shop / "action" / "action.yml").write_text(
        re.sub(r"^  image: .*$", f"  image: docker://{_local(act.engine, 'slim')}", action, flags=re.MULTILINE)
    )
    workflows = shop / ".github" / "workflows"
    workflows.mkdir(parents=True)
    (workflows / "monitor.yml").write_text(WORKFLOW.replace("API_URL", api_url))
    git(shop, "init", "--quiet", "--initial-branch", "main")
    git(shop, "remote", "add", "origin", "https://github.com/acme/shop")
    git(shop, "add", "--all")
    git(shop, "commit", "--quiet", "--message", "Shop")
    return shop


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def test_a_scheduled_workflow_measures_commits_and_hands_on_its_outputs(
    act: Act, github: GitHub, tmp_path: Path
) -> None:
    shop = repository(tmp_path, act, github.api_url)
    there = github.repository("acme/shop", files=files(shop))
    token = github.token({"contents": "write", "issues": "write"}, repository=there.full_name)
    ran = act.run(shop, token)
    if log := os.environ.get("ACT_LOG"):
        Path(log).write_text(ran.stdout)
    assert ran.returncode == 0, ran.stdout
    assert "verdict is pass" in ran.stdout
    assert "new is 0" in ran.stdout
    assert f"commit is {there.head()}" in ran.stdout
    assert "loops are posts catalog" in ran.stdout
    assert token not in ran.stdout
    committed = there.files()
    assert json.loads(committed["autoresearch/posts/state.json"])["loop"] == "posts"
