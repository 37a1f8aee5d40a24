"""The main use case: measure the loops, compare with the committed state, report, and renew the state.

`measure → judge → compare → (remeasure suspicious metrics → compare) → accept → renew → report → write`. Nothing is
written before everything is known, and then all of it or none.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from autoresearch import __version__
from autoresearch.config.implicit import guess_site
from autoresearch.config.load import load
from autoresearch.config.model import Config
from autoresearch.config.secrets import Secrets
from autoresearch.core.baseline import Baseline, Stamp
from autoresearch.core.changes import BaselineRef, Change, Changes, FailOn, verdict
from autoresearch.core.compare import compare
from autoresearch.core.measurement import Finding, Measurement
from autoresearch.core.renew import Selector, accept, renew
from autoresearch.core.result import Result, Run, Tool, as_json
from autoresearch.errors import StateError, UsageError
from autoresearch.loops.registry import AnyLoop, chosen, configured, policy, unconfigured
from autoresearch.measure import Bench
from autoresearch.progress import Mask, Progress, choose
from autoresearch.signals import git
from autoresearch.signals.context import Signals
from autoresearch.state import dump, state_path, to_lines
from autoresearch.state import load as load_state

DEFAULT_CONFIG = "autoresearch/config.yml"


@dataclass(frozen=True)
class Request:
    """What the command line, or the Action's inputs, ask for."""

    root: Path
    now: dt.datetime
    loops: tuple[str, ...] = ()
    config: str | None = None
    """Relative to `root`; `autoresearch/config.yml` when None."""
    fail_on: FailOn = "regression"
    accept: tuple[Selector, ...] = ()
    because: str = ""
    seed: int = 0
    event: str = ""
    verbose: bool = False


@dataclass(frozen=True)
class Plan:
    """Which loops are to run, and where their state lives."""

    config: Config
    loops: Sequence[AnyLoop]
    configured: Sequence[AnyLoop]
    """All loops of the config, whether they are to run or not."""
    folder: Path
    """The folder of `config.yml`, with a folder for each loop's state."""


@dataclass(frozen=True)
class LoopOutcome:
    """All that one loop brought."""

    loop: AnyLoop
    measurement: Measurement
    baseline: Baseline
    """As it was."""
    renewed: Baseline
    judged: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """All that a run brought; nothing of it is written yet."""

    plan: Plan
    run: Run
    loops: tuple[LoopOutcome, ...]
    changes: Changes
    secrets: Secrets = field(repr=False)

    @property
    def exit_code(self) -> int:
        """1 when the verdict fails, 3 when a loop could not be measured, else 0."""
        if self.changes.verdict == "fail":
            return 1
        return 3 if any(o.measurement.status != "measured" for o in self.loops) else 0

    def result_text(self) -> str:
        """`result.json`."""
        result = Result(
            tool=Tool(version=__version__), run=self.run, measurements=tuple(o.measurement for o in self.loops)
        )
        return to_lines(as_json(result, {o.loop.name: o.judged for o in self.loops}), {"measurements": 4})

    def changes_text(self) -> str:
        """`changes.json`."""
        return to_lines(self.changes.model_dump(mode="json", exclude_none=True))

    def states(self) -> dict[Path, str]:
        """The state files that changed, by path."""
        return {
            state_path(self.plan.folder, o.loop.name): dump(o.renewed)
            for o in self.loops
            if o.renewed is not o.baseline
        }


def plan(request: Request) -> Plan:
    """Read the config and choose the loops. Without a config, named loops run with defaults on the site found here."""
    name = request.config or DEFAULT_CONFIG
    path = request.root / name
    if request.config is None and not path.exists() and request.loops:
        site = guess_site(request.root)
        loops = {kind: unconfigured(kind) for kind in request.loops}
        return Plan(Config(version=1, site=site), list(loops.values()), list(loops.values()), path.parent)
    config, document = load(path, name)
    every = configured(config, document)
    if not every:
        raise UsageError(f"{name}: no loop is configured", hint="add one under `loops:`, such as `seo: {}`")
    return Plan(config, chosen(every, request.loops), list(every.values()), path.parent)


def run(request: Request, progress_for: Callable[[Mask], Progress] = choose) -> Outcome:
    """Measure, judge, compare and renew, without writing a file.

    Raises `ConfigError` and `UsageError`; whatever happens inside a loop is that loop's outcome.
    """
    planned = plan(request)
    secrets = Secrets(os.environ)
    secrets.learn(planned.config.model_dump(mode="json"))
    stamp = _stamp(request)
    progress = progress_for(secrets.mask)
    with Signals(request.root, planned.config.site, request.now, secrets, request.seed) as signals, progress:
        bench = Bench(signals, secrets, progress, request.verbose)
        outcomes = _measure(planned, bench, request, stamp)
    return _conclude(planned, outcomes, request, stamp, secrets)


