"""The image: small, quick to start, and what runs a repository's code in it reaches neither token nor runner."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github.server import GitHub

from .containers import ROOT, RUNNER, Engine, engine, give

SHOP = ROOT / "examples" / "shop"
VARIANTS = ("full", "slim")
MEGABYTES = {"full": 450, "slim": 150}
TOKEN = "ghs_" + "t0p5ecret" * 4
WRITES = {"contents": "write", "issues": "write", "pull-requests": "write"}
heavy = pytest.mark.heavy

PRY = """
import glob, json, os, pathlib

def readable(path):
    try:
        return pathlib.Path(path).read_bytes()
    except OSError:
        return b""

spied = [path for path in glob.glob("/proc/[0-9]*/environ") if b"ghs_" in readable(path)]
spied += [name for name, value in os.environ.items() if "ghs_" in value]
facts = {
    "pid 1": bool(readable("/proc/1/environ")), "memory": os.access("/proc/1/mem", os.R_OK), "spied": len(spied),
    "uid": os.getuid(), "gid": os.getgid(), "groups": len(os.getgroups()), "session": os.getsid(0) == os.getpid(),
    "home": os.access(os.environ["HOME"], os.W_OK) and os.environ["HOME"] not in ("/root", "/github/home"),
    "root": os.access("/etc/shadow", os.R_OK), "code": os.access(os.__file__, os.W_OK),
}
message = json.dumps(facts)
print(json.dumps({"findings": [{"rule": "facts", "subject": "/", "severity": "info", "message": message}]}))
"""
PRYING = """\
version: 1
loops:
  spy: {kind: script, because: "to see what it reaches", command: [python3, pry.py]}
"""


@pytest.fixture(scope="module")
def built() -> Engine:
    return engine()


@pytest.fixture
def workspace() -> Iterator[Path]:
    """A checkout as a runner leaves it: readable by all, the runner's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def tell(capsys: pytest.CaptureFixture[str], text: str) -> None:
    with capsys.disabled():
        print(f"\n  {text}", end="")  # noqa: T201  a measurement that people want to see


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Shop", "-c", "user.email=shop@shop.example", "-c", "safe.directory=*")
    subprocess.run(["git", *who, "-C", folder, *words], check=True, capture_output=True)


def owners(folder: Path) -> set[int]:
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


def test_the_dockerfile_is_clean() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    checked = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_every_stage_stands_on_one_base_that_is_named_by_its_digest() -> None:
    text = (ROOT / "Dockerfile").read_text()
    (base,) = re.findall(r"^ARG PYTHON_IMAGE=(.+)$", text, re.MULTILINE)
    assert re.fullmatch(r"python:[\d.]+-slim-\w+@sha256:[0-9a-f]{64}", base)
    stages = re.findall(r"^FROM (\S+) AS (\S+)$", text, re.MULTILINE)
    assert {stage for stage, _ in stages} <= {"${PYTHON_IMAGE}", *(name for _, name in stages)}
    assert stages[-1][1] == "full"  # what `image: Dockerfile` builds


def test_what_node_runs_is_locked_and_names_no_registry() -> None:
    folder = ROOT / "requirements" / "node"
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    locked = {k: v for k, v in json.loads((folder / "package-lock.json").read_text())["packages"].items() if k}
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert wanted["lighthouse"].startswith("13.")
    assert all("resolved" not in package and "integrity" in package for package in locked.values())


@heavy
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_is_small_to_pull(built: Engine, variant: str, capsys: pytest.CaptureFixture[str]) -> None:
    size = built.bytes_to_pull(variant) / 1e6
    tell(capsys, f"{variant}: {size:.0f} MB to pull")
    assert size <= MEGABYTES[variant]


@heavy
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_first_line_is_there_at_once(built: Engine, variant: str, capsys: pytest.CaptureFixture[str]) -> None:
    seconds = min(built.seconds_to_first_line(variant) for _ in range(5))
    tell(capsys, f"{variant}: first line after {seconds:.2f} s")
    assert seconds <= 0.5


@heavy
def test_lighthouse_audits_a_page_in_the_chromium_of_the_full_variant(built: Engine) -> None:
    script = """
        mkdir /tmp/site && cd /tmp/site && echo '<!doctype html><html lang=en><title>Tea</title><p>Hello' > index.html
        python3 -m http.server --bind 127.0.0.1 8417 > /dev/null 2>&1 &
        until (: < /dev/tcp/127.0.0.1/8417) 2> /dev/null; do :; done
        lighthouse http://127.0.0.1:8417/ --quiet --output json --chrome-flags='--headless --no-sandbox'
    """
    audited = built.shell("full", script)
    assert audited.returncode == 0, audited.stderr
    report = json.loads(audited.stdout)
    assert "runtimeError" not in report
    assert report["categories"]["performance"]["score"] > 0.5
    assert report["lighthouseVersion"].startswith("13.")


