"""`autoresearch experiment`: a night from its config to its branch and its report."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch.config.experiment import Experiment
from autoresearch.config.load import load
from autoresearch.errors import StateError, UsageError
from autoresearch.experiment.agents.base import NoAgent
from autoresearch.experiment.agents.registry import make_agent
from autoresearch.experiment.bench import Bench, Version, make_arms
from autoresearch.experiment.morning import conclude
from autoresearch.experiment.night import Limits, Night
from autoresearch.experiment.notebook import Notebook, Row
from autoresearch.experiment.plan import FOLDER, Plan, folder_of, make_plan
from autoresearch.experiment.repository import Entry, Repository
from autoresearch.experiment.simpler import Simplicity
from autoresearch.experiment.start import look_at
from autoresearch.experiment.trial import Judge
from autoresearch.experiment.workspace import Workspace
from autoresearch.signals.process import adopt_strays
from autoresearch.statistics.night.noise import Noise
from autoresearch.statistics.night.rule import CONFIRM_ALPHA

JOB = dt.timedelta(hours=5, minutes=30)
"""A hosted job is ended after six hours: nothing is begun after this, and the next job goes on."""
Clock = Callable[[], dt.datetime]
Say = Callable[[str], None]
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Wish:
    """What the command line asks for."""

    root: Path
    config: str
    name: str | None = None
    resume: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Ended:
    """What is there afterwards."""

    book: Notebook
    plan: Plan
    finished: bool
    """False: the job's clock ran out, and the night waits to be resumed."""


def experiment(wish: Wish, *, clock: Clock, say: Say) -> Ended:
    """A night, from the first measurement to the morning. Raises `AutoresearchError`s that say what to do."""
    with set_up(wish, clock=clock, say=say) as night:
        why = night.run()
        if why:
            say(f"the night is over: {why}")
            conclude(night, why)
            _write_results(night)
    return Ended(night.book, night.plan, bool(why))


@contextmanager
def set_up(wish: Wish, *, clock: Clock, say: Say, trial: bool = False) -> Iterator[Night]:
    """A night that is calibrated and ready to run; `trial`: without an agent, and with nothing left behind."""
    name, settings, build = _chosen(wish)
    repository = Repository(wish.root)
    book = _resumed(repository, name) if wish.resume else None
    plan = make_plan(name, settings, repository, build=build, base=str(book.night["base"]) if book else None)
    agent = NoAgent() if trial else make_agent(name, settings)
    limits = Limits(tries=0) if trial else _limits(name, settings, wish.limits)
    adopt_strays()
    with prepared(plan, repository) as (bench, folder):
        if book is None:
            book = _begun(plan, repository, clock(), trial=trial)
        try:
            say(f"{plan.name}: branch {book.night['branch']}, from {plan.base[:7]}")
            judge = make_judge(plan, bench, len(book.rows))
            _calibrate(judge, book, say, clock)
            simplicity = Simplicity(settings.normaliser, settings.time_limit)
            yield Night(plan, repository, book, judge, agent, folder, simplicity, clock, say, limits)
        finally:
            if trial or not book.rows:
                _forget(book, repository)


