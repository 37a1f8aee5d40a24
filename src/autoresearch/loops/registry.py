"""Which kinds of loops there are, ours and third parties', and how a config names them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from autoresearch.config.load import Document, suggestion
from autoresearch.config.model import Config, LoopSettings
from autoresearch.config.secrets import Secrets
from autoresearch.core.policy import Policy
from autoresearch.errors import ConfigError, UsageError
from autoresearch.loops.base import Loop

GROUP = "autoresearch.loops"

AnyLoop = Loop[Any]


@cache
def kinds() -> dict[str, EntryPoint]:
    """Every installed kind, ours and third parties'; nothing is imported for it."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def loop_class(kind: str) -> type[AnyLoop]:
    """The class of a kind. Raises `ConfigError` when it is unknown or is no loop."""
    if kind not in kinds():
        raise ConfigError(f"unknown kind `{kind}`{suggestion(kind, kinds())}")
    loaded = kinds()[kind].load()
    if not (isinstance(loaded, type) and issubclass(loaded, Loop)):
        raise ConfigError(f"kind `{kind}`: {kinds()[kind].value} is not a Loop")
    return loaded


def configured(config: Config, document: Document) -> dict[str, AnyLoop]:
    """All loops of a config, by name, their settings validated; placeholders are not resolved yet."""
    return {name: _configure(name, raw, document) for name, raw in config.loops.items()}


def _configure(name: str, raw: dict[str, Any], document: Document) -> AnyLoop:
    at = ("loops", name)
    kind = str(raw.get("kind", name))
    try:
        cls = loop_class(kind)
    except ConfigError as error:
        raise document.error((*at, "kind") if "kind" in raw else at, error.message, hint=error.hint) from error
    settings = document.validate(cls.Settings, {"kind": kind, "rung": cls.rung, **raw}, at)
    return cls(name, settings)


def unconfigured(kind: str) -> AnyLoop:
    """A loop that no config names, with its defaults. Raises `UsageError` when its kind cannot do without settings."""
    try:
        cls = loop_class(kind)
        return cls(kind, cls.Settings.model_validate({"kind": kind, "rung": cls.rung}))
    except ConfigError as error:
        raise UsageError(error.message, hint=error.hint) from error
    except ValueError as error:
        raise UsageError(f"loop `{kind}` needs settings", hint="describe it under `loops:` (docs/config.md)") from error


def chosen(loops: dict[str, AnyLoop], names: Sequence[str]) -> list[AnyLoop]:
    """The loops that a command line names, or all. Raises `UsageError` for a name that is none."""
    for name in names:
        if name not in loops:
            raise UsageError(f"no loop `{name}` in the config{suggestion(name, loops)}")
    return [loops[name] for name in (dict.fromkeys(names) or loops)]


def with_secrets(loop: AnyLoop, secrets: Secrets) -> AnyLoop:
    """The loop with its placeholders resolved. Raises `NotMeasuredError` when a variable is not set."""
    settings: LoopSettings = secrets.resolved(loop.settings)
    return type(loop)(loop.name, settings)


def policy(loop: AnyLoop, today: dt.date) -> Policy:
    """What the config says about the loop's rules, in the terms of `core`."""
    settings: LoopSettings = loop.settings

    def ignored(rule: str, subject: str) -> str | None:
        return next((i.because for i in settings.ignore if i.covers(rule, subject, today)), None)

    return Policy(
        rules={rule.id: rule for rule in loop.rules},
        overrides=settings.severities(),
        ignored=ignored,
        metric_rule=f"{loop.name}/metric-regressed",
        metric_rules={metric: f"{loop.name}/{rule}" for metric, rule in loop.metric_rules.items()},
    )