@heavy
def test_playwright_drives_that_chromium_by_the_same_node(built: Engine) -> None:
    program = """
import os
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=os.environ["CHROME_PATH"], args=["--no-sandbox"])
    page = browser.new_page()
    page.set_content("<title>Tea</title>")
    print(page.title())
"""
    driven = built.shell("full", f"python3 -c '{program}'; find / -xdev -type f -name node -size +1M | wc -l")
    assert driven.stdout.split() == ["Tea", "1"], driven.stderr


@heavy
def test_npm_builds_a_site_in_the_full_variant(built: Engine) -> None:
    package = '{"scripts": {"build": "node --version"}}'
    ran = built.shell("full", f"cd /tmp && echo '{package}' > package.json && npm run --silent build")
    assert ran.stdout.startswith("v24."), ran.stderr


@heavy
def test_the_slim_variant_has_neither_browser_nor_node(built: Engine) -> None:
    found = built.shell(
        "slim", "for name in node npm npx lighthouse chromium-headless-shell; do command -v $name || :; done"
    )
    assert (found.stdout, found.returncode) == ("", 0)
    found = built.shell("slim", "find / -xdev \\( -name node -o -name 'chrom*' \\) -type f")
    assert found.stdout == ""


@heavy
@pytest.mark.parametrize("variant", VARIANTS)
def test_no_program_of_the_image_lends_its_owners_rights(built: Engine, variant: str) -> None:
    found = built.shell(variant, "find / -xdev -type f -perm /6000")
    assert found.stdout == ""


@heavy
@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_is_compiled_at_start(built: Engine, variant: str) -> None:
    program = """
import autoresearch.cli, autoresearch.run, github, jinja2, pathlib, pydantic, sys
files = [module.__cached__ for module in list(sys.modules.values()) if getattr(module, "__cached__", None)]
print(*[file for file in files if not pathlib.Path(file).exists()])
"""
    ran = built.shell(variant, f"PYTHONDONTWRITEBYTECODE=1 python3 -I -c '{program}'")
    assert ran.stdout.strip() == "", ran.stderr
    assert ran.returncode == 0, ran.stderr


@heavy
def test_arguments_are_the_command_line(built: Engine) -> None:
    ran = subprocess.run(
        [built.name, "run", "--rm", built.image("slim"), "--version"], capture_output=True, text=True, check=True
    )
    assert re.fullmatch(r"autoresearch [\d.]+\n", ran.stdout)


