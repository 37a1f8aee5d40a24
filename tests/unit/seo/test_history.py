from __future__ import annotations

from typing import Any

import pytest

from autoresearch.core.baseline import Baseline, Stamp
from autoresearch.core.compare import compare
from autoresearch.core.measurement import Measurement
from autoresearch.core.policy import Policy
from autoresearch.core.renew import renew
from autoresearch.loops.seo import Seo, Settings
from tests.unit.seo.site import Site


def remembered(site: Site) -> Baseline:
    return Baseline(loop="seo", observations=site.measured().observations)


def judged(site: Site, before: Baseline) -> list[tuple[str, str, str]]:
    findings = Seo("seo", Settings()).judge(site.measured(), before)
    assert all(finding.judged for finding in findings)
    return sorted((f.rule.removeprefix("seo/"), f.subject, f.key) for f in findings)


def dated(lastmod: str | None, pages: int = 0) -> Site:
    site = Site(*[f"/p{n}/" for n in range(pages)])
    for url in list(site.crawl.sitemaps.entries):
        site.lists(url, lastmod)
    return site


def test_an_unchanged_site_has_no_history_to_tell() -> None:
    assert judged(dated("2026-01-08"), remembered(dated("2026-01-08"))) == []


def test_a_page_that_fails_now_is_gone() -> None:
    before, site = remembered(Site("/sale/")), Site()
    site.answers("/sale", 404)
    assert judged(site, before) == [("page-gone", "/sale", "")]


def test_a_page_that_redirects_that_asks_for_a_login_or_that_was_not_asked_for_is_not_gone() -> None:
    before = remembered(Site("/sale/", "/members/", "/unseen/"))
    site = Site()
    site.answers("/sale", 200, "/team/")
    site.answers("/members", 401)
    assert judged(site, before) == []


def test_a_page_that_lives_on_under_another_spelling_is_not_gone() -> None:
    before, site = remembered(Site("/sale/")), Site()
    site.answers("/sale.html", 404)
    site.answers("/sale/", 200, "/team/")
    assert judged(site, before) == []


def test_what_never_was_a_page_cannot_go() -> None:
    broken = Site()
    broken.links("/about", "/typo/")
    broken.answers("/typo/", 404)
    assert judged(broken, remembered(broken)) == []


def test_a_page_that_could_be_indexed_and_may_no_longer_is_unexpected() -> None:
    before, site = remembered(Site()), Site()
    site["/team"].noindex = True
    assert judged(site, before) == [("noindex-unexpected", "/team", "")]
    assert judged(site, remembered(site)) == []


def test_changed_text_under_an_old_date_is_stale() -> None:
    before, site = remembered(dated("2026-01-08")), dated("2026-01-08")
    site["/team"].text_hash = "other"
    assert judged(site, before) == [("sitemap-stale-lastmod", "/team", "")]


def test_a_redesign_that_changes_every_text_makes_no_page_stale() -> None:
    before, site = remembered(dated("2026-01-08", pages=20)), dated("2026-01-08", pages=20)
    for page in site.crawl.pages.values():
        page.text_hash += " anew"
    assert judged(site, before) == []


@pytest.mark.parametrize(
    ("old", "new", "is_told"),
    [
        ("2026-01-08", "2026-10-05", True),
        ("2026-01-08T10:00:00Z", "2026-01-08T11:00:00Z", True),
        ("2026-01-08", "2026-01-08T00:00:00+00:00", False),
        ("2026-01-08T10:00:00Z", "2026-01-08T12:00:00+02:00", False),
        ("2026-10-05", "2026-01-08", False),
        ("2026-01-08", None, False),
        (None, "2026-01-08", False),
        ("yesterday", "today", False),
        ("yesterday", "2026-10-05", False),
        ("2026-01-08T23:00:00Z", "2026-01-09", True),
    ],
)
def test_a_date_that_moves_without_the_text_is_dishonest(old: str | None, new: str | None, is_told: bool) -> None:
    before, site = remembered(dated("2026-01-01")), dated("2026-01-01")
    before.observations["/team"]["lastmod"] = old
    site.lists("/team/", new)
    assert judged(site, before) == ([("sitemap-dishonest-lastmod", "/team", "")] if is_told else [])


def test_dates_of_the_build_are_told_once_for_the_site() -> None:
    before, site = remembered(dated("2026-10-04", pages=12)), dated("2026-10-05", pages=12)
    assert judged(site, before) == [("sitemap-dishonest-lastmod", "/", "always-now")]


def test_build_dates_stay_told_on_days_without_a_build_and_go_when_dates_are_honest() -> None:
    site = dated("2026-10-05", pages=12)
    state = _next_state(remembered(dated("2026-10-04", pages=12)), site)
    assert judged(site, state) == [("sitemap-dishonest-lastmod", "/", "always-now")]
    honest = dated(None, pages=12)
    for number, url in enumerate(sorted(honest.crawl.sitemaps.entries)):
        honest.lists(url, f"2026-09-{number + 1:02}")
    assert judged(honest, _next_state(state, honest)) == []


def _next_state(state: Baseline, site: Site) -> Baseline:
    measurement, loop = site.measured(), Seo("seo", Settings())
    found = loop.judge(measurement, state)
    policy = Policy(rules={rule.id: rule for rule in loop.rules})
    changes = compare(measurement, found, state, policy)
    return renew(state, measurement, found, changes, policy=policy, stamp=Stamp(run="2", at="2026-10-05T06:00:00Z"))


def test_what_is_remembered_of_a_site_is_small_and_says_nothing_of_the_run() -> None:
    slow, fast = Site(), Site()
    for site, seconds in ((slow, 9.0), (fast, 0.1)):
        for response in site.crawl.responses.values():
            response.seconds = seconds
    slow["/team"].depth = 7
    slow.crawl.pages = dict(reversed(slow.crawl.pages.items()))
    assert _bytes(slow.measured()) == _bytes(fast.measured())
    assert fast.measured().observations["/team"] == {"status": 200, "indexable": True, "hash": "hash of /team"}


def _bytes(measurement: Measurement) -> str:
    data: dict[str, Any] = measurement.model_dump(include={"observations", "findings"})
    return str(data)
