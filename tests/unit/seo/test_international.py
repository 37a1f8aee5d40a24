from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.loops.seo.codes import LANGUAGES, REGIONS, objection
from autoresearch.signals.site.model import Alternate
from tests.unit.seo.site import Site

GOOD = ["en", "EN-gb", "de-AT", "zh-Hant", "zh-Hant-TW", "es-419", "fil", "x-default", "X-Default", "sr-Latn-RS", "iw"]
BAD = ["en-UK", "english", "xx", "de-EU", "en_US", "", "-", "de-", "e", "en-USA", "uk-UKR", "<script>"]


@pytest.mark.parametrize("code", GOOD)
def test_codes_that_search_engines_understand(code: str) -> None:
    assert objection(code) == ""


@pytest.mark.parametrize("code", BAD)
def test_codes_that_they_do_not(code: str) -> None:
    assert objection(code)


def test_an_objection_helps() -> None:
    assert objection("en_US") == "is no language code; write en-US"
    assert objection("en-UK").endswith("did you mean GB?")


@given(st.sampled_from(sorted(LANGUAGES)), st.sampled_from(sorted(REGIONS)))
def test_every_language_is_valid_for_every_region(language: str, region: str) -> None:
    assert not objection(f"{language}-{region}")


@given(st.text(max_size=60))
def test_any_text_gets_an_answer(code: str) -> None:
    assert objection(code) == "" or len(objection(code)) < 200


def bilingual() -> Site:
    """`/` and `/de/`, `/about/` and `/de/about/`, each pair naming each other and themselves."""
    site = Site("/de/", "/de/about/")
    for english, german in (("/", "/de/"), ("/about/", "/de/about/")):
        pair = (Alternate("en", english), Alternate("de", german), Alternate("x-default", english))
        for url in (english, german):
            page = site[url.rstrip("/") or "/"]
            page.alternates, page.lang = pair, "de" if url == german else "en"
    return site


def test_pages_that_name_each_other_are_well() -> None:
    assert bilingual().findings() == []


def test_an_unknown_region_is_invalid_and_the_rest_still_counts() -> None:
    site = bilingual()
    site["/about"].alternates += (Alternate("en-UK", "/about/"),)
    assert site.findings() == [("hreflang-invalid", "/about", "en-UK")]


def test_an_alternate_that_does_not_link_back_is_told_on_the_page_that_names_it() -> None:
    site = bilingual()
    site["/de/about"].alternates = (Alternate("de", "/de/about/"),)
    assert site.findings() == [("hreflang-no-return", "/about", "/de/about")]


def test_an_alternate_that_fails_cannot_link_back() -> None:
    site = bilingual()
    site["/about"].alternates += (Alternate("fr", "/fr/about/"),)
    site.answers("/fr/about/", 404)
    assert site.findings() == [("hreflang-no-return", "/about", "/fr/about")]


def test_alternates_on_other_sites_or_not_asked_for_are_not_judged() -> None:
    site = bilingual()
    site["/about"].alternates += (Alternate("fr", "https://shop.example.fr/"), Alternate("it", "/it/about/"))
    assert site.findings() == []


def test_translations_that_no_page_names_are_missing() -> None:
    site = bilingual()
    for page in site.crawl.pages.values():
        page.alternates = ()
    assert site.findings() == [("hreflang-missing", s, "") for s in ("/", "/about", "/de", "/de/about")]
    assert site.message("hreflang-missing") == "does not name its other languages: /de"


def test_translations_that_the_sitemap_names_are_not() -> None:
    site = bilingual()
    site.crawl.sitemaps.hreflang = True
    for page in site.crawl.pages.values():
        page.alternates = ()
    assert site.findings() == []


def test_a_folder_with_the_name_of_a_language_is_no_translation_without_its_lang() -> None:
    site = Site("/is/", "/is/about/")
    assert site.findings() == []


def test_the_one_page_without_alternates_on_a_site_full_of_them_is_missing_some() -> None:
    site = Site(*[f"/p{n}/" for n in range(12)], "/odd/")
    for page in site.crawl.pages.values():
        page.alternates = (Alternate("en", page.url),)
    site["/odd"].alternates = ()
    assert site.findings() == [("hreflang-missing", "/odd", "")]


def test_an_untranslated_part_of_a_translated_site_is_left_alone() -> None:
    site = Site(*[f"/p{n}/" for n in range(12)], *[f"/news/{n}/" for n in range(5)])
    for page in site.crawl.pages.values():
        if not page.subject.startswith("/news"):
            page.alternates = (Alternate("en", page.url),)
    assert site.findings() == []