def _measure(planned: Plan, bench: Bench, request: Request, stamp: Stamp) -> list[LoopOutcome]:
    baselines, broken = _baselines(planned)
    for loop in planned.loops:
        if loop.name in baselines:
            bench.signals.remember(loop.revisits(baselines[loop.name]))
    measurements = bench.measure([loop for loop in planned.loops if loop.name not in broken])
    outcomes = []
    for loop in planned.loops:
        baseline = baselines.get(loop.name) or Baseline(loop=loop.name)
        measurement = measurements.get(loop.name) or Measurement.failed(loop.name, loop.kind, broken[loop.name])
        outcomes.append(_compare(loop, measurement, baseline, bench, request.now.date()))
    accepted = [_accept(outcome, request) for outcome in outcomes]
    _all_matched(request.accept, outcomes)
    return [_renew(outcome, request, stamp) for outcome in accepted]


def _baselines(planned: Plan) -> tuple[dict[str, Baseline], dict[str, str]]:
    """The state of every loop that has a readable one, and why the others have not."""
    baselines: dict[str, Baseline] = {}
    broken: dict[str, str] = {}
    for loop in planned.loops:
        try:
            baselines[loop.name] = load_state(state_path(planned.folder, loop.name), loop.name)
        except StateError as error:
            broken[loop.name] = str(error)
    return baselines, broken


def _compare(loop: AnyLoop, measurement: Measurement, baseline: Baseline, bench: Bench, today: dt.date) -> LoopOutcome:
    if measurement.status != "measured":
        return LoopOutcome(loop, measurement, baseline, baseline)
    rules = policy(loop, today)
    try:
        judged = tuple(f.model_copy(update={"judged": True}) for f in loop.judge(measurement, baseline))
    except Exception as error:  # noqa: BLE001  a third party's judge: its failure is its own loop's
        failed = Measurement.failed(loop.name, loop.kind, f"judging failed: {type(error).__name__}: {error}")
        return LoopOutcome(loop, failed, baseline, baseline)
    comparison = compare(measurement, judged, baseline, rules)
    if comparison.suspicions:
        measurement = bench.remeasure(loop, measurement, comparison.suspicions)
        comparison = compare(measurement, judged, baseline, rules)
    return LoopOutcome(loop, measurement, baseline, baseline, judged, comparison.changes)


def _accept(outcome: LoopOutcome, request: Request) -> LoopOutcome:
    return replace(outcome, changes=accept(outcome.changes, request.accept, request.because))


def _all_matched(selectors: Sequence[Selector], outcomes: Sequence[LoopOutcome]) -> None:
    for selector in selectors:
        if not any(selector.matches(change) for outcome in outcomes for change in outcome.changes):
            raise UsageError(
                f"--accept {selector.text}: nothing of that name was found in this run",
                hint="LOOP, LOOP/RULE, LOOP:SUBJECT or LOOP:METRIC@SUBJECT, as the report names them",
            )


def _renew(outcome: LoopOutcome, request: Request, stamp: Stamp) -> LoopOutcome:
    renewed = renew(
        outcome.baseline,
        outcome.measurement,
        outcome.judged,
        outcome.changes,
        policy=policy(outcome.loop, request.now.date()),
        stamp=stamp,
    )
    return replace(outcome, renewed=renewed)


def _conclude(
    planned: Plan, outcomes: Sequence[LoopOutcome], request: Request, stamp: Stamp, secrets: Secrets
) -> Outcome:
    changes = tuple(sorted((c for o in outcomes for c in o.changes), key=lambda change: change.order))
    all_measured = all(o.measurement.status == "measured" for o in outcomes)
    return Outcome(
        plan=planned,
        run=Run(
            id=stamp.run,
            sha=stamp.sha,
            event=request.event,
            now=stamp.at,
            planned=tuple(loop.name for loop in planned.loops),
        ),
        loops=tuple(outcomes),
        changes=Changes(
            verdict=verdict(changes, fail_on=request.fail_on, all_measured=all_measured),
            baseline=_reference(outcomes, request.now),
            changes=changes,
        ),
        secrets=secrets,
    )


def _reference(outcomes: Sequence[LoopOutcome], now: dt.datetime) -> BaselineRef | None:
    """The newest run that was compared with: its commit and its age."""
    runs = [entry for o in outcomes if (entry := o.baseline.last_run())]
    if not runs:
        return None
    newest = max(runs, key=lambda entry: entry.order)
    age = now - dt.datetime.fromisoformat(newest.at)
    return BaselineRef(sha=newest.sha, age_days=round(age / dt.timedelta(days=1), 2))


def _stamp(request: Request) -> Stamp:
    at = request.now.astimezone(dt.UTC).replace(microsecond=0)
    sha = git.head(request.root)
    env: Mapping[str, str] = os.environ
    local = f"{at:%Y%m%dT%H%M%SZ}" + (f"-{sha[:7]}" if sha else "")
    run_id = f"{env['GITHUB_RUN_ID']}.{env.get('GITHUB_RUN_ATTEMPT', '1')}" if env.get("GITHUB_RUN_ID") else local
    return Stamp(run=run_id, sha=sha, at=f"{at:%Y-%m-%dT%H:%M:%SZ}")
