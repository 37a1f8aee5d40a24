"""What search engines ask for: of which things, of which subtypes, and when it is met."""

import json
from pathlib import Path
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from autoresearch.loops.structured_data.extract import extract
from autoresearch.loops.structured_data.items import Problem
from autoresearch.loops.structured_data.rich_results import DOCUMENTATION, rich_results, table
from autoresearch.loops.structured_data.rules import RULES
from autoresearch.loops.structured_data.vocabulary import vocabulary

Tree = dict[str, Any]
OFFER = {"@type": "Offer", "price": "24.00", "priceCurrency": "EUR", "availability": "https://schema.org/InStock"}
ADDRESS = {"@type": "PostalAddress", "streetAddress": "Hafenstraße 1", "addressCountry": "DE"}
RATING = {"@type": "AggregateRating", "ratingValue": 4.5, "reviewCount": 12}
REVIEW = {
    "@type": "Review",
    "author": {"@type": "Person", "name": "Ada"},
    "reviewRating": {"@type": "Rating", "ratingValue": 5},
    "datePublished": "2026-10-05",
}
PLACE = {"@type": "Place", "name": "The shed", "address": ADDRESS}


def problems(*trees: Tree) -> tuple[Problem, ...]:
    blocks = [json.dumps({"@context": "https://schema.org", **tree}) for tree in trees]
    html = "".join(f'<script type="application/ld+json">{block}</script>' for block in blocks).encode()
    extracted = extract(html, LexborHTMLParser(html))
    assert (extracted.problems, extracted.unread) == ((), ())
    return rich_results(extracted.items)


def required(*trees: Tree) -> list[str]:
    return [each.key for each in problems(*trees) if each.rule == "missing-required"]


def recommended(*trees: Tree) -> list[str]:
    return [each.key for each in problems(*trees) if each.rule == "missing-recommended"]


def product(**more: Any) -> Tree:
    return {"@type": "Product", "name": "Mug", "image": "/mug.jpg", "offers": OFFER, **more}


