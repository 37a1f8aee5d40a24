"""The image's variants as a runner starts them: built by `scripts/image`, run with the workspace mounted."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNNER = 1001
"""The user of GitHub's own runners."""
_NO_IMAGE = 3
_EVENT = {
    "GITHUB_EVENT_NAME": "schedule",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_REPOSITORY_OWNER": "acme",
    "GITHUB_SHA": "c" * 40,
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_REF_NAME": "main",
    "GITHUB_RUN_ID": "7001",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_RUN_NUMBER": "1",
    "GITHUB_ACTOR": "octocat",
    "GITHUB_WORKFLOW": "monitor",
    "GITHUB_JOB": "monitor",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_API_URL": "http://127.0.0.1:9",
}
"""The API is out of reach: what does not publish needs none."""


@dataclass(frozen=True)
class Step:
    """What a step left: its log, its exit code, and what it told the runner."""

    code: int
    log: str
    outputs: str = ""
    summary: str = ""


@dataclass(frozen=True)
class Engine:
    """docker or podman, and the variants that it has."""

    name: str
    options: tuple[str, ...] = field(default=("--network", "host"))

    def image(self, variant: str) -> str:
        return f"autoresearch:{variant}"

    def shell(self, variant: str, script: str, *mounts: str) -> subprocess.CompletedProcess[str]:
        """Run a script in the image, beside the entry point."""
        volumes = [word for mount in mounts for word in ("--volume", mount)]
        command = [
            self.name,
            "run",
            "--rm",
            *self.options,
            *volumes,
            "--entrypoint",
            "bash",
            self.image(variant),
            "-euc",
            script,
        ]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)

    def step(
        self, variant: str, workspace: Path, inputs: Mapping[str, str], env: Mapping[str, str] | None = None
    ) -> Step:
        """Run a step of a workflow, with what GitHub's runner mounts and sets."""
        with _command_files() as files:
            variables = {
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": "/github/workspace",
                "HOME": "/github/home",
                "GITHUB_OUTPUT": "/github/file_commands/output",
                "GITHUB_STEP_SUMMARY": "/github/file_commands/summary",
                "GITHUB_ENV": "/github/file_commands/env",
                "GITHUB_EVENT_PATH": "/github/workflow/event.json",
                **_EVENT,
                **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
                **(env or {}),
            }
            mounts = {
                workspace: "/github/workspace",
                files / "commands": "/github/file_commands",
                files / "home": "/github/home",
                files / "workflow": "/github/workflow",
            }
            command = [self.name, "run", "--rm", *self.options, "--workdir", "/github/workspace"]
            command += [word for where, there in mounts.items() for word in ("--volume", f"{where}:{there}")]
            command += [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
            ended = subprocess.run(
                [*command, self.image(variant)],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=300,
            )
            told = [(files / "commands" / name).read_text() for name in ("output", "summary")]
            return Step(ended.returncode, ended.stdout, *told)

    def seconds_to_first_line(self, variant: str) -> float:
        """From the start of the container's first process to the first line of the step's log."""
        script = "echo started; exec /opt/autoresearch/bin/python -I -m autoresearch.action"
        command = [self.name, "run", "--rm", *self.options, "--env", "INPUT_COMMAND=schema", "--entrypoint", "bash"]
        with subprocess.Popen(
            [*command, self.image(variant), "-c", script], stdout=subprocess.PIPE, bufsize=0
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"started\n"
            start = time.monotonic()
            assert process.stdout.readline().startswith(b"autoresearch ")
            seconds = time.monotonic() - start
            process.stdout.read()
        return seconds

    def bytes_to_pull(self, variant: str) -> int:
        """All layers, each compressed as registries keep them (gzip, level 6)."""
        with subprocess.Popen([self.name, "save", self.image(variant)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                return sum(_compressed(archive, member) for member in archive if member.isfile())


def _compressed(archive: tarfile.TarFile, member: tarfile.TarInfo) -> int:
    file = archive.extractfile(member)
    assert file is not None
    compressor, size, start = zlib.compressobj(6, wbits=31), 0, b""
    while block := file.read(1 << 20):
        start = start or block[:2]
        size += len(compressor.compress(block))
    return member.size if start == b"\x1f\x8b" else size + len(compressor.flush())


@contextmanager
def _command_files() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        files.chmod(0o755)
        for name in ("commands", "home", "workflow"):
            (files / name).mkdir()
        (files / "workflow" / "event.json").write_text('{"schedule": "17 4 * * *"}')
        for name in ("output", "summary", "env"):
            (files / "commands" / name).touch()
        give(files, RUNNER)
        yield files


def give(folder: Path, uid: int) -> None:
    """Let a folder and all in it belong to a user, where we may say so."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, uid, uid, follow_symlinks=False)


def engine() -> Engine:
    """The engine, with both variants built from this checkout; where that cannot be, the test is skipped, loudly."""
    built = subprocess.run([ROOT / "scripts" / "image", "--build"], capture_output=True, text=True, check=False)
    if built.returncode == _NO_IMAGE:
        pytest.skip(f"THE IMAGE IS NOT TESTED: {built.stderr.strip()}")
    assert built.returncode == 0, built.stderr
    return Engine(_name())


def _name() -> str:
    if name := os.environ.get("CONTAINER_ENGINE"):
        return name
    works = (name for name in ("docker", "podman") if shutil.which(name) and _answers(name))
    return next(works)


def _answers(name: str) -> bool:
    return subprocess.run([name, "info"], capture_output=True, check=False, timeout=20).returncode == 0
