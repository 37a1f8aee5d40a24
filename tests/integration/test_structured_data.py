"""The whole way: pages of a folder or a server, the crawl's parser, findings, state, and what the next day says."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from autoresearch.config.model import Site
from autoresearch.config.secrets import Secrets
from autoresearch.loops.seo import Seo
from autoresearch.loops.seo import Settings as SeoSettings
from autoresearch.loops.structured_data.loop import Settings, StructuredData
from autoresearch.signals.context import Signals
from tests.integration.conftest import Ran, Repository
from tests.integration.site.conftest import Server, server

__all__ = ["server"]

SITE = "site: {url: 'https://shop.example', source: dist, dist: dist/}\nloops: {structured-data: {}}\n"
MUG: dict[str, Any] = {
    "@type": "Product",
    "name": "Harbour Mug",
    "description": "A mug.",
    "sku": "mug",
    "image": "https://shop.example/mug.jpg",
    "brand": {"@type": "Brand", "name": "Harbour Clay"},
    "offers": {
        "@type": "Offer",
        "price": "24.00",
        "priceCurrency": "EUR",
        "availability": "https://schema.org/InStock",
    },
}
PROSE = "Thrown in one piece from speckled stoneware, with a handle pulled by hand and a rest for your thumb. " * 4


def json_ld(*things: dict[str, Any]) -> str:
    blocks = (json.dumps({"@context": "https://schema.org", **thing}) for thing in things)
    return "".join(f'<script type="application/ld+json">{block}</script>' for block in blocks)


def page(head: str = "", text: str = "24,00 €", *, links: str = "") -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Harbour Mug</title>{head}</head>'
        f"<body><main><h1>Harbour Mug</h1><p class='price'>{text}</p><p>{PROSE}</p>{links}</main></body></html>"
    )


def build(repository: Repository, **pages: str) -> None:
    for name in ("index", *pages):
        where = "dist/index.html" if name == "index" else f"dist/products/{name}/index.html"
        links = "".join(f'<a href="/products/{each}/">{each}</a>' for each in pages)
        repository.write(where, page(links=links) if name == "index" else pages[name])


def told(ran: Ran) -> list[tuple[str, str, str, str]]:
    short = len("structured-data/")
    return [(c["kind"], c["rule"][short:], c["subject"], c.get("key", "")) for c in ran.changes if c.get("rule")]


def test_healthy_pages_are_measured_and_remembered(repository: Repository) -> None:
    repository.config(SITE)
    build(repository, mug=page(json_ld(MUG)))
    ran = repository.run()
    assert (ran.code, told(ran)) == (0, [])
    assert ran.state("structured-data")["observations"] == {
        "/": {},
        "/products/mug": {"types": "Product", "inside": "Brand Offer"},
    }
    metrics = {m["name"]: m["value"] for m in ran.result["measurements"][0]["metrics"]}
    assert metrics == {"items": 3, "pages-with-structured-data": 1, "pages-without-error": 100}


def test_the_next_day_tells_what_broke_and_the_day_after_what_was_mended(repository: Repository) -> None:
    repository.config(SITE)
    healthy = {name: page(json_ld(MUG)) for name in ("bowl", "mug", "plate", "vase")}
    build(repository, **healthy)
    repository.run()
    build(
        repository,
        bowl=page(json_ld({**MUG, "offers": {**MUG["offers"], "price": "24,00"}, "colour": "sea blue"})),
        mug=page(json_ld(MUG), "26,00 €"),
        plate=page(json_ld(MUG).replace("}</script>", ",}</script>")),
        vase=page(),
    )
    broken = repository.run()
    assert broken.code == 1
    assert told(broken) == [
        ("new", "content-mismatch", "/products/mug", "Product/offers.price"),
        ("new", "invalid-json", "/products/plate", "Product"),
        ("new", "invalid-value", "/products/bowl", "Offer/price"),
        ("new", "type-removed", "/products/plate", "Product"),
        ("new", "type-removed", "/products/vase", "Product"),
        ("new", "unknown-property", "/products/bowl", "Product/colour"),
    ]
    assert {c["path"] for c in broken.changes if c["subject"] == "/products/bowl"} == {"dist/products/bowl/index.html"}
    assert {kind for kind, *_ in told(repository.run())} == {"persisting"}
    build(repository, **healthy)
    assert {kind for kind, *_ in told(repository.run())} == {"fixed"}


def test_a_template_that_loses_its_type_is_told_once_until_it_is_back(repository: Repository) -> None:
    repository.config(SITE)
    names = [f"pot{number}" for number in range(6)]
    thing = {"@type": "WebPage", "name": "Pot"}
    build(repository, **dict.fromkeys(names, page(json_ld(thing))))
    repository.run()
    build(repository, **dict.fromkeys(names, page()))
    assert told(repository.run()) == [("new", "type-removed", "/products/*", "WebPage")]
    assert told(repository.run()) == [("persisting", "type-removed", "/products/*", "WebPage")]
    build(repository, **dict.fromkeys(names, page(json_ld(thing))))
    assert told(repository.run()) == [("fixed", "type-removed", "/products/*", "WebPage")]


def test_what_a_hostile_page_says_is_not_measured_and_the_others_are(repository: Repository) -> None:
    repository.config(SITE)
    deep = '{"@context":"https://schema.org","@type":"Thing","about":' * 1_000 + "1" + "}" * 1_000
    block = '<script type="application/ld+json">{}</script>'
    build(
        repository,
        deep=page(block.format(deep)),
        large=page(block.format("[" + ",".join([deep] * 100) + "]")),
        many=page(json_ld({"@graph": [{"@type": "Thing"}] * 50_000})),
        mug=page(json_ld({**MUG, "colour": "sea blue"})),
    )
    ran = repository.run()
    assert told(ran) == [("first-look", "unknown-property", "/products/mug", "Product/colour")]
    skipped = ran.result["measurements"][0]["coverage"]["skipped"]
    assert [(skip["subject"], skip["reason"]) for skip in skipped] == [
        ("/products/deep", "block 1 is nested deeper than 100 levels"),
        ("/products/large", "more than 2,000,000 characters of JSON-LD"),
        ("/products/many", "more than 20,000 items in json-ld"),
    ]


def test_a_page_that_cannot_be_read_any_more_keeps_what_is_known_of_it(repository: Repository) -> None:
    repository.config(SITE)
    build(repository, mug=page(json_ld({**MUG, "colour": "sea blue"})))
    repository.run()
    build(repository, mug=page('<script type="application/ld+json">' + "[" * 1_000 + "]" * 1_000 + "</script>"))
    ran = repository.run()
    assert told(ran) == [("persisting", "unknown-property", "/products/mug", "Product/colour")]
    assert ran.state("structured-data")["observations"]["/products/mug"] == {
        "types": "Product",
        "inside": "Brand Offer",
    }


def test_pages_that_search_engines_are_to_leave_alone_need_no_rich_result(repository: Repository) -> None:
    repository.config(SITE)
    bare = json_ld({"@type": "Product", "name": "Harbour Mug", "colour": "blue"})
    build(
        repository,
        mug=page(bare + '<meta name="robots" content="noindex">'),
        bowl=page(bare + '<link rel="canonical" href="https://shop.example/products/vase/">'),
        vase=page(bare + '<link rel="canonical" href="https://shop.example/products/vase/">'),
    )
    rules = {(rule, subject) for _, rule, subject, _ in told(repository.run())}
    assert rules == {
        ("missing-required", "/products/vase"),
        *(("unknown-property", f"/products/{name}") for name in ("mug", "bowl", "vase")),
    }


def test_a_misspelled_rule_is_refused(repository: Repository) -> None:
    repository.config("loops: {structured-data: {rules: {structured-data/unknown-typ: off}}}\n")
    ran = repository.run()
    assert (ran.code, "did you mean `structured-data/unknown-type`?" in ran.stderr) == (2, True)


def test_one_crawl_over_http_serves_both_loops_and_scripts_are_no_words(server: Server) -> None:
    html = page(json_ld({"@type": "Event", "name": "Harbour Mug day"}))
    server.answers["/"] = html.encode()
    now = dt.datetime(2026, 10, 5, 6, 0, tzinfo=dt.UTC)
    with Signals(Path(__file__).parent / "no-repository", Site(url=server.url), now, Secrets({})) as signals:
        signals.read_also(StructuredData.page_facts)
        seo = Seo("seo", SeoSettings()).measure(signals)
        data = StructuredData("structured-data", Settings()).measure(signals)
    assert {finding.key for finding in data.findings if finding.severity == "error"} == {
        "Event/location",
        "Event/startDate",
    }
    assert seo.observations["/"]["hash"] == _hash_without_markup(server, now)


def _hash_without_markup(server: Server, now: dt.datetime) -> object:
    server.answers["/"] = page().encode()
    with Signals(Path(__file__).parent / "no-repository", Site(url=server.url), now, Secrets({})) as signals:
        return Seo("seo", SeoSettings()).measure(signals).observations["/"]["hash"]
