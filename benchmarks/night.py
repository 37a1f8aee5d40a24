"""Which rule keeps what helps, little else, and claims what is true? Simulated nights, ours against the usual rules.

    scripts/bench night                     the table
    scripts/bench night --nights 50         a first look
    scripts/bench night --tuning            the seeds that settings were chosen by: never reported
    scripts/bench night --record            record the traces anew

A night is a hundred ideas: most do nothing, some harm, some help by .5 to 8 %. A run of the benchmark is the true level
times noise, drift and, where said, stumbles. Every rule meets the same ideas and the same kinds of noise. The recorded
noise is that of real runs of one program on a shared machine (`benchmarks/data/night-trace.json`).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import exp, expm1, log, log1p
from pathlib import Path
from statistics import fmean, median

from support.page import machine, renew, table
from support.stopwatch import run

from autoresearch.statistics.night.end import ABLATION_PAIRS, FRESH_PAIRS, holds
from autoresearch.statistics.night.noise import Noise
from autoresearch.statistics.night.rule import CONFIRM_PAIRS, LOOKS, confirm, gain, screen
from autoresearch.statistics.night.start import LEAST_POWER, SAME_PAIRS, power

TRIES = 100
IDEA, NIGHT = 3, 1300
"""An idea takes as long as so many runs, a night by the clock as long as so many: a hundred tries of ten runs."""
TRACE = Path(__file__).parent / "data" / "night-trace.json"
TUNING, REPORTED = 1, 20_000
MIN_EFFECT = log1p(0.01)

# --- the world ----------------------------------------------------------------------------------------------------

Readings = Iterator[float]
"""What a run's logarithm is off by, run after run."""


def normal(sd: float, drift: float = 0.02, stumbles: float = 0.0) -> Callable[[random.Random], Readings]:
    """Normal noise on a level that wanders slowly (half of it is forgotten in 100 runs), and rare slow runs."""

    def readings(draw: random.Random) -> Readings:
        kept, level = 0.5**0.01, draw.gauss(0, drift)
        while True:
            level = kept * level + draw.gauss(0, drift * (1 - kept**2) ** 0.5)
            late = draw.expovariate(1 / 0.2) if draw.random() < stumbles else 0.0
            yield draw.gauss(0, sd) + level + late

    return readings


def heavy(sd: float) -> Callable[[random.Random], Readings]:
    """Student's t with three degrees of freedom, of this standard deviation, and drift."""

    def readings(draw: random.Random) -> Readings:
        for level in normal(0.0)(draw):
            t = draw.gauss(0, 1) / (draw.gammavariate(1.5, 2.0) / 3) ** 0.5
            yield level + sd / 3**0.5 * t

    return readings


def two_speeds(sd: float) -> Callable[[random.Random], Readings]:
    """A machine that is 5 % slower for stretches of about 30 runs, a third of the time."""

    def readings(draw: random.Random) -> Readings:
        slow = False
        while True:
            if draw.random() < (1 / 15 if slow else 1 / 30):
                slow = not slow
            yield draw.gauss(0, sd) + (0.05 if slow else 0.0)

    return readings


def growing(sd: float, later: float) -> Callable[[random.Random], Readings]:
    """Noise that changes for good after 300 runs: another program has begun, or ended, on the machine."""

    def readings(draw: random.Random) -> Readings:
        for _ in range(300):
            yield draw.gauss(0, sd)
        while True:
            yield draw.gauss(0, later)

    return readings


def skewed(sd: float) -> Callable[[random.Random], Readings]:
    """Gamma noise of shape 1.5: a floor that nothing goes under, and a tail of slow runs."""

    def readings(draw: random.Random) -> Readings:
        while True:
            yield sd * (draw.gammavariate(1.5, 1.0) - 1.5) / 1.5**0.5

    return readings


def two_modes(sd: float) -> Callable[[random.Random], Readings]:
    """Each run by itself is 5 % slower with a chance of one in five."""

    def readings(draw: random.Random) -> Readings:
        while True:
            yield draw.gauss(0, sd) + (0.05 if draw.random() < 0.2 else 0.0)

    return readings


