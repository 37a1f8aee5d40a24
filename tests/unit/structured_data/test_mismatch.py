"""What the markup says and the page does not, and above all: when nothing is said about it."""

import json

import pytest
from selectolax.lexbor import LexborHTMLParser

from autoresearch.loops.structured_data.extract import extract
from autoresearch.loops.structured_data.items import Problem
from autoresearch.loops.structured_data.mismatch import mismatches
from autoresearch.loops.structured_data.visible import Visible

PROSE = "Thrown in one piece from speckled stoneware, with a handle pulled by hand and a rest for your thumb. " * 4


def found(body: str, *items: dict[str, object], title: str = "", prose: str = PROSE) -> tuple[Problem, ...]:
    blocks = "".join(
        f'<script type="application/ld+json">{json.dumps({"@context": "https://schema.org", **each})}</script>'
        for each in items
    )
    html = f"<html><head><title>{title}</title>{blocks}</head><body>{body}<p>{prose}</p></body></html>".encode()
    tree = LexborHTMLParser(html)
    return mismatches(extract(html, tree).items, Visible(html, tree))


def keys(body: str, *items: dict[str, object], title: str = "") -> list[str]:
    return [problem.key for problem in found(body, *items, title=title)]


def mug(price: object, currency: str = "EUR", **more: object) -> dict[str, object]:
    offer = {"@type": "Offer", "price": price, "priceCurrency": currency}
    return {"@type": "Product", "name": "Harbour Mug", "offers": offer, **more}


def article(**dates: str) -> dict[str, object]:
    return {"@type": "BlogPosting", "headline": "Two glazes, one line", **dates}


def test_a_price_that_the_page_does_not_show_is_told() -> None:
    (problem,) = found("<h1>Harbour Mug</h1><p class=price>26,00 €</p>", mug("24.00"))
    assert (problem.rule, problem.key, problem.severity) == ("content-mismatch", "Product/offers.price", "warning")
    assert problem.message == "`Product/offers.price`: `24.00 EUR` in the markup: the page shows “26,00 €”"
    assert problem.where == "block 1: /"


@pytest.mark.parametrize(
    ("price", "currency", "text"),
    [
        ("24.00", "EUR", "24,00 €"),
        ("24.00", "EUR", "€24"),
        ("24.00", "EUR", "24,– €"),
        ("24.00", "CHF", "CHF 24.-"),
        ("24.90", "EUR", "24€90"),
        ("24.90", "EUR", "24 € 90"),
        ("24.90", "EUR", "€ 24<sup>90</sup>"),
        ("24.90", "EUR", "24⁹⁰ €"),
        ("24.9", "USD", "$24.90"),
        (24.5, "USD", "USD 24.50"),
        (1299, "EUR", "1.299,00 €"),
        ("1299.00", "GBP", "£1,299"),
        ("1299.00", "CHF", "Fr. 1'299.00"),
        ("1299", "SEK", "1\u00a0299 kr"),
        ("1299", "EUR", "1\u202f299 €"),
        ("99999", "INR", "₹99,999"),
        ("1299", "JPY", "¥１，２９９"),
        ("1299", "USD", "١٬٢٩٩ $"),
        ("0.99", "USD", "$.99 or $0.99"),
        ("0.99", "EUR", "99 ct statt 1 €"),
    ],
)
def test_a_price_counts_as_shown_however_it_is_written(price: object, currency: str, text: str) -> None:
    assert (
        keys(
            f"<h1>Harbour Mug</h1><p class=price>1 €, 1 £, $1, 1 kr, CHF 1, ₹1, ¥1</p><p>{text}</p>",
            mug(price, currency),
        )
        == []
    )


@pytest.mark.parametrize(
    "body",
    [
        "<p>A mug.</p>",  # a script may show it
        "<p class=price></p><p>Free shipping from 50 €</p>",
        "<p class=price>Holds 350 ml, one of 26.</p>",
        "<p class=price>$26.00</p>",  # converted for this visitor
        "<p class=price>26,00 €</p><script>window.state = {price: 24.00}</script>",  # a script shows it
        "<p class=price>26,00 €</p><script type='application/json'>{\"price\": 24.00}</script>",
        "<p class=price data-price='24.00'>26,00 € for two</p>",
        f"<div class=price-list>{PROSE} 26,00 €</div>",
    ],
)
def test_without_another_price_in_the_same_currency_nothing_is_certain(body: str) -> None:
    assert keys(f"<h1>Harbour Mug</h1>{body}", mug("24.00")) == []


def test_lines_may_end_as_on_windows() -> None:
    block = json.dumps({"@context": "https://schema.org", **mug("24.00")}, indent=1).replace("\n", "\r\n")
    html = f'<script type="application/ld+json">{block}</script><h1>Harbour Mug</h1><p class=price>26,00 €</p>'.encode()
    tree = LexborHTMLParser(html)
    assert [each.key for each in mismatches(extract(html, tree).items, Visible(html, tree))] == ["Product/offers.price"]


def test_one_price_of_several_offers_is_enough() -> None:
    offers = [{"@type": "Offer", "price": price, "priceCurrency": "EUR"} for price in ("24.00", "26.00")]
    assert keys("<h1>Harbour Mug</h1><p class=price>26,00 €</p>", mug("0", offers=offers)) == []
    assert keys("<h1>Harbour Mug</h1><p class=price>28,00 €</p>", mug("0", offers=offers)) == ["Product/offers.price"]


def test_ranges_words_and_sums_that_are_written_in_words_are_not_looked_for() -> None:
    body = "<h1>Harbour Mug</h1><p class=price>26,00 €, the house 1.2 million €</p>"
    assert keys(body, mug("on request")) == []
    assert keys(body, mug("0")) == []
    assert keys(body, mug("1200000")) == []
    assert keys(body, mug("", offers={"@type": "AggregateOffer", "lowPrice": "24", "priceCurrency": "EUR"})) == []


