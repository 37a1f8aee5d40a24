"""A page is looked at several times: how often, which runs count, and which one speaks for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol

from autoresearch.errors import NotMeasuredError
from autoresearch.loops.lighthouse.pages import Target
from autoresearch.loops.lighthouse.rules import TIMINGS
from autoresearch.signals.lab.model import Audit, Failed, Preset, Run

COLLAPSED = 0.6
"""A run during which the machine was slower than this share of its usual speed says nothing of the page."""
UNSTEADY = 0.2
"""Runs that differ by more than this share of their median are followed by more."""
_MOST_REPEATS = 2
"""Further tries where runs collapsed."""
_FINAL = frozenset(
    (
        "HUNG",
        "PAGE_HUNG",
        "ERRORED_DOCUMENT_REQUEST",
        "FAILED_DOCUMENT_REQUEST",
        "DNS_FAILURE",
        "NOT_HTML",
        "CHROME_INTERSTITIAL_ERROR",
        "INVALID_URL",
    )
)
"""What a second try would only say again."""
_REASONS = {
    "HUNG": "it did not answer, or hung: Lighthouse had to be stopped (`page_limit`)",
    "PAGE_HUNG": "it stopped responding",
    "NO_FCP": "it painted nothing in time (`page_limit`)",
    "CRASHED": "it crashed the browser",
    "TARGET_CRASHED": "it crashed its tab",
    "NOT_HTML": "it is no HTML",
    "CHROME_INTERSTITIAL_ERROR": "the browser shows an error page in its place",
}
"""Lighthouse's own words, where they are not meant for this."""
_STATUS = re.compile(r"\(Status code: (\d{3})\)")
_OUT_OF_TIME = "out of time: raise `time_limit`, or name fewer pages"
_TOO_BUSY = "the machine was too busy to time anything"


class Lab(Protocol):
    """Whoever can look at a page once."""

    def run(self, url: str, preset: Preset, *, whole: bool, again: Sequence[str] = ()) -> Run | Failed:
        """One run, of the whole or of what is timed and some audits `again`, or why there is none."""


@dataclass
class Look:
    """One page in one preset, and what its runs brought."""

    page: Target
    preset: Preset
    url: str
    runs: list[Run] = field(default_factory=list)
    """What is timed: without those that met a busy machine."""
    audited: list[Run] = field(default_factory=list)
    """What is not timed, and so is as true on a busy machine: all of it, then once more what failed."""
    failures: int = 0

    @property
    def speaker(self) -> Run:
        """The run that speaks for all."""
        return self.runs[representative(self.runs)]

    @property
    def wants_whole(self) -> bool:
        """Whether the next run is to look at everything: the first one is."""
        return not self.audited

    @property
    def in_doubt(self) -> tuple[str, ...]:
        """The audits that the next run is to try again: those that failed once."""
        return tuple(audit.id for audit in self.audited[0].audits) if len(self.audited) == 1 else ()

    @property
    def failed(self) -> list[Audit]:
        """The audits that failed each time: what fails by chance is no news."""
        ids = [{audit.id for audit in run.audits} for run in self.audited]
        return [audit for run in self.audited[:1] for audit in run.audits if audit.id in set.intersection(*ids)]

    @property
    def scores(self) -> Mapping[str, float | None]:
        """By category, 0 to 1."""
        return self.audited[0].scores if self.audited else {}

    def add(self, run: Run) -> None:
        """Take a run in."""
        self.runs.append(run)
        if run.whole or run.again:
            self.audited.append(run)

    def values(self, name: str) -> list[float]:
        """A number in every run that has it."""
        return [run.metrics[name] for run in self.runs if name in run.metrics]


