import pytest
from selectolax.lexbor import LexborHTMLParser

from autoresearch.loops.structured_data.extract import Extracted, extract
from autoresearch.loops.structured_data.items import Item, every


def read(html: str) -> Extracted:
    return extract(html.encode(), LexborHTMLParser(html.encode()))


def only(extracted: Extracted) -> Item:
    (item,) = extracted.items
    return item


def thing(inner: str, attributes: str = "") -> str:
    return f'<div itemscope itemtype="https://schema.org/Product" {attributes}>{inner}</div>'


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ('<meta itemprop="x" content=" 5 ">', "5"),
        ('<img itemprop="x" src="/m.jpg" alt="no">', "/m.jpg"),
        ('<a itemprop="x" href="/p">no</a>', "/p"),
        ('<link itemprop="x" href="https://schema.org/InStock">', "https://schema.org/InStock"),
        ('<object itemprop="x" data="/o"></object>', "/o"),
        ('<data itemprop="x" value="7">seven</data>', "7"),
        ('<meter itemprop="x" value="3">three</meter>', "3"),
        ('<time itemprop="x" datetime="2026-01-02">today</time>', "2026-01-02"),
        ('<time itemprop="x">2026-01-02</time>', "2026-01-02"),
        ('<span itemprop="x" content="12.50">12,50 €</span>', "12.50"),
        ('<p itemprop="x">two <b>bold</b>\n words</p>', "two bold words"),
        ('<a itemprop="x">no address</a>', ""),
    ],
)
def test_each_element_has_its_own_value(element: str, value: str) -> None:
    assert only(read(thing(element))).properties == {"x": (value,)}


def test_items_nest_and_are_found_by_their_path() -> None:
    offer = '<p itemprop="offers" itemscope itemtype="http://schema.org/Offer"><b itemprop="price">5</b></p>'
    extracted = read(thing("") + thing(f"<div>{offer}</div>"))
    assert [(item.types, item.where) for item in every(extracted.items)] == [
        (("Product",), "microdata 1:"),
        (("Product",), "microdata 2:"),
        (("Offer",), "microdata 2: offers"),
    ]


def test_itemref_adds_what_lies_elsewhere_and_ends_in_circles() -> None:
    extracted = read(
        thing('<i itemprop="name">Mug</i>', 'itemref="more none more"') + '<p id="more" itemprop="sku">1</p>'
    )
    assert only(extracted).properties == {"name": ("Mug",), "sku": ("1",)}
    around = read('<div id="all">' + thing("", 'itemprop="isRelatedTo" itemref="all"') + "</div>")
    assert around.items == ()  # a property of itself alone is nobody's item


def test_one_element_may_be_several_properties() -> None:
    assert only(read(thing('<i itemprop="name alternateName https://schema.org/sku">Mug</i>'))).properties == {
        "name": ("Mug",),
        "alternateName": ("Mug",),
        "sku": ("Mug",),
    }


def test_other_vocabularies_and_local_names_are_no_names_of_schema_org() -> None:
    old = '<p itemscope itemtype="http://data-vocabulary.org/Breadcrumb"><i itemprop="title">x</i></p>'
    local = '<p itemscope><i itemprop="title">x</i></p>'
    assert [dict(item.properties) for item in read(old + local).items] == [
        {"http://data-vocabulary.org/title": ("x",)},
        {"_:title": ("x",)},
    ]


def test_a_type_without_schema_org_means_nothing() -> None:
    extracted = read('<p itemscope itemtype="Product"><i itemprop="name">Mug</i></p>')
    assert [(problem.rule, problem.key) for problem in extracted.problems] == [("missing-context", "Product")]
    assert only(extracted).types == ("_:Product",)


def test_attributes_in_capitals_are_attributes() -> None:
    assert only(read('<DIV ITEMSCOPE ITEMTYPE="https://schema.org/Product" ITEMID="urn:x"></DIV>')).id == "urn:x"


def test_what_refers_to_everything_again_and_again_is_given_up() -> None:
    bulk = "<p></p>" * 2_000
    scopes = '<i itemscope itemref="bulk"></i>' * 200
    assert read(f'<div id="bulk">{bulk}</div>{scopes}').unread == ("more than 200,000 elements of microdata",)


def test_texts_within_texts_are_given_up() -> None:
    nested = '<p itemscope><i itemprop="a">' + '<b itemprop="a">' * 400 + "x" * 10_000
    assert read(nested).unread == ("more than 2,000,000 characters of text in microdata",)
