from __future__ import annotations

import pytest

from tests.unit.seo.site import Site


def with_variant(canonical: str) -> Site:
    """A site with an unlisted variant of the team page."""
    site = Site()
    site.add("/team/print/", listed=False, canonicals=(canonical,))
    site.links("/team", "/team/print/")
    return site


@pytest.mark.parametrize("canonical", ["/team/", "/team", "/team.html", "/team/index.html"])
def test_a_canonical_is_compared_by_page_not_by_spelling(canonical: str) -> None:
    site = with_variant(canonical)
    site["/team"].canonicals = (canonical,)
    assert site.findings() == []


def test_a_canonical_of_another_site_is_taken_at_its_word() -> None:
    assert with_variant("https://maker.example/team/").findings() == []


def test_without_a_known_origin_an_absolute_canonical_may_be_the_page_itself() -> None:
    site = Site()
    site.crawl.origin = ""
    for page in site.crawl.pages.values():
        page.canonicals = (f"https://shop.example{page.url}",)
    assert site.findings() == []


def test_a_canonical_that_fails_is_broken() -> None:
    site = with_variant("/teams/")
    site.answers("/teams/", 404)
    assert site.findings() == [("canonical-broken", "/team/print", "")]


def test_a_canonical_that_was_not_asked_for_is_not_judged() -> None:
    assert with_variant("/beyond-the-limit/").findings() == []


def test_two_canonicals_contradict_but_the_same_one_twice_does_not() -> None:
    site = Site()
    site["/team"].canonicals = ("/team/", "/team/index.html")
    assert site.findings() == []
    site["/team"].canonicals = ("/team/", "/about/")
    assert site.findings() == [("canonical-conflict", "/team", "")]


def test_a_canonical_must_not_redirect_elsewhere() -> None:
    site = with_variant("/people/")
    site.answers("/people/", 200, "/about/")
    assert site.findings() == [("canonical-conflict", "/team/print", "")]


def test_a_canonical_must_not_say_noindex() -> None:
    site = with_variant("/secret/")
    site.add("/secret/", listed=False, noindex=True)
    site.links("/", "/secret/")
    assert site.findings() == [("canonical-conflict", "/team/print", "")]


def test_a_canonical_must_not_name_a_third_page() -> None:
    site = with_variant("/crew/")
    site.add("/crew/", listed=False, canonicals=("/about/",))
    site.links("/", "/crew/")
    assert site.findings() == [("canonical-conflict", "/team/print", "")]
    assert site.message("canonical-conflict") == "its canonical /crew/ names /about/ as its own"
