"""What the vocabulary objects to; the same in three syntaxes."""

import json
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from autoresearch.loops.structured_data.check import check
from autoresearch.loops.structured_data.extract import extract
from autoresearch.loops.structured_data.items import MAX_PROBLEMS, Item, Problem

Tree = dict[str, Any]


def problems(html: str) -> tuple[Problem, ...]:
    extracted = extract(html.encode(), LexborHTMLParser(html.encode()))
    assert (extracted.problems, extracted.unread) == ((), ())
    return check(extracted.items)


def json_ld(tree: Tree) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@context": "https://schema.org", **tree})}</script>'


def _values(tree: Tree) -> list[tuple[str, Any]]:
    pairs = ((name, value if isinstance(value, list) else [value]) for name, value in tree.items() if name != "@type")
    return [(name, value) for name, values in pairs for value in values]


def _types(tree: Tree) -> list[str]:
    return tree["@type"] if isinstance(tree["@type"], list) else [tree["@type"]]


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def microdata(tree: Tree, name: str = "") -> str:
    kinds = " ".join(f"https://schema.org/{kind}" for kind in _types(tree))
    inner = "".join(
        microdata(value, each) if isinstance(value, dict) else f'<meta itemprop="{each}" content="{_text(value)}">'
        for each, value in _values(tree)
    )
    return f'<div {name and f"itemprop={name}"} itemscope itemtype="{kinds}">{inner}</div>'


def rdfa(tree: Tree, name: str = "") -> str:
    inner = "".join(
        rdfa(value, each) if isinstance(value, dict) else f'<meta property="{each}" content="{_text(value)}">'
        for each, value in _values(tree)
    )
    kinds = " ".join(_types(tree))
    return f'<div vocab="https://schema.org/" {name and f"property={name}"} typeof="{kinds}">{inner}</div>'


RIGHT: list[Tree] = [
    {
        "@type": "Product",
        "name": "Mug",
        "image": ["https://shop.example/m.jpg", {"@type": "ImageObject", "contentUrl": "https://shop.example/n.jpg"}],
        "brand": {"@type": "Brand", "name": "Harbour"},
        "releaseDate": "2026-03-31",
        "manufacturer": "Harbour Clay, a text where a thing is expected",
        "aggregateRating": {"@type": "AggregateRating", "ratingValue": 4.5, "reviewCount": 12},
        "offers": {
            "@type": "Offer",
            "price": "12.50",
            "priceCurrency": "EUR",
            "availability": "https://schema.org/InStock",
            "itemCondition": "NewCondition",
            "businessFunction": "http://purl.org/goodrelations/v1#Sell",
        },
    },
    {
        "@type": ["Restaurant", "TouristAttraction"],
        "touristType": "sailors",
        "servesCuisine": "fish",
        "openingHours": "Mo-Fr",
    },
    {
        "@type": "Movie",
        "actor": {"@type": "PerformanceRole", "actor": {"@type": "Person", "name": "A"}, "characterName": "B"},
    },
    {"@type": "Recipe", "cookTime": "PT1H", "isAccessibleForFree": True, "recipeYield": 4, "keywords": "a, b"},
    {
        "@type": "WebSite",
        "potentialAction": {"@type": "SearchAction", "target": "/?q={q}", "query-input": "required name=q"},
    },
    {"@type": "Thing", "additionalType": "https://schema.org/Offer", "price": 5},
    {"@type": "Event", "startDate": 2026, "location": {"@type": "VirtualLocation", "url": "https://shop.example/live"}},
    {"@type": "Article", "author": {"@type": "Person", "name": "A"}, "publisher": {"@type": "NewsMediaOrganization"}},
]


@pytest.mark.parametrize("write", [json_ld, microdata, rdfa])
@pytest.mark.parametrize("tree", RIGHT, ids=lambda tree: str(tree["@type"]))
def test_what_is_right_is_left_alone(write: Any, tree: Tree) -> None:
    assert problems(write(tree)) == ()


