"""The loop: what the crawl's parser read of each page, as findings; and what the baseline had there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from pydantic import field_validator

from autoresearch.config.load import suggestion
from autoresearch.config.model import LoopSettings, Rung
from autoresearch.core.baseline import Baseline
from autoresearch.core.measurement import Coverage, Finding, Measurement, Metric, Rule, Severity, Skipped
from autoresearch.errors import NotMeasuredError
from autoresearch.loops.base import Loop
from autoresearch.loops.structured_data import history
from autoresearch.loops.structured_data.page import LOOK, Seen
from autoresearch.loops.structured_data.rules import FOR_SEARCH, KIND, RULES, found
from autoresearch.loops.told import MOST_PLACES, Told
from autoresearch.signals.context import Signals
from autoresearch.signals.site.model import Crawl, Page
from autoresearch.signals.site.urls import identity


class Settings(LoopSettings):
    """What the loop can be told is what every loop can."""

    kind: str = KIND
    rung: Rung = "file"

    @field_validator("rules")
    @classmethod
    def _rules_exist(cls, rules: dict[str, Severity | str]) -> dict[str, Severity | str]:
        known = [rule.id for rule in RULES]
        for name in rules:
            if name not in known:
                raise ValueError(f"no rule `{name}`{suggestion(name, known)}")
        return rules


class StructuredData(Loop[Settings]):
    """What pages tell machines about themselves."""

    kind: ClassVar[str] = KIND
    rung: ClassVar[Rung] = "file"
    measures: ClassVar[str] = "JSON-LD, microdata and RDFa of the built site"
    because: ClassVar[str] = "no event fires when a search engine drops a rich result"
    Settings: ClassVar[type[LoopSettings]] = Settings
    rules: tuple[Rule, ...] = RULES
    page_facts: ClassVar[tuple[str, ...]] = (LOOK,)

    def measure(self, signals: Signals) -> Measurement:
        """Look at every page once. Raises `NotMeasuredError` when the site has none."""
        signals.read_also(self.page_facts)
        crawl = signals.site()
        if not crawl.pages:
            raise NotMeasuredError("the site has no pages", hint="check `site` in the config")
        seen = {subject: _seen(page) for subject, page in crawl.pages.items()}
        unread = [Skipped(subject=s, reason=reason) for s in sorted(seen) if (e := seen[s]) for reason in e.unread]
        told = Told()
        told.take(
            finding for subject, each in seen.items() if each for finding in _findings(crawl.pages[subject], each)
        )
        hidden = {skip.subject for skip in unread}
        return Measurement(
            loop=self.name,
            kind=self.kind,
            environment={"source": crawl.source},
            complete=crawl.complete,
            coverage=Coverage(
                measured=len(crawl.pages) - len(hidden), skipped=(*_skipped(crawl, unread), *told.left_out())
            ),
            metrics=tuple(_metrics([each for each in seen.values() if each])),
            findings=tuple(told.findings()),
            observations=history.observe(
                {s: (e.types, e.inside) if e else ((), ()) for s, e in seen.items() if s not in hidden}
            ),
        )

    def wanted_paths(self, signals: Signals, baseline: Baseline) -> Iterator[str]:
        """Every page that had something to say."""
        del signals
        for subject, facts in baseline.observations.items():
            if facts and not history.is_folder(subject):
                yield subject

    def judge(self, measurement: Measurement, baseline: Baseline) -> Sequence[Finding]:
        """Types that a page had in the baseline, and has no longer though it is still there."""
        return list(history.judge(measurement.observations, baseline.observations))


def _seen(page: Page) -> Seen | None:
    fields = page.facts.get(LOOK)
    return Seen(*fields) if fields else None


def _findings(page: Page, seen: Seen) -> Iterator[Finding]:
    """What is wrong on a page; one that search engines are to leave alone is not held to what they ask for."""
    is_hidden = page.noindex or any(each[:1] == "/" and identity(each) != page.subject for each in page.canonicals)
    for rule, key, message, where, severity in seen.problems:
        if not (is_hidden and rule in FOR_SEARCH):
            yield found(rule, page, key, message, severity=_SEVERITIES[severity], where=where)


def _skipped(crawl: Crawl, unread: Sequence[Skipped]) -> Iterator[Skipped]:
    yield from (Skipped(subject=subject, reason=reason) for subject, reason in crawl.skipped)
    yield from unread[:MOST_PLACES]
    if (more := len(unread) - MOST_PLACES) > 0:
        yield Skipped(subject="…", reason=f"{more:,} more pages have structured data that is not read")


def _metrics(seen: Sequence[Seen]) -> Iterator[Metric]:
    """Recorded, none of them gates: the findings already say what is wrong."""
    yield Metric(name="pages-with-structured-data", value=len(seen), exact=True)
    yield Metric(name="items", value=sum(each.items for each in seen), exact=True)
    if seen:
        right = sum(all(severity != "error" for *_, severity in each.problems) for each in seen)
        share = round(100 * right / len(seen), 2)
        yield Metric(name="pages-without-error", value=share, unit="%", better="higher", exact=True)


_SEVERITIES: Mapping[str, Severity] = {"error": "error", "warning": "warning", "info": "info"}
