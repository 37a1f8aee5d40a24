import pytest

from autoresearch.loops.structured_data.vocabulary import close_to, short, vocabulary

KNOWN = vocabulary()


def test_the_release_is_recorded_and_the_table_is_whole() -> None:
    assert KNOWN.release == "30.1"
    assert (len(KNOWN.classes), len(KNOWN.properties), len(KNOWN.datatypes)) == (922, 1540, 18)
    named = {name for each in KNOWN.properties for name in KNOWN.domains(each) | KNOWN.ranges(each)}
    assert named - KNOWN.classes - KNOWN.datatypes == set()


def test_every_class_comes_from_thing() -> None:
    assert {name for name in KNOWN.classes if "Thing" not in KNOWN.ancestors(name)} == set()


def test_a_property_belongs_to_subclasses_too() -> None:
    assert KNOWN.belongs("openingHours", ["Restaurant"])  # of LocalBusiness
    assert KNOWN.belongs("name", ["Restaurant"])
    assert not KNOWN.belongs("price", ["Restaurant"])
    assert KNOWN.belongs("price", ["Restaurant", "Offer"])


def test_values_of_enumerations_are_known_by_name() -> None:
    assert KNOWN.is_member("InStock", ["ItemAvailability"])
    assert KNOWN.is_member("InStock", ["Enumeration"])
    assert not KNOWN.is_member("InStock", ["DayOfWeek"])
    assert KNOWN.members(["GenderType"]) == ["Female", "Male"]


def test_what_gave_way_names_what_came_instead() -> None:
    assert KNOWN.superseded_properties["ingredients"] == "recipeIngredient"
    assert KNOWN.superseded_classes["Code"] == "SoftwareSourceCode"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("https://schema.org/Product", "Product"),
        ("http://schema.org/Product", "Product"),
        ("HTTP://WWW.Schema.org/Product", "Product"),
        ("Product", "Product"),
        ("https://schema.org/", "https://schema.org/"),
        ("https://schema.org/docs/x", "https://schema.org/docs/x"),
        ("https://schema.org.example/Product", "https://schema.org.example/Product"),
    ],
)
def test_a_name_of_schema_org_does_without_its_origin(written: str, name: str) -> None:
    assert short(written) == name


@pytest.mark.parametrize(
    ("written", "meant"),
    [("colour", "color"), ("datepublished", "datePublished"), ("date_published", "datePublished"), ("pirce", "price")],
)
def test_a_near_miss_has_a_suggestion(written: str, meant: str) -> None:
    assert KNOWN.near_property(written, ["Product"]) == meant


def test_of_two_near_misses_the_one_of_the_type_is_meant() -> None:
    assert KNOWN.near_property("actorz", ["Movie"]) == "actor"
    assert KNOWN.near_property("memberz", ["Organization"]) in {"member", "members"}
    assert KNOWN.near_class("Organisation") == "Organization"


@pytest.mark.parametrize("written", ["", "x", "somethingElseEntirely", "p" * 100_000])
def test_what_is_near_nothing_has_none(written: str) -> None:
    assert KNOWN.near_property(written, ["Product"]) == ""
    assert close_to(written, ["InStock", "OutOfStock"]) == ""
