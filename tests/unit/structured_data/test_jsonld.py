import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from autoresearch.loops.structured_data.check import check
from autoresearch.loops.structured_data.extract import Extracted, extract
from autoresearch.loops.structured_data.graph import MAX_ITEMS
from autoresearch.loops.structured_data.items import Item, Ref, every


def read(*blocks: object, url: str = "https://shop.example/p", kind: str = "application/ld+json") -> Extracted:
    texts = (each if isinstance(each, str) else json.dumps(each) for each in blocks)
    html = "".join(f'<script type="{kind}">{text}</script>' for text in texts).encode()
    return extract(html, LexborHTMLParser(html), url)


def only(extracted: Extracted) -> Item:
    (item,) = extracted.items
    return item


def product(**more: object) -> dict[str, object]:
    return {"@context": "https://schema.org", "@type": "Product", **more}


@pytest.mark.parametrize(
    "kind",
    ["application/ld+json", "application/LD+JSON; charset=utf-8", " application/ld+json ", "application/ld&#43;json"],
)
def test_every_spelling_of_the_script_type_counts(kind: str) -> None:
    assert only(read(product(name="Mug"), kind=kind)).properties == {"name": ("Mug",)}


def test_other_scripts_are_none_of_it() -> None:
    assert read("{", kind="application/json") == Extracted()


@pytest.mark.parametrize(
    "context",
    [
        "https://schema.org",
        "http://schema.org/",
        "https://www.schema.org//",
        " https://schema.org/docs/jsonldcontext.json ",
        ["https://schema.org", {"@language": "en"}],
        {"@vocab": "http://schema.org/"},
        {"@vocab": "https://schema.org"},
    ],
)
def test_schema_org_has_many_addresses(context: object) -> None:
    item = only(read({"@context": context, "@type": "Product", "name": "Mug"}))
    assert (item.types, item.properties) == (("Product",), {"name": ("Mug",)})


def test_prefixes_and_aliases_of_a_context_are_followed() -> None:
    context = {"s": "https://schema.org/", "title": "s:name", "kind": "@type", "key": "@id", "hidden": None}
    item = only(
        read({"@context": context, "kind": "s:Product", "key": "#mug", "title": "Mug", "s:sku": "1", "hidden": 2})
    )
    assert (item.types, item.id) == (
        ("Product",),
        "https://shop.example/p#mug",
    )
    assert item.properties == {"name": ("Mug",), "sku": ("1",)}


def test_terms_of_another_vocabulary_are_full_addresses() -> None:
    context = ["https://schema.org", {"gs1": "https://gs1.example/voc/", "weightClass": "gs1:weight"}]
    item = only(read({"@context": context, "@type": ["Product", "gs1:Thing"], "weightClass": 2, "gs1:x": 1}))
    assert item.types == ("Product", "https://gs1.example/voc/Thing")
    assert item.properties == {"https://gs1.example/voc/weight": (2,), "https://gs1.example/voc/x": (1,)}


def test_words_that_a_context_elsewhere_may_define_are_left_alone() -> None:
    extracted = read(
        {"@context": ["https://schema.org", "https://w3id.example/c"], "@type": "Product", "own": 1, "sku": "1"}
    )
    assert only(extracted).properties == {"_:own": (1,), "sku": ("1",)}
    assert check(extracted.items) == ()


def test_a_graph_and_a_list_hold_items_of_their_own() -> None:
    graph = {"@context": "https://schema.org", "@graph": [{"@type": "Product"}, [{"@type": "Offer"}]]}
    listed = [product(), {"@context": "https://schema.org", "@type": "Event"}]
    extracted = read(graph, listed)
    assert [(item.types[0], item.where) for item in extracted.items] == [
        ("Product", "block 1: /@graph/0"),
        ("Offer", "block 1: /@graph/1/0"),
        ("Product", "block 2: /0"),
        ("Event", "block 2: /1"),
    ]


def test_a_nested_item_is_found_by_its_pointer() -> None:
    extracted = read(product(offers=[{"@type": "Offer", "seller": {"@type": "Person"}}]))
    assert [item.where for item in every(extracted.items)] == [
        "block 1: /",
        "block 1: /offers/0",
        "block 1: /offers/0/seller",
    ]


