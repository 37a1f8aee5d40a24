"""Is the candidate kept? Exact scores are compared, noisy ones by pairs; every sample is written down."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from autoresearch.experiment.bench import Bench, Version
from autoresearch.experiment.score import Score
from autoresearch.statistics.night.noise import Better, Noise, as_gain, as_ratio, ratio
from autoresearch.statistics.night.rule import GUARD_PAIRS, Gain, confirm, gain, harmless, screen

Decided = Literal["keep", "discard", "inconclusive"]
SEEDS = 2**31


@dataclass(frozen=True)
class Verdict:
    """What became of a measured try."""

    status: Decided
    reason: str
    score: float
    """The candidate's: its only one, or the median of its confirming runs."""
    gain: float | None = None
    """Relative; .02 is 2 % better. Of a noisy score, the mean of the confirming pairs."""
    low: float | None = None
    high: float | None = None
    p: float | None = None
    pairs: int = 0
    guardrails: str = ""


@dataclass
class Judge:
    """The rule of a night, and what it has learned of the noise."""

    bench: Bench
    draw: random.Random
    alpha: float
    noise: Noise | None = None
    """None: the score is exact."""
    incumbent: Score | None = None
    samples: list[dict[str, Any]] = field(default_factory=list)
    """Every run since it was last emptied."""

    @property
    def better(self) -> Better:
        """Which way the score goes."""
        return self.bench.plan.settings.better

    def measure(self, arm: str, version: Version, seed: int, *, holdout: bool = False) -> Score:
        """A run, written down."""
        found = self.bench.score(arm, version, seed=seed, holdout=holdout)
        kind = {"holdout": True} if holdout else {}
        self.samples.append({"arm": arm, "seed": seed, "score": found.score, "metrics": dict(found.metrics), **kind})
        return found

    def pair(self, incumbent: Version, candidate: Version, *, holdout: bool = False) -> tuple[Score, Score]:
        """Both with one seed, one after the other, in random order."""
        seed = self.draw.randrange(SEEDS)
        sides = [("a", incumbent), ("b", candidate)]
        if self.draw.random() < 0.5:
            sides.reverse()
        found = {arm: self.measure(arm, version, seed, holdout=holdout) for arm, version in sides}
        return found["a"], found["b"]

    def ratio(self, pair: tuple[Score, Score]) -> float:
        """How much better the second is."""
        return ratio(pair[0].score, pair[1].score, self.better)

    def judge(self, incumbent: Version, candidate: Version, *, simpler: bool) -> Verdict:
        """Keep, discard, or inconclusive. Raises `TryEndedError`, and `ValueError` for scores that have no ratio."""
        if self.noise is None:
            return self._exact(candidate, simpler=simpler)
        return self._noisy(incumbent, candidate)

    def _exact(self, candidate: Version, *, simpler: bool) -> Verdict:
        assert self.incumbent is not None
        seed = self.bench.plan.settings.seed
        found, again = (self.measure("b", candidate, seed) for _ in range(2))
        better = relative(self.incumbent.score, found.score, self.better)
        if found.score != again.score:
            return Verdict("inconclusive", "two clean runs of it give two scores", found.score)
        told = self._worse([(self.incumbent, found)])
        at_least = self.bench.plan.settings.min_effect
        if told:
            return Verdict("discard", f"guardrail: {told}", found.score, better, guardrails=told)
        if better >= at_least:
            return Verdict("keep", "better", found.score, better)
        if better >= 0 and simpler:
            return Verdict("keep", "as good, and the file is simpler", found.score, better)
        reason = "worse" if better < 0 else "no better" if better == 0 else f"better by less than {at_least:.2%}"
        return Verdict("discard", reason, found.score, better)

    def _noisy(self, incumbent: Version, candidate: Version) -> Verdict:
        assert self.noise is not None
        screening: list[tuple[Score, Score]] = []
        least = as_ratio(self.bench.plan.settings.min_effect, self.better)
        while (said := screen([self.ratio(pair) for pair in screening], self.noise, least)) == "more":
            screening.append(self.pair(incumbent, candidate))
        ratios = [self.ratio(pair) for pair in screening]
        before, self.noise = self.noise, self.noise.and_of(ratios)
        if said == "stop":
            found = gain(ratios, before)
            reason = "worse" if found.high < 0 else "no gain to be seen"
            return self._told("discard", reason, found, screening)
        fresh: list[tuple[Score, Score]] = []
        while (told := confirm([self.ratio(pair) for pair in fresh], before, least, self.alpha)) == "more":
            fresh.append(self.pair(incumbent, candidate))
        found = gain([self.ratio(pair) for pair in fresh], before)
        self.noise = self.noise.and_of([self.ratio(pair) for pair in fresh])
        if told == "stop":
            return self._told("inconclusive", "passed the screen; fresh pairs did not confirm it", found, fresh)
        if worse := self._worse(self._enough(fresh, incumbent, candidate)):
            return self._told("discard", f"guardrail: {worse}", found, fresh, guardrails=worse)
        return self._told("keep", "confirmed by fresh pairs", found, fresh)

    def _enough(
        self, pairs: list[tuple[Score, Score]], incumbent: Version, candidate: Version
    ) -> list[tuple[Score, Score]]:
        """These pairs, and for guardrails as many more as they need."""
        missing = GUARD_PAIRS - len(pairs) if self.bench.plan.settings.guardrails else 0
        return [*pairs, *(self.pair(incumbent, candidate) for _ in range(missing))]

    def _told(
        self, status: Decided, reason: str, found: Gain, pairs: Sequence[tuple[Score, Score]], *, guardrails: str = ""
    ) -> Verdict:
        scores = sorted(after.score for _, after in pairs)
        middle = scores[len(scores) // 2]
        mean, low, high = (as_gain(each, self.better) for each in (found.mean, found.low, found.high))
        return Verdict(status, reason, middle, mean, low, high, found.p, found.pairs, guardrails)

    def _worse(self, pairs: Sequence[tuple[Score, Score]]) -> str:
        """The first guardrail that does not hold, in words; a negative tolerance is that of a number to be high."""
        for name, tolerance in self.bench.plan.settings.guardrails.items():
            values = [(before.metrics.get(name), after.metrics.get(name)) for before, after in pairs]
            off = [(y - x) * (1 if tolerance >= 0 else -1) for x, y in values if x is not None and y is not None]
            if len(off) < len(pairs):
                return f"{name} was not measured"
            if not harmless(off, abs(tolerance)):
                return (
                    f"{name} may be worse by {max(sum(off) / len(off), 0):.4g} or more, {abs(tolerance):g} is allowed"
                )
        return ""


def relative(before: float, after: float, better: Better) -> float:
    """How much better, as a share of what it was; of 0, as a plain difference."""
    gained = before - after if better == "lower" else after - before
    return gained / abs(before) if before else gained


def as_row(verdict: Verdict) -> Mapping[str, Any]:
    """For the notebook."""
    return {name: value for name, value in vars(verdict).items() if value not in (None, "")}
