"""Types that were there: of a page, of a template, and when nothing can be said."""

from autoresearch.core.measurement import Scalar
from autoresearch.loops.structured_data.history import TEMPLATE, judge, observe

Pages = dict[str, tuple[str, ...]]


def seen(pages: Pages) -> dict[str, dict[str, Scalar]]:
    """What a crawl remembers; types after a dot stand inside of the first."""
    return observe(
        {
            page: (tuple(t for t in types if t[0] != "."), tuple(t[1:] for t in types if t[0] == "."))
            for page, types in pages.items()
        }
    )


def lost(before: Pages, now: Pages) -> list[tuple[str, str]]:
    return [(finding.subject, finding.key) for finding in judge(seen(now), seen(before))]


def pots(*types: str, count: int = TEMPLATE) -> Pages:
    return {f"/pots/{number}": types for number in range(count)}


def test_pages_are_remembered_with_their_types_and_folders_with_what_their_pages_share() -> None:
    observed = seen({**pots("Offer", "Product"), "/pots/9": ("Product", "Review"), "/": ()})
    assert observed["/"] == {}
    assert seen({"/mug": ("Product", ".Offer")})["/mug"] == {"types": "Product", "inside": "Offer"}
    assert observed["/pots/9"] == {"types": "Product Review"}
    assert observed["/pots/*"] == {"types": "Offer Product"}
    assert "/*" not in observed


def test_a_type_that_a_page_had_is_told() -> None:
    (finding,) = judge(seen({"/mug": ("Brand",)}), seen({"/mug": ("Brand", "Product")}))
    assert (finding.rule, finding.subject, finding.key) == ("structured-data/type-removed", "/mug", "Product")
    assert (finding.severity, finding.judged, finding.message) == ("error", True, "had `Product`, and has it no longer")


def test_a_page_that_is_gone_has_not_lost_its_types() -> None:
    assert lost({"/mug": ("Product",)}, {"/": ()}) == []


def test_a_type_that_is_new_is_no_loss() -> None:
    assert lost({"/mug": ()}, {"/mug": ("Product",)}) == []


def test_what_all_pages_of_a_folder_lose_is_told_once() -> None:
    assert lost(pots("Offer", "Product"), pots("Product")) == [("/pots/*", "Offer")]
    (finding,) = judge(seen(pots()), seen(pots("Product")))
    assert finding.message == "pages here had `Product`: none of the 5 has it now"


def test_what_some_pages_of_a_folder_lose_is_told_of_each() -> None:
    now = {**pots("Product"), "/pots/0": (), "/pots/3": ()}
    assert lost(pots("Product"), now) == [("/pots/0", "Product"), ("/pots/3", "Product")]


def test_a_few_pages_are_no_template() -> None:
    assert lost(pots("Product", count=2), pots(count=2)) == [("/pots/0", "Product"), ("/pots/1", "Product")]


def test_a_page_that_already_had_lost_it_adds_nothing_when_the_template_follows() -> None:
    before = {**pots("Product", count=8), "/pots/7": ()}
    assert lost(before, pots(count=8)) == [("/pots/*", "Product")]


def test_equal_sites_give_equal_facts() -> None:
    pages = {**pots("Product"), "/": ("Organization",)}
    assert list(seen(pages).items()) == list(seen(dict(reversed(pages.items()))).items())


def test_what_stood_inside_of_a_lost_thing_is_not_told_as_well() -> None:
    assert lost({"/mug": ("Product", ".Offer")}, {"/mug": ()}) == [("/mug", "Product")]
    assert lost(pots("Product", ".Offer"), pots()) == [("/pots/*", "Product")]


def test_what_a_thing_lost_inside_is_told() -> None:
    assert lost({"/mug": ("Product", ".AggregateRating")}, {"/mug": ("Product",)}) == [("/mug", "AggregateRating")]
    assert lost(pots("Product", ".AggregateRating"), pots("Product")) == [("/pots/*", "AggregateRating")]


def test_a_thing_that_only_moved_is_still_there() -> None:
    assert lost({"/mug": ("Product",)}, {"/mug": ("WebPage", ".Product")}) == []
    assert lost({"/mug": ("WebPage", ".Product")}, {"/mug": ("Product",)}) == [("/mug", "WebPage")]
