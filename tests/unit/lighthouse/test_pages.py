"""Which pages stand for a site."""

from __future__ import annotations

from autoresearch.loops.lighthouse.pages import named, sampled, templates
from autoresearch.signals.site.model import Crawl, Page


def crawl_of(*paths: str, **languages: str) -> Crawl:
    subjects = [path.rstrip("/") or "/" for path in paths]
    pages = {s: Page(s, p, lang=languages.get(s.split("/")[1], "en")) for s, p in zip(subjects, paths, strict=True)}
    return Crawl(origin="https://shop.example", source="dist", pages=pages)


def subjects(crawl: Crawl, most: int = 10) -> list[str]:
    return [target.subject for target in sampled(crawl, most)]


SHOP = ("/", "/about/", "/terms/", "/imprint/", "/products/", "/products/mug/", "/products/bowl/", "/products/vase/")


def test_one_page_a_template_the_start_page_first_then_large_templates() -> None:
    assert subjects(crawl_of(*SHOP)) == ["/", "/about", "/products/bowl", "/products"]


def test_the_sample_is_bounded_and_asks_for_pages_by_the_address_they_have() -> None:
    assert [target.path for target in sampled(crawl_of(*SHOP), 3)] == ["/", "/about/", "/products/bowl/"]


def test_a_new_page_moves_no_other_out_unless_it_comes_first_by_path() -> None:
    assert set(subjects(crawl_of(*SHOP, "/products/teapot/"))) == set(subjects(crawl_of(*SHOP)))
    assert "/products/ashtray" in subjects(crawl_of(*SHOP, "/products/ashtray/"))


def test_dates_and_numbers_in_paths_are_one_template() -> None:
    crawl = crawl_of("/", "/2025/11/kiln", "/2026/01/glaze", "/item-77", "/item-78")
    assert set(templates(crawl.pages.values())) == {"/", "/*/*/kiln", "/*/*/glaze", "/*"}


def test_two_siblings_are_two_templates_three_are_one() -> None:
    two = crawl_of("/blog/a", "/blog/b")
    three = crawl_of("/blog/a", "/blog/b", "/blog/c")
    assert set(templates(two.pages.values())) == {"/blog/a", "/blog/b"}
    assert set(templates(three.pages.values())) == {"/blog/*"}


def test_a_page_with_others_below_it_is_no_leaf_of_its_siblings() -> None:
    shapes = templates(crawl_of("/a", "/b", "/c", "/blog", "/blog/x", "/blog/y", "/blog/z").pages.values())
    assert sorted(shapes) == ["/*", "/blog", "/blog/*"]


def test_the_same_template_in_another_language_is_not_measured_twice() -> None:
    crawl = crawl_of(*SHOP, "/de/products/tasse/", "/de/products/vase/", "/de/ueber/", de="de")
    assert subjects(crawl) == ["/", "/products/bowl", "/about", "/products"]


def test_a_first_step_of_two_letters_that_is_not_the_pages_language_stays() -> None:
    assert sorted(templates(crawl_of("/tv/a", "/tv/b", "/tv/c").pages.values())) == ["/tv/*"]


def test_error_pages_redirects_and_queries_stand_for_nothing() -> None:
    crawl = crawl_of("/", "/404", "/search?q=a", "/old")
    crawl.pages["/old"].refresh = "/new"
    assert subjects(crawl) == ["/"]


def test_named_pages_are_taken_as_they_are_each_once() -> None:
    assert [(t.subject, t.path) for t in named(("/b/", "/a", "/b"))] == [("/b", "/b"), ("/a", "/a")]
