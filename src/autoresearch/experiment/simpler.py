"""How much there is in a file: its bytes after a normaliser, so that layout decides nothing."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence

from autoresearch.errors import NotMeasuredError
from autoresearch.signals.process import without_secrets

_BLANK = re.compile(rb"[ \t]+")


class Simplicity:
    """By the declared program (standard input to standard output), else by what is left without layout."""

    def __init__(self, program: Sequence[str] | None, time_limit: float) -> None:
        self._program = program
        self._time_limit = time_limit

    def size(self, content: bytes) -> int:
        """The number of bytes that are left. Raises `NotMeasuredError` where the program fails."""
        return len(self._normalised(content) if self._program else without_layout(content))

    def _normalised(self, content: bytes) -> bytes:
        shown = " ".join(self._program or ())
        try:
            ended = subprocess.run(
                list(self._program or ()),
                input=content,
                capture_output=True,
                check=False,
                timeout=self._time_limit,
                env=without_secrets(os.environ),
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotMeasuredError(f"the normaliser `{shown}` does not work: {error}") from error
        if ended.returncode != 0:
            raise NotMeasuredError(f"the normaliser `{shown}` refuses the file", hint="the change may have broken it")
        return ended.stdout


def without_layout(content: bytes) -> bytes:
    """Lines without their indentation and trailing blanks, and no empty ones."""
    lines = (_BLANK.sub(b" ", line).strip() for line in content.splitlines())
    return b"\n".join(line for line in lines if line)
