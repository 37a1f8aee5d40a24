"""The whole way over a built folder: files, crawl, rules, state, and what the next day says."""

from __future__ import annotations

import json

from tests.integration.conftest import Ran, Repository

SITE = "site: {url: 'https://shop.example', source: dist, dist: dist/}\nloops: {seo: {}}\n"


def page(path: str, text: str = "Stoneware, thrown by hand.", *, head: str = "", links: tuple[str, ...] = ()) -> str:
    anchors = "".join(f'<a href="{link}">{link}</a> ' for link in ("/", *links))
    return (
        f'<!doctype html><html lang="en"><head><title>Page {path}</title>'
        f'<meta name="description" content="About {path}."><link rel="canonical" href="https://shop.example{path}">{head}</head>'
        f'<body><nav>{anchors}</nav><main><h1 id="start">{path}</h1><p>{text}</p></main></body></html>'
    )


def sitemap(**dates: str) -> str:
    entries = "".join(
        f"<url><loc>https://shop.example{path}</loc><lastmod>{date}</lastmod></url>" for path, date in dates.items()
    )
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'


def build(repository: Repository, *, but: dict[str, str] | None = None) -> None:
    files = {
        "dist/index.html": page("/", links=("/pots/", "/team/#start")),
        "dist/pots/index.html": page("/pots/"),
        "dist/team/index.html": page("/team/"),
        "dist/sitemap.xml": sitemap(**{"/": "2026-01-08", "/pots/": "2026-01-08", "/team/": "2026-01-08"}),
    }
    for name, text in {**files, **(but or {})}.items():
        repository.write(name, text)


def told(ran: Ran) -> list[tuple[str, str, str, str]]:
    return [(c["kind"], c["rule"], c["subject"], c.get("key", "")) for c in ran.changes]


def test_a_healthy_folder_is_measured_and_remembered(repository: Repository) -> None:
    repository.config(SITE)
    build(repository)
    ran = repository.run()
    assert (ran.code, told(ran)) == (0, [])
    assert sorted(ran.state("seo")["observations"]) == ["/", "/pots", "/team"]
    assert ran.state("seo")["observations"]["/pots"].keys() == {"status", "indexable", "hash", "lastmod"}


def test_the_next_day_tells_what_broke_and_the_day_after_what_was_mended(repository: Repository) -> None:
    repository.config(SITE)
    build(repository)
    repository.run()
    build(
        repository,
        but={
            "dist/index.html": page("/", links=("/potts/", "/pots/#glaze", "/team/")),
            "dist/pots/index.html": page("/pots/", "Now in blue."),
            "dist/team/index.html": page("/team/", head='<meta name="robots" content="noindex">'),
        },
    )
    broken = repository.run()
    assert broken.code == 1
    assert told(broken) == [
        ("new", "seo/broken-fragment", "/", "/pots#glaze"),
        ("new", "seo/broken-link", "/", "/potts"),
        ("new", "seo/noindex-unexpected", "/team", ""),
        ("new", "seo/sitemap-stale-lastmod", "/pots", ""),
        ("new", "seo/sitemap-url-noindex", "/team", ""),
    ]
    assert next(c["path"] for c in broken.changes if c["rule"] == "seo/broken-link") == "dist/index.html"
    still = repository.run()
    assert (still.code, {kind for kind, *_ in told(still)}, len(told(still))) == (0, {"persisting"}, 5)
    build(repository)
    mended = repository.run()
    assert ({kind for kind, *_ in told(mended)}, len(told(mended))) == ({"fixed"}, 5)


def test_a_page_that_nothing_links_to_any_more_is_asked_for_and_found_gone_until_it_redirects(
    repository: Repository,
) -> None:
    repository.config(SITE)
    build(repository, but={"dist/sale.html": page("/sale.html"), "dist/index.html": page("/", links=("/sale.html",))})
    repository.run()
    (repository.root / "dist" / "sale.html").unlink()
    build(repository)
    assert ("new", "seo/page-gone", "/sale", "") in told(repository.run())
    assert ("persisting", "seo/page-gone", "/sale", "") in told(repository.run())
    build(repository, but={"dist/_redirects": "/sale.html /pots/ 301\n/sale /pots/ 301\n"})
    assert ("fixed", "seo/page-gone", "/sale", "") in told(repository.run())


