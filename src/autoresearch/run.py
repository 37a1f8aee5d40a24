"""The measuring half: the loops look at the world, and at the base revision where that is asked for, in one result.

`plan → measure → (remeasure suspicious metrics) → settle`. Nothing is written.
"""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from autoresearch import __version__
from autoresearch.core.baseline import Stamp
from autoresearch.core.measurement import Measurement
from autoresearch.core.numbers import compare_metrics
from autoresearch.core.result import Base, Result, Run, Tool
from autoresearch.errors import NotMeasuredError
from autoresearch.loops.registry import AnyLoop, policy
from autoresearch.measure import Bench
from autoresearch.plan import Plan, Request, States, beside_the_config, plan
from autoresearch.progress import Mask, Progress, choose
from autoresearch.settle import Outcome, rebased, settle
from autoresearch.signals import git
from autoresearch.signals.build import build
from autoresearch.signals.context import Signals


@dataclass(frozen=True)
class _BaseBench:
    """Where the base revision is measured; `problem` says why it cannot be."""

    sha: str
    bench: Bench
    problem: str = ""


def run(
    request: Request, states: States = beside_the_config, progress_for: Callable[[Mask], Progress] = choose
) -> Outcome:
    """Measure, judge, compare and renew, without writing a file.

    Raises `ConfigError` and `UsageError`;
    whatever happens inside a loop is that loop's outcome.
    """
    planned = plan(request, states)
    stamp = stamp_of(request)
    progress = progress_for(planned.secrets.mask)
    world = Signals(
        request.root,
        planned.config.site,
        request.now,
        planned.secrets,
        request.seed,
        part=request.shard,
        look_at=request.url,
        event_settings=planned.config.events,
    )
    with world as signals, progress:
        bench = Bench(signals, planned.secrets, progress, request.verbose)
        with _at_base(request, planned, bench) as base:
            measuring = _Measuring(planned, bench, base, stamp)
            measuring.measure([loop for loop in planned.of_shard(request.shard) if loop.name not in planned.broken])
    return settle(planned, _result(planned, measuring, request), request)


def _result(planned: Plan, measuring: _Measuring, request: Request) -> Result:
    base, stamp = measuring.base, measuring.stamp
    return Result(
        tool=Tool(version=__version__),
        run=Run(
            id=stamp.run,
            sha=stamp.sha,
            event=request.event,
            now=stamp.at,
            planned=tuple(loop.name for loop in planned.loops),
            shard=request.shard,
        ),
        measurements=tuple(measuring.head_saw.values()),
        base=Base(sha=base.sha, measurements=tuple(measuring.base_saw.values())) if base else None,
    )


def stamp_of(request: Request) -> Stamp:
    """Which run this is: the workflow's, or one named by its time and commit."""
    at = request.now.astimezone(dt.UTC).replace(microsecond=0)
    sha = request.sha or git.head(request.root)
    local = f"{at:%Y%m%dT%H%M%SZ}" + (f"-{sha[:7]}" if sha else "")
    return Stamp(run=request.run_id or local, sha=sha, at=f"{at:%Y-%m-%dT%H:%M:%SZ}")


@dataclass
class _Measuring:
    """One run under way: what each loop saw, and what it saw at the base revision."""

    planned: Plan
    bench: Bench
    base: _BaseBench | None
    stamp: Stamp
    head_saw: dict[str, Measurement] = field(default_factory=dict)
    base_saw: dict[str, Measurement] = field(default_factory=dict)

    def measure(self, loops: Sequence[AnyLoop]) -> None:
        """Look at the head, then at the base, then once more at whatever is suspicious."""
        self.bench.prepare(loops, self.planned.baselines)
        self.head_saw = self.bench.measure(loops)
        measured = [loop for loop in loops if self.head_saw[loop.name].status == "measured"]
        if self.base is not None:
            self.base_saw = self._measure_base(self.base, [loop for loop in measured if not loop.outside])
        for loop in measured:
            if any(metric.gate and not metric.exact for metric in self.head_saw[loop.name].metrics):
                self._settle_suspicions(loop)

    def _measure_base(self, base: _BaseBench, loops: Sequence[AnyLoop]) -> dict[str, Measurement]:
        if base.problem:
            return {loop.name: Measurement.failed(loop.name, loop.kind, base.problem) for loop in loops}
        base.bench.prepare(loops, self.planned.baselines)
        return base.bench.measure(loops)

    def _settle_suspicions(self, loop: AnyLoop) -> None:
        """Have suspicious metrics measured again, at the same commit, or at both."""
        head, base = self.head_saw[loop.name], self.base_saw.get(loop.name)
        if base is not None and base.status != "measured":
            base = None
        against = rebased(loop, self.planned.baselines[loop.name], base, self.stamp)
        rules = policy(loop, dt.datetime.fromisoformat(self.stamp.at).date())
        suspects = compare_metrics(head, against, rules, base).suspicions
        if suspects and base is not None and self.base is not None:
            both = self.bench.remeasure_with(self.base.bench, loop, (head, base), suspects)
            self.head_saw[loop.name], self.base_saw[loop.name] = both
        elif suspects:
            self.head_saw[loop.name] = self.bench.remeasure(loop, head, suspects)


@contextmanager
def _at_base(request: Request, planned: Plan, bench: Bench) -> Iterator[_BaseBench | None]:
    """The base revision in a folder of its own, its site built there."""
    if request.base is None:
        yield None
        return
    sha = git.commit_of(request.root, request.base)
    site = planned.config.site
    with tempfile.TemporaryDirectory(prefix="autoresearch-base-") as folder:
        root, problem = request.root, ""
        try:
            root = git.export(request.root, sha, Path(folder))
            if site is not None and site.build:
                build(planned.secrets.resolve(site.build), root, environment=_told(request))
        except NotMeasuredError as error:
            problem = str(error)
        world = Signals(
            root,
            site,
            request.now,
            planned.secrets,
            request.seed,
            part=request.shard,
            event_settings=planned.config.events,
        )
        with world as signals:
            at_base = replace(bench, signals=signals, prefix=f"{request.base}: ")
            yield _BaseBench(sha, at_base, problem)


def _told(request: Request) -> Mapping[str, str]:
    return {"AUTORESEARCH_SEED": str(request.seed), "CI": os.environ.get("CI", "true")}
