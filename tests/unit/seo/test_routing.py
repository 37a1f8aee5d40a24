from __future__ import annotations

from autoresearch.loops.seo.routing import pages_unexpected, routes_missing
from autoresearch.loops.seo.view import View
from autoresearch.signals.routes import Routes
from tests.unit.seo.site import Site


def missing(site: Site, *paths: str, is_declared: bool = False) -> list[tuple[str, str | None]]:
    routes = Routes("Astro", {path: f"src/pages{path}.astro" for path in paths}, declared=is_declared)
    return [(f.subject, f.path) for f in routes_missing(View(site.crawl), routes)]


def strangers(site: Site, *dynamic: str, closed: bool = True) -> list[str]:
    routes = Routes("Astro", {"/": "index.astro", "/about": "about.astro"}, dynamic, closed=closed)
    return [f.subject for f in pages_unexpected(View(site.crawl), routes)]


def test_a_route_that_fails_when_asked_for_is_missing_and_names_its_file() -> None:
    site = Site()
    site.answers("/pots", 404)
    assert missing(site, "/", "/about", "/pots") == [("/pots", "src/pages/pots.astro")]


def test_a_route_that_nobody_asked_for_is_missing_from_a_complete_folder_only() -> None:
    site = Site()
    assert missing(site, "/", "/about", "/pots") == []
    site.crawl.source = "dist"
    assert missing(site, "/", "/about", "/pots") == [("/pots", "src/pages/pots.astro")]
    site.crawl.complete = False
    assert missing(site, "/", "/about", "/pots") == []


def test_a_route_that_redirects_that_is_no_html_or_that_robots_may_not_see_is_there() -> None:
    site = Site()
    site.crawl.source = "dist"
    site.answers("/old", 200, "/about/")
    site.answers("/feed", 200, content_type="application/xml")
    site.answers("/login", 401)
    site.crawl.disallowed["/admin"] = ""
    assert missing(site, "/", "/old", "/feed", "/login", "/admin") == []


def test_where_most_routes_are_missing_the_guess_is_wrong_but_declared_routes_are_no_guess() -> None:
    site = Site()
    site.crawl.source = "dist"
    assert missing(site, "/", "/de/a", "/de/b") == []
    assert [path for path, _ in missing(site, "/", "/de/a", "/de/b", is_declared=True)] == ["/de/a", "/de/b"]


def test_the_page_for_missing_pages_is_not_missed() -> None:
    site = Site()
    site.crawl.source = "dist"
    assert missing(site, "/", "/404") == []


def test_a_page_that_no_route_explains_is_unexpected_where_routes_explain_everything() -> None:
    assert strangers(Site()) == ["/team"]
    assert strangers(Site(), "/t[^/]+") == []
    assert strangers(Site(), closed=False) == []


def test_views_redirects_and_error_pages_are_not_unexpected() -> None:
    site = Site()
    site.add("/about/?page=2")
    site.add("/404.html")
    site.add("/moved/", refresh="/about/")
    assert strangers(site) == ["/team"]


def test_where_most_pages_are_strangers_the_guess_is_wrong() -> None:
    assert strangers(Site("/a/", "/b/")) == []