def test_a_reference_leads_to_the_item_across_blocks_and_in_circles() -> None:
    extracted = read(
        product(**{"@id": "#mug", "manufacturer": {"@id": "https://shop.example/p#us"}}),
        {
            "@context": "https://schema.org",
            "@type": "Organization",
            "@id": "#us",
            "makesOffer": {"itemOffered": {"@id": "#mug"}},
        },
    )
    mug, us = extracted.items
    (offer,) = us.properties["makesOffer"]
    assert mug.properties["manufacturer"] == (us,)
    assert isinstance(offer, Item)
    assert offer.properties["itemOffered"] == (mug,)
    assert len(list(every(extracted.items))) == 3


def test_what_two_blocks_say_of_one_id_comes_together() -> None:
    mug, again = product(**{"@id": "#mug", "name": "Mug"}), product(**{"@id": "#mug", "@type": "Thing", "sku": "1"})
    assert only(read(mug, again)).properties == {"name": ("Mug",), "sku": ("1",)}
    assert only(read(mug, again)).types == ("Product", "Thing")


def test_a_reference_that_leads_nowhere_stays_one() -> None:
    item = only(read(product(brand={"@id": "https://other.example/#brand"})))
    assert item.properties["brand"] == (Ref("https://other.example/#brand"),)


def test_values_in_their_long_forms_are_values() -> None:
    context = ["https://schema.org", {"slogan": {"@id": "schema:slogan", "@container": "@language"}}]
    item = only(
        read(
            {
                "@context": context,
                "@type": "Brand",
                "name": {"@value": "Harbour", "@language": "en"},
                "sameAs": {"@list": ["https://a.example", "https://b.example"]},
                "slogan": {"en": "Clay", "de": "Ton"},
                "url": None,
            }
        )
    )
    assert item.properties == {
        "name": ("Harbour",),
        "sameAs": ("https://a.example", "https://b.example"),
        "slogan": ("Clay", "Ton"),
    }


def test_a_reversed_property_belongs_to_the_other_item() -> None:
    site = {"@context": "https://schema.org", "@type": "Book", "@reverse": {"workExample": {"@type": "Movie"}}}
    movie = next(item for item in read(site).items if item.types == ("Movie",))
    assert [value.types for value in movie.properties["workExample"] if isinstance(value, Item)] == [("Book",)]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('{\n  "@type": "Product",\n  "name": "Mug",\n}', "line 3, column 16", "a comma too many before `}`"),
        ('{"a": [1, 2,]}', "line 1, column 12", "a comma too many before `]`"),
        ('{"a": 1\n "b": 2}', "line 2, column 2", "expecting ',' delimiter"),
        ("{“a”: 1}", "line 1, column 2", "`“` where a straight double quotation mark belongs"),
        ('{"a": {{ product.name }}}', "line 1, column 7", "`{{` of a template that was not filled in"),
        ("{&quot;a&quot;: 1}", "line 1, column 2", "`&quot;`"),
        ('{"a": "two\nlines"}', "line 1, column 11", "a line break"),
        ('{"a": 1} {"b": 2}', "line 1, column 10", "more after the end"),
        ('{"a": "NaN", "b": NaN}', "line 1, column 19", "`NaN` is not JSON"),
        ('{ // why\n"a": 1}', "line 1, column 3", "the comment `//`"),
        ("<!-- \n{,} -->", "line 2, column 2", "a comma too many"),
        ("\ufeff{]", "line 1, column 3", "expecting property name"),
    ],
)
def test_broken_json_is_told_with_its_place_and_the_slip(text: str, place: str, words: str) -> None:
    extracted = read(product(), text)
    (problem,) = extracted.problems
    assert (problem.rule, problem.severity, problem.where) == ("invalid-json", "error", f"block 2, {place}")
    assert words in problem.message
    assert len(extracted.items) == 1


def test_two_broken_blocks_are_told_apart_by_the_type_they_would_have_had() -> None:
    problems = read('{"@type": "Product",}', '{"@type": "Event",}').problems
    assert [problem.key for problem in problems] == ["Product", "Event"]


@pytest.mark.parametrize("text", ["", "  \n ", '"text"', "3"])
def test_a_block_without_an_object_is_told(text: str) -> None:
    assert [problem.rule for problem in read(text).problems] == ["invalid-json"]


