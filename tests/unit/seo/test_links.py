from __future__ import annotations

from pathlib import Path

import pytest

from autoresearch.config.secrets import Secrets
from autoresearch.loops.seo import Seo, Settings
from autoresearch.signals.site.model import Response
from tests.unit.seo.site import NOW, Fixed, Site, anchors


def test_a_healthy_site_has_no_findings() -> None:
    assert Site().findings() == []


@pytest.mark.parametrize("status", [403, 404, 410, 500, 503])
def test_a_link_to_an_address_that_fails_is_broken_whatever_its_spelling(status: int) -> None:
    site = Site()
    site.links("/about", "/gone/")
    site.answers("/gone/", status)
    assert site.findings() == [("broken-link", "/about", "/gone")]
    assert site.message("broken-link") == f"links to /gone/, which answers {status}"


@pytest.mark.parametrize("status", [0, 200, 204, 304, 401, 408, 429])
def test_an_answer_that_proves_nothing_breaks_no_link(status: int) -> None:
    site = Site()
    site.links("/about", "/members/")
    site.answers("/members/", status)
    assert site.findings() == []


def test_a_link_that_was_never_asked_for_is_not_called_broken() -> None:
    site = Site()
    site.links("/about", "/beyond-the-limit/")
    assert site.findings() == []


def test_each_page_tells_of_each_dead_target_once() -> None:
    site = Site()
    site.links("/about", "/gone/", "/gone/#a", "/lost/")
    site.links("/team", "/gone/")
    site.answers("/gone/", 404)
    site.answers("/lost/", 404)
    assert site.findings() == [
        ("broken-link", "/about", "/gone"),
        ("broken-link", "/about", "/lost"),
        ("broken-link", "/team", "/gone"),
    ]


def test_a_redirect_into_nothing_is_a_broken_link_and_shows_its_way() -> None:
    site = Site()
    site.links("/about", "/old/")
    site.answers("/old/", 404, "/new/")
    assert site.findings() == [("broken-link", "/about", "/old")]
    assert site.message("broken-link") == "links to /old/, which answers 404 after /old/ → /new/"


@pytest.mark.parametrize("fragment", ["prices", "größe", "a b", "gr%C3%B6%C3%9Fe"])
def test_a_fragment_without_its_id_is_broken(fragment: str) -> None:
    site = Site()
    site["/team"].anchors = anchors("other")
    site.links("/about", f"/team/#{fragment}")
    assert site.findings() == [("broken-fragment", "/about", f"/team#{fragment}")]


@pytest.mark.parametrize(
    "fragment", ["", "top", "TOP", ":~:text=pots", "/router/path", "!legacy", "page=2", "?q=1", "203-207", "L10-L20"]
)
def test_a_fragment_that_browsers_or_scripts_answer_needs_no_id(fragment: str) -> None:
    site = Site()
    site["/team"].anchors = anchors("other")
    site.links("/about", f"/team/#{fragment}")
    assert site.findings() == []


def test_an_id_that_is_percent_encoded_in_the_page_is_found_by_its_decoded_fragment() -> None:
    site = Site()
    site["/team"].anchors = anchors("gr%C3%B6%C3%9Fe")
    site.links("/about", "/team/#größe")
    assert site.findings() == []


def test_a_page_without_words_may_get_its_ids_from_a_script() -> None:
    site = Site()
    site["/team"].words = 0
    site.links("/about", "/team/#made-by-script")
    assert site.findings() == []


def test_a_fragment_is_looked_up_behind_a_redirect() -> None:
    site = Site()
    site["/team"].anchors = anchors("anna")
    site.answers("/people/", 200, "/team/")
    site.links("/about", "/people/#anna", "/people/#bob")
    assert site.findings() == [("broken-fragment", "/about", "/team#bob")]


def test_two_files_that_count_as_one_page_do_not_lend_each_other_their_ids() -> None:
    site = Site()
    site.answers("/team.html", 200)
    site.links("/about", "/team.html#only-there")
    assert site.findings() == []


