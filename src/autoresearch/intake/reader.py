"""JSON data to a `Result`, a small piece at a time; the first piece that is wrong ends it, in plain words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from autoresearch.config.model import NAME
from autoresearch.core.measurement import Coverage, Finding, Measurement, Metric, Skipped
from autoresearch.core.problem import kind_of, quoted, reason
from autoresearch.core.result import SCHEMA_VERSION, Base, Result, Run, Tool
from autoresearch.errors import PublishError
from autoresearch.intake.json_data import Place, shown

M = TypeVar("M", bound=BaseModel)

_MAX_LOOPS = 1_000
_MAX_ITEMS = 100_000
"""Findings, metrics, subjects: as many of each as one loop may bring."""
_MAX_SAMPLES = 10_000
_MAX_KEYS = 200
"""In one item; it also bounds the errors that are made of an item."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_TOLD = 5


class Reader:
    """Turns one file's data into models. Raises `PublishError` naming `where` and the place in it."""

    def __init__(self, where: str) -> None:
        self.where = where

    def result(self, value: Any) -> Result:
        """The whole file."""
        data = self._mapping(value, ())
        version = data.get("schema_version")
        if type(version) is not int or version < 1:
            raise self._error(("schema_version",), "is missing: this is no result of autoresearch")
        if version > SCHEMA_VERSION:
            raise PublishError(
                f"{self.where}: written by a newer version (schema {version}, this tool knows {SCHEMA_VERSION})",
                hint="let the measuring and the publishing job use the same version of autoresearch",
            )
        return self._model(
            Result,
            data
            | {
                "tool": self._model(Tool, data.get("tool"), ("tool",)),
                "run": self._run(data.get("run")),
                "measurements": self._measurements(data.get("measurements"), ("measurements",)),
                "base": self._base(data.get("base")),
            },
            (),
        )

    def _run(self, value: Any) -> Run:
        data = self._mapping(value, ("run",))
        self._sequence(data.get("planned"), ("run", "planned"), _MAX_LOOPS)
        run = self._model(Run, data, ("run",))
        if not _is_time(run.now):
            raise self._error(
                ("run", "now"), f"must be a time in UTC, such as 2026-05-01T06:00:00Z, not {quoted(run.now)}"
            )
        self._commit(run.sha, ("run", "sha"))
        if not re.fullmatch(r"[\w.:-]{1,200}", run.id, re.ASCII):
            raise self._error(("run", "id"), f"must be a short name without spaces, not {quoted(run.id)}")
        for index, name in enumerate(run.planned):
            self._name(name, ("run", "planned", index))
        return run

    def _base(self, value: Any) -> Base | None:
        if value is None:
            return None
        data = self._mapping(value, ("base",), _MAX_KEYS)
        measurements = self._measurements(data.get("measurements"), ("base", "measurements"))
        base = self._model(Base, data | {"measurements": measurements}, ("base",))
        self._commit(base.sha, ("base", "sha"))
        return base

    def _measurements(self, value: Any, at: Place) -> list[Measurement]:
        found: dict[str, Measurement] = {}
        for index, item in enumerate(self._sequence(value, at, _MAX_LOOPS)):
            measurement = self._measurement(item, (*at, index))
            if measurement.loop in found:
                raise self._error((*at, index, "loop"), f"`{measurement.loop}` was measured before in this file")
            found[measurement.loop] = measurement
        return list(found.values())

    def _measurement(self, value: Any, at: Place) -> Measurement:
        data = self._mapping(value, at, _MAX_KEYS)
        self._mapping(data.get("environment", {}), (*at, "environment"), _MAX_KEYS)
        measurement = self._model(
            Measurement,
            data
            | {
                "coverage": self._coverage(data.get("coverage", {}), (*at, "coverage")),
                "metrics": self._metrics(data.get("metrics", []), (*at, "metrics")),
                "findings": self._findings(data.get("findings", []), (*at, "findings")),
                "observations": self._observations(data.get("observations", {}), (*at, "observations")),
            },
            at,
        )
        self._name(measurement.loop, (*at, "loop"))
        return measurement

    def _coverage(self, value: Any, at: Place) -> Coverage:
        data = self._mapping(value, at, _MAX_KEYS)
        skipped = self._items(Skipped, data.get("skipped", []), (*at, "skipped"))
        return self._model(Coverage, data | {"skipped": skipped}, at)

    def _metrics(self, value: Any, at: Place) -> list[Metric]:
        for index, item in enumerate(self._sequence(value, at, _MAX_ITEMS)):
            metric = self._mapping(item, (*at, index), _MAX_KEYS)
            for key in ("samples", "reruns"):
                self._sequence(metric.get(key, []), (*at, index, key), _MAX_SAMPLES)
        return self._items(Metric, value, at)

    def _findings(self, value: Any, at: Place) -> list[Finding]:
        return [_located(finding) for finding in self._items(Finding, value, at) if not finding.judged]

    def _observations(self, value: Any, at: Place) -> dict[str, Any]:
        """Subject → facts: plain values only, which the model would otherwise refuse one error a value."""
        subjects = self._mapping(value, at, _MAX_ITEMS)
        for subject, facts in subjects.items():
            for key, fact in self._mapping(facts, (*at, subject), _MAX_KEYS).items():
                if isinstance(fact, list | dict):
                    raise self._error(
                        (*at, subject, key), f"must be text, a number or a yes or no, not {kind_of(fact)}"
                    )
        return subjects

    def _items(self, model: type[M], value: Any, at: Place) -> list[M]:
        return [self._model(model, item, (*at, i)) for i, item in enumerate(self._sequence(value, at, _MAX_ITEMS))]

    def _model(self, model: type[M], value: Any, at: Place) -> M:
        """One small thing as a model: everything that is wrong with it, in plain words."""
        try:
            return model.model_validate(self._mapping(value, at, _MAX_KEYS))
        except ValidationError as error:
            problems = error.errors(include_url=False)
            told = [f"{self.where}: {shown((*at, *p['loc']))}: {reason(p)}" for p in problems[:_TOLD]]
            more = [f"… and {len(problems) - _TOLD} more"] if len(problems) > _TOLD else []
            raise PublishError("\n".join([*told, *more])) from error

    def _mapping(self, value: Any, at: Place, limit: int = _MAX_ITEMS) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._error(at, "is missing" if value is None else f"must be an object, not {kind_of(value)}")
        if len(value) > limit:
            raise self._error(at, f"has {len(value):,} keys; {limit:,} are the limit")
        return value

    def _sequence(self, value: Any, at: Place, limit: int) -> Sequence[Any]:
        if not isinstance(value, list):
            raise self._error(at, "is missing" if value is None else f"must be a list, not {kind_of(value)}")
        if len(value) > limit:
            raise self._error(at, f"has {len(value):,} items; {limit:,} are the limit")
        return value

    def _name(self, name: str, at: Place) -> None:
        """A loop's name is a folder's name too."""
        if not re.fullmatch(NAME.removesuffix("$"), name):
            raise self._error(at, f"must be a name of small letters, digits and hyphens, not {quoted(name)}")

    def _commit(self, sha: str, at: Place) -> None:
        if not re.fullmatch(r"[0-9a-f]{0,64}", sha):
            raise self._error(at, f"must be a commit's hash, not {quoted(sha)}")

    def _error(self, at: Place, reason: str) -> PublishError:
        return PublishError(f"{self.where}: {shown(at)}: {reason}")


def _is_time(text: str) -> bool:
    try:
        return bool(_TIME.fullmatch(text)) and dt.datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _located(finding: Finding) -> Finding:
    """The finding without a path that is absolute, leaves the repository or cannot be shown in one line."""
    path = finding.path
    if path is None:
        return finding
    pure = PurePosixPath(path)
    if path and path.isprintable() and not pure.is_absolute() and ".." not in pure.parts and "\\" not in path:
        return finding
    return finding.model_copy(update={"path": None, "line": None})