# What each result asks for, and something that has it all.
COMPLETE: list[Tree] = [
    {"@type": "NewsArticle", "headline": "x"},
    {"@type": "BlogPosting", "headline": "x"},
    {
        "@type": "Book",
        "@id": "https://a.example/b",
        "name": "x",
        "url": "/b",
        "author": {"@type": "Person", "name": "Ada"},
        "workExample": {
            "@type": "Book",
            "@id": "https://a.example/b/1",
            "bookFormat": "https://schema.org/EBook",
            "inLanguage": "en",
            "isbn": "9780000000000",
            "potentialAction": {
                "@type": "ReadAction",
                "target": {"@type": "EntryPoint", "urlTemplate": "/r", "actionPlatform": "web"},
                "expectsAcceptanceOf": {"@type": "Offer", "category": "purchase", "eligibleRegion": "DE"},
            },
        },
    },
    {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": 1, "name": "Pots", "item": "/pots"},
            {"@type": "ListItem", "position": 2, "item": {"@id": "/pots/mugs", "name": "Mugs"}},
            {"@type": "ListItem", "position": 3, "name": "This one"},
        ],
    },
    {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "position": 1, "url": "/a"}]},
    {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "name": "only a list"}]},
    {"@type": "Course", "name": "x", "description": "y"},
    {
        "@type": "Dataset",
        "name": "x",
        "description": "y",
        "distribution": {"@type": "DataDownload", "contentUrl": "/d"},
    },
    {"@type": "DiscussionForumPosting", "author": "Ada", "datePublished": "2026-10-05", "text": "x"},
    {
        "@type": "Quiz",
        "hasPart": {
            "@type": "Question",
            "eduQuestionType": "Flashcard",
            "text": "x",
            "acceptedAnswer": {"@type": "Answer", "text": "y"},
        },
    },
    {
        "@type": "Quiz",
        "hasPart": {
            "@type": "Question",
            "learningResourceType": "Practice problem",
            "eduQuestionType": "Multiple choice",
            "text": "x",
            "acceptedAnswer": {"@type": "Answer", "text": "y"},
            "suggestedAnswer": {"@type": "Answer", "text": "z"},
        },
    },
    {"@type": "EmployerAggregateRating", "itemReviewed": "Clay Inc.", "ratingCount": 3, "ratingValue": 4},
    {"@type": "MusicEvent", "name": "x", "startDate": "2026-10-05T19:00", "location": PLACE},
    {
        "@type": "Event",
        "name": "x",
        "startDate": "2026-10-05",
        "location": {"@type": "VirtualLocation", "url": "/live"},
    },
    {
        "@type": "ClaimReview",
        "claimReviewed": "x",
        "url": "/c",
        "reviewRating": {"@type": "Rating", "alternateName": "False"},
    },
    {
        "@type": "FAQPage",
        "mainEntity": [{"@type": "Question", "name": "x", "acceptedAnswer": {"@type": "Answer", "text": "y"}}],
    },
    {"@type": "ImageObject", "contentUrl": "/a.jpg", "license": "/license"},
    {"@type": "ImageObject", "url": "/a.jpg"},
    {
        "@type": "JobPosting",
        "title": "Potter",
        "description": "x",
        "datePosted": "2026-10-05",
        "hiringOrganization": {"@type": "Organization", "name": "Clay"},
        "jobLocation": {"@type": "Place", "address": ADDRESS},
    },
    {
        "@type": "JobPosting",
        "title": "Potter",
        "description": "x",
        "datePosted": "2026-10-05",
        "hiringOrganization": "Clay",
        "jobLocationType": "TELECOMMUTE",
        "applicantLocationRequirements": {"@type": "Country", "name": "DE"},
    },
    {"@type": "Restaurant", "name": "x", "address": ADDRESS},
    {"@type": "LocalBusiness", "name": "x", "address": "Hafenstraße 1, Husum"},
    {
        "@type": ["MathSolver", "LearningResource"],
        "url": "/",
        "usageInfo": "/privacy",
        "learningResourceType": "Math solver",
        "potentialAction": {
            "@type": "SolveMathAction",
            "target": "/solve?q={q}",
            "mathExpression-input": "required name=q",
        },
    },
    {"@type": "Movie", "name": "x", "image": "/x.jpg"},
    {"@type": "Organization", "name": "Clay"},
    product(),
    product(image="", offers={"@type": "AggregateOffer", "lowPrice": 1, "priceCurrency": "EUR"}),
    product(offers={**OFFER, "price": "", "priceSpecification": {"@type": "PriceSpecification", "price": 2}}),
    {"@type": "Product", "name": "Mug", "aggregateRating": RATING},
    {"@type": "Product", "name": "Mug", "review": REVIEW},
    {"@type": "ProductGroup", "name": "Mugs"},
    {"@type": "ProfilePage", "mainEntity": {"@type": "Person", "name": "Ada"}},
    {
        "@type": "QAPage",
        "mainEntity": {
            "@type": "Question",
            "name": "x",
            "answerCount": 1,
            "suggestedAnswer": {"@type": "Answer", "text": "y"},
        },
    },
    {
        "@type": "Recipe",
        "name": "x",
        "image": "/x.jpg",
        "recipeInstructions": [
            "Mix.",
            {"@type": "HowToStep", "text": "Bake."},
            {"@type": "HowToSection", "name": "z", "itemListElement": [{"@type": "HowToStep", "text": "Eat."}]},
        ],
    },
    {**REVIEW, "itemReviewed": {"@type": "Restaurant", "name": "x"}},
    {**RATING, "itemReviewed": "Clay"},
    {"@type": "MobileApplication", "name": "x", "offers": {"@type": "Offer", "price": 0}, "aggregateRating": RATING},
    {"@type": "VideoGame", "name": "x"},
    {"@type": "WebPage", "speakable": {"@type": "SpeakableSpecification", "cssSelector": ".lead"}},
    {
        "@type": "VacationRental",
        "identifier": "1",
        "name": "x",
        "image": ["/1.jpg"],
        "latitude": 54.5,
        "geo": {"@type": "GeoCoordinates", "longitude": 9.1},
        "containsPlace": {"@type": "Accommodation", "occupancy": {"@type": "QuantitativeValue", "value": 2}},
    },
    {"@type": "VideoObject", "name": "x", "thumbnailUrl": "/t.jpg", "uploadDate": "2026-10-05"},
]


@pytest.mark.parametrize("tree", COMPLETE, ids=lambda tree: str(tree["@type"]))
def test_what_has_everything_that_is_required_lacks_nothing(tree: Tree) -> None:
    assert required(tree) == []


