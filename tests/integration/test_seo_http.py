"""The rules over a real server: what only answers, headers and redirects can show."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from autoresearch.config.model import Site
from autoresearch.config.secrets import Secrets
from autoresearch.core.baseline import Baseline
from autoresearch.core.measurement import Measurement
from autoresearch.loops.seo import Seo, Settings
from autoresearch.signals.context import Signals
from tests.integration.site.conftest import Server, server

__all__ = ["server"]

NOW = dt.datetime(2026, 10, 5, 6, 0, tzinfo=dt.UTC)
HTML = {"Content-Type": "text/html; charset=utf-8"}


def healthy(path: str, *links: str, head: str = "") -> bytes:
    anchors = "".join(f'<a href="{link}">{link}</a>' for link in links)
    return (
        f'<!doctype html><html lang="en"><head><title>{path}</title><meta name="description" content="On {path}">'
        f'<link rel="canonical" href="{path}">{head}</head><body><h1>{path}</h1>{anchors} words of {path}</body></html>'
    ).encode()


@pytest.fixture
def shop(server: Server) -> Server:
    server.answers["/"] = healthy("/", "/pots", "/team")
    server.answers["/pots"] = healthy("/pots", "/")
    server.answers["/team"] = healthy("/team", "/")
    entries = "".join(f"<url><loc>{server.url}{path}</loc></url>" for path in ("/", "/pots", "/team"))
    server.answers["/sitemap.xml"] = (200, {"Content-Type": "application/xml"}, f"<urlset>{entries}</urlset>".encode())
    return server


def measured(server: Server, remembered: tuple[str, ...] = (), **settings: object) -> Measurement:
    site = Site(url=server.url)
    with Signals(Path(__file__).parent / "no-repository", site, NOW, Secrets({})) as signals:
        signals.remember(remembered)
        return Seo("seo", Settings.model_validate(settings)).measure(signals)


def findings(measurement: Measurement) -> list[tuple[str, str, str]]:
    return [(f.rule.removeprefix("seo/"), f.subject, f.key) for f in measurement.findings]


def test_a_healthy_server_has_no_findings_and_a_response_time(shop: Server) -> None:
    measurement = measured(shop)
    assert findings(measurement) == []
    values = {m.name: m.value for m in measurement.metrics}
    assert (values["pages"], values["sitemap-coverage"], values["depth"]) == (3, 100, 1)
    assert values["response-time-p95"] > 0


def test_links_redirects_and_loops(shop: Server) -> None:
    shop.answers["/team"] = healthy("/team", "/", "/nowhere", "/a", "/one", "/round")
    shop.answers["/a"] = (301, {"Location": "/b"}, b"")
    shop.answers["/b"] = (302, {"Location": "/pots"}, b"")
    shop.answers["/one"] = (301, {"Location": "/pots"}, b"")
    shop.answers["/round"] = (302, {"Location": "/dnuor"}, b"")
    shop.answers["/dnuor"] = (302, {"Location": "/round"}, b"")
    found = findings(measured(shop))
    assert ("broken-link", "/team", "/nowhere") in found
    assert ("redirect-chain", "/a", "/pots") in found
    assert {rule for rule, *_ in found} == {"broken-link", "redirect-chain", "redirect-loop"}
    assert "/one" not in {subject for _, subject, _ in found}


def test_headers_speak_for_a_page(shop: Server) -> None:
    shop.answers["/team"] = (200, {**HTML, "X-Robots-Tag": "noindex"}, healthy("/team", "/"))
    shop.answers["/pots"] = (200, {**HTML, "Link": '</team>; rel="canonical"'}, healthy("/pots", "/"))
    assert findings(measured(shop)) == [("canonical-conflict", "/pots", ""), ("sitemap-url-noindex", "/team", "")]


def test_a_server_that_answers_every_address_is_a_soft_404(shop: Server) -> None:
    shop.default = lambda path: (200, HTML, b"<title>Oops</title><p>There is nothing of that name here, sorry.")
    shop.answers["/pots"] = healthy("/pots", "/", "/gone")
    found = findings(measured(shop))
    assert ("soft-404", "/", "any-address") in found
    assert ("soft-404", "/gone", "") in found


def test_what_robots_txt_hides_is_not_asked_for_and_told(shop: Server) -> None:
    shop.answers["/robots.txt"] = (200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /team\n")
    assert findings(measured(shop)) == [("robots-blocked", "/team", "")]
    assert "/team" not in shop.asked


def test_a_remembered_page_is_asked_for_although_nothing_names_it(shop: Server) -> None:
    before = Baseline(loop="seo", observations={"/sale": {"status": 200}, "/moved": {"status": 200}})
    shop.answers["/moved"] = (301, {"Location": "/pots"}, b"")
    measurement = measured(shop, ("/sale", "/moved"))
    judged = Seo("seo", Settings()).judge(measurement, before)
    assert [(f.rule, f.subject) for f in judged] == [("seo/page-gone", "/sale")]
    assert findings(measurement) == []


@pytest.mark.parametrize("spelling", ["/sale.html", "/sale/"])
def test_a_remembered_page_is_gone_only_when_every_spelling_of_it_fails(shop: Server, spelling: str) -> None:
    before = Baseline(loop="seo", observations={"/sale": {"status": 200, "hash": "x"}})
    shop.answers[spelling] = healthy(spelling, "/")
    measurement = measured(shop, remembered=("/sale",))
    assert Seo("seo", Settings()).judge(measurement, before) == []
    assert measurement.observations["/sale"]["status"] == 200


def test_what_links_lead_to_is_not_asked_for_in_other_spellings(shop: Server) -> None:
    shop.answers["/"] = healthy("/", "/pots", "/team", "/sale.html")
    shop.answers["/sale.html"] = healthy("/sale.html", "/")
    measured(shop, remembered=("/pots", "/sale", "/team"))
    assert "/sale" not in shop.asked
    assert shop.asked.count("/sale.html") == 1


def test_a_limit_makes_the_crawl_partial_and_no_page_gone_or_orphaned(shop: Server) -> None:
    site = Site.model_validate({"url": shop.url, "crawl": {"max_pages": 1}})
    with Signals(Path(), site, NOW, Secrets({})) as signals:
        measurement = Seo("seo", Settings()).measure(signals)
    before = Baseline(loop="seo", observations={path: {"status": 200} for path in ("/", "/pots", "/team")})
    assert not measurement.complete
    assert findings(measurement) == []
    assert list(Seo("seo", Settings()).judge(measurement, before)) == []


def test_a_page_that_fails_for_a_moment_makes_no_page_an_orphan_and_is_not_gone(shop: Server) -> None:
    shop.answers["/pots"] = healthy("/pots", "/", "/kiln")
    shop.answers["/kiln"] = healthy("/kiln", "/")
    before = measured(shop)
    shop.answers["/pots"] = (503, {}, b"")
    now = measured(shop, tuple(before.observations))
    assert not now.complete
    assert [(skip.subject, skip.reason) for skip in now.coverage.skipped] == [("/pots", "answers 503")]
    assert {rule for rule, _, _ in findings(now)} == {"broken-link", "sitemap-url-broken"}
    baseline = Baseline(loop="seo", observations=before.observations)
    assert Seo("seo", Settings()).judge(now, baseline) == []


def test_a_preview_stands_for_the_site(shop: Server) -> None:
    """Pages keep their paths, sitemaps are the site's own, and what hides a preview says nothing of the site."""
    home = "https://shop.example"
    for path in ("/", "/pots", "/team"):
        shop.answers[path] = (200, {**HTML, "X-Robots-Tag": "noindex"}, shop.answers[path])
    status, headers, sitemap = shop.answers["/sitemap.xml"]
    shop.answers["/sitemap.xml"] = (status, headers, sitemap.replace(shop.url.encode(), home.encode()))
    with Signals(Path(__file__).parent / "none", Site(url=home), NOW, Secrets({}), look_at=shop.url) as signals:
        measurement = Seo("seo", Settings()).measure(signals)
    assert measurement.environment == {"source": "preview"}
    assert findings(measurement) == []
    assert {m.name: m.value for m in measurement.metrics}["indexable-pages"] == 3