@heavy
@pytest.mark.parametrize("variant", VARIANTS)
def test_two_days_of_the_shop_are_measured_and_every_file_stays_the_runners(
    built: Engine, workspace: Path, variant: str
) -> None:
    git(workspace, "init", "--quiet", "--initial-branch", "main")
    for day, code in ((1, 0), (2, 1)):
        subprocess.run([sys.executable, SHOP / "build.py", "--day", str(day), workspace], check=True)
        git(workspace, "add", "--all")
        git(workspace, "commit", "--quiet", "--message", f"Day {day}")
        give(workspace, RUNNER)
        step = built.step(variant, workspace, {"args": f"--no-publish --changes day-{day}.json --write-state"})
        assert step.code == code, step.log
    verified = [sys.executable, str(SHOP / "verify.py"), "--day", "2", str(workspace / "day-2.json")]
    checked = subprocess.run(verified, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    if os.geteuid() == 0:
        assert owners(workspace) == {RUNNER}


@pytest.fixture
def github() -> Iterator[GitHub]:
    with GitHub() as server:
        yield server
        assert server.violations == []


def pry(built: Engine, workspace: Path, github: GitHub) -> dict[str, object]:
    """What a program of the repository finds out in a scheduled run that measures and publishes, token in hand."""
    (workspace / "autoresearch").mkdir(exist_ok=True)
    files = {"autoresearch/config.yml": PRYING, "pry.py": PRY}
    for name, text in files.items():
        (workspace / name).write_text(text)
    give(workspace, workspace.stat().st_uid)
    repository = github.repository("acme/shop", files=files)
    token = github.token(WRITES, repository=repository.full_name)
    env = {"GITHUB_SHA": repository.head(), "GITHUB_API_URL": github.api_url}
    step = built.step("slim", workspace, {"token": token, "result": "result.json"}, env)
    assert step.code == 0, step.log
    assert [line for line in step.log.splitlines() if token in line] == [f"::add-mask::{token}"]
    assert f"\n{repository.head()}\n" in step.outputs, "the state is committed"
    result = json.loads((workspace / "result.json").read_text())
    (finding,) = result["measurements"][0]["findings"]
    facts: dict[str, object] = json.loads(finding["message"])
    return facts


SAFE = {
    "pid 1": False,
    "memory": False,
    "spied": 0,
    "groups": 0,
    "session": True,
    "home": True,
    "root": False,
    "code": False,
}


@heavy
@pytest.mark.skipif(os.geteuid() != 0, reason="ONLY ROOT CAN MAKE A WORKSPACE OF ANOTHER USER")
def test_code_of_the_repository_runs_as_the_workspaces_owner_and_reaches_no_token(
    built: Engine, workspace: Path, github: GitHub
) -> None:
    give(workspace, RUNNER)
    assert pry(built, workspace, github) == SAFE | {"uid": RUNNER, "gid": 65534}


@heavy
@pytest.mark.skipif(os.geteuid() != 0, reason="ONLY ROOT CAN MAKE A WORKSPACE OF ROOT")
def test_in_a_workspace_of_root_it_is_a_user_of_the_image(built: Engine, workspace: Path, github: GitHub) -> None:
    facts = pry(built, workspace, github)
    assert facts == SAFE | {"uid": 10001, "gid": facts["gid"]}
    assert facts["gid"] != 0
    assert owners(workspace) == {0}


BASED = """\
version: 1
site: {url: https://shop.example, source: dist, dist: dist, build: sh build.sh}
loops:
  seo: {because: "no event fires when a crawler fails"}
  count: {kind: script, because: "to see both revisions", command: [python3, count.py]}
"""
COUNT = """
import json, pathlib
pathlib.Path("seen").write_text("a program of the repository may write in it")
pages = len(list(pathlib.Path("dist").iterdir()))
print(json.dumps({"metrics": [{"name": "pages", "value": pages, "better": "higher"}]}))
"""


@heavy
def test_the_base_revision_is_built_and_measured_by_the_repositorys_own_code(built: Engine, workspace: Path) -> None:
    (workspace / "autoresearch").mkdir()
    git(workspace, "init", "--quiet", "--initial-branch", "main")
    for body in ("<title>Tea</title><h1>Tea</h1>", "<title>Tea</title><h1>Tea</h1><a href=/nowhere>broken</a>"):
        files = {"autoresearch/config.yml": BASED, "count.py": COUNT, ".gitignore": "dist\n"}
        files["build.sh"] = f"mkdir -p dist && echo '<!doctype html><html lang=en>{body}' > dist/index.html"
        for name, text in files.items():
            (workspace / name).write_text(text)
        git(workspace, "add", "--all")
        git(workspace, "commit", "--quiet", "--message", body)
    give(workspace, RUNNER)
    built_by_the_workflow = built.shell("slim", "cd /w && sh build.sh && chown -R 1001 dist", f"{workspace}:/w")
    assert built_by_the_workflow.returncode == 0, built_by_the_workflow.stderr
    step = built.step("slim", workspace, {"base": "HEAD~1", "args": "--no-publish --changes changes.json"})
    changes = json.loads((workspace / "changes.json").read_text())["changes"]
    assert [change["rule"] for change in changes if change["kind"] == "new"] == ["seo/broken-link"], step.log
    assert step.code == 1, step.log


@heavy
def test_the_token_is_masked_before_anything_else_is_said(built: Engine, workspace: Path) -> None:
    step = built.step("slim", workspace, {"token": TOKEN, "command": "schema"})
    assert step.log.splitlines()[:2] == [f"::add-mask::{TOKEN}", f"autoresearch {version()}"]


@heavy
def test_modules_in_the_workspace_are_not_ours(built: Engine, workspace: Path) -> None:
    for name in ("json", "typer", "sitecustomize", "autoresearch"):
        (workspace / f"{name}.py").write_text("print('taken over')")
    step = built.step("slim", workspace, {"command": "schema"}, {"PYTHONPATH": "/github/workspace"})
    assert step.code == 0, step.log
    assert "taken over" not in step.log


@heavy
def test_an_input_that_cannot_be_is_named(built: Engine, workspace: Path) -> None:
    step = built.step("slim", workspace, {"comment": "perhaps"})
    assert step.code == 2
    assert "input `comment`: 'perhaps' is neither true nor false" in step.log


def version() -> str:
    text = (ROOT / "src" / "autoresearch" / "__init__.py").read_text()
    (found,) = re.findall(r'__version__ = "(.+)"', text)
    return str(found)