def restless(sd: float) -> Callable[[random.Random], Readings]:
    """Runs that resemble the one before: AR(1) with coefficient .7."""

    def readings(draw: random.Random) -> Readings:
        state = draw.gauss(0, sd)
        while True:
            state = 0.7 * state + draw.gauss(0, sd * 0.51**0.5)
            yield state

    return readings


def recorded(name: str, of: int = 1) -> Callable[[random.Random], Readings]:
    """Real runs of one program, from a random place on; a reading is the fastest `of` so many."""
    runs = json.loads(TRACE.read_text(encoding="utf-8"))["series"][name]
    series = [log(min(runs[i : i + of])) for i in range(0, len(runs) - of + 1, of)]
    middle = median(series)

    def readings(draw: random.Random) -> Readings:
        place = draw.randrange(len(series))
        while True:
            yield series[place % len(series)] - middle
            place += 1

    return readings


Noises = Callable[[random.Random], Readings]
Ideas = Callable[[random.Random], float]
"""The true log gain of the next idea."""


def ideas(useless: float, harmful: float) -> Ideas:
    """The others help; by how much is uniform from .5 to 8 %, and so is the harm."""

    def idea(draw: random.Random) -> float:
        kind, size = draw.random(), draw.uniform(0.005, 0.08)
        return 0.0 if kind < useless else -size if kind < useless + harmful else size

    return idea


USUAL, GOOD, NONE = ideas(0.8, 0.1), ideas(0.4, 0.2), ideas(0.9, 0.1)


@dataclass
class World:
    """One night: every run is counted."""

    draw: random.Random
    readings: Readings
    runs: int = 0

    def run(self, level: float) -> float:
        """The logarithm of a score; more is better."""
        self.runs += 1
        return level - next(self.readings)

    def pair(self, incumbent: float, candidate: float) -> float:
        """A log ratio of two runs one after the other, in random order."""
        if self.draw.random() < 0.5:
            first = self.run(incumbent)
            return self.run(candidate) - first
        second = self.run(candidate)
        return second - self.run(incumbent)


# --- the rules ----------------------------------------------------------------------------------------------------


class Rule(ABC):
    """Decides try by try; `claim` is what it says in the morning, as a log gain."""

    name: str

    def __init__(self, world: World) -> None:
        self.world = world

    @abstractmethod
    def keeps(self, incumbent: float, candidate: float) -> bool:
        """Whether the candidate (true levels) replaces the incumbent."""

    def stay(self, effects: Sequence[float]) -> list[float]:
        """What is left of the kept changes in the morning."""
        return list(effects)

    @abstractmethod
    def claim(self, level: float) -> float:
        """The gain over the start."""


class Stored(Rule):
    """Compares with the number that the best one got when it was measured."""

    most = 1

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.first = self.best = self.measure(0.0)

    def measure(self, level: float) -> float:
        """One score."""
        return median(self.world.run(level) for _ in range(self.most))

    def keeps(self, incumbent: float, candidate: float) -> bool:
        """The better number wins."""
        score = self.measure(candidate)
        if score <= self.best:
            return False
        self.best = score
        return True

    def claim(self, level: float) -> float:
        """The best number against the first."""
        return self.best - self.first


class Karpathy(Stored):
    """One run."""

    name = "better score → keep (karpathy)"


class MedianOf5(Stored):
    """Five runs."""

    name, most = "median of 5", 5


class Mad(Stored):
    """Better by two median absolute deviations of all scores so far."""

    name = "better by 2 MAD of all scores"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.seen = [self.first]

    def keeps(self, incumbent: float, candidate: float) -> bool:
        """As the base, with a threshold."""
        score = self.measure(candidate)
        self.seen.append(score)
        middle = median(self.seen)
        if len(self.seen) < 3 or score - self.best <= 2 * median(abs(s - middle) for s in self.seen):
            return False
        self.best = score
        return True


