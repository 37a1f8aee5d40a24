"""What is to be done: the request, the config that it meets, the loops of it, and what their states remember."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch.config.implicit import guess_site
from autoresearch.config.load import load
from autoresearch.config.model import Config
from autoresearch.config.secrets import Secrets
from autoresearch.core.baseline import Baseline
from autoresearch.core.changes import FailOn
from autoresearch.core.renew import Selector
from autoresearch.core.result import Shard
from autoresearch.core.shards import deal, most_shards
from autoresearch.errors import StateError, UsageError
from autoresearch.loops.registry import AnyLoop, chosen, configured, unconfigured
from autoresearch.state import load as load_state
from autoresearch.state import state_path

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
    base: str | None = None
    """The revision that is measured too, and compared with."""
    shard: Shard | None = None
    url: str | None = None
    """Where the site is looked at, when not where the config says: a preview of it."""
    event: str = ""
    sha: str | None = None
    """The commit that is measured, where git does not know it: on pull requests it has a merge commit checked out."""
    run_id: str | None = None
    verbose: bool = False


@dataclass(frozen=True)
class Plan:
    """Which loops are to run, and what each of them remembers."""

    config: Config
    loops: Sequence[AnyLoop]
    configured: Sequence[AnyLoop]
    """All loops of the config, whether they are to run or not."""
    folder: Path
    """The folder of `config.yml`, with a folder for each loop's state."""
    baselines: Mapping[str, Baseline]
    """Loop → what it remembers."""
    broken: Mapping[str, str]
    """Loop → why its state cannot be read: such a loop is not measured, and its file stays as it is."""
    secrets: Secrets = field(repr=False)

    @property
    def divided(self) -> set[str]:
        """The loops of which every shard measures a part."""
        return {loop.name for loop in self.loops if loop.divided}

    def of_shard(self, shard: Shard | None) -> list[AnyLoop]:
        """The loops that a shard measures; all of them without one."""
        if shard is None:
            return list(self.loops)
        mine = deal([loop.name for loop in self.loops], self.divided, shard)
        return [loop for loop in self.loops if loop.name in mine]

    def shards(self, wanted: int) -> list[str]:
        """`I/N` for each shard that has something to do: the matrix of a workflow."""
        count = most_shards([loop.name for loop in self.loops], self.divided, wanted)
        return [str(Shard(index=index, count=count)) for index in range(1, count + 1)]


States = Callable[[Config], Path | None]
"""Where the states are that count; None: beside the config."""


def beside_the_config(config: Config) -> None:
    """The states of the checkout itself."""
    del config


def plan(request: Request, states: States = beside_the_config) -> Plan:
    """Read the config, choose the loops and read their states.

    Without a config, named loops run with defaults on the site found here. Raises `ConfigError` and `UsageError`.
    """
    name = request.config or DEFAULT_CONFIG
    path = request.root / name
    config, every = _configured(request, path, name)
    loops = _due(chosen(every, request.loops), request)
    baselines, broken = _baselines(states(config) or path.parent, loops)
    secrets = Secrets(os.environ)
    secrets.learn(config.model_dump(mode="json"))
    return Plan(config, loops, list(every.values()), path.parent, baselines, broken, secrets)


def _due(loops: list[AnyLoop], request: Request) -> list[AnyLoop]:
    """On a pull request, loops that look at something else than the repository wait, unless they are named."""
    if request.loops or not request.event.startswith("pull_request"):
        return loops
    return [loop for loop in loops if not loop.outside] or loops


def _configured(request: Request, path: Path, name: str) -> tuple[Config, dict[str, AnyLoop]]:
    if request.config is None and not path.exists() and request.loops:
        config = Config(version=1, site=guess_site(request.root))
        return config, {kind: unconfigured(kind) for kind in request.loops}
    config, document = load(path, name)
    every = configured(config, document)
    if not every:
        raise UsageError(f"{name}: no loop is configured", hint="add one under `loops:`, such as `seo: {}`")
    return config, every


def _baselines(folder: Path, loops: Sequence[AnyLoop]) -> tuple[dict[str, Baseline], dict[str, str]]:
    baselines: dict[str, Baseline] = {}
    broken: dict[str, str] = {}
    for loop in loops:
        try:
            baselines[loop.name] = load_state(state_path(folder, loop.name), loop.name)
        except StateError as error:
            baselines[loop.name] = Baseline(loop=loop.name)
            broken[loop.name] = str(error)
    return baselines, broken
