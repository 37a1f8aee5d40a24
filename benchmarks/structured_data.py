"""How fast is structured data read and judged, and what is found? Ours against extruct and Adobe's validator.

    scripts/bench structured_data              400 pages of 20 KB with JSON-LD, some of them with one planted defect
    scripts/bench structured_data --repeats 30

Every program gets the same pages from memory, one after the other on one core, and is given the best of several rounds
of its own CPU time. Ours is timed from the tree that the crawl has parsed anyway, from the page's text, and from its
JSON-LD alone. extruct only extracts. A defect counts as found when the program objects to that page and names what is
wrong in it; what is said as an error, or by ours as a warning, of a page without a defect counts as false.
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selectolax.lexbor import LexborHTMLParser
from support import page
from support.site import build
from support.stopwatch import run

from autoresearch.loops.structured_data import vocabulary
from autoresearch.loops.structured_data.check import check
from autoresearch.loops.structured_data.graph import Graph
from autoresearch.loops.structured_data.jsonld import read_blocks
from autoresearch.loops.structured_data.page import see
from autoresearch.loops.structured_data.rich_results import rich_results

ROOT = Path(__file__).parents[1]
BIN = ROOT / ".venv" / "bin"
URL = "https://shop.example/"
TARGET = 3_000
_ALONE = "ours, JSON-LD validation alone"
_BLOCKS = 'script[type="application/ld+json"]'
_EACH = 8
"""Pages with each defect."""
Thing = dict[str, Any]
Issues = Mapping[str, Sequence[tuple[str, str]]]
"""By page: severity and text of each objection."""

_OFFER = {"@type": "Offer", "price": "24.00", "priceCurrency": "EUR", "availability": "https://schema.org/InStock"}
_ADDRESS = {
    "@type": "PostalAddress", "streetAddress": "Hafenstraße 1", "addressLocality": "Husum", "postalCode": "25813",
    "addressRegion": "SH", "addressCountry": "DE",
}  # fmt: skip
_RATING = {"@type": "AggregateRating", "ratingValue": 4.5, "reviewCount": 12, "bestRating": 5, "worstRating": 1}


def things(name: str, number: int) -> list[Thing]:
    """One healthy thing of each kind, called `name`."""
    image = f"{URL}images/{number}.jpg"
    person = {"@type": "Person", "name": "Ada", "url": f"{URL}ada"}
    place = {"@type": "Place", "name": "The shed", "address": _ADDRESS}
    return [
        {"@type": "Product", "name": name, "image": image, "description": "A pot.", "sku": f"p{number}",
         "brand": {"@type": "Brand", "name": "Harbour Clay"}, "offers": _OFFER, "aggregateRating": _RATING},
        {"@type": "BlogPosting", "headline": name, "image": image, "author": person,
         "datePublished": "2026-10-05T08:00:00+02:00", "dateModified": "2026-10-06T08:00:00+02:00"},
        {"@type": "Event", "name": name, "startDate": "2026-11-05T19:00+01:00",
         "endDate": "2026-11-05T21:00+01:00", "location": place, "description": "Pots.", "image": image,
         "performer": person, "organizer": person, "eventStatus": "https://schema.org/EventScheduled",
         "offers": {**_OFFER, "url": URL, "validFrom": "2026-10-01T00:00:00+02:00"}},
        {"@type": "Recipe", "name": name, "image": image, "author": person, "datePublished": "2026-10-05",
         "description": "Bread.", "prepTime": "PT20M", "cookTime": "PT30M", "totalTime": "PT50M", "recipeYield": "4",
         "recipeCategory": "Bread", "recipeCuisine": "Frisian", "keywords": "bread",
         "recipeIngredient": ["flour", "salt"], "recipeInstructions": [
             {"@type": "HowToStep", "name": "Mix", "text": "Mix it.", "url": f"{URL}#1", "image": image}]},
        {"@type": "Bakery", "name": name, "address": _ADDRESS, "telephone": "+49 4841 1", "url": URL, "image": image,
         "priceRange": "€€", "geo": {"@type": "GeoCoordinates", "latitude": 54.4771, "longitude": 9.0511},
         "openingHours": "Mo-Fr 08:00-18:00"},
        {"@type": "JobPosting", "title": name, "description": "Throw pots.", "datePosted": "2026-10-05",
         "validThrough": "2026-12-05", "employmentType": "FULL_TIME", "directApply": True, "jobLocation": place,
         "hiringOrganization": {"@type": "Organization", "name": "Harbour Clay", "sameAs": URL},
         "identifier": {"@type": "PropertyValue", "name": "Harbour Clay", "value": f"j{number}"},
         "baseSalary": {"@type": "MonetaryAmount", "currency": "EUR", "value": {
             "@type": "QuantitativeValue", "value": 20, "unitText": "HOUR"}}},
    ]  # fmt: skip


@dataclass(frozen=True)
class Defect:
    """A mistake in a thing of one kind, and the word that an objection to it has to name."""

    name: str
    kind: int
    word: str
    change: Thing | str
    """Properties to set (None: to leave away), or what to write in place of the block's last brace."""
    visible: str = ""


