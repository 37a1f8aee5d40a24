"""State files on disk: load with care, migrate, save all or nothing.

A file that cannot be trusted (corrupt, newer than the tool, with conflict markers) is a clear error and stays as it
is. Saving stages every file beside its target first and renames them all at the end, so that neither Ctrl-C nor a
full disk leaves a half-written run.
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from autoresearch.core.baseline import SCHEMA_VERSION, Baseline
from autoresearch.core.plain import plain
from autoresearch.core.problem import reason, trouble_with
from autoresearch.errors import PublishError, StateError

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From a schema version to the next one."""

_CONFLICT = ("<<<<<<< ", "=======", ">>>>>>> ")
_DEPTH = {"issues": 3, "segments": 3, "memory": 3}
"""How many levels are spread over lines below a top-level key, when it is not one."""


def state_path(folder: Path, loop: str) -> Path:
    """Where a loop's committed baseline lives, below the folder of `config.yml`."""
    return folder / loop / "state.json"


def load(path: Path, loop: str) -> Baseline:
    """The loop's baseline; an empty one where there is no file yet. Raises `StateError` and touches nothing."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Baseline(loop=loop)
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(
            f"{path}: cannot be read: {trouble_with(error)}", hint="restore it from git, or delete it"
        ) from error
    return parse(text, loop, str(path))


def parse(text: str, loop: str, where: str) -> Baseline:
    """A state file's text as a baseline, migrated to this version. Raises `StateError` naming `where`."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(_CONFLICT):
            raise StateError(
                f"{where}:{number}: the file has merge conflict markers",
                hint=f"keep either side whole (`git checkout --theirs {where}`): the next run brings the rest",
            )
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise StateError(
            f"{where}:{error.lineno}: not valid JSON: {error.msg}",
            hint="restore it from git, or delete it to start anew",
        ) from error
    data = _migrated(data, where)
    try:
        baseline = Baseline.model_validate_json(json.dumps(data))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise StateError(
            f"{where}: {plain(place)}: {reason(first)}", hint="restore it from git, or delete it to start anew"
        ) from error
    if baseline.loop != loop:
        raise StateError(f"{where}: this is the state of loop `{baseline.loop}`, not of `{loop}`")
    return baseline


def _migrated(data: Any, where: str) -> dict[str, Any]:
    version = data.get("schema_version") if isinstance(data, dict) else None
    if not isinstance(data, dict) or type(version) is not int or version < 1:
        raise StateError(f"{where}: not a state file: `schema_version` is missing")
    if version > SCHEMA_VERSION:
        raise StateError(
            f"{where}: written by a newer version (schema {version}, this tool knows {SCHEMA_VERSION})",
            hint="update autoresearch",
        )
    migrated: dict[str, Any] = data
    for step in range(version, SCHEMA_VERSION):
        migrated = {**MIGRATIONS[step](migrated), "schema_version": step + 1}
    return migrated


def dump(baseline: Baseline) -> str:
    """The file's text: sorted keys, one item a line, so that git can merge and people can read it."""
    return to_lines(baseline.model_dump(mode="json", exclude_defaults=True) | _always(baseline), _DEPTH)


def _always(baseline: Baseline) -> dict[str, Any]:
    whole = baseline.model_dump(mode="json", exclude_none=True)
    return {key: whole[key] for key in ("loop", "schema_version", "rules_seen", "observations", "memory", "pending")}


def to_lines(data: Mapping[str, Any], depth: Mapping[str, int] | None = None) -> str:
    """JSON with sorted keys, spread over lines down to the items of each top-level key, an item a line."""
    body = (f"  {_compact(key)}: {_spread(value, (depth or {}).get(key, 1), 1)}" for key, value in sorted(data.items()))
    return "{\n" + ",\n".join(body) + "\n}\n"


def _spread(value: Any, levels: int, indent: int) -> str:
    if levels == 0 or not value or not isinstance(value, dict | list):
        return _compact(value)
    pad = "  " * (indent + 1)
    if isinstance(value, dict):
        items = [
            f"{pad}{_compact(key)}: {_spread(item, levels - 1, indent + 1)}" for key, item in sorted(value.items())
        ]
        opening, closing = "{", "}"
    else:
        items = [f"{pad}{_spread(item, levels - 1, indent + 1)}" for item in value]
        opening, closing = "[", "]"
    return f"{opening}\n" + ",\n".join(items) + "\n" + "  " * indent + closing


_compact = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False).encode


def write_all(files: Mapping[Path, str]) -> None:
    """Write every file or none. A target that is not a regular file (a pipe, `/dev/stdout`) is written last, in place.

    Raises `PublishError` naming the path that could not be written.
    """
    staged: dict[Path, Path] = {}
    try:
        for path, text in files.items():
            if not path.exists() or path.is_file():
                staged[path] = _stage(path, text)
        with _undisturbed():
            for path, temporary in staged.items():
                with _writing(path):
                    temporary.replace(path.resolve())
        for path, text in files.items():
            if path not in staged:
                with _writing(path):
                    path.write_text(text, encoding="utf-8")
    finally:
        for temporary in staged.values():
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def _stage(path: Path, text: str) -> Path:
    with _writing(path):
        _make_folder(path.parent)
        target = path.resolve()
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{path.name}.", suffix=".tmp")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                _give(file.fileno(), target.parent)
            Path(name).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    return Path(name)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _give(folder, folder.parent)


def _give(what: Path | int, folder: Path) -> None:
    """Let what root writes belong to the owner of the folder that it is in: a runner's workspace stays the runner's."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(what, owner.st_uid, owner.st_gid)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PublishError(
            f"{path}: cannot be written: {error.strerror or error}",
            hint="make room, or grant write access to that folder",
        ) from error


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold Ctrl-C back for the moment of the renames."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []
    earlier = signal.signal(signal.SIGINT, lambda number, _: caught.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, earlier)
        if caught:
            signal.raise_signal(signal.SIGINT)