WRONG: list[tuple[Tree, list[tuple[str, str, str, str]]]] = [
    (
        {"@type": "Product", "colour": "red", "offers": {"@type": "Offer", "brand": "x"}},
        [
            ("unknown-property", "Product/colour", "warning", "did you mean `color`?"),
            (
                "unknown-property",
                "Offer/brand",
                "warning",
                "this type has no such property; it belongs to `Organization`",
            ),
        ],
    ),
    (
        {"@type": "Organisation", "name": "x"},
        [("unknown-type", "Organisation", "warning", "did you mean `Organization`?")],
    ),
    ({"@type": "InStock"}, [("unknown-type", "InStock", "warning", "a value, not a type")]),
    (
        {"@type": "Product", "offers": {"@type": "Person", "name": "x"}},
        [("wrong-range", "Product/offers", "warning", "is of type `Person` instead of `Demand` or `Offer`")],
    ),
    (
        {"@type": "Product", "name": {"@type": "Person", "name": "x"}},
        [("wrong-range", "Product/name", "warning", "is of type `Person` instead of `Text`")],
    ),
    (
        {"@type": "Offer", "price": "1.299,00 €", "priceCurrency": "€", "availability": "https://schema.org/InStok"},
        [
            ("invalid-value", "Offer/price", "error", "is no number"),
            ("invalid-value", "Offer/priceCurrency", "error", "write `EUR`"),
            ("invalid-value", "Offer/availability", "error", "did you mean `InStock`?"),
        ],
    ),
    (
        {"@type": "Offer", "availability": "in stock"},
        [("invalid-value", "Offer/availability", "error", "mean `InStock`")],
    ),
    (
        {"@type": "Offer", "availability": "https://schema.org/Monday"},
        [("invalid-value", "Offer/availability", "error", "")],
    ),
    ({"@type": "Event", "startDate": "31.03.2026"}, [("invalid-value", "Event/startDate", "error", "ISO 8601")]),
    ({"@type": "VideoObject", "uploadDate": True}, [("invalid-value", "VideoObject/uploadDate", "error", "`true`")]),
    ({"@type": "Recipe", "cookTime": "1 hour"}, [("invalid-value", "Recipe/cookTime", "error", "PT1H30M")]),
    (
        {"@type": "Thing", "url": "www.shop.example"},
        [("invalid-value", "Thing/url", "warning", "https://www.shop.example")],
    ),
    ({"@type": "Book", "abridged": "yes"}, [("invalid-value", "Book/abridged", "warning", "neither")]),
    ({"@type": "Recipe", "ingredients": "clay"}, [("superseded", "Recipe/ingredients", "info", "`recipeIngredient`")]),
    ({"@type": "Code"}, [("superseded", "Code", "info", "`SoftwareSourceCode`")]),
]


@pytest.mark.parametrize("write", [json_ld, microdata, rdfa])
@pytest.mark.parametrize(("tree", "expected"), WRONG, ids=lambda each: each[0][1] if isinstance(each, list) else "")
def test_what_is_wrong_is_told_in_the_same_words(
    write: Any, tree: Tree, expected: list[tuple[str, str, str, str]]
) -> None:
    found = problems(write(tree))
    assert [(each.rule, each.key, each.severity) for each in found] == [each[:3] for each in expected]
    for problem, (*_, words) in zip(found, expected, strict=True):
        assert words in problem.message
    assert [each.message for each in found] == [each.message for each in problems(json_ld(tree))]


def test_of_other_vocabularies_and_unknown_types_nothing_more_is_said() -> None:
    foreign = {
        "@type": ["Product", "https://gs1.example/Good"],
        "gs1:x": 1,
        "price": 5,
        "brand": {"@type": "gs1:Brand"},
    }
    assert problems(json_ld(foreign)) == ()
    assert [each.rule for each in problems(json_ld({"@type": "Prodct", "price": 5}))] == ["unknown-type"]


def test_a_reference_may_stand_for_a_thing_but_not_for_a_name_of_a_list() -> None:
    offer = {"@type": "Offer", "seller": {"@id": "#us"}, "availability": {"@id": "https://schema.org/Instock"}}
    assert [each.key for each in problems(json_ld(offer))] == ["Offer/availability"]


def test_the_same_mistake_in_many_places_is_told_once() -> None:
    entries = [{"@type": "ListItem", "postion": n} for n in range(3)]
    (problem,) = problems(json_ld({"@type": "ItemList", "itemListElement": entries}))
    assert problem.key == "ListItem/postion"
    assert problem.message.endswith("did you mean `position`? (3 places)")
    assert problem.where == "block 1: /itemListElement/0"


def test_a_page_of_nothing_but_mistakes_has_a_limit() -> None:
    odd = {f"odd{n}": n for n in range(2 * MAX_PROBLEMS)}
    assert len(problems(json_ld({"@type": "Thing", **odd}))) == MAX_PROBLEMS


def test_items_in_a_circle_are_looked_at_once() -> None:
    knows: dict[str, Any] = {}
    person = Item(("Person",), knows, "block 1: /", "json-ld")
    knows["knows"] = (person,)
    knows["nmae"] = ("x",)
    assert [each.key for each in check([person, person])] == ["Person/nmae"]


def test_names_from_a_page_stay_short_and_cannot_break_out_of_their_quotes() -> None:
    evil = "`](//evil.example)\n" * 99
    found = problems(json_ld({"@type": ["Offer", evil], "availability": evil, evil: 1, "price": "5" + evil}))
    assert {each.rule for each in found} == {"unknown-type", "unknown-property", "invalid-value"}
    for problem in found:
        assert len(problem.message) < 400
        assert problem.message.count("`") % 2 == 0
        assert "\n" not in problem.message + problem.key
