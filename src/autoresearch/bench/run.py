"""Walk every journey several times, and make one score: what repeats is exact, of the rest the median counts."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum, log1p
from pathlib import Path
from statistics import median

from autoresearch.bench.model import Benchmark
from autoresearch.errors import NotMeasuredError

_DIGITS = 6


@dataclass(frozen=True)
class Result:
    """What a benchmark says."""

    score: float
    metrics: Mapping[str, float]
    """Each number summed over the journeys (`cls`, `inp`: the worst of them), and of each journey, `checkout/bytes`."""
    exact: Sequence[str]
    """Those that were the same in every run."""

    def line(self) -> str:
        """The line that `autoresearch experiment` reads, with the nonce that it gave."""
        nonce = os.environ.get("AUTORESEARCH_NONCE")
        told = {"score": self.score, "metrics": dict(self.metrics), "exact": list(self.exact)}
        return json.dumps({**told, "nonce": nonce} if nonce else told, sort_keys=True)


def run(asked: Benchmark, root: Path = Path()) -> Result:
    """Measure. Where `AUTORESEARCH_HOLDOUT` names journeys, those alone. Raises `NotMeasuredError`."""
    from autoresearch.bench.browser import browser, walk
    from autoresearch.signals.lab.static import serving
    from autoresearch.signals.site.folder import Folder

    asked = _with_holdout(asked)
    folder = root / asked.serve
    if not folder.is_dir():
        raise NotMeasuredError(f"{asked.serve}: there is no such folder", hint="is it built before the benchmark runs?")
    walks: dict[str, list[Mapping[str, float]]] = {name: [] for name in asked.journeys}
    with serving(Folder(folder)) as address, browser() as made:
        for _ in range(asked.runs):
            for name, steps in asked.journeys.items():
                try:
                    walks[name].append(walk(made, address, steps, asked))
                except NotMeasuredError as error:
                    raise NotMeasuredError(f"{name}: {error.message}") from error
    return summed_up(walks, {str(name): weight for name, weight in asked.score.items()})


def summed_up(walks: Mapping[str, Sequence[Mapping[str, float]]], weights: Mapping[str, float]) -> Result:
    """From journeys' runs to a score. A number that a run lacks is left out; a score that needs it is none."""
    metrics: dict[str, float] = {}
    exact = []
    for name, runs in walks.items():
        for metric in sorted(set.intersection(*(set(each) for each in runs))):
            values = [each[metric] for each in runs]
            metrics[f"{name}/{metric}"] = round(median(values), _DIGITS)
            if len(set(values)) == 1:
                exact.append(f"{name}/{metric}")
    for metric in sorted({key.partition("/")[2] for key in metrics}):
        parts = [metrics.get(f"{name}/{metric}") for name in walks]
        if None not in parts:
            present = [part for part in parts if part is not None]
            metrics[metric] = round(max(present) if metric in {"cls", "inp"} else fsum(present), _DIGITS)
            if all(f"{name}/{metric}" in exact for name in walks):
                exact.append(metric)
    if missing := [name for name in weights if name not in metrics]:
        raise NotMeasuredError(f"the score needs `{missing[0]}`, which was not measured in every run")
    return Result(blended(metrics, weights), metrics, sorted(exact))


def blended(metrics: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The weighted geometric mean of the numbers plus one: a tenth less of any counts the same, and 0 is a number."""
    total = fsum(weights.values())
    return round(exp(fsum(weight * log1p(metrics[name]) for name, weight in weights.items()) / total), _DIGITS)


def _with_holdout(asked: Benchmark) -> Benchmark:
    told = os.environ.get("AUTORESEARCH_HOLDOUT")
    if not told:
        return asked.without(asked.holdout)
    try:
        return asked.only(json.loads(told))
    except ValueError as error:
        raise NotMeasuredError(f"AUTORESEARCH_HOLDOUT: {error}") from error
