"""`result.json`, the seam of the house: all that a measuring process hands to a publishing one."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from autoresearch.core.measurement import Finding, Measurement, Strict, fingerprint

SCHEMA_VERSION = 1
MAX_SHARDS = 256
"""The jobs that a matrix may have."""


class Tool(Strict):
    """Which version measured."""

    version: str


class Shard(Strict):
    """Part `index` of `count`, from 1."""

    index: int = Field(ge=1)
    count: int = Field(ge=1, le=MAX_SHARDS)

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Shard:
        if self.index > self.count:
            raise ValueError(f"there is no shard {self.index} of {self.count}")
        return self

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


class Run(Strict):
    """Which run it was, of which commit, when (UTC, ISO 8601), and which loops it was to measure."""

    id: str
    sha: str = ""
    event: str = ""
    now: str
    planned: tuple[str, ...]
    shard: Shard | None = None


class Base(Strict):
    """What the same loops saw at the base revision, to tell what the head introduced."""

    sha: str
    measurements: tuple[Measurement, ...]


class Result(Strict):
    """What one process measured."""

    schema_version: int = SCHEMA_VERSION
    tool: Tool
    run: Run
    measurements: tuple[Measurement, ...]
    base: Base | None = None


def as_json(result: Result, judged: dict[str, tuple[Finding, ...]]) -> dict[str, Any]:
    """The result as JSON data, its judged findings among the others, every finding with its fingerprint."""
    return {
        **result.model_dump(mode="json", exclude_none=True, exclude={"measurements", "base"}),
        "measurements": [_measurement(m, judged.get(m.loop, ())) for m in result.measurements],
        **({"base": _base(result.base)} if result.base else {}),
    }


def _base(base: Base) -> dict[str, Any]:
    return {"sha": base.sha, "measurements": [_measurement(m, ()) for m in base.measurements]}


def _measurement(measurement: Measurement, judged: tuple[Finding, ...]) -> dict[str, Any]:
    findings = sorted((*measurement.findings, *judged), key=lambda f: f.identity)
    return {
        **measurement.model_dump(mode="json", exclude_none=True, exclude={"findings"}),
        "findings": [_finding(measurement.loop, finding) for finding in findings],
    }


def _finding(loop: str, finding: Finding) -> dict[str, Any]:
    data = finding.model_dump(mode="json", exclude_none=True, exclude={"judged"})
    mark = fingerprint(loop, finding.rule, finding.subject, finding.key)
    return {**data, "fingerprint": mark, **({"judged": True} if finding.judged else {})}