INCOMPLETE: list[tuple[Tree, list[str]]] = [
    ({"@type": "BreadcrumbList"}, ["BreadcrumbList/itemListElement"]),
    ({"@type": "Course"}, ["Course/description", "Course/name"]),
    ({"@type": "Dataset", "name": "x"}, ["Dataset/description"]),
    ({"@type": "Event", "name": "x", "location": {"@type": "Place"}}, ["Event/startDate", "Event/location.address"]),
    ({"@type": "FAQPage", "mainEntity": {"@type": "Question", "name": "x"}}, ["FAQPage/mainEntity.acceptedAnswer"]),
    ({"@type": "ImageObject", "license": "/license"}, ["ImageObject/contentUrl"]),
    ({"@type": "Bakery", "name": "x"}, ["Bakery/address"]),
    ({"@type": "Movie", "name": "x"}, ["Movie/image"]),
    ({"@type": "ProfilePage", "mainEntity": {"@type": "Person"}}, ["ProfilePage/mainEntity.name"]),
    ({"@type": "Product", "name": "Mug"}, ["Product/review"]),
    ({"@type": "SoftwareApplication", "name": "x"}, [
        "SoftwareApplication/aggregateRating",
        "SoftwareApplication/offers",
    ]),
    ({"@type": "VideoObject", "name": "x"}, ["VideoObject/thumbnailUrl", "VideoObject/uploadDate"]),
    ({"@type": "WebPage", "speakable": {"@type": "SpeakableSpecification"}}, ["WebPage/speakable.cssSelector"]),
    ({"@type": "JobPosting", "title": "x", "description": "x", "datePosted": "2026-10-05", "hiringOrganization": "y"},
     ["JobPosting/jobLocation"]),
    ({"@type": "Review", "author": "x", "itemReviewed": {"@type": "Product"}, "reviewRating": {"@type": "Rating"}},
     ["Review/itemReviewed.name", "Review/reviewRating.ratingValue"]),
    ({"@type": "AggregateRating", "ratingValue": 4, "itemReviewed": "x"}, ["AggregateRating/ratingCount"]),
    ({"@type": "Review", "author": "x", "itemReviewed": "y"},
     ["Review/reviewRating"]),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "lacks"), INCOMPLETE, ids=lambda each: str(each["@type"]) if "@type" in each else "")
def test_what_is_required_and_missing_is_told(tree: Tree, lacks: list[str]) -> None:
    assert required(tree) == lacks


def test_a_missing_property_is_told_with_its_result_and_its_place() -> None:
    (problem,) = [each for each in problems(product(image="")) if each.rule == "missing-required"]
    assert problem.message == "`Product` has no `image`: Google asks for it (merchant listing)"
    assert (problem.where, problem.severity) == ("block 1: /", "warning")  # the snippet is still shown
    (problem,) = [each for each in problems({"@type": "Product", "name": "x"}) if each.rule == "missing-required"]
    assert (
        problem.message
        == "`Product` has no `review`, `aggregateRating` or `offers`: Google asks for it (product snippet)"
    )
    assert problem.severity == "error"


def test_nested_things_are_told_where_they_stand_and_once() -> None:
    recipe = {"@type": "Recipe", "name": "x", "image": "/x.jpg", "recipeInstructions": [{"@type": "HowToStep"}] * 3}
    (problem,) = [each for each in problems(recipe) if each.rule == "missing-required"]
    assert (problem.key, problem.where) == ("Recipe/recipeInstructions.text", "block 1: /recipeInstructions/0")
    assert problem.message.endswith("(recipe) (3 places)")


def test_an_empty_text_is_nothing() -> None:
    assert required({"@type": "Movie", "name": " ", "image": None}) == ["Movie/image", "Movie/name"]


def test_all_crumbs_but_the_last_lead_somewhere_and_have_a_name() -> None:
    crumbs = [{"@type": "ListItem", "position": n, "name": "x"} for n in (1, 2)]
    assert required({"@type": "BreadcrumbList", "itemListElement": crumbs}) == ["BreadcrumbList/itemListElement.item"]
    nameless = [{"@type": "ListItem", "position": 1, "item": "https://shop.example/pots"}]
    assert required({"@type": "BreadcrumbList", "itemListElement": nameless}) == ["BreadcrumbList/itemListElement.name"]


def test_a_result_that_is_no_longer_shown_is_no_error() -> None:
    (problem,) = problems({"@type": "FAQPage"})
    assert (problem.severity, problem.message) == ("info", "`FAQPage` has no `mainEntity`: Google asked for it (FAQ)")


def test_a_value_may_tell_which_result_is_meant() -> None:
    question = {"@type": "Question", "learningResourceType": "practice problem", "text": "x"}
    assert required({"@type": "Quiz", "hasPart": question}) == [
        "Quiz/hasPart.acceptedAnswer",
        "Quiz/hasPart.eduQuestionType",
        "Quiz/hasPart.suggestedAnswer",
    ]
    assert required({"@type": "Quiz", "hasPart": {"@type": "Question", "text": "x"}}) == []


