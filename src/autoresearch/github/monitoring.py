"""What a run on the default branch leaves on GitHub: the renewed state as a commit, and issues that follow it.

The commit comes first: it is the claim to open an issue (`core.lifecycle`). Where another publisher was faster, the
states are merged by three ways and the issues decided anew, on what both have learned.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from autoresearch.config.model import Issues
from autoresearch.core.baseline import Baseline, Stamp
from autoresearch.core.changes import Change, ChangeKind
from autoresearch.core.lifecycle import Action, next_steps, without_loop
from autoresearch.core.measurement import Measurement, Rule
from autoresearch.core.merge import merge
from autoresearch.errors import StateError
from autoresearch.github.commits import is_worth_a_commit
from autoresearch.github.committed import CommittedState
from autoresearch.github.folder import Snapshot
from autoresearch.github.hub import Hub
from autoresearch.github.issues import carry_out, listed
from autoresearch.state import dump, parse

_NEWS: dict[ChangeKind, str] = {
    "new": "new", "regressed": "regressed", "fixed": "fixed", "improved": "improved", "first-look": "at first look",
}  # fmt: skip


@dataclass(frozen=True)
class Learned:
    """What a run has brought: each loop's state before and after it, and what led there."""

    stamp: Stamp
    now: dt.datetime
    before: Mapping[str, Baseline]
    renewed: Mapping[str, Baseline]
    configured: Sequence[str]
    """Every loop of the config: the overview tells of all, whichever of them ran."""
    changes: Sequence[Change]
    measurements: Mapping[str, Measurement]
    rules: Mapping[str, Rule]
    folder: str
    """From the repository's root to the folder of states; empty, or ending in a slash."""
    readme: str | None = None
    """`autoresearch/README.md`, where it is to change."""
    scope: str = ""
    """Tells two configs of one repository apart; empty for the usual one."""


@dataclass
class Monitor:
    """One publish. `settings` None: no issues are filed."""

    hub: Hub
    learned: Learned
    settings: Issues | None
    templates: Path | None = None
    _actions: tuple[Action, ...] = field(default=(), init=False)

    def publish(self, committed: CommittedState, first: Snapshot, *, commits: bool) -> Iterator[dict[str, str]]:
        """Commit and file; the Action's outputs by name, as soon as they are there. Raises `GitHubError`."""
        if commits:
            jitter = Random(self.learned.stamp.run)  # noqa: S311
            done = committed.commit(self.decide, self._message, random=jitter, first=first)
            yield {"commit-sha": done.sha if done else ""}
        else:
            self.decide(first)
        if self._actions:
            numbers = carry_out(self.hub, self._actions, overrides=self.templates)
            yield {"issue-numbers": f"[{', '.join(map(str, sorted(set(numbers.values()))))}]"}

    def decide(self, snapshot: Snapshot) -> dict[str, str]:
        """The files to commit on top of a snapshot; the issues' next steps are kept for after the commit."""
        there = self._states(snapshot)
        merged = {loop: self._with_ours(loop, theirs) for loop, theirs in there.items()}
        changes = [*self.learned.changes, *self._take_leave(merged)]
        if self.settings is not None:
            steps = next_steps(
                merged,
                changes,
                self.learned.measurements,
                listed(self.hub, _numbers(there)),
                rules=self.learned.rules,
                limits=self.settings,
                stamp=self.learned.stamp,
                now=self.learned.now,
                scope=self.learned.scope,
            )
            merged, self._actions = dict(steps.baselines), steps.actions
        files = {self._path(loop): dump(state) for loop, state in merged.items() if state != there[loop]}
        if not any(is_worth_a_commit(there[loop], merged[loop], self.learned.now) for loop in merged):
            files = {}
        readme = f"{self.learned.folder}README.md"
        if self.learned.readme is not None and snapshot.text(readme) != self.learned.readme:
            files[readme] = self.learned.readme
        return files

    def _take_leave(self, merged: dict[str, Baseline]) -> Iterator[Change]:
        """How what was known of loops ended that the config names no longer; loops without any are left alone."""
        for loop in sorted(merged.keys() - set(self.learned.configured)):
            merged[loop], ended = without_loop(merged[loop], self.learned.scope)
            yield from ended
            if not ended:
                del merged[loop]

    def _states(self, snapshot: Snapshot) -> dict[str, Baseline]:
        """Every state at the snapshot; one that cannot be read is left alone, and its loop with it."""
        states: dict[str, Baseline] = {}
        inside = (path.removeprefix(self.learned.folder) for path in snapshot.files)
        removed = {path.removesuffix("/state.json") for path in inside if path.endswith("/state.json")}
        for loop in sorted({*self.learned.configured, *removed}):
            path = self._path(loop)
            try:
                text = snapshot.text(path)
                states[loop] = Baseline(loop=loop) if path not in snapshot.files else parse(text or "", loop, path)
            except StateError:
                continue
        return states

    def _with_ours(self, loop: str, theirs: Baseline) -> Baseline:
        if loop not in self.learned.renewed or theirs.holds(self.learned.stamp.run):
            return theirs
        return merge(self.learned.before[loop], self.learned.renewed[loop], theirs)

    def _path(self, loop: str) -> str:
        return f"{self.learned.folder}{loop}/state.json"

    @property
    def _message(self) -> str:
        kinds = Counter(change.kind for change in self.learned.changes)
        news = ", ".join(f"{kinds[kind]:,} {word}" for kind, word in _NEWS.items() if kinds[kind]) or "nothing new"
        return f"autoresearch: state of {self.learned.stamp.at[:10]} ({news})\n\nRun {self.learned.stamp.run}"


def _numbers(states: Mapping[str, Baseline]) -> set[int]:
    return {issue.number for state in states.values() for issue in state.issues.values() if issue.number is not None}