def test_several_products_of_one_page_are_left_alone() -> None:
    assert keys("<h1>Pots</h1><p class=price>26,00 €</p>", mug("24.00"), {**mug("22.00"), "name": "Pier Bowl"}) == []


def test_a_name_that_the_page_does_not_have_is_told() -> None:
    (problem,) = found("<h1>Tide Planter</h1>", mug("24.00"), title="Tide Planter")
    assert problem.key == "Product/name"
    assert problem.message == "`Product/name`: “Harbour Mug” in the markup: the page's text has hardly a word of it"


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("Two glazes, one line", "Two Glazes – One Line"),
        ("Harbour Mug, Sea Blue, 350 ml", "Harbour Mug"),
        ("Bottles &amp; Vases", "Vases & Bottles"),
        ("Hafenbecher", "Becher aus dem Hafen"),
        ("Café crème", "CAFE CREME"),
        ("港のマグカップ", "マグカップ"),
        ("Кружка", "Harbour Mug"),
        ("350", "Harbour Mug"),
    ],
)
def test_a_name_counts_as_shown_with_a_third_of_its_words(name: str, heading: str) -> None:
    assert keys(f"<h1>{heading}</h1>", {"@type": "Product", "name": name}) == []


def test_a_name_in_another_script_than_the_page_is_not_compared() -> None:
    prose = "Кружка из каменной керамики ручной работы " * 9
    assert found("<h1>Гавань</h1>", {"@type": "Product", "name": "Harbour Mug"}, prose=prose) == ()


def test_a_name_in_the_title_or_under_a_picture_is_shown() -> None:
    assert keys("<h1>Tide</h1>", mug("24.00"), title="Harbour Mug") == []
    assert keys("<h1>Tide</h1><img alt='The Harbour Mug'>", mug("24.00")) == []


def test_a_page_whose_text_a_script_writes_proves_nothing() -> None:
    html = (
        b'<script type="application/ld+json">{"@context":"https://schema.org","@type":"Product","name":"Mug"}</script>'
    )
    tree = LexborHTMLParser(html + b"<body><div id=root></div>")
    assert mismatches(extract(html, tree).items, Visible(html, tree)) == ()


def test_a_date_that_contradicts_the_byline_is_told() -> None:
    body = "<h1>Two glazes, one line</h1><p>Published 5 October 2026</p>"
    (problem,) = found(body, article(datePublished="2026-09-14"))
    assert problem.key == "BlogPosting/datePublished"
    assert "`2026-09-14` in the markup: the page is dated “5 October 2026”" in problem.message


@pytest.mark.parametrize(
    "byline",
    [
        "<p>Published 5 October 2026</p>",
        "<p>October 5, 2026</p>",
        "<p>Oct. 5th, 2026</p>",
        "<p>5. Oktober 2026</p>",
        "<p>le 5 octobre 2026</p>",
        "<p>5 de octubre de 2026</p>",
        "<p>5 октября 2026 г.</p>",
        "<p>2026年10月5日</p>",
        "<p>05.10.2026</p>",
        "<p>10/05/2026</p>",
        "<p>4 October 2026</p>",  # elsewhere it was still the day before
        "<p><time datetime='2026-10-05T18:30:00+02:00'>yesterday</time></p>",
        "<p>14 September 2026</p>",  # when it was modified
        "<p>A glaze.</p><p>A line.</p><p>And another.</p><article><time>1 January 2020</time> said Ada</article>",
        "<p>1 January 2020</p><p>3 March 2021</p>",  # two dates: whose?
        "<p>2 ตุลาคม 2569</p>",  # another calendar
        "<p>Two weeks ago</p>",
        f"<p>On 4 July 1976, {PROSE}</p>",
    ],
)
def test_a_date_counts_as_shown_however_it_is_written(byline: str) -> None:
    dates = {"datePublished": "2026-10-05T09:00:00Z", "dateModified": "2026-09-14"}
    assert keys(f"<h1>Two glazes, one line</h1>{byline}", article(**dates)) == []


def test_a_heading_in_a_header_is_dated_beside_it() -> None:
    body = "<header><h1>Two glazes, one line</h1></header><div>By Ada <time datetime=2026-10-05>on Monday</time></div>"
    assert keys(body, article(datePublished="2026-10-05")) == []
    assert keys(body, article(datePublished="2026-09-14")) == ["BlogPosting/datePublished"]


def test_of_two_headings_neither_dates_the_page() -> None:
    body = "<h1>Journal</h1><p>1 January 2020</p><h1>Two glazes, one line</h1><p>2 January 2020</p>"
    assert keys(body, article(datePublished="2026-09-14")) == []


def test_another_month_in_numbers_is_another_date() -> None:
    body = "<h1>Two glazes, one line</h1><p>05.09.2026</p>"
    assert keys(body, article(datePublished="2026-10-05")) == ["BlogPosting/datePublished"]


@pytest.mark.parametrize("date", ["soon", "", "2026", "2026-02-30", "9999-12-31", "0001-01-01"])
def test_dates_that_cannot_be_read_are_not_compared(date: str) -> None:
    assert keys("<h1>Two glazes, one line</h1><p>5 October 2026</p>", article(datePublished=date)) == []


def test_digits_without_end_take_no_time() -> None:
    hostile = "1 " * 200_000 + "." * 200_000 + "€" * 1000
    assert keys(f"<h1>Harbour Mug</h1><p>{hostile}</p>", mug("1" * 5)) == []
    assert (
        keys(f"<h1>Two glazes, one line</h1>{'<time>5 May</time>' * 50_000}", article(datePublished="2026-10-05")) == []
    )
