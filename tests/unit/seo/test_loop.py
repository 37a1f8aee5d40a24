from __future__ import annotations

import random
from pathlib import Path

import pytest
from pydantic import ValidationError

from autoresearch.config.secrets import Secrets
from autoresearch.errors import NotMeasuredError
from autoresearch.loops import told
from autoresearch.loops.seo import Seo, Settings
from autoresearch.signals.site.model import Crawl
from tests.unit.seo.site import NOW, Fixed, Site

CONTRACT = {
    "broken-link",
    "broken-fragment",
    "external-broken-link",
    "redirect-chain",
    "redirect-loop",
    "sitemap-missing",
    "sitemap-invalid",
    "sitemap-url-broken",
    "sitemap-url-redirects",
    "sitemap-url-noindex",
    "sitemap-url-not-canonical",
    "sitemap-missing-page",
    "sitemap-stale-lastmod",
    "sitemap-dishonest-lastmod",
    "orphan-page",
    "route-missing",
    "route-unexpected",
    "canonical-missing",
    "canonical-broken",
    "canonical-conflict",
    "noindex-unexpected",
    "robots-blocked",
    "page-gone",
    "soft-404",
    "title-missing",
    "title-duplicate",
    "description-missing",
    "description-duplicate",
    "h1-missing",
    "lang-missing",
    "hreflang-invalid",
    "hreflang-no-return",
    "hreflang-missing",
    "meta-refresh",
    "mixed-content",
}
DOCS = Path(__file__).parents[3] / "docs" / "loops" / "seo.md"


def test_the_rules_are_those_of_the_contract() -> None:
    assert {rule.id for rule in Seo.rules} == {f"seo/{name}" for name in CONTRACT}


def test_every_rule_is_documented_with_its_severity() -> None:
    rows = [line.split("|") for line in DOCS.read_text().splitlines() if line.startswith("| `seo/")]
    documented = {row[1].strip(" `"): row[2].strip() for row in rows}
    assert documented == {rule.id: "off" if rule.default_off else rule.severity for rule in Seo.rules}
    assert all(len(row) == 6 and row[3].strip() and row[4].strip() for row in rows)


def test_the_metrics_are_recorded_and_none_of_them_gates() -> None:
    site = Site()
    site["/team"].depth, site["/team"].noindex = 3, True
    site.links("/about", "/gone/")
    site.answers("/gone/", 404)
    del site.crawl.sitemaps.entries["/about/"]
    measured = site.measured()
    assert {m.name: m.value for m in measured.metrics} == {
        "pages": 3,
        "indexable-pages": 2,
        "broken-links": 1,
        "sitemap-coverage": 50,
        "depth": 3,
        "response-time-p95": 100,
    }
    assert [m.name for m in measured.metrics if not m.exact] == ["response-time-p95"]
    assert not any(m.gate for m in measured.metrics)


def test_a_folder_has_no_response_time() -> None:
    site = Site()
    for response in site.crawl.responses.values():
        response.seconds = 0.0
    assert "response-time-p95" not in {m.name for m in site.measured().metrics}


def test_a_partial_crawl_tells_what_it_saw_and_concludes_nothing_from_what_it_did_not() -> None:
    site = Site("/lonely/")
    site.without("/lonely/")
    site.links("/about", "/gone/")
    site.answers("/gone/", 404)
    site.crawl.sitemaps.entries.clear()
    site.crawl.complete = False
    site.crawl.skipped = [("/far", "past the limit of 4 pages")]
    measured = site.measured()
    assert [f.rule for f in measured.findings] == ["seo/broken-link"]
    assert not measured.complete
    assert [(s.subject, s.reason) for s in measured.coverage.skipped] == [("/far", "past the limit of 4 pages")]


def test_a_site_without_pages_is_not_measured() -> None:
    signals = Fixed(Path(), None, NOW, Secrets({}))
    signals.crawl = Crawl(origin="", source="live")
    with pytest.raises(NotMeasuredError, match="no pages"):
        Seo("seo", Settings()).measure(signals)


def test_more_places_than_anybody_reads_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "MOST_PLACES", 3)
    site = Site("/p0/", "/p1/", "/p2/", "/p3/", "/p4/")
    site.answers("/gone/", 404)
    for subject in list(site.crawl.pages):
        if subject.startswith("/p"):
            site.links(subject, "/gone/")
    measured = site.measured()
    assert [finding.subject for finding in measured.findings] == ["/p0", "/p1", "/p2"]
    assert [skip.reason for skip in measured.coverage.skipped] == ["seo/broken-link: 2 more places are not listed"]
    assert next(m.value for m in measured.metrics if m.name == "broken-links") == 5


def test_findings_do_not_depend_on_the_order_in_which_answers_came() -> None:
    def shuffled(seed: int) -> Site:
        site = Site(*[f"/p{n}/" for n in range(30)])
        for page in list(site.crawl.pages.values())[5:15]:
            page.title, page.description = "same", "same"
        items = list(site.crawl.pages.items())
        random.Random(seed).shuffle(items)
        site.crawl.pages = dict(items)
        site.crawl.responses = dict(reversed(site.crawl.responses.items()))
        return site

    assert shuffled(1).measured() == shuffled(2).measured()


def test_a_rule_that_does_not_exist_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(ValidationError, match="did you mean `seo/broken-link`"):
        Settings.model_validate({"rules": {"seo/broken-links": "off"}})


def test_a_route_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ValidationError, match="content/blog"):
        Settings.model_validate({"routes": "posts to blog"})