@dataclass
class Session:
    """Looks at pages in rounds, so that a slow minute of the machine meets one run of each page, and not all of one."""

    lab: Lab
    objection: Callable[[Look, Run], str | None]
    """Why a run that succeeded is none of that page."""
    time_left: Callable[[], float]
    """Seconds."""
    say: Callable[[str], None]
    only_timed: bool = False
    """Whether audits are of no interest."""
    problems: dict[Target, str] = field(default_factory=dict)
    """Pages that cannot be measured, and why."""
    _seconds: list[float] = field(default_factory=list)

    def look(self, looks: Sequence[Look], runs: int, most: int) -> list[Look]:
        """The looks that succeeded, each with at least `runs` runs, and up to `most` where those differ.

        Raises `NotMeasuredError` where no browser starts: that is no page's fault.
        """
        for done in range(runs):
            self._round(looks, f"run {done + 1} of {runs}")
            self._leave_out(looks, runs - done - 1)
        for _ in range(_MOST_REPEATS):
            self._round(self._without_collapsed(looks, runs), "again, where the machine was slow")
        for look in self._without_collapsed(looks, runs):
            self.problems.setdefault(look.page, _OUT_OF_TIME if self._is_late() else _TOO_BUSY)
        for _ in range(most - runs):
            self._round([look for look in looks if is_unsteady(look)], "once more, where runs differ")
        self._without_collapsed(looks, runs)
        return [look for look in looks if look.page not in self.problems and look.runs]

    def _round(self, looks: Iterable[Look], what: str) -> None:
        wanted = [look for look in looks if look.page not in self.problems]
        for number, look in enumerate(wanted, 1):
            if look.page not in self.problems:
                self.say(f"{what}: {number} of {len(wanted)}, {look.page.subject} on {look.preset}")
                self._once(look)

    def _once(self, look: Look) -> None:
        if self._is_late():
            return
        if self.only_timed:
            outcome = self.lab.run(look.url, look.preset, whole=False)
        else:
            outcome = self.lab.run(look.url, look.preset, whole=look.wants_whole, again=look.in_doubt)
        self._seconds.append(outcome.seconds)
        if isinstance(outcome, Run):
            if problem := self.objection(look, outcome):
                self.problems[look.page] = problem
            else:
                look.add(outcome)
            return
        look.failures += 1
        if look.failures > 1 and outcome.code == "BROWSER":
            raise NotMeasuredError(outcome.reason, hint="does the browser start by hand? CHROME_PATH names another one")
        if look.failures > 1 or outcome.code in _FINAL:
            self.problems[look.page] = _reason(outcome)
        else:
            self._once(look)

    def _is_late(self) -> bool:
        return bool(self._seconds) and self.time_left() < median(self._seconds)

    def _leave_out(self, looks: Sequence[Look], rounds: int) -> None:
        """Give up the last pages where the time does not reach for all: the others can be finished."""
        if not self._seconds or not rounds:
            return
        fitting = self.time_left() / (median(self._seconds) * rounds)
        wanted = [look for look in looks if look.page not in self.problems]
        for look in wanted[max(0, int(fitting)) :]:
            self.problems[look.page] = _OUT_OF_TIME

    def _without_collapsed(self, looks: Sequence[Look], runs: int) -> list[Look]:
        """Drop runs during which the machine was slow; the looks that lack runs now."""
        indexes = [run.benchmark_index for look in looks for run in look.runs]
        if not indexes:
            return []
        floor = COLLAPSED * median(indexes)
        for look in looks:
            look.runs = [run for run in look.runs if run.benchmark_index >= floor]
        return [look for look in looks if look.page not in self.problems and len(look.runs) < runs]


def _reason(failed: Failed) -> str:
    if status := _STATUS.search(failed.reason):
        return f"it answers {status[1]}"
    return _REASONS.get(failed.code, failed.reason)


def is_unsteady(look: Look) -> bool:
    """Whether a timing differs between runs by more than what never matters and a fifth of itself."""
    for name, watched in TIMINGS.items():
        values = look.values(name)
        if values and max(values) - min(values) > max(2 * watched.resolution, UNSTEADY * median(values)):
            return True
    return False


def representative(runs: Sequence[Run]) -> int:
    """Which run is nearest to the medians of first paint and time to interactive: Lighthouse's own choice.

    Its report is kept. What is compared is the median of each number, which is steadier
    (`docs/adr/0012-lighthouse-runs.md`). Source: Lighthouse's `core/lib/median-run.js`.
    """
    first, last = ([run.metrics.get(name, 0.0) for run in runs] for name in ("fcp", "tti"))
    middle = median(first), median(last)
    distances = [(x - middle[0]) ** 2 + (y - middle[1]) ** 2 for x, y in zip(first, last, strict=True)]
    return distances.index(min(distances))