@contextmanager
def prepared(plan: Plan, repository: Repository) -> Iterator[tuple[Bench, Workspace]]:
    """The checkouts of a night, in a temporary folder that agents and candidates can reach and nothing else is in."""
    with tempfile.TemporaryDirectory(prefix="autoresearch-night-", ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        work.chmod(0o755)

        def make(place: Path) -> Workspace:
            return Workspace(repository, place, like=work)

        yield Bench(plan, make_arms(work, make)), make(work / "agent")


def make_judge(plan: Plan, bench: Bench, done: int = 0) -> Judge:
    """The rule, before it knows the noise; after so many lines of the notebook, other draws."""
    draw = random.Random(f"{plan.name}:{plan.settings.seed}:{done}")  # noqa: S311  to be repeated
    return Judge(bench, draw, CONFIRM_ALPHA)


def _chosen(wish: Wish) -> tuple[str, Experiment, str | None]:
    config, _ = load(wish.root / wish.config, wish.config)
    names = list(config.experiments)
    if not names:
        raise UsageError(f"{wish.config} has no experiment", hint="declare one under `experiments`: docs/experiment.md")
    if wish.name is None and len(names) != 1:
        raise UsageError(f"which experiment? {wish.config} has {', '.join(names)}", hint="autoresearch experiment NAME")
    name = wish.name or names[0]
    if name not in config.experiments:
        raise UsageError(f"there is no experiment {name}", hint=f"there are: {', '.join(names)}")
    return name, config.experiments[name], config.site.build if config.site else None


def _begun(plan: Plan, repository: Repository, now: dt.datetime, *, trial: bool) -> Notebook:
    """A branch and a notebook that nobody has yet."""
    day = f"selftest-{now:%Y-%m-%d}" if trial else f"{now:%Y-%m-%d}"
    for number in range(1, 100):
        date = day if number == 1 else f"{day}-{number}"
        branch, folder = f"autoresearch/{plan.name}-{date}", folder_of(repository, plan.name) / date
        if not repository.tip(branch) and not (folder / "night.json").exists():
            book = Notebook.begin(folder, {"name": plan.name, "branch": branch, "base": plan.base, "date": date})
            repository.move(branch, plan.base, since="")
            return book
    raise UsageError(f"there are 99 nights of {day} already", hint="delete branches that are not needed any more")


def _resumed(repository: Repository, name: str) -> Notebook:
    """The latest night that has no morning yet."""
    folder = folder_of(repository, name)
    for each in sorted(folder.iterdir(), reverse=True) if folder.is_dir() else ():
        if (each / "night.json").exists() and "morning" not in (book := Notebook.open(each)).night:
            return book
    raise UsageError(f"there is no night of {name} to go on with", hint="start one without --resume")


def _calibrate(judge: Judge, book: Notebook, say: Say, clock: Clock) -> None:
    """On the base for a new night; on the incumbent where a night goes on, for this may be another machine."""
    tip = Version(book.tip)
    found = look_at(judge, tip)
    machines = book.night.setdefault("calibrations", [])
    if machines and machines[0]["mode"] != found["mode"]:
        raise StateError(
            f"the score was {machines[0]['mode']} when the night began, and is {found['mode']} here",
            hint="start a new night on this machine",
        )
    machines.append({**found, "machine": _machine(), "samples": list(judge.samples)})
    if machines[0]["mode"] == "noisy" and len(machines) > 1:
        judge.noise = Noise(**found["noise"])
    book.save()
    if not book.rows:
        book.add(
            Row(0, "baseline", "the file as it is", score=found["score"], at=clock().isoformat(timespec="seconds"))
        )
    say(
        "the score is exact: equal in five clean runs"
        if found["mode"] == "exact"
        else f"the score is noisy: {found['words']}"
    )


def _limits(name: str, settings: Experiment, asked: Limits) -> Limits:
    """The command line's before the config's."""
    budget = settings.budget
    limits = Limits(asked.tries or budget.tries, asked.until, budget.dollars, budget.stall, asked.pause)
    if (limits.tries, limits.until, limits.dollars, limits.stall) == (None, None, None, None):
        raise UsageError(
            f"experiments.{name}: nothing says when the night is over",
            hint="--tries 100, --until 06:30, or `budget: {tries: 100}`",
        )
    return limits


def _write_results(night: Night) -> None:
    """The notebook becomes the branch's last commit, where anything was kept."""
    book, repository = night.book, night.repository
    if not book.kept:
        return
    path = repository.path(f"{FOLDER}/{night.plan.name}/results.tsv")
    entry = Entry("100644", repository.blob(book.tsv().encode()))
    at = night.clock().isoformat(timespec="seconds")
    message = f"{night.plan.name}: the notebook of {book.night['date']}\n"
    commit = repository.commit(book.tip, {path: entry}, message, at=at, index=book.folder / "index")
    repository.move(book.night["branch"], commit, since=book.tip)
    book.night["notebook_commit"] = commit
    book.save()


def _machine() -> str:
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return os.uname().nodename


def _forget(book: Notebook, repository: Repository) -> None:
    """A night that never began, or was a trial."""
    shutil.rmtree(book.folder, ignore_errors=True)
    if there := repository.tip(book.night["branch"]):
        repository.git("update-ref", "-d", f"refs/heads/{book.night['branch']}", there)
