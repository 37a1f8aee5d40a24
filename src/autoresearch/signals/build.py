"""Build the site of a revision with the repository's own command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from autoresearch.errors import NotMeasuredError
from autoresearch.signals.process import run

TIME_LIMIT = 1800.0
"""Seconds that a build may take."""
_OUTPUT_LIMIT = 50_000_000


def build(command: str, root: Path, *, environment: Mapping[str, str]) -> None:
    """Run `site.build` in `root`, through a shell as npm would. Raises `NotMeasuredError` with its last words."""
    finished = run(
        ["/bin/sh", "-c", command],
        cwd=root,
        time_limit=TIME_LIMIT,
        output_limit=_OUTPUT_LIMIT,
        environment=environment,
    )
    if finished.code != 0:
        raise NotMeasuredError(f"`{command}` ended with exit code {finished.code}: {finished.last_words()}")