class MannWhitney(Rule):
    """Seven runs against the seven stored ones, one-sided 5 %."""

    name, most, least_u = "Mann–Whitney, 7 against 7 stored", 7, 38

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.first = self.best = [world.run(0.0) for _ in range(self.most)]

    def keeps(self, incumbent: float, candidate: float) -> bool:
        """U of at least 38 of 49 (P = .049)."""
        scores = [self.world.run(candidate) for _ in range(self.most)]
        if sum(s > b for s in scores for b in self.best) < self.least_u:
            return False
        self.best = scores
        return True

    def claim(self, level: float) -> float:
        """Median against median."""
        return median(self.best) - median(self.first)


class SignProcess(Rule):
    """Fresh pairs; a bet of a half on each sign until a hundredfold, or fifteen pairs."""

    name = "sign e-process, α = .01"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.claimed = 0.0

    def keeps(self, incumbent: float, candidate: float) -> bool:
        """Ville's inequality: at most 1 in 100 useless tries."""
        wealth, ratios = 1.0, []
        while wealth < 100 and len(ratios) < 15:
            ratios.append(self.world.pair(incumbent, candidate))
            wealth *= 1.5 if ratios[-1] > 0 else 0.5
        self.claimed += median(ratios) if wealth >= 100 else 0.0
        return wealth >= 100

    def claim(self, level: float) -> float:
        """What the kept ones showed, added."""
        return self.claimed


class Ours(Rule):
    """Paired, sequential, confirmed; the claim is measured anew in the morning."""

    name = "**ours**: paired, sequential, confirmed"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.noise = Noise.of_same([world.pair(0.0, 0.0) for _ in range(SAME_PAIRS)])

    def keeps(self, incumbent: float, candidate: float) -> bool:
        """As `autoresearch experiment` does."""
        ratios: list[float] = []
        while (said := screen(ratios, self.noise, MIN_EFFECT)) == "more":
            ratios.append(self.world.pair(incumbent, candidate))
        noise = self.noise
        self.noise = noise.and_of(ratios)
        if said == "stop":
            return False
        fresh: list[float] = []
        while (told := confirm(fresh, noise, MIN_EFFECT)) == "more":
            fresh.append(self.world.pair(incumbent, candidate))
        self.noise = self.noise.and_of(fresh)
        return told == "keep"

    def stay(self, effects: Sequence[float]) -> list[float]:
        """Each is left out once."""
        stays = list(effects)
        for effect in effects if len(effects) > 1 else ():
            tip = sum(stays)
            ratios = [self.world.pair(tip - effect, tip) for _ in range(ABLATION_PAIRS)]
            if not holds(gain(ratios, self.noise)):
                stays.remove(effect)
        return stays

    def claim(self, level: float) -> float:
        """Fresh pairs, tip against base."""
        return gain([self.world.pair(0.0, level) for _ in range(FRESH_PAIRS)], self.noise).mean


RULES: tuple[type[Rule], ...] = (Karpathy, MedianOf5, Mad, MannWhitney, SignProcess, Ours)

# --- nights -------------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What became of the ideas of many nights."""

    nights: int = 0
    kept: int = 0
    false: int = 0
    nights_with_false: int = 0
    tries: int = 0
    runs: int = 0
    by_size: dict[str, list[int]] = field(default_factory=lambda: {"≥3": [0, 0], "1–3": [0, 0]})
    true: list[float] = field(default_factory=list)
    claimed: list[float] = field(default_factory=list)

    def add(self, sizes: Sequence[float], kept: Sequence[float], claimed: float) -> None:
        """A night's ideas, those that stayed, and what it says of itself."""
        false = sum(effect <= 0 for effect in kept)
        for effect in sizes:
            if effect > log1p(0.01):
                size = self.by_size["≥3" if effect >= log1p(0.03) else "1–3"]
                size[0] += effect in kept
                size[1] += 1
        self.nights += 1
        self.kept += len(kept)
        self.false += false
        self.nights_with_false += bool(false)
        self.true.append(sum(kept))
        self.claimed.append(claimed)

    def row(self, name: str) -> list[str]:
        """As the table has it."""
        true, claimed = fmean(self.true), fmean(self.claimed)
        return [
            name,
            f"{self.runs / self.tries:.1f}",
            f"{self.tries / self.nights:.0f}",
            f"{100 * self.false / self.kept:.1f} %" if self.kept else "–",
            f"{self.nights_with_false / self.nights:.2f}",
            *(f"{kept / all_:.2f}" if all_ else "–" for kept, all_ in self.by_size.values()),
            f"{exp(true):.2f}×",
            f"{exp(claimed):.2f}×",
            f"{100 * expm1(claimed - true):+.1f} %",
        ]