DEFECTS = (
    Defect("a comma too many", 0, "json", ",}"),
    Defect("an unknown type", 0, "Brnad", {"brand": {"@type": "Brnad", "name": "x"}}),
    Defect("an unknown property", 1, "headlne", {"headlne": "x"}),
    Defect("a property of another type", 1, "recipeYield", {"recipeYield": "4"}),
    Defect("a thing in a wrong place", 1, "author", {"author": _OFFER}),
    Defect("a price with a comma", 0, "price", {"offers": {**_OFFER, "price": "24,00"}}),
    Defect("a sign as currency", 0, "priceCurrency", {"offers": {**_OFFER, "priceCurrency": "€"}}),
    Defect("an unknown availability", 0, "availability", {"offers": {**_OFFER, "availability": "InStok"}}),
    Defect("a date in words", 5, "datePosted", {"datePosted": "October 5, 2026"}),
    Defect("a duration in words", 3, "cookTime", {"cookTime": "30 minutes"}),
    Defect("a product without offer or rating", 0, "offers", {"offers": None, "aggregateRating": None}),
    Defect("an event without a place", 2, "location", {"location": None}),
    Defect("a recipe without an image", 3, "image", {"image": None}),
    Defect("a business without an address", 4, "address", {"address": None}),
    Defect("a job without a title", 5, "title", {"title": None}),
    Defect("another price on the page", 0, "price", {}, '<p class="price">26,00 €</p>'),
)


@dataclass(frozen=True)
class Pages:
    """The documents, and which of them has which defect."""

    texts: Mapping[str, bytes]
    planted: Mapping[str, Defect]


