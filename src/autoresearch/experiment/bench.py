"""One run of the frozen benchmark in a clean checkout: the number is the harness's, whatever the candidate does."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Literal

from autoresearch.errors import NotMeasuredError
from autoresearch.experiment.plan import Plan
from autoresearch.experiment.score import Score, parse
from autoresearch.experiment.workspace import Workspace
from autoresearch.signals.process import Disk, TimeLimitError, end_strays, run

_OUTPUT_LIMIT = 10_000_000
_DISK_LIMIT = 4_000_000_000
_WORDS = 300

Ended = Literal["crash", "timeout", "tamper"]


class TryEndedError(Exception):
    """A try that brings no number: how it ended, and why."""

    def __init__(self, status: Ended, reason: str) -> None:
        super().__init__(reason)
        self.status: Ended = status
        self.reason = reason


@dataclass(frozen=True)
class Version:
    """What is measured: a commit, with another content of the edited file or with its own."""

    commit: str
    content: bytes | None = None

    @property
    def key(self) -> tuple[str, str]:
        """The same for the same files."""
        return self.commit, "" if self.content is None else sha256(self.content).hexdigest()


@dataclass
class Arm:
    """A workspace, and what was built in it: not built again for as long as nobody has touched it."""

    workspace: Workspace
    built: tuple[tuple[str, str], tuple[object, ...]] | None = None


@dataclass
class Bench:
    """Two arms, so that both sides of a pair stay built."""

    plan: Plan
    arms: dict[str, Arm]
    shape: tuple[object, ...] | None = None
    """What the base's output looks like; every other output has to look the same."""
    seconds: float = 0.0
    """Spent in builds and benchmarks, all in all."""
    runs: int = 0
    nonce: Callable[[], str] = field(default=lambda: secrets.token_hex(16))

    def score(self, arm: str, version: Version, *, seed: int, holdout: bool = False) -> Score:
        """Build and measure. Raises `TryEndedError`."""
        began = time.monotonic()
        try:
            return self._score(self.arms[arm], version, seed, holdout)
        except TimeLimitError as error:
            raise TryEndedError("timeout", error.message) from error
        except NotMeasuredError as error:
            raise TryEndedError("crash", error.message) from error
        finally:
            end_strays()
            self.seconds += time.monotonic() - began
            self.runs += 1

    def _score(self, arm: Arm, version: Version, seed: int, holdout: bool) -> Score:
        deadline = time.monotonic() + self.plan.settings.time_limit
        self._prepare(arm, version, deadline)
        nonce = self.nonce()
        told = {"AUTORESEARCH_SEED": str(seed), "AUTORESEARCH_NONCE": nonce}
        if holdout:
            told["AUTORESEARCH_HOLDOUT"] = json.dumps(list(self.plan.settings.holdout))
        said = self._run(list(self.plan.benchmark), arm, deadline, told)
        self._check_frozen(arm)
        found = parse(said)
        if self.shape is not None and not holdout and found.shape != self.shape:
            raise TryEndedError("tamper", "the benchmark's output does not look like the base's: who printed it?")
        if found.nonce is not None and found.nonce != nonce:
            raise TryEndedError("tamper", "the result does not repeat the nonce that the benchmark was given")
        return found

    def _prepare(self, arm: Arm, version: Version, deadline: float) -> None:
        workspace = arm.workspace
        if arm.built is not None and arm.built == (version.key, workspace.stamp()):
            return
        arm.built = None
        workspace.reset(version.commit)
        if version.content is not None:
            workspace.put(self.plan.edits, version.content, self.plan.entry)
        if self.plan.build:
            self._run(["/bin/sh", "-c", self.plan.build], arm, deadline, {})
            self._check_frozen(arm)
            arm.built = version.key, workspace.stamp()

    def _run(self, command: list[str], arm: Arm, deadline: float, told: dict[str, str]) -> str:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeLimitError(f"the build took all of the {self.plan.settings.time_limit:g} s")
        finished = run(
            command,
            cwd=arm.workspace.root,
            time_limit=left,
            output_limit=_OUTPUT_LIMIT,
            environment={**told, "PWD": str(arm.workspace.root), "GIT_CEILING_DIRECTORIES": os.path.sep},
            disk=Disk(arm.workspace.tree, _DISK_LIMIT),
        )
        if finished.code != 0:
            shown, words = " ".join(command)[:_WORDS], finished.last_words()[-_WORDS:]
            raise NotMeasuredError(f"`{shown}` ended with exit code {finished.code}: {words}")
        return finished.stdout.decode("utf-8", "replace")

    def _check_frozen(self, arm: Arm) -> None:
        changed = arm.workspace.traces(self.plan.frozen).changed if self.plan.frozen else ()
        if others := [path for path in changed if path != self.plan.edits]:
            raise TryEndedError("tamper", f"{others[0]} was changed while it was built or measured")


def make_arms(folder: Path, make: Callable[[Path], Workspace]) -> dict[str, Arm]:
    """The two sides of a pair."""
    return {name: Arm(make(folder / name)) for name in ("a", "b")}
