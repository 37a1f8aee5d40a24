from __future__ import annotations

import datetime as dt

import pytest

from tests.unit.seo.site import NOW, Site


def test_a_site_of_several_pages_wants_a_sitemap_and_one_page_does_not() -> None:
    site = Site()
    site.crawl.sitemaps.files.clear()
    site.crawl.sitemaps.entries.clear()
    assert site.findings() == [("sitemap-missing", "/", "")]
    del site.crawl.pages["/about"], site.crawl.pages["/team"]
    assert site.findings() == []


def test_a_broken_sitemap_is_invalid_not_missing_and_lists_no_page_as_missing() -> None:
    site = Site()
    site.crawl.sitemaps.files.clear()
    site.crawl.sitemaps.entries.clear()
    site.crawl.sitemaps.errors += [("/sitemap.xml", "line 3: not well-formed"), ("/sitemap.xml", "names no address")]
    assert site.findings() == [("sitemap-invalid", "/sitemap.xml", "")]
    assert site.message("sitemap-invalid") == "line 3: not well-formed; names no address"


def test_an_entry_that_fails_is_broken() -> None:
    site = Site()
    site.lists("/gift-cards/")
    site.answers("/gift-cards/", 404)
    assert site.findings() == [("sitemap-url-broken", "/gift-cards", "")]


def test_an_entry_that_leads_to_another_page_redirects_but_a_missing_slash_is_the_same_page() -> None:
    site = Site()
    site.lists("/shop/")
    site.answers("/shop/", 200, "/team/")
    site.lists("/about")
    site.answers("/about", 200, "/about/")
    assert site.findings() == [("sitemap-url-redirects", "/shop", "")]


def test_an_entry_must_not_say_noindex() -> None:
    site = Site()
    site["/team"].noindex = True
    assert site.findings() == [("sitemap-url-noindex", "/team", "")]


def test_an_entry_must_be_its_own_canonical_however_that_is_spelled() -> None:
    site = Site()
    site["/about"].canonicals = ("/about/index.html",)
    site["/team"].canonicals = ("/about/",)
    assert site.findings() == [("sitemap-url-not-canonical", "/team", "")]


def test_entries_of_other_sites_are_not_ours_to_judge() -> None:
    site = Site()
    site.lists("https://other.example/x")
    assert site.findings() == []


def test_a_page_that_no_sitemap_lists_is_missing() -> None:
    site = Site()
    del site.crawl.sitemaps.entries["/team/"]
    assert site.findings() == [("sitemap-missing-page", "/team", "")]


@pytest.mark.parametrize(
    "facts", [{"noindex": True}, {"canonicals": ("/about/",)}, {"refresh": "/about/", "canonicals": ("/about/",)}]
)
def test_a_page_that_is_not_to_be_listed_is_not_missing(facts: dict[str, object]) -> None:
    site = Site()
    del site.crawl.sitemaps.entries["/team/"]
    for name, value in facts.items():
        setattr(site["/team"], name, value)
    assert "sitemap-missing-page" not in {rule for rule, _, _ in site.findings()}


def test_views_of_a_page_and_the_error_page_need_no_entry() -> None:
    site = Site()
    site.links("/", "/list?page=2", "/404.html")
    site.add("/list?page=2", listed=False)
    site.add("/404.html", listed=False)
    assert site.findings() == []


def test_a_section_that_is_left_out_as_a_whole_is_told_once() -> None:
    urls = [f"/de/{n}/" for n in range(10)]
    site = Site(*urls)
    for url in urls:
        del site.crawl.sitemaps.entries[url]
    assert site.findings() == [("sitemap-missing-page", "/de", "section")]


def test_what_robots_txt_hides_contradicts_the_sitemap() -> None:
    site = Site()
    site.crawl.disallowed = {"/team/": ""}
    [finding] = site.measured().findings
    assert (finding.rule, finding.subject, finding.severity) == ("seo/robots-blocked", "/team", "warning")


def test_a_link_to_what_robots_txt_hides_is_advice_and_none_for_searches() -> None:
    site = Site()
    site.crawl.disallowed = {"/cart/": "/about", "/search?q=pot": "/about"}
    [finding] = site.measured().findings
    assert (finding.subject, finding.severity) == ("/cart", "info")


def dated(*dates: str) -> list[tuple[str, str, str]]:
    urls = [f"/p{n}/" for n in range(len(dates))]
    site = Site(*urls)
    for url, date in zip(urls, dates, strict=True):
        site.lists(url, date)
    return site.findings()


def test_dates_that_are_the_moment_of_the_crawl_date_nothing() -> None:
    moment = (NOW + dt.timedelta(seconds=5)).isoformat()
    assert dated(*[moment] * 10) == [("sitemap-dishonest-lastmod", "/", "always-now")]


def test_a_deploy_of_today_a_few_fresh_pages_or_one_old_date_may_be_honest() -> None:
    moment = NOW.isoformat()
    assert dated(*["2026-10-05"] * 12) == []
    assert dated(*[moment] * 9) == []
    assert dated(*[moment] * 11, "2026-01-08T00:00:00Z") == []
    assert dated(*[(NOW - dt.timedelta(hours=1)).isoformat()] * 12) == []


@pytest.mark.parametrize("date", ["soon", "2026-99-99T00:00:00Z", "", "9" * 50, "2026-10-05T06:00:00"])
def test_a_date_that_is_none_does_no_harm(date: str) -> None:
    assert dated(*[date] * 12) == []
