"""Programs of the repository, run without our tokens, within limits, and ended whole."""

from __future__ import annotations

import atexit
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from autoresearch.errors import NotMeasuredError

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|CREDENTIAL|PRIVATE|AUTH|DSN$|(?:DATABASE|REDIS|AMQP|MONGO\w*|POSTGRES\w*)_UR[IL]$|(?:^|_)(?:API_?)?KEY(?:_|$)|(?:^|_)PAT$|^(?:INPUT|ACTIONS|RUNNER_TRACKING)_",
    re.IGNORECASE,
)
_running: set[subprocess.Popen[bytes]] = set()
_GITHUB_FILES = {"GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"}


@dataclass(frozen=True)
class Finished:
    """A program that ended by itself within its limits."""

    code: int
    stdout: bytes
    stderr: bytes

    def last_words(self) -> str:
        """The end of what it said, on standard error if there is any."""
        text = (self.stderr.strip() or self.stdout.strip()).decode("utf-8", "replace")
        return text[-500:]


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for code of the repository: no token, no key, no file by which a step commands the runner."""
    return {
        name: value
        for name, value in environment.items()
        if not _SECRET_NAME.search(name) and name not in _GITHUB_FILES
    }


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    time_limit: float,
    output_limit: int,
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Run a program in its own session and end all of it when it takes too long (seconds) or says too much (bytes).

    Raises `NotMeasuredError` when it cannot be started or is ended.
    """
    env = {**without_secrets(os.environ), **(environment or {})}
    shown = " ".join(command)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = subprocess.Popen(
                list(command),
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        except OSError as error:
            raise NotMeasuredError(
                f"`{shown}` cannot be started: {error.strerror or error}", hint="check `command` in the config"
            ) from error
        _running.add(process)
        try:
            code = _wait(process, out, err, time_limit, output_limit, shown)
        finally:
            end(process)
        return Finished(code, _content(out, output_limit), _content(err, output_limit))


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program and everything that it started in its session."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _running.discard(process)


@atexit.register
def end_all() -> None:
    """End every program that still runs: none outlives us, not even one whose loop was given up."""
    for process in list(_running):
        end(process)


def _wait(
    process: subprocess.Popen[bytes], out: IO[bytes], err: IO[bytes], time_limit: float, output_limit: int, shown: str
) -> int:
    """Wait in short turns, so that a program that floods its output is stopped long before the disk is full."""
    remaining, turn = time_limit, 0.02
    code: int | None = None
    while code is None and remaining > 0:
        with suppress(subprocess.TimeoutExpired):
            code = process.wait(timeout=min(turn, remaining))
        if max(os.fstat(out.fileno()).st_size, os.fstat(err.fileno()).st_size) > output_limit:
            raise NotMeasuredError(f"`{shown}` printed more than {output_limit:,} bytes", hint="print the result only")
        remaining, turn = remaining - turn, min(turn * 2, 0.5)
    if code is None:
        raise NotMeasuredError(f"`{shown}` took longer than {time_limit:g} s", hint="raise `time_limit` if it may")
    return code


def _content(file: IO[bytes], limit: int) -> bytes:
    file.seek(0)
    return file.read(limit)
