"""Measure loops: network loops side by side, lab loops alone, each within its time, none stopping another."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from autoresearch.config.secrets import Secrets
from autoresearch.core.baseline import Baseline
from autoresearch.core.measurement import Measurement, Metric
from autoresearch.errors import AutoresearchError
from autoresearch.loops.registry import AnyLoop, with_secrets
from autoresearch.progress import Progress
from autoresearch.signals.context import Signals

T = TypeVar("T")

_SIDE_BY_SIDE = 8
_RERUNS = 3
"""A loop measures suspicious metrics three times again: that may take three times as long."""


@dataclass(eq=False)
class Bench:
    """Where loops are measured: the signals they share, the secrets they may name, the display they report to."""

    signals: Signals
    secrets: Secrets
    progress: Progress
    verbose: bool = False
    prefix: str = ""
    """Put before a loop's name in what is shown, where two revisions are measured."""

    def measure(self, loops: Sequence[AnyLoop]) -> dict[str, Measurement]:
        """A measurement for every loop, whatever happens to it."""
        network = [loop for loop in loops if not loop.lab]
        batches = [network[i : i + _SIDE_BY_SIDE] for i in range(0, len(network), _SIDE_BY_SIDE)]
        batches += [[loop] for loop in loops if loop.lab]
        measured: dict[str, Measurement] = {}
        for batch in batches:
            measured |= self._side_by_side(batch)
        return measured

    def prepare(self, loops: Sequence[AnyLoop], baselines: Mapping[str, Baseline]) -> None:
        """Ask every loop what the crawl is to visit and to read; one that fails here fails when it measures."""
        for loop in loops:
            self.signals.read_also(loop.page_facts)
            self.signals.recall(loop.name, baselines[loop.name].memory)
            with suppress(Exception):
                self.signals.remember(loop.wanted_paths(self.signals, baselines[loop.name]))

    def remeasure(self, loop: AnyLoop, measurement: Measurement, suspects: Sequence[Metric]) -> Measurement:
        """The measurement with reruns of its suspicious metrics; as it was when they could not be had."""
        self.progress.say(self.prefix + loop.name, f"measuring {len(suspects)} suspicious metrics again")
        return self._with(measurement, self._reruns(loop, suspects))

    def remeasure_with(
        self, base: Bench, loop: AnyLoop, measurements: tuple[Measurement, Measurement], suspects: Sequence[Metric]
    ) -> tuple[Measurement, Measurement]:
        """Head's and base's measurement with reruns taken in turns: what drifts meets both sides alike."""
        self.progress.say(
            self.prefix + loop.name, f"measuring {len(suspects)} suspicious metrics again, base and head in turns"
        )
        sides: dict[Bench, list[Sequence[Metric]]] = {self: [], base: []}
        for bench in (base, self, self, base):
            sides[bench].append(bench._reruns(loop, suspects))  # noqa: SLF001  another of our own
        head_at, base_at = ([m for turn in sides[bench] for m in turn] for bench in (self, base))
        return self._with(measurements[0], head_at), base._with(measurements[1], base_at)

    def _reruns(self, loop: AnyLoop, suspects: Sequence[Metric]) -> Sequence[Metric]:
        task = _Task(lambda: list(with_secrets(loop, self.secrets).remeasure(self._heard(loop), suspects)))
        return task.outcome(_RERUNS * loop.settings.time_limit, lambda problem: self._say_unsure(loop, problem)) or ()

    def _with(self, measurement: Measurement, reruns: Sequence[Metric]) -> Measurement:
        again: dict[tuple[str, str], tuple[float, ...]] = {}
        for metric in reruns:
            again[metric.identity] = (*again.get(metric.identity, ()), *metric.reruns)
        metrics = tuple(m.model_copy(update={"reruns": again.get(m.identity, ())}) for m in measurement.metrics)
        return self.secrets.masked(measurement.model_copy(update={"metrics": metrics}))

    def _side_by_side(self, loops: Iterable[AnyLoop]) -> dict[str, Measurement]:
        tasks = [(loop, self._begin(loop)) for loop in loops]
        return {loop.name: self._collect(loop, task) for loop, task in tasks}

    def _begin(self, loop: AnyLoop) -> _Task[Measurement]:
        self.progress.started(self.prefix + loop.name)
        return _Task(lambda: self._look(loop))

    def _look(self, loop: AnyLoop) -> Measurement:
        measurement: object = with_secrets(loop, self.secrets).measure(self._heard(loop))
        if not isinstance(measurement, Measurement) or measurement.loop != loop.name:
            raise AutoresearchError(f"loop `{loop.name}` returned no measurement of its own")
        return measurement

    def _collect(self, loop: AnyLoop, task: _Task[Measurement]) -> Measurement:
        problems: list[str] = []
        measurement = task.outcome(loop.settings.time_limit, problems.append)
        if measurement is None:
            measurement = Measurement.failed(loop.name, loop.kind, problems[0])
        if self.verbose and task.trace:
            self.progress.say(self.prefix + loop.name, task.trace)
        measurement = self.secrets.masked(measurement)
        self.progress.finished(self.prefix + loop.name, _in_short(measurement))
        return measurement

    def _say_unsure(self, loop: AnyLoop, problem: str) -> None:
        self.progress.say(self.prefix + loop.name, f"could not be measured again: {problem}")

    def _heard(self, loop: AnyLoop) -> Signals:
        return self.signals.heard_by(lambda text: self.progress.say(self.prefix + loop.name, text))


class _Task(threading.Thread, Generic[T]):
    """Work in a thread that can be given up: it keeps no process alive, and a late outcome is nobody's."""

    def __init__(self, work: Callable[[], T]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._began = time.monotonic()
        self._result: T | None = None
        self._problem: str | None = None
        self.trace = ""
        self.start()

    def run(self) -> None:
        """Do the work; whatever it raises is its outcome, and nobody else's."""
        try:
            self._result = self._work()
        except AutoresearchError as error:
            self._problem = str(error)
        except BaseException as error:  # noqa: BLE001  a loop may be a third party's: nothing of it may stop the others
            self._problem = f"{type(error).__name__}: {error}"
            self.trace = traceback.format_exc()

    def outcome(self, time_limit: float, problem: Callable[[str], None]) -> T | None:
        """The result, within `time_limit` seconds of the start; else None, and `problem` hears why."""
        self.join(max(0.0, self._began + time_limit - time.monotonic()))
        if self.is_alive():
            problem(f"took longer than its time limit of {time_limit:g} s")
            return None
        if self._problem is not None:
            problem(self._problem)
        return self._result


def _in_short(measurement: Measurement) -> str:
    if measurement.status != "measured":
        return f"not measured: {measurement.reason}"
    skipped = len(measurement.coverage.skipped)
    partly = f", {skipped:,} not" if skipped else ""
    return f"{measurement.coverage.measured:,} looked at{partly}"