HEAD = [
    "",
    "runs a try",
    "tries",
    "false share of keeps",
    "nights with a false keep",
    "power, gain ≥ 3 %",
    "1–3 %",
    "true gain",
    "claimed",
    "claimed beyond true",
]


def night(rule: type[Rule], world: World, idea: Ideas, tally: Tally, *, clock: int | None = None) -> None:
    """One night of `TRIES`, or until `clock` runs' time has passed."""
    draw = random.Random(world.draw.random())
    deciding = rule(world)
    before = world.runs
    kept: list[float] = []
    sizes: list[float] = []
    while len(sizes) < TRIES if clock is None else world.runs + IDEA * len(sizes) < clock:
        sizes.append(idea(draw))
        if deciding.keeps(sum(kept), sum(kept) + sizes[-1]):
            kept.append(sizes[-1])
    tally.runs += world.runs - before
    tally.tries += len(sizes)
    kept = deciding.stay(kept)
    tally.add(sizes, kept, deciding.claim(sum(kept)))


def simulate(rule: type[Rule], noise: Noises, idea: Ideas, seeds: range, *, clock: int | None = None) -> Tally:
    """Nights with these seeds, the same for every rule."""
    tally = Tally()
    for seed in seeds:
        draw = random.Random(seed)
        night(rule, World(draw, noise(random.Random(draw.random()))), idea, tally, clock=clock)
    return tally


def by_rule(noise: Noises, idea: Ideas, seeds: range, *, clock: int | None = None) -> str:
    """All rules in one world."""
    return table(HEAD, [simulate(rule, noise, idea, seeds, clock=clock).row(rule.name) for rule in RULES])


CHOSEN_ON: dict[str, tuple[Noises, Ideas]] = {
    "noise .5 %": (normal(0.005), USUAL),
    "noise 2 %": (normal(0.02), USUAL),
    "noise 2 %, 5 % of runs stumble": (normal(0.02, stumbles=0.05), USUAL),
    "the same, no idea helps": (normal(0.02, stumbles=0.05), NONE),
    "Student's t, 3 df, 2 %": (heavy(0.02), USUAL),
    "noise 1 %, two speeds in stretches": (two_speeds(0.01), USUAL),
    "noise .5 %, later 2 %": (growing(0.005, 0.02), USUAL),
    "noise 2 %, later .5 %": (growing(0.02, 0.005), USUAL),
}
CONFIRMED_ON: dict[str, tuple[Noises, Ideas]] = {
    "noise 1 %": (normal(0.01), USUAL),
    "noise 6 %": (normal(0.06), USUAL),
    "noise 2 %, drift 10 %": (normal(0.02, drift=0.1), USUAL),
    "noise 2 %, good ideas": (normal(0.02), GOOD),
    "noise 1 %, later 3 %, no idea helps": (growing(0.01, 0.03), NONE),
    "gamma noise 2 %": (skewed(0.02), USUAL),
    "gamma noise 2 %, no idea helps": (skewed(0.02), NONE),
    "noise 1 %, two modes at random": (two_modes(0.01), USUAL),
    "AR(1) .7, noise 2 %": (restless(0.02), USUAL),
}


def traces() -> dict[str, tuple[Noises, Ideas]]:
    """The recorded worlds."""
    series = json.loads(TRACE.read_text(encoding="utf-8"))["series"]
    fastest = {f"recorded: {name}, fastest of 5": (recorded(name, 5), USUAL) for name in series}
    return {f"recorded: {name}": (recorded(name), USUAL) for name in series} | fastest


