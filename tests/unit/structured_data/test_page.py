"""What comes out of the parser's process: plain values, whatever a page holds."""

import gc
import json
import marshal
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from autoresearch.loops.structured_data import page
from autoresearch.loops.structured_data.page import Seen, look, see
from autoresearch.signals.site.model import Page

MUG = {
    "@context": "https://schema.org",
    "@type": ["Product", "https://gs1.example/voc/Product"],
    "name": "Mug",
    "odd": 1,
}


def looked(html: str) -> Seen | None:
    told = look(html.encode("utf-8", "replace"), LexborHTMLParser(html), Page("/", "/"))
    return Seen(*told) if told else None  # type: ignore[arg-type]


def block(data: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


def test_a_page_is_told_in_values_that_go_between_processes() -> None:
    html = block(MUG)
    told = look(html.encode(), LexborHTMLParser(html), Page("/", "/"))
    assert marshal.loads(marshal.dumps(told)) == told
    seen = looked(html)
    assert seen is not None
    assert (seen.items, seen.types, seen.unread) == (1, ("Product",), ())
    assert ("unknown-property", "Product/odd") in {problem[:2] for problem in seen.problems}


def test_a_page_without_structured_data_is_nothing() -> None:
    assert looked("<p>Only words, and <code>itemscope</code>.") is None


def test_what_no_one_thought_of_is_told_as_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(page, "extract", fails)
    seen = looked(block(MUG))
    assert seen is not None
    assert seen.unread == ("structured data that cannot be read (ZeroDivisionError)",)


def test_the_document_stays_as_it_is_for_whoever_reads_it_next() -> None:
    html = f"<html><head>{block(MUG)}</head><body><h1>Mug</h1><script>1</script><p>26 EUR</p></body></html>"
    tree = LexborHTMLParser(html)
    before = tree.html
    see(html.encode(), tree, "/")
    assert tree.html == before


def test_the_parsers_process_does_not_import_the_loop() -> None:
    program = "import sys, autoresearch.loops.structured_data.page; print('pydantic' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "False"


@pytest.mark.parametrize(
    "data",
    [
        {"@graph": [{"@type": "Person", "@id": "#a", "knows": {"@id": "#b"}}, {"@id": "#b", "knows": {"@id": "#a"}}]},
        {"@type": "Person", "@id": "#a", "knows": {"@id": "#a", "name": "x"}},
        {"@graph": [{"@type": "Thing"}] * 30_000},
        {"@type": "Thing", "about": [[[{"name": 1}]]], "odd": {"@type": "Odd"}},
    ],
    ids=["circle", "itself", "too much", "nested"],
)
def test_nothing_is_left_in_circles_for_a_process_that_does_not_look_for_them(data: dict[str, object]) -> None:
    html = block({"@context": "https://schema.org", **data})
    looked(html)
    gc.collect()
    gc.disable()
    try:
        looked(html)
        assert gc.collect() == 0
    finally:
        gc.enable()


NAMES = st.sampled_from(
    ("@type", "@id", "@graph", "@context", "@list", "@value", "@reverse", "name", "offers", "price", "review", "video",
     "itemReviewed", "mainEntity", "itemListElement", "item", "datePublished", "headline", "location", "availability")
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(("Product", "Offer", "Review", "BreadcrumbList", "Event", "Article", "#a", "#b", "2026-10-05")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=30,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(VALUES, max_size=3))
def test_any_json_is_read_to_its_end_and_twice_the_same(data: list[object]) -> None:
    html = (
        block({"@context": "https://schema.org", "@graph": data})
        + "<body><h1>x</h1>5 October 2026, 24 EUR "
        + "w " * 40
    )
    first, again = (see(html.encode(), LexborHTMLParser(html), "/") for _ in range(2))
    assert first == again
    assert first is None or all(
        len(problem[2]) < 1_000 and problem[2].count("`") % 2 == 0 for problem in first.problems
    )
