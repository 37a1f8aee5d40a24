"""What a loop is: `measure` looks at the world, `judge` adds what only history shows.

A third party writes one class like ours, names it in the entry-point group `autoresearch.loops`, and gets the same
validation of its settings, the same comparing and the same report.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from autoresearch.config.model import LoopSettings, Rung
from autoresearch.core.baseline import Baseline
from autoresearch.core.measurement import Finding, Measurement, Metric, Rule
from autoresearch.signals.context import Signals

S = TypeVar("S", bound=LoopSettings)


class Loop(ABC, Generic[S]):
    """A named, configured instance of a kind."""

    kind: ClassVar[str]
    rung: ClassVar[Rung]
    """The default rung of the kind."""
    measures: ClassVar[str] = ""
    """What the kind looks at, in a few words: for autoresearch/README.md."""
    because: ClassVar[str] = ""
    """Why the kind's score is real, when the config does not say it."""
    Settings: ClassVar[type[LoopSettings]]
    rules: tuple[Rule, ...] = ()
    """Every rule that can be found, of the class or of the instance; empty when only a run can tell (`script`)."""
    page_facts: ClassVar[tuple[str, ...]] = ()
    """`module:function` of what the crawl is to read of each page for this loop: see `Signals.read_also`."""
    metric_rules: ClassVar[Mapping[str, str]] = {}
    """Metric → the rule that its regression is told as; `metric-regressed` for all others."""
    outside: ClassVar[bool] = False
    """Whether what it looks at is not in the repository, such as users' events: no revision of it is better or worse
    than another, so it is left out of pull requests and of `--base`, and the state keeps no observations of it: only
    what `remember` makes of them."""
    lab: ClassVar[bool] = False
    """Whether it times things, and so must have the machine to itself."""

    def __init__(self, name: str, settings: S) -> None:
        self.name = name
        self.settings = settings

    @abstractmethod
    def measure(self, signals: Signals) -> Measurement:
        """Look at the world and record it, without history.

        Raises `NotMeasuredError` when there was nothing to look at: the run goes on without this loop.
        """

    @property
    def divided(self) -> bool:
        """Whether every shard measures a part of its subjects: then `signals.part` says which."""
        return False

    def wanted_paths(self, signals: Signals, baseline: Baseline) -> Iterable[str]:
        """Paths of the site to ask for although nothing may lead there: only an answer proves a page gone.

        Every loop is asked before the site is read, so that one crawl serves all.
        """
        del signals, baseline
        return ()

    def judge(self, measurement: Measurement, baseline: Baseline) -> Sequence[Finding]:
        """Add what only history shows. Pure: both halves of a run call it, the second with the base branch's state."""
        del measurement, baseline
        return ()

    def recovered(self, measurement: Measurement, baseline: Baseline) -> Mapping[tuple[str, str, str], str]:
        """(rule, subject, key) of judged findings that are over → the evidence, to be told as they close. Pure."""
        del measurement, baseline
        return {}

    def remember(self, measurement: Measurement, baseline: Baseline) -> Mapping[str, Any]:
        """What the loop itself is to know at the next run: the new `memory` of the state. Pure, bounded, nobody's data.

        Called once a run, after `judge`, with the baseline as it was. Of two branches that changed the same key, the
        value with the larger `until` wins, where both are mappings that have one.
        """
        del measurement
        return baseline.memory

    def remeasure(self, signals: Signals, suspects: Sequence[Metric]) -> Sequence[Metric]:
        """Measure suspicious metrics again at the same commit; the new numbers come back as their `reruns`."""
        del signals, suspects
        return ()