def pages(folder: Path, count: int) -> Pages:
    """Pages of the crawl's benchmark, each with one thing and a trail; the same on every machine."""
    build(folder / "site", URL.rstrip("/"), pages=count, dead_links=1)
    plan = [defect for defect in DEFECTS for _ in range(_EACH)]
    texts, planted = {}, {}
    for number, file in enumerate(sorted((folder / "site").rglob("*.html"))[:count]):
        html = file.read_text(encoding="utf-8")
        heading = re.search(r"<h1[^>]*>(.*?)</h1>", html)
        title = heading[1] if heading else "Harbour Clay"
        defect = plan[number // 2] if number % 2 and number // 2 < len(plan) else None
        name = f"{number:05}.html"
        texts[name] = _with_markup(html, title, number, defect).encode()
        if defect:
            planted[name] = defect
    return Pages(texts, planted)


def _with_markup(html: str, title: str, number: int, defect: Defect | None) -> str:
    every = things(title, number)
    thing = every[defect.kind if defect else number % len(every)]
    end = "}"
    if defect and isinstance(defect.change, str):
        end = defect.change
    elif defect and isinstance(defect.change, dict):
        thing = {key: value for key, value in {**thing, **defect.change}.items() if value is not None}
    trail = [
        {"@type": "ListItem", "position": place, "name": f"Step {place}", "item": f"{URL}{place}/"}
        for place in (1, 2, 3)
    ]
    own = json.dumps({"@context": "https://schema.org", **thing}, ensure_ascii=False).removesuffix("}") + end
    crumbs = json.dumps({"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": trail})
    blocks = "".join(f'<script type="application/ld+json">{block}</script>' for block in (own, crumbs))
    html = html.replace("</head>", f"{blocks}</head>", 1)
    return html.replace("</h1>", f"</h1>{defect.visible}", 1) if defect and defect.visible else html


@dataclass(frozen=True)
class Outcome:
    """What one program took and said."""

    name: str
    seconds: float
    """CPU time of the fastest round over all pages."""
    issues: Issues | None
    """None: the program judges nothing."""


def best(repeats: int, once: Callable[[], object]) -> float:
    """The least CPU time of several rounds, in seconds."""
    times = []
    for _ in range(repeats):
        began = time.process_time()
        once()
        times.append(time.process_time() - began)
    return min(times)


def ours(made: Pages, repeats: int) -> Iterator[Outcome]:
    """From the parsed tree, as after a crawl, and from the text."""
    trees = {name: LexborHTMLParser(text) for name, text in made.texts.items()}
    issues: dict[str, list[tuple[str, str]]] = {}
    for name, text in made.texts.items():
        told = see(text, trees[name], URL)
        problems = told.problems if told else ()
        issues[name] = [(severity, f"{rule} {key} {message}") for rule, key, message, _, severity in problems]
    gc.disable()  # as in the process that parses for a crawl
    judged = best(repeats, lambda: [see(text, trees[name], URL) for name, text in made.texts.items()])
    whole = best(repeats, lambda: [see(text, LexborHTMLParser(text), URL) for text in made.texts.values()])
    blocks = [[node.text() for node in tree.css(_BLOCKS)] for tree in trees.values()]
    validated = best(repeats, lambda: [validate(texts) for texts in blocks])
    gc.enable()
    yield Outcome("**ours**, after the crawl", judged, issues)
    yield Outcome(_ALONE, validated, None)
    yield Outcome("ours, with parsing", whole, issues)


def validate(texts: Sequence[str]) -> int:
    """A page's blocks of JSON-LD to what the vocabulary and the rich results object to: validation alone."""
    graph = Graph("json-ld")
    invalid = read_blocks(texts, graph, URL)
    items = graph.items()
    graph.forget()
    return len(invalid) + len(check(items)) + len(rich_results(items))


def extruct(made: Pages, repeats: int, peers: Path) -> Iterator[Outcome]:
    """extruct 0.18: it extracts, and judges nothing."""
    sys.path.append(str(peers / "python"))
    try:
        from extruct import extract  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        print("  extruct is not in the folder of the peers: left out", file=sys.stderr)
        return

    def each(syntaxes: list[str]) -> None:
        for text in made.texts.values():
            extract(text, base_url=URL, syntaxes=syntaxes, errors="ignore")

    yield Outcome("extruct 0.18, JSON-LD", best(repeats, lambda: each(["json-ld"])), None)
    three = ["json-ld", "microdata", "rdfa"]
    yield Outcome("extruct 0.18, three syntaxes", best(1, lambda: each(three)), None)


def adobe(made: Pages, repeats: int, peers: Path, folder: Path) -> Iterator[Outcome]:
    """@adobe/structured-data-validator 1.7 on what @marbec/web-auto-extractor gives it."""
    (folder / "pages").mkdir()
    for name, text in made.texts.items():
        (folder / "pages" / name).write_bytes(text)
    script = peers / "structured_data.mjs"
    script.write_bytes((ROOT / "benchmarks" / "peers" / script.name).read_bytes())  # beside its node_modules
    table = Path(vocabulary.__file__).with_name("vocabulary.json")
    ended = run([BIN / "node", script, folder / "pages", table, repeats], cwd=folder)
    if ended.code:
        print(f"  the validator did not run (exit code {ended.code}):\n{ended.output[-1000:]}", file=sys.stderr)
        return
    said = json.loads(ended.output.splitlines()[-1])
    yield Outcome("@adobe/structured-data-validator 1.7", said["seconds"], said["issues"])


def found(outcome: Outcome, made: Pages, defect: Defect) -> int:
    """On how many pages with the defect the program names it; what it says of healthy pages too is no answer."""
    issues = outcome.issues or {}
    usual = {text for name in made.texts if name not in made.planted for _, text in issues[name]}
    names = [name for name, planted in made.planted.items() if planted is defect]
    said = {name: [text.lower() for _, text in issues[name] if text not in usual] for name in names}
    return sum(any(defect.word.lower() in text for text in said[name]) for name in names)


def false(outcome: Outcome, made: Pages) -> int:
    """Objections to pages without a defect; what is only recommended is none."""
    healthy = [name for name in made.texts if name not in made.planted]
    heavy = {"ERROR", "error", "warning"}  # theirs says WARNING of what is recommended, ours says info
    return sum(severity in heavy for name in healthy for severity, _ in (outcome.issues or {})[name])


def report(made: Pages, outcomes: Sequence[Outcome]) -> str:
    """Both tables, and whether the target is met."""
    count = len(made.texts)
    speed = [
        [each.name, f"{count / each.seconds:,.0f}", f"{each.seconds / outcomes[0].seconds:.1f}×"] for each in outcomes
    ]
    judges = [each for each in outcomes if each.issues is not None and each.name != "ours, with parsing"]
    rows = [[d.name, *(f"{found(each, made, d)} of {_EACH}" for each in judges)] for d in DEFECTS]
    rows.append(["false, on healthy pages", *(str(false(each, made)) for each in judges)])
    rates = {each.name: count / each.seconds for each in outcomes}
    size = sum(map(len, made.texts.values())) / count / 1000
    return (
        f"{count} pages of {size:.0f} KB with two JSON-LD blocks, one core, best of several rounds. Target: "
        + f"{TARGET:,} pages/s of JSON-LD validation after the crawl, {_met(rates[_ALONE])} by validation alone and "
        + f"{_met(rates[outcomes[0].name])} by all that the loop does: it also looks for the blocks and for the other "
        + "syntaxes, and holds what they say against the page's text.\n\n"
        + page.table(["", "pages/s", "time against ours"], speed)
        + f"\n\nPlanted defects, {_EACH} pages each, and who names them:\n\n"
        + page.table(["", *(each.name for each in judges)], rows)
    )


def _met(rate: float) -> str:
    return "met" if rate >= TARGET else "missed"


def main() -> None:
    """Build, measure, print, and keep the outcome when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--peers", type=Path, default=ROOT / ".bench", help="where the peers are installed")
    parser.add_argument("--write", action="store_true", help="renew the section of docs/benchmarks.md")
    options = parser.parse_args()
    if options.pages < 2 * _EACH * len(DEFECTS):
        parser.error(f"at least {2 * _EACH * len(DEFECTS)} pages are needed for all defects")
    with tempfile.TemporaryDirectory(prefix="structured-data-") as name:
        made = pages(Path(name), options.pages)
        outcomes = [
            *ours(made, options.repeats),
            *extruct(made, options.repeats, options.peers),
            *adobe(made, options.repeats, options.peers.resolve(), Path(name)),
        ]
    text = f"`scripts/bench structured_data`. {page.machine()}\n\n{report(made, outcomes)}"
    print(text)
    if options.write:
        page.renew("Structured data", text)


if __name__ == "__main__":
    main()
