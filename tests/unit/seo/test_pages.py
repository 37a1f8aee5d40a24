from __future__ import annotations

from typing import Any

import pytest

from autoresearch.signals.site.model import Page
from tests.unit.seo.site import Site


@pytest.mark.parametrize(
    ("fact", "value", "rule"),
    [
        ("title", None, "title-missing"),
        ("title", "", "title-missing"),
        ("description", None, "description-missing"),
        ("h1", 0, "h1-missing"),
        ("lang", None, "lang-missing"),
        ("canonicals", (), "canonical-missing"),
    ],
)
def test_what_a_page_does_not_say_is_missing(fact: str, value: Any, rule: str) -> None:
    site = Site()
    setattr(site["/team"], fact, value)
    assert site.findings() == [(rule, "/team", "")]


def test_a_page_that_nobody_shall_find_needs_no_title_description_heading_or_canonical() -> None:
    site = Site()
    site.add("/thanks/", listed=False, noindex=True, title=None, description=None, h1=0, canonicals=())
    site.links("/", "/thanks/")
    assert site.findings() == []


def test_a_page_that_only_redirects_needs_nothing_else() -> None:
    site = Site()
    site.add("/old/", listed=False, refresh="/team/", title=None, description=None, h1=0, lang=None, canonicals=())
    [finding] = site.measured().findings
    assert (finding.rule, finding.subject, finding.severity) == ("seo/meta-refresh", "/old", "warning")


def test_a_generators_redirect_page_names_its_target_as_canonical_and_is_only_advice() -> None:
    site = Site()
    site.add("/old/", listed=False, refresh="/team/", canonicals=("/team/",))
    assert [(f.rule, f.severity) for f in site.measured().findings] == [("seo/meta-refresh", "info")]


def test_a_page_that_reloads_itself_sends_nobody_away() -> None:
    site = Site()
    site["/team"].refresh = ""
    site["/about"].refresh = "/about/index.html"
    assert site.findings() == []


def test_of_two_pages_with_one_title_the_one_met_later_is_the_copy() -> None:
    site = Site()
    site["/about"].title = site["/team"].title = "Welcome"
    assert site.findings() == [("title-duplicate", "/team", "")]
    site["/"].links = tuple(reversed(site["/"].links))
    assert site.findings() == [("title-duplicate", "/about", "")]


@pytest.mark.parametrize(("folder", "is_copy"), [("de", False), ("de-DE", False), ("docs", True)])
def test_where_pages_do_not_say_their_language_a_folder_named_like_one_does(folder: str, is_copy: bool) -> None:
    site = Site()
    for page in site.crawl.pages.values():
        page.lang = ""
    site.add(f"/{folder}/about", title=site["/about"].title, lang="")
    assert ("title-duplicate" in {rule for rule, _, _ in site.findings()}) is is_copy


def test_a_copied_description_is_found() -> None:
    site = Site()
    site["/team"].description = site["/about"].description
    assert site.findings() == [("description-duplicate", "/team", "")]


@pytest.mark.parametrize("facts", [{"lang": "de"}, {"noindex": True}, {"canonicals": ("/about/",)}])
def test_a_translation_and_a_page_that_is_not_listed_may_share_a_title(facts: dict[str, Any]) -> None:
    site = Site()
    for name, value in {"title": site["/about"].title, **facts}.items():
        setattr(site["/team"], name, value)
    assert "title-duplicate" not in {rule for rule, _, _ in site.findings()}


def test_insecure_resources_are_told_on_secure_sites_only_and_not_for_this_machine() -> None:
    site = Site()
    site["/team"].insecure = ("http://cdn.example/a.js", "http://localhost:3000/b.js")
    assert site.findings() == [("mixed-content", "/team", "http://cdn.example/a.js")]
    site.crawl.origin = "http://shop.example"
    assert site.findings() == []


@pytest.mark.parametrize(
    "title", ["404", "Error 404", "404 - Shop", "Page not found", "Page Not Found | Shop", "Seite nicht gefunden"]
)
def test_a_short_page_that_calls_itself_missing_is_a_soft_404(title: str) -> None:
    site = Site()
    site["/team"].title, site["/team"].words = title, 20
    assert site.findings() == [("soft-404", "/team", "")]


@pytest.mark.parametrize(
    ("title", "words"),
    [("404 errors and how to fix them", 30), ("Page not found", 900), ("4040 pots", 20), ("Lost and found", 20)],
)
def test_an_article_about_missing_pages_is_none(title: str, words: int) -> None:
    site = Site()
    site["/team"].title, site["/team"].words = title, words
    assert site.findings() == []


def test_a_page_with_the_text_of_a_missing_one_is_a_soft_404() -> None:
    site = Site()
    site.crawl.not_found = Page("/nowhere", "/nowhere", text_hash="gone", words=12)
    site["/team"].text_hash = "gone"
    assert site.findings() == [("soft-404", "/", "any-address"), ("soft-404", "/team", "")]


def test_a_single_page_application_is_told_once_on_a_live_site_and_never_of_a_preview_server() -> None:
    site = Site()
    for page in site.crawl.pages.values():
        page.text_hash = "shell"
    site.crawl.not_found = Page("/nowhere", "/nowhere", text_hash="shell", words=3)
    assert site.findings() == [("soft-404", "/", "any-address")]
    site.crawl.source = "serve"
    assert site.findings() == []
