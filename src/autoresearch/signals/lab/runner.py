"""One Node process that runs Lighthouse again and again, talked to in lines of JSON, ended whole."""

from __future__ import annotations

import json
import os
import select
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from subprocess import Popen
from typing import IO, Any

from pydantic import ValidationError

from autoresearch.errors import NotMeasuredError
from autoresearch.signals.lab.model import Failed, Preset, Run, Versions
from autoresearch.signals.lab.tools import find_browser, find_lighthouse, find_node
from autoresearch.signals.process import end, hand_over, start

_PROGRAM = Path(__file__).with_name("lighthouse.mjs")
_START_LIMIT = 60.0
"""Seconds until Node has loaded Lighthouse."""
_AROUND = 90.0
"""Seconds that starting Chromium and auditing may take besides what the page itself may."""
_MAX_ANSWER = 5_000_000
_MAX_REPORT = 30_000_000
_MOST_RESTARTS = 3
"""A runner that breaks so often in a row is broken itself."""


class BrokenRunnerError(Exception):
    """The process ended, or stopped answering."""


class Runner:
    """Runs Lighthouse, each run in a fresh Chromium; use it as a context manager.

    `root` is the repository: its owner runs pages (`signals.process`). A process that hangs or ends is replaced; the
    run that it was at has failed.
    Raises `NotMeasuredError` where something is not installed, or where the runner breaks again and again.
    """

    def __init__(
        self, root: Path, *, page_limit: float, load_limit: float, command: Sequence[str] | None = None
    ) -> None:
        self._root = root
        self._page_limit = page_limit
        self._load_limit = load_limit
        self._command = command or [find_node(), str(_PROGRAM), str(find_lighthouse()), find_browser()]
        self._work = Path(tempfile.mkdtemp(prefix="autoresearch-lab-"))
        self._process: _Process | None = None
        self._broken = 0
        self._count = 0
        self._last_words = ""

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop()
        shutil.rmtree(self._work, ignore_errors=True)

    @property
    def versions(self) -> Versions:
        """What is run."""
        return self._running().versions

    def run(self, url: str, preset: Preset, *, whole: bool = True, again: Sequence[str] = ()) -> Run | Failed:
        """Look at a page once, within the limits: at the `whole`, or at what is timed and these audits `again`."""
        process = self._running()
        self._count += 1
        request = {
            "id": self._count,
            "url": url,
            "preset": preset,
            "whole": whole,
            "again": list(again),
            "time_limit": round(1000 * self._page_limit),
            "load_limit": round(1000 * self._load_limit),
        }
        try:
            answer = process.ask(request, self._page_limit + _AROUND)
        except BrokenRunnerError as error:
            self._stop()
            self._broken += 1
            return Failed(code="RUNNER", reason=str(error))
        self._broken = 0
        return _parsed(answer)

    def keep_report(self, run: Run, target: Path) -> None:
        """Copy a run's report; what is no plain file of a report's size is not one."""
        _copy(self._work / run.report, target)

    def _running(self) -> _Process:
        if self._process is None:
            if self._broken >= _MOST_RESTARTS:
                raise NotMeasuredError(
                    f"Lighthouse broke {self._broken} times in a row: {self._last_words}",
                    hint="does the machine have 1 GB of free memory, and room in its temporary folder?",
                )
            self._process = _Process(self._command, self._root, self._work)
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            self._last_words = self._process.end()
            self._process = None


class _Process:
    """The process, and both ends of the conversation."""

    def __init__(self, command: Sequence[str], root: Path, work: Path) -> None:
        self._rest = b""
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  closed in `_close`
        requests = work / "requests"
        requests.unlink(missing_ok=True)
        os.mkfifo(requests)
        hand_over(work, like=root)
        self._requests = os.open(requests, os.O_RDWR)  # so that neither side waits for the other
        self._answers, answers = os.pipe()
        with os.fdopen(answers, "wb") as stdout:
            self._process = self._start([*command, str(work), str(requests)], root, work, stdout)
        try:
            self.versions = Versions.model_validate(self._line(time.monotonic() + _START_LIMIT))
        except (BrokenRunnerError, ValidationError) as error:
            words = self.end()
            raise NotMeasuredError(f"Lighthouse does not start: {words or error}") from error

    def _start(self, command: Sequence[str], root: Path, work: Path, stdout: IO[bytes]) -> Popen[bytes]:
        environment = {"TMPDIR": str(work), "NO_COLOR": "1"}
        try:
            return start(command, cwd=root, stdout=stdout, stderr=self._errors, environment=environment)
        except OSError as error:
            self._close()
            raise NotMeasuredError(f"`{command[0]}` cannot be started: {error.strerror or error}") from error

    def ask(self, request: Mapping[str, Any], limit: float) -> Mapping[str, Any]:
        """Send a request and wait for its answer, `limit` seconds at most. Raises `BrokenRunnerError`."""
        os.write(self._requests, json.dumps(request).encode() + b"\n")
        deadline = time.monotonic() + limit
        while True:
            answer = self._line(deadline)
            if answer.pop("id", None) == request["id"]:
                return answer

    def end(self) -> str:
        """End it and all that it started; returns the last thing that it said."""
        end(self._process)
        return self._close()

    def _close(self) -> str:
        os.close(self._requests)
        os.close(self._answers)
        with self._errors as errors:
            errors.seek(max(0, os.fstat(errors.fileno()).st_size - 2_000))
            return " ".join(errors.read().decode("utf-8", "replace").split())[-300:]

    def _line(self, deadline: float) -> dict[str, Any]:
        while b"\n" not in self._rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._answers], [], [], left)[0]:
                raise BrokenRunnerError("Lighthouse did not answer in time")
            chunk = os.read(self._answers, 65_536)
            self._rest += chunk
            if not chunk or len(self._rest) > _MAX_ANSWER:
                raise BrokenRunnerError("Lighthouse said too much" if chunk else "Lighthouse ended by itself")
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            answer = json.loads(line)
        except ValueError as error:
            raise BrokenRunnerError("Lighthouse answered something else than JSON") from error
        if not isinstance(answer, dict):
            raise BrokenRunnerError("Lighthouse answered something else than a run")
        return answer


def _parsed(answer: Mapping[str, Any]) -> Run | Failed:
    fields = {name: value for name, value in answer.items() if name != "ok"}
    try:
        return Run.model_validate(fields) if answer.get("ok") is True else Failed.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))[:100]
        return Failed(code="ANSWER", reason=f"the runner's answer cannot be understood: {place}")


def _copy(source: Path, target: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            report = file.read(_MAX_REPORT + 1)
        if len(report) <= _MAX_REPORT:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.write_bytes(report)
