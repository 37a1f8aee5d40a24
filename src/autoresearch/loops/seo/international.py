"""`hreflang`: valid codes, mutual links, and translations that nobody announces."""

from __future__ import annotations

from collections.abc import Iterator

from autoresearch.core.measurement import Finding
from autoresearch.loops.seo.codes import language_of, objection
from autoresearch.loops.seo.rules import found, listed
from autoresearch.loops.seo.view import View
from autoresearch.signals.site.model import Page

_NEARLY_ALL = 0.9
_MANY = 10


def codes_invalid(view: View) -> Iterator[Finding]:
    """An alternate in a language or for a region that does not exist."""
    for page in view.documents:
        for alternate in page.alternates:
            if reason := objection(alternate.lang):
                yield found("hreflang-invalid", page, f"hreflang “{alternate.lang[:40]}” {reason}", key=alternate.lang)


def no_return(view: View) -> Iterator[Finding]:
    """An alternate that was read and does not name this page, or that fails."""
    for page in view.documents:
        for alternate in page.alternates:
            target = view.page(alternate.target)
            if failure := view.failure(alternate.target):
                message = f"names {alternate.target} as its {alternate.lang} version, which answers {failure.status}"
                yield found("hreflang-no-return", page, message, key=_subject(view, alternate.target))
            elif target is not None and target is not page and not _names(view, target, page):
                message = f"names {target.subject} as its {alternate.lang} version, which does not name it back"
                yield found("hreflang-no-return", page, message, key=target.subject)


def _subject(view: View, address: str) -> str:
    from autoresearch.signals.site.urls import identity

    page = view.page(address)
    return page.subject if page is not None else identity(address)


def _names(view: View, page: Page, other: Page) -> bool:
    return any(view.is_same(other, alternate.target) for alternate in page.alternates)


def missing(view: View) -> Iterator[Finding]:
    """A page without alternates that has translations, or on a site where nearly every other page has some."""
    pages = [page for page in view.indexable if "?" not in page.subject]
    without = [page for page in pages if not page.alternates]
    named = len(pages) - len(without)
    if named >= _MANY and named >= _NEARLY_ALL * len(pages):
        for page in without:
            yield found("hreflang-missing", page, f"names no languages, as {named:,} other pages do")
    elif without and not view.crawl.sitemaps.hreflang:
        yield from _unannounced(without)


def _unannounced(pages: list[Page]) -> Iterator[Finding]:
    """Pages that exist at the same place in trees of other languages (`/de/about`, `/fr/about`, `/about`)."""
    trees: dict[str, list[tuple[str, Page]]] = {}
    for page in pages:
        language, place = _place(page)
        if language == language_of(page.lang or ""):
            trees.setdefault(place, []).append((language, page))
        elif not language and page.lang:
            trees.setdefault(place, []).append((language_of(page.lang), page))
    for versions in trees.values():
        if len({language for language, _ in versions}) > 1:
            for language, page in versions:
                others = [other.subject for code, other in versions if code != language]
                yield found("hreflang-missing", page, f"does not name its other languages: {listed(others)}")


def _place(page: Page) -> tuple[str, str]:
    """The language that the first step of a path names ("" for none), and the path below it."""
    first, _, rest = page.subject[1:].partition("/")
    language = language_of(first)
    return (language, f"/{rest}") if language else ("", page.subject)
