"""Run a program and say how long it took and how much memory it held."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One run of a program."""

    seconds: float
    """Wall time, start of the interpreter included."""
    cpu_seconds: float
    megabytes: float
    """Peak resident memory of the largest process, in 10^6 bytes."""
    code: int
    output: str
    """Standard output and standard error."""


def run(command: Sequence[object], *, cwd: Path, env: Mapping[str, str] | None = None) -> Run:
    """Run a program to its end. The kernel counts its memory (`wait4`), with that of the children it waited for."""
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env={**os.environ, "NO_COLOR": "1", **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        megabytes=usage.ru_maxrss * unit / 1e6,
        code=process.returncode,
        output=text,
    )
