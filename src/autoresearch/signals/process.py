"""Programs of the repository: run without our tokens, as another user if we may choose, within limits, ended whole."""

from __future__ import annotations

import atexit
import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from autoresearch.errors import NotMeasuredError

UNTRUSTED = "untrusted"
"""The image's user for code of a repository whose files belong to root."""
_NO_GROUP = 65534
"""`nogroup`: the group of a runner's workspace is often `docker`, whose members may ask the host for anything."""
_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|CREDENTIAL|PRIVATE|AUTH|DSN$|(?:DATABASE|REDIS|AMQP|MONGO\w*|POSTGRES\w*)_UR[IL]$|(?:^|_)(?:API_?)?KEY(?:_|$)|(?:^|_)PAT$|^(?:INPUT|ACTIONS|RUNNER_TRACKING)_",
    re.IGNORECASE,
)
_GITHUB_FILES = {"GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"}
_running: set[subprocess.Popen[bytes]] = set()
_others: set[int] = set()
"""Children of ours that were there before strays were adopted."""
_homes: list[str] = []


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


class TimeLimitError(NotMeasuredError):
    """A program that had to be ended because it took too long."""


@dataclass(frozen=True)
class Disk:
    """By how many bytes a program may fill the disk that holds `folder`."""

    folder: Path
    limit: int

    def free(self) -> int:
        """Bytes that are left on it."""
        return shutil.disk_usage(self.folder).free


@dataclass(frozen=True)
class User:
    """Who runs a repository's code, by number: a container knows few names."""

    uid: int
    gid: int


def user_for(folder: Path) -> User | None:
    """Who runs the code in `folder`: its owner, or the image's `untrusted` where that is root.

    None is ourselves: only root may choose, and only the image has that user.
    """
    if os.geteuid() != 0:
        return None
    if owner := folder.stat().st_uid:
        return User(owner, _NO_GROUP)
    import pwd

    with suppress(KeyError):
        entry = pwd.getpwnam(UNTRUSTED)
        return User(entry.pw_uid, entry.pw_gid)
    return None


def hand_over(folder: Path, like: Path) -> None:
    """Let the code of `like` write in a folder that we made, such as the base revision that is to be built."""
    if user := user_for(like):
        for _, _, files, descriptor in os.fwalk(folder):
            for name in (".", *files):
                os.chown(name, user.uid, user.gid, dir_fd=descriptor, follow_symlinks=False)


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for code of the repository: no token, no key, no file by which a step commands the runner."""
    return {
        name: value
        for name, value in environment.items()
        if not _SECRET_NAME.search(name) and name not in _GITHUB_FILES
    }


def start(
    command: Sequence[str] | str,
    *,
    cwd: Path,
    stdout: IO[bytes],
    stderr: IO[bytes],
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program, or a line for the shell, in its own session; `end` it. Raises `OSError`.

    It can read neither our environment nor our memory: as root's child it is another user, in no group and with a home
    of its own; and nobody else's child can, because we forbid it.
    """
    _close_to_others()
    user = user_for(cwd)
    process = subprocess.Popen(
        command if isinstance(command, str) else list(command),
        shell=isinstance(command, str),
        cwd=cwd,
        env={**without_secrets(os.environ), **_home(user), **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
    )
    _running.add(process)
    return process


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    time_limit: float,
    output_limit: int,
    environment: Mapping[str, str] | None = None,
    disk: Disk | None = None,
) -> Finished:
    """Run a program in its own session and end all of it when it takes too long (seconds) or says too much (bytes).

    Raises `NotMeasuredError` when it cannot be started or is ended; `TimeLimitError` for its time.
    """
    shown = " ".join(command)
    least_free = disk.free() - disk.limit if disk else 0
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = start(command, cwd=cwd, stdout=out, stderr=err, environment=environment)
        except OSError as error:
            raise NotMeasuredError(
                f"`{shown}` cannot be started: {error.strerror or error}", hint="check `command` in the config"
            ) from error
        try:
            code = _wait(
                process, (out, err), time_limit, output_limit, shown, lambda: disk is None or disk.free() > least_free
            )
        finally:
            end(process)
        return Finished(code, _content(out, output_limit), _content(err, output_limit))


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program and everything that it started in its session."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _running.discard(process)


def adopt_strays() -> None:
    """From now on, what leaves its parent and its session stays a descendant of ours (prctl(2), `CHILD_SUBREAPER`)."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    _others.clear()
    _others.update(_children())


def end_strays() -> None:
    """End every child that came after `adopt_strays` and is not ours: left behind by `setsid` and a second fork.

    Only for one program at a time: another one's background process would be taken for a stray.
    """
    ours = _others | {process.pid for process in _running}
    while strays := [pid for pid in _children() if pid not in ours]:
        for pid in strays:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _children() -> list[int]:
    with suppress(OSError):
        told = [Path(f"/proc/self/task/{task}/children").read_text() for task in os.listdir("/proc/self/task")]  # noqa: PTH208
        return [int(pid) for line in told for pid in line.split()]
    return []


@atexit.register
def end_all() -> None:
    """End every program that still runs: none outlives us, not even one whose loop was given up."""
    for process in list(_running):
        end(process)
    while _homes:
        shutil.rmtree(_homes.pop(), ignore_errors=True)
    _home_of.cache_clear()


def _home(user: User | None) -> dict[str, str]:
    return {"HOME": _home_of(user)} if user else {}


@functools.cache
def _home_of(user: User) -> str:
    """One for all programs of a run, so that what one of them caches serves the next; gone at the end."""
    home = tempfile.mkdtemp(prefix="autoresearch-home-")
    os.chown(home, user.uid, user.gid)
    _homes.append(home)
    return home


@functools.cache
def _close_to_others() -> None:
    """Let no process of our own user read our environment in `/proc`, nor our memory (`PR_SET_DUMPABLE`, prctl(2))."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)


def _wait(
    process: subprocess.Popen[bytes],
    outputs: Sequence[IO[bytes]],
    time_limit: float,
    output_limit: int,
    shown: str,
    has_room: Callable[[], bool],
) -> int:
    """Wait in short turns, so that a program that floods its output is stopped long before the disk is full."""
    remaining, turn = time_limit, 0.02
    code: int | None = None
    while code is None and remaining > 0:
        with suppress(subprocess.TimeoutExpired):
            code = process.wait(timeout=min(turn, remaining))
        if max(os.fstat(file.fileno()).st_size for file in outputs) > output_limit:
            raise NotMeasuredError(f"`{shown}` printed more than {output_limit:,} bytes", hint="print the result only")
        if not has_room():
            raise NotMeasuredError(f"`{shown}` filled the disk", hint="write less, or remove it before you end")
        remaining, turn = remaining - turn, min(turn * 2, 0.5)
    if code is None:
        raise TimeLimitError(f"`{shown}` took longer than {time_limit:g} s", hint="raise `time_limit` if it may")
    return code


def _content(file: IO[bytes], limit: int) -> bytes:
    file.seek(0)
    return file.read(limit)