@pytest.mark.parametrize(
    "wrapped", ["<!--\n{}\n-->", "//<![CDATA[\n{}\n//]]>", "/*<![CDATA[*/\n{}\n/*]]>*/", "\ufeff{}", "<!-- {} -->"]
)
def test_what_wraps_a_block_is_no_part_of_it(wrapped: str) -> None:
    extracted = read(wrapped.replace("{}", json.dumps(product(name="a --> b"))))
    assert extracted.problems == ()
    assert only(extracted).properties == {"name": ("a --> b",)}


def test_a_name_given_twice_is_told_and_the_last_one_counts() -> None:
    extracted = read('{"@context": "https://schema.org", "@type": "Product", "name": "A", "name": "B"}')
    assert only(extracted).properties == {"name": ("B",)}
    assert [(problem.rule, problem.severity) for problem in extracted.problems] == [("invalid-json", "warning")]


@pytest.mark.parametrize(
    "data",
    [
        {"@type": "Product", "name": "Mug"},
        {"@context": "https://shema.org", "@type": "Product"},
        {"@context": "http://schema.com/", "@type": "Product"},
        {"name": "Mug"},
        {"@graph": [{"@type": "Product"}]},
    ],
)
def test_names_without_schema_org_mean_nothing(data: dict[str, object]) -> None:
    extracted = read(data)
    assert extracted.items == ()
    assert [problem.rule for problem in extracted.problems] == ["missing-context"]


@pytest.mark.parametrize(
    "data",
    [
        {"@context": "https://www.w3.org/ns/activitystreams", "type": "Note"},
        {"@context": {"@vocab": "http://purl.org/goodrelations/v1#"}, "@type": "Offering"},
        {"@context": "https://schema.org"},
        {},
        [],
    ],
)
def test_other_vocabularies_and_empty_blocks_are_no_problem(data: object) -> None:
    assert read(data).problems == ()


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"name":', "}"), ('{"@reverse":{"about":', "}}")])
@pytest.mark.parametrize("depth", [110, 1_000, 20_000])
def test_what_is_nested_too_deep_is_told_and_given_up(depth: int, opening: str, closing: str) -> None:
    nested = opening * depth + "1" + closing * depth
    extracted = read('{"@context":"https://schema.org","@type":"Thing","about":' + nested + "}")
    assert extracted == Extracted(unread=("block 1 is nested deeper than 100 levels",))


def test_a_graph_in_a_graph_in_a_graph_is_given_up() -> None:
    assert read('{"@graph":[' * 110 + "]}" * 110) == Extracted(unread=("block 1 is nested deeper than 100 levels",))


def test_too_many_items_and_too_much_text_are_told_and_given_up() -> None:
    many = {"@context": "https://schema.org", "@graph": [{"name": 1}] * (MAX_ITEMS + 1)}
    assert read(many).unread == ("more than 20,000 items in json-ld",)
    assert read(product(name="x" * 2_000_000)).unread == ("more than 2,000,000 characters of JSON-LD",)


def test_half_a_surrogate_becomes_a_replacement_character() -> None:
    item = only(read('{"@context":"https://schema.org","@type":"Product","name":"a\\ud800b \\ud83d\\ude00 \\\\ud800"}'))
    assert item.properties == {"name": ("a\ufffdb 😀 \\ud800",)}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                (
                    "@context",
                    "@id",
                    "@type",
                    "@graph",
                    "@value",
                    "@list",
                    "@reverse",
                    "@included",
                    "name",
                    "offers",
                    "x:y",
                    "",
                )
            ),
            inner | st.sampled_from(("https://schema.org", "#a", "Product", "@id")),
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(_JSON)
def test_no_json_is_too_odd(data: object) -> None:
    extracted = read(data)
    for problem in extracted.problems + check(extracted.items):
        assert problem.message


def test_names_that_are_full_addresses_need_no_context() -> None:
    extracted = read({"@type": "https://schema.org/Product", "https://schema.org/name": "Mug"})
    assert (only(extracted).types, only(extracted).properties["name"]) == (("Product",), ("Mug",))
    assert extracted.problems == ()


def test_a_number_of_thousands_of_digits_is_told_in_plain_words() -> None:
    (problem,) = read('{"@context":"https://schema.org","@type":"Offer","price":' + "9" * 9_000 + "}").problems
    assert problem.message == "Block 1, line 1, column 58: a number of thousands of digits"
