import pytest
from selectolax.lexbor import LexborHTMLParser

from autoresearch.loops.structured_data.extract import Extracted, extract
from autoresearch.loops.structured_data.items import Item, every


def read(html: str) -> Extracted:
    return extract(html.encode(), LexborHTMLParser(html.encode()))


def only(extracted: Extracted) -> Item:
    (item,) = extracted.items
    return item


def thing(inner: str) -> str:
    return f'<div vocab="https://schema.org/" typeof="Product">{inner}</div>'


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ('<meta property="x" content=" 5 ">', "5"),
        ('<img property="x" src="/m.jpg">', "/m.jpg"),
        ('<a property="x" href="/p">no</a>', "/p"),
        ('<span property="x" resource="/r">no</span>', "/r"),
        ('<time property="x" datetime="2026-01-02">today</time>', "2026-01-02"),
        ('<data property="x" value="7">seven</data>', "7"),
        ('<p property="x">two <b>bold</b>\n words</p>', "two bold words"),
        ('<a rel="nofollow" property="x" href="/p">no</a>', "/p"),
    ],
)
def test_each_element_has_its_own_value(element: str, value: str) -> None:
    assert only(read(thing(element))).properties == {"x": (value,)}


def test_things_nest_and_are_found_by_their_path() -> None:
    extracted = read(thing("") + thing('<p property="offers" typeof="Offer"><b property="price">5</b></p>'))
    assert [(item.types, item.where) for item in every(extracted.items)] == [
        (("Product",), "rdfa 1:"),
        (("Product",), "rdfa 2:"),
        (("Offer",), "rdfa 2: offers"),
    ]


def test_prefixes_do_without_a_vocabulary() -> None:
    for declared in ('prefix="s: http://schema.org/ og: http://ogp.me/ns#"', ""):
        name = "s" if declared else "schema"
        extracted = read(
            f'<p {declared} typeof="{name}:Product"><i property="{name}:name">Mug</i><i property="sku">1</i></p>'
        )
        assert only(extracted).properties == {"name": ("Mug",)}


def test_resources_lead_to_things_wherever_they_are() -> None:
    extracted = read(
        thing('<link property="brand" href="#us">')
        + '<div vocab="https://schema.org/" resource="#us" typeof="Brand"><i property="name">Harbour</i></div>'
        + '<div vocab="https://schema.org/" about="#us"><i property="slogan">Clay</i></div>'
    )
    (brand,) = only(extracted).properties["brand"]
    assert isinstance(brand, Item)
    assert brand.properties == {"name": ("Harbour",), "slogan": ("Clay",)}


def test_rel_and_rev_lead_to_what_they_hold() -> None:
    held = only(read(thing('<div rel="offers"><p typeof="Offer"></p><p typeof="Offer"></p></div>')))
    assert [value.types for value in held.properties["offers"] if isinstance(value, Item)] == [("Offer",)] * 2
    back = read(thing('<a rev="itemOffered" typeof="Offer" href="/o">x</a>'))
    assert [item.types for item in every(back.items)] == [("Offer",), ("Product",)]
    typed = only(read(thing('<link rel="rdf:type" href="https://schema.org/Book">')))
    assert typed.types == ("Product", "Book")


def test_things_in_a_circle_are_found_once() -> None:
    person = '<p vocab="https://schema.org/" resource="#{}" typeof="Person"><a property="knows" href="#{}"></a></p>'
    extracted = read(person.format("a", "b") + person.format("b", "a"))
    assert [item.id for item in extracted.items] == ["#a"]
    assert [item.id for item in every(extracted.items)] == ["#a", "#b"]


def test_the_page_itself_may_be_the_thing() -> None:
    page = read('<html><body vocab="https://schema.org/" typeof="WebPage"><i property="name">Shop</i></body></html>')
    assert only(page).properties == {"name": ("Shop",)}


def test_a_type_without_vocabulary_means_nothing() -> None:
    extracted = read('<p typeof="Product"><i property="name">Mug</i></p>')
    assert [(problem.rule, problem.key) for problem in extracted.problems] == [("missing-context", "Product")]
    assert extracted.items == ()


def test_open_graph_alone_and_scripts_that_say_typeof_are_no_things() -> None:
    html = '<meta property="og:title" content="x"><script>if (typeof x == "y") {}</script><div rel="offers"></div>'
    assert read(html) == Extracted()