def by_world(worlds: dict[str, tuple[Noises, Ideas]], seeds: range) -> str:
    """Ours in every world, with the share of nights that are refused: the harness would not begin them."""
    rows = []
    for name, (noise, idea) in worlds.items():
        row = simulate(Ours, noise, idea, seeds).row(name)
        rows.append([*row, f"{refused(noise, seeds):.2f}"])
    return table([*HEAD, "refused"], rows)


def refused(noise: Noises, seeds: range, nights: int = 20) -> float:
    """The share of these nights whose calibration says no: `MIN_EFFECT` would be missed more often than found."""
    said = 0
    for seed in seeds[:nights]:
        draw = random.Random(seed)
        world = World(draw, noise(random.Random(draw.random())))
        pairs = [world.pair(0.0, 0.0) for _ in range(SAME_PAIRS)]
        tries = [[draw.gauss(0, 1) for _ in range(LOOKS[-1] + CONFIRM_PAIRS)] for _ in range(400)]
        said += power(MIN_EFFECT, Noise.of_same(pairs), tries, min_effect=MIN_EFFECT) < LEAST_POWER
    return said / len(seeds[:nights])


PROGRAMS = {
    "a program that sorts": "import random; r = random.Random(1); sorted(r.random() for _ in range(60_000))",
    "a program that compresses": "import random, zlib; zlib.compress(random.Random(1).randbytes(1_500_000), 6)",
}
"""Their start counts too: about a tenth of a second each."""


def record(runs: int = 1000) -> None:
    """Seconds of real programs, in turns, as they came: by the clock on the wall, and of the processor."""
    series: dict[str, list[float]] = {f"{name}, {clock}": [] for name in PROGRAMS for clock in ("wall", "processor")}
    for _ in range(runs):
        for name, program in PROGRAMS.items():
            found = run([sys.executable, "-c", program], cwd=Path())
            series[f"{name}, wall"].append(round(found.seconds, 5))
            series[f"{name}, processor"].append(round(found.cpu_seconds, 5))
    where = f"seconds, while other programs ran beside; {machine()}"
    TRACE.parent.mkdir(exist_ok=True)
    TRACE.write_text(json.dumps({"where": where, "series": series}) + "\n", encoding="utf-8")


def main() -> int:
    """Print the tables; with `--write` they become the section of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=1000)
    parser.add_argument("--tuning", action="store_true", help="other seeds")
    parser.add_argument("--write", action="store_true", help="renew the section of docs/benchmarks.md")
    parser.add_argument("--record", action="store_true", help="the traces of real programs, instead of the table")
    options = parser.parse_args()
    if options.record:
        record()
        return 0
    first = TUNING if options.tuning else REPORTED
    seeds = range(first, first + options.nights)
    stumbling = normal(0.02, stumbles=0.05)
    parts = [
        f"{options.nights:,} nights of {TRIES} tries, noise 2 %, drift 2 %, 5 % of runs stumble; eight ideas in ten do "
        "nothing, one harms, one helps by .5 to 8 %. `min_effect` is 1 %: with it the harness would refuse most of the "
        "nights below at 2 % noise, and ask for about 2 %; they are simulated all the same.",
        by_rule(stumbling, USUAL, seeds),
        f"The same by the clock: a night of {NIGHT:,} runs' time, in which an idea takes as long as {IDEA} runs.",
        by_rule(stumbling, USUAL, seeds, clock=NIGHT),
        f"Nights of {TRIES} tries without any idea that helps; one in ten harms.",
        by_rule(stumbling, NONE, seeds),
        "By the clock, where four ideas in ten help and two harm.",
        by_rule(stumbling, GOOD, seeds, clock=NIGHT),
        "Ours in the worlds that its settings were chosen on (with other seeds).",
        by_world(CHOSEN_ON, seeds),
        "Ours in worlds that decided nothing; the recorded ones are real runs of two programs, "
        f"{json.loads(TRACE.read_text(encoding='utf-8'))['where']} No night is called off here: one sees "
        "what the refusal is for.",
        by_world(CONFIRMED_ON | traces(), seeds),
    ]
    text = "\n\n".join(parts)
    print(text)
    if options.write:
        renew("The night", f"{text}\n\n{machine()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
