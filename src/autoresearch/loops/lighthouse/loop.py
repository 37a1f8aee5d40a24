"""The loop: pages in, runs of Lighthouse in rounds, then numbers, failed audits and exceeded budgets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar

from autoresearch.config.model import Rung
from autoresearch.core.baseline import Baseline
from autoresearch.core.measurement import Coverage, Finding, Measurement, Metric, Rule, Scalar, Skipped
from autoresearch.errors import NotMeasuredError
from autoresearch.loops.base import Loop
from autoresearch.loops.lighthouse.kept import keep_reports
from autoresearch.loops.lighthouse.numbers import field_metrics, page_metrics, site_metrics
from autoresearch.loops.lighthouse.pages import Target, named, sampled
from autoresearch.loops.lighthouse.rules import KIND, METRIC_RULES, RULES, TIMINGS
from autoresearch.loops.lighthouse.runs import Look, Session
from autoresearch.loops.lighthouse.settings import Settings
from autoresearch.loops.lighthouse.told import audits_failed, budgets_exceeded, objection
from autoresearch.signals.context import Signals
from autoresearch.signals.lab.model import Preset, Versions
from autoresearch.signals.lab.place import Place, open_place
from autoresearch.signals.lab.runner import Runner
from autoresearch.signals.site.model import Crawl
from autoresearch.signals.site.urls import identity

_RERUNS = 5
"""Of one page and preset: their median varies less than that of the three runs that raised the suspicion."""
_SHARE = 0.9
"""Of the time limit, for the runs: the rest is for starting, auditing and writing."""
_HANGS_AFTER = 30.0
"""Seconds that a page may take besides loading, before it counts as hung."""
_GONE = frozenset((404, 410))
_MOST_GONE = 1_000


class Lighthouse(Loop[Settings]):
    """What the built pages score in a browser."""

    kind: ClassVar[str] = KIND
    rung: ClassVar[Rung] = "file"
    measures: ClassVar[str] = "speed, accessibility and best practices of the built pages, in a real browser"
    because: ClassVar[str] = "a page that gets slower bit by bit fires no event, and no single change is felt"
    Settings: ClassVar[type[Settings]] = Settings
    rules: tuple[Rule, ...] = RULES
    metric_rules: ClassVar[Mapping[str, str]] = METRIC_RULES
    lab: ClassVar[bool] = True

    @property
    def divided(self) -> bool:
        """Every shard looks at a part of the pages."""
        return True

    def wanted_paths(self, signals: Signals, baseline: Baseline) -> Iterator[str]:
        """Sampled pages that were looked at before: whether one is gone is known by asking."""
        del signals
        if not self.settings.pages:
            yield from (subject for subject, facts in baseline.observations.items() if "status" not in facts)

    def measure(self, signals: Signals) -> Measurement:
        """Look at every page in every preset. Raises `NotMeasuredError` where there is no page, or no browser."""
        time_left = _countdown(_SHARE * self.settings.time_limit)
        crawl = None if self.settings.pages else signals.site()
        pages = self._pages(crawl, signals)
        with open_place(signals) as place, self._runner(signals) as runner:
            session = Session(runner, objection(place), time_left, signals.say)
            looks = [Look(page, preset, place.url(page.path)) for page in pages for preset in self.settings.presets]
            looks = session.look(looks, self.settings.runs, self.settings.max_runs)
            keep_reports(signals.root, self.settings.reports, looks, runner.keep_report)
            versions = runner.versions
        in_the_field, problems = self._in_the_field(signals, looks)
        return Measurement(
            loop=self.name,
            kind=self.kind,
            environment=_environment(place, versions),
            complete=crawl is None,
            coverage=Coverage(
                measured=len({look.page for look in looks}),
                skipped=(
                    *(Skipped(subject=page.subject, reason=why) for page, why in sorted(session.problems.items())),
                    *problems,
                ),
            ),
            metrics=(*self._metrics(looks, signals), *in_the_field),
            findings=tuple(self._findings(looks, place)),
            observations=_observations(looks, crawl),
        )

    def remeasure(self, signals: Signals, suspects: Sequence[Metric]) -> Sequence[Metric]:
        """More runs of the pages and presets of the suspects, in rounds."""
        time_left = _countdown(self.settings.time_limit)
        paths = {page.subject: page for page in self._pages(None if self.settings.pages else signals.site(), signals)}
        wanted = {(paths[m.subject], preset) for m in suspects if m.subject in paths for preset in _preset(m)}
        with open_place(signals) as place, self._runner(signals) as runner:
            session = Session(runner, objection(place), time_left, signals.say, only_timed=True)
            looks = [Look(page, preset, place.url(page.path)) for page, preset in sorted(wanted)]
            looks = session.look(looks, _RERUNS, _RERUNS)
        by_name = {
            (f"{look.preset}-{name}", look.page.subject): tuple(look.values(name))
            for look in looks
            for name in ("score", *TIMINGS)
        }
        return [metric.model_copy(update={"reruns": by_name.get(metric.identity, ())}) for metric in suspects]

    def _runner(self, signals: Signals) -> Runner:
        limit = self.settings.page_limit
        return Runner(signals.root, page_limit=limit + _HANGS_AFTER, load_limit=limit)

    def _pages(self, crawl: Crawl | None, signals: Signals) -> list[Target]:
        pages = named(self.settings.pages) if crawl is None else sampled(crawl, self.settings.sample)
        if not pages:
            raise NotMeasuredError("the site has no pages", hint="check `site` in the config")
        return pages[signals.part.index - 1 :: signals.part.count] if signals.part else pages

    def _metrics(self, looks: Sequence[Look], signals: Signals) -> Iterator[Metric]:
        for look in looks:
            yield from page_metrics(look, self.settings.gate)
        if signals.part is None:
            yield from site_metrics(looks, self.settings.presets)

    def _findings(self, looks: Sequence[Look], place: Place) -> Iterator[Finding]:
        by_page: dict[Target, list[Look]] = {}
        for look in looks:
            by_page.setdefault(look.page, []).append(look)
        for of_page in by_page.values():
            yield from audits_failed(of_page, place.source)
        yield from budgets_exceeded(looks, self.settings.budgets)

    def _in_the_field(self, signals: Signals, looks: Sequence[Look]) -> tuple[list[Metric], list[Skipped]]:
        """What real visitors met on these pages; a gap where who knows did not answer."""
        metrics: list[Metric] = []
        gaps: list[Skipped] = []
        for name, ask in (("CrUX", self._in_chrome), ("web vitals", self._in_events)):
            try:
                metrics += ask(signals, looks)
            except NotMeasuredError as error:
                gaps.append(Skipped(subject=name, reason=error.message))
        return metrics, gaps

    def _in_chrome(self, signals: Signals, looks: Sequence[Look]) -> list[Metric]:
        site = signals.site_settings
        if self.settings.crux is None or site is None or site.url is None:
            return []
        from autoresearch.signals.lab.crux import visited

        asked = visited(
            signals.secrets.resolved(site).url or "",
            [(look.page.subject, look.page.path, look.preset) for look in looks],
            self.settings.crux.key,
        )
        return [metric for found in asked for metric in field_metrics(*found)]

    def _in_events(self, signals: Signals, looks: Sequence[Look]) -> list[Metric]:
        if self.settings.web_vitals is None:
            return []
        from autoresearch.loops.lighthouse.visitors import visited

        return list(visited(signals, self.settings.web_vitals, sorted({look.page for look in looks})))


def _environment(place: Place, versions: Versions) -> dict[str, str]:
    """What must be equal for two timings to be comparable; the preset is in their names."""
    return {
        "source": place.source,
        "lighthouse": versions.lighthouse,
        "chromium": versions.chromium.partition(".")[0] + (" (headless shell)" if versions.shell else ""),
        "throttling": "simulate",
        "profile": "cold",
    }


def _countdown(seconds: float) -> Callable[[], float]:
    deadline = time.monotonic() + seconds
    return lambda: deadline - time.monotonic()


def _preset(metric: Metric) -> list[Preset]:
    presets: tuple[Preset, ...] = ("mobile", "desktop")
    return [preset for preset in presets if metric.name.startswith(f"{preset}-")]


def _observations(looks: Sequence[Look], crawl: Crawl | None) -> dict[str, dict[str, Scalar]]:
    """The pages that were looked at, and those of the site that are gone: there is nothing left to mend."""
    seen: dict[str, dict[str, Scalar]] = {look.page.subject: {"path": look.page.path} for look in looks}
    answers = crawl.responses.items() if crawl is not None else ()
    gone = sorted({identity(address) for address, answer in answers if answer.status in _GONE})
    for subject in gone[:_MOST_GONE]:
        if crawl is not None and subject not in crawl.pages:
            seen.setdefault(subject, {"status": 404})
    return seen
