"""The loop: one crawl in, findings by lists of small checks, a few metrics, and the facts that history needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, field_validator

from autoresearch.config.load import suggestion
from autoresearch.config.model import LoopSettings, Rung
from autoresearch.core.baseline import Baseline
from autoresearch.core.measurement import Coverage, Finding, Measurement, Metric, Rule, Severity, Skipped
from autoresearch.errors import NotMeasuredError
from autoresearch.loops.base import Loop
from autoresearch.loops.seo import canonicals, history, international, links, pages, routing, sitemaps
from autoresearch.loops.seo.rules import RULES
from autoresearch.loops.seo.view import View
from autoresearch.loops.told import Told
from autoresearch.signals.context import Signals
from autoresearch.signals.routes import Routes, declared, detected, objection

Check = Callable[[View], Iterator[Finding]]

PAGE_CHECKS: tuple[Check, ...] = (
    links.broken_links,
    links.broken_fragments,
    links.redirect_chains,
    links.redirect_loops,
    sitemaps.sitemap_invalid,
    sitemaps.sitemap_entries,
    canonicals.canonicals,
    pages.titles_missing,
    pages.descriptions_missing,
    pages.headings_missing,
    pages.languages_missing,
    pages.meta_refreshes,
    pages.mixed_content,
    international.codes_invalid,
    international.no_return,
)
"""What a page, once seen, proves by itself."""

MOST_PAGES_CHECKS: tuple[Check, ...] = (
    sitemaps.sitemap_missing,
    sitemaps.pages_missing_from_sitemap,
    sitemaps.robots_blocked,
    pages.soft_404s,
)
"""What a crawl proves that could not read a page or two: nothing of it rests on what stands on those."""

SITE_CHECKS: tuple[Check, ...] = (
    links.orphan_pages,
    pages.titles_shared,
    pages.descriptions_shared,
    international.missing,
)
"""What only a complete crawl proves."""


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Settings(LoopSettings):
    """What the `seo` loop can be told, beside what every loop can."""

    kind: str = "seo"
    rung: Rung = "file"
    routes: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = Field(
        default=(), description="which files make which pages: `content/blog/{slug}.md -> /blog/{slug}`"
    )

    @field_validator("rules")
    @classmethod
    def _rules_exist(cls, rules: dict[str, Severity | str]) -> dict[str, Severity | str]:
        known = [rule.id for rule in RULES]
        for name in rules:
            if name not in known:
                raise ValueError(f"no rule `{name}`{suggestion(name, known)}")
        return rules

    @field_validator("routes")
    @classmethod
    def _routes_can_be_read(cls, routes: tuple[str, ...]) -> tuple[str, ...]:
        for route in routes:
            if problem := objection(route):
                raise ValueError(f"`{route}`: {problem}")
        return routes


class Seo(Loop[Settings]):
    """What crawlers and visitors meet on the site."""

    kind: ClassVar[str] = "seo"
    rung: ClassVar[Rung] = "file"
    measures: ClassVar[str] = "links, sitemaps, canonicals and titles of the built site"
    because: ClassVar[str] = "no event fires when a crawler cannot read a page"
    Settings: ClassVar[type[LoopSettings]] = Settings
    rules: tuple[Rule, ...] = RULES

    def measure(self, signals: Signals) -> Measurement:
        """Look at every page once. Raises `NotMeasuredError` when the site has none."""
        routes = self._routes(signals)
        crawl = signals.site()
        if not crawl.pages:
            raise NotMeasuredError("the site has no pages", hint="check `site` in the config")
        view = View(crawl)
        told = Told()
        for check in self._checks(view, signals, routes):
            told.take(check(view))
        return Measurement(
            loop=self.name,
            kind=self.kind,
            environment={"source": crawl.source},
            complete=crawl.complete,
            coverage=Coverage(
                measured=len(crawl.pages),
                skipped=(*(Skipped(subject=s, reason=r) for s, r in crawl.skipped), *told.left_out()),
            ),
            metrics=tuple(_metrics(view, told.count("seo/broken-link"))),
            findings=tuple(told.findings()),
            observations=history.observe(view),
        )

    def wanted_paths(self, signals: Signals, baseline: Baseline) -> Iterator[str]:
        """Every page that was there, and every route of the repository; what was gone then need not be asked for."""
        yield from (subject for subject, facts in baseline.observations.items() if facts.get("status") == 200)
        if routes := self._routes(signals):
            yield from routes.static

    def judge(self, measurement: Measurement, baseline: Baseline) -> Sequence[Finding]:
        """Gone pages, hidden pages and dates that do not follow their content show only against the baseline."""
        return list(history.judge(measurement.observations, baseline.observations))

    def _checks(self, view: View, signals: Signals, routes: Routes | None) -> Iterator[Check]:
        yield from PAGE_CHECKS
        yield partial(sitemaps.dates_are_now, now=signals.now)
        if self.settings.rules.get("seo/external-broken-link", "off") != "off":
            yield partial(links.external_links, answers=signals.external(links.external_targets(view)))
        if routes is not None:
            yield partial(routing.routes_missing, routes=routes)
        if view.crawl.complete or view.crawl.nearly_complete:
            yield from MOST_PAGES_CHECKS
            if routes is not None:
                yield partial(routing.pages_unexpected, routes=routes)
        if view.crawl.complete:
            yield from SITE_CHECKS

    def _routes(self, signals: Signals) -> Routes | None:
        """The routes that the config declares, or those of a framework at the root or around the built folder."""
        if self.settings.routes:
            return declared(signals.root, self.settings.routes)
        site = signals.site_settings
        return detected(_projects(signals.root, site.dist if site else None), signals.now)


def _projects(root: Path, dist: str | None) -> list[Path]:
    """Folders that may hold the site's sources, nearest to the built folder first: `website/`, then the root."""
    around = [root / parent for parent in Path(dist).parents] if dist and ".." not in Path(dist).parts else []
    return [*(folder for folder in around if folder != root), root]


def _metrics(view: View, broken: int) -> Iterator[Metric]:
    """Recorded, none of them gates: the findings already say what is wrong."""
    yield Metric(name="pages", value=len(view.crawl.pages), exact=True)
    yield Metric(name="indexable-pages", value=len(view.indexable), exact=True)
    yield Metric(name="broken-links", value=broken, better="lower", exact=True)
    share = round(sitemaps.coverage(view), 2)
    yield Metric(name="sitemap-coverage", value=share, unit="%", better="higher", exact=True)
    depth = max((page.depth for page in view.crawl.pages.values()), default=0)
    yield Metric(name="depth", value=max(depth, 0), unit="clicks", better="lower", exact=True)
    seconds = sorted(r.seconds for r in view.crawl.responses.values() if r.ok and r.seconds > 0)
    if seconds:
        p95 = seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))]
        yield Metric(name="response-time-p95", value=round(1000 * p95, 1), unit="ms", better="lower")
