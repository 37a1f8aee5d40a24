"""`script`: any program that prints a measurement as one JSON object (`docs/loops/script.md`)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import Field, ValidationError

from autoresearch.config.model import LoopSettings, Rung
from autoresearch.core.measurement import Coverage, Finding, Measurement, Metric, Scalar, Strict
from autoresearch.core.plain import plain
from autoresearch.core.problem import kind_of, reason
from autoresearch.errors import NotMeasuredError
from autoresearch.loops.base import Loop
from autoresearch.signals.context import Signals
from autoresearch.signals.process import run

_OUTPUT_LIMIT = 10_000_000
_RERUNS = 3


class Settings(LoopSettings):
    """Which program, and how long it may take."""

    command: tuple[str, ...] = Field(min_length=1, description="the program and its arguments; no shell in between")
    divided: bool = Field(default=False, description="whether AUTORESEARCH_SHARD=I/N tells it which part to measure")


class Output(Strict):
    """What the program prints: the loop's name is put before a rule that has no slash."""

    metrics: tuple[Metric, ...] = ()
    findings: tuple[Finding, ...] = ()
    complete: bool = True
    coverage: Coverage = Coverage()
    observations: dict[str, dict[str, Scalar]] = Field(default_factory=dict)
    environment: dict[str, str] = Field(default_factory=dict)


class Script(Loop[Settings]):
    """A user's own loop in ten lines of any language."""

    kind: ClassVar[str] = "script"
    rung: ClassVar[Rung] = "file"
    measures: ClassVar[str] = "what a program of this repository prints"
    because: ClassVar[str] = "a program of the repository computes it from files"
    Settings: ClassVar[type[LoopSettings]] = Settings

    @property
    def divided(self) -> bool:
        """Whether the program can measure a part."""
        return self.settings.divided

    def measure(self, signals: Signals) -> Measurement:
        """Run the program once and take its word."""
        output = self._output(signals)
        return Measurement(
            loop=self.name,
            kind=self.kind,
            environment=output.environment,
            complete=output.complete,
            coverage=output.coverage.model_copy(update={"measured": output.coverage.measured or _subjects(output)}),
            metrics=output.metrics,
            findings=tuple(
                finding.model_copy(update={"rule": self._rule(finding.rule)}) for finding in output.findings
            ),
            observations=output.observations,
        )

    def remeasure(self, signals: Signals, suspects: Sequence[Metric]) -> Sequence[Metric]:
        """Run the program three more times; a suspect that it leaves out gets no rerun."""
        outputs = [{m.identity: m.value for m in self._output(signals).metrics} for _ in range(_RERUNS)]
        return [
            metric.model_copy(
                update={"reruns": tuple(found[metric.identity] for found in outputs if metric.identity in found)}
            )
            for metric in suspects
        ]

    def _rule(self, rule: str) -> str:
        return rule if "/" in rule else f"{self.name}/{rule}"

    def _output(self, signals: Signals) -> Output:
        finished = run(
            self.settings.command,
            cwd=signals.root,
            time_limit=self.settings.time_limit,
            output_limit=_OUTPUT_LIMIT,
            environment=self._told(signals),
        )
        if finished.code != 0:
            said = finished.last_words()
            ended = f"`{self._shown}` ended with exit code {finished.code}"
            raise NotMeasuredError(f"{ended}: {said}" if said else f"{ended}, without a word")
        return self._parse(finished.stdout.decode("utf-8", "replace"))

    def _told(self, signals: Signals) -> dict[str, str]:
        part = {"AUTORESEARCH_SHARD": str(signals.part)} if signals.part and self.divided else {}
        return {"AUTORESEARCH_SEED": str(signals.seed), "AUTORESEARCH_NOW": signals.now.isoformat(), **part}

    def _parse(self, text: str) -> Output:
        if not text.strip():
            raise self._unfit("nothing at all")
        try:
            data: Any = json.loads(text)
        except json.JSONDecodeError as error:
            lines = text.splitlines() or [""]
            line = lines[min(error.lineno, len(lines)) - 1].strip()[:200]
            raise NotMeasuredError(
                f"`{self._shown}` did not print one JSON object: line {error.lineno}: {error.msg}: {line!r}",
                hint="print one JSON object on standard output, and everything else on standard error",
            ) from error
        if not isinstance(data, dict):
            raise self._unfit(f"must be an object, not {kind_of(data)}")
        try:
            output = Output.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise self._unfit(f"{plain(place)}: {reason(first)}" if place else reason(first)) from error
        for (name, subject), times in Counter(metric.identity for metric in output.metrics).items():
            if times > 1:
                raise self._unfit(f"the metric `{plain(name)}` of `{plain(subject)}` stands there twice")
        return output

    def _unfit(self, why: str) -> NotMeasuredError:
        return NotMeasuredError(
            f"`{self._shown}` printed something else than a measurement: {why}",
            hint="docs/loops/script.md has the format",
        )

    @property
    def _shown(self) -> str:
        return " ".join(self.settings.command)


def _subjects(output: Output) -> int:
    return len({m.subject for m in output.metrics} | {f.subject for f in output.findings} | output.observations.keys())
