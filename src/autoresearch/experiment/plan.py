"""What a night is: settings, commands and paths, resolved against the repository before anything runs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autoresearch.config.experiment import Experiment
from autoresearch.errors import UsageError
from autoresearch.experiment.repository import REGULAR, Entry, Repository

_LOCKS = (
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lockb", "package.json", "uv.lock",
    "poetry.lock", "Pipfile.lock", "requirements.txt", "pyproject.toml", "Cargo.lock", "go.sum", "Gemfile.lock",
    "composer.lock",
)  # fmt: skip
FOLDER = "autoresearch"


@dataclass(frozen=True)
class Plan:
    """One experiment of the config, ready to run. Paths are from the repository's top."""

    name: str
    settings: Experiment
    base: str
    edits: str
    entry: Entry
    benchmark: tuple[str, ...]
    """A command, run in the config's root."""
    build: str | None
    frozen: tuple[str, ...]
    """What neither agent, nor build, nor benchmark may change: the tool's folder, the benchmark, lock files."""
    program: str
    """The instructions' text."""


def make_plan(
    name: str, settings: Experiment, repository: Repository, *, build: str | None, base: str | None = None
) -> Plan:
    """Check what can be checked before the night. Raises `UsageError` that says what is missing."""
    base = base or repository.head()
    edits = repository.path(settings.edits)
    entry = repository.entry(base, edits)
    if entry is None or entry.mode not in REGULAR:
        raise UsageError(
            f"experiments.{name}.edits: {settings.edits} is no file of the last commit",
            hint="commit it: what a night starts from has to be in git",
        )
    command, named = _command(settings)
    if isinstance(settings.benchmark, str) and not _is_there(repository, base, repository.path(named[0])):
        raise UsageError(
            f"experiments.{name}.benchmark: {named[0]} is not in the last commit",
            hint="commit it: a night needs it frozen",
        )
    wanted = [repository.path(each) for each in (FOLDER, *named, *_LOCKS)]
    frozen = tuple(path for path in dict.fromkeys(wanted) if path != edits and _is_there(repository, base, path))
    if edits in [repository.path(each) for each in named]:
        raise UsageError(f"experiments.{name}: the file that may be edited is the benchmark itself")
    if dirty := repository.changed(edits, *frozen):
        raise UsageError(
            f"experiments.{name}: {dirty[0]} has changes that are not committed",
            hint="commit or stash them: a night starts from the last commit",
        )
    told = settings.program or f"{FOLDER}/{name}/program.md"
    program = repository.entry(base, repository.path(told))
    text = repository.content(program.blob).decode("utf-8", "replace") if program else ""
    return Plan(name, settings, base, edits, entry, command, settings.build or build, frozen, text)


def _command(settings: Experiment) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The benchmark's command, and the file of the repository that it is."""
    told = settings.benchmark
    if isinstance(told, str):
        suffix = PurePosixPath(told).suffix
        if suffix in {".yml", ".yaml"}:
            return (sys.executable, "-m", "autoresearch.bench", told), (told,)
        return ((sys.executable, told) if suffix == ".py" else (f"./{told}",)), (told,)
    return told, tuple(part for part in told[1:] if PurePosixPath(part).suffix and not part.startswith("-"))


def _is_there(repository: Repository, commit: str, path: str) -> bool:
    return bool(repository.git("ls-tree", commit, "--", path.rstrip("/")))


def folder_of(repository: Repository, name: str) -> Path:
    """Where a night's notebook and checkouts are: in `.git`, which no checkout, clean or commit touches."""
    return repository.git_dir / FOLDER / name
