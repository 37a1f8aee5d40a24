"""Read `result.json` files that somebody else wrote: a fork's pull request, a shard, another version of the tool.

Nothing in them is believed. A file that is too large, too deep, not of this schema or not from this world is refused
whole, in words that name the file and the place: a result that was silently cut would make what is missing look
fixed. Time and memory are linear in the file's size, and that has a limit. What history said (`judged` findings) and
fingerprints are dropped: the publishing half works them out again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from autoresearch.core.plain import plain
from autoresearch.core.problem import trouble_with
from autoresearch.core.result import MAX_SHARDS, Result
from autoresearch.errors import PublishError, UsageError
from autoresearch.intake.json_data import parse
from autoresearch.intake.reader import Reader

MAX_BYTES = 50_000_000
"""One file."""
MAX_TOTAL_BYTES = 200_000_000
"""All shards together."""


def read_results(paths: Iterable[Path]) -> list[Result]:
    """The results in files, in the order given. Raises `UsageError` for a file that is not there, else `PublishError`.

    A directory stands for the `result.json` and `result-*.json` in it, which is what downloaded artifacts look like.
    """
    files = [file for path in paths for file in _files(path)]
    if len(files) > MAX_SHARDS:
        raise PublishError(f"{len(files)} results are more than {MAX_SHARDS} shards")
    results: list[Result] = []
    room = MAX_TOTAL_BYTES
    for file in files:
        data = _read(file, MAX_BYTES)
        room -= len(data)
        if room < 0:
            raise PublishError(f"{file}: all results together are larger than {MAX_TOTAL_BYTES:,} bytes")
        results.append(parse_result(data, str(file)))
    return results


def parse_result(data: bytes, where: str) -> Result:
    """An untrusted `result.json`. Raises `PublishError` naming `where` and the place in it.

    A finding's `path` that does not lead into the repository is dropped: it is a pointer, and no reason to refuse.
    """
    if len(data) > MAX_BYTES:
        raise _too_large(where, MAX_BYTES)
    return Reader(plain(where)).result(parse(data, plain(where)))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    inside = sorted(file for file in path.iterdir() if is_result_name(file.name))
    if not inside:
        raise UsageError(f"{path}: there is no result.json in this folder")
    return inside


def is_result_name(name: str) -> bool:
    """Whether a file of that name is a result: `result.json`, or `result-….json` of a shard."""
    return re.fullmatch(r"result(-[\w.-]{1,100})?\.json", name, re.ASCII) is not None


def _read(path: Path, limit: int) -> bytes:
    try:
        if not path.is_file():
            raise UsageError(f"{path}: there is no such file", hint="publish what `run --out FILE` wrote")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {trouble_with(error)}") from error
    if len(data) > limit:
        raise _too_large(str(path), limit)
    return data


def _too_large(where: str, limit: int) -> PublishError:
    return PublishError(f"{plain(where)}: larger than {limit:,} bytes", hint="split the run into shards (--shard I/N)")