def test_two_redirects_in_a_row_are_a_chain_and_one_is_not() -> None:
    site = Site()
    site.links("/about", "/a/", "/b/")
    site.answers("/a/", 200, "/b/", "/team/")
    site.answers("/b/", 200, "/team/")
    assert site.findings() == [("redirect-chain", "/a", "/team/")]
    assert site.message("redirect-chain") == "2 redirects: /a/ → /b/ → /team/; linked from /about"


def test_a_chain_that_nobody_uses_any_more_is_not_told() -> None:
    site = Site()
    site.answers("/remembered/", 200, "/b/", "/team/")
    assert site.findings() == []


def test_a_redirect_loop_is_told_once_and_is_no_broken_link_besides() -> None:
    site = Site()
    for subject in ("/about", "/team"):
        site.links(subject, "/round/")
    site.answers("/round/", 302, "/about-us/", "/round/", loop=True)
    assert site.findings() == [("redirect-loop", "/round", "")]
    assert "linked from /about, /team" in site.message("redirect-loop")


def test_a_page_that_only_a_sitemap_knows_is_an_orphan() -> None:
    site = Site("/lonely/")
    site.without("/lonely/")
    assert site.findings() == [("orphan-page", "/lonely", "")]


def test_an_orphan_that_no_sitemap_lists_may_be_meant_for_nobody_and_is_only_advice() -> None:
    site = Site("/lonely/", "/left-over/")
    site.without("/lonely/")
    site.without("/left-over/")
    del site.crawl.sitemaps.entries["/left-over/"]
    orphans = {f.subject: f.severity for f in site.measured().findings if f.rule == "seo/orphan-page"}
    assert orphans == {"/lonely": "warning", "/left-over": "info"}


def test_a_page_with_a_link_to_itself_is_still_an_orphan_and_one_behind_a_redirect_is_not() -> None:
    site = Site("/lonely/", "/moved/")
    site.without("/lonely/")
    site.without("/moved/")
    site.links("/lonely", "/lonely/#top")
    site.answers("/old/", 200, "/moved/")
    site.links("/about", "/old/")
    assert site.findings() == [("orphan-page", "/lonely", "")]


def test_where_scripts_make_the_navigation_no_page_is_called_an_orphan() -> None:
    site = Site()
    for page in site.crawl.pages.values():
        page.links = ()
    assert site.findings() == []


def test_a_file_without_title_that_nothing_names_is_no_page_at_all() -> None:
    site = Site()
    site.add("/google12ab.html", listed=False, title=None, description=None, h1=0, lang=None, canonicals=())
    assert site.findings() == []


def outside(answers: dict[str, Response], **settings: object) -> list[tuple[str, str]]:
    site = Site()
    site.links("/about", *answers)
    signals = Fixed(Path(), None, NOW, Secrets({}))
    signals.crawl, signals.outside = site.crawl, answers
    rules = {"seo/external-broken-link": "warning"} if settings.get("on", True) else {}
    measured = Seo("seo", Settings.model_validate({"rules": rules})).measure(signals)
    return [(f.subject, f.key) for f in measured.findings]


def test_links_to_other_sites_are_asked_for_only_when_the_rule_is_on() -> None:
    dead = {"https://a.example/x": Response("https://a.example/x", 404)}
    assert outside(dead, on=False) == []
    assert outside(dead) == [("/about", "https://a.example/x")]


@pytest.mark.parametrize("status", [401, 403, 405, 429, 503, 999])
def test_a_site_that_turns_robots_away_is_not_called_broken(status: int) -> None:
    assert outside({"https://a.example/": Response("https://a.example/", status)}) == []


def test_an_unknown_host_is_broken_unless_no_host_at_all_answers() -> None:
    unknown = {"https://typo.example/": Response("https://typo.example/", 0, error="DNS: typo.example: not known")}
    assert outside(unknown) == []
    known = {"https://a.example/": Response("https://a.example/", 200)}
    slow = {"https://b.example/": Response("https://b.example/", 0, error="no complete answer within 30 s")}
    assert outside({**unknown, **known, **slow}) == [("/about", "https://typo.example/")]
