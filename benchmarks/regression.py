"""False alarms and power of the regression test for noisy metrics, against the rules that other tools use.

    python benchmarks/regression.py [--runs 20000] [--seed 2]

Prints Markdown: the section "Regression of noisy metrics" of docs/benchmarks.md. A trial is a history of clean runs
and then five new runs, judged one after the other until the first alarm; clean trials give the false alarms, trials
with a step in the new runs the power. Every rule sees the same numbers. `pip install apache-otava` adds its row.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from math import sqrt
from statistics import fmean, median, stdev

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from autoresearch.statistics.regression import CONFIRM_ALPHA, confirm, screen

HISTORY, NEW, RERUNS = 20, 5, 3
LEVEL = 100.0

Array = NDArray[np.float64]
Noise = Callable[[np.random.Generator, int, int], Array]
"""(generator, trials, runs) → readings at level 1, (trials, runs, 1 + RERUNS): the run's own, then its reruns."""


# --- noise --------------------------------------------------------------------------------------------------------


def gaussian(cv: float = 0.03) -> Noise:
    """Independent readings."""
    return lambda rng, trials, runs: np.exp(cv * rng.standard_normal((trials, runs, 1 + RERUNS)))


def outliers(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """A reading in twenty is longer, by 30 % on average."""
    return np.where(rng.random(shape) < 0.05, 1 + rng.exponential(0.3, shape), 1.0)


def heavy(cv: float = 0.03) -> Noise:
    """Gaussian with 5 % positive outliers."""
    return lambda rng, trials, runs: gaussian(cv)(rng, trials, runs) * outliers(rng, (trials, runs, 1 + RERUNS))


def skewed(rng: np.random.Generator, trials: int, runs: int) -> Array:
    """Gamma noise of shape 2, CV 3 %."""
    return np.exp(0.03 * (rng.gamma(2, 1, (trials, runs, 1 + RERUNS)) - 2) / sqrt(2))


def laplace(rng: np.random.Generator, trials: int, runs: int) -> Array:
    """Double exponential, CV 3 %."""
    return np.exp(rng.laplace(0, 0.03 / sqrt(2), (trials, runs, 1 + RERUNS)))


def student3(rng: np.random.Generator, trials: int, runs: int) -> Array:
    """Student's t with three degrees of freedom, CV 3 %."""
    return np.exp(0.03 / sqrt(3) * rng.standard_t(3, (trials, runs, 1 + RERUNS)))


def bimodal(rare: float) -> Noise:
    """A Lighthouse-like score of whole points, upside down: most readings near 74, a share `rare` near a worse 70."""

    def noise(rng: np.random.Generator, trials: int, runs: int) -> Array:
        mode = np.where(rng.random((trials, runs, 1 + RERUNS)) < rare, 70.0, 74.0)
        return np.asarray(74 / np.round(mode + 0.6 * rng.standard_normal(mode.shape)))

    return noise


def exponential(rng: np.random.Generator, trials: int, runs: int) -> Array:
    """A floor that nothing goes under, and an exponential tail above it, CV 3 %."""
    return np.exp(0.03 * (rng.exponential(1, (trials, runs, 1 + RERUNS)) - 1))


def mostly_zero(rng: np.random.Generator, trials: int, runs: int) -> Array:
    """0 in four readings of five, else around 0.3 (a blocking time)."""
    shape = (trials, runs, 1 + RERUNS)
    return np.where(rng.random(shape) < 0.8, 0.0, 0.3 * np.exp(0.5 * rng.standard_normal(shape)))


def shared(rng: np.random.Generator, trials: int, runs: int) -> Array:
    """Half of the variance of CV 3 % belongs to the runner: a run's reruns share it."""
    own = rng.standard_normal((trials, runs, 1 + RERUNS))
    return np.exp(0.03 * sqrt(0.5) * (own + rng.standard_normal((trials, runs, 1))))


def slow_runner(rng: np.random.Generator, trials: int, runs: int) -> Array:
    """Gaussian, and one *runner* in twenty is slower by 30 % on average: so are all its reruns."""
    return gaussian()(rng, trials, runs) * outliers(rng, (trials, runs, 1))


def drifting(rng: np.random.Generator, trials: int, runs: int) -> Array:
    """Half of the variance of CV 3 % drifts from run to run: AR(1) with coefficient 0.6, shared by the reruns."""
    state = rng.standard_normal((trials, runs))
    for run in range(1, runs):
        state[:, run] = 0.6 * state[:, run - 1] + 0.8 * state[:, run]
    own = rng.standard_normal((trials, runs, 1 + RERUNS))
    return np.exp(0.03 * sqrt(0.5) * (own + state[:, :, None]))


CHOSEN_ON: dict[str, Noise] = {
    "Gaussian": gaussian(),
    "heavy": heavy(),
    "skewed (gamma)": skewed,
    **{f"two modes, {rare:.0%} of readings in the worse": bimodal(rare) for rare in (0.1, 0.2, 0.3)},
}
CONFIRMED_ON: dict[str, Noise] = {
    "Laplace": laplace,
    "Student's t, 3 df": student3,
    "exponential": exponential,
    "CV 1 %": gaussian(0.01),
    "CV 6 %": gaussian(0.06),
    "heavy, log-normal CV 10 %": heavy(0.10),
    "0 in 80 % of runs": mostly_zero,
    "half the variance is the runner's": shared,
    "the same, drifting (AR 0.6)": drifting,
    "1 runner in 20 is slow": slow_runner,
}


# --- rules --------------------------------------------------------------------------------------------------------

QUIET, RERUN, ALARM = 0, 1, 2
"""What a rule says of a run; RERUN: it measured again, and was reassured."""
Rule = Callable[[Sequence[float], float, Sequence[float]], int]
"""(history, value, reruns) → what it says; lower is better."""


def alarm_if(test: Callable[[Sequence[float], float], bool]) -> Rule:
    """A rule without reruns."""
    return lambda history, value, _: ALARM if test(history, value) else QUIET


def t_test(history: Sequence[float], value: float) -> bool:
    """Above the one-sided .99 prediction bound of mean and standard deviation."""
    return value > fmean(history) + t_quantile(len(history) - 1) * stdev(history)


@lru_cache
def t_quantile(df: int) -> float:
    """The .99 quantile of Student's t."""
    return float(stdtrit(df, 0.99))


def median_mad(history: Sequence[float], value: float) -> bool:
    """Modified z-score above 3.5 (Iglewicz and Hoaglin 1993)."""
    middle = median(history)
    return 0.6745 * (value - middle) > 3.5 * median(abs(x - middle) for x in history)


def ours(history: Sequence[float], value: float, reruns: Sequence[float], *, alpha: float = CONFIRM_ALPHA) -> int:
    """Screen, then three reruns at the same commit."""
    screening = screen(history, value, better="lower")
    if screening.verdict != "worse":
        return QUIET
    return ALARM if confirm(screening, reruns, alpha=alpha) == "confirmed" else RERUN


def ours_alone(history: Sequence[float], value: float) -> bool:
    """Screen only."""
    return screen(history, value, better="lower").verdict == "worse"


def otava() -> Rule | None:
    """Apache Otava: its change points at p = .001, an increase at one of the new runs; None when not installed."""
    try:
        compute_change_points = import_module("otava.analysis").compute_change_points
    except ImportError:
        return None

    def test(history: Sequence[float], value: float) -> bool:
        points, _ = compute_change_points(np.array([*history, value]), window_len=50, max_pvalue=0.001)
        return any(p.index >= HISTORY and p.stats.mean_2 > p.stats.mean_1 for p in points)

    return alarm_if(test)


def rules() -> dict[str, Rule]:
    """Every rule that is compared, by its name in the table."""
    peers: dict[str, Rule | None] = {
        "github-action-benchmark's default: 200 % of previous": alarm_if(lambda h, v: v > 2 * h[-1]),
        "10 % over previous": alarm_if(lambda h, v: v > 1.1 * h[-1]),
        "fixed budget at +10 % (Lighthouse CI's way)": alarm_if(lambda _, v: v > 1.1 * LEVEL),
        "t test .99 (Bencher's way)": alarm_if(t_test),
        "median + MAD 3.5": alarm_if(median_mad),
        "Apache Otava, p = .001": otava(),
        "ours, screen alone": alarm_if(ours_alone),
        "**ours, with three reruns**": ours,
        "ours, confirmed at α = .001": lambda h, v, r: ours(h, v, r, alpha=0.001),
    }
    return {name: rule for name, rule in peers.items() if rule is not None}


# --- trials -------------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What a rule said in trials of up to `NEW` runs each."""

    trials: int = 0
    runs: int = 0
    reruns: int = 0
    first: int = 0
    alarms: int = 0

    def per_thousand(self, count: int) -> str:
        """A rate per 1,000 runs, for the table."""
        rate = 1000 * count / self.runs
        return f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"

    def share(self, count: int) -> str:
        """A share of the trials, for the table."""
        return f"{count / self.trials:.2f}"


def judge(rule: Rule, data: Array, history: int = HISTORY) -> Tally:
    """Give every trial's new runs to `rule`, until its first alarm."""
    tally = Tally()
    for trial in data.tolist():
        tally.trials += 1
        values = [readings[0] for readings in trial]
        for run in range(history, len(values)):
            said = rule(values[:run], values[run], trial[run][1:])
            tally.runs += 1
            tally.reruns += said == RERUN
            if said == ALARM:
                tally.reruns += 1
                tally.alarms += 1
                tally.first += run == history
                break
    return tally


def readings(noise: Noise, step: float, trials: int, seed: Sequence[int], history: int = HISTORY) -> Array:
    """Trials of `history` clean runs, and `NEW` more whose level is `step` higher."""
    data = LEVEL * noise(np.random.default_rng(seed), trials, history + NEW)
    data[:, history:] *= 1 + step
    return data


def lifetime(noise: Noise, trials: int, seed: Sequence[int], runs: int = 200) -> Tally:
    """Clean runs from the first one on; a regressed run never becomes part of the reference, as in the state file."""
    tally = Tally(trials)
    for trial in (LEVEL * noise(np.random.default_rng(seed), trials, runs)).tolist():
        history: list[float] = []
        for value, *reruns in trial:
            said = ours(history, value, reruns)
            tally.runs += 1
            tally.alarms += said == ALARM
            if said != ALARM:
                history.append(value)
    return tally


# --- tables -------------------------------------------------------------------------------------------------------


def compared_rules(runs: int, seed: int) -> None:
    """Every rule, on Gaussian and heavy noise."""
    print(
        "| rule | FA Gaussian | FA heavy | 5 % step within 5 runs | 10 % step: first run / within 5 | the same, heavy |"
    )
    print("|---|---|---|---|---|---|")
    kinds = (gaussian(), heavy())
    clean = [readings(noise, 0, runs // NEW, (seed, 0, i)) for i, noise in enumerate(kinds)]
    steps = [(kinds[0], 0.05), (kinds[0], 0.10), (kinds[1], 0.10)]
    stepped = [readings(noise, step, runs // 10, (seed, 1, i)) for i, (noise, step) in enumerate(steps)]
    for name, rule in rules().items():
        some = 10 if "Otava" in name else 1  # it takes milliseconds a run
        false = [judge(rule, data[: len(data) // some]) for data in clean]
        five, ten, ten_heavy = (judge(rule, data[: len(data) // some]) for data in stepped)
        cells = [
            *(tally.per_thousand(tally.alarms) for tally in false),
            five.share(five.alarms),
            *(f"{tally.share(tally.first)} / {tally.share(tally.alarms)}" for tally in (ten, ten_heavy)),
        ]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def other_noise(runs: int, seed: int) -> None:
    """Ours on every noise, and on short histories."""
    print("| noise | FA | screened | 5 % step within 5 runs | 10 % step: first run / within 5 |")
    print("|---|---|---|---|---|")
    rows = [(name, noise, HISTORY) for name, noise in (CHOSEN_ON | CONFIRMED_ON).items()]
    rows += [(f"{name}, history of {n}", CHOSEN_ON[name], n) for n in (5, 10, 50) for name in ("Gaussian", "heavy")]
    for i, (name, noise, history) in enumerate(rows):
        clean = judge(ours, readings(noise, 0, runs // NEW, (seed, 2, i), history), history)
        five, ten = (
            judge(ours, readings(noise, step, runs // 10, (seed, 3, i), history), history) for step in (0.05, 0.10)
        )
        power = f"{five.share(five.alarms)} | {ten.share(ten.first)} / {ten.share(ten.alarms)}"
        print(
            f"| {name} | {clean.per_thousand(clean.alarms)} | {clean.per_thousand(clean.reruns)} | {power} |",
            flush=True,
        )
    for name in ("Gaussian", "heavy"):
        life = lifetime(CHOSEN_ON[name], max(1, runs // 200), (seed, 4))
        print(f"| {name}, 200 runs from the first on | {life.per_thousand(life.alarms)} | | | |", flush=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20_000, help="clean runs a cell (default: 20000)")
    parser.add_argument("--seed", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.runs < 100:
        parser.error("--runs must be at least 100")
    started = time.monotonic()
    compared_rules(arguments.runs, arguments.seed)
    print()
    other_noise(arguments.runs, arguments.seed)
    if otava() is None:
        print("Apache Otava is not installed: its row is left out.", file=sys.stderr)
    print(f"{arguments.runs:,} clean runs a cell, in {time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