def test_what_a_page_only_mentions_is_asked_for_nothing() -> None:
    publisher = {"@type": "LocalBusiness", "name": "Clay"}
    related = {"@type": "Product", "name": "Bowl"}
    assert required({"@type": "Article", "publisher": publisher, "about": related}) == []
    assert required(product(isRelatedTo=related)) == []
    assert required({"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "position": 1, "item": {
        **related, "url": "/bowl"}}]}) == []  # fmt: skip


def test_what_a_page_is_about_is_looked_at_wherever_it_stands() -> None:
    assert required({"@type": "WebPage", "mainEntity": {"@type": "Product", "name": "Bowl"}}) == ["Product/review"]
    assert required({"@type": "Article", "video": {"@type": "VideoObject", "name": "x"}}) != []
    assert required(product(review={"@type": "Review", "reviewRating": {"@type": "Rating", "ratingValue": 5}})) == [
        "Review/author"
    ]


def test_a_thing_that_is_reviewed_in_another_place_needs_no_offer() -> None:
    mug = {"@type": "Product", "@id": "#mug", "name": "Mug"}
    assert required({"@graph": [mug, {**REVIEW, "itemReviewed": {"@id": "#mug"}}]}) == []


def test_the_nearest_type_decides() -> None:
    assert {key.partition("/")[0] for key in recommended({"@type": "VacationRental"})} == {"VacationRental"}
    assert "VacationRental/priceRange" not in recommended({"@type": "VacationRental"})
    assert recommended({"@type": "Organization", "name": "x"}) == ["Organization/logo", "Organization/url"]
    assert "Restaurant/logo" not in recommended({"@type": "Restaurant", "name": "x", "address": ADDRESS})


def test_things_in_circles_come_to_an_end() -> None:
    page = {"@type": "WebPage", "@id": "#page", "mainEntity": {"@id": "#page"}}
    review = {"@type": "Review", "@id": "#r", "itemReviewed": {"@type": "Product", "review": {"@id": "#r"}}}
    assert required({"@graph": [page, review]}) == [
        "Review/author",
        "Review/itemReviewed.name",
        "Review/reviewRating",
    ]


@pytest.mark.parametrize("result", table(), ids=lambda result: f"{result.name} of {min(result.parts[0].types)}")
def test_the_table_speaks_of_schema_org(result: Any) -> None:
    known = vocabulary()
    assert result.page.startswith(DOCUMENTATION)
    assert result.read >= "2026-11-23"
    for part in result.parts:
        assert part.types | part.but <= known.classes
        needs = (*part.required, *part.recommended, *part.but_last, *([result.when] if result.when else []))
        names = {name for need in needs for path in need.paths for name in (*part.at, *path)}
        own = {name.removesuffix("-input") for name in names if name[0] != "@"}
        assert own - known.properties <= {"xPath"}  # as Google's page writes it


def test_every_result_of_the_list_is_in_the_table() -> None:
    covered = {kind for result in table() for kind in result.parts[0].types}
    assert covered >= {
        "Article", "Book", "BreadcrumbList", "ClaimReview", "Course", "Dataset", "DiscussionForumPosting",
        "EmployerAggregateRating", "Event", "FAQPage", "ImageObject", "ItemList", "JobPosting", "LocalBusiness",
        "MathSolver", "Movie", "Organization", "Product", "ProfilePage", "QAPage", "Quiz", "Recipe", "Review",
        "AggregateRating", "SoftwareApplication", "VacationRental", "VideoObject", "WebPage",
    }  # fmt: skip


def test_the_documentation_lists_every_result_with_its_page_and_day() -> None:
    text = (Path(__file__).parents[3] / "docs" / "loops" / "structured-data.md").read_text(encoding="utf-8")
    for result in table():
        row = next(line for line in text.splitlines() if line.startswith(f"| [{result.name}]({result.page})"))
        assert all(f"`{kind}`" in row for kind in result.parts[0].types)
        assert (result.read in row, "retired" in row) == (True, result.retired)


def test_the_documentation_lists_every_rule_with_its_severity() -> None:
    text = (Path(__file__).parents[3] / "docs" / "loops" / "structured-data.md").read_text(encoding="utf-8")
    for rule in RULES:
        assert f"| `{rule.id}` | {rule.severity} |" in text