def test_a_gone_page_that_somebody_accepted_is_forgotten(repository: Repository) -> None:
    repository.config(SITE)
    build(repository, but={"dist/sale.html": page("/sale.html"), "dist/index.html": page("/", links=("/sale.html",))})
    repository.run()
    (repository.root / "dist" / "sale.html").unlink()
    build(repository)
    accepted = repository.run("--accept", "seo:/sale", "--because", "the sale is over")
    assert accepted.code == 0
    assert [kind for kind, rule, *_ in told(accepted) if rule == "seo/page-gone"] == ["persisting"]
    assert not [kind for kind, rule, *_ in told(repository.run()) if rule == "seo/page-gone" and kind == "new"]


def test_a_route_without_its_page_is_missing_and_a_page_without_its_route_is_unexpected(repository: Repository) -> None:
    repository.config(SITE)
    repository.write("package.json", json.dumps({"devDependencies": {"astro": "^5"}}))
    for name in ("index", "pots", "kiln"):
        repository.write(f"src/pages/{name}.astro", "")
    build(repository)
    found = {(rule, subject) for _, rule, subject, _ in told(repository.run())}
    assert found == {("seo/route-missing", "/kiln"), ("seo/route-unexpected", "/team")}


def test_routes_that_the_config_declares(repository: Repository) -> None:
    repository.config(SITE.replace("{seo: {}}", "{seo: {routes: 'posts/{slug}.md -> /{slug}/'}}"))
    repository.write("posts/pots.md", "# Pots")
    repository.write("posts/soon.md", "---\ndraft: true\n---\n# Soon")
    repository.write("posts/kiln.md", "# Kiln")
    build(repository)
    found = {(rule, subject) for _, rule, subject, _ in told(repository.run())}
    assert found == {("seo/route-missing", "/kiln"), ("seo/route-unexpected", "/team")}


def test_without_a_config_the_built_site_is_found_and_its_origin_read_from_its_canonicals(
    repository: Repository,
) -> None:
    build(repository)
    assert told(repository.run("seo")) == []


def relocatable(*links: str) -> str:
    return page("/", links=links).replace('<link rel="canonical" href="https://shop.example/">', "")


def test_links_out_of_a_folder_that_may_be_mounted_anywhere_prove_nothing(repository: Repository) -> None:
    repository.write("dist/index.html", relocatable("a/b.html", "../other/x.html", "a/../../y.html", "/current/"))
    repository.write("dist/a/b.html", relocatable("../index.html", "../../z.html", "c.html"))
    found = {(rule, subject, key) for _, rule, subject, key in told(repository.run("seo"))}
    assert {f for f in found if f[0] == "seo/broken-link"} == {("seo/broken-link", "/a/b", "/a/c")}


def test_links_from_the_root_count_where_the_root_is_the_hosts(repository: Repository) -> None:
    repository.write("dist/index.html", relocatable("/a/b.html", "/gone.html"))
    repository.write("dist/a/b.html", relocatable("../index.html"))
    found = {(rule, subject, key) for _, rule, subject, key in told(repository.run("seo"))}
    assert {f for f in found if f[0] == "seo/broken-link"} == {("seo/broken-link", "/", "/gone")}


def test_a_single_page_with_a_dead_link_from_the_root_is_told(repository: Repository) -> None:
    repository.write("dist/index.html", relocatable("/gone.html"))
    assert ("seo/broken-link", "/") in {(rule, subject) for _, rule, subject, _ in told(repository.run("seo"))}


def test_the_same_folder_gives_the_same_bytes(repository: Repository) -> None:
    repository.config(SITE)
    build(repository, but={"dist/index.html": page("/", links=("/a/", "/b/#c", "/pots/#d"))})
    first, second = (repository.run("--now", "2026-03-01T06:00:00Z", "--no-write-state").result for _ in range(2))
    assert first == second
