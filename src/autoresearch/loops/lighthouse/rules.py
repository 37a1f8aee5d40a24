"""Every rule of the loop and every number that it watches, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autoresearch.core.measurement import Better, Rule, Severity

KIND = "lighthouse"
LIGHTHOUSE = "13.5.0"
"""The pinned version (`requirements/node`). Another one finds other things: it is part of the audit rules' version, so
that an upgrade is a first look, and no flood of new findings."""


def _rule(name: str, severity: Severity, title: str, fix: str, *, version: str = "1") -> Rule:
    return Rule(f"{KIND}/{name}", severity, title, fix, version=version)


RULES: tuple[Rule, ...] = (
    _rule(
        "audit-failed",
        "error",
        "Audits that pages fail",
        "Mend the elements that are named; the audit's documentation says how.",
        version=LIGHTHOUSE,
    ),
    _rule(
        "seo-audit-failed",
        "info",
        "Audits of what the `seo` loop judges",
        "The `seo` loop says more of it; without one, raise this rule's severity.",
        version=LIGHTHOUSE,
    ),
    _rule(
        "metric-regressed",
        "error",
        "Pages that got slower",
        "Compare the kept report with an earlier one: its insights name what blocks the page.",
    ),
    _rule("score-regressed", "error", "Pages that score less", "The kept report says which metrics the score lost on."),
    _rule("budget-exceeded", "error", "Pages over their budget", "Make the page lighter, or raise its budget."),
)

COVERED_BY_SEO: Mapping[str, str] = {
    "document-title": "seo/title-missing",
    "meta-description": "seo/description-missing",
    "http-status-code": "seo/broken-link",
    "is-crawlable": "seo/noindex-unexpected",
    "robots-txt": "seo/robots-blocked",
    "hreflang": "seo/hreflang-invalid",
    "canonical": "seo/canonical-broken",
    "html-has-lang": "seo/lang-missing",
    "meta-refresh": "seo/meta-refresh",
}
"""Audit → the rule of `seo` that judges the same thing, over all pages and with history: it must not gate twice."""


@dataclass(frozen=True)
class Watched:
    """A number of a run. `resolution`: the smallest change that matters to a visitor, in the number's unit."""

    unit: str
    better: Better = "lower"
    resolution: float = 0.0


TIMINGS: Mapping[str, Watched] = {
    "fcp": Watched("ms", resolution=100),
    "lcp": Watched("ms", resolution=150),
    "tbt": Watched("ms", resolution=50),
    "cls": Watched("", resolution=0.01),
    "si": Watched("ms", resolution=200),
}
"""What a visitor waits for. Thresholds for "good" are 1,800 ms, 2,500 ms, 200 ms, 0.1 and 3,400 ms."""
SCORE = Watched("", "higher", resolution=2)
SIZES: Mapping[str, Watched] = {"bytes": Watched("B"), "requests": Watched("")}
"""Recorded, and for budgets: what they cost a visitor, the timings say."""
CATEGORIES: Mapping[str, str] = {
    "accessibility": "accessibility",
    "best-practices": "best-practices",
    "seo": "seo",
}
METRIC_RULES: Mapping[str, str] = {"mobile-score": "score-regressed", "desktop-score": "score-regressed"}
